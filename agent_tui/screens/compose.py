"""Writing: the customer's words in sight, the text saved as it is typed, the gate before it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from agent_tui.domain import templates
from agent_tui.domain.commands import COMPOSER, GATE
from agent_tui.domain.commands.compose import KIND_WORDS, audience
from agent_tui.domain.model import Case, Channel, Draft, Visibility
from agent_tui.domain.operations import Entry
from agent_tui.screens import outside_editor
from agent_tui.screens.base import Bench
from agent_tui.screens.chats import ChatVerbs
from agent_tui.screens.compose_canned import LEARN_EVERY, CannedVerbs
from agent_tui.screens.compose_facts import HINT as FACTS_HINT
from agent_tui.screens.compose_facts import FactVerbs
from agent_tui.screens.compose_gate import GateVerbs
from agent_tui.screens.compose_parts import PartVerbs
from agent_tui.screens.compose_policy import HINT, ClauseVerbs
from agent_tui.screens.compose_reading import ReadVerbs
from agent_tui.screens.compose_saving import Saving
from agent_tui.screens.spelling import SpellVerbs
from agent_tui.screens.translating import WriteTranslated
from agent_tui.widgets.canned_picker import CannedPicker
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.newer_line import NewerLine
from agent_tui.widgets.parts_line import PartsLine
from agent_tui.widgets.policy_pane import PolicyPane
from agent_tui.widgets.recipient_line import RecipientLine
from agent_tui.widgets.send_gate import SendGate
from agent_tui.widgets.theme import Look

_HINTS = {
    "compose.send": "send",
    "compose.canned": "canned",
    "compose.switch": "",
    "compose.recipients": "to",
    "compose.attach": "file",
    "compose.read": "read",
    "compose.leave": "leave",
}
_WIDE = 120  # columns from which the messages stand beside the text rather than above it


class ComposeScreen(
    Saving, FactVerbs, CannedVerbs, WriteTranslated, SpellVerbs, ClauseVerbs, PartVerbs, ReadVerbs, GateVerbs, ChatVerbs,
):  # fmt: skip
    """One draft being written.

    Args:
        bench: desk, keys, colours.
        draft: as the desk gave it; one that was never saved is stored with its first change.
        message: the message that is answered or forwarded, or None.
        choose: recipients are asked for first.
        staged: a canned reply to put in at once, and the actions that run once it is sent.
        after: number of another message that is to be sent first, or None.
        ready: nothing is to be written: the gate is open at once.
        canned: the picker is open at once.
    """

    SCOPE: ClassVar[str] = COMPOSER
    DEFAULT_CSS = """
    ComposeScreen #words { width: 1fr; height: 1fr; }
    ComposeScreen #writing { width: 1fr; height: 2fr; }
    ComposeScreen #both { layout: vertical; height: 1fr; }
    ComposeScreen.-wide #both { layout: horizontal; }
    ComposeScreen.-wide #words { height: 1fr; width: 1fr; }
    ComposeScreen.-wide #writing { height: 1fr; width: 1fr; margin: 0 0 0 1; }
    ComposeScreen.-alone #words { display: none; }
    ComposeScreen PolicyPane { height: 45%; }
    """

    def __init__(
        self, bench: Bench, draft: Draft, *, message: int | None = None, choose: bool = False,
        staged: tuple[Any, tuple[str, ...]] | None = None, after: int | None = None, ready: bool = False,
        canned: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(bench)
        self.after = after
        self._ready_at_once = ready
        self._picks_at_once = canned
        self._staged = staged
        look = bench.look
        self.draft: Draft = draft
        self.case: Case | None = self.desk.case(draft.case) if draft.case is not None else None
        self.message = message
        self.reading = False
        self.finished = False
        self._asks_first = choose and not draft.id
        self.stored = draft if draft.id else None
        self._shown = False
        self._early: list[events.Key | events.Paste] = []
        self.view = MessageView(look, self.desk.now, bench.zone, _quotes, self.desk.message)
        self.newer = NewerLine(look, self.desk.now)
        self.recipients = RecipientLine(look)
        self.recipients.keys = {
            name: keys[0]
            for name in ("compose.recipients", "compose.subject", "compose.attach")
            if (keys := bench.keymap.keys_of(name))
        }
        self.composer = Composer(look)
        self.composer.find_gaps = _gaps
        self.composer.keep_keys = self.keep_keys
        self.parts = PartsLine(look)
        self.picker = CannedPicker(look)
        self.clauses = CannedPicker(look, title="Policy", hint=HINT)
        self.facts = CannedPicker(look, title="Facts of this case", hint=FACTS_HINT)
        self.policy = PolicyPane(look)
        self.policy.display = False
        self.gate = SendGate(look)
        self.strip = self.make_strip()

    def compose(self) -> ComposeResult:
        """Messages, then what is written about them."""
        with Horizontal(id="both"):
            with Vertical(id="words"):
                yield self.view
                yield self.policy
            with Vertical(id="writing"):
                yield self.newer
                yield self.recipients
                yield self.composer
                yield self.parts
                yield self.picker
                yield self.clauses
                yield self.facts
        yield self.gate
        yield self.strip
        yield self.status

    def on_mount(self) -> None:
        """Show the draft."""
        self.set_class(self.case is None, "-alone")
        self._show(self.draft)
        self.show_messages()
        self.look_at_chats()
        self.call_after_refresh(self.to_the_answered)
        self.warn()
        self.composer.focus()
        self.set_timer(LEARN_EVERY, self.learn_canned)
        if self._asks_first:
            self.perform("compose.recipients")
        if self._staged is not None:
            self.put_staged(*self._staged)
        if self._picks_at_once:
            self.do_compose_canned()
        if self._ready_at_once and not templates.gaps(self.draft.text):
            self.do_compose_send()
        self._catch_up()

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other where there is room, else one above the other."""
        self.set_class(event.size.width >= _WIDE, "-wide")
        self.arrange_policies(event.size.width)

    # ---- what is shown

    @property
    def channel(self) -> Channel:
        """How the draft will go."""
        channel: Channel = self.desk.workspace.source(self.draft.source).channel
        return channel

    @property
    def live(self) -> bool:
        """Whether it is a chat, where enter sends."""
        return self.channel is Channel.CHAT and self.draft.kind == "reply"

    @property
    def scope(self) -> str:
        """Composer, or the gate while it is open."""
        return GATE if self.gate.is_open else COMPOSER

    @property
    def typing(self) -> bool:
        """Keys that print are text, except at the gate and while reading."""
        return not self.gate.is_open and not self.reading

    def _show(self, draft: Draft) -> None:
        """Show another draft."""
        self.draft = draft
        self.stored = draft if draft.id else None
        self.begun = draft.text.strip() if draft.kind == "reply" and not draft.id else ""
        composer = self.composer
        note = draft.visibility is Visibility.NOTE
        public = draft.visibility is Visibility.PUBLIC
        composer.set_class(note, "-note")
        composer.set_class(public, "-public")
        composer.set_class(not note and not public, "-reply")
        composer.ground = "note" if note else "page"
        composer.placeholder = "For colleagues only" if note else "Write"
        composer.enter_sends = self.live
        composer.load(draft.text, draft.cursor, draft.origins)
        self.newer.about = self.case
        self._frame()
        self.measure()
        self.show_hints()
        if draft.error:
            self.say(f"Not sent: {draft.error}", "late")

    def _frame(self) -> None:
        """Say round the text who will read it."""
        self.recipients.show(self.draft)
        self.composer.border_title = f" {KIND_WORDS[self.draft.kind]} · {audience(self.draft, self.channel)} "

    def show_hints(self) -> None:
        """The keys that work now, on the last line."""
        if self.gate.is_open:
            self.hint()
        elif self.reading:
            self.status.hints = [("↓ ↑", "scroll"), ("space", "page"), ("tab", "back to the text")]
            self.status.repaint()
        else:
            other = "note" if self.draft.kind == "reply" else "reply"
            titles = {**_HINTS, "compose.switch": other}
            if self.draft.kind not in {"reply", "note"}:
                del titles["compose.switch"]
            if self.draft.kind == "note":
                titles["compose.send"] = "add"
            if self.draft.kind == "note" or (self.channel is not Channel.EMAIL and self.case is not None):
                del titles["compose.recipients"]  # everybody of the conversation reads it, or colleagues only
            if self.live:
                titles = {**titles, "compose.send": "gate"}
            keymap = self.bench.keymap
            self.status.hints = [("enter", "sends")] if self.live else []
            self.status.hints += [
                ((keymap.keys_of(name) or ("",))[0].replace("ctrl+", "^"), title)
                for name, title in titles.items()
                if "do_" + name.replace(".", "_") in self.HANDLERS
            ]
            self.show_lesson()
            self.status.repaint()

    def set_look(self, look: Look) -> None:
        """Change colours."""
        super().set_look(look)
        beside = (self.picker, self.clauses, self.facts, self.policy, self.gate, self.strip)
        for widget in (self.newer, self.recipients, self.parts, *beside):
            widget.set_look(look)
        self.view.set_look(look)
        self.composer.set_look(look)

    def changed(self, what: frozenset[str]) -> None:
        """Mail came or a colleague acted: the messages are shown anew, the text stays where it is."""
        self.look_at_chats()
        if "cache" in what and self.case is not None:
            at_end = self.live and self.view.at_end
            self.case = self.desk.case(self.case.id) or self.case
            self.show_messages()
            if at_end:  # in a chat whoever looks at the end wants to see what comes; whoever has scrolled up stays
                self.view.to_end()
            self.follow_policies()

    def second(self) -> None:
        """The chats' seconds."""
        super().second()
        self.strip.repaint()
        self.bring_up_idle()

    # ---- chats

    def case_at_hand(self) -> int | None:
        """The case that is being answered."""
        return self.case.id if self.case is not None else None

    def go_to_chat(self, case_id: int) -> None:
        """Answer another chat: this text is kept, and each has its own cursor and place."""
        if not self.keep_draft():
            return
        if self.case is not None:
            self.bench.places[self.case.id] = self.view.scroll_offset.y if not self.view.at_end else -1
        self.gate.close()
        self.picker.close()
        self.clauses.close()
        self.facts.close()
        self.message = None
        self.read(on=False)
        self.case = self.desk.case(case_id)
        self._show(self.desk.draft(case_id, "reply"))
        self.show_messages()
        place = self.bench.places.get(case_id, -1)
        if place < 0:
            self.view.to_end()
        else:
            self.view.scroll_by(place - self.view.scroll_offset.y)
        self.set_class(False, "-alone")
        self.look_at_chats()
        self.follow_policies()
        self.composer.repaint()

    # ---- keys

    def feed_key(self, event: events.Key) -> bool:
        """At the gate and while reading no key reaches the text."""
        if not self._shown:  # typed before there was a screen: kept until there is one
            self._early.append(event)
            return True
        if self.status.prompt is None and self.picker.is_open and self.feed_picker_safely(event):
            return True
        if self.status.prompt is None and self.facts.is_open and not self.gate.is_open and self.feed_facts(event):
            return True
        if self.status.prompt is None and self.clauses.is_open and self.feed_clauses(event):
            return True
        if self.status.prompt is None and self.reading and self.feed_reading(event):
            return True
        if super().feed_key(event) or self.gate.is_open or self.reading:
            return True
        if event.key == "enter" and self.composer.enter_sends:
            self.on_composer_sent()
            return True
        return self.composer.feed(event)

    def feed_paste(self, event: events.Paste) -> bool:
        """Pasted text goes to a prompt while one is open, and nowhere while the gate is."""
        if not self._shown:
            self._early.append(event)
        elif not self.gate.is_open and not self.reading and not super().feed_paste(event) and not self.offer_files(event.text):
            self.composer.insert(event.text)
        return True

    def _catch_up(self) -> None:
        self._shown = True
        for event in self._early:
            self.feed_key(event) if isinstance(event, events.Key) else self.feed_paste(event)
        self._early.clear()

    # ---- saving

    def on_composer_edited(self) -> None:
        """A key changed the text: it is on disk soon."""
        self.measure()
        self.look_for_trigger()
        self.look_for_clauses()
        self.spell_soon()
        self.save_soon()

    def set_draft(self, draft: Draft) -> None:
        """Take a change of recipients, subject or files, and store it."""
        self.draft = draft
        self.draft = self.written()
        self.stored = None
        self.save(anyway=True)
        self._frame()
        self.measure()

    def sent_live(self) -> None:
        """A chat message left: the next one is written at once. Whoever answers a chat that nobody holds, holds it."""
        if self.case is not None:
            if self.case.assignee is None:
                self.desk.take((self.case.id,))
                self.case = self.desk.case(self.case.id) or self.case
            self._show(self.desk.draft(self.case.id, "reply"))
            self.show_messages()

    def do_compose_leave(self, argument: str = "") -> None:
        """Leave; the draft is kept, an empty one is not."""
        del argument
        if self.keep_draft():
            self.leave("Draft kept" if self.draft.id and not self.is_blank else "")

    def after_sent(self, entry: Entry, said: str) -> None:
        """A public matter goes on in private: the line that says so to everybody is at the gate, and leaves after it."""
        super().after_sent(entry, said)
        if self.draft.kind == "move" and self.case is not None and self.case.public:
            line = self.desk.public_line(self.case.id)
            self.app.push_screen(ComposeScreen(self.bench, line, after=entry.id, ready=True))

    def leave(self, words: str, role: str = "text") -> None:
        """Close, and say something on the screen below."""
        self.finished = True
        self.desk.drop_keys(self.draft)
        self.desk.typing(self.draft, on=False)
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        self.dismiss()
        say = getattr(below, "say", None)
        if words and say is not None:
            say(words, role)

    # ---- verbs

    def do_quit(self, argument: str = "") -> None:
        """Store the text, then quit as everywhere; a text that can't be stored keeps the program open."""
        if self.keep_draft():
            self.finished = True
            super().do_quit(argument)

    def do_compose_switch(self, argument: str = "") -> None:
        """From reply to note or back; each has a text of its own."""
        del argument
        if self.case is None or self.draft.kind not in {"reply", "note"}:
            self.say(f"A {KIND_WORDS[self.draft.kind].lower()} has no note beside it")
            return
        if not self.save():
            return
        other = "note" if self.draft.kind == "reply" else "reply"
        self._show(self.desk.draft(self.case.id, other, message=self.message if other == "reply" else None))

    def do_compose_preview(self, argument: str = "") -> None:
        """As the customer will see it."""
        del argument
        from agent_tui.screens.preview import PreviewScreen

        buffer = self.composer.buffer
        if buffer.blank and not self.draft.attachments:
            self.say("There is nothing to see yet")
            return
        reader = "a colleague" if self.draft.kind == "note" else next((one.label for one in self.draft.to), "a reader")
        preview = self.desk.preview(replace(self.draft, text=buffer.text))
        how = "formatted there as shown" if preview.rendered else "as plain text"
        self.app.push_screen(PreviewScreen(self.bench, preview, f"As {reader} will see it", how))

    do_gate_preview = do_compose_preview

    def do_compose_editor(self, argument: str = "") -> None:
        """The text in the agent's own editor and back, as one step that can be undone."""
        del argument
        import os

        command = outside_editor.editor(os.environ)
        if not self.save():
            return
        with self.app.suspend():
            text = outside_editor.edit(self.composer.text, command)
        self.app.refresh()
        if text != self.composer.text:
            self.composer.buffer.replace_all(text)
            self.composer.settle()
        self.composer.repaint()
        self.save()


def _gaps(line: str) -> tuple[tuple[int, int], ...]:
    if "[" not in line or "[[" not in line:  # one letter is looked for many times quicker than two
        return ()
    return tuple((start, end) for start, end, _ in templates.gaps(line))


def _quotes(text: str) -> tuple[tuple[int, int, str], ...]:
    from agent_tui.domain import quotes

    return quotes.quoted_spans(text)
