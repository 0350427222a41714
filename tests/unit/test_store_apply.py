"""Batches become cases, whatever their order, and come out the same when applied again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.model import Author, CaseState, Channel, MarkChange, Marks, RemoteCase, Removal, Role
from agent_tui.store import apply as applying
from agent_tui.store import cases, messages, threads
from agent_tui.store.cases import CaseWindow
from agent_tui.store.database import Store
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

DAY = 24 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(workspace(tmp_path), now=Clock())


def everything(store: Store) -> list:
    window = CaseWindow(store, "all", "me")
    return [window.row(place) for place in range(len(window))]


CONVERSATION = (
    mail("a@x", at=NOW - 5 * HOUR),
    mail("b@x", answers=["a@x"], ours=True, at=NOW - 4 * HOUR),
    mail("c@x", answers=["b@x", "a@x"], at=NOW - 3 * HOUR),
    mail("d@x", answers=["c@x", "b@x"], at=NOW - 2 * HOUR),
)


def test_a_conversation_is_one_case_in_whatever_order_it_comes(tmp_path: Path) -> None:
    seen = set()
    for number, order in enumerate(itertools.permutations(CONVERSATION)):
        store = Store.open(workspace(tmp_path / str(number)), now=Clock())
        for message in order:
            applying.apply(store, "mail", batch(message))
        (case,) = everything(store)
        seen.add((case.messages, case.state, case.waiting_since, case.due_at, case.subject, case.customer.address))
        store.close()
    assert seen == {(4, CaseState.OPEN, NOW - 3 * HOUR, NOW - HOUR, "Where is my parcel?", "rina@customer.example")}


def test_applying_a_batch_again_changes_nothing(store: Store) -> None:
    applying.apply(store, "mail", batch(*CONVERSATION, cursor="1"))
    before = [(c.id, c.messages, c.state, c.unread) for c in everything(store)]
    applied = applying.apply(store, "mail", batch(*CONVERSATION, cursor="1"))
    assert applied.messages == 0
    assert [(c.id, c.messages, c.state, c.unread) for c in everything(store)] == before


def test_an_id_of_a_case_that_joined_another_still_finds_it(store: Store) -> None:
    applying.apply(store, "mail", batch(mail("z@x", answers=["y@x"], at=NOW - HOUR)))
    applying.apply(store, "mail", batch(mail("a@x", at=NOW - 9 * HOUR)))
    ids = [c.id for c in everything(store)]
    assert len(ids) == 2
    applying.apply(store, "mail", batch(mail("y@x", answers=["a@x"], at=NOW - 5 * HOUR)))
    (case,) = everything(store)
    assert case.messages == 3
    assert {threads.resolve(store, one) for one in ids} == {case.id}


def test_a_rebuilt_cache_gives_a_case_its_old_id_where_something_here_refers_to_it(tmp_path: Path) -> None:
    where = workspace(tmp_path)
    store = Store.open(where, now=Clock())
    applying.apply(store, "mail", batch(CONVERSATION[3]))
    case_id = everything(store)[0].id
    with store.writing_desk():
        threads.anchor(store, [case_id])
    store.close()
    where.cache_path.unlink()
    store = Store.open(where, now=Clock())
    for message in CONVERSATION:
        applying.apply(store, "mail", batch(message))
    assert threads.resolve(store, case_id) == everything(store)[0].id


@pytest.mark.parametrize(
    ("marks", "state"),
    [((), CaseState.NEW), ((Marks.CLOSED,), CaseState.CLOSED), ((Marks.SPAM,), CaseState.SPAM), ((Marks.ANSWERED,), CaseState.WAITING)],
)
def test_the_newest_customer_message_tells_the_state(store: Store, marks: tuple[str, ...], state: CaseState) -> None:
    applying.apply(store, "mail", batch(mail("a@x", marks=marks)))
    assert everything(store)[0].state is state


def test_a_customer_message_opens_a_closed_case(store: Store) -> None:
    applying.apply(store, "mail", batch(mail("a@x", at=NOW - 3 * HOUR, marks=[Marks.CLOSED])))
    applying.apply(store, "mail", batch(mail("b@x", answers=["a@x"], at=NOW - HOUR)))
    case = everything(store)[0]
    assert case.state is CaseState.NEW
    assert case.unread == 2


def test_automatic_mail_owes_no_answer_and_opens_nothing(store: Store) -> None:
    applying.apply(store, "mail", batch(mail("a@x", at=NOW - 3 * HOUR, marks=[Marks.CLOSED])))
    applying.apply(store, "mail", batch(mail("b@x", answers=["a@x"], automatic=True)))
    applying.apply(store, "mail", batch(mail("news@x", automatic=True, subject="News")))
    by_subject = {c.subject: c for c in everything(store)}
    assert by_subject["Where is my parcel?"].state is CaseState.CLOSED
    assert by_subject["News"].due_at is None


def test_old_mail_at_first_sync_comes_in_closed_unless_flagged(store: Store) -> None:
    old = mail("old@x", at=NOW - 30 * DAY, subject="old")
    flagged = mail("flagged@x", at=NOW - 30 * DAY, subject="flagged", marks=[Marks.FLAGGED])
    applying.apply(store, "mail", batch(old, flagged, mail("new@x", subject="new")))
    assert {c.subject: c.state for c in everything(store)} == {
        "old": CaseState.CLOSED, "flagged": CaseState.NEW, "new": CaseState.NEW,
    }  # fmt: skip


def test_a_message_that_left_every_folder_is_kept_and_its_case_is_closed(store: Store) -> None:
    applying.apply(store, "mail", batch(mail("a@x", ref="1:7")))
    applying.apply(store, "mail", batch(removals=(Removal("INBOX", "1:7"),)))
    case = everything(store)[0]
    assert case.state is CaseState.CLOSED
    assert [m.text for m in messages.of_case(store, case.id)] == ["Hello, where is my parcel?"]
    applying.apply(store, "mail", batch(mail("a@x", ref="1:9", container="Archive")))
    assert everything(store)[0].state is CaseState.NEW


def test_a_folder_that_was_made_anew_gives_the_same_messages(store: Store) -> None:
    applying.apply(store, "mail", batch(*CONVERSATION))
    before = [m.id for m in messages.of_case(store, everything(store)[0].id)]
    fresh = [mail(m.key, answers=m.thread_ids[1:], ours=m.author.address.startswith("support"), at=m.received_at, ref=f"2:{n}") for n, m in enumerate(CONVERSATION)]
    applying.apply(store, "mail", batch(*fresh, removals=(Removal("INBOX", ""),)))
    assert [m.id for m in messages.of_case(store, everything(store)[0].id)] == before


def test_flags_that_another_client_sets_are_seen(store: Store) -> None:
    applying.apply(store, "mail", batch(mail("a@x", ref="1:7")))
    assert everything(store)[0].unread == 1
    applying.apply(store, "mail", batch(marks=(MarkChange("INBOX", "1:7", frozenset({Marks.SEEN, "tag:refund"})),)))
    case = everything(store)[0]
    assert (case.unread, case.tags) == (0, ("refund",))


def test_a_second_full_of_mail_keeps_its_order(store: Store) -> None:
    many = [mail(f"{n:03}@x", at=NOW - HOUR, subject=str(n), answers=["root@x"]) for n in range(200)]
    applying.apply(store, "mail", batch(*many))
    found = messages.of_case(store, everything(store)[0].id)
    assert [m.subject for m in found] == [str(n) for n in range(200)]


def test_a_conversation_of_the_server_keeps_the_servers_word(store: Store) -> None:
    message = mail("m1", conversation="room", thread_ids=())
    word = RemoteCase(conversation="room", subject="Room", state=CaseState.CLOSED, assignee="bo", tags=frozenset({"vip"}))
    applying.apply(store, "mail", batch(message, cases=(word,)))
    case = everything(store)[0]
    assert (case.subject, case.state, case.assignee, case.tags) == ("Room", CaseState.CLOSED, "bo", ("vip",))


def test_the_tally_agrees_with_a_count(store: Store) -> None:
    many = [mail(f"{n}@x", subject=str(n), at=NOW - n * DAY, marks=[Marks.CLOSED] if n % 3 else []) for n in range(40)]
    applying.apply(store, "mail", batch(*many))
    applying.apply(store, "mail", batch(marks=tuple(MarkChange("INBOX", m.ref, frozenset()) for m in many[:10])))
    counted = dict(store.cache.execute("SELECT bucket, count(*) FROM cases GROUP BY bucket").fetchall())
    found = cases.counts(store, "me")
    assert found["inbox"] == counted.get(0, 0)
    assert found["closed"] == counted.get(3, 0)
    assert found["all"] == 40


def test_a_peers_answer_starts_no_clock_again(store: Store) -> None:
    from agent_tui.domain.model import Author, Role

    peer = mail("peer@x", answers=["a@x"], at=NOW - HOUR, author=Author("Peer", "peer@forum.example", Role.PEER))
    applying.apply(store, "mail", batch(*CONVERSATION[:2], peer))
    case = everything(store)[0]
    assert (case.state, case.due_at) == (CaseState.WAITING, None)


def test_a_large_folder_that_is_gone_never_holds_the_store_for_long(store: Store) -> None:
    many = [mail(f"m{n}@x", at=NOW - DAY + n * 1000, ref=f"1:{n}", subject=f"Case {n}") for n in range(1200)]
    for start in range(0, len(many), 300):
        applying.apply(store, "mail", batch(*many[start : start + 300]))
    commits: list[str] = []
    store.cache.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    applied = applying.apply(store, "mail", batch(mail("m0@x", ref="2:1"), removals=(Removal("INBOX", ""),)))
    store.cache.set_trace_callback(None)
    assert len(commits) >= 4
    assert len(applied.cases) == 1200
    assert len([c for c in everything(store) if c.state is not CaseState.CLOSED]) == 1  # it came back in the same batch


@pytest.mark.parametrize("at", [0, -1, -(10**15), 631_152_000_000])
def test_mail_without_a_date_is_a_message_like_any_other(store: Store, at: int) -> None:
    """The number 0 means none everywhere: such a message was never unread, answered or removed."""
    applying.apply(store, "mail", batch(mail("old@x", at=at, ref="1:5")))
    (case,) = everything(store)
    (message,) = messages.of_case(store, case.id)
    assert message.id > 0
    applying.apply(store, "mail", batch(marks=(MarkChange("INBOX", "1:5", frozenset({Marks.SEEN})),)))
    assert cases.get(store, case.id).unread == 0
    applying.apply(store, "mail", batch(removals=(Removal("INBOX", "1:5"),)))
    assert cases.get(store, case.id).state is CaseState.CLOSED


def test_a_server_s_words_cannot_command_a_terminal(store: Store) -> None:
    from agent_tui.domain.errors import Refused, TryLater
    from agent_tui.domain.model import BadItem
    from agent_tui.store import sources

    hostile = "550 no\r\n\x1b]52;c;aGk=\x07 \x1b[2J\x9b31m\u202etxt.exe\u200b " + "x" * 9000
    for error in (Refused(hostile, recipients=("a@b",)), TryLater(hostile)):
        assert str(error).isprintable()
        assert len(str(error)) <= 500
    sources.note_state(store, "mail", error=hostile, error_kind="TryLater")
    assert sources.state(store, "mail").error.isprintable()
    applying.apply(store, "mail", batch(bad=(BadItem("1:1", "INBOX", hostile),)))
    assert store.cache.execute("SELECT reason FROM bad_items").fetchone()[0].isprintable()


@pytest.mark.parametrize("at", [-(1 << 62), -(10**14), 1 << 53, 1 << 62, 253_402_300_799_999])
def test_a_time_beyond_every_calendar_can_be_shown_and_sorted(store: Store, at: int) -> None:
    from datetime import UTC, datetime

    applying.apply(store, "mail", batch(mail("odd@x", at=at), mail("plain@x", subject="Plain")))
    for case in everything(store):
        for message in messages.of_case(store, case.id):
            for moment in (message.received_at, message.sent_at, case.updated_at, case.waiting_since or 0, case.due_at or 0):
                assert 1899 <= datetime.fromtimestamp(moment / 1000, UTC).year <= 2101
    assert len(everything(store)) == 2


def test_a_conversation_without_a_message_is_no_line_until_one_comes(store: Store) -> None:
    word = RemoteCase(conversation="room", subject="Room")
    applying.apply(store, "mail", batch(cases=(word,)))
    assert everything(store) == []
    applying.apply(store, "mail", batch(replace(mail("a@x", at=NOW - HOUR), conversation="room")))
    assert [(case.subject, case.messages) for case in everything(store)] == [("Room", 1)]


def test_a_line_of_the_list_shows_what_somebody_said_last_and_not_what_a_server_adds(store: Store) -> None:
    server = Author("Reactions", "", Role.SYSTEM)
    reaction = mail("r@x", answers=("a@x",), at=NOW, text="👍 Rina  to “hello”", author=server, automatic=True)
    applying.apply(store, "mail", batch(mail("a@x", text="hello there"), reaction))
    assert [case.snippet for case in everything(store)] == ["hello there"]


@pytest.mark.parametrize(("channel", "left"), [(Channel.EMAIL, ["1", "2"]), (Channel.COMMUNITY, ["1"]), (Channel.CHAT, ["1"])])
def test_one_that_was_deleted_is_left_out_where_that_is_meant_for_everybody(tmp_path: Path, channel: Channel, left: list[str]) -> None:
    store = Store.open(workspace(tmp_path, channel=channel), now=Clock())
    both = (mail("a@x", ref="1:1", text="1", at=NOW - 2 * HOUR), mail("b@x", ref="1:2", text="2", answers=["a@x"]))
    applying.apply(store, "mail", batch(*both))
    (case,) = everything(store)
    applying.apply(store, "mail", batch(removals=(Removal("INBOX", "1:2"),)))
    assert [one.text for one in messages.of_case(store, case.id)] == left
    applying.apply(store, "mail", batch(removals=(Removal("INBOX", ""),)))
    assert [one.text for one in messages.of_case(store, case.id)] == ["1", "2"]  # with nothing left it is history
