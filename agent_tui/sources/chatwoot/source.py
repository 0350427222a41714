"""The Chatwoot source: what ``sources.base.Source`` asks for, over the modules beside this one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import TryLater, Unsupported
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.model import Batch, CaseRef, Channel, RemoteMessage, Visibility
from agent_tui.domain.operations import Operation
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Missing, entries, text
from agent_tui.sources.base import Access, CannedText, Fetched, FindAnswer, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.chatwoot import act, articles, cable, read
from agent_tui.sources.chatwoot.api import Api
from agent_tui.sources.chatwoot.canned import parse
from agent_tui.sources.chatwoot.pull import Puller
from agent_tui.sources.chatwoot.read import Json, Unreadable
from agent_tui.sources.chatwoot.settings import ChatwootSettings
from agent_tui.sources.http import tls_context

WITHOUT_NEWS_S = 5.0  # how often to look where the websocket is shut off
CABLE_AGAIN = 12  # looks between two attempts to open it

CAPABILITIES = Capabilities(
    channel=Channel.CHAT,
    operations=frozenset({"reply", "note", "state", "snooze", "assign", "tag", "priority", "read"}),
    live=True,
    find=Finding.EXACT,
    visibilities=frozenset({Visibility.PRIVATE, Visibility.NOTE}),
    attachments=True,
    attachment_limit=40_000_000,
    typing=True,
    markdown=True,
    limits=(
        "a conversation is begun by its customer, and only they are answered",
        "whoever opens a conversation again becomes its assignee, if they are no administrator",
        "spam is a resolved conversation with the label 'spam'",
        "a message is stored first and delivered later; a failed delivery gives the text back",
        "stars, deleting and merging stay on this computer",
    ),
)


class ChatwootSource:
    """One account on one Chatwoot server."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: ChatwootSettings = access.settings
        self._api: Api | None = None
        self._puller: Puller | None = None

    def __repr__(self) -> str:
        return f"ChatwootSource({self._access.name!r})"

    async def open(self) -> SourceInfo:
        """Log in, and learn who we are and which inboxes there are."""
        await self.close()
        api = self._api = Api(self._access)
        await api.open()
        self._puller = Puller(api, self._access.mirror)
        return SourceInfo(
            capabilities=CAPABILITIES,
            server=f"Chatwoot at {self._settings.url.host}",
            account=f"{read.handle(api.me)}, account {api.account}",
        )

    async def close(self) -> None:
        """End every connection."""
        api, self._api, self._puller = self._api, None, None
        if api is not None:
            await api.http.close()

    def _opened(self) -> tuple[Api, Puller]:
        if self._api is None or self._puller is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._api, self._puller

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """What has changed since ``cursor``, then what is older, newest first."""
        _, puller = self._opened()
        async for batch in puller.pull(cursor, budget):
            yield batch

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """Whole messages, and attachments as files."""
        api, _ = self._opened()
        messages: list[RemoteMessage] = []
        parts: dict[tuple[str, str, str], Path] = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            found = await self._look_up(api, want)
            if found is None or read.deleted(found[0]):
                missing.append((want.container, want.ref))
            elif not want.part:
                messages.append(read.message(*found))
            elif (url := _part(found[0], want.part)) is None:
                missing.append((want.container, want.ref))
            else:
                target = self._target(want)
                await api.save(url, target)
                parts[want.container, want.ref, want.part] = target
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    async def _look_up(self, api: Api, want: Want) -> tuple[Json, read.Around] | None:
        place = read.place(want.ref)
        if place is None or not want.container.isdecimal():
            return None
        try:
            raw = await api.conversation(int(want.container))
            found = await api.between(int(want.container), place.id, place.id + 1)
            about = read.around(raw, api.inbox_name(raw))
            return next(((one, about) for one in found if read.ref(one) == want.ref), None)
        except (Missing, Unreadable):
            return None

    def _target(self, want: Want) -> Path:
        name = f"{self._access.name}\0{want.container}\0{want.ref}\0{want.part}"
        self._access.downloads.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._access.downloads / f"part-{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}"

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Perform one operation."""
        if not CAPABILITIES.carries(operation.kind):
            raise Unsupported(f"Chatwoot has no '{operation.kind}'; it is kept on this computer")
        api, puller = self._opened()
        try:
            return await act.perform(api, self._access, operation, case)
        finally:
            if case.conversation.isdecimal():
                puller.touched.add(int(case.conversation))

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Look for the marker among the conversation's messages."""
        api, _ = self._opened()
        return await act.find(api, operation, case)

    async def typing(self, conversation: str, on: bool) -> None:
        """Show the customer that somebody is writing, or no longer."""
        api, _ = self._opened()
        if conversation.isdecimal():
            body = {"typing_status": "on" if on else "off", "is_private": False}
            await api.post(f"conversations/{conversation}/toggle_typing_status", body)

    async def canned(self) -> tuple[CannedText, ...]:
        """The account's canned responses, for the canned library."""
        api, _ = self._opened()
        return parse(await api.get("canned_responses"))

    async def articles(self, place: str) -> tuple[HelpArticle, ...]:
        """The published articles of a portal of the account's help centre, for the policy library."""
        api, _ = self._opened()
        return await articles.read(api, place)

    async def hints(self) -> AsyncIterator[Hint]:
        """What the cable says; where it is shut off, a look every few seconds. The first hint comes at once."""
        api, puller = self._opened()
        tls = tls_context(self._settings.ca_file) if self._settings.url.scheme == "https" else None
        identity = {"pubsub_token": text(api.me, "pubsub_token"), "account_id": api.account, "user_id": api.me.get("id")}
        while True:
            try:
                async with contextlib.aclosing(cable.listen(self._settings.url, tls, identity)) as events:
                    async for event in events:
                        hint = self._heard(event, puller)
                        if hint is not None:
                            yield hint
            except TryLater:
                for _ in range(CABLE_AGAIN):
                    yield Hint()
                    await asyncio.sleep(WITHOUT_NEWS_S)

    def _heard(self, event: cable.Event, puller: Puller) -> Hint | None:
        if event.name.startswith("conversation.typing"):
            on = event.name.endswith("_on") and event.who
            return Hint(str(event.conversation), clean(event.who, multiline=False)) if on else None
        if event.name in ("presence.update", "account.cache_invalidated") or event.name.startswith("notification."):
            return None
        if event.conversation:
            puller.touched.add(event.conversation)
            if event.name == "message.updated" and event.message:
                puller.revised.setdefault(event.conversation, set()).add(event.message)
        return Hint(str(event.conversation) if event.conversation else "")


def _part(raw: Json, part: str) -> str | None:
    return next((text(one, "data_url") for one in entries(raw, "attachments") if str(one.get("id")) == part), None)
