"""What is rare is found by an index: the same as by looking at everything, and as quickly in a large cache as in a small one."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.model import Attachment, Priority
from agent_tui.store import apply as applying
from agent_tui.store import candidates, cases, indexing, narrowing, search, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

CARRIED = frozenset({"state", "tag", "read", "reply", "assign", "priority", "star", "snooze"})
QUERIES = (
    "tag:refund", "tag:REFUND", "tag:nothere", "tag:ref", "tag:re_und", "tag:refund tag:vip", "tag:refund OR tag:vip",
    "parcel tag:refund", "parcel tag:nothere", "-tag:refund", "-(tag:refund OR tag:vip) parcel", "assignee:me",
    "assignee:ben", "assignee:none", "is:mine", "is:unread", "is:overdue", "is:unanswered", "state:closed", "state:spam",
    "state:snoozed", "state:open OR state:new", "parcel state:closed", "refund is:mine OR tag:vip", "clause:returns/30-days",
    '"number 7" tag:vip', "from:li tag:refund", "tag:refund is:mine state:closed", "par tag:vip",
    "has:attachment", "-has:attachment", "has:attachment tag:vip", "parcel has:attachment", "has:attachment OR tag:vip",
    "source:mail", "source:nothere", "source:nothere OR source:mail", "parcel source:mail", "channel:email", "channel:chat",
    "is:public", "-is:public", "is:public OR tag:vip", "is:solved", "is:unverified", "-is:solved parcel",
    "older:10h", "newer:10h", "parcel newer:10h older:2h", "older:1000d", "newer:1m", "newer:10h OR tag:vip", "-newer:10h",
    "before:2025-10-08", "after:2025-10-08", "after:2030", "before:2001 parcel", "older:9h has:attachment", "after:2025-10 tag:vip",
)  # fmt: skip


def filled(path: Path, count: int, apart: int = HOUR, with_files: Collection[int] = ()) -> Desk:
    desk = Desk(workspace(path), now=Clock(), offline=True)
    sources.note_state(desk.store, "mail", operations=CARRIED)
    letters = [
        mail(f"n{number}@x", subject="Refund" if number % 3 else "Parcel", text=f"number {number} of a parcel",
             at=NOW - (number + 1) * apart, **({"who": "li@customer.example"} if number % 4 == 0 else {}),
             attachments=(Attachment("photo.png", "image/png", 9, "2"),) * (number in with_files))
        for number in range(count)
    ]  # fmt: skip
    applying.apply(desk.store, "mail", batch(*letters))
    while indexing.index(desk.store):
        pass
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = filled(tmp_path, 40, with_files=(2, 7, 8, 11, 30))
    ids = [made.window("all").row(place).id for place in range(40)]
    made.tag(ids[3:9], ["refund"])
    made.tag(ids[6:12], ["vip"])
    made.tag(ids[12:13], ["refunds"])
    made.take(ids[2:5])
    made.assign(ids[7:9], "ben")
    made.set_priority(ids[20:22], Priority.URGENT)
    made.mark_read(ids[10:30], read=True)
    made.done(ids[8:15])
    made.spam(ids[15:17])
    made.snooze(ids[17:19], NOW + HOUR)
    made.delete(ids[4:5])
    # Two more, which the index has not got to.
    applying.apply(made.store, "mail", batch(mail("late@x", text="a parcel"), mail("later@x", answers=["n3@x"], text="a parcel")))
    return made


def test_dates_find_what_came_in_a_second_fuller_than_it_has_ids_and_what_was_given_another_time(tmp_path: Path) -> None:
    made = filled(tmp_path, 3)
    then = NOW - 5 * HOUR
    applying.apply(made.store, "mail", batch(*(mail(f"full{number}@x", at=then, text="a flood") for number in range(150))))
    applying.apply(made.store, "mail", batch(mail("moved@x", at=NOW - 90 * HOUR, text="a flood")))
    applying.apply(made.store, "mail", batch(mail("moved@x", at=NOW - 4 * HOUR, text="a flood, told again")))

    def found(query: str) -> set[str]:
        return {hit.message.key for hit in made.search(query, 1_000).hits}

    flood = {f"full{number}@x" for number in range(150)}
    before = (NOW - then) // 60_000  # minutes
    for _ in range(2):  # above the index's watermark, and in the index
        assert found(f"older:{before - 1}m newer:{before + 1}m") == flood
        assert found(f"flood older:{before - 1}m") == flood
        assert found(f"flood newer:{before - 1}m") == {"moved@x"}
        assert found(f"older:{before - 1}m newer:{before}m has:attachment") == set()
        while indexing.index(made.store):
            pass
    made.close()


@pytest.mark.parametrize("most", [2_000, 3, 0])
@pytest.mark.parametrize("query", QUERIES)
def test_an_index_finds_what_looking_at_everything_finds(
    desk: Desk, query: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> tuple[list[int], list[int], list[int]]:
        narrowed = cases.CaseWindow(desk.store, "all", desk.me, desk._parse(query))
        hits = search.hits(desk.store, desk._parse(query), desk.me, 50)
        listed = [case.id for case in desk.listing(query)]
        return [hit.message.id for hit in hits], [narrowed.row(place).id for place in range(len(narrowed))], listed

    monkeypatch.setattr(candidates, "FEW", most)
    monkeypatch.setattr(search, "RARE", min(most, 5))
    quick = found()
    monkeypatch.setattr(candidates, "few", lambda *_arguments, **_more: None)
    assert quick == found()


@pytest.mark.parametrize(("kept", "terms"), [(0, 20_000), (0, 1), (100, 20_000)])
@pytest.mark.parametrize("query", ["from:li", "from:rina", "subject:ref", "from:li subject:par", "from:nobody", "-from:li", 'from:"li customer"'])
def test_a_beginning_that_many_messages_have_is_found_by_looking_at_them(
    desk: Desk, query: str, kept: int, terms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [case.id for case in desk.listing(query)]
    for name, value in (("FEW_OPEN", 0), ("KEPT_OPEN", kept), ("OPEN_TERMS", terms)):
        monkeypatch.setattr(narrowing, name, value)
    assert [case.id for case in desk.listing(query)] == expected
    assert bool(expected) is ("nobody" not in query)


def test_one_tag_among_too_many_sets_of_tags_is_looked_for_everywhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "TAG_SETS", 1)
    assert candidates.few(desk.store, desk._parse("tag:vip").root, desk.me, NOW, of_cases=True) is None
    assert desk.search("tag:vip").hits


NOTHING = (
    "tag:nothere", "parcel tag:nothere", "is:mine", "state:snoozed", "assignee:ben parcel", "before:2001", "after:2040",
    "parcel before:2001", "newer:1m", "parcel older:9000d", "has:attachment", "parcel has:attachment", "is:public", "is:solved",
    "parcel is:unverified", "source:nothere", "parcel source:nothere", "channel:chat", "before:2010 after:2020",
)  # fmt: skip


@pytest.mark.parametrize("query", NOTHING)
def test_to_find_nothing_costs_the_same_at_any_size(tmp_path: Path, query: str) -> None:
    steps = []
    for count in (60, 600):
        desk = filled(tmp_path / str(count), count)
        desk.search(query)
        taken = itertools.count()
        desk.store.cache.set_progress_handler(lambda taken=taken: next(taken) < 0, 10)
        assert not desk.search(query).hits
        assert len(desk.window("all", query)) == 0
        desk.store.cache.set_progress_handler(None, 0)
        steps.append(next(taken))
        desk.close()
    assert steps[1] <= 2 * steps[0] + 20, steps


def test_the_last_page_and_the_place_of_its_case_cost_what_the_first_do(tmp_path: Path) -> None:
    desk = filled(tmp_path, 1_000, apart=HOUR // 10)
    ids = [row[0] for row in desk.store.cache.execute("SELECT id FROM cases WHERE bucket = 0 ORDER BY bucket, sort1, sort2, id")]

    def steps(place: int) -> int:
        taken = itertools.count()
        window = desk.window("inbox")
        desk.store.cache.set_progress_handler(lambda: next(taken) < 0, 10)
        assert window.row(place).id == ids[place]
        window.refresh()
        assert window.index_of(ids[place]) == place
        desk.store.cache.set_progress_handler(None, 0)
        return next(taken)

    assert steps(999) <= 2 * steps(0)
    # Page after page, from either end and from the middle, it is the same list.
    window = desk.window("inbox")
    assert [window.row(place).id for place in range(1_000)] == ids
    window = desk.window("inbox")
    assert [window.row(place).id for place in reversed(range(1_000))] == ids[::-1]
    for place in (700, 300, 640, 64, 511, 512, 960):
        assert desk.window("inbox").row(place).id == ids[place]
    desk.close()
