"""Several batches of a first sync stored as one are what they were one by one, and nothing is lost where one fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

import pytest

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import BadItem, Batch, MarkChange
from agent_tui.engine import pull
from agent_tui.engine.pull import Coming
from tests.unit.test_engine_precedence import message


def old(number: int, count: int = 100) -> Batch:
    """The batch of this number; one item in each could not be read."""
    some = tuple(message(1000 * number + at) for at in range(count))
    bad = (BadItem(f"1:{number}", "INBOX", "cannot be read"),)
    return Batch(cursor=str(number), messages=some, bad=bad, done=100 * number, total=900, more=True, backfill=True)


async def source(given: Iterable[Batch | Exception]) -> AsyncIterator[Batch]:
    for one in given:
        if isinstance(one, Exception):
            raise one
        yield one


async def all_of(coming: Coming) -> list[Batch]:
    found = []
    while (batch := await coming.several(lambda: False)) is not None:
        found.append(batch)
    return found


async def test_old_messages_are_stored_some_hundreds_at_a_time() -> None:
    given = [old(number) for number in range(1, 10)]
    found = await all_of(Coming("mail", source([*given, Batch(cursor="end")])))
    assert [one.cursor for one in found] == ["4", "8", "9", "end"]
    assert [len(one.messages) for one in found] == [400, 400, 100, 0]
    assert [m for one in found for m in one.messages] == [m for one in given for m in one.messages]
    assert [b for one in found for b in one.bad] == [b for one in given for b in one.bad]
    assert [(one.done, one.total, one.more, one.backfill) for one in found[:2]] == [(400, 900, True, True), (800, 900, True, True)]


@pytest.mark.parametrize(
    "other",
    [
        replace(old(2), backfill=False),
        replace(old(2), more=False),
        replace(old(2), marks=(MarkChange("INBOX", "1:1", frozenset()),)),
    ],
)
async def test_what_is_new_or_the_last_or_changes_more_than_messages_stays_by_itself(other: Batch) -> None:
    assert await all_of(Coming("mail", source([old(1), other, old(3)]))) == [old(1), other, old(3)]


async def test_what_came_before_an_error_is_stored_first() -> None:
    coming = Coming("mail", source([old(1), old(2), TryLater("the line was cut")]))
    batch = await coming.several(lambda: False)
    assert batch is not None
    assert batch.cursor == "2"
    with pytest.raises(TryLater, match="cut"):
        await coming.several(lambda: False)


async def test_nothing_more_is_waited_for_once_something_is_more_urgent() -> None:
    batch = await Coming("mail", source([old(1), old(2)])).several(lambda: True)
    assert batch is not None
    assert batch.cursor == "1"


async def test_large_messages_are_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "TOGETHER_BYTES", 1_000)
    large = [replace(old(number, 1), messages=(replace(message(number), size=1_001),)) for number in (1, 2)]
    assert await all_of(Coming("mail", source(large))) == large
