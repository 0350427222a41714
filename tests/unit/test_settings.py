"""The table reader and the places of keys."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain import durations
from agent_tui.domain.settings import Faults, TableReader
from agent_tui.domain.toml_lines import key_lines, line_of

TEXT = '''# a comment with [brackets] and = signs
title = """
[not.a.table]
key = 1
"""
"quoted key" = 'a # b' # tail
dotted.key = 2
[agent]
name = "x" # y
list = [
  1, # one
  "two, [three]",
  [4,
   5],
]
[[source]]
name = "a"
[source.hours]
open = ["mon"]
[[source]]
name = "b"
promise = { first = "1h", next = '2h' }
'''


def test_every_key_is_found_in_its_line():
    tomllib.loads(TEXT)
    lines = key_lines(TEXT)
    assert lines == {
        ("title",): 2, ("quoted key",): 6, ("dotted",): 7, ("dotted", "key"): 7, ("agent",): 8, ("agent", "name"): 9,
        ("agent", "list"): 10, ("agent", "list", 0): 11, ("agent", "list", 1): 12, ("agent", "list", 2): 13,
        ("source", 0): 16, ("source", 0, "name"): 17, ("source", 0, "hours"): 18, ("source", 0, "hours", "open"): 19,
        ("source", 0, "hours", "open", 0): 19, ("source", 1): 20, ("source", 1, "name"): 21, ("source", 1, "promise"): 22,
    }
    assert line_of(lines, ("source", 1, "promise", "first")) == 22
    assert line_of(lines, ("nowhere",)) == 1


@given(st.text(alphabet='ab=.[]{}"\'#,\n \\1-', max_size=60))
def test_scanning_never_fails_on_what_is_toml(text):
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    for key in values:
        if "\\" not in text:
            assert (key,) in lines or (key, 0) in lines or any(where[0] == key for where in lines)


def reader(**values):
    faults = Faults("f.toml", {})
    return TableReader(values, faults, base=Path("/w")), faults


@pytest.mark.parametrize(("text", "value"), [("15s", 15_000), ("6h", 21_600_000), ("14d", 1_209_600_000), ("1h30m", 5_400_000), ("0s", 0), ("2 W", 1_209_600_000)])
def test_lengths_of_time(text, value):
    assert durations.parse(text) == value


@pytest.mark.parametrize("text", ["", "15", "h", "-1h", "1.5h", "1y", "6 hours", "99999d", "1h30"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(ValueError):
        durations.parse(text)


@given(st.integers(min_value=0, max_value=durations.LONGEST_MS))
def test_a_length_of_time_comes_back_from_its_words(length):
    assert durations.parse(durations.words(length)) == length


def test_a_wrong_kind_of_value_is_one_fault_and_the_default_stands():
    table, faults = reader(a=1, b="x", c=True, d=["x", 1], e="1h", f="blue")
    assert table.text("a", "left") == "left"
    assert table.flag("b", True) is True
    assert table.number("c", 3, low=0, high=9) == 3
    assert table.text_list("d") == ("x",)
    assert table.duration_ms("e") == 3_600_000
    assert table.choice("f", ("red", "green"), "red") == "red"
    table.finish()
    assert len(faults.found) == 5


def test_an_address_on_the_web_is_https_or_this_machine():
    table, faults = reader(a="https://desk.example.com/support/", b="http://127.0.0.1:3000", c="http://desk.example.com", d="desk")
    found = table.web_url("a", example="https://desk.example.com")
    assert (found.host, found.port, found.path) == ("desk.example.com", 443, "/support")
    assert table.web_url("b", example="https://desk.example.com").port == 3000
    assert table.web_url("c", example="x") is table.web_url("d", example="x") is table.web_url("e", example="x") is None
    assert len(faults.found) == 3
    assert "https://desk.example.com" in faults.found[0][1]


def test_paths_are_relative_to_the_workspace(monkeypatch):
    monkeypatch.setenv("HOME", "/home/asha")
    table, faults = reader(a="ca.pem", b="/etc/ca.pem", c="~/ca.pem", d="")
    assert [table.path(key) for key in "abc"] == [Path("/w/ca.pem"), Path("/etc/ca.pem"), Path("/home/asha/ca.pem")]
    assert table.path("d") is None
    assert len(faults.found) == 1
