"""Canned replies and policies from the command line."""

from __future__ import annotations

import io
import json
import sys

import pytest

from tests.unit.test_cli import codes, quiet, space, tui  # noqa: F401 - fixtures

CANNED = """---
name: where-is-it
shortcut: where
channels: [email]
then: ["tag +parcel", "close"]
---
Hello {{ customer.first_name }},

your parcel {{ ask("tracking number") }} is on its way.

{{ agent.name }}
"""
POLICY = """---
id: returns
title: Returns
---
Nothing without a form.

## Money back
Refunds are paid within five days.
"""


@pytest.fixture(autouse=True)
def libraries(space):  # noqa: F811
    (space / "canned").mkdir()
    (space / "canned/where.md").write_text(CANNED)
    (space / "policies").mkdir()
    (space / "policies/returns.md").write_text(POLICY)


def test_canned_list_and_check(tui, space):  # noqa: F811
    (one,) = tui("canned", "list", "--json").lines
    assert (one["name"], one["questions"], one["channels"]) == ("where-is-it", ["tracking number"], ["email"])
    tui("canned", "check")
    (space / "canned/bad.md").write_text("---\nname: bad\n---\n{{ customer. }}\n")
    from agent_tui import cli

    assert cli.run(["canned", "check", "--workspace", str(space)]) == 1


def test_a_gap_that_is_not_filled_stops_the_reply(tui, codes):  # noqa: F811
    stopped = tui("reply", codes[0], "--canned", "where-is-it", "--json", expect=3).lines
    assert [one["guard"] for one in stopped] == ["gap"]


def test_a_filled_canned_reply_is_queued_with_what_is_staged_behind_it(tui, codes):  # noqa: F811
    tui("reply", codes[0], "--canned", "where", "--set", "tracking number=RX 17")
    entry, reply = tui("canned", "list", "--json").lines
    assert (entry["used"], entry["unedited"], entry["edited"], entry["reopened"]) == (1, 1, 0, 0)
    assert (reply["type"], reply["case"], reply["canned"], reply["edited"]) == ("canned_reply", codes[0], ["where-is-it"], False)
    assert reply["own_words"] == entry["own_words"] > 0
    assert tui("canned", "offers", "--json").lines == []
    tui("canned", "offers", "1", "name", expect=2)
    assert [(one["kind"], one["summary"]) for one in tui("outbox", "--json").lines][1:] == [("tag", "tag +parcel"), ("state", "state closed")]
    text = tui("show", codes[0], "--json").lines[-1]["text"]
    assert text == "Hello Rina,\n\nyour parcel RX 17 is on its way.\n\nAsha Rao"


@pytest.mark.parametrize("arguments", [["--canned", "wher-is-it"], ["--canned", "where", "--set", "number=1"], ["--canned", "where", "--set", "x"]])
def test_a_wrong_name_or_answer_is_bad_usage(tui, codes, arguments):  # noqa: F811
    tui("reply", codes[0], *arguments, expect=2)


def test_policies_are_searched_and_suggested(tui, codes, monkeypatch):  # noqa: F811
    (found, *_) = tui("policy", "search", "refunds", "--json").lines
    assert set(found) == {"type", "clause", "title", "score", "text"}
    assert found["clause"] == "returns#money-back"
    assert tui("policy", "suggest", codes[1], "--json").lines[0]["clause"] == "returns#money-back"
    turns = json.dumps({"turns": [{"speaker": "customer", "text": "my refund please"}]})
    monkeypatch.setattr(sys, "stdin", io.StringIO(turns))
    assert tui("policy", "suggest", "--json").lines[0]["clause"] == "returns#money-back"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{turns}\n\n{turns}\n"))
    batch = tui("policy", "suggest", "--batch").lines
    assert [one["suggestions"][0]["clause"] for one in batch] == ["returns#money-back"] * 2
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"turns": 7}'))
    tui("policy", "suggest", expect=2)


def test_a_clause_that_holds_no_more_is_found_as_such_and_never_suggested(tui, space, monkeypatch):  # noqa: F811
    (space / "policies/past.md").write_text("---\nuntil: 2020-01-31\n---\n## Old vouchers\nVouchers of paper are taken.\n")
    (space / "policies/next.md").write_text("---\neffective: 2999-01-01\n---\n## New vouchers\nVouchers are sent.\n")
    told = tui("policy", "search", "vouchers").out
    assert "Old vouchers (ended on 2020-01-31)\n" in told
    assert "New vouchers (from 2999-01-01 on)\n" in told
    turns = json.dumps({"turns": [{"speaker": "customer", "text": "are vouchers of paper taken?"}]})
    for arguments in (["--full-text"], ["--full-text", "--batch"]):
        monkeypatch.setattr(sys, "stdin", io.StringIO(turns))
        assert "vouchers" not in tui("policy", "suggest", *arguments).out


def test_canned_replies_of_another_desk_become_files_and_nothing_is_written_over(space, tui, tmp_path):  # noqa: F811
    export = tmp_path / "macros.json"
    rows = [{"short_code": "late", "content": "Hi {{contact.first_name}}"}, {"short_code": "where-is-it", "content": "x"}]
    export.write_text(json.dumps(rows))
    tui("canned", "import", str(export), "--dry-run")
    assert not (space / "canned/late.md").exists()
    tui("canned", "import", str(export))
    assert "{{ customer.first_name }}" in (space / "canned/late.md").read_text()
    assert (space / "canned/where.md").read_text() == CANNED
    again = tui("canned", "import", str(export), "--json")
    assert [line["type"] for line in again.lines] == ["kept", "kept"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[{")
    assert "could not be read" in tui("canned", "import", str(wrong), expect=1).err
    tui("canned", "import", str(tmp_path / "nowhere"), expect=2)


@pytest.mark.parametrize(
    ("agent", "source", "closing", "text"),
    [
        ('signature = "Asha, Shop"', "", "", "Your parcel RX 17 left.\n\nAsha, Shop"),
        ('signature = "Asha, Shop"', 'signature = "The shop"', "\n\n{{ agent.signature }}", "Your parcel RX 17 left.\n\nThe shop"),
        ('signature = "Asha, Shop"', 'signature = ""', "", "Your parcel RX 17 left."),
        ("", 'quote = "below"', "", "Your parcel RX 17 left.\n\nOn {at}, Rina wrote:\n> Hello, where is my parcel?"),
        ("", 'quote = "above"', "", "On {at}, Rina wrote:\n> Hello, where is my parcel?\n\nYour parcel RX 17 left."),
    ],
)
def test_a_canned_reply_carries_what_it_would_from_the_composer(tui, space, codes, agent, source, closing, text):  # noqa: F811
    import re

    settings = (space / "workspace.toml").read_text()
    settings = settings.replace("[agent]", f"[agent]\n{agent}", 1).replace('name = "mail"', f'name = "mail"\n{source}', 1)
    (space / "workspace.toml").write_text(settings)
    (space / "canned/signs.md").write_text(f'---\nname: signs\n---\nYour parcel {{{{ ask("number") }}}} left.{closing}\n')
    tui("reply", codes[0], "--canned", "signs", "--set", "number=RX 17")
    sent = tui("show", codes[0], "--json").lines[-1]["text"]
    assert re.sub(r"On \d{4}-\d\d-\d\d \d\d:\d\d,", "On {at},", sent) == text
    (entry,) = (one for one in tui("canned", "list", "--json").lines if one["type"] == "canned" and one["name"] == "signs")
    assert (entry["unedited"], entry["edited"]) == (1, 0)
    tui("reply", codes[0], "--canned", "signs", "--set", "number=RX 18", "--note")
    assert tui("show", codes[0], "--json").lines[-1]["text"].startswith("Your parcel RX 18 left.")
