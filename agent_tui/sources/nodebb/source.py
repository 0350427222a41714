"""NodeBB as a source: what ``sources.base.Source`` asks for, put together from this package."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import TryLater, Unsupported
from agent_tui.domain.model import Batch, CaseRef, Channel, RemoteMessage, Visibility
from agent_tui.domain.operations import (
    Assign,
    Delete,
    EditMessage,
    MarkRead,
    Moderate,
    Note,
    Operation,
    RemoveMessage,
    Reply,
    SetState,
    Tag,
)
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.nodebb import looking, moderation, sending, triage, wire
from agent_tui.sources.nodebb.account import WRITE, Account
from agent_tui.sources.nodebb.pulling import OLDEST_FIRST, Puller
from agent_tui.sources.nodebb.reading import raw_of


class NodebbSource:
    """One account. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings = access.settings
        self._opened: Account | None = None
        self._touched: dict[str, bool | None] = {}
        self._capabilities: Capabilities | None = None

    def __repr__(self) -> str:
        return f"NodebbSource({self._access.name!r})"

    @property
    def _account(self) -> Account:
        if self._opened is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._opened

    # -- being there

    async def open(self) -> SourceInfo:
        """Log in, see who we are and what the forum has."""
        account = Account(self._access)
        try:
            await account.identify()
            await account.categories()
        except BaseException:
            await account.close()
            raise
        self._opened = account
        self._capabilities = self._able(account)
        return SourceInfo(
            capabilities=self._capabilities, server=f"NodeBB, {account.title or self._settings.url.host}",
            account=account.ours.username,
        )

    def _able(self, account: Account) -> Capabilities:
        operations = {"reply", "tag", "read", "edit", "remove"}
        limits = ["posts in topics are read by everybody", "snooze, priority and star stay on this computer",
                  "the forum tells nobody at once; it is asked again and again"]  # fmt: skip
        moderates = account.ours.moderates
        if moderates and self._settings.close == "topic":
            operations.add("state")
        elif moderates:
            limits.append('closing stays on this computer (close = "local")')
        if moderates:
            operations |= {"delete", "moderate", "note", "assign"}
            limits.append("notes and assigning are kept at the forum for reports only; elsewhere on this computer")
        else:
            limits.append("closing, notes and assigning stay on this computer: the account is no moderator")
        return Capabilities(
            channel=Channel.COMMUNITY, operations=frozenset(operations), live=False, find=Finding.EXACT,
            visibilities=frozenset({Visibility.PUBLIC, Visibility.PRIVATE}), begins=True,
            attachments=True, limits=tuple(limits),
        )  # fmt: skip

    async def close(self) -> None:
        """Let go of the connection."""
        account, self._opened = self._opened, None
        if account is not None:
            await account.close()

    # -- reading

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """Topics and chats that have changed, those with the newest activity first, each from its newest post."""
        async for batch in Puller(self._account, self._touched).pull(cursor, budget):
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
        kind, _, where = want.container.partition("/")
        if not want.ref.isdecimal() or not where.isdecimal() or kind not in ("t", "chat"):
            raise ValueError(want.ref)
        if kind == "chat":
            one = entry(await account.get(f"{WRITE}chats/{where}/messages/{want.ref}"))
            ours = number(one, "fromuid") == account.ours.id
            raw = await raw_of(account, f"chats/{where}/messages/{want.ref}") if ours else None
            return wire.chat_of(one, int(where), "", account.ours, raw)
        index = await account.get(f"{WRITE}posts/{want.ref}/index")
        first = await account.get(f"api/topic/{where}", {"page": 1, "sort": OLDEST_FIRST})
        step = max(1, len(entries(first, "posts")))
        place = index if isinstance(index, int) else number(index, "index")
        page = max(0, place) // step + 1
        shown = first if page == 1 else await account.get(f"api/topic/{where}", {"page": page, "sort": OLDEST_FIRST})
        post = next((one for one in entries(shown, "posts") if str(wire.number_of(one, "pid")) == want.ref), None)
        if post is None:
            raise ValueError(want.ref)
        raw = await raw_of(account, f"posts/{want.ref}") if number(post, "uid") == account.ours.id else None
        return wire.message_of(post, wire.topic_of(first, account.ours), account.ours, raw)

    async def _save(self, account: Account, want: Want) -> Path:
        if not want.ref.isdecimal():
            raise ValueError(want.ref)
        place = f"{self._access.name}\0{want.container}\0{want.ref}\0{want.part}"
        folder = self._access.downloads
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"part-{hashlib.blake2b(place.encode(), digest_size=12).hexdigest()}"
        await account.http.save(want.part, path)
        return path

    # -- writing

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Perform one operation."""
        able = self._capabilities
        if able is None or not able.carries(operation.kind):
            raise Unsupported(f"{self._access.name} has no '{operation.kind}'; it is kept on this computer")
        account = self._account
        self._touch(operation, case)
        flag = moderation.flag_in(case)
        match operation:
            case Reply():
                return await sending.reply(account, operation, case, self._access.downloads)
            case Note() if flag:
                return await moderation.note(account, operation, flag)
            case SetState() if flag:
                return await moderation.set_state(account, operation, flag)
            case SetState():
                return await triage.set_state(account, operation, case)
            case Tag():
                return await triage.tag(account, operation, case)
            case Assign() if flag:
                return await moderation.assign(account, operation, flag)
            case MarkRead():
                return await triage.read(account, operation, case)
            case Delete():
                return await triage.delete(account, case)
            case EditMessage():
                return await sending.edit(account, operation)
            case RemoveMessage():
                return await sending.remove(account, operation)
            case Moderate():
                return await moderation.decide(account, operation)
            case _:
                raise Unsupported("the forum keeps that for reports only; here it is kept on this computer")

    def _touch(self, operation: Operation, case: CaseRef) -> None:
        name = ""
        if case.conversation.isdecimal():
            name = f"t{case.conversation}"
        elif case.conversation.startswith(wire.CHAT) and case.conversation[len(wire.CHAT) :].isdecimal():
            name = f"c{case.conversation[len(wire.CHAT):]}"
        if name:
            said = (not operation.read) if isinstance(operation, MarkRead) else False if isinstance(operation, Reply) else None
            self._touched[name] = said if said is not None else self._touched.get(name)

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Look among what waits for a moderator and in the forum for the mark that our posts bear."""
        flag = moderation.flag_in(case)
        try:
            if isinstance(operation, Note) and flag:
                return await moderation.find_note(self._account, operation, flag)
            if not isinstance(operation, Reply):
                return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
            return (await looking.look(self._account, operation, case)).answer
        except (Missing, Forbidden):
            return FindAnswer(Found.CANNOT_TELL, "the forum no longer shows the topic")

    async def hints(self) -> AsyncIterator[Hint]:
        """None: what NodeBB tells at once it tells browsers with a session only. It is polled."""
        await asyncio.Event().wait()  # until whoever listens goes away
        return
        yield Hint()
