"""Writes docs/keys.md from the command table and the screens: ``python docs/make_keys.py``."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PLACES = {
    "inbox": "inbox", "case": "case", "search": "search", "outbox": "outbox", "help": "help", "composer": "composer",
    "gate": "send gate", "policy": "policy pane", "policies": "policies", "macro": "macro",
    "similar": "similar cases", "bulk": "all of a view", "files": "files of a case",
}  # fmt: skip
HEAD = """# Keys

This page is made from the program's own table of commands (`python docs/make_keys.py`), so it cannot be out of date.
In the workstation `?` shows the keys that work where you are, and `ctrl+p` finds a command by a few letters of its
name. Both leave out what the service of the case at hand cannot do, and say of the rest what stays on this computer.

- Two keys with a space between them are pressed one after the other: `g i`. There is no time limit; `esc` forgets the
  first one.
- `q` goes back and never quits. `ctrl+q` quits, and says what is still on its way.
- Nothing needs a mouse, Alt, or a modifier that plain terminals cannot send.
- Verbs of triage act on the selected cases, or on the one under the cursor.

## Keys of your own

Any key can be changed in `workspace.toml`, by the name in the last column. What you write takes the place of that
command's keys; an empty list takes them away:

```toml
[keys]
done = "ctrl+y"
star = ["*", "~"]
view.mine = "g g"        # two keys, one after the other
"view.closed" = []       # quotes are possible, not needed
"move.top" = "home"      # otherwise "g g" would belong to two commands
```

A key that two commands would share, a command that would lose its only key, and a name that is no command's are
reported with their line when the workspace is opened.
"""
TITLES = {"Go": "Views", "Write": "Writing", "Program": "Everywhere"}


def page() -> str:
    """The whole page."""
    from agent_tui.domain.commands import Command
    from agent_tui.domain.commands.keys import bind
    from agent_tui.domain.commands.table import COMMANDS

    keymap = bind(COMMANDS)
    groups: dict[str, list[Command]] = {}
    for one in COMMANDS:
        title = "In the composer" if "composer" in one.scopes else TITLES.get(one.group, one.group)
        groups.setdefault(title, []).append(one)
    parts = [HEAD]
    for title, members in groups.items():
        parts.append(f"\n## {title}\n\n| keys | does | where | name |\n|---|---|---|---|\n")
        for one in members:
            works = where(one)
            if works and not numbered(one.id):
                keys = " · ".join(f"`{key}`".replace("|", "\\|") for key in keymap.keys_of(one.id)) or "by name only"
                what = f"{one.title}. {one.help}" if one.help else f"{one.title}."
                parts.append(f"| {keys} | {what} | {', '.join(works)} | `{one.id}` |\n")
        if title == "Views":
            parts.append(f"| `1`–`9` | The view with that number. | {', '.join(where(numbered_one(members)))} | "
                         "`view.1` … `view.9` |\n")  # fmt: skip
    parts.append(_presets())
    return "".join(parts)


def _presets() -> str:
    """What every preset has otherwise."""
    from agent_tui.domain.commands.keys import bind
    from agent_tui.domain.commands.presets import PRESETS
    from agent_tui.domain.commands.table import COMMANDS, command

    parts = [
        ('\n## Presets\n\n`preset = "gmail"` (or `"vim"`, `"mutt"`) under `[keys]` takes these instead. Keys of your own go '
        "before a preset's, and help and palette show what holds.\n"),
    ]
    for name, preset in PRESETS.items():
        keymap = bind(COMMANDS, {}, preset)
        parts.append(f"\n### {name}\n\n| keys | does | name |\n|---|---|---|\n")
        for one in filter(None, map(command, preset)):
            keys = " · ".join(f"`{key}`".replace("|", "\\|") for key in keymap.keys_of(one.id))
            parts.append(f"| {keys} | {one.title} | `{one.id}` |\n")
    return "".join(parts)


def numbered(name: str) -> bool:
    """Whether it is one of the nine commands that are told of in one line."""
    return name.startswith("view.") and name[5:].isdecimal()


def numbered_one(members: list) -> object:  # type: ignore[type-arg]
    """The first of them."""
    return next(one for one in members if numbered(one.id))


def where(command: object) -> list[str]:
    """The places where a command works: those that the table names and whose screen can do it."""
    can = handlers()
    return [words for scope, words in PLACES.items() if scope in command.scopes and command.handler in can[scope]]  # type: ignore[attr-defined]


def handlers() -> dict[str, frozenset[str]]:
    """What each place's screen can do."""
    from agent_tui.screens.bulk import BulkScreen
    from agent_tui.screens.compose import ComposeScreen
    from agent_tui.screens.files import FilesScreen
    from agent_tui.screens.help import HelpScreen
    from agent_tui.screens.inbox import InboxScreen
    from agent_tui.screens.macro import MacroScreen
    from agent_tui.screens.outbox import OutboxScreen
    from agent_tui.screens.policies import ClauseScreen, PoliciesScreen
    from agent_tui.screens.search import SearchScreen
    from agent_tui.screens.similar import SimilarScreen

    return {
        "inbox": InboxScreen.HANDLERS, "case": InboxScreen.HANDLERS, "search": SearchScreen.HANDLERS,
        "outbox": OutboxScreen.HANDLERS, "help": HelpScreen.HANDLERS, "composer": ComposeScreen.HANDLERS,
        "gate": ComposeScreen.HANDLERS, "policy": InboxScreen.HANDLERS,
        "policies": PoliciesScreen.HANDLERS | ClauseScreen.HANDLERS, "macro": MacroScreen.HANDLERS,
        "similar": SimilarScreen.HANDLERS, "bulk": BulkScreen.HANDLERS, "files": FilesScreen.HANDLERS,
    }  # fmt: skip


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    (PROJECT / "docs" / "keys.md").write_text(page(), "utf-8")
