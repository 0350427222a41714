from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain import query
from agent_tui.domain.matching import matches
from agent_tui.domain.model import Address, Answer, Cached, Case, CaseState, Channel, Priority
from agent_tui.domain.query import Age, And, Date, Field, Not, Or, Query, QueryError, Words, parse, to_text


def tree(text: str) -> query.Node:
    return parse(text).root


def case(**changes) -> Case:
    values = {
        "id": 1, "source": "support-mail", "channel": Channel.EMAIL, "subject": "Refund for order 4711",
        "customer": Address("Ana Pérez", "ana@example.com"), "state": CaseState.OPEN, "assignee": None,
        "tags": ("billing",), "priority": Priority.NORMAL, "unread": 1, "messages": 2, "waiting_since": 5_000,
        "due_at": 90_000, "updated_at": 50_000, "snoozed_until": None, "cached": Cached.FULL, "public": False,
        "answer": Answer.NONE,
    }  # fmt: skip
    return Case(**(values | changes))


def test_an_empty_query_asks_for_nothing():
    assert tree("") == tree("  \t") == And(())
    assert parse("").empty


def test_words_side_by_side_must_all_be_there_and_or_binds_weaker():
    assert tree("refund late") == And((Words("refund"), Words("late")))
    assert tree("a b OR c") == Or((And((Words("a"), Words("b"))), Words("c")))
    assert tree("a (b OR c)") == And((Words("a"), Or((Words("b"), Words("c")))))
    assert tree("a or b") == And((Words("a"), Words("or"), Words("b")))
    assert tree("ORDER") == Words("ORDER")


def test_phrases_and_negation():
    assert tree('"money back" -late') == And((Words("money back", phrase=True), Not(Words("late"))))
    assert tree('-"money back"') == Not(Words("money back", phrase=True))
    assert tree("-(a OR b)") == Not(Or((Words("a"), Words("b"))))
    assert tree("-is:unread") == Not(Field("is", "unread"))
    assert tree("“money back”") == Words("money back", phrase=True)


@pytest.mark.parametrize("word", ["--help", "-", "e-mail", "https://example.com/a?b=c", "12:30", "error:500", "C:\\x",
                                  "strcpy()", "f(x)", "tax:2024", 'a"b', "re:", "mailto:a@b.c", "টাকা", "ਪੈਸੇ", "退款", ":",
                                  "http://tag:8080/", "::1", "state::x"[5:]])  # fmt: skip
def test_ordinary_words_stay_words(word):
    assert tree(word) == Words(word)


def test_a_parenthesis_closes_a_group_and_not_a_word():
    assert tree("(call strcpy() now)") == And((Words("call"), Words("strcpy()"), Words("now")))


def test_fields():
    assert tree("from:ana@example.com") == Field("from", "ana@example.com")
    assert tree('From:"Ana Perez"') == Field("from", "Ana Perez")
    assert tree("subject:refund") == Words("refund", field="subject")
    assert tree('subject:"money back"') == Words("money back", phrase=True, field="subject")
    assert tree("state:OPEN") == Field("state", "open")
    assert tree("assignee:Me") == Field("assignee", "me")
    assert tree("clause:refunds#late") == Field("clause", "refunds#late")
    assert tree("has:attachments") == Field("has", "attachment")
    assert tree("older:7d newer:2h") == And((Age("older", 7 * 86_400_000), Age("newer", 7_200_000)))


def test_dates_are_midnight_in_the_zone_given():
    midnight = int(datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Kolkata")).timestamp() * 1000)
    assert parse("before:2026-12-01", timezone="Asia/Kolkata").root == Date("before", midnight)
    assert parse("after:2026-12").root == parse("after:2026-12-01").root
    assert parse("after:2026").root == parse("after:2026-1-1").root


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ('a "b', 2, "never closed"),
        ('a ""', 2, "nothing between these quotation marks"),
        ("a (b", 2, "this ( is never closed"),
        ("a b)", 3, "closes nothing"),
        ("a ()", 2, "nothing between these parentheses"),
        ("OR a", 0, "OR needs something before it"),
        ("a OR", 2, "OR needs something after it"),
        ("a OR OR b", 2, "OR needs something after it"),
        ("a stat:open", 2, "did you mean state:"),
        ("status:open", 0, "did you mean state:"),
        ("a tags:x", 2, "did you mean tag:"),
        ("form:ana", 0, "did you mean from:"),
        ("state:", 0, "one of new, open"),
        ("state: open", 0, "right after the colon"),
        ("x state:opne", 8, "did you mean state:open"),
        ("is:open", 3, "did you mean state:open"),
        ("state:unread", 6, "did you mean is:unread"),
        ("is:funny", 3, "one of unread, overdue"),
        ("channel:mail", 8, "did you mean channel:email"),
        ("channel:fax", 8, "one of email, chat"),
        ("has:cat", 4, "'attachment'"),
        ("older:week", 6, "7d"),
        ("before:soon", 7, "2026-12-01"),
        ("before:2026-02-30", 7, "no such day"),
        ("after:1066", 6, "years from 1971"),
        ("from:(a b)", 5, "not parentheses"),
        ('from:"ana', 5, "never closed"),
        ("(" * 100, 40, "parentheses inside each other"),
        ("a " * 500, 400, "more than 200 words"),
    ],
)
def test_a_wrong_query_says_what_and_where(text, position, words):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert words in caught.value.message
    assert caught.value.position == position


@settings(max_examples=400, deadline=None)
@given(
    st.text()
    | st.lists(
        st.sampled_from(["a", "OR", "-", "(", ")", '"', " ", "state:", "open", "from:", "is:unread", ":", "টাকা", "older:", "7d",
                         "before:", "2026-01-01", "“", "\x00", "--", "\ud800", "f(", "subject:"]),
        max_size=14,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_a_query_or_a_query_error_and_comes_back_the_same(text):
    try:
        root = parse(text).root
    except QueryError as wrong:
        complaint = wrong
    else:
        assert parse(to_text(root)).root == root
        return
    assert 0 <= complaint.position <= len(text)
    assert complaint.message


LEAVES = st.one_of(
    st.sampled_from(["refund", "টাকা", "退款", "e-mail", "f(x)", "--v", "12:30"]).map(Words),
    st.sampled_from(["money back", "a) b", "(", "টাকা ফেরত", "OR"]).map(lambda text: Words(text, phrase=True)),
    st.just(Words("late fee", phrase=True, field="subject")),
    st.sampled_from([("from", "ana perez"), ("tag", "a(b"), ("state", "open"), ("is", "mine"), ("source", "x)")]).map(
        lambda pair: Field(*pair)
    ),
    st.builds(Age, st.sampled_from(["older", "newer"]), st.integers(0, 999_999).map(lambda n: n * 60_000)),
    st.dates(date(1971, 1, 1), date(2200, 12, 31)).map(
        lambda day: Date("after", int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")).timestamp() * 1000))
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner.filter(lambda n: not isinstance(n, And)), min_size=2, max_size=3).map(lambda ns: And(tuple(ns))),
        st.lists(inner.filter(lambda n: not isinstance(n, Or)), min_size=2, max_size=3).map(lambda ns: Or(tuple(ns))),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_every_tree_can_be_written_and_read_again(root):
    assert parse(to_text(root)).root == root


def test_only_words_that_must_be_there_are_highlighted():
    assert parse('a -b (c OR "d e") from:x').words() == (Words("a"), Words("c"), Words("d e", phrase=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True), ("refund", True), ("refu", True), ("fund", False), ('"refu"', False), ('"late parcel"', True),
        ('"parcel late"', False), ("-refund", False), ("refund OR nothing", True), ("subject:order", True),
        ("subject:parcel", False), ("from:ana", True), ('from:"PÉREZ"', True), ("from:bob", False),
        ("to:support", True), ("tag:Billing", True), ("source:support-mail", True), ("channel:chat", False),
        ("state:open", True), ("assignee:none", True), ("assignee:me", False), ("is:unread", True),
        ("is:overdue", True), ("is:unanswered", True), ("is:mine", False), ("is:public", False), ("has:attachment", False),
        ("older:1m", False), ("newer:1m", True), ("before:2026-01-01", True), ("after:2026-01-01", False),
        ("clause:refunds", True), ("clause:refunds#late", True), ("clause:other", False), ("ফেরত", True), ("ফের", True),
        ("返金", True), ("金額", False), ("(4711 parcel) OR x", True), ("-(4711 x)", True),
    ],
)  # fmt: skip
def test_one_case_is_matched_as_the_query_says(text, expected):
    body = "my late parcel\nটাকা ফেরত চাই 全額返金してください"
    found = matches(parse(text), case(), body, now=100_000, me="me@example.com",
                    recipients=(Address("", "support@example.com"),), clauses=("refunds#late",))  # fmt: skip
    assert found is expected


def test_mine_is_what_is_assigned_to_me():
    assert matches(parse("is:mine assignee:me"), case(assignee="asha"), "", me="asha")
    assert not matches(parse("assignee:me"), case(assignee=None), "", me="")
    assert matches(parse("assignee:ash"), case(assignee="Asha"), "")


@settings(max_examples=150, deadline=None)
@given(TREES, st.text(max_size=40))
def test_negation_turns_every_answer_round(root, body):
    assert matches(Not(root), case(), body) is not matches(root, case(), body)


def test_a_query_keeps_its_text():
    assert parse(" a  b ") == Query(And((Words("a"), Words("b"))), " a  b ")
