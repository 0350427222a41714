"""Ideas told apart from problems, and the words in which customers ask about a clause."""

from __future__ import annotations

import json

import pytest

from agent_tui.domain.said import words
from agent_tui.domain.wishes import is_wish


@pytest.mark.parametrize(
    "text",
    [
        "It would be great if the app had a dark theme.",
        "Feature request: export to CSV",
        "Could you please add an option to sort by name?",
        "I'd love to see two-factor login here.",
        "Are there plans to support FreeBSD?",
        "Please: a dark theme for the photo app",
        "Es wäre schön, wenn man die Liste sortieren könnte.",
        "Sería genial poder exportar.",
        "Ce serait super de pouvoir trier.",
        "Sana magkaroon ng dark mode.",
        "ডার্ক থিম হলে ভালো হত।",
        "ਡਾਰਕ ਥੀਮ ਹੋਵੇ ਤਾਂ ਚੰਗਾ।",
        "ಡಾರ್ಕ್ ಥೀಮ್ ಇದ್ದರೆ ಚೆನ್ನಾಗಿರುತ್ತದೆ.",
    ],
)
def test_what_asks_for_something_new_reads_like_an_idea(text):
    assert is_wish("", text)


@pytest.mark.parametrize(
    "text",
    [
        "My box does not work since the update, the light is red.",
        "Where is my parcel? It would be nice if it was not lost again, it is missing for weeks.",
        "I wish to have my refund, the box is broken.",
        "How do I move photos from an old phone?",
        "Could you please check my order?",
        "আমার বক্স কাজ করছে না।",
        "ನನ್ನ ಇಮೇಲ್ ಕೆಲಸ ಮಾಡುತ್ತಿಲ್ಲ.",
    ],
)
def test_a_problem_or_a_question_does_not(text):
    assert not is_wish("", text)


def test_the_words_of_customers_are_those_of_several_cases_and_of_nobodys_name():
    asked = ["My parcel is lost, says Robin. Order 48213.", "The parcel never came, lost again!", "পার্সেল lost"]
    found = words(asked, ["The fan is loud.", "The light is red."], "Late parcels\nA parcel is late after ten days.", names=("Robin Bell",))
    assert [(one.word, one.cases, one.there) for one in found] == [("lost", 3, False), ("parcel", 2, True)]


def test_words_that_are_as_common_elsewhere_say_nothing():
    assert words(["the box is slow", "the box stops"], ["the box is loud", "the box is red"], "", names=()) == ()


def test_the_command_lists_them_by_clause(tmp_path, capsys):
    from agent_tui.cli import run as main
    from agent_tui.desk import Desk
    from agent_tui.sources.demo.make import make_workspace
    from agent_tui.workspace import load

    make_workspace(tmp_path / "w", 1_790_000_000_000, live=False)
    (tmp_path / "w").chmod(0o700)
    assert main(["--workspace", str(tmp_path / "w"), "sync"]) == 0
    desk = Desk(load(tmp_path / "w"), offline=True)
    cases = [one.id for one in desk.listing("channel:community OR channel:email") if one.customer.address][:12]
    for one in cases:
        desk.pin(one, "warranty#own-disk-or-memory", on=True)
    desk.close()
    capsys.readouterr()
    assert main(["--workspace", str(tmp_path / "w"), "policy", "words", "warranty", "--json"]) == 0
    (line,) = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert (line["type"], line["clause"], line["cases"]) == ("words", "warranty#own-disk-or-memory", len(cases))
    assert {"word", "cases", "in_clause"} == set(line["words"][0])


def test_most_labelled_ideas_are_told_and_little_else_is():
    from benchmarks.ideas import HALVES, read

    for half in HALVES:
        judged = [(due, is_wish("", text)) for due, _, text in read(half)]
        hit = sum(due and found for due, found in judged)
        assert hit >= 0.9 * sum(due for due, _ in judged)
        assert hit >= 0.9 * sum(found for _, found in judged)


def test_white_space_and_endless_words_cost_no_more_than_their_length():
    is_wish("", "\n" * 100_000 + "a" * 100_000)
