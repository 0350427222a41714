"""The Bluesky source: what ``sources.base.Source`` asks for. See ``docs/sources/bluesky.md`` for what maps to what."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from agent_tui.domain import posts
from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import Refused, TryLater, Unsupported
from agent_tui.domain.model import Batch, CaseRef, Channel, RemoteMessage, Visibility
from agent_tui.domain.operations import MarkRead, Operation, Reply
from agent_tui.sources.answers import number
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.bluesky import reading, sending
from agent_tui.sources.bluesky.chat import NAME, Chat
from agent_tui.sources.bluesky.cursor import Cursor
from agent_tui.sources.bluesky.pulling import Puller
from agent_tui.sources.bluesky.session import Session
from agent_tui.sources.bluesky.settings import BlueskySettings
from agent_tui.sources.bluesky.thread import Ours

FOREVER_MS = 10 * 365 * 86_400_000  # a record key is known as long as the repository exists
LOOK_EVERY_S = 20.0


class BlueskySource:
    """One account. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: BlueskySettings = access.settings
        self._opened: Session | None = None
        self._puller: Puller | None = None
        self._chat: Chat | None = None
        self._touched: dict[str, set[str]] = {}

    def __repr__(self) -> str:
        return f"<BlueskySource {self._access.name}>"

    # -- open and close

    async def open(self) -> SourceInfo:
        """See ``Source.open``."""
        await self.close()
        session = Session(self._access)
        try:
            await session.login()
        except BaseException:
            await session.close()
            raise
        ours = Ours(session.did, session.handle, frozenset(self._settings.agents))
        chat = Chat(session, ours)
        self._opened = session
        self._chat = chat if self._settings.messages and await chat.allowed() else None
        self._puller = Puller(session, ours, self._touched)
        return SourceInfo(
            capabilities=self._able(), server=f"Bluesky, {self._settings.url.host}", account=f"@{session.handle}"
        )

    def _able(self) -> Capabilities:
        limits = [
            f"a post holds {posts.PUBLIC.graphemes} characters and {posts.PUBLIC.size} bytes; longer replies become a thread",
            "posts are read by everybody; state, assignee, tags and notes have no place there and stay on this computer",
            "read goes as far as nothing older is unread; unread stays on this computer",
        ]
        visibilities = {Visibility.PUBLIC}
        if self._chat is not None:
            visibilities.add(Visibility.PRIVATE)
            limits.append(f"a direct message holds {posts.DIRECT.graphemes} characters and no files; longer ones become several")
        elif self._settings.messages:
            limits.append("direct messages are not read: make an app password that allows them, or set messages = false")
        return Capabilities(
            channel=Channel.SOCIAL, operations=frozenset({Reply.kind, MarkRead.kind}), live=False, find=Finding.EXACT,
            visibilities=frozenset(visibilities), idempotency_ms=FOREVER_MS, attachments=True,
            attachment_limit=posts.PUBLIC.image_size, limits=tuple(limits), begins=self._chat is not None,
        )  # fmt: skip

    async def close(self) -> None:
        """See ``Source.close``."""
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()

    def _open(self) -> tuple[Session, Puller]:
        if self._opened is None or self._puller is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._opened, self._puller

    # -- reading

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        session, puller = self._open()
        state = Cursor.load(cursor, session.did)
        done = 0
        async for batch in puller.pull(state, budget):
            done = batch.done
            yield replace(batch, cursor=state.dump(), more=True)
        if self._chat is not None:
            async for batch in self._chat.pull(state, max(1, budget - done)):
                yield replace(batch, cursor=state.dump(), more=True)
        yield Batch(cursor=state.dump(), more=state.more, done=done)

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """See ``Source.fetch``."""
        session, puller = self._open()
        messages: list[RemoteMessage] = []
        parts: dict[tuple[str, str, str], Path] = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            try:
                if want.part:
                    parts[want.container, want.ref, want.part] = await self._picture(session, want)
                elif self._chat is not None and want.container.startswith(NAME):
                    messages.append(await self._chat.message(want.container, want.ref))
                else:
                    messages.append(await puller.message(want.container, want.ref))
            except Refused:
                missing.append((want.container, want.ref))
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    async def _picture(self, session: Session, want: Want) -> Path:
        place = f"{self._access.name}\0{want.part}"
        self._access.downloads.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._access.downloads / f"part-{hashlib.blake2b(place.encode(), digest_size=12).hexdigest()}"
        await session.save(want.part, target)
        return target

    # -- acting

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """See ``Source.push``."""
        del reference  # the marker is as unique, and is what a post bears
        if not isinstance(operation, Reply | MarkRead):
            raise Unsupported(f"{self._access.name}: Bluesky holds no '{operation.kind}'; it is kept on this computer")
        session, puller = self._open()
        if isinstance(operation, MarkRead):
            if self._chat is not None and case.conversation.startswith(NAME):
                return await self._chat.read(operation, case)
            return await reading.mark(session, puller, operation, case)
        if operation.visibility not in self._able().visibilities:
            note = operation.visibility is Visibility.NOTE
            raise Unsupported(f"{self._access.name}: " + ("a reply is no note" if note else "direct messages are switched off"))
        if self._chat is not None and (case.conversation.startswith(NAME) or operation.mode != "reply"):
            return await self._chat.send(operation, case, self._access.downloads)
        receipt = await sending.post(session, operation, case, self._access.downloads)
        self._touched.setdefault(case.conversation, set()).add(receipt.remote_id)
        return receipt

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """See ``Source.find``."""
        del reference
        session, _ = self._open()
        if not isinstance(operation, Reply):
            return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
        if self._chat is not None and operation.visibility is Visibility.PRIVATE:
            return await self._chat.find(operation, case, self._access.downloads)
        return await sending.find(session, operation, self._access.downloads)

    async def hints(self) -> AsyncIterator[Hint]:
        """Nobody tells a client anything: ask now and then how much is unread, which costs the network little."""
        session, _ = self._open()
        before = -1
        while True:
            count = number(await session.get("app.bsky.notification.getUnreadCount"), "count", default=-1)
            if count > before >= 0 or (self._chat is not None and await self._chat.changed()):
                yield Hint()
            before = count
            await asyncio.sleep(LOOK_EVERY_S)
