"""The index holds the words that messages have, and forgets those that they had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import Batch, RemoteCase, RemoteMessage
from agent_tui.store import apply as applying
from agent_tui.store import indexing
from agent_tui.store.database import Store
from tests.unit.workspaces import Clock, batch, mail, workspace

OLD = "The walrus ordered cabbages, and cabbages, and more cabbages."
FIRST = mail("a@x", subject="Walrus", text=OLD, fresh_text=OLD)
NEW = replace(FIRST, subject="Otter", text="It wants kelp.", fresh_text="It wants kelp.")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)


def take(desk: Desk, *messages: RemoteMessage) -> None:
    applying.apply(desk.store, "mail", batch(*messages))


def index(desk: Desk) -> None:
    for _ in range(5):
        if not indexing.index(desk.store):
            return
    raise AssertionError("it never ends")


def found(desk: Desk, words: str) -> list[str]:
    return [hit.message.key for hit in desk.search(words).hits]


def settled(desk: Desk) -> None:
    assert found(desk, "kelp") == found(desk, "subject:otter") == ["a@x"]
    assert found(desk, "cabbages") == found(desk, "walrus") == []
    assert desk.store.cache.execute("SELECT count(*) FROM outdated").fetchone() == (0,)
    assert indexing.unindexed(desk.store) == 0
    desk.store.index.execute("INSERT INTO message_index (message_index) VALUES ('integrity-check')")


def test_the_old_words_of_a_revised_message_find_nothing(desk: Desk) -> None:
    take(desk, FIRST)
    index(desk)
    assert found(desk, "cabbages") == ["a@x"]
    take(desk, NEW)
    index(desk)
    settled(desk)


def test_a_message_revised_before_it_was_indexed_has_its_new_words_only(desk: Desk) -> None:
    take(desk, FIRST)
    take(desk, NEW)
    index(desk)
    settled(desk)


def test_a_message_revised_twice_between_two_rounds_of_the_index(desk: Desk) -> None:
    take(desk, FIRST)
    index(desk)
    take(desk, replace(FIRST, text="Something of turnips.", fresh_text="Something of turnips."))
    take(desk, NEW)
    index(desk)
    settled(desk)
    assert found(desk, "turnips") == []


def test_a_message_revised_while_it_is_being_indexed_is_indexed_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(desk, FIRST)
    counted = indexing._count

    def revised_meanwhile(connection: object, entries: object) -> None:
        monkeypatch.setattr(indexing, "_count", counted)
        counted(connection, entries)  # type: ignore[arg-type]
        take(desk, NEW)

    monkeypatch.setattr(indexing, "_count", revised_meanwhile)
    index(desk)
    settled(desk)


def test_a_kill_between_the_two_files_only_indexes_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(desk, FIRST)
    index(desk)
    take(desk, NEW)
    taken = indexing._taken

    def killed(*_: object) -> None:
        monkeypatch.setattr(indexing, "_taken", taken)
        raise KeyboardInterrupt

    monkeypatch.setattr(indexing, "_taken", killed)
    with pytest.raises(KeyboardInterrupt):
        indexing.index(desk.store)
    index(desk)
    assert found(desk, "kelp") == ["a@x"]
    assert found(desk, "cabbages") == found(desk, "walrus") == []


def test_nobody_who_has_searched_waits_for_whoever_writes_the_index(desk: Desk) -> None:
    take(desk, FIRST)
    index(desk)
    assert found(desk, "cabbages") == ["a@x"]
    case = desk.search("cabbages").hits[0].case.id
    desk.store.cache.execute("PRAGMA busy_timeout = 0")  # whoever has to wait fails at once
    indexer = Store.open(desk.store.workspace, role="engine", now=Clock())
    try:
        indexer.index.execute("BEGIN IMMEDIATE")
        assert desk.done([case]).words == "Closed 1 case"
        indexer.index.execute("ROLLBACK")
    finally:
        indexer.close()


def test_one_who_has_searched_still_writes_to_the_cache_alone(desk: Desk) -> None:
    take(desk, FIRST)
    index(desk)
    assert found(desk, "cabbages") == ["a@x"]
    engine = Store.open(desk.store.workspace, role="engine", now=Clock())
    engine.cache.execute("PRAGMA busy_timeout = 0")
    try:
        with desk.store.writing_cache(), pytest.raises(StoreError, match="another process is writing"), engine.writing_cache():
            pass
        with engine.writing_cache():
            desk.store.cache.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(StoreError, match="another process is writing"), desk.store.writing_cache():
                pass
        with desk.store.writing_cache() as cache:  # and goes on after that
            assert cache.in_transaction
    finally:
        engine.close()


def test_a_case_that_gets_another_subject_leaves_the_index_whole(desk: Desk) -> None:
    """A chat's messages are found by the name of their room, as it was when they were indexed."""
    said = replace(FIRST, subject="", conversation="room", text="short", fresh_text="short")
    take(desk, said)
    desk.store.cache.execute("UPDATE cases SET subject = ''")
    index(desk)
    for number in range(3):
        desk.store.cache.execute("UPDATE cases SET subject = 'The walrus and a great many cabbages'")
        text = f"revision{number}"
        take(desk, replace(said, text=text, fresh_text=text))
        index(desk)
        desk.store.cache.execute("UPDATE cases SET subject = 'Kelp'")
    desk.store.index.execute("INSERT INTO message_index (message_index) VALUES ('integrity-check')")
    assert found(desk, "revision2") == ["a@x"]
    assert found(desk, "revision1") == found(desk, "short") == []


def test_what_is_read_again_unchanged_is_not_indexed_again(desk: Desk) -> None:
    said = replace(FIRST, subject="", conversation="room")
    applying.apply(desk.store, "mail", Batch(cursor="{}", messages=(said,), cases=(RemoteCase(conversation="room", subject="Kelp"),)))
    index(desk)
    take(desk, said)
    assert indexing.unindexed(desk.store) == 0
