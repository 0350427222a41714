"""What every command has at hand: the workspace, the desk, and how to print."""

from __future__ import annotations

import json
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent_tui import workspace as workspaces
from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from agent_tui.desk import Desk
    from agent_tui.workspace import Workspace


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


class Context:
    """One run of one command; closes what it opened.

    Args:
        chosen: ``--workspace``, or None.
        json: print JSON Lines.
        offline: contact no server.
    """

    def __init__(self, chosen: str | None, *, json: bool = False, offline: bool = False) -> None:
        self.chosen = chosen
        self.json = json
        self.offline = offline
        self.log_path: Path | None = None
        self.mended: tuple[str, ...] = ()
        """What others could get at in the workspace until now, in words."""
        self._desk: Desk | None = None

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._desk is not None:
            self._desk.close()

    @property
    def path(self) -> Path:
        """The workspace's directory, whether it is there or not."""
        return workspaces.locate(self.chosen)

    @cached_property
    def workspace(self) -> Workspace:
        """The settings, once the workspace is open to this process and closed to others.

        Raises:
            WorkspaceError: faults in the settings, others can get at them, or it is encrypted and cannot be opened.
        """
        found = self.settings
        if found.encryption.enabled:
            from agent_tui.commands.unlocking import unlock

            unlock(found)
        return found

    @cached_property
    def settings(self) -> Workspace:
        """The settings alone; from here on this process logs into the workspace.

        Raises:
            WorkspaceError: faults in the settings, or others can get at them.
        """
        from agent_tui import log, private

        self.mended = private.keep(self.path)
        found = workspaces.load(self.path)
        log.start(found.log_path)
        self.log_path = found.log_path
        for one in self.mended:
            log.Log("workspace").warning("closed to others", what=one)
        return found

    @property
    def desk(self) -> Desk:
        """The desk, opened at first use."""
        if self._desk is None:
            from agent_tui.desk import Desk

            self._desk = Desk(self.workspace, now=now_ms, offline=True, role="command")
        return self._desk

    def source_names(self, names: list[str]) -> tuple[str, ...]:
        """Those names, or all where none is given.

        Raises:
            UsageError: one is not configured.
        """
        known = [one.name for one in self.workspace.sources]
        for name in names:
            if name not in known:
                listed = ", ".join(known) or "none; add a [[source]] to workspace.toml"
                raise UsageError(f"there is no source '{name}' in {self.workspace.path}; there are {listed}")
        return tuple(dict.fromkeys(names)) or tuple(known)

    def emit(self, kind: str, /, **values: Any) -> None:
        """One JSON line."""
        # A lone surrogate (half a character from a broken mail) cannot be written as UTF-8; JSON can escape it.
        line = json.dumps({"type": kind, **values}, ensure_ascii=False)
        try:
            line.encode()
        except UnicodeEncodeError:
            line = json.dumps({"type": kind, **values})
        sys.stdout.write(line + "\n")

    def say(self, text: str = "") -> None:
        """One line for people; nothing of it can move a terminal's cursor."""
        from agent_tui.domain.text import clean

        sys.stdout.write(clean(text) + "\n")

    def put(self, kind: str, text: str, /, **values: Any) -> None:
        """A JSON line, or its text for people."""
        if self.json:
            self.emit(kind, **values)
        else:
            self.say(text)

    def flush(self) -> None:
        """What has been printed is to be seen now (progress for a program that reads along)."""
        sys.stdout.flush()
