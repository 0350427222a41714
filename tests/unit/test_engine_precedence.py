"""What somebody waits for goes before what a first sync brings; and a batch in slices is the same batch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.model import Author, Batch, Direction, RemoteCase, RemoteMessage, Removal, Role, Visibility
from agent_tui.engine import precedence, pull
from agent_tui.engine.precedence import LARGEST, SLICE_S, SMALLEST, Pace, Precedence
from agent_tui.store import apply
from agent_tui.store.database import Store
from tests.unit.workspaces import workspace

NOW = 1_790_000_000_000


def message(number: int, answers: int | None = None) -> RemoteMessage:
    ids = (f"{number}@x", *(() if answers is None else (f"{answers}@x",)))
    return RemoteMessage(
        ref=f"1:{number}", container="INBOX", key=f"{number}@x#1", direction=Direction.IN, visibility=Visibility.PRIVATE,
        author=Author("Rina", "rina@x.example", Role.CUSTOMER), received_at=NOW - number * 1000, sent_at=NOW, subject="Parcel",
        text=f"Question {number}", fresh_text=f"Question {number}", thread_ids=ids, marker=ids[0],
    )  # fmt: skip


def batch(count: int) -> Batch:
    some = tuple(message(number, number - 1 if number % 3 else None) for number in range(1, count + 1))
    return Batch(cursor="after", messages=some, removals=(Removal("INBOX", "1:999"),), done=count, total=500, more=True, backfill=True)


async def test_bulk_work_stands_back_while_another_source_delivers() -> None:
    order = Precedence(lambda: True)
    steps: list[str] = []

    async def bulk() -> None:
        await order.give("mail")
        steps.append("stored")

    with order.first("chat"):
        task = asyncio.create_task(bulk())
        await asyncio.wait((task,), timeout=precedence.PATIENCE_S / 5)
        steps.append("delivered")
    await task
    assert steps == ["delivered", "stored"]


async def test_no_source_waits_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 3600.0)
    order = Precedence(lambda: True)
    with order.first("mail"), order.first("mail"):
        async with asyncio.timeout(60):
            await order.give("mail")
        assert not order.urgent("mail")
        assert order.urgent("chat")
    assert not order.urgent("chat")


async def test_a_server_that_does_not_answer_stops_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 0.01)
    order = Precedence(lambda: True)
    with order.first("chat"):
        async with asyncio.timeout(60):
            await order.give("mail")


async def test_a_lone_command_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 3600.0)
    order = Precedence()
    with order.first("chat", chat=True):
        async with asyncio.timeout(60):
            await order.give("mail")


@pytest.mark.parametrize("count", [0, 1, pull.SLICE, pull.SLICE + 1, 100])
def test_a_batch_in_slices_is_the_same_batch(count: int) -> None:
    whole = batch(count)
    pieces = list(pull.slices(whole, "before"))
    assert tuple(one for piece in pieces for one in piece.messages) == whole.messages
    assert all(len(piece.messages) <= pull.SLICE for piece in pieces)
    assert [piece.cursor for piece in pieces] == ["before"] * (len(pieces) - 1) + ["after"]
    assert all(piece.more for piece in pieces)
    assert [piece.removals for piece in pieces] == [whole.removals, *[()] * (len(pieces) - 1)]
    assert pieces[-1].done == whole.done


def test_the_size_of_slices_may_change_from_one_to_the_next() -> None:
    whole = batch(100)
    sizes = iter([5, 40, 7, 50, 1])
    pieces = list(pull.slices(whole, "before", lambda: next(sizes)))
    assert [len(one.messages) for one in pieces] == [5, 40, 7, 48]
    assert tuple(one for piece in pieces for one in piece.messages) == whole.messages


def test_slices_are_as_large_as_the_machine_stores_in_some_milliseconds() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    for milliseconds, goes_to in ((0.1, LARGEST), (0.4, round(1000 * SLICE_S / 0.4)), (10.0, SMALLEST), (0.1, LARGEST)):
        for _ in range(20):
            with pace.slice(pace.size):
                now += pace.size * milliseconds / 1000
        assert abs(pace.size - goes_to) <= 1
    with pace.slice(1):
        now += 60
    assert abs(pace.size - LARGEST) <= 1


def test_what_comes_with_conversations_of_the_server_stays_together() -> None:
    whole = replace(batch(100), cases=(RemoteCase(conversation="7"),))
    assert list(pull.slices(whole, "before")) == [whole]


def rows(store: Store) -> list[list[tuple[object, ...]]]:
    return [
        store.cache.execute(sql).fetchall()
        for sql in (
            "SELECT id, case_id, key, subject FROM messages ORDER BY id",
            "SELECT ref, message_id FROM places ORDER BY ref",
            "SELECT id, subject, messages, unread, state, updated_at, bucket FROM cases ORDER BY id",
            "SELECT bucket, assignee, cases, unread FROM tally WHERE cases ORDER BY bucket",
        )
    ]


@pytest.mark.parametrize("stored", [0, 1, 2, 3])
def test_slices_cut_off_anywhere_and_begun_again_store_what_the_batch_does(tmp_path: Path, stored: int) -> None:
    whole = batch(100)
    with_slices = Store.open(workspace(tmp_path / "a"), role="engine", now=lambda: NOW)
    at_once = Store.open(workspace(tmp_path / "b"), role="engine", now=lambda: NOW)
    try:
        for piece in [*pull.slices(whole, "")][:stored]:
            apply.apply(with_slices, "mail", piece)
        for piece in pull.slices(whole, ""):
            apply.apply(with_slices, "mail", piece)
        apply.apply(at_once, "mail", whole)
        assert rows(with_slices) == rows(at_once)
        assert with_slices.cache.execute("SELECT cursor FROM sources WHERE name = 'mail'").fetchone() == ("after",)
    finally:
        with_slices.close()
        at_once.close()
