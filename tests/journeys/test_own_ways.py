"""Ways of one's own, by keys on the demo's servers: saved views, a step for all of one, keys of another program, the drill."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.journeys.terminal import Terminal

VIEWS = """
[keys]
preset = "vim"

[[view]]
name = "Forum"
query = "channel:community"
key = "g f"
section = "Queues"
columns = ["customer", "subject", "assignee", "age"]
"""


def test_a_saved_view_is_gone_to_by_key_and_all_of_it_is_changed_and_taken_back_with_the_keys_of_vim(week) -> None:
    scene = week()
    settings = scene.path / "workspace.toml"
    settings.write_text(settings.read_text("utf-8") + VIEWS, "utf-8")
    terminal = scene.open(size=(140, 40))
    terminal.sees("Queues", "2 Forum")
    terminal.press("g", "f")
    terminal.sees("disk_dora", "nobody")
    terminal.loses("Gordon Pike")
    terminal.press(",")
    terminal.sees("of this view:")
    terminal.type("assign me; tag +forum")
    terminal.press("enter")
    terminal.sees("assign me, tag +forum:", "nobody → help@tamarind.example, +forum")
    terminal.press("x")
    terminal.sees("1 left out")
    terminal.press("y")
    terminal.sees("All of the view: assign me, tag +forum:")
    terminal.press("u")  # vim's undo
    terminal.sees("Undone: All of the view", "11 cases", "nobody")
    terminal.press("ctrl+q")
    assert terminal.ended() == 0


def test_the_drill_tells_tasks_counts_what_becomes_of_cases_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    terminal = Terminal([sys.executable, "-m", "agent_tui", "drill"], env=environment, size=(100, 30))
    try:
        terminal.sees("drill 1/8", "take the case of Ruth Adeyemi", seconds=60)
        terminal.press("\\")
        terminal.sees("filter")
        terminal.type("from:ruth")
        terminal.press("enter")
        terminal.sees("1 of 1")
        terminal.press("A")
        terminal.sees("drill 2/8", "tag the case of Priya Raman: credit")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
        terminal.sees("1 of 8 tasks done.")
        assert [one.name for one in tmp_path.iterdir() if one.name.startswith("agent-tui-drill")] == []
    finally:
        terminal.close()
