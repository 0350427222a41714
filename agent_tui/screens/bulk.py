"""What one thing would do to every case of a view, before it is done: each case with what changes, to be left out or run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent_tui.domain.actions import Action
from agent_tui.domain.commands import BULK
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState
from agent_tui.domain.operations import Assign, MarkRead, Operation, SetPriority, SetState, Snooze, Tag
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.width import fit
from agent_tui.widgets.words import count, moment

MOST = 1000
"""Cases that one step is done to."""


@dataclass(frozen=True, slots=True)
class Change:
    """One case and what would change of it."""

    case: Case
    operations: tuple[Operation, ...]


class BulkScreen(ListScreen):
    """Every case with what would change. Nothing has happened before it is run.

    Args:
        bench: desk, keys, colours.
        ids: of the cases.
        chosen: what is done to each.
        more: the view has more cases than these.
    """

    SCOPE = BULK

    def __init__(self, bench: Bench, ids: Sequence[int], chosen: Sequence[Action], *, more: bool = False) -> None:
        super().__init__(bench)
        self._staged = tuple(chosen)
        self._more = more
        self._changes = tuple(Change(case, changes) for case, changes in self.desk.would_change(ids, self._staged))
        self._left_out: set[int] = set()

    def make_list(self) -> ItemList[Any]:
        """Cases."""
        return ItemList(self.bench.look, self._paint)

    def on_mount(self) -> None:
        """Those that change, then those that are so already."""
        self.list.show(sorted(self._changes, key=lambda one: not one.operations))
        self.hint("bulk.run", "bulk.leave", "back", "help")
        self._titles()
        if self._more:
            self.say(f"The first {MOST:,} cases; run it again for the rest", "soon")

    def _titles(self) -> None:
        number = len(self._ids())
        same = sum(not one.operations for one in self._changes)
        drafts = sum(one.case.draft for one in self._changes if one.case.id in set(self._ids()))
        parts = [f"{same:,} already so" if same else "", f"{len(self._left_out):,} left out" if self._left_out else ""]
        parts.append(f"{count(drafts, 'draft')} stays open" if drafts == 1 else f"{drafts} drafts stay open" if drafts else "")
        self.titled(f"{', '.join(one.line for one in self._staged)}: {count(number, 'case')}", ", ".join(filter(None, parts)))

    def _ids(self) -> list[int]:
        return [one.case.id for one in self._changes if one.operations and one.case.id not in self._left_out]

    def _paint(self, item: Change, width: int) -> Sequence[Painted]:
        out = item.case.id in self._left_out
        mark = "-" if out else "·" if not item.operations else "✓"
        who, what = 22, max(20, width // 3)
        quiet = out or not item.operations
        words = "left out" if out else self._words(item)
        left = [
            (f" {mark} ", "accent"),
            (fit(item.case.customer.label or "nobody", who) + " ", "muted" if quiet else "strong"),
            (fit(item.case.subject or "(no subject)", max(4, width - who - what - 6)) + " ", "muted" if quiet else "text"),
            (fit(words, what), "muted" if quiet else "accent"),
        ]
        return [(left, ())]

    def _words(self, item: Change) -> str:
        """What changes, from what to what."""
        found = []
        for one in item.operations:
            match one:
                case SetState(state=state):
                    found.append(f"{item.case.state} → {state}")
                case Snooze(until=until):
                    when = moment(until, self.desk.now(), self.bench.zone)
                    found.append(f"{item.case.state} → {CaseState.SNOOZED} until {when}")
                case Assign(assignee=who):
                    found.append(f"{item.case.assignee or 'nobody'} → {who or 'nobody'}")
                case Tag(add=add, remove=remove):
                    found.append(" ".join([*(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)]))
                case SetPriority(priority=priority):
                    found.append(f"{item.case.priority} → {priority}")
                case MarkRead(read=read):
                    found.append("read" if read else "unread")
        return ", ".join(found) or "so already"

    def do_bulk_leave(self, argument: str = "") -> None:
        """Leave the case under the cursor out, or put it back."""
        del argument
        item = self.list.item
        if item is None or not item.operations:
            return
        self._left_out ^= {item.case.id}
        self._titles()
        self.list.move(1)
        self.list.refresh()

    def do_open(self, argument: str = "") -> None:
        """Run."""
        self.do_bulk_run(argument)

    def do_bulk_run(self, argument: str = "") -> None:
        """Do it, and go back."""
        del argument
        ids = self._ids()
        if not ids:
            self.say("Nothing would change", "soon")
            return
        keys = self.bench.keymap.keys_of("undo")
        done = self.desk.run_actions(ids, self._staged, "All of the view")
        self.dismiss(f"{done.words}{f'  ({keys[0]} takes it back)' if keys else ''}")
