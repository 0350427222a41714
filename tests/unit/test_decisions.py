"""What was ruled before is at hand, and a ruling that departs from it for like facts is pointed out, never stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_tui.domain.decisions import Decision, beside, departure, parse_ruling, plot, summary, usual
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Channel
from agent_tui.knowledge.policies import PolicyLibrary, Turn
from benchmarks.decisions import measure, rulings
from tests.unit.test_cli import codes, space, tui  # noqa: F401 - fixtures

DAYS = "days since purchase"


def ruled(outcome, days, at=0, **more):
    return Decision(clause="returns#money", outcome=outcome, channel="email", facts={DAYS: str(days)}, decided_at=at, **more)


BEFORE = [ruled("granted", days) for days in (2, 5, 9, 12, 20, 27)] + [ruled("refused", days) for days in (35, 48, 60)]


def test_what_is_usual_is_told_by_the_fact_that_parts_the_outcomes():
    found = usual("returns#money", BEFORE)
    assert (found.fact, found.limit, found.low, found.high, found.wrong) == (DAYS, 27, "granted", "refused", 0)
    assert found.words == "usually granted up to 27 days since purchase, then refused (9 of 9)"
    assert usual("returns#money", BEFORE[:3]) is None
    assert usual("other#clause", BEFORE) is None


def test_an_amount_is_called_one():
    ruled_by_amount = [Decision(clause="c#x", outcome=outcome, amount=amount) for outcome, amount in
                       (("granted", "10"), ("granted", "40"), ("refused", "90"), ("refused", "95"))]  # fmt: skip
    assert usual("c#x", ruled_by_amount).words == "usually granted up to an amount of 40, then refused (4 of 4)"


def test_one_refusal_does_not_make_what_is_usual_depend_on_its_amount_two_do():
    def one(outcome, amount, number):
        return Decision(clause="c#x", outcome=outcome, amount=amount, channel="email", case=number)

    granted = [one("granted", amount, number) for number, amount in enumerate(("10", "20", "40", "45"))]
    first, second = one("refused", "90", 8), one("refused", "95", 9)
    assert departure(first, granted) is not None
    assert usual("c#x", [*granted, first]).words == "usually granted (4 of 5)"
    assert "up to" not in summary([*granted, first], 0)
    assert departure(one("granted", "92", 10), [*granted, first]) is None
    assert departure(one("refused", "15", 10), [*granted, first]) is not None
    assert departure(second, [*granted, first]) is None  # the two show where the limit is
    assert usual("c#x", [*granted, first, second]).words == "usually granted up to an amount of 45, then refused (6 of 6)"


def test_where_a_fact_and_the_amount_part_the_rulings_alike_the_fact_that_the_clause_names_is_told():
    before = [ruled(outcome, days, amount=str(days * 2)) for outcome, days in (("granted", 2), ("granted", 9), ("refused", 40), ("refused", 50))]
    assert usual("returns#money", before).words == "usually granted up to 9 days since purchase, then refused (4 of 4)"


def test_refusing_whom_others_with_less_of_a_claim_were_granted_is_pointed_out_with_them():
    found = departure(ruled("refused", 10), BEFORE)
    assert [one.facts[DAYS] for one in found.precedents] == ["12", "20", "27"]
    assert found.words.startswith("3 like cases were granted; usually granted up to 27")
    assert departure(ruled("granted", 55), BEFORE).precedents[0].outcome == "refused"


@pytest.mark.parametrize("one", [ruled("granted", 10), ruled("refused", 40), ruled("refused", 30), ruled("granted", 31),
                                 ruled("exception", 40), ruled("explained", 3), replace(ruled("refused", 3), facts={})])  # fmt: skip
def test_the_usual_a_matter_near_the_limit_an_exception_and_what_is_not_known_are_let_be(one):
    assert departure(one, BEFORE) is None


def test_an_exception_and_what_is_not_to_be_repeated_set_no_precedent():
    marked = [*BEFORE, *(ruled("granted", days, once=True) for days in (70, 80, 90)), ruled("exception", 100)]
    assert usual("returns#money", marked) == usual("returns#money", BEFORE)


@pytest.mark.parametrize("half", ["open", "kept"])
def test_planted_contradictions_are_pointed_out_with_few_false_alarms(half):
    found, planted, alarms, others = measure(half)
    assert found / planted >= 0.90
    assert alarms / others <= 0.05


def test_the_channel_changes_neither_the_clause_that_is_found_nor_what_is_pointed_out(tmp_path):
    corpus = [one for half in ("open", "kept") for one, _ in rulings(half)]
    names = sorted({one.clause for one in corpus})
    for name in names:
        policy, _, heading = name.partition("#")
        with (tmp_path / f"{policy}.md").open("a") as file:
            file.write(f"## {heading.replace('-', ' ')} {{#{heading}}}\n\nAbout {heading.replace('-', ' ')}.\n\n")
    library = PolicyLibrary(tmp_path)
    before: list[Decision] = []
    for one in corpus[:220]:
        told = {departure(replace(one, channel=channel.value), before) is not None for channel in Channel}
        text = [Turn("customer", f"{one.clause.replace('#', ' ').replace('-', ' ')} {one.amount}")]
        clauses = {tuple(s.clause.id for s in library.suggest(text, channel=channel.value)) for channel in Channel}
        assert len(told) == len(clauses) == 1
        before.append(one)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("granted", ("granted", "", "", "", {}, False)),
        ("gr 48.50 €, days since purchase=12, because our mistake, twice, once", ("granted", "48.50 €", "", "our mistake, twice", {DAYS: "12"}, True)),
        ("refused , days since purchase=", ("refused", "", "", "", {}, False)),
        ("exception 10, half of the postage, once", ("exception", "10", "half of the postage", "", {}, True)),
    ],
)
def test_a_ruling_is_read_from_one_line(text, found):
    one = parse_ruling(text)
    assert (one.outcome, one.amount, one.scope, one.reason, dict(one.facts), one.once) == found


@pytest.mark.parametrize("text", ["", "48", "maybe 3"])
def test_a_line_without_an_outcome_says_what_can_be_written(text):
    with pytest.raises(ValueError, match="begin with granted, refused, exception, explained, other"):
        parse_ruling(text)


def test_how_a_clause_was_ruled_is_one_line_with_a_plot():
    assert plot(BEFORE) == "●●●●●●○○○"
    line = summary([*BEFORE, ruled("exception", 70, at=86_400_000)], 3 * 86_400_000)
    assert line.startswith("●●●●●●○○○◐ granted 6, refused 3, exception 1; last exception 2 days ago, email; usually granted up to")
    assert summary([], 0) == ""


def test_beside_a_case_the_rulings_with_the_likest_facts_come_first():
    here = Decision(clause="returns#money", outcome="other", case=9, amount="40", facts={DAYS: "11"})
    before = [replace(ruled("granted", 12), amount="41", case=4, channel="chat"),
              replace(ruled("refused", 300), amount="400", case=9),
              replace(ruled("exception", 10, at=86_400_000), amount="40", once=True, reason="a storm", case=5, channel="social"),
              ruled("granted", 11, at=2, case=6)]  # fmt: skip
    lines = beside(here, before, 3 * 86_400_000)
    assert lines[0] == summary(before, 3 * 86_400_000)
    assert lines[1] == f"◐ exception 40, 10 days since purchase, social {case_code(5)} 2 d ago (not to be repeated): a storm"
    assert lines[2].startswith("● granted 41, 12 days since purchase, chat ")
    assert lines[3].startswith("● granted, 11 days since purchase, email ")  # of which less is known
    assert beside(here, [replace(one, clause="c#b") for one in before], 0) == ()
    assert beside(here, before, 0, most=4)[4].startswith("○ refused 400, 300 days since purchase, this case")


def test_without_facts_the_newest_rulings_come_first():
    here = Decision(clause="returns#money", outcome="other", case=9)
    lines = beside(here, [ruled("granted", 3, at=1), ruled("refused", 3, at=2)], 0)
    assert lines[1].startswith("○ refused")
    assert lines[2].startswith("● granted")


def test_decisions_are_kept_listed_and_marked_as_not_to_be_repeated(tui, space, codes):  # noqa: F811
    from agent_tui import workspace
    from agent_tui.desk import Desk

    (space / "policies").mkdir()
    (space / "policies/returns.md").write_text("---\nid: returns\nfacts: [days since purchase]\n---\n## Money\nFive days.\n")
    desk = Desk(workspace.load(space), offline=True)
    try:
        decision = desk.ruling(desk.find_case(codes[0]), "returns#money", parse_ruling("granted 48, days since purchase=3, because late"))
        kept = desk.decide(decision)
        assert desk.departs(kept) is None
        case = desk.thread(desk.find_case(codes[1])).case
        there = desk.policies.clauses()
        line, likest = desk.rulings_of(case, there, ["It came 4 days ago, give me $50"])["returns#money"]
        assert line.startswith("● granted 1; last granted today")
        assert likest == f"● granted 48, 3 days since purchase, email {codes[0]} today: late"
    finally:
        desk.close()
    (one,) = tui("policy", "decisions", "--json").lines
    expected = {"type": "decision", "clause": "returns#money", "outcome": "granted", "amount": "48", "reason": "late", "once": False,
                "facts": {DAYS: "3"}, "case": codes[0]}  # fmt: skip
    assert {name: one[name] for name in expected} == expected
    assert len(one["version"]) == 12
    assert tui("policy", "decisions", "returns", "--once", str(one["id"]), "--json").lines[0]["once"] is True
    assert tui("policy", "decisions", "shipping", "--json").lines == []
    tui("policy", "decisions", "--once", "99", expect=2)
    tui("policy", "check", "--once", "1", expect=2)
