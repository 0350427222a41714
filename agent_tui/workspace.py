"""The workspace: a directory, its settings as frozen values, and where everything in it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent_tui import place
from agent_tui.domain.chats import ChatSettings
from agent_tui.domain.clocks import Hours
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel, Promise
from agent_tui.domain.notices import NoticeSettings
from agent_tui.domain.views import SavedView

if TYPE_CHECKING:
    from agent_tui.domain.watching import Watch

SETTINGS = "workspace.toml"
ARCHIVES = "archives"
ARTICLES = "articles"
LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes; a little is left for a temporary name beside it


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
    """One ``[[source]]`` table.

    Args:
        undo_ms: how long a reply is held before it leaves.
        priority: of its cases against those of other sources with the same time left.
        backlog_ms: at first sync, cases whose last customer message is older come in closed; None: never.
        secret_commands: ``(part, argv)`` of programs that print a secret; part is empty for the main one.
        options: the source's own frozen settings value.
        signature: below what is written here, or None: the agent's own where it is e-mail, else none.
        quote: where a reply by e-mail has the message that it answers: ``none``, ``below`` or ``above``.
    """

    name: str
    type: str
    channel: Channel
    promise: Promise = field(default_factory=Promise)
    hours: Hours | None = None
    undo_ms: int = 15_000
    priority: int = 0
    backlog_ms: int | None = 14 * 86_400_000
    secret_commands: tuple[tuple[str, tuple[str, ...]], ...] = ()
    options: Any = None
    signature: str | None = None
    quote: str = "none"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses that are ours on this source, lower case; what they are is the source's own setting."""
        return tuple(str(one).lower() for one in getattr(self.options, "addresses", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """Of the databases at rest.

    Args:
        enabled: the files are encrypted, and opened with the workspace's key.
        secret_command: a program that prints the key, as ``argv``; empty: none.
    """

    enabled: bool = False
    secret_command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Settings and paths of one workspace."""

    path: Path
    agent: Agent = field(default_factory=Agent)
    hours: Hours | None = None
    sources: tuple[SourceSettings, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    preset: str = ""
    """Whose keys those of the table are replaced by, where ``keys`` has none."""
    views: tuple[SavedView, ...] = ()
    theme: str = "auto"
    signs: str = "auto"
    """Lines and marks: ``auto``, ``lines``, ``ascii`` or ``none``."""
    widths: str = "auto"
    """How wide the terminal draws text: ``auto`` asks it, ``standard`` does not, else what it would have said."""
    pictures: str = "auto"
    """How they are shown: ``auto``, ``blocks``, ``shades``, ``sixel`` or ``kitty``."""
    layout: str = "auto"
    """``linear``: one column in words, for programs that read the screen aloud."""
    translate_command: tuple[str, ...] = ()
    chat: ChatSettings = field(default_factory=ChatSettings)
    personal: tuple[tuple[str, str], ...] = ()
    """What is personal data here beside what is so everywhere: what it is called, and a regular expression."""
    articles_folder: str = ARTICLES
    watch: tuple[Watch, ...] = ()
    """Who of us watches when; empty: everybody in ``hours``."""
    notify: NoticeSettings = field(default_factory=NoticeSettings)
    encryption: Encryption = field(default_factory=Encryption)

    def source(self, name: str) -> SourceSettings:
        """The settings of a source.

        Raises:
            KeyError: no such source.
        """
        for one in self.sources:
            if one.name == name:
                return one
        raise KeyError(name)

    def signer(self, source: str) -> Agent:
        """The agent as messages of a source are signed: with its own signature where it has one."""
        own = self.source(source).signature
        return self.agent if own is None else replace(self.agent, signature=own)

    def signature_of(self, source: str) -> str:
        """What stands below a text that is begun for a source, or nothing."""
        settings = self.source(source)
        if settings.signature is not None:
            return settings.signature.strip()
        return self.agent.signature.strip() if settings.channel is Channel.EMAIL else ""

    @property
    def agent_addresses(self) -> frozenset[str]:
        """Lower-case addresses that are ours, on any source."""
        own = (self.agent.email, *self.agent.aliases)
        return frozenset({one.lower() for one in own if one}.union(*(one.addresses for one in self.sources)))

    @property
    def settings_path(self) -> Path:
        """The settings, ``workspace.toml``."""
        return self.path / SETTINGS

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
    def downloads(self) -> Path:
        """Where fetched parts are written; attachments of replies are relative to it."""
        return self.attachments

    @property
    def archives(self) -> Path:
        """Imported messages, a folder for each archive."""
        return self.path / ARCHIVES

    @property
    def canned(self) -> Path:
        """Canned replies."""
        return self.path / "canned"

    @property
    def policies(self) -> Path:
        """The policy library."""
        return self.path / "policies"

    @property
    def backups(self) -> Path:
        """Backups that the engine makes by itself."""
        return self.path / "backups"

    @property
    def typing(self) -> Path:
        """Keys of running workstations that are not in a draft yet."""
        return self.path / "typing"

    @property
    def articles(self) -> Path:
        """Drafts of articles for a knowledge base."""
        return self.path / Path(self.articles_folder).expanduser()

    @property
    def log_path(self) -> Path:
        """The rotating log."""
        return self.path / "agent-tui.log"

    @property
    def socket_path(self) -> Path:
        """Where the engine listens: in the workspace, or in the runtime directory where that path is too long."""
        here = self.path / "engine.sock"
        if len(os.fsencode(here)) <= LONGEST_SOCKET_PATH:
            return here
        from hashlib import blake2b

        name = blake2b(os.fsencode(self.path), digest_size=8).hexdigest()
        return runtime_directory() / f"{name}.sock"

    @property
    def lock_path(self) -> Path:
        """Locked by the one engine; a file of its own, because closing a database's descriptor drops its locks."""
        return self.path / "engine.lock"


def locate(argument: str | os.PathLike[str] | None = None) -> Path:
    """The workspace to use, absolute: the argument, else ``AGENT_TUI_WORKSPACE``, else the platform's user data."""
    return Path(place.folder(argument))


def machine_zone() -> str:
    """This machine's time zone by its IANA name; empty where that cannot be told."""
    named = os.environ.get("TZ", "").lstrip(":")
    if "/" in named and not named.startswith("/"):
        return named
    try:
        return str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    except OSError:
        return ""


def create_directory(path: Path) -> Path:
    """The directory of a workspace, made for its owner alone; one that is there keeps its mode."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def runtime_directory() -> Path:
    """Where sockets go whose own place has too long a path; private to this user."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and len(os.fsencode(base)) <= LONGEST_SOCKET_PATH - 40 and Path(base).is_dir():
        return Path(base) / "agent-tui"
    return Path(f"/tmp/agent-tui-{os.getuid()}")  # noqa: S108 - the engine makes it 0700 and checks its owner


def load(path: Path) -> Workspace:
    """Read ``workspace.toml`` of a workspace.

    Raises:
        WorkspaceError: with every fault of the file.
    """
    from agent_tui.settings_file import read

    return read(path)
