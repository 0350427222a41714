"""A deleted case leaves the lists at once, comes back when the server refuses, and takes nothing new with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.model import CaseState, Removal
from agent_tui.domain.operations import Entry
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

HELD = frozenset({"state", "reply", "read", "delete"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path), now=clock, offline=True)
    sources.note_state(made.store, "mail", operations=HELD)
    applying.apply(made.store, "mail", batch(mail("a@x", at=NOW - HOUR, ref="1:1"), mail("b@x", at=NOW - HOUR, subject="Other")))
    return made


def listed(desk: Desk, view: str = "all") -> list[str]:
    window = desk.window(view)
    return sorted(window.row(place).subject for place in range(len(window)))


def deleted(desk: Desk) -> int:
    case = next(c for c in desk.listing() if c.subject != "Other")
    desk.delete([case.id])
    return case.id


def begun(desk: Desk) -> Entry:
    (entry,) = delivery.due(desk.store, desk.now())
    return delivery.begin(desk.store, entry)


def test_it_is_in_no_list_the_moment_it_is_deleted(desk: Desk) -> None:
    deleted(desk)
    assert listed(desk) == ["Other"]
    assert desk.counts()["inbox"] == 1


def test_undo_brings_it_back(desk: Desk) -> None:
    number = deleted(desk)
    assert desk.undo() is not None
    assert listed(desk, "inbox") == ["Other", "Where is my parcel?"]
    assert desk.case(number).state is CaseState.NEW


def test_it_comes_back_when_the_server_refuses(desk: Desk) -> None:
    deleted(desk)
    delivery.fail(desk.store, begun(desk), "no such folder")
    assert listed(desk, "inbox") == ["Other", "Where is my parcel?"]


@pytest.mark.parametrize("moved", [None, {("INBOX", "1:1"): ("Trash", "2:7")}])
def test_it_stays_away_once_the_server_has_done_it(desk: Desk, clock: Clock, moved: dict | None) -> None:
    deleted(desk)
    delivery.acknowledge(desk.store, begun(desk), moved=moved)
    assert listed(desk) == ["Other"]
    clock.tick(1000)
    applying.apply(desk.store, "mail", batch(removals=(Removal("INBOX", "1:1"),)), began=clock())
    assert listed(desk) == ["Other"]


def test_it_comes_back_when_a_colleague_takes_it_out_of_the_bin(desk: Desk, clock: Clock) -> None:
    deleted(desk)
    delivery.acknowledge(desk.store, begun(desk))
    clock.tick(1000)
    applying.apply(desk.store, "mail", batch(removals=(Removal("INBOX", "1:1"),)), began=clock())
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW - HOUR, ref="1:9")))
    assert listed(desk, "inbox") == ["Other", "Where is my parcel?"]


def test_what_the_customer_writes_before_it_has_left_is_not_deleted_with_it(desk: Desk, clock: Clock) -> None:
    number = deleted(desk)
    clock.tick(HOUR)
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=clock(), ref="1:3")))
    assert listed(desk, "inbox") == ["Other", "Where is my parcel?"]
    entry = begun(desk)
    assert case_facts.case_ref(desk.store, number, "mail", entry.operation).places == (("INBOX", "1:1"),)
    delivery.acknowledge(desk.store, entry)
    assert desk.case(number).state is CaseState.NEW
    assert [m.key for m in desk.thread(number).messages] == ["a@x", "c@x"]


def test_a_refused_reply_is_not_hidden_with_its_case(desk: Desk, clock: Clock) -> None:
    from dataclasses import replace

    case = next(c for c in desk.listing() if c.subject != "Other")
    desk.send(replace(desk.draft(case.id), text="It left yesterday."), hold=False)
    desk.delete([case.id])
    assert listed(desk) == ["Other"]
    reply = next(e for e in delivery.due(desk.store, clock()) if e.kind == "reply")
    delivery.fail(desk.store, delivery.begin(desk.store, reply), "550 no such user")
    assert listed(desk, "inbox") == ["Other", "Where is my parcel?"]


def test_where_the_source_has_no_bin_it_is_deleted_here(tmp_path: Path, clock: Clock) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    sources.note_state(desk.store, "mail", operations=frozenset({"state"}))
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    desk.delete([desk.listing()[0].id])
    assert listed(desk) == []
    desk.close()
    assert listed(Desk(desk.workspace, now=clock, offline=True)) == []
