"""What every part of the desk stands on: the store, the settings, the clock, the libraries, the engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from agent_tui.domain.errors import StoreError
from agent_tui.store import fold, remembered
from agent_tui.store.database import Store
from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from agent_tui.desk.engine_link import EngineLink
    from agent_tui.knowledge.canned import CannedLibrary
    from agent_tui.knowledge.policies import PolicyLibrary
    from agent_tui.store.typing import Typing


class Seat:
    """One process's place at a workspace.

    Args:
        workspace: settings and paths.
        now: milliseconds since the epoch.
        offline: never start or ask an engine.
        role: ``desk`` for the workstation, ``command`` for a command that ends.
    """

    def __init__(self, workspace: Workspace, *, now: Callable[[], int], offline: bool, role: str) -> None:
        self.workspace = workspace
        self.now = now
        self.offline = offline
        self.me = workspace.agent.handle
        self.store = Store.open(workspace, role=role, now=now)
        self.read_only = self.store.read_only
        if not self.read_only:
            if workspace.typing.is_dir():
                self._take_up()
            fold.mend(self.store, now())

    def _take_up(self) -> None:
        """What workstations that broke off were given and had not stored goes into the drafts."""
        from agent_tui.store.typing import recover

        with suppress(StoreError, OSError):  # then the next start does it
            recover(self.store)

    @cached_property
    def engine(self) -> EngineLink:
        """The link to the engine; nothing is started before ``engine.start()``."""
        from agent_tui.desk.engine_link import EngineLink

        return EngineLink(self.workspace, start_engine=not (self.offline or self.read_only))

    @cached_property
    def keys(self) -> Typing:
        """What is typed here and not in a draft yet."""
        from agent_tui.store.typing import Typing

        return Typing(self.workspace.typing)

    @property
    def canned(self) -> CannedLibrary:
        """Canned replies, read."""
        if not self._canned.is_read:
            self._canned.refresh()
        return self._canned

    @cached_property
    def _canned(self) -> CannedLibrary:
        from agent_tui.knowledge.canned import CannedLibrary

        return CannedLibrary(self.workspace.canned, at_once=False)

    def prepare_canned(self, milliseconds: float) -> bool:
        """Read the canned replies and make their index, as far as the time goes; whether something is left to do."""
        return self._canned.prepare(milliseconds)

    @cached_property
    def policies(self) -> PolicyLibrary:
        """The policy library."""
        from agent_tui.knowledge.policies import PolicyLibrary

        return PolicyLibrary(self.workspace.policies, self.workspace.agent.languages)

    @property
    def timezone(self) -> str:
        """The agent's time zone: that of the working hours, else the system's."""
        if self.workspace.hours is not None:
            return self.workspace.hours.timezone
        import os
        from pathlib import Path
        from zoneinfo import ZoneInfo

        linked = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
        for name in (os.environ.get("TZ", "").lstrip(":"), linked):
            try:
                if name:
                    ZoneInfo(name)
                    return name
            except (ValueError, OSError, LookupError):
                continue
        return "UTC"

    def recall(self, name: str) -> str:
        """What was remembered under a name; empty if nothing was."""
        return remembered.recall(self.store, name)

    def remember(self, name: str, value: str) -> None:
        """Keep a text under a name for the next time.

        Raises:
            StoreError: the desk cannot be written.
        """
        remembered.remember(self.store, name, value)

    def remember_start(self) -> None:
        """Keep what the next start's first frame needs of the settings.

        Raises:
            StoreError: the desk cannot be written.
        """
        from agent_tui.store import first

        if not self.read_only and self.workspace.layout != "linear":  # whose first frame is Textual's own
            workspace = self.workspace
            sources = ((one.name, one.channel, one.hours or workspace.hours) for one in workspace.sources)
            theme = workspace.theme
            if theme in {"", "auto", "contrast"}:
                theme = f"{theme or 'auto'} {self.recall('ground')}"
            first.remember(self.store, theme=theme, me=self.me, sources=sources, views=workspace.views, signs=workspace.signs,
                           widths=workspace.widths)  # fmt: skip

    def close(self) -> None:
        """Hang up on the engine and close the files; what changed is known to be folded, so the next start need not do it."""
        if "engine" in self.__dict__:
            self.engine.close()
        if self.store.role == "desk" and not self.read_only:
            with suppress(StoreError):  # then the next start does it
                fold.mend(self.store, self.now())
        if "keys" in self.__dict__:
            self.keys.close()
        self.store.close()

    def _changed(self) -> None:
        """Tell the engine that the outbox has work."""
        if "engine" in self.__dict__:
            self.engine.kick()
