"""``agent-tui import``: mails and messages from files into a read-only archive of the workspace.

Archives are listed by their own folders, ``archives/<name>/``; workspace.toml is the user's and stays as it is.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import AgentTuiError, UsageError
from agent_tui.domain.model import Channel

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.sources.archive.folder import Item, Writer
    from agent_tui.sources.archive.formats import Piece
    from agent_tui.workspace import Workspace

NAMED = 20  # bad items named to people; programs get all


def arguments(parser: ArgumentParser) -> None:
    """``PATH… [--source NAME]``."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="eml, mbox, Maildir, JSON Lines, or a folder of these")
    parser.add_argument("--source", default="archive", metavar="NAME", help="the archive to fill (default: archive)")


@dataclass(slots=True)
class _Archive:
    """One archive that is being filled."""

    name: str
    channel: Channel
    writer: Writer
    imported: int = 0
    already: int = 0


@dataclass(slots=True)
class _Import:
    workspace: Workspace
    name: str
    archives: dict[Channel, _Archive] = field(default_factory=dict)
    bad: list[tuple[str, str]] = field(default_factory=list)

    def archive(self, channel: Channel) -> _Archive:
        """The archive for a channel: the named one for the first, one with the channel's name added for others."""
        found = self.archives.get(channel)
        if found is None:
            first = self._existing(self.name)
            taken = first is not None and first is not channel
            taken = taken or any(one.name == self.name for one in self.archives.values())
            name = f"{self.name}-{channel.value}" if taken else self.name
            found = self.archives[channel] = _open(self.workspace, name, channel)
        return found

    def _existing(self, name: str) -> Channel | None:
        for one in self.workspace.sources:
            if one.name == name:
                if one.type != "archive":
                    raise UsageError(f"'{name}' is a source of type {one.type}; choose another name with --source")
                return one.channel
        return None

    def close(self) -> None:
        """Everything that was read so far is kept."""
        for one in self.archives.values():
            one.writer.close()


def run(context: Context, options: Namespace) -> int:
    """Importing again adds only what is not there yet, so an import that was stopped is simply run again."""
    if not re.fullmatch(r"[a-z0-9-]+", options.source):
        raise UsageError(f"'{options.source}' will not do as a name; use small letters, digits and hyphens")
    from agent_tui.commands.progress import Bars
    from agent_tui.sources.archive.formats import pieces, size

    paths = [Path(one).absolute() for one in options.paths]
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
    work = _Import(context.workspace, options.source)
    work.archive(work._existing(options.source) or _first_channel(paths))
    total, read = sum(map(size, paths)), 0
    with Bars(context) as bars:
        try:
            for path in paths:
                for piece in pieces(path):
                    _take(work, piece)
                    read += piece.read
                    bars.show(options.source, min(read, total), total, "bytes read")
        except KeyboardInterrupt:
            sys.stderr.write("agent-tui: stopped; what was read is kept, run it again to go on\n")
            raise
        finally:
            work.close()
        _report(context, work)
        _sync(context, work, bars)
    good = sum(one.imported + one.already for one in work.archives.values())
    return 1 if work.bad and not good else 0


def _first_channel(paths: list[Path]) -> Channel:
    """The channel of a new archive: that of the first message in it."""
    from agent_tui.sources.archive import lines
    from agent_tui.sources.archive.formats import LINE, pieces

    for path in paths:
        for piece in pieces(path):
            if piece.reason:
                continue
            if piece.kind != LINE:
                return Channel.EMAIL
            try:
                return lines.channel(lines.decode(piece.raw), Channel.EMAIL)
            except lines.BadLine:
                continue
    return Channel.EMAIL


def _open(workspace: Workspace, name: str, channel: Channel) -> _Archive:
    from agent_tui.settings_file import ARCHIVE_FILE
    from agent_tui.sources.archive.folder import Writer

    folder = workspace.archives / name
    listed = False
    for one in workspace.sources:
        if one.name == name:
            if one.type != "archive":
                raise UsageError(f"'{name}' is a source of type {one.type}; choose another name with --source")
            folder, channel, listed = one.options.folder or folder, one.channel, True
    try:
        writer = Writer(folder)
    except BlockingIOError:
        raise AgentTuiError(f"another import into '{name}' is running; wait for it to end") from None
    if not listed:
        text = f'# Made by "agent-tui import"; remove this folder to remove the archive.\nchannel = "{channel.value}"\n'
        (folder / ARCHIVE_FILE).write_text(text, encoding="utf-8")
    return _Archive(name, channel, writer)


def _take(work: _Import, piece: Piece) -> None:
    from agent_tui.sources.archive.lines import BadLine

    if piece.reason:
        work.bad.append((piece.origin, piece.reason))
        return
    try:
        found = _items(work, piece)
    except BadLine as error:
        work.bad.append((piece.origin, str(error)))
        return
    for archive, item, counted in found:
        added = archive.writer.add(item)
        if counted and added:
            archive.imported += 1
        elif counted:
            archive.already += 1


def _items(work: _Import, piece: Piece) -> list[tuple[_Archive, Item, bool]]:
    """What to store for a piece; the flag says whether it counts as a message.

    Raises:
        BadLine: it cannot be read later either.
    """
    from agent_tui.sources.archive import lines
    from agent_tui.sources.archive.folder import CASE, MESSAGE, Item, key_hash
    from agent_tui.sources.archive.formats import LINE

    if piece.kind != LINE:
        return [(work.archive(Channel.EMAIL), _mail(piece), True)]
    value = lines.decode(piece.raw)
    kind = lines.kind(value)
    if kind not in ("message", "case"):
        raise lines.BadLine(f"is a line of type '{kind[:40]}', not a message")
    base = next(iter(work.archives.values()))
    archive = work.archive(lines.channel(value, base.channel))
    key = key_hash(lines.identity(value))
    if kind == "case":
        lines.case(value)  # so that what cannot be read is named now
        return [(archive, Item(CASE, piece.raw, 0, key), False)]
    moment = lines.sent_ms(value)
    message = lines.message(value, "0", key, moment)
    found = [(archive, Item(MESSAGE, piece.raw, moment, key), True)]
    if message.visibility == "public":
        found.append((archive, _public_case(message.conversation, message.subject), False))
    return found


def _public_case(conversation: str, subject: str) -> Item:
    """Lets a public conversation be one even where the file has no line for the case itself."""
    import json

    from agent_tui.sources.archive import lines
    from agent_tui.sources.archive.folder import CASE, Item, key_hash

    value: dict[str, Any] = {"type": "case", "id": conversation, "subject": subject, "public": True}
    return Item(CASE, json.dumps(value, ensure_ascii=False).encode(), 0, key_hash(lines.identity(value)))


def _mail(piece: Piece) -> Item:
    from agent_tui.sources import mime
    from agent_tui.sources.archive.folder import MAIL, Item, key_hash

    key, sent_ms = mime.identity(re.split(rb"\r?\n\r?\n", piece.raw, maxsplit=1)[0] + b"\n\n")
    # A mail without an id is known by its bytes: headers alone can be those of many.
    hashed = key_hash(key) if key else hashlib.blake2b(piece.raw, digest_size=8).hexdigest()
    received = _received_ms(piece.raw) or (piece.filed_ms if sent_ms is None else sent_ms) or piece.filed_ms
    return Item(MAIL, piece.raw, received, hashed)


def _received_ms(raw: bytes) -> int:
    """When the last server took the mail, by its topmost Received header; 0 where it does not say."""
    match = re.match(rb"(?:[^\n]*\n(?!\r?\n)){0,60}?Received:((?:[^\n]*\n[ \t])*[^\n]*)", raw[:65536], re.IGNORECASE)
    if match is None:
        return 0
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(match.group(1).rpartition(b";")[2].decode("ascii", "replace").strip())
        return max(0, int(moment.timestamp() * 1000))
    except (ValueError, OverflowError, TypeError):
        return 0


def _report(context: Context, work: _Import) -> None:
    for number, (origin, reason) in enumerate(work.bad):
        if context.json:
            context.emit("bad", origin=origin, reason=reason)
        elif number < NAMED:
            sys.stderr.write(f"agent-tui: {origin}: {reason}\n")
    if len(work.bad) > NAMED and not context.json:
        sys.stderr.write(f"agent-tui: and {len(work.bad) - NAMED} more; --json names them all\n")
    for one in work.archives.values():
        bad = len(work.bad)
        words = f"{one.name}: {one.imported} imported, {one.already} were there already, {bad} could not be read"
        context.put("result", words, source=one.name, ok=True, imported=one.imported, already=one.already, bad=bad)


def _sync(context: Context, work: _Import, bars: Any) -> None:
    """Bring the new messages into the cache, so that they are found at once."""
    from agent_tui import workspace as workspaces
    from agent_tui.commands.sync import rounds

    del context.workspace  # read again: the archive may be new
    context.workspace = workspaces.load(context.path)
    names = tuple(one.name for one in work.archives.values())
    try:
        results = rounds(context, names, bars)
    except AgentTuiError as error:
        sys.stderr.write(f"agent-tui: imported, but not shown yet ({error}); it is when the workstation starts again\n")
        return
    for one in results:
        if not one.get("ok"):
            sys.stderr.write(f"agent-tui: {one['source']}: {one.get('error')}\n")
