"""``agent-tui where``: the paths in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context


def arguments(_parser: ArgumentParser) -> None:
    """It has none."""


def run(context: Context, _options: Namespace) -> int:
    """Works without a workspace too, so that one learns where it would be."""
    workspace = Workspace(path=context.path)
    paths = {
        "workspace": workspace.path, "settings": workspace.settings_path, "desk": workspace.desk_path,
        "cache": workspace.cache_path, "search": workspace.search_path, "socket": workspace.socket_path,
        "attachments": workspace.attachments, "policies": workspace.policies, "canned": workspace.canned,
        "archives": workspace.archives, "log": workspace.log_path,
    }  # fmt: skip
    for name, path in paths.items():
        there = path.exists()
        words = f"{name:<12} {path}{'' if there else '  (not there yet)'}"
        context.put("path", words, name=name, path=str(path), exists=there)
    return 0
