"""The outbox: what has not arrived yet, in words, and what can be done about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent_tui.domain import operation_words
from agent_tui.domain.commands import OUTBOX
from agent_tui.domain.operations import WRITTEN, Entry, OperationState, Reply
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets import words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.width import fit

ROLES = {
    OperationState.HELD: "soon",
    OperationState.FAILED: "late+bold",
    OperationState.UNKNOWN: "late+bold",
    OperationState.CONFLICT: "late+bold",
    OperationState.SENDING: "accent",
}
HELP = {
    OperationState.HELD: "can still be taken back",
    OperationState.QUEUED: "goes out when its server can be reached",
    OperationState.SENDING: "is leaving now",
    OperationState.FAILED: "the text is a draft of the case again",
    OperationState.UNKNOWN: "it may have arrived: look, then say which",
    OperationState.CONFLICT: "the case has changed: read it, then send again or take it back",
}

VERBS = {
    OperationState.HELD: ("outbox.back",),
    OperationState.QUEUED: ("outbox.again", "outbox.back"),
    OperationState.FAILED: ("outbox.again", "outbox.back"),
    OperationState.UNKNOWN: ("outbox.arrived", "outbox.lost"),
    OperationState.CONFLICT: ("outbox.again", "outbox.back"),
}
"""What can be done about one, besides reading its case."""

UNDONE = "what it would have changed is as it was"
AFTER = "follows once the message before it is sent"


class OutboxScreen(ListScreen):
    """Two lines an item: what and where it stands, then why."""

    SCOPE = OUTBOX

    def make_list(self) -> ItemList[Any]:
        """Entries."""
        return ItemList(self.bench.look, self._paint, tall=2)

    def on_mount(self) -> None:
        """Show what there is."""
        self.list.empty = "Everything has arrived."
        self.list.moved = self._hint
        self._show()

    def changed(self, what: frozenset[str]) -> None:
        """The outbox may have moved."""
        del what
        self._show()

    def second(self) -> None:
        """Counts down what is held."""
        super().second()
        if any(one.state is OperationState.HELD for one in self.list.items):
            self.list.refresh()

    def _show(self) -> None:
        entries = self.desk.outbox()
        if self.list.items:
            self.list.replace(entries, lambda entry: entry.id)  # one that has left does not put another under the cursor
        else:
            self.list.show(entries)
        self._hint()
        stuck = sum(e.state in (OperationState.FAILED, OperationState.UNKNOWN, OperationState.CONFLICT) for e in entries)
        self.titled("Outbox", f"{len(entries)} on the way{f', {stuck} need you' if stuck else ''}")

    def _hint(self) -> None:
        entry: Entry | None = self.list.item
        verbs = () if entry is None else ("open", *VERBS.get(entry.state, ()))
        self.hint(*verbs, "back", "help")

    def _paint(self, entry: Entry, width: int) -> Sequence[Painted]:
        del width
        case = self.desk.case(entry.case)
        subject = case.subject if case is not None else getattr(entry.operation, "subject", "")
        state, told = str(entry.state), HELP.get(entry.state, "")
        if entry.state in (OperationState.HELD, OperationState.QUEUED) and entry.not_before > self.desk.now():
            state = f"in {words.span(entry.not_before - self.desk.now())}"
        elif entry.state is OperationState.HELD and entry.held_until is not None:
            if (left_ms := entry.held_until - self.desk.now()) > 0:
                state = f"held {left_ms // 1000} s"
            else:
                state, told = "to send", HELP[OperationState.QUEUED]
        left = [
            (fit(state, 11) + " ", ROLES.get(entry.state, "muted")),
            (fit(summary(entry, lambda at: words.moment(at, self.desk.now(), self.bench.zone)), 36) + " ", "strong"),
            (subject, "text"),
        ]
        if entry.state is OperationState.FAILED and entry.kind not in WRITTEN:
            told = UNDONE
        why = entry.error or (AFTER if self._follows(entry) else told)
        if entry.error and told:
            why = f"{entry.error}; {told}"
        return [(left, [(f" {entry.source} ", "muted")]), ([(" " * 12, "text"), (why, "muted")], ())]

    def _follows(self, entry: Entry) -> bool:
        """Whether it waits for a message that is still in the outbox."""
        return entry.state is OperationState.QUEUED and any(one.id == entry.after for one in self.list.items)

    def _entry(self) -> Entry | None:
        entry: Entry | None = self.list.item
        if entry is None:
            self.say("Nothing here", "muted")
        return entry

    def do_open(self, argument: str = "") -> None:
        """Go to its case."""
        del argument
        entry = self._entry()
        if entry is not None and self.desk.case(entry.case) is not None:
            self.dismiss((entry.case, 0))

    def do_outbox_again(self, argument: str = "") -> None:
        """Send again, or anyway."""
        del argument
        entry = self._entry()
        if entry is not None:
            self.desk.retry(entry.id)
            self._show()
            self.say("It goes out again")

    def do_outbox_back(self, argument: str = "") -> None:
        """Take it back."""
        del argument
        entry = self._entry()
        if entry is not None:
            draft = self.desk.cancel(entry.id)
            self._show()
            self.say("Taken back; the text is a draft of the case" if draft is not None else "Taken back")

    def do_outbox_arrived(self, argument: str = "") -> None:
        """It is there."""
        del argument
        self._settle(arrived=True, said="Noted: it arrived")

    def do_outbox_lost(self, argument: str = "") -> None:
        """It is not there."""
        del argument
        self._settle(arrived=False, said="Noted: it did not arrive; the text is a draft of the case")

    def _settle(self, *, arrived: bool, said: str) -> None:
        entry = self._entry()
        if entry is not None:
            self.desk.settle(entry.id, arrived)
            self._show()
            self.say(said)

    def do_undo(self, argument: str = "") -> None:
        """Take the last thing back."""
        del argument
        done = self.desk.undo()
        self._show()
        self.say(done.words if done is not None else "Nothing to take back")


def summary(entry: Entry, when: Callable[[int], str]) -> str:
    """What an entry does, in a few words; of a message, to whom it goes."""
    operation = entry.operation
    if isinstance(operation, Reply):
        return f"{operation.mode} to {', '.join(a.label for a in operation.to) or 'nobody'}"
    return operation_words.words(operation, when)
