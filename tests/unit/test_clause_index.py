"""The clauses' index adds up what each word says by itself, and that is what SQLite says of all of them together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.store import clause_index
from agent_tui.store.clause_index import ClauseIndex

WORDS = ("refund", "refunds", "parcel", "late", "courier", "money", "পার্সেল", "ਵਾਪਸੀ")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8)
DOCUMENTS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=12)


def made(documents):
    index = ClauseIndex((1.5, 0.5, 1.0))
    index.put((number, *parts) for number, parts in enumerate(documents, 1))
    return index


@given(DOCUMENTS, st.dictionaries(st.sampled_from(WORDS), st.integers(1, 3), min_size=1))
def test_words_added_up_score_as_sqlite_scores_them_in_one_question(documents, wanted):
    index = made(documents)
    together = " OR ".join(f'"{word}"' for word, times in wanted.items() for _ in range(times))
    rows = index._database.execute("SELECT rowid, -bm25(clauses, 1.5, 0.5, 1) FROM clauses WHERE clauses MATCH ?", (together,))
    assert index.scores(wanted, 100) == pytest.approx(dict(rows.fetchall()))


@given(DOCUMENTS, TEXTS)
def test_a_document_more_or_less_changes_what_words_count_at_once(documents, more):
    index = made(documents)
    before = index.scores({"refund": 1}, 100)
    index.put([(100, more, ["refund"], more)])
    assert index.scores({"refund": 1}, 100) == made_with(documents, more).scores({"refund": 1}, 100)
    index.drop([100])
    assert index.scores({"refund": 1}, 100) == before


def made_with(documents, more):
    index = made(documents)
    index.put([(100, more, ["refund"], more)])
    return index


def test_what_is_remembered_is_bounded_and_the_answer_is_the_same(monkeypatch):
    documents = [(["refund", "late"], [], ["parcel"]), (["late"], [], ["money", "courier"])]
    wanted = dict.fromkeys(WORDS, 1)
    expected = made(documents).scores(wanted, 100)
    monkeypatch.setattr(clause_index, "_KEPT", 2)
    index = made(documents)
    assert index.scores(wanted, 100) == index.scores(wanted, 100) == expected
    assert index._kept <= 2 + len(documents) + 1


def test_the_best_are_kept_and_a_beginning_finds_what_goes_on():
    index = made([(["parcel"], [], ["parcel"]), ([], [], ["parcel"]), ([], [], ["courier"])])
    assert list(index.scores({"parcel": 1}, 1)) == [1]
    assert set(index.scores({}, 9, beginning="cour")) == {3}
    assert list(index.having("parcels")) == [1, 2]
    assert index.scores({}, 9) == {}
