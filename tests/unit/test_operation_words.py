"""The outbox and the command line say what each kind of operation does in the same plain words."""

from __future__ import annotations

import pytest

from agent_tui.domain.operation_words import words
from agent_tui.domain.operations import KINDS
from tests.contract.steps import sample


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_said_in_words_that_are_more_than_its_name_or_are_the_verb(kind: str) -> None:
    said = words(sample(kind), lambda at: "then")
    assert said
    assert "\n" not in said
    assert said != kind or kind in ("read", "star", "delete")


def test_what_was_said_twice_before_is_said_once() -> None:
    assert words(sample("read"), str) == "read"
    assert words(sample("snooze"), lambda at: "tomorrow").endswith("until tomorrow")
