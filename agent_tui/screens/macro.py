"""A macro before it runs: which one, then each of its actions, to be changed or left out, with what it does here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip

from agent_tui.domain import actions
from agent_tui.domain.actions import Action
from agent_tui.domain.commands import MACRO
from agent_tui.domain.commands.triage import suggestions
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState, Priority
from agent_tui.domain.wrapping import wrap
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets.canned_picker import with_gaps
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, fit
from agent_tui.widgets.words import count, moment

LABEL = "macro"
_STATE_LINES = (*actions.STATES, "snooze 1d", "snooze mon 9:00")
_NOW = {CaseState.CLOSED: "closed", CaseState.SPAM: "spam", CaseState.WAITING: "waiting", CaseState.OPEN: "open"}


@dataclass(frozen=True, slots=True)
class Staged:
    """One action that waits: whether it will run."""

    action: Action
    on: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What was chosen to run.

    Args:
        text: the canned reply that is put into a draft; its actions wait behind the message then.
    """

    name: str
    actions: tuple[Action, ...]
    text: Any = None


class MacroPreview(Lines):
    """What will be written, or what the macro under the cursor does."""

    DEFAULT_CSS = "MacroPreview { height: 50%; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="macro-preview")
        self.head = ""
        self.text = ""

    def paint(self, width: int, height: int) -> list[Strip]:
        """A heading and as much text as there is room for."""
        rows = [strip_of([(f" {self.head}", "muted")], width, self.look, "bar")]
        for line in self.text.split("\n") if self.text else ():
            for start, end in wrap(line, max(4, width - 3), cells):
                rows.append(strip_of([(" │ ", "faint"), *with_gaps(line[start:end].rstrip())], width, self.look, "bar"))
        blank = strip_of([], width, self.look, "bar")
        return [*rows, *[blank] * (height - len(rows))][:height]


class MacroScreen(ListScreen):
    """Macros by a few letters; then the actions of the chosen one. Nothing has happened before it is run.

    Args:
        bench: desk, keys, colours.
        ids: cases that it is for.
        name: the macro to begin with; empty: asks.
    """

    SCOPE = MACRO

    def __init__(self, bench: Bench, ids: tuple[int, ...], name: str = "") -> None:
        super().__init__(bench)
        self.ids = ids
        self.cases: tuple[Case, ...] = tuple(one for one in map(self.desk.case, ids) if one is not None)
        self.macro: Any = None
        self.preview = MacroPreview(bench.look)
        self._wanted = name
        self._language, self._fallback = self.desk.languages_for(ids[0] if len(ids) == 1 else None)

    def make_list(self) -> ItemList[Any]:
        """Macros, or the actions of one."""
        return ItemList(self.bench.look, self._paint)

    def compose(self) -> ComposeResult:
        """Title, list, preview, status."""
        yield self.title_line
        yield self.list
        yield self.preview
        yield self.status

    def on_mount(self) -> None:
        """Ask which, unless one was named."""
        self.list.empty = "No macro has these letters"
        self._find(self._wanted)
        if self._wanted and len(self.list.items) == 1:
            self._stage()
        else:
            self._ask(self._wanted)

    def set_look(self, look: Look) -> None:
        """Change colours."""
        super().set_look(look)
        self.preview.set_look(look)

    # which one

    def feed_key(self, event: events.Key) -> bool:
        """Arrows move in the list while letters go to the question; what is under the cursor is shown."""
        prompt = self.status.prompt
        if prompt is not None and prompt.label == LABEL and event.key in {"down", "up", "ctrl+n", "ctrl+p", "pagedown", "pageup"}:
            step = 1 if event.key in {"down", "ctrl+n", "pagedown"} else -1
            if event.key.startswith("page"):
                self.list.page(step)
            else:
                self.list.move(step)
            self._show_preview()
            return True
        used = super().feed_key(event)
        if used and self.is_current:
            self._show_preview()
        return used

    def _ask(self, text: str) -> None:
        self.macro = None
        self._titled()
        self.ask(Prompt(LABEL, self._take, text=text, changed=self._find, cancelled=self._leave))

    def _leave(self) -> None:
        self.dismiss(None)

    def _take(self, text: str) -> None:
        if self.list.item is None:
            raise ValueError(f"no macro has the letters '{text}'")
        self._stage()

    def _find(self, text: str) -> None:
        channel = self.cases[0].channel.value if self.cases else ""
        self.list.show(self.desk.canned.search(text, self._language, channel, fallback=self._fallback, macros=True))
        self._titled()
        self._show_preview()

    # its actions

    def _stage(self) -> None:
        self.macro = self.list.item
        self.list.show([Staged(one) for one in self.desk.macro_actions(self.macro)])
        self._titled()
        self._show_preview()
        self.hint("macro.run", "macro.change", "macro.leave", "macro.add", "back", "help")

    @property
    def _text(self) -> Any:
        """The canned reply that would be written: the variant for this customer."""
        for one in self.list.items:
            if one.on and one.action.verb == "canned":
                channel = self.cases[0].channel.value if self.cases else ""
                return self.desk.canned.choose(one.action.argument, self._language, channel, fallback=self._fallback)
        return None

    def do_macro_run(self, argument: str = "") -> None:
        """Run what is staged; text goes into a draft that is sent by hand."""
        del argument
        if self.macro is None:
            return
        chosen = tuple(one.action for one in self.list.items if one.on)
        text = self._text
        if not chosen:
            self.say("Everything is left out", "soon")
        elif text is not None and len(self.cases) > 1:
            self.say(f"A reply is written to one customer at a time, and these are {len(self.cases)}; x leaves it out", "late")
        else:
            self.dismiss(Plan(self.macro.name, tuple(one for one in chosen if one.verb != "canned"), text))

    def do_macro_leave(self, argument: str = "") -> None:
        """Leave the action out, or put it back."""
        del argument
        if self.macro is not None and self.list.item is not None:
            self._put(replace(self.list.item, on=not self.list.item.on))
            self.list.move(1)

    def do_macro_change(self, argument: str = "") -> None:
        """Aim the action at something else."""
        here: Staged | None = self.list.item if self.macro is not None else None
        if here is None:
            return
        one = here.action
        label, text, known = one.verb, one.argument, self._known(one)
        if one.family in {"state", "read"}:
            label, text = one.family, one.line
        elif one.family == "assign":
            label, text = "assign", one.argument or "me"

        def take(typed: str) -> None:
            line = typed if one.family in {"state", "read"} else f"{label} {typed.strip().removeprefix(f'{label} ')}"
            self._put(Staged(self._read(line, one.family)))

        if argument:
            take(argument)
        else:
            whole = one.verb != "tag"
            self.ask(Prompt(f"{label}:", take, text=text, whole=whole, choices=lambda typed: suggestions(typed, known)))

    def do_macro_add(self, argument: str = "") -> None:
        """One more action."""
        if self.macro is None:
            return

        def take(typed: str) -> None:
            added = Staged(self._read(typed))
            self.list.show([*self.list.items, added], keep=True)
            self.list.move(1_000_000)
            self._titled()

        if argument:
            take(argument)
        else:
            self.ask(Prompt("action:", take, choices=lambda typed: suggestions(typed, actions.VERBS) if " " not in typed else ()))

    def _read(self, line: str, family: str = "") -> Action:
        one = actions.read(line)
        if family and one.family != family:
            raise ValueError(f"'{one.line}' is of another kind; add it by itself")
        if one.verb == "canned" and not any(v.body for v in self.desk.canned.variants(one.argument)):
            raise ValueError(f"there is no canned reply '{one.argument}'")
        actions.operation(one, me=self.desk.me, now=self.desk.now(), timezone=self.desk.timezone, seen=0)
        return one

    def _put(self, changed: Staged) -> None:
        items = list(self.list.items)
        items[self.list.cursor] = changed
        self.list.show(items, keep=True)
        self._titled()

    def _known(self, one: Action) -> tuple[str, ...]:
        """What an action may be aimed at."""
        match one.family:
            case "state":
                return _STATE_LINES
            case "read":
                return ("read", "unread")
            case "priority":
                return tuple(Priority)
            case "assign":
                return tuple(dict.fromkeys(("me", *(c.assignee for c in self.cases if c.assignee), "none")))
            case "canned":
                return tuple(dict.fromkeys(each.name for each in self.desk.canned.replies() if each.body))
            case _:
                return tuple(dict.fromkeys(tag for each in self.cases for tag in each.tags))

    def do_back(self, argument: str = "") -> None:
        """From the actions to the macros, and from there away; nothing was done."""
        del argument
        if self.macro is not None and not self._wanted:
            name, self.macro = self.macro.name, None
            self._find("")
            self._ask("")
            place = next((at for at, one in enumerate(self.list.items) if one.name == name), 0)
            self.list.move(place)
            self._show_preview()
        else:
            self.dismiss(None)

    # painting

    def _titled(self) -> None:
        whom = self.cases[0].customer.label if len(self.cases) == 1 else count(len(self.cases), "case")
        subject = f" · {self.cases[0].subject}" if len(self.cases) == 1 and self.cases[0].subject else ""
        if self.macro is None:
            self.titled(f"Macro for {whom}{subject}", "enter looks at it, esc back")
        else:
            on = sum(one.on for one in self.list.items)
            self.titled(f"{self.macro.name} for {whom}{subject}", f"{on} of {count(len(self.list.items), 'action')}")

    def _paint(self, item: Any, width: int) -> Sequence[Painted]:
        if not isinstance(item, Staged):
            name: list[Piece] = [(f" {item.name}", "strong")]
            if item.shortcut:
                name.append((f"  /{item.shortcut}", "accent"))
            lines = [*(["reply"] if item.body else []), *item.then]
            return [([(fit("".join(text for text, _ in name), min(34, width // 2)), "strong"), (", ".join(lines), "muted")], ())]
        mark: Piece = (" ✓ ", "good") if item.on else (" – ", "muted")
        role = "strong" if item.on else "muted"
        left: list[Piece] = [mark, (fit(self._words(item.action), min(40, width * 2 // 5)), role)]
        left.append((f" {self._becomes(item.action) if item.on else 'left out'}", "muted"))
        return [(left, ())]

    @staticmethod
    def _words(one: Action) -> str:
        return f"write {one.argument}" if one.verb == "canned" else one.line

    def _becomes(self, one: Action) -> str:
        """What changes, in words."""
        if one.verb == "canned":
            if len(self.cases) > 1:
                return "only to one customer at a time"
            return "a draft; the rest runs once sent"
        if one.verb == "snooze":
            try:
                found: Any = actions.operation(one, me="", now=self.desk.now(), timezone=self.desk.timezone, seen=0)
            except ValueError as fault:
                return str(fault)
            return f"until {moment(found.until, self.desk.now(), self.bench.zone)}"
        if len(self.cases) != 1:
            return ""
        case = self.cases[0]
        match one.family:
            case "state":
                return f"{case.state} → {_NOW[actions.STATES[one.verb]]}"
            case "assign":
                return f"{case.assignee or 'nobody'} → {self.desk.me if one.verb == 'take' else one.argument}"
            case "priority":
                return f"{case.priority} → {one.argument}"
            case "tag":
                return f"has {', '.join(case.tags)}" if case.tags else "has no tags"
            case _:
                return ""

    def _show_preview(self) -> None:
        if not self.is_attached:
            return
        preview, item = self.preview, self.list.item
        text = self._text if self.macro is not None else item if item is not None and item.body else None
        preview.head, preview.text = "", ""
        if self.macro is None and item is not None and text is None:
            preview.head = "does, at once:"
            preview.text = "\n".join(item.then)
        elif text is not None and len(self.cases) == 1:
            draft = self.desk.draft(self.cases[0].id, "reply")
            try:
                rendered = self.desk.canned_text(text, draft)
            except ValueError as fault:
                preview.head = f"can't be used: {fault}"
            else:
                gaps = count(len(rendered.gaps), "gap")
                preview.head = f"writes, in a draft that you send{f', {gaps} to fill' if rendered.gaps else ''}:"
                preview.text = rendered.text
        preview.repaint()
