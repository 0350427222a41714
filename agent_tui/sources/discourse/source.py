"""The Discourse Source: one account on one forum. See ``docs/sources/discourse.md`` for what maps to what."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import TryLater, Unsupported
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.model import Batch, CaseRef, Channel, RemoteMessage, Visibility
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    EditMessage,
    MarkRead,
    Moderate,
    Note,
    Operation,
    RemoveMessage,
    Reply,
    SetState,
    Snooze,
    Tag,
)  # fmt: skip
from agent_tui.sources.answers import Forbidden, Missing, number
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.discourse import articles, looking, reviews, sending, triage, wire
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.bus import Bus
from agent_tui.sources.discourse.pulling import Puller
from agent_tui.sources.discourse.queues import Queue, queues_of

MEMORY_MS = 100_000  # an admin key's post is known again for 120 s


class DiscourseSource:
    """One account. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings = access.settings
        self._opened: Account | None = None
        self._queues: tuple[Queue, ...] = ()
        self._bus: Bus | None = None
        self._touched: set[int] = set()
        self._capabilities: Capabilities | None = None

    def __repr__(self) -> str:
        return f"DiscourseSource({self._access.name!r})"

    @property
    def _account(self) -> Account:
        if self._opened is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._opened

    # -- being there

    async def open(self) -> SourceInfo:
        """Log in, see who we are, what the forum has, and whether its message bus lets us in."""
        account = Account(self._access)
        try:
            await account.identify()
            self._queues = queues_of(self._settings, self._settings.username, await account.categories())
            bus = Bus(account)
            self._bus = bus if await bus.works() else None
        except BaseException:
            await account.close()
            raise
        self._opened = account
        self._capabilities = self._able(account)
        return SourceInfo(
            capabilities=self._capabilities, server=f"Discourse, {account.title or self._settings.url.host}",
            account=account.ours.username,
        )

    def _able(self, account: Account) -> Capabilities:
        ours, settings = account.ours, self._settings
        operations = {"reply", "tag", "snooze", "edit", "read", "remove", "solution"}
        visibilities = {Visibility.PUBLIC, Visibility.PRIVATE}
        limits = ["posts in topics are read by everybody", "priority and star stay on this computer"]
        if settings.close == "topic":
            operations.add("state")
        else:
            limits.append('closing stays on this computer (close = "local")')
        if ours.whispers:
            operations.add("note")
            visibilities.add(Visibility.NOTE)
        else:
            limits.append("notes stay on this computer: the account may not whisper")
        if ours.assigns:
            operations.add("assign")
        else:
            limits.append("assigning stays on this computer: the account may not assign at the forum")
        if ours.reviews:
            operations.add("moderate")
        return Capabilities(
            channel=Channel.COMMUNITY, operations=frozenset(operations), live=self._bus is not None, find=Finding.EXACT,
            visibilities=frozenset(visibilities), begins=True,
            idempotency_ms=MEMORY_MS if settings.key == "admin" else 0,
            attachments=True, markdown=True, limits=tuple(limits),
        )

    async def close(self) -> None:
        """Let go of the connection."""
        account, self._opened = self._opened, None
        if account is not None:
            await account.close()

    # -- reading

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """Topics that have changed, those with the newest activity first, each from its newest post."""
        async for batch in Puller(self._account, self._queues, self._touched).pull(cursor, budget):
            yield batch

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """Posts whole, and the files in them."""
        account = self._account
        messages: list[RemoteMessage] = []
        parts: dict[tuple[str, str, str], Path] = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            try:
                if want.part:
                    parts[want.container, want.ref, want.part] = await self._save(account, want)
                else:
                    messages.append(await self._message(account, want))
            except (Missing, Forbidden, ValueError):
                missing.append((want.container, want.ref))
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    async def _message(self, account: Account, want: Want) -> RemoteMessage:
        if not want.container.startswith("t/") or not want.ref.isdecimal():
            raise ValueError(want.ref)
        topic = want.container.removeprefix("t/")
        raw = await account.get(f"t/{int(topic)}.json", {"include_raw": 1})
        posts = wire.posts_of(raw)
        if not any(number(one, "id") == int(want.ref) for one in posts):
            posts = wire.posts_of(await account.get(f"t/{topic}/posts.json", {"post_ids[]": [want.ref], "include_raw": 1}))
        post = next((one for one in posts if str(number(one, "id")) == want.ref), None)
        if post is None:
            raise ValueError(want.ref)
        return wire.message_of(post, wire.topic_of(raw, account.ours, wire.staff_of(raw)), account.ours, account.base)

    async def _save(self, account: Account, want: Want) -> Path:
        if not want.ref.isdecimal() or not want.container.startswith("t/"):
            raise ValueError(want.ref)
        place = f"{self._access.name}\0{want.container}\0{want.ref}\0{want.part}"
        folder = self._access.downloads
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"part-{hashlib.blake2b(place.encode(), digest_size=12).hexdigest()}"
        account.pace.asked(self._access.now())
        await account.http.save(want.part, path, elsewhere=True)
        return path

    # -- writing

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Perform one operation."""
        able = self._capabilities
        if able is None or not able.carries(operation.kind):
            raise Unsupported(f"{self._access.name} has no '{operation.kind}'; it is kept on this computer")
        account = self._account
        if case.conversation.isdecimal():
            self._touched.add(int(case.conversation))
        match operation:
            case Reply():
                return await sending.reply(account, operation, case, self._access.downloads)
            case Note():
                return await sending.note(account, operation, case)
            case SetState():
                return await triage.set_state(account, operation, case)
            case Tag():
                return await triage.tag(account, operation, case)
            case Assign():
                return await triage.assign(account, operation, case)
            case Snooze():
                return await triage.snooze(account, operation, case, self._access.now())
            case AcceptAnswer():
                return await triage.solution(account, operation)
            case EditMessage():
                return await sending.edit(account, operation)
            case MarkRead():
                return await triage.read(account, operation, case)
            case RemoveMessage():
                return await sending.remove(account, operation)
            case Moderate():
                return await reviews.decide(account, operation)
            case _:
                raise Unsupported(f"{self._access.name} has no '{operation.kind}'; it is kept on this computer")

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Look among what waits for a moderator and in the topic for the mark that our posts bear."""
        if not isinstance(operation, Reply | Note):
            return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
        try:
            return (await looking.look(self._account, operation, case)).answer
        except (Missing, Forbidden):
            return FindAnswer(Found.CANNOT_TELL, "the forum no longer shows the topic")

    async def articles(self, place: str) -> tuple[HelpArticle, ...]:
        """The first post of each topic of a category, for the policy library."""
        return await articles.read(self._account, place)

    async def hints(self) -> AsyncIterator[Hint]:
        """What the message bus says; where it does not let us in, nothing: then the forum is polled."""
        bus = self._bus
        if bus is None:
            await asyncio.Event().wait()  # until whoever listens goes away
            return
        async for hint in bus.hints():
            yield hint
