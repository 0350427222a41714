"""The Matrix source: what ``sources.base.Source`` asks for, over the modules beside this one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import Refused, TryLater, Unsupported
from agent_tui.domain.model import Batch, CaseRef, Channel, RemoteMessage, Visibility
from agent_tui.domain.operations import MarkRead, Moderate, Note, Operation, Reply
from agent_tui.sources.answers import Missing, entries, entry, number, text
from agent_tui.sources.base import Access, Fetched, FindAnswer, Found, Hint, Receipt, SourceInfo, Want
from agent_tui.sources.matrix.content import MXC
from agent_tui.sources.matrix.pull import Puller, sync_filter
from agent_tui.sources.matrix.reading import Reader, event_of
from agent_tui.sources.matrix.rooms import Rooms, learn_from_sync
from agent_tui.sources.matrix.sending import FORGETS_MS, Sender
from agent_tui.sources.matrix.session import V1, Session
from agent_tui.sources.matrix.settings import MatrixSettings

POLL_MS = 30_000
POLL_WAIT_S = 60.0
VISIBILITIES = frozenset({Visibility.PRIVATE, Visibility.PUBLIC})


class MatrixSource:
    """One account on a homeserver. See ``sources.base.Source``."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: MatrixSettings = access.settings
        self._session: Session | None = None
        self._reader: Reader | None = None
        self._puller: Puller | None = None
        self._sender: Sender | None = None

    def __repr__(self) -> str:
        return f"<MatrixSource {self._access.name}>"

    # -- open and close

    async def open(self) -> SourceInfo:
        """See ``Source.open``."""
        await self.close()
        session = self._session = Session(self._access)
        versions = await session.versions()
        await session.login()
        settings = self._settings
        ours = frozenset(one.lower() for one in (session.user_id, *settings.agents))
        shared = frozenset([await self._room_id(session, one) for one in settings.shared])
        notes_room = await self._room_id(session, settings.notes_room) if settings.notes_room else ""
        if notes_room:
            await self._check_notes_room(session, notes_room, shared)
        rooms = Rooms(session, shared, ours)
        self._reader = Reader(self._access, session, rooms, notes_room)
        self._puller = Puller(self._reader, settings.accept)
        limit = await self._upload_limit(session)
        self._sender = Sender(self._access, session, rooms, notes_room, limit)
        return SourceInfo(
            capabilities=self._can(limit),
            server=f"{settings.url.host} Matrix {versions[-1]}" if versions else settings.url.host,
            account=session.user_id,
        )

    def _can(self, limit: int = 0) -> Capabilities:
        operations = {Reply.kind, MarkRead.kind, Moderate.kind}
        limits = [
            "a room holds no state, assignee, tags, priority or snooze: those stay on this computer",
            "encrypted rooms can neither be read nor answered here",
        ]
        if self._settings.notes_room:
            operations.add(Note.kind)
        else:
            limits.append("notes stay on this computer; notes_room names a room that keeps them for colleagues")
        return Capabilities(
            channel=Channel.CHAT, operations=frozenset(operations), live=True, find=Finding.EXACT, visibilities=VISIBILITIES,
            idempotency_ms=FORGETS_MS, attachments=True, attachment_limit=limit, typing=True, begins=True, markdown=True,
            limits=tuple(limits),
        )  # fmt: skip

    async def _room_id(self, session: Session, name: str) -> str:
        if name.startswith("!"):
            return name
        try:
            return text(await session.get(f"directory/room/{quote(name)}"), "room_id")
        except Missing:
            raise Refused(f"there is no room {name}; mend its name in workspace.toml, or make the room") from None

    async def _check_notes_room(self, session: Session, room_id: str, shared: frozenset[str]) -> None:
        """Notes must not end where customers read."""
        name = self._settings.notes_room
        if room_id in shared:
            raise Refused(f"notes_room {name} is also in shared: customers would read the notes; name another room")
        if room_id not in (entry(await session.get("joined_rooms")).get("joined_rooms") or []):
            raise Refused(f"{session.user_id} is not in notes_room {name}; invite it and accept with another client")
        room = await Rooms(session, frozenset(), frozenset()).room(room_id)
        if room.public:
            raise Refused(f"notes_room {name} can be read by everybody; make it private, or name another room")
        if room.encrypted:
            raise Refused(f"notes_room {name} is end-to-end encrypted and cannot be used; name a room that is not")

    async def _upload_limit(self, session: Session) -> int:
        try:
            return number(await session.get("media/config", api=V1), "m.upload.size")
        except Refused:
            return 0

    async def close(self) -> None:
        """See ``Source.close``."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> tuple[Session, Reader, Puller, Sender]:
        if self._session is None or self._reader is None or self._puller is None or self._sender is None:
            raise TryLater(f"{self._access.name} is not open")
        return self._session, self._reader, self._puller, self._sender

    # -- reading

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        _, _, puller, _ = self._open()
        async for batch in puller.pull(cursor, budget):
            yield batch

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """See ``Source.fetch``."""
        session, reader, _, _ = self._open()
        messages: list[RemoteMessage] = []
        parts = {}
        missing: list[tuple[str, str]] = []
        for want in wants:
            place = (want.container, want.ref)
            found = MXC.fullmatch(want.part)
            if want.part and found is None:
                missing.append(place)
            elif found is not None:
                name = hashlib.blake2b(f"{self._access.name}\0{want.part}".encode(), digest_size=12).hexdigest()
                self._access.downloads.mkdir(parents=True, exist_ok=True, mode=0o700)
                target = self._access.downloads / f"part-{name}"
                try:
                    await session.download(found[1], found[2], target)
                    parts[(want.container, want.ref, want.part)] = target
                except Missing:
                    missing.append(place)
            else:
                event = await reader.event(want.container, event_of(want.ref))
                read = await reader.read(want.container, [event] if event else [], stored=True)
                messages += [one for one in read.messages.values() if one.ref == want.ref]
                if want.ref not in read.messages:
                    missing.append(place)
        return Fetched(messages=tuple(messages), parts=parts, missing=tuple(missing))

    # -- acting

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """See ``Source.push``."""
        if not self._can().carries(operation.kind):
            raise Unsupported(f"{self._access.name}: a Matrix room holds no '{operation.kind}'; it is kept on this computer")
        _, _, puller, sender = self._open()
        if isinstance(operation, Reply | Note):
            now = self._access.now()
            look = operation.created_at < puller.device_since or now - operation.created_at > FORGETS_MS
            if isinstance(operation, Reply):
                return await sender.reply(operation, case, reference, look=look)
            return await sender.note(operation, case, reference, look=look)
        if isinstance(operation, MarkRead):
            return await sender.read(operation, case)
        assert isinstance(operation, Moderate)
        return await sender.invitation(operation)

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """See ``Source.find``."""
        _, _, _, sender = self._open()
        if not isinstance(operation, Reply | Note):
            return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
        return await sender.find(operation, case)

    async def typing(self, conversation: str, on: bool) -> None:
        """See ``ShowsTyping.typing``."""
        _, _, _, sender = self._open()
        await sender.typing(conversation, on=on)

    # -- hints

    async def hints(self) -> AsyncIterator[Hint]:
        """A long poll of ``/sync`` beside the one that pulls: it says that there is something, and who is typing."""
        session, reader, puller, _ = self._open()
        since = puller.since
        if not since:
            nothing = '{"room":{"rooms":[]},"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]}}'
            since = text(await session.get("sync", params={"timeout": "0", "filter": nothing}), "next_batch")
        yield Hint()
        params = {"timeout": str(POLL_MS), "filter": sync_filter(1, typing=True)}
        while True:
            answer = await session.get("sync", params={**params, "since": since}, wait_s=POLL_WAIT_S)
            since = text(answer, "next_batch") or since
            for hint in self._said(reader, entry(answer, "rooms")):
                yield hint

    def _said(self, reader: Reader, rooms: dict[str, Any]) -> list[Hint]:
        hints = [Hint(room_id) for kind in ("invite", "leave") for room_id in entry(rooms, kind)]
        for room_id, joined in entry(rooms, "join").items():
            room = reader.rooms.known(room_id)
            learn_from_sync(room, entry(joined))
            ephemeral = entries(joined, "ephemeral", "events")
            news = any(entries(joined, part, "events") for part in ("timeline", "state", "account_data"))
            if news or any(_read_by(reader.session.user_id, one) for one in ephemeral):
                hints.append(Hint(room_id))
            for one in ephemeral:
                users = entry(one, "content").get("user_ids")
                if text(one, "type") == "m.typing" and isinstance(users, list):
                    hints += [Hint(room_id, room.name(user)) for user in users[:5]
                              if isinstance(user, str) and not reader.rooms.is_ours(user)]
        return hints


def _read_by(user: str, event: dict[str, Any]) -> bool:
    kinds = [kind for event_id in entry(event, "content") for kind in entry(event, "content", event_id)]
    return text(event, "type") == "m.receipt" and any(
        user in entry(event, "content", event_id, kind) for event_id in entry(event, "content") for kind in set(kinds)
    )
