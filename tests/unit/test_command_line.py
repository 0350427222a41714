"""The command line and keys from elsewhere: names, what follows them, what was typed before, and presets that hold together."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_tui import workspace as workspaces
from agent_tui.domain.commands.keys import Keymap, bind, clashes, read_sequence
from agent_tui.domain.commands.presets import PRESETS
from agent_tui.domain.commands.table import COMMANDS
from agent_tui.domain.errors import WorkspaceError
from agent_tui.widgets.prompt import Outcome, Prompt
from tests.unit.test_inbox_screen import seat


def sharing(keymap: Keymap) -> tuple[str, ...]:
    """Commands that share a key in a scope."""
    from dataclasses import replace

    return clashes(tuple(replace(one, keys=tuple(" ".join(keys) for keys in keymap.bindings[one.id])) for one in COMMANDS))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_every_key_it_names_and_takes_nobodys_last(name: str) -> None:
    keymap = bind(COMMANDS, {}, PRESETS[name])
    assert keymap.faults == ()
    assert sharing(keymap) == ()
    for one, keys in PRESETS[name].items():
        assert keymap.bindings[one] == tuple(map(read_sequence, keys))
    assert [one.id for one in COMMANDS if one.keys and not keymap.bindings[one.id]] == []


def test_what_fingers_know_works(tmp_path: Path) -> None:
    vim, mutt, gmail = (bind(COMMANDS, {}, PRESETS[name]).table("inbox") for name in ("vim", "mutt", "gmail"))
    assert (vim["u",].id, vim["ctrl+r",].id, vim["d", "d"].id, vim["Z", "Z"].id) == ("undo", "redo", "done", "quit")
    assert (mutt["m",].id, mutt["l",].id, mutt["q",].id) == ("new", "filter", "back")
    assert (gmail["a",].id, gmail["s",].id, gmail["o",].id, gmail["#",].id) == ("reply", "star", "open", "delete")


def test_ones_own_keys_go_before_a_presets(tmp_path: Path) -> None:
    (tmp_path / "workspace.toml").write_text('[keys]\npreset = "vim"\ndone = "u"\nundo = "z"\n', "utf-8")
    workspace = workspaces.load(tmp_path)
    table = bind(COMMANDS, workspace.keys, PRESETS[workspace.preset]).table("inbox")
    assert (table["u",].id, table["z",].id, table["ctrl+r",].id) == ("done", "undo", "redo")
    (tmp_path / "workspace.toml").write_text('[keys]\npreset = "emcas"\nstar = "e"\n', "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        workspaces.load(tmp_path)
    assert '"gmail" or "vim" or "mutt"' in str(caught.value)
    assert "takes the only key of done" in str(caught.value)


def keys(prompt: Prompt, *names: str) -> str:
    for name in names:
        prompt.feed(name, name if len(name) == 1 else None)
    return prompt.text


def test_up_and_down_go_through_what_begins_as_the_text_does() -> None:
    prompt = Prompt(":", lambda _text: None, history=("tag +a", "snooze 2h", "tag +b"))
    assert keys(prompt, "up") == "tag +b"
    assert keys(prompt, "up", "up") == "tag +a"
    assert prompt.feed("up", None) is Outcome.NOTHING
    assert keys(prompt, "down", "down", "down") == ""
    assert keys(prompt, "s", "up") == "snooze 2h"
    assert keys(prompt, "down") == "s"


async def test_a_line_is_remembered_and_what_can_follow_a_verb_is_offered() -> None:
    async with seat() as at:
        await at.press("colon")
        await at.type("tag +refund")
        await at.press("enter")
        assert "refund" in at.here.tags
        await at.press("colon", "up")
        assert at.screen.status.prompt.text == "tag +refund"
        await at.press("ctrl+u")
        await at.type("pri")
        await at.press("tab")
        assert at.screen.status.prompt.text == "priority"
        await at.type(" u")
        assert at.screen.status.prompt.offers == ("urgent",)
        await at.press("tab", "enter")
        assert at.here.priority == "urgent"


async def test_a_wrong_line_is_not_remembered_and_stays_to_be_mended() -> None:
    async with seat() as at:
        await at.press("colon")
        await at.type("snoze 2h")
        await at.press("enter")
        assert "did you mean snooze" in at.screen.status.prompt.error
        assert at.screen.status.prompt.text == "snoze 2h"
        assert "snoze" not in at.desk.recall("command.history")


async def test_help_and_palette_offer_nothing_for_a_case_where_there_is_none() -> None:
    async with seat() as at:
        assert {"reply", "done", "view.mine"} <= {one.id for one in at.screen.commands()}
        await at.press("g", "w")
        offered = {one.id for one in at.screen.commands()}
        assert not {"reply", "done", "snooze", "open"} & offered
        assert {"view.mine", "new", "search", "quit", "undo"} <= offered
        await at.press("question_mark")
        assert "Done and next" not in at.text()
        assert "Sync now" in at.text() or "Keys: inbox" in at.text()
