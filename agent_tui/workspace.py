"""The workspace: a directory, its settings as frozen values, and where everything in it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_tui.domain.clocks import Hours
from agent_tui.domain.model import Channel, Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who works here."""

    name: str = ""
    email: str = ""
    languages: tuple[str, ...] = ("en",)
    signature: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def handle(self) -> str:
        """How "me" is written into an assignment: the e-mail address, else the name."""
        return self.email or self.name or "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One ``[[source]]`` table. ``options`` is the source's own frozen settings value."""

    name: str
    type: str
    channel: Channel
    promise: Promise = field(default_factory=Promise)
    hours: Hours | None = None
    undo_ms: int = 15_000
    priority: int = 0
    backlog_ms: int | None = 14 * 86_400_000
    options: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Settings and paths of one workspace."""

    path: Path
    agent: Agent = field(default_factory=Agent)
    hours: Hours | None = None
    sources: tuple[SourceSettings, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    theme: str = ""

    def source(self, name: str) -> SourceSettings:
        """The settings of a source.

        Raises:
            KeyError: no such source.
        """
        for one in self.sources:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def desk_path(self) -> Path:
        """What exists only here."""
        return self.path / "desk.db"

    @property
    def cache_path(self) -> Path:
        """The mirror of the servers."""
        return self.path / "cache.db"

    @property
    def search_path(self) -> Path:
        """The full-text index."""
        return self.path / "search.db"

    @property
    def attachments(self) -> Path:
        """The content-addressed attachment cache."""
        return self.path / "attachments"

    @property
    def canned(self) -> Path:
        """Canned replies."""
        return self.path / "canned"

    @property
    def policies(self) -> Path:
        """The policy library."""
        return self.path / "policies"

    @property
    def log_path(self) -> Path:
        """The rotating log."""
        return self.path / "agent-tui.log"

    @property
    def socket_path(self) -> Path:
        """Where the engine listens."""
        return self.path / "engine.sock"

    @property
    def lock_path(self) -> Path:
        """Locked by the one engine; a file of its own, because closing a database's descriptor drops its locks."""
        return self.path / "engine.lock"
