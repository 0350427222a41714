"""Mails that no header joins: what the agent is offered, and that nothing is joined by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.store import apply as applying
from tests.unit.workspaces import HOUR, NOW, SUPPORT, Clock, batch, mail, workspace

DAY = 24 * HOUR


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)


def offered(desk: Desk, subject: str) -> list[str]:
    case = next(one for one in desk.listing("before:2100-01-01") if one.subject == subject)
    return [one.subject for one in desk.perhaps_same(desk.thread(case.id))]


def test_the_same_subject_and_person_are_offered_the_newest_first_and_stay_apart(desk: Desk) -> None:
    applying.apply(
        desk.store, "mail",
        batch(
            mail("a@x", at=NOW - 9 * DAY, subject="Invoice 12"),
            mail("b@x", at=NOW - 3 * DAY, subject="RE: Invoice 12"),
            mail("c@x", at=NOW - HOUR, subject="AW: [EXTERNAL] Invoice 12"),
            mail("d@x", at=NOW - HOUR, subject="Something else"),
            mail("e@x", at=NOW - HOUR, subject="Re: Invoice 12", who="li@elsewhere.example"),
        ),
    )  # fmt: skip
    assert offered(desk, "AW: [EXTERNAL] Invoice 12") == ["RE: Invoice 12", "Invoice 12"]
    assert offered(desk, "Something else") == []
    assert offered(desk, "Re: Invoice 12") == []
    assert len(desk.listing("before:2100-01-01")) == 5


def test_a_case_of_somebody_who_is_on_copy_here_is_offered(desk: Desk) -> None:
    from agent_tui.domain.model import Address

    applying.apply(
        desk.store, "mail",
        batch(
            mail("a@x", at=NOW - DAY, subject="Invoice 12", who="boss@customer.example"),
            mail("b@x", at=NOW - HOUR, subject="Re: Invoice 12", cc=(Address("", "Boss@customer.example"), Address("", SUPPORT))),
        ),
    )  # fmt: skip
    assert offered(desk, "Re: Invoice 12") == ["Invoice 12"]


def test_what_is_long_ago_or_spam_or_merged_already_is_not_offered(desk: Desk) -> None:
    applying.apply(
        desk.store, "mail",
        batch(mail("a@x", at=NOW - 60 * DAY, subject="Invoice 12"), mail("b@x", at=NOW - DAY, subject="Fwd: Invoice 12"),
              mail("c@x", at=NOW - HOUR, subject="Re: Invoice 12")),
    )  # fmt: skip
    assert offered(desk, "Re: Invoice 12") == ["Fwd: Invoice 12"]
    old, near, here = (next(c.id for c in desk.listing("before:2100-01-01") if c.subject == s) for s in ("Invoice 12", "Fwd: Invoice 12", "Re: Invoice 12"))
    desk.spam([near])
    assert offered(desk, "Re: Invoice 12") == []
    desk.undo()
    desk.merge([near], here)
    assert [one.id for one in desk.perhaps_same(desk.thread(here))] == []
    assert old in {one.id for one in desk.journey(here)}


def test_a_case_without_a_subject_is_like_no_other(desk: Desk) -> None:
    applying.apply(desk.store, "mail", batch(mail("a@x", subject=""), mail("b@x", subject="")))
    for case in desk.listing("before:2100-01-01"):
        assert desk.perhaps_same(desk.thread(case.id)) == ()
