"""The archive as a source: reads what was imported, newest import first, and refuses everything else."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import TryLater, Unsupported
from agent_tui.domain.model import BadItem, Batch, CaseRef, RemoteCase, RemoteMessage
from agent_tui.domain.operations import Operation
from agent_tui.sources import mime
from agent_tui.sources.archive import lines
from agent_tui.sources.archive.folder import CASE, FORGOTTEN, MAIL, Item, Reader
from agent_tui.sources.archive.settings import ArchiveSettings
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want

STEP = 100
LOOK_EVERY_S = 2.0


class ArchiveSource:
    """One archive. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: ArchiveSettings = access.settings
        self._reader = Reader(self._settings.folder or access.workspace / "archives" / access.name)

    async def open(self) -> SourceInfo:
        """Nothing to connect to; an archive into which nothing was imported yet is an empty one."""
        return SourceInfo(
            capabilities=Capabilities(
                channel=self._settings.channel, operations=frozenset(), live=True, find=Finding.NEVER,
                visibilities=frozenset(), read_only=True,
                limits=("imported messages are read, searched and counted; nothing can be sent or changed there",),
            ),
            server="imported messages", account=str(self._reader.folder),
        )  # fmt: skip

    async def close(self) -> None:
        """Nothing is held open."""

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """What has been imported since, the last import first and each from its end."""
        todo, seen = _read_cursor(cursor)
        count = len(self._reader)
        if count > seen:
            todo.append((seen, count))
        total = sum(end - start for start, end in todo)
        done = 0
        while todo and done < budget:
            start, end = todo.pop()
            low = max(start, end - min(STEP, budget - done))
            if low > start:
                todo.append((start, low))
            done += end - low
            messages, cases, bad = await asyncio.to_thread(self._read, range(end - 1, low - 1, -1))
            yield Batch(
                cursor=json.dumps({"todo": todo, "seen": count}), messages=tuple(messages), cases=tuple(cases),
                bad=tuple(bad), done=done, total=total, more=bool(todo), backfill=True,
            )  # fmt: skip

    def _read(self, numbers: range) -> tuple[list[RemoteMessage], list[RemoteCase], list[BadItem]]:
        messages: list[RemoteMessage] = []
        cases: dict[str, RemoteCase] = {}
        bad: list[BadItem] = []
        try:
            for number, item in self._reader.items(numbers):
                if item.kind == FORGOTTEN:
                    continue
                try:
                    if item.kind == CASE:
                        case = lines.case(lines.decode(item.raw))
                        cases[case.conversation] = case
                    else:
                        messages.append(self._message(number, item))
                except lines.BadLine as error:
                    bad.append(BadItem(str(number), lines.CONTAINER, str(error)))
        except OSError as error:
            raise TryLater(f"{self._reader.folder} cannot be read: {error.strerror}") from error
        return messages, list(cases.values()), bad

    def _message(self, number: int, item: Item) -> RemoteMessage:
        if item.kind == MAIL:
            return mime.parse(
                item.raw, container=lines.CONTAINER, ref=str(number), received_at=item.received_ms, marks=lines.MARKS,
                agent_addresses=self._access.agent_addresses,
            )  # fmt: skip
        return lines.message(lines.decode(item.raw), str(number), item.key, item.received_ms)

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """Whole messages, and attachments of mails; JSON lines hold none."""
        return await asyncio.to_thread(self._fetch, wants)

    def _fetch(self, wants: tuple[Want, ...]) -> Fetched:
        messages: list[RemoteMessage] = []
        parts: dict[tuple[str, str, str], Path] = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            number = int(want.ref) if want.ref.isdecimal() else -1
            found = dict(self._reader.items([number])) if 0 <= number < len(self._reader) else {}
            item = found.get(number)
            if item is None or item.kind == FORGOTTEN or (want.part and item.kind != MAIL):
                missing.append((want.container, want.ref))
            elif want.part:
                try:
                    data = mime.part_bytes(item.raw, want.part)
                except KeyError:
                    missing.append((want.container, want.ref))
                    continue
                with tempfile.NamedTemporaryFile(dir=self._downloads(), delete=False) as file:
                    file.write(data)
                parts[want.container, want.ref, want.part] = Path(file.name)
            else:
                messages.append(self._message(number, item))
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    def _downloads(self) -> Path:
        self._access.downloads.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._access.downloads

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Refused: what was imported is not changed."""
        raise Unsupported(f"{self._access.name} is an archive of imported messages; '{operation.kind}' stays here")

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Nothing was ever sent through an archive."""
        return FindAnswer(Found.CANNOT_TELL, "nothing can be sent through an archive")

    async def hints(self) -> AsyncIterator[Hint]:
        """Whenever an import has added something."""
        count = len(self._reader)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if len(self._reader) != count:
                count = len(self._reader)
                yield Hint()


def _read_cursor(cursor: str) -> tuple[list[tuple[int, int]], int]:
    if not cursor:
        return [], 0
    value = json.loads(cursor)
    return [(int(start), int(end)) for start, end in value["todo"]], int(value["seen"])
