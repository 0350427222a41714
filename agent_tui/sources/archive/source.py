"""The archive as a source: reads what was imported, newest import first, and refuses everything else."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import Unsupported
from agent_tui.domain.model import Batch, CaseRef, RemoteMessage
from agent_tui.domain.operations import Operation
from agent_tui.sources import mime
from agent_tui.sources.archive import reading
from agent_tui.sources.archive.folder import FORGOTTEN, MAIL, Reader
from agent_tui.sources.archive.settings import ArchiveSettings
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want

STEP = 100
MUCH = 300  # items from which on they are read in a process of their own
AHEAD = 2  # steps that are read while one is stored
LOOK_EVERY_S = 2.0


class ArchiveSource:
    """One archive. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: ArchiveSettings = access.settings
        self._reader = Reader(self._settings.folder or access.workspace / "archives" / access.name)
        self._readers = reading.Readers(self._reader.folder, access.agent_addresses, alone=access.alone)

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
        """Nothing is held open but the process that reads, while there is one."""
        await asyncio.to_thread(self._readers.close)

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """What has been imported since, the last import first and each from its end."""
        todo, seen = _read_cursor(cursor)
        count = len(self._reader)
        if count > seen:
            todo.append((seen, count))
        total = sum(end - start for start, end in todo)
        done = asked = 0
        ahead: deque[tuple[asyncio.Task[reading.Answer], int, list[tuple[int, int]]]] = deque()
        try:
            while ahead or (todo and asked < budget):
                while todo and asked < budget and len(ahead) <= (AHEAD if total > MUCH else 0):
                    start, end = todo.pop()
                    low = max(start, end - min(STEP, budget - asked))
                    if low > start:
                        todo.append((start, low))
                    asked += end - low
                    work = asyncio.to_thread(self._readers.read, range(end - 1, low - 1, -1), apart=total > MUCH)
                    ahead.append((asyncio.create_task(work), end - low, list(todo)))
                task, size, left = ahead.popleft()
                messages, cases, bad = await task
                done += size
                await asyncio.sleep(0)  # storing waits for nothing: without this, what is ahead would begin only after it
                yield Batch(
                    cursor=json.dumps({"todo": left, "seen": count}), messages=tuple(messages), cases=tuple(cases),
                    bad=tuple(bad), done=done, total=total, more=bool(left), backfill=True,
                )  # fmt: skip
        finally:
            if ahead:
                await asyncio.wait([task for task, _, _ in ahead])
                for task, _, _ in ahead:
                    task.exception()
            if not todo:
                await asyncio.to_thread(self._readers.close)

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
                messages.append(reading.message(number, item, self._access.agent_addresses))
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
