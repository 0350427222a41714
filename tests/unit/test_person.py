"""Who somebody is on every channel: joined by evidence that is named, never by a likeness alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_tui import cli
from agent_tui.desk import Desk
from agent_tui.domain.model import Author, Channel, Role
from agent_tui.store import apply as applying
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

DAY = 24 * HOUR


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(workspace(tmp_path / "w", "mail", "chat", "forum", "board"), now=Clock(), offline=True)


def by(name: str, address: str) -> Author:
    return Author(name, address, Role.CUSTOMER)


def put(desk: Desk, source: str, key: str, author: Author, *, days: int = 1, subject: str = "", **more: object) -> int:
    """One message of a customer; the case that it is in."""
    applying.apply(desk.store, source, batch(mail(key, at=NOW - days * DAY, subject=subject or key, author=author, **more)))
    return next(one.id for one in desk.listing("before:2100-01-01") if one.subject == (subject or key))


def told(desk: Desk, case: int) -> dict[tuple[str, str], str]:
    return {(one.source, one.address): one.evidence for one in desk.person(case).handles}


def test_the_same_address_is_the_same_person_on_every_source(desk: Desk) -> None:
    first = put(desk, "mail", "a", by("Rina Das", "rina@x.example"), days=9)
    put(desk, "chat", "b", by("rina", "rina@x.example"), days=5)
    put(desk, "mail", "c", by("Somebody Else", "else@x.example"))
    found = desk.person(first)
    assert {(one.source, one.address) for one in found.handles} == {("mail", "rina@x.example"), ("chat", "rina@x.example")}
    assert [one.subject for one in found.cases] == ["a", "b"]  # the oldest first
    assert sum(one.messages for one in found.handles) == 2
    assert found.perhaps == ()


def test_a_forums_name_is_somebody_on_that_forum_only(desk: Desk) -> None:
    first = put(desk, "forum", "a", by("", "rina"))
    put(desk, "forum", "b", by("", "rina"))
    put(desk, "board", "c", by("", "rina"))
    assert [one.subject for one in desk.person(first).cases] == ["a", "b"]


def test_the_same_full_name_elsewhere_is_said_and_joins_nothing(desk: Desk) -> None:
    first = put(desk, "mail", "a", by("Rina Das", "rina@x.example"))
    put(desk, "forum", "b", by("rina das", "rd99"))
    put(desk, "forum", "c", by("Rina", "rina"))
    found = desk.person(first)
    assert [one.subject for one in found.cases] == ["a"]
    assert [(one.source, one.address, one.evidence) for one in found.perhaps] == [("forum", "rd99", "same name")]


def test_a_merge_over_sources_joins_and_taking_it_back_parts_again(desk: Desk) -> None:
    mailed = put(desk, "mail", "a", by("Rina Das", "rina@x.example"), days=3)
    posted = put(desk, "forum", "b", by("", "rd99"), days=2)
    put(desk, "forum", "c", by("", "rd99"), days=1)
    assert set(told(desk, mailed)) == {("mail", "rina@x.example")}
    desk.merge([posted], mailed)
    assert told(desk, mailed)["forum", "rd99"].startswith("wrote in ")
    assert [one.subject for one in desk.person(mailed).cases][-1] == "c"  # what they wrote elsewhere as rd99 is theirs too
    desk.undo()
    assert set(told(desk, mailed)) == {("mail", "rina@x.example")}


def test_somebody_on_copy_is_not_the_customer(desk: Desk) -> None:
    first = put(desk, "mail", "a@x", by("Rina Das", "rina@x.example"), days=3, subject="Lamp")
    applying.apply(desk.store, "mail", batch(
        mail("b@x", answers=("a@x",), at=NOW - 2 * DAY, subject="Re: Lamp", author=by("Her Boss", "boss@x.example")),
        mail("c@x", answers=("a@x",), at=NOW - DAY, subject="Re: Lamp", author=by("Rina Das", "rina@home.example")),
    ))  # fmt: skip
    found = told(desk, first)
    assert set(found) == {("mail", "rina@x.example"), ("mail", "rina@home.example")}
    assert found["mail", "rina@home.example"].startswith("same name in ")


def test_the_command_gives_the_person_and_then_the_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = tmp_path / "demo"
    assert cli.run(["demo", "--dir", str(space), "--no-open"]) == 0
    capsys.readouterr()
    assert cli.run(["--workspace", str(space), "list", "from:gordon", "--json"]) == 0
    code = json.loads(capsys.readouterr().out.splitlines()[0])["id"]
    assert cli.run(["--workspace", str(space), "person", code, "--json"]) == 0
    person, *cases = map(json.loads, capsys.readouterr().out.splitlines())
    assert (person["type"], person["name"], person["cases"]) == ("person", "Gordon Pike", len(cases))
    assert {one["type"] for one in cases} == {"case"}
    assert code in {one["id"] for one in cases}
    assert person["handles"][0]["evidence"] == f"customer of {code}"
    assert cli.run(["--workspace", str(space), "person", code]) == 0
    assert "gordon.pike@mail.example (Gordon Pike): customer of" in capsys.readouterr().out
    assert cli.run(["--workspace", str(space), "person", "zzzzzzz"]) == 2


def test_channels_are_those_of_the_sources(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w", "talk", channel=Channel.CHAT), now=Clock(), offline=True)
    case = put(desk, "talk", "a", by("Rina Das", "@rina:x.example"))
    assert [one.channel for one in desk.person(case).handles] == [Channel.CHAT]
