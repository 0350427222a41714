"""What a source promises of everything done to a case: it holds, twice changes nothing, and a pull shows it."""

from __future__ import annotations

import pytest

from agent_tui.domain.errors import Unsupported
from agent_tui.domain.model import CaseState, Priority
from agent_tui.domain.operations import (
    Assign,
    Delete,
    MarkRead,
    Operation,
    SetPriority,
    SetState,
    Snooze,
    Star,
    Tag,
)
from tests.contract.ledger import Ledger
from tests.contract.rig import Rig, View
from tests.contract.steps import (
    FAR_AWAY,
    carried,
    numbers,
    opened,
    pull_all,
)


class TriageContract:
    """Skipped, one by one, where the source does not declare the operation."""

    async def _do(self, rig: Rig, kind: str, *operations: Operation) -> list[tuple[View, View]]:
        """Push operations of a kind one after the other, each twice; after each, how server and pull see it."""
        token = rig.customer_writes("hello")
        ledger = Ledger()
        views = []
        async with opened(rig, ledger) as (source, info):
            if not carried(rig, info.capabilities, kind):
                pytest.skip(f"this server holds no '{kind}'")
            await pull_all(source, ledger)
            for operation in operations:
                reference = f"reference-{kind}-{next(numbers)}"
                for _ in range(1 if kind in ("note", "delete") else 2):
                    await source.push(operation, ledger.case_ref(token), reference)
                    await pull_all(source, ledger)
                views.append((rig.view(token), ledger.view(token)))
        return views

    async def test_closing_and_opening_again(self, rig: Rig) -> None:
        views = await self._do(rig, "state", SetState(state=CaseState.CLOSED), SetState(state=CaseState.OPEN))
        assert [(there.closed, here.closed) for there, here in views] == [(True, True), (False, False)]

    async def test_spam_and_back(self, rig: Rig) -> None:
        try:
            views = await self._do(rig, "state", SetState(state=CaseState.SPAM), SetState(state=CaseState.OPEN))
        except Unsupported:  # then the engine keeps it here
            pytest.skip("this server does not set spam apart")
        assert [(there.spam, here.spam) for there, here in views] == [(True, True), (False, False)]

    async def test_a_customer_who_writes_again_opens_a_closed_case(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not carried(rig, info.capabilities, "state"):
                pytest.skip("this server holds no state")
            await pull_all(source, ledger)
            await source.push(SetState(state=CaseState.CLOSED), ledger.case_ref(token), "reference-close")
            rig.customer_writes("one more thing", token=token)
            await pull_all(source, ledger)
        assert ledger.view(token).closed is False

    async def test_tags(self, rig: Rig) -> None:
        views = await self._do(rig, "tag", Tag(add=("refund", "vip")), Tag(add=("late",), remove=("vip",)))
        expected = [{"refund", "vip"}, {"refund", "late"}]
        assert [there.tags for there, _ in views] == expected
        assert [here.tags for _, here in views] == expected

    async def test_assigning_and_nobody(self, rig: Rig) -> None:
        handles = ("asha@tamarind.example", "marek@tamarind.example", None)
        views = await self._do(rig, "assign", *(Assign(assignee=handle) for handle in handles))
        assert [there.assignee or None for there, _ in views] == list(handles)
        assert [here.assignee or None for _, here in views] == list(handles)

    async def test_priority(self, rig: Rig) -> None:
        views = await self._do(rig, "priority", SetPriority(priority=Priority.URGENT), SetPriority(priority=Priority.LOW))
        assert [(there.priority, here.priority) for there, here in views] == [("urgent", "urgent"), ("low", "low")]

    async def test_read_and_unread(self, rig: Rig) -> None:
        try:
            views = await self._do(rig, "read", MarkRead(read=True), MarkRead(read=False))
        except Unsupported:  # of "unread", which the engine keeps here then
            views = await self._do(rig, "read", MarkRead(read=True))
            assert [(there.seen, here.seen) for there, here in views] == [(True, True)]
            return
        assert [(there.seen, here.seen) for there, here in views] == [(True, True), (False, False)]

    async def test_star_and_none(self, rig: Rig) -> None:
        views = await self._do(rig, "star", Star(starred=True), Star(starred=False))
        assert [(there.starred, here.starred) for there, here in views] == [(True, True), (False, False)]

    async def test_snoozing_and_waking(self, rig: Rig) -> None:
        views = await self._do(rig, "snooze", Snooze(until=FAR_AWAY), Snooze(until=1))
        assert [(there.snoozed, here.snoozed) for there, here in views] == [(True, True), (False, False)]

    async def test_deleting(self, rig: Rig) -> None:
        views = await self._do(rig, "delete", Delete())
        assert [(there.texts, here.texts) for there, here in views] == [((), ())]
