"""What commands print for people."""

from __future__ import annotations

import pytest

from agent_tui.commands.context import Context


def test_what_is_printed_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Context(None).say("red \x1b[31m \x9b2J \u202egnp.exe\x07 end")
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(capsys.readouterr().out)


def test_joiners_that_a_script_needs_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Context(None).say("ಅಪ್\u200cಡೇಟ್ ಆದ ಮೇಲೆ")
    assert capsys.readouterr().out == "ಅಪ್\u200cಡೇಟ್ ಆದ ಮೇಲೆ\n"
