"""A ranking that knows what will be asked for gives the same scores, and words are cut the same in every script."""

from __future__ import annotations

import regex
from hypothesis import example, given
from hypothesis import strategies as st

from agent_tui.domain import words
from agent_tui.domain.ranking import Ranking, stems

WORDS = [
    "parcel", "parcels", "parcelled", "refund", "refunds", "refunding", "refunded", "payments", "pay", "ties", "tie", "flies", "fly",
    "studies", "glasses", "class", "ring", "rings", "naïve", "naive", "éclairs", "a", "of", "7", "7000", "আমার", "ਮੇਰਾ", "ನನ್ನ",
    "届きません", "いつ", "届", "A4用紙", "snake_parcel", "ああああ", "ああ", "Ελλάδα", "Йод", "иод", "straße", "STRASSE", "Größe",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@given(texts=st.lists(TEXTS, max_size=6), asked=TEXTS)
@example(texts=["届きません"], asked="届きません 届")
def test_scores_are_the_same_where_only_what_is_asked_for_is_kept(texts: list[str], asked: str) -> None:
    documents = [[(text, 3.0), (text[::2], 1.0)] for text in texts]
    assert Ranking(documents, only=frozenset(stems(asked))).scores(asked) == Ranking(documents).scores(asked)


@given(st.text(alphabet="aZ09_ -'\n.éßİıﬁ①²ｱ漢字かなไทยআমার ਮੇਰਾನನ್ನ\u200d\u200c\u0301١"))
def test_words_are_runs_of_letters_digits_and_marks_and_pairs_where_no_spaces_are_written(text: str) -> None:
    runs = regex.findall(r"[\p{L}\p{N}\p{M}\p{Co}]+", words.folded(text))
    assert words.tokens(text) == runs
    expected = []
    for run in runs:
        expected += words._pairs(run) if words.SPACELESS.search(run) else [run]
    assert words.terms(text) == expected
