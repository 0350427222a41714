"""The demo's Source: reads and writes the servers' file as a mail, chat or forum client would a server."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from agent_tui.domain.capabilities import Finding
from agent_tui.domain.errors import Refused, TryLater, Unsupported
from agent_tui.domain.model import Batch, CaseRef, RemoteMessage
from agent_tui.domain.operations import Note, Operation, Reply
from agent_tui.domain.text import clean
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.demo import faults, pulling, traffic
from agent_tui.sources.demo.file import FILE_NAME, ServerFile
from agent_tui.sources.demo.services import CAPABILITIES, NAMES, Work, perform

LOOK_EVERY_S = 0.25


@contextlib.contextmanager
def _as_a_connection() -> Iterator[None]:
    """A file that cannot be read is what a dead connection would be to another source."""
    try:
        yield
    except sqlite3.Error as error:
        raise TryLater(f"the demo's servers cannot be read: {error}") from error


class DemoSource:
    """One of the three services. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._service = str(access.settings.service)
        self._file: ServerFile | None = None

    def __repr__(self) -> str:
        return f"DemoSource({self._access.name!r}, {self._service!r})"

    async def open(self) -> SourceInfo:
        """Open the servers' file, as one would connect."""
        with _as_a_connection():
            self._file = self._file or ServerFile(self._access.workspace / FILE_NAME)
            await self._meet("open")
            traffic.opened(self._file, self._access.now())
        return SourceInfo(
            capabilities=CAPABILITIES[self._service],
            server=NAMES[self._service],
            account=str(self._access.settings.address) or self._access.name,
        )

    async def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _server(self) -> ServerFile:
        if self._file is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._file

    async def _meet(self, step: str, *, after: bool = False) -> None:
        """Run into whatever trouble was arranged for this step."""
        fault = faults.take(self._server, self._service, step, after=after)
        if fault is None:
            return
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.error:
            raise faults.error(fault, NAMES[self._service])

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """What has changed since ``cursor``, newest first where everything is asked for."""
        left = max(1, budget)
        while True:
            with _as_a_connection():
                await self._meet("pull")
                traffic.release(self._server, self._access.now())
                with self._server.read():
                    batch = pulling.next_batch(self._server, self._service, cursor, min(pulling.BATCH, left))
            cursor = batch.cursor
            left -= len(batch.messages) + len(batch.bad) + len(batch.marks) + len(batch.removals)
            yield batch
            if not batch.more or left <= 0:
                return
            await asyncio.sleep(0)

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """Whole messages, and attachments as files."""
        with _as_a_connection():
            return await self._fetch(wants)

    async def _fetch(self, wants: tuple[Want, ...]) -> Fetched:
        await self._meet("fetch")
        messages: list[RemoteMessage] = []
        parts: dict[tuple[str, str, str], Path] = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            row = self._server.message_at(self._service, want.container, want.ref)
            content = row and self._server.row(
                "select content from attachments where message = ? and part = ?", row["id"], want.part
            )
            if row is None or row["damaged"] or (want.part and content is None):
                missing.append((want.container, want.ref))
            elif content is not None:
                parts[want.container, want.ref, want.part] = self._write(want, bytes(content[0]))
            else:
                messages.append(pulling.message(self._server, row))
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    def _write(self, want: Want, content: bytes) -> Path:
        place = f"{self._access.name}\0{want.container}\0{want.ref}\0{want.part}"
        self._access.downloads.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._access.downloads / f"part-{hashlib.blake2b(place.encode(), digest_size=12).hexdigest()}"
        path.write_bytes(content)
        return path

    def _read(self, name: str) -> bytes:
        """An attachment of a reply. Only what lies in the workspace's own folder can be sent."""
        folder = self._access.downloads.resolve()
        path = (folder / name).resolve()
        try:
            if not path.is_relative_to(folder):
                raise Refused(f"the attachment '{name}' is not in the workspace")
            return path.read_bytes()
        except OSError as error:
            raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from error

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Perform one operation. Chat and forum know a reference again and give the same receipt."""
        if not CAPABILITIES[self._service].carries(operation.kind):
            raise Unsupported(f"{NAMES[self._service]} has no '{operation.kind}'; it is kept on this computer")
        with _as_a_connection():
            await self._meet(operation.kind)
            receipt = self._push_once(operation, case, reference)
            await self._meet(operation.kind, after=True)
        return receipt

    def _push_once(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        file, service, now = self._server, self._service, self._access.now()
        with file.write():
            file.database.execute(
                "insert into pushes values (?, ?, 1, null)"
                " on conflict (service, reference) do update set attempts = attempts + 1",
                (service, reference),
            )
        with file.write():
            known = file.row("select receipt from pushes where service = ? and reference = ?", service, reference)
            if known and known[0] and CAPABILITIES[service].idempotency_ms:
                return Receipt(**json.loads(known[0]))
            work = Work(
                file=file,
                service=service,
                case=case,
                now=now,
                read=self._read,
                answered=lambda conversation: traffic.answer(file, service, conversation, now),
            )
            receipt = perform(operation, work)
            kept = json.dumps({"remote_id": receipt.remote_id, "warning": receipt.warning})
            file.database.execute(
                "update pushes set receipt = ? where service = ? and reference = ?", (kept, service, reference)
            )
        return receipt

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Look for the reference, and in the mailbox for the filed copy."""
        with _as_a_connection():
            return await self._find(operation, reference)

    async def _find(self, operation: Operation, reference: str) -> FindAnswer:
        await self._meet("find")
        file, service = self._server, self._service
        if file.meta(f"blind:{service}", 0):
            return FindAnswer(Found.CANNOT_TELL, f"{NAMES[service]} files no copy of what is sent")
        marker = operation.marker if isinstance(operation, Reply | Note) else ""
        if CAPABILITIES[service].find is Finding.WHERE_FILED and marker:
            here = file.row("select 1 from messages where service = ? and marker = ?", service, marker)
        else:
            here = file.row(
                "select 1 from pushes where service = ? and reference = ? and receipt is not null", service, reference
            )
        if here:
            return FindAnswer(Found.FOUND, f"{NAMES[service]} has it")
        return FindAnswer(Found.ABSENT, f"{NAMES[service]} never got it")

    async def hints(self) -> AsyncIterator[Hint]:
        """Looks at the file four times a second: change numbers, and who is typing. The first hint comes at once,
        so that nothing falls between a pull and the watch.
        """
        seen = -1
        typed = int((self._server.row("select coalesce(max(id), 0) from typing") or (0,))[0])
        while True:
            with _as_a_connection():
                faults.refuse_when_offline(self._server, self._service, NAMES[self._service])
                traffic.release(self._server, self._access.now())
                newest = self._server.newest_change(self._service)  # before any pull that it may cause
                typing = self._server.rows(
                    "select * from typing where service = ? and id > ? order by id", self._service, typed
                )
            if newest != seen:
                seen = newest
                yield Hint()
            for row in typing:
                typed = row["id"]
                yield Hint(row["container"], clean(row["name"], multiline=False))
            await asyncio.sleep(LOOK_EVERY_S)
