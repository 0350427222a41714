"""Search and narrowed lists find what a plain reading of the query finds, whether the index has got to a message or not,
and however small the slices are in which a list is looked through.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_tui.desk import Desk
from agent_tui.domain.query import And, Field, Node, Not, Or, Words, to_text
from agent_tui.store import apply as applying
from agent_tui.store import indexing, narrowing
from tests.unit.workspaces import HOUR, NOW, SUPPORT, Clock, batch, mail, workspace

WORDS = ("order", "orders", "refund", "moving", "পার্সেল", "ফেরত", "ਮੇਰਾ", "café")
PLAIN = {"café": "cafe"}
PEOPLE = ("rina@customer.example", "li@shop.example", "rinaldo@customer.example")


@dataclass(frozen=True)
class Letter:
    key: int
    subject: str
    text: str
    who: str
    ours: bool


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
letters = st.builds(
    Letter, st.integers(0, 11), texts, texts, st.sampled_from(PEOPLE), st.booleans()
)
leaves = st.one_of(
    st.sampled_from((*WORDS, "ord", "re", "m", "cafe", "পার্", "absent")).map(Words),
    st.sampled_from(WORDS).map(lambda one: Words(one, field="subject")),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(["", "subject"])).map(
        lambda some: Words(f"{some[0]} {some[1]}", phrase=True, field=some[2])
    ),
    st.sampled_from(("rina", "li", "customer", "shop.ex")).map(lambda one: Field("from", one)),
    st.sampled_from(("rina", "support")).map(lambda one: Field("to", one)),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: And(tuple(some))),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: Or(tuple(some))),
    ),
    max_leaves=5,
)


def tokens(value: str) -> list[str]:
    for mark in "@.,":
        value = value.replace(mark, " ")
    return value.lower().split()


def stands(wanted: list[str], found: list[str], *, begins: bool) -> bool:
    for at in range(len(found) - len(wanted) + 1):
        *firm, last = wanted
        piece = found[at : at + len(wanted)]
        if piece[:-1] == firm and (piece[-1].startswith(last) if begins else piece[-1] == last):
            return True
    return False


def columns(letter: Letter) -> dict[str, list[str]]:
    sender = SUPPORT if letter.ours else letter.who
    name = "Support" if letter.ours else letter.who.partition("@")[0]
    plain = [PLAIN[one] for one in tokens(f"{letter.subject} {letter.text}") if one in PLAIN]
    return {"subject": tokens(letter.subject), "author": tokens(f"{name} {sender}"), "body": tokens(letter.text), "plain": plain}


def holds(node: Node, some: list[Letter]) -> bool:
    """Whether a message, or any message of a case, has what is asked; conditions joined as the query joins them."""
    match node:
        case And():
            return all(holds(one, some) for one in node.nodes)
        case Or():
            return any(holds(one, some) for one in node.nodes)
        case Not():
            return not holds(node.node, some)
        case Field(name="to"):
            return any(node.value in (one.who if one.ours else SUPPORT) for one in some)
        case Field():
            return any(stands(tokens(node.value), columns(one)["author"], begins=True) for one in some)
        case Words():
            return any(
                stands(tokens(node.text), found, begins=not node.phrase)
                for one in some
                for name, found in columns(one).items()
                if node.field in ("", name)
            )
    raise AssertionError(node)


def stored(letter: Letter) -> object:
    return mail(
        f"m{letter.key}@x", answers=[f"root{letter.key % 5}@x"], ours=letter.ours, at=NOW - (20 - letter.key) * HOUR,
        subject=letter.subject, text=letter.text, who=letter.who,
    )  # fmt: skip


OLD = Letter(1, "order", "refund", PEOPLE[0], ours=False)
NEW = Letter(1, "moving", "order", PEOPLE[1], ours=False)
OTHER = Letter(2, "moving refund", "ফেরত", PEOPLE[2], ours=True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(letters, max_size=8, unique_by=lambda one: one.key),
    st.lists(letters, max_size=6, unique_by=lambda one: one.key),
    st.lists(queries, min_size=1, max_size=12),
    st.booleans(),
)
@example([OLD], [NEW], [Words("order"), Words("refund"), Not(Words("refund")), Words("moving", field="subject")], True)
@example([OLD], [OTHER], [Words("moving", field="subject"), Not(Words("ফেরত")), Field("from", "rina")], False)
@example([], [OLD, OTHER], [And((Words("moving refund", phrase=True), Field("to", "rina")))], True)
def test_what_is_found_is_what_a_plain_reading_finds(
    indexed: list[Letter], waiting: list[Letter], asked: list[Node], small: bool
) -> None:
    current = {one.key: one for one in (*indexed, *waiting)}
    sizes = {"SLICE": 2, "LARGEST": 4, "LARGEST_WORDED": 3, "FEW": 1, "FEW_OPEN": 1, "SPANS": 2} if small else {"SLICE": narrowing.SLICE}
    with tempfile.TemporaryDirectory() as folder, mock.patch.multiple(narrowing, **sizes):
        desk = Desk(workspace(Path(folder) / "w"), now=Clock(), offline=True)
        for some, whole in ((indexed, True), (waiting, False)):
            if some:
                applying.apply(desk.store, "mail", batch(*map(stored, some)))
            while whole and indexing.index(desk.store):
                pass
        window = desk.window("all")
        order = [window.row(place).id for place in range(len(window))]
        members: dict[int, list[Letter]] = {case: [] for case in order}
        for number, case in desk.store.cache.execute("SELECT key, case_id FROM messages"):
            members[case].append(current[int(number.removeprefix("m").removesuffix("@x"))])
        for node in asked:
            text = to_text(node)
            hits = {int(hit.message.key[1:-2]) for hit in desk.search(text, 100).hits}
            assert hits == {one.key for one in current.values() if holds(node, [one])}, text
            narrowed = desk.window("all", text)
            expected = [case for case in order if holds(node, members[case])]
            for place, case in enumerate(expected):
                assert narrowed.index_of(case) == place, text
            narrowed.reach(1_000_000)
            assert [narrowed.row(place).id for place in range(len(narrowed))] == expected, text
            assert not narrowed.more
            assert all(narrowed.index_of(case) is None for case in order if case not in expected), text
        desk.close()


@given(st.lists(st.integers(0, 1000), unique=True).map(sorted), st.integers(1, 5))
def test_ranges_hold_every_number_and_are_no_more_than_asked_for(numbers: list[int], count: int) -> None:
    found = narrowing.spans(numbers, count)
    assert len(found) <= count
    assert all(any(first <= one <= last for first, last in found) for one in numbers)
    assert all(first in numbers and last in numbers for first, last in found)
