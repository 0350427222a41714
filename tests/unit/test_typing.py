"""What is typed outlives the workstation key by key, before the draft is stored, and comes into no draft twice."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.model import Draft
from agent_tui.store import apply, connections, typing
from agent_tui.workspace import Workspace
from tests.faults.process import in_child
from tests.unit.workspaces import Clock, batch, mail, workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A workspace with two cases and no draft."""
    made = workspace(tmp_path / "w")
    with_desk(made, lambda desk: apply.apply(desk.store, "mail", batch(mail("q1@x"), mail("q2@x"))))
    return made


@pytest.fixture
def desk(place: Workspace) -> Iterator[Desk]:
    made = Desk(place, now=Clock(), offline=True)
    yield made
    made.close()


def with_desk(place: Workspace, do) -> None:
    desk = Desk(place, now=Clock(), offline=True)
    try:
        do(desk)
    finally:
        desk.close()


def a_case(desk: Desk, number: int = 0) -> int:
    return desk.listing()[number].id


def typed(desk: Desk, text: str, *, kind: str = "reply", number: int = 0) -> Draft:
    """What is in the composer after the last of these keys."""
    draft = desk.draft(a_case(desk, number), kind)
    for end in range(1, len(text) + 1):
        desk.keep_keys(replace(draft, text=draft.text + text[:end]))
    return replace(draft, text=draft.text + text)


def killed(place: Workspace, do) -> None:
    """Do this in a workstation that is killed right after it."""

    def live() -> None:
        desk = Desk(place, now=Clock(), offline=True)  # until the end: who lets go of it closes its files in good order
        do(desk)
        os.kill(os.getpid(), 9)

    assert in_child(live) == 9


def texts(place: Workspace) -> list[tuple[str, str]]:
    """Kind and text of every draft, as the next start finds them."""
    found: list[tuple[str, str]] = []
    with_desk(place, lambda desk: found.extend((one.kind, one.text) for one in desk.drafts()))
    return sorted(found)


def left(place: Workspace) -> list[str]:
    return sorted(one.name for one in place.typing.iterdir())


def test_a_text_that_was_never_stored_is_a_draft_at_the_next_start(place: Workspace) -> None:
    killed(place, lambda desk: (typed(desk, "It left today."), typed(desk, "Call him.", kind="note", number=1)))
    assert texts(place) == [("note", "Call him."), ("reply", "It left today.")]
    assert left(place) == []
    assert texts(place) == [("note", "Call him."), ("reply", "It left today.")]


def test_what_came_after_the_storing_goes_into_the_same_draft(place: Workspace) -> None:
    def do(desk: Desk) -> None:
        stored = desk.save_draft(typed(desk, "It left"))
        desk.keep_keys(replace(stored, text="It left today."))

    killed(place, do)
    assert texts(place) == [("reply", "It left today.")]


def test_killed_between_storing_and_letting_go_of_the_keys_makes_no_second_draft(place: Workspace, monkeypatch) -> None:
    monkeypatch.setattr(typing.Typing, "clear", lambda self, draft: None)
    killed(place, lambda desk: desk.save_draft(typed(desk, "It left")))
    assert texts(place) == [("reply", "It left")]

    def more(desk: Desk) -> None:
        desk.save_draft(replace(typed(desk, " today"), cursor=1))

    killed(place, more)
    assert texts(place) == [("reply", "It left today")]


def test_recovering_twice_is_recovering_once(place: Workspace, monkeypatch) -> None:
    killed(place, lambda desk: typed(desk, "It left today."))
    monkeypatch.setattr(typing, "_remove", lambda path: None)
    assert texts(place) == texts(place) == [("reply", "It left today.")]


def test_two_who_start_at_once_take_it_up_once(place: Workspace) -> None:
    killed(place, lambda desk: typed(desk, "It left today."))
    (path,) = place.typing.glob("*.db")
    with_desk(place, lambda first: with_desk(place, lambda second: None))
    assert not path.exists()
    assert texts(place) == [("reply", "It left today.")]


def test_keys_of_a_workstation_that_lives_are_its_own(place: Workspace, desk: Desk) -> None:
    typed(desk, "Half a th")
    assert texts(place) == []
    assert any(name.endswith(".db") for name in left(place))
    desk.save_draft(typed(desk, "Half a thought"))
    assert texts(place) == [("reply", "Half a thought")]


def test_what_somebody_else_wrote_into_the_draft_stays_beside_it(place: Workspace) -> None:
    with_desk(place, lambda desk: desk.save_draft(typed(desk, "Hello")))

    def do(desk: Desk) -> None:
        desk.now.tick(5)
        mine = typed(desk, " from here")
        desk.save_draft(replace(desk.drafts()[0], text="Hello from there"))
        desk.keys.keep(mine)

    killed(place, do)
    assert texts(place) == [("reply", "Hello from here"), ("reply", "Hello from there")]


def test_a_draft_that_was_discarded_or_left_does_not_come_back(place: Workspace) -> None:
    def do(desk: Desk) -> None:
        draft = desk.save_draft(typed(desk, "Hello"))
        desk.keep_keys(replace(draft, text="Hello!"))
        desk.drop_keys(draft)
        desk.discard_draft(draft.id)

    killed(place, do)
    assert texts(place) == []
    with_desk(place, do)
    assert texts(place) == []
    assert left(place) == []


def test_a_text_that_is_empty_again_is_no_draft(place: Workspace) -> None:
    def do(desk: Desk) -> None:
        draft = typed(desk, "x")
        desk.keep_keys(replace(draft, text=""))

    killed(place, do)
    assert texts(place) == []


def test_a_draft_that_was_removed_with_its_person_does_not_come_back(place: Workspace) -> None:
    def do(desk: Desk) -> None:
        draft = desk.save_draft(typed(desk, "Hello"))
        desk.keep_keys(replace(draft, text="Hello!"))
        with desk.store.writing_desk() as database:
            database.execute("DELETE FROM drafts")

    killed(place, do)
    assert texts(place) == []


@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_damaged_file_is_let_go_of_and_the_stored_draft_is_there(place: Workspace, end: str) -> None:
    def do(desk: Desk) -> None:
        draft = desk.save_draft(typed(desk, "Hello"))
        desk.keep_keys(replace(draft, text="Hello!"))

    killed(place, do)
    (path,) = place.typing.glob("*.db")
    damaged = path.with_name(f"{path.name}{end}")
    damaged.write_bytes(b"\xff" * max(8192, damaged.stat().st_size))
    assert texts(place) == [("reply", "Hello")]
    assert left(place) == []


def test_the_last_key_may_have_been_cut_off(place: Workspace) -> None:
    killed(place, lambda desk: typed(desk, "Hello"))
    (log,) = place.typing.glob("*.db-wal")
    log.write_bytes(log.read_bytes()[:-100])
    assert texts(place) == [("reply", "Hell")]


def test_others_cannot_read_it_and_nothing_of_it_stays_once_it_is_stored(place: Workspace, desk: Desk) -> None:
    draft = typed(desk, "Unmistakable words")
    files = list(place.typing.iterdir())
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert stat.S_IMODE(place.typing.stat().st_mode) == 0o700
    plain = connections.key_of(place.path) is None
    assert (b"Unmistakable" in b"".join(one.read_bytes() for one in files)) == plain
    desk.save_draft(draft)
    assert b"Unmistakable" not in b"".join(one.read_bytes() for one in files)


def test_a_folder_that_cannot_be_written_stops_nobody(place: Workspace) -> None:
    place.typing.write_text("in the way")
    with_desk(place, lambda desk: desk.save_draft(typed(desk, "Hello")))
    assert texts(place) == [("reply", "Hello")]


def test_a_very_long_text_waits_for_its_storing(place: Workspace) -> None:
    def do(desk: Desk) -> None:
        draft = typed(desk, "Hello")
        desk.keep_keys(replace(draft, text="x" * 20_001))

    killed(place, do)
    assert texts(place) == []
