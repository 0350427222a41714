"""No statement of everyday work walks through a whole table: a million messages cost what ten do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.model import Address, DeliveryReport, MarkChange, Marks, Priority, Removal
from agent_tui.engine.books import Books
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, fold, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

LARGE = ("messages", "bodies", "places", "links", "cases", "operations", "drafts", "anchors", "cached_files")
# An index that holds only what is not over is as short as the work at hand.
SHORT = {"drafts_open", "operations_pending", "operations_structure", "cases_draft", "cases_snoozed"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path), now=Clock(), offline=True)
    sources.note_state(made.store, "mail", operations=frozenset({"state", "reply", "read", "delete", "star"}))
    first = mail("a@x", at=NOW - 9 * HOUR)
    applying.apply(made.store, "mail", batch(first, mail("c@x", answers=["b@x"], at=NOW - 7 * HOUR, subject="Parcel")))
    applying.apply(made.store, "mail", batch(mail("z@x", at=NOW - HOUR, subject="Other", who="li@customer.example")))
    return made


@contextmanager
def watched(*connections: sqlite3.Connection) -> Iterator[list[str]]:
    """The plans that walk through a large table, of every statement run within."""
    seen: list[tuple[sqlite3.Connection, str]] = []
    for one in connections:
        one.set_trace_callback(lambda sql, one=one: seen.append((one, sql)))
    walks: list[str] = []
    yield walks
    for one in connections:
        one.set_trace_callback(None)
    for one, sql in dict.fromkeys(seen):
        if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", sql):
            continue
        for row in one.execute(f"EXPLAIN QUERY PLAN {sql}"):
            found = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", row[3])
            if found and _large(one, sql, found[1]) and found[2] not in SHORT:
                walks.append(f"{row[3]}: {' '.join(sql.split())[:300]}")


def _large(connection: sqlite3.Connection, sql: str, name: str) -> bool:
    """Whether a name in a plan is a large table, or stands for one in this statement."""
    return name in LARGE or any(re.search(rf"\b{table} (AS )?{name}\b", sql) for table in LARGE)


def case(desk: Desk, subject: str = "Where is my parcel?") -> int:
    return next(c.id for c in desk.listing("state:new OR state:open OR state:waiting") if c.subject == subject)


def send(desk: Desk) -> object:
    return desk.send(desk.save_draft(replace(desk.draft(case(desk)), text="It left yesterday.")), hold=False)


def deliver(desk: Desk) -> None:
    send(desk)
    entry = delivery.begin(desk.store, delivery.due(desk.store, desk.now())[0])
    case_facts.case_ref(desk.store, entry.case, entry.source)
    case_facts.newer_than_seen(desk.store, entry)
    delivery.acknowledge(desk.store, entry)
    copy = mail(entry.operation.marker, ours=True, answers=["a@x"], at=desk.now())
    applying.apply(desk.store, "mail", batch(copy), began=desk.now() + 1)
    report = DeliveryReport(entry.operation.marker, ("rina@customer.example",), True, "550 no")
    applying.apply(desk.store, "mail", batch(mail("bounce@mx", automatic=True, report=report)))


WORK: dict[str, Callable[[Desk], object]] = {
    "pull a new conversation": lambda d: applying.apply(d.store, "mail", batch(mail("n@x"))),
    "pull an answer": lambda d: applying.apply(d.store, "mail", batch(mail("n@x", answers=["a@x"]))),
    "pull what joins two threads": lambda d: applying.apply(
        d.store, "mail", batch(mail("b@x", answers=["a@x"], at=NOW - 8 * HOUR))
    ),
    "pull it again": lambda d: applying.apply(d.store, "mail", batch(mail("a@x", at=NOW - 9 * HOUR, text="Changed"))),
    "pull marks": lambda d: applying.apply(
        d.store, "mail", batch(marks=(MarkChange("INBOX", "1:1", frozenset({Marks.SEEN})),))
    ),
    "pull a removal": lambda d: applying.apply(d.store, "mail", batch(removals=(Removal("INBOX", "1:1"),))),
    "close": lambda d: d.done([case(d)]),
    "snooze": lambda d: d.snooze([case(d)], NOW + HOUR),
    "tag": lambda d: d.tag([case(d)], add=["refund"]),
    "assign": lambda d: d.take([case(d)]),
    "priority": lambda d: d.set_priority([case(d)], Priority.HIGH),
    "read": lambda d: d.mark_read([case(d)], True),
    "customer": lambda d: d.set_customer(case(d), Address("", "bo@customer.example")),
    "merge and take back": lambda d: (d.merge([case(d, "Other")], case(d)), d.undo(), d.redo()),
    "delete and take back": lambda d: (d.delete([case(d)]), d.undo()),
    "open": lambda d: (d.thread(case(d)), d.journey(case(d)), d.draft(case(d)), d.newer_than(d.draft(case(d)))),
    "list": lambda d: [d.window(view.id) for view in d.views() if view.id != "outbox"] and d.counts(),
    "write": lambda d: d.discard_draft(d.save_draft(replace(d.draft(case(d)), text="Dear")).id),
    "send": send,
    "deliver": deliver,
    "find by code": lambda d: d.find_case("0"),
    "wake": lambda d: (fold.wake(d.store, NOW), fold.next_wake(d.store), delivery.next_due(d.store)),
}


@pytest.mark.parametrize("name", WORK)
def test_it_walks_through_no_large_table(desk: Desk, name: str) -> None:
    from agent_tui.domain.errors import UsageError

    with watched(desk.store.desk, desk.store.cache) as walks:
        try:
            WORK[name](desk)
        except UsageError:
            assert name == "find by code"
    assert walks == []


def test_an_engine_and_a_desk_start_without_walking(desk: Desk) -> None:
    desk.done([case(desk)])
    books = Books(desk.workspace, now=desk.now)
    with watched(books._store.desk, books._store.cache) as walks:
        books.refold()
        books.due("mail")
        books.unsettled("mail")
        books.left("mail")
        books.next_due()
    books.close()
    assert walks == []
