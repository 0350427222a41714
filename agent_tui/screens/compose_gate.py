"""The gate's verbs: what the keys of the last line before sending do."""

from __future__ import annotations

from collections.abc import Callable

from agent_tui.domain.commands.triage import SNOOZE_CHOICES, parse_until, suggestions
from agent_tui.domain.errors import StopError
from agent_tui.domain.model import CaseState, Draft
from agent_tui.domain.operations import Entry, Operation, OperationState, SetState, Snooze
from agent_tui.domain.reminders import reminder
from agent_tui.screens.base import DeskScreen
from agent_tui.screens.keeping import KeepVerbs, look_for_repeats
from agent_tui.screens.overtaken import ask_overtaken
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.parts_line import PartsLine
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.send_gate import SendGate
from agent_tui.widgets.words import moment

_KEYS = (
    ("gate.send", "send"),
    ("gate.done", "and done"),
    ("gate.snooze", "and snooze"),
    ("gate.wait", "and wait"),
    ("gate.remind", "and remind"),
    ("gate.later", "later"),
    ("gate.pass", "pass the guard"),
    ("gate.edit", "edit"),
)


class GateVerbs(DeskScreen):
    """Opening the gate, and sending through it."""

    draft: Draft
    composer: Composer
    gate: SendGate
    parts: PartsLine
    after: int | None = None
    _at: int | None = None
    """Number of the message that is to be sent before this one."""

    @property
    def live(self) -> bool:
        """Whether it is a chat, where enter sends."""
        return False

    def save(self, *, anyway: bool = False) -> bool:
        """Store the draft; whether that went well."""
        raise LookupError("the composer's screen saves")

    def leave(self, words: str, role: str = "text") -> None:
        """Close, and say something on the screen below."""
        raise LookupError("the composer's screen closes")

    def show_hints(self) -> None:
        """Show what can be done now."""

    def after_sent(self, entry: Entry, said: str) -> None:
        """A reply left, and this screen with it; overridden by what has to do with its text."""

    def sent_live(self) -> None:
        """A chat message left: the next one is written at once."""

    # ---- opening

    def do_compose_send(self, argument: str = "") -> None:
        """Open the gate."""
        del argument
        if not self._ready():
            return
        keymap = self.bench.keymap
        note = self.draft.kind == "note"
        titles = {**dict(_KEYS), "gate.send": "add"} if note else dict(_KEYS)
        self.gate.keys = [
            (keys[0], title)
            for name, title in titles.items()
            if (keys := keymap.keys_of(name)) and not (note and name == "gate.later")
        ]
        self.gate.pass_key = (keymap.keys_of("gate.pass") or ("",))[0]
        self.gate.edit_key = (keymap.keys_of("gate.edit") or ("",))[0]
        self._open()

    def _ready(self) -> bool:
        if self.composer.buffer.blank and not self.draft.attachments:
            self.say("There is nothing to send yet")
            return False
        if self.parts.plan is not None and self.parts.plan.faults:
            self.say(self.parts.plan.faults[0], "late")
            return False
        if fault := self.desk.sending_fault(self.draft) or self.desk.files_fault(self.draft):
            self.say(fault, "late")
            return False
        return self.save(anyway=True)

    def _open(self, at: int | None = None) -> None:
        """Ask; ``at``: of a message that would leave at that time, which sending then keeps to."""
        self._at = at
        facts = self.desk.gate(self.draft, at=at) if at is not None else self.desk.gate(self.draft)
        self.gate.leaves = f"leaves {self._time(at)}" if at is not None else ""
        remind = (self.bench.keymap.keys_of("gate.remind") or ("",))[0]
        self.gate.remind_key = remind if self.draft.case is not None else ""
        if not self.gate.remind_key or not any(one.guard == "promise" for one in facts.findings):
            self.gate.keys = [pair for pair in self.gate.keys if pair[0] != remind]
        self.gate.open(facts, self.draft.attachments)
        self.show_hints()

    def on_composer_sent(self) -> None:
        """Enter in a chat: it leaves at once unless a guard says otherwise."""
        if not self._ready():
            return
        if any(one.stops or one.guard == "translation" for one in self.desk.gate(self.draft).findings):
            self.do_compose_send()
        else:
            self._send()

    def do_gate_edit(self, argument: str = "") -> None:
        """Back to the text."""
        del argument
        self._at = None
        self.gate.close()
        self.show_hints()

    def do_gate_pass(self, argument: str = "") -> None:
        """Go past one guard."""
        del argument
        if self.gate.stopped_by and self.gate.pass_next() is None:
            self.say(f"The guard '{self.gate.stopped_by[0].guard}' can't be passed", "late")

    # ---- sending

    def do_gate_send(self, argument: str = "") -> None:
        """Send."""
        del argument
        if self._may_pass():
            self._send()

    def do_gate_done(self, argument: str = "") -> None:
        """Send, and close the case once that is done."""
        del argument
        if self._may_pass():
            self._send(SetState(state=CaseState.CLOSED, seen=self.draft.seen), words="then done")

    def do_gate_wait(self, argument: str = "") -> None:
        """Send, and let the case wait for the customer."""
        del argument
        if self._may_pass():
            self._send(SetState(state=CaseState.WAITING, seen=self.draft.seen), words="then waiting")

    def do_gate_snooze(self, argument: str = "") -> None:
        """Send, and put the case away until a time."""

        def take(until: int) -> None:
            self._send(Snooze(until=until, seen=self.draft.seen), words=f"then snoozed until {self._time(until)}")

        if self._may_pass():
            self._ask_time("snooze until", argument, take)

    def do_gate_remind(self, argument: str = "") -> None:
        """Send, and have the case back before the time that was promised in it."""
        facts = self.gate.facts
        promised = next((one for one in facts.findings if one.guard == "promise"), None) if facts is not None else None
        if self.draft.case is None or promised is None:
            self.say("No promise with a time is in it; b puts the case away until a time")
            return

        def take(until: int) -> None:
            self._send(Snooze(until=until, seen=self.draft.seen), words=f"then back {self._time(until)}, for what was promised")

        if not self._may_pass():
            return
        at = reminder(promised.when, self.desk.now(), self.desk.timezone)
        if at is None or argument:
            self._ask_time("remind when", argument, take)
        else:
            take(at)

    def do_gate_later(self, argument: str = "") -> None:
        """Send at a time."""
        if self.draft.kind == "note":
            self.say("A note is there at once")
            return
        if self._may_pass():
            self._ask_time("send when", argument, lambda until: self._send(at=until))

    def _ask_time(self, label: str, argument: str, take: Callable[[int], None]) -> None:
        def read(text: str) -> None:
            take(parse_until(text, self.desk.now(), self.bench.zone))

        if argument:
            read(argument)
        else:
            self.ask(Prompt(label, read, choices=lambda text: suggestions(text, SNOOZE_CHOICES), whole=True))

    def _time(self, at: int) -> str:
        return moment(at, self.desk.now(), self.bench.zone)

    def _may_pass(self) -> bool:
        stopped = self.gate.stopped_by
        if not stopped:
            return True
        first = stopped[0]
        way = f"{self.gate.pass_key} passes it, " if first.passable else "it can't be passed; "
        self.say(f"Stopped by '{first.guard}': {way}{self.gate.edit_key} goes back to the text", "late")
        return False

    def _send(self, *then: Operation, at: int | None = None, words: str = "") -> None:
        if not self.save(anyway=True):
            return
        at = at if at is not None else self._at
        try:
            more = {"after": self.after} if self.after is not None else {}
            entry = self.desk.send(self.draft, then=then, at=at, overrides=tuple(sorted(self.gate.passed)), **more)
        except StopError:  # something changed since the gate was opened: show what it is now
            self._open(at)
            self._may_pass()
            return
        self._at = None
        self.gate.close()
        said = self._told(entry, at, f", {words}" if words else "")
        if self.live:
            self.after_sent(entry, "Sent")
            self.sent_live()
            self.say(said)
            self.show_hints()
            ask_overtaken(self, (entry.case,))
        else:
            self.leave(said)
            self.after_sent(entry, said)
            if self.draft.kind == "reply":
                look_for_repeats(self.app.screen_stack, entry, said)
                below = next((one for one in reversed(self.app.screen_stack) if isinstance(one, KeepVerbs)), None)
                if below is not None:
                    ask_overtaken(below, (entry.case,))

    def _told(self, entry: Entry, at: int | None, then: str) -> str:
        undo = (self.bench.keymap.keys_of("undo") or ("undo",))[0]
        if self.draft.kind == "note":
            return f"Note added{then}"
        if at is not None:
            return f"Goes out {self._time(at)}; it waits in the outbox – {undo} takes it back"
        held = (entry.held_until or 0) - self.desk.now()
        if entry.state is OperationState.HELD and held > 0:
            return f"Held {(held + 999) // 1000} s{then} – {undo} takes it back"
        return f"On its way{then}"
