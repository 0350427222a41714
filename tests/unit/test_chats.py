"""Several chats at once: which is next, when enough are held, when somebody is told, and that nothing is lost between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.desk import Desk
from agent_tui.domain import chats, notices
from agent_tui.domain.chats import ChatSettings, Standing
from agent_tui.domain.model import Case, CaseState, Channel
from agent_tui.domain.notices import Announcer, Arrival, NoticeSettings, sequences
from agent_tui.store import apply as applying
from agent_tui.widgets.chat_strip import seconds
from tests.fake_desk import make_case
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

SETTINGS = ChatSettings(limit=3, idle_ms=300_000)


def chat(number: int, *, waits: int | None = None, **more: object) -> Case:
    values = {"channel": Channel.CHAT, "assignee": "asha@example.com", "waiting_since": waits, "updated_at": NOW, **more}
    state = CaseState.OPEN if waits is not None else CaseState.WAITING
    return replace(make_case(0), id=number, **{"state": state, **values})


def test_the_next_chat_is_the_one_that_waits_longest_then_the_others_that_wait() -> None:
    held = (chat(1), chat(2, waits=NOW - 5), chat(3, waits=NOW - 90), chat(4, waits=NOW - 20))
    assert [one.id for one in chats.waiting(held)] == [3, 4, 2]
    assert chats.following(held, None).id == 3
    assert chats.following(held, 1).id == 3
    assert chats.following(held, 3).id == 4
    assert chats.following(held, 2).id == 3
    assert chats.following(held, 3, -1).id == 2


def test_where_nobody_waits_the_silent_ones_come_first() -> None:
    held = (chat(1), chat(2, updated_at=NOW - 400_000), chat(3, updated_at=NOW - 900_000), chat(4))
    quiet = chats.silent(held, NOW, SETTINGS)
    assert [one.id for one in quiet] == [3, 2]
    assert chats.following(held, 1, 1, quiet).id == 3
    assert chats.following(held, 3, 1, quiet).id == 2
    assert chats.following((*held, chat(5, waits=NOW)), 1, 1, quiet).id == 5
    assert chats.following(held[:2], 2, 1, chats.silent(held[:2], NOW, SETTINGS)).id == 1


def test_where_nobody_waits_it_is_just_the_next_and_one_chat_has_no_next() -> None:
    held = (chat(1), chat(2), chat(3))
    assert chats.following(held, 1).id == 2
    assert chats.following(held, 3).id == 1
    assert chats.following(held, 1, -1).id == 3
    assert chats.following((chat(1, waits=NOW),), 1) is None
    assert chats.following((), None) is None


@given(st.permutations([1, 2, 3, 4, 5]), st.sets(st.sampled_from([1, 2, 3, 4, 5])))
def test_a_number_never_changes_its_chat(before: list[int], here: set[int]) -> None:
    shown = chats.in_order([chat(number) for number in sorted(here)], before)
    kept = [number for number in before if number in here]
    assert [one.id for one in shown] == kept
    more = chats.in_order([chat(number) for number in [*here, 9]], [one.id for one in shown])
    assert [one.id for one in more] == [*kept, 9]


@given(st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(0, 99)), unique_by=lambda one: one[0]), st.integers(1, 9))
def test_going_on_reaches_every_chat_that_waits(held: list[tuple[int, int | None]], start: int) -> None:
    cases = tuple(chat(number, waits=None if wait is None else NOW - wait) for number, wait in held)
    asked = {one.id for one in chats.waiting(cases)}
    here, seen = start, set()
    for _ in range(len(cases) + 1):
        found = chats.following(cases, here)
        if found is None:
            break
        assert found.id != here
        here = found.id
        seen.add(here)
    if len(asked) > 1:
        assert asked <= seen


def test_a_new_chat_is_held_back_only_while_enough_are_held() -> None:
    new = chat(9, waits=NOW, assignee=None, state=CaseState.NEW)
    three = Standing((chat(1), chat(2), chat(3)), 1)
    assert chats.held_back(new, three, SETTINGS)
    assert not chats.held_back(new, Standing((chat(1), chat(2)), 1), SETTINGS)
    assert not chats.held_back(new, three, ChatSettings(limit=0))
    assert not chats.held_back(replace(new, assignee="asha@example.com"), three, SETTINGS)
    assert not chats.held_back(replace(new, channel=Channel.EMAIL), three, SETTINGS)


def test_a_silent_chat_is_idle_after_its_time() -> None:
    assert chats.idle(chat(1, updated_at=NOW - 299_999), NOW, SETTINGS) is None
    assert chats.idle(chat(1, updated_at=NOW - 300_000), NOW, SETTINGS) == 300_000
    assert chats.idle(chat(1, waits=NOW - HOUR, updated_at=NOW - HOUR), NOW, SETTINGS) is None


@pytest.mark.parametrize(("length", "words"), [(-1, "0s"), (999, "0s"), (59_000, "59s"), (119_999, "119s"), (120_000, "2m"), (7_200_000, "2h")])
def test_short_times(length: int, words: str) -> None:
    assert seconds(length) == words


# -- being told


def arrival(case: int = 1, channel: Channel = Channel.CHAT) -> Arrival:
    return Arrival(case, 64, channel, "Rina", "Where is it?")


def test_a_case_is_announced_once_a_minute_and_never_while_it_is_in_view() -> None:
    announcer = Announcer(NoticeSettings())
    assert len(announcer.announce([arrival(1), arrival(2)], NOW, ())) == 2
    assert announcer.announce([arrival(1)], NOW + 59_999, ()) == ()
    assert len(announcer.announce([arrival(1)], NOW + 60_000, ())) == 1
    assert announcer.announce([arrival(3)], NOW, (3,)) == ()
    assert len(announcer.announce([arrival(3)], NOW + 1, ())) == 1  # having been in view counts for nothing
    assert announcer.announce([arrival(4, Channel.EMAIL)], NOW, ()) == ()


def test_what_a_stranger_writes_cannot_leave_its_notification() -> None:
    hostile = replace(arrival(), who="Rina\x1b]52;c;eA==\a\x07;evil", subject="\x9d0;x\x9c\u202eIt is\nfine " + "x" * 500)
    (one,) = Announcer(NoticeSettings(ways={Channel.CHAT: notices.WAYS})).announce([hostile], NOW, ())
    for tmux in (False, True):
        text = sequences(one, tmux=tmux)
        inner = text.replace("\x1bPtmux;", "").replace("\x1b\\", "").replace("\x1b\x1b", "\x1b")
        assert inner.count("\x1b") == 4
        assert inner.count("\a") == 5
        assert "\u202e" not in text
        assert "\x9d" not in text
        assert "\n" not in text
        assert len(text) < 1200
    assert sequences(replace(one, ways=("bell",)), tmux=True) == "\a"


# -- over a real store


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = workspace(tmp_path / "w", "talk", channel=Channel.CHAT)
    return Desk(replace(made, sources=(*made.sources, *workspace(tmp_path / "w", "mail").sources)), now=Clock(), offline=True)


def test_the_chats_held_and_those_that_wait_come_from_chat_sources_alone(desk: Desk) -> None:
    applying.apply(desk.store, "talk", batch(*(mail(f"{n}@t", at=NOW - n, subject=f"Chat {n}") for n in range(1, 5))))
    applying.apply(desk.store, "mail", batch(*(mail(f"{n}@m", at=NOW - n, subject=f"Mail {n}") for n in range(1, 4))))
    assert desk.chats() == Standing((), 4)
    by_subject = {one.subject: one.id for one in desk.listing()}
    desk.take([by_subject["Chat 2"], by_subject["Mail 1"]])
    first = desk.chats()
    assert [one.subject for one in first.mine] == ["Chat 2"]
    assert first.queue == 3
    desk.take([by_subject["Chat 4"]])
    assert [one.subject for one in desk.chats([one.id for one in first.mine]).mine] == ["Chat 2", "Chat 4"]
    desk.assign([by_subject["Chat 1"]], "marek@example.com")
    desk.done([by_subject["Chat 2"]])
    assert ([one.subject for one in desk.chats().mine], desk.chats().queue) == (["Chat 4"], 1)


def test_arrivals_are_customers_words_that_are_newer(desk: Desk) -> None:
    applying.apply(desk.store, "talk", batch(mail("a@t", at=NOW - HOUR), mail("b@t", at=NOW, subject="New", who="li@customer.example")))
    found = desk.arrivals(0)
    assert [(one.subject, one.who, one.channel) for one in found] == [("Where is my parcel?", "Rina", Channel.CHAT), ("New", "Li", Channel.CHAT)]
    newest = found[-1].message
    assert desk.arrivals(newest) == ()
    applying.apply(desk.store, "talk", batch(mail("c@t", at=NOW + 1000, answers=("b@t",), ours=True), mail("d@t", at=NOW + 2000, automatic=True)))
    assert desk.arrivals(newest) == ()
