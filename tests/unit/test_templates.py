from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain.templates import GAP, TemplateFault, Unknown, check, gaps, names, render

FACTS = {
    "customer": {"name": "Ana Pérez", "first_name": "Ana", "address": "ana@example.com", "company": Unknown("company")},
    "case": {"subject": "Late parcel", "tags": ["billing", "late"], "text": "x" * 5000},
    "agent": {"name": "Asha Rao"},
}


def text(body: str, **answers: str) -> str:
    return render(body, FACTS, answers).text


def test_facts_are_filled_in():
    assert text("Dear {{ customer.first_name }},\n{{ agent.name }}") == "Dear Ana,\nAsha Rao"
    assert text("{% if customer.company %}{{ customer.company }}{% else %}you{% endif %}") == "you"
    assert text("{% for tag in case.tags %}{{ loop.index }}.{{ tag|upper }} {% endfor %}") == "1.BILLING 2.LATE "
    assert text("{% set who = customer.first_name or 'you' %}{{ who }}") == "Ana"
    assert text("{{ customer.company or 'your company' }}") == "your company"
    assert text("প্রিয় {{ customer.first_name }}, ধন্যবাদ।") == "প্রিয় Ana, ধন্যবাদ।"


def test_what_is_asked_becomes_a_gap_with_its_place():
    rendered = render('Order {{ ask("order number") }} of {{ ask("day") }}.', FACTS)
    assert rendered.text == "Order [[order number]] of [[day]]."
    assert rendered.gaps == ((6, 22, "order number"), (26, 33, "day"))
    assert gaps(rendered.text) == rendered.gaps


def test_answers_fill_gaps_by_their_question():
    rendered = render('{{ ask("Order  number") }} {{ ask("day") }} {{ ask("day")|upper }}', FACTS, {"order number": "4711", "day": "mon"})
    assert rendered.text == "4711 mon MON"
    assert rendered.gaps == ()


def test_a_fact_that_is_missing_is_a_gap_and_never_a_blank():
    assert render("from {{ customer.company }}", FACTS).gaps == ((5, 16, "company"),)
    assert text("from {{ customer.company }}", company="ACME") == "from ACME"


def test_an_answer_with_brackets_moves_no_gap():
    rendered = render('{{ ask("a") }}{{ ask("b") }}', FACTS, {"a": "\x00?c\x00 [x]"})
    assert rendered.text[slice(*rendered.gaps[-1][:2])] == "[[b]]"


def test_questions_and_facts_can_be_listed():
    assert check('{{ ask("a") }}{% if case.subject %}{{ ask("b") }}{{ ask("a") }}{% endif %}') == ("a", "b")
    assert names("{{ customer.name }} {{ case.subject }}") == ("case.subject", "customer.name")


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("a\n{{ customer.frist_name }}", 2, "did you mean customer.first_name"),
        ("{{ custmer.name }}", 1, "did you mean customer"),
        ("{{ nothing }}", 1, "there are agent, case, customer"),
        ("a\n\n{{ customer.name", 3, "never closed"),
        ("{% if a %}", 1, "never closed"),
        ("{% frob %}", 1, "no tag 'frob'"),
        ("{{ ask() }}", 1, "ask() takes the question"),
        ("{{ ask(customer.name) }}", 1, "ask() takes the question"),
        ("{{ ask('a]]b') }}", 1, "no brackets"),
        ("{{ customer.name|frob }}", 0, "frob"),
        ("{{ customer.name|center(1000000000) }}", 0, "center"),
        ("{{ 'a' * 1000000000 }}", 1, "* can't be used"),
        ("{{ 9 ** 999999999 }}", 1, "** can't be used"),
        ("{{ '%999999999d' % 1 }}", 1, "% can't be used"),
        ("{{ ''.__class__.__mro__ }}", 1, "can't be used"),
        ("{{ customer['__class__'].x }}", 1, "no fact"),
        ("{{ 'x'.format(1) }}", 1, "nothing can be called"),
        ("{{ case.tags.append('x') }}", 1, "nothing can be called"),
        ("{{ customer.items }}", 1, "no fact 'items'"),
        ("{{ customer.name.upper }}", 1, "no fact 'upper'"),
        ("{{ ''['__class__'] }}", 1, "no fact"),
        ("{{ loop }}", 1, "no fact"),
        ("{{ self }}", 1, "self can't be used"),
        ("{{ _steps }}", 1, "can't be used"),
        ("{{ range(3) }}", 1, "nothing can be called"),
        ("{{ cycler }}", 1, "no fact"),
        ("{% include 'x' %}", 1, "{% include %} can't be used"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "can't be used"),
        ("{% set a = case.text ~ case.text %}", 1, "one fact"),
        ("{% set a %}{{ case.text }}{% endset %}", 1, "can't be used"),
        ("{% for c in case.text %}{% endfor %}", 1, "not through the letters"),
        ("{% set ask = 1 %}", 1, "ask can't be used"),
        ("{{ customer.name + 1 }}", 1, "can't be worked out"),
        ("x" * 70_000, 0, "longer than 64 KB"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words_with_its_line(body, line, words):
    with pytest.raises(TemplateFault) as caught:
        render(body, FACTS)
    assert words in str(caught.value)
    if line:
        assert caught.value.line == line


def test_loops_and_output_end():
    many = {"case": {"tags": list(range(1500)), "text": "x" * 5000}}
    started = time.perf_counter()
    with pytest.raises(TemplateFault, match="loops more than"):
        render("{% for a in case.tags %}{% for b in case.tags %}{% endfor %}{% endfor %}", many)
    with pytest.raises(TemplateFault, match="more than 200000 characters"):
        render("{% for a in case.tags %}{{ case.text }}{% endfor %}", many)
    assert time.perf_counter() - started < 5


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(["{{", "}}", "{%", "%}", " ask(", "'a'", ")", "customer", ".", "name", "if ",
       "for x in ", "case.tags", "|", "upper", "(", "[", "]", "{#", "#}", "end", "\n", "~", "-"]), max_size=12).map("".join))  # fmt: skip
def test_any_template_renders_or_says_why_not(body):
    try:
        rendered = render(body, FACTS)
    except TemplateFault as fault:
        complaint = str(fault)
    else:
        complaint = "none"
        for start, end, question in rendered.gaps:
            assert rendered.text[start:end] == f"[[{question}]]"
    assert complaint


def test_a_shell_test_is_no_gap():
    assert not GAP.search("if [[ -f /etc/hosts ]]; then")
    assert GAP.search("your order [[order number]] is")
