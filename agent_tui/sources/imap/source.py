"""The IMAP source: what ``sources.base.Source`` asks for, over the modules beside this one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import Refused, SourceError, TryLater, Unsupported
from agent_tui.domain.model import Batch, CaseRef, Channel, Marks, RemoteMessage, Visibility
from agent_tui.domain.operations import (
    Assign,
    Delete,
    MarkRead,
    Operation,
    Reply,
    SetPriority,
    SetState,
    Star,
    Tag,
)
from agent_tui.sources import mime
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.imap import filing, idle, parts, read, smtp, triage, wire
from agent_tui.sources.imap.connection import Connection, QuietClient
from agent_tui.sources.imap.cursor import numbers
from agent_tui.sources.imap.folders import Folders, recognise
from agent_tui.sources.imap.glance import Glances
from agent_tui.sources.imap.parser import Parser
from agent_tui.sources.imap.pull import Puller
from agent_tui.sources.imap.read import Reading
from agent_tui.sources.imap.settings import ImapSettings

Item = TypeVar("Item")

CONFIRM_MS = 60_000  # so long our own copy may take to come back before its absence is believed


class ImapSource:
    """One mailbox. Three kinds of connection: one reads, one acts, and one waits in each watched folder.

    Args:
        access: what the source lives with.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: ImapSettings = access.settings
        self._reader = self._connection("reads")
        self._worker = self._connection("acts")
        self._watchers: list[Connection] = []
        self._folders = Folders()
        self._parser = Parser(self._addresses(), alone=access.alone)
        self._glances = Glances()
        self._keywords = False
        self._capabilities: frozenset[str] = frozenset()
        self._followed: tuple[str, ...] = ()
        self._watched: tuple[str, ...] = ()
        self._asked: dict[str, int] = {}
        self.answer_s = smtp.ANSWER_S
        self.poll_s = idle.POLL_S
        self.reissue_s = idle.REISSUE_S

    def __repr__(self) -> str:
        return f"<ImapSource {self._access.name}>"

    def _connection(self, label: str) -> Connection:
        return Connection(self._settings, self._access.secret, f"{self._access.name} {label}")

    # -- open and close ---------------------------------------------------------------------------------------

    async def open(self) -> SourceInfo:
        """See ``Source.open``."""
        listing, selected = await self._reader.run(_survey)
        self._capabilities = self._reader.capabilities
        self._folders = recognise(listing)
        self._keywords = selected.keywords
        real = [(name, self._folders.real(name)) for name in self._settings.folders]
        missing = [name for name, there in real if not there]
        if missing:
            raise Refused(
                f"{self._settings.imap.host} has no folder {', '.join(repr(name) for name in missing)}; "
                f"its folders are {', '.join(self._folders.names[:40])}"
            )
        followed = [there for _name, there in real]
        followed.append(self._folders.sent)
        followed.append(self._folders.junk)
        if self._settings.archive:
            followed.append(self._folders.archive)
        self._watched = tuple(dict.fromkeys(there for _name, there in real))[: idle.AT_MOST - 1]
        self._watched += (self._folders.sent,) if self._folders.sent not in ("", *self._watched) else ()
        self._followed = tuple(dict.fromkeys(name for name in followed if name))
        return SourceInfo(
            capabilities=self._can(),
            server=f"{self._settings.imap.host} {self._reader.server}".strip(),
            account=self._settings.username,
        )

    def _can(self) -> Capabilities:
        operations = {MarkRead.kind, Star.kind, Delete.kind, SetState.kind}
        limits = []
        if self._keywords:
            operations |= {Tag.kind, Assign.kind, SetPriority.kind}
        else:
            if not self._settings.archive:
                operations.discard(SetState.kind)
            limits.append("the server keeps no keywords: tags, assignee, priority and done stay on this machine")
        if not self._capabilities & {"MOVE", "UIDPLUS"}:
            limits.append("the server can neither move nor expunge single messages: moved ones stay, marked deleted")
        if "IDLE" not in self._capabilities:
            limits.append(f"the server does not announce new mail; it is asked every {self.poll_s:.0f} s")
        if self._settings.smtp is not None:
            operations.add(Reply.kind)
            if not self._tells():
                limits.append('a send that breaks off cannot be confirmed; confirm = "bcc-self" makes it possible')
        return Capabilities(
            channel=Channel.EMAIL,
            operations=frozenset(operations),
            live="IDLE" in self._capabilities,
            find=Finding.EXACT if self._tells() else Finding.WHERE_FILED,
            visibilities=frozenset({Visibility.PRIVATE}),
            attachments=self._settings.smtp is not None,
            subject=True,
            recipients=True,
            read_only=self._settings.smtp is None,
            limits=tuple(limits),
        )

    def _tells(self) -> bool:
        """Whether a message that is nowhere in the mailbox was certainly not sent."""
        return self._settings.smtp is not None and (self._settings.confirm_bcc_self or self._server_files())

    def _server_files(self) -> bool:
        return filing.by_server(self._capabilities, self._settings)

    async def close(self) -> None:
        """See ``Source.close``."""
        for connection in (*self._watchers, self._worker, self._reader):
            await connection.close()
        await self._parser.close()

    # -- reading ----------------------------------------------------------------------------------------------

    def _addresses(self) -> frozenset[str]:
        return self._access.agent_addresses | {one.lower() for one in self._settings.addresses}

    def _reading(self, *, bodies: bool = False) -> Reading:
        implied = {}
        if self._folders.junk:
            implied[self._folders.junk] = frozenset({Marks.SPAM})
        if self._settings.archive and self._folders.archive:
            implied[self._folders.archive] = frozenset({Marks.CLOSED})
        age = None if bodies else self._settings.fetch_ms
        return Reading(
            agent_addresses=self._addresses(),
            bodies_from=None if age is None else self._access.now() - age,
            implied=implied,
        )

    def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        puller = Puller(
            self._reader,
            self._followed,
            self._reading(),
            self._access.mirror,
            condstore="CONDSTORE" in self._capabilities,
            parser=self._parser,
            glances=self._glances if {"CONDSTORE", "UNSELECT"} <= self._capabilities else None,
            alone=self._access.alone,
        )
        return puller.pull(cursor, budget, self._access.now())

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """See ``Source.fetch``."""
        messages: list[RemoteMessage] = []
        saved = {}
        missing: list[tuple[str, str]] = []
        reading = self._reading(bodies=True)
        for want in wants:
            place = (want.container, want.ref)
            if want.part:
                path = await self._worker.run(self._save, want)
                if path is None:
                    missing.append(place)
                else:
                    saved[(want.container, want.ref, want.part)] = path
                continue
            chunk = await self._worker.run(_whole, reading, want)
            messages.extend(chunk.messages)
            if not chunk.messages and not chunk.bad:
                missing.append(place)
        return Fetched(messages=tuple(messages), parts=saved, missing=tuple(missing))

    def _save(self, client: QuietClient, want: Want) -> Path | None:
        validity, uid = numbers(want.ref)
        if wire.select(client, want.container).validity != validity:
            return None
        return parts.save(client, uid, want.part, self._access.downloads)

    # -- acting -----------------------------------------------------------------------------------------------

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """See ``Source.push``."""
        if not self._can().carries(operation.kind):
            raise Unsupported(f"{self._access.name}: a mailbox cannot carry '{operation.kind}'")
        if isinstance(operation, Reply):
            if operation.visibility is not Visibility.PRIVATE:
                raise Unsupported(f"{self._access.name}: an e-mail cannot be {operation.visibility.value}")
            return await self._send(operation)
        desk = triage.Desk(
            folders=self._folders,
            home=self._followed[0],
            keywords=self._keywords,
            archive=self._settings.archive,
            marks=self._reading().marks,
        )
        return await self._worker.run(triage.perform, desk, operation, case)

    async def _send(self, reply: Reply) -> Receipt:
        try:
            raw = mime.compose(reply, read=lambda path: (self._access.downloads / path).read_bytes())
        except OSError as error:
            raise Refused(f"an attachment cannot be read: {error.strerror or error}") from None
        except ValueError as error:
            raise Refused(f"the message cannot be written: {error}") from None
        people = (*reply.to, *reply.cc, *reply.bcc)
        recipients = [person.address for person in people]
        if self._settings.confirm_bcc_self:
            recipients.append(reply.sender.address)
        self._asked[reply.marker] = self._access.now()
        taken = await smtp.send(
            self._settings, self._access.secret, reply.sender.address, recipients, raw, answer_s=self.answer_s
        )
        # From here on it is sent, whatever happens: everything else can only be a warning.
        warnings = [taken.warning]
        marks: dict[tuple[str, str], frozenset[str]] = {}
        try:
            await self._again(filing.file_copy, self._folders, raw, reply.marker, self._server_files())
        except SourceError as error:
            warnings.append(f"no copy could be kept in Sent: {error}")
        if reply.answered is not None:
            try:
                marks = await self._again(filing.mark_answered, reply.answered, self._reading())
            except SourceError as error:
                warnings.append(f"the message answered could not be marked: {error}")
        return Receipt(remote_id=reply.marker, marks=marks or None, warning="; ".join(filter(None, warnings)))

    async def _again(self, call: Callable[..., Item], *arguments: object) -> Item:
        """Run a call that may be repeated; a connection that had died unnoticed is opened anew."""
        try:
            return await self._worker.run(call, *arguments)
        except TryLater:
            return await self._worker.run(call, *arguments)

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """See ``Source.find``."""
        if not isinstance(operation, Reply):
            return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
        wanted = [self._folders.sent]
        if self._settings.confirm_bcc_self:
            wanted += [*self._followed, self._folders.junk]
        where = await self._again(filing.look_for, tuple(dict.fromkeys(filter(None, wanted))), operation.marker)
        if where:
            return FindAnswer(Found.FOUND, f"it is in '{where}'")
        if self._tells():
            now = self._access.now()
            waited = now - self._asked.setdefault(operation.marker, now)
            if waited < CONFIRM_MS:
                raise TryLater(
                    "a copy of the message has not come back yet; it is looked for again",
                    retry_after_ms=CONFIRM_MS - waited,
                )
            return FindAnswer(Found.ABSENT, "no copy of it came back")
        host = self._settings.smtp.host if self._settings.smtp else "the server"
        return FindAnswer(
            Found.CANNOT_TELL,
            f"the connection to {host} broke while it was sent, and this server keeps no copies that would show "
            "whether it took it; sending again may send it twice",
        )

    # -- hints ------------------------------------------------------------------------------------------------

    async def hints(self) -> AsyncIterator[Hint]:
        """See ``Source.hints``."""
        watched = self._watched if "IDLE" in self._capabilities else ()
        news: asyncio.Queue[Hint | SourceError] = asyncio.Queue()
        tasks = [asyncio.create_task(self._watch(folder, news)) for folder in watched]
        if len(watched) < len(self._followed):
            tasks.append(asyncio.create_task(self._poll(news)))
        try:
            while True:
                hint = await news.get()
                if isinstance(hint, SourceError):
                    raise hint
                yield hint
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, folder: str, news: asyncio.Queue[Hint | SourceError]) -> None:
        connection = self._connection(f"watches {folder}")
        self._watchers.append(connection)
        watch = idle.Watch(folder)
        try:
            while True:
                if await connection.run(idle.wait, watch, self.reissue_s):
                    self._glances.tell(folder)
                    news.put_nowait(Hint(folder))
        except SourceError as error:
            news.put_nowait(error)
        finally:
            self._watchers.remove(connection)
            await connection.close()

    async def _poll(self, news: asyncio.Queue[Hint | SourceError]) -> None:
        while True:
            await asyncio.sleep(self.poll_s)
            news.put_nowait(Hint())


def _survey(client: QuietClient) -> tuple[list[Any], wire.Selected]:
    return client.list_folders(), wire.select(client, "INBOX", write=True)


def _whole(client: QuietClient, reading: Reading, want: Want) -> read.Chunk:
    validity, uid = numbers(want.ref)
    if wire.select(client, want.container).validity != validity:
        return read.Chunk((), ())
    return read.messages(read.letters(client, reading, want.container, validity, [uid]), reading)
