"""What leaves for a room: messages with their files, notes, what was read, answers to invitations; and looking for them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agent_tui.domain import shorthand
from agent_tui.domain.errors import Refused, Unsupported
from agent_tui.domain.identifiers import COUNTER_BITS, EPOCH_SECONDS
from agent_tui.domain.model import CaseRef, Marks, Visibility
from agent_tui.domain.operations import MarkRead, Moderate, Note, Reply
from agent_tui.sources.answers import Missing, entries, entry, number, text
from agent_tui.sources.base import Access, FindAnswer, Found, Receipt
from agent_tui.sources.matrix import content as words_of
from agent_tui.sources.matrix.content import NOTE, OURS
from agent_tui.sources.matrix.reading import INVITATION, event_of, parted, time_of
from agent_tui.sources.matrix.rooms import Rooms
from agent_tui.sources.matrix.session import V3, Session
from agent_tui.sources.matrix.settings import USER

FORGETS_MS = 12 * 3_600_000  # Synapse forgets transaction ids after 24 hours
BACK_MS = 36 * 3_600_000  # so much older than an operation its message may seem, by a clock that is wrong
KINDS = {"image": "m.image", "audio": "m.audio", "video": "m.video"}
FORMATTED = 16_000  # bytes of a text that goes out formatted as well: both together must fit into an event
LOOKED = 200  # events in a page of a search for our own


def transaction(reference: str, part: int) -> str:
    """Transaction id of one event of an operation: the same on every attempt."""
    digest = hashlib.blake2b(reference.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"agenttui.{digest}.{part}"


@dataclass(slots=True)
class Sender:
    """Performs operations.

    Args:
        notes_room: id of the room with the notes, or empty.
        upload_limit: bytes of a file, 0: not known.
    """

    access: Access
    session: Session
    rooms: Rooms
    notes_room: str = ""
    upload_limit: int = 0

    # -- messages

    async def reply(self, reply: Reply, case: CaseRef, reference: str, *, look: bool) -> Receipt:
        """Send a reply: its files, then its text, each an event with a transaction id of its own.

        Args:
            look: part of it may be there although the server no longer knows its transaction ids.
        """
        room_id, root = parted(case.conversation)
        if reply.mode not in ("reply", "new"):
            raise Unsupported(f"{self.access.name}: nothing can be forwarded into a room")
        if reply.mode == "new":
            room_id = await self._begin(reply)
        if reply.visibility is Visibility.NOTE:
            raise Unsupported(f"{self.access.name}: a reply is no note")
        if any(ref == INVITATION for _, ref in case.places):
            joined = await self.session.get("joined_rooms")
            if room_id not in (entry(joined).get("joined_rooms") or []):
                raise Refused("this is an invitation: accept it before writing into the room")
        if root and (await self.rooms.room(room_id)).replacement:
            raise Refused("the room of this thread was replaced by a newer one: nothing can be said in it any more")
        room_id = await self.rooms.current(room_id)
        if await self.rooms.encrypted(room_id):
            raise Refused("this room is end-to-end encrypted: nothing can be sent into it from here; use a client with its keys")
        room = await self.rooms.room(room_id)
        if self.rooms.is_public(room) is not (reply.visibility is Visibility.PUBLIC):
            raise Refused(
                "everybody in this room reads what is said there, and the reply was written as a private one"
                if self.rooms.is_public(room)
                else "this room is private, and the reply was written as a public one"
            )
        files = [await self._file(*one) for one in reply.attachments]
        contents: list[dict[str, Any]] = [{} for _ in files]
        if reply.text or not files:
            contents.append({"msgtype": "m.text", "body": reply.text, **_formatted(reply.text)})
        there: dict[int, str] = {}
        for one in await self.rooms.chain(parted(case.conversation)[0] or room_id) if look or reply.mode == "new" else ():
            there = {**await self._parts(one, reply.marker, reply.created_at), **there}
        event_id = ""
        for part, content in enumerate(contents):
            last = part == len(contents) - 1
            if part in there:
                event_id = there[part]
                continue
            if part < len(files):
                content = await self._upload(*files[part])
            content[OURS] = {"reference": reply.marker, "part": part, **({"last": True} if last else {})}
            if reply.mode == "new":
                content[OURS]["to"] = [one.address for one in reply.to]
            self._relate(content, reply, case, root)
            event_id = await self._send(room_id, content, transaction(reference, part))
        return Receipt(remote_id=event_id)

    async def _begin(self, reply: Reply) -> str:
        """The room in which a conversation of ours begins. Its alias comes from the message, so there is never a second."""
        found = await self._begun(reply)
        if found:
            return found
        people = [one.address for one in (*reply.to, *reply.cc)]
        wrong = [one for one in people if not USER.fullmatch(one)]
        if wrong or not people or reply.visibility is not Visibility.PRIVATE:
            raise Refused(f"'{wrong[0] if wrong else ''}' is no Matrix user; write the whole id, such as @rina:example.com")
        body = {
            "preset": "private_chat", "is_direct": True, "invite": people, "room_alias_name": _alias(reply.marker),
            **({"name": reply.subject} if reply.subject else {}),
        }  # fmt: skip
        return text(await self.session.put("createRoom", body, method="POST"), "room_id")

    async def _begun(self, reply: Reply) -> str:
        """The room that was made for a message, or nothing."""
        alias = f"#{_alias(reply.marker)}:{self.session.user_id.partition(':')[2]}"
        try:
            return text(await self.session.get(f"directory/room/{quote(alias)}"), "room_id")
        except Missing:
            return ""

    def _relate(self, content: dict[str, Any], reply: Reply, case: CaseRef, root: str) -> None:
        if not root:
            return
        answered = event_of(reply.answered[1]) if reply.answered else ""
        known = [event_of(ref) for _, ref in case.places if time_of(ref)]
        content["m.relates_to"] = {
            "rel_type": "m.thread", "event_id": root, "is_falling_back": True,
            "m.in_reply_to": {"event_id": answered or (known[-1] if known else root)},
        }  # fmt: skip

    async def _send(self, room_id: str, content: Mapping[str, Any], txn: str) -> str:
        answer = await self.session.put(f"rooms/{quote(room_id)}/send/m.room.message/{quote(txn)}", content)
        return text(answer, "event_id")

    async def _file(self, path: str, name: str, media_type: str) -> tuple[str, str, bytes]:
        folder = self.access.downloads.resolve()
        place = (folder / path).resolve()
        try:
            if not place.is_relative_to(folder):
                raise Refused(f"the attachment '{name}' is not in the workspace")
            content = await asyncio.to_thread(place.read_bytes)
        except OSError as error:
            raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from None
        if self.upload_limit and len(content) > self.upload_limit:
            raise Refused(f"the attachment '{name}' has {len(content)} bytes; the server takes {self.upload_limit}")
        return name, media_type, content

    async def _upload(self, name: str, media_type: str, content: bytes) -> dict[str, Any]:
        address = await self.session.upload(name, media_type, content)
        kind = KINDS.get(media_type.partition("/")[0], "m.file")
        info = {"mimetype": media_type, "size": len(content)}
        return {"msgtype": kind, "body": name, "filename": name, "url": address, "info": info}

    async def note(self, note: Note, case: CaseRef, reference: str, *, look: bool) -> Receipt:
        """Put a note into the room for notes, with a link to what it is about. It never goes anywhere else."""
        room_id, _ = parted(case.conversation)
        if room_id == self.notes_room:
            raise Refused("this case is in the room for notes itself")
        room_id = (await self.rooms.chain(room_id))[0]
        try:
            outside = await self.rooms.members(room_id)
        except Refused:
            outside = frozenset()
        both = sorted(one for one in outside & await self.rooms.members(self.notes_room) if not self.rooms.is_ours(one))
        if both:
            raise Refused(f"{', '.join(both[:3])} would read it: they are in this room and in the room for notes; "
                          "take them out of it, or name them in agents if they are colleagues")
        if look and (there := await self._parts(self.notes_room, note.marker, note.created_at)):
            return Receipt(remote_id=next(iter(there.values())))
        room = await self.rooms.room(room_id)
        newest = next((event_of(ref) for container, ref in reversed(case.places) if container == room_id and time_of(ref)), "")
        link = f"https://matrix.to/#/{quote(room_id)}" + (f"/{quote(newest)}" if newest else "")
        content = {
            "msgtype": "m.text", "body": f"Note by {note.author.label} on {room.subject() or room_id}: {link}\n\n{note.text}",
            OURS: {"reference": note.marker, "part": 0, "last": True},
            NOTE: {"conversation": case.conversation, "reference": note.marker, "author": note.author.label, "text": note.text},
        }  # fmt: skip
        return Receipt(remote_id=await self._send(self.notes_room, content, transaction(reference, 0)))

    # -- looking for them

    async def find(self, operation: Reply | Note, case: CaseRef) -> FindAnswer:
        """Whether the last event of a message is in the timeline of its room: the server always knows."""
        hidden = False
        first = parted(case.conversation)[0]
        if isinstance(operation, Reply) and operation.mode == "new":
            first = await self._begun(operation)
            if not first:
                return FindAnswer(Found.ABSENT, "no room was made for it")
        for room_id in (self.notes_room,) if isinstance(operation, Note) else await self.rooms.chain(first):
            try:
                if await self._parts(room_id, operation.marker, operation.created_at, only_last=True):
                    return FindAnswer(Found.FOUND, "it is in the room")
            except _Hidden:
                hidden = True
        if hidden:
            return FindAnswer(Found.CANNOT_TELL, "a message of ours was taken back in the meantime, and it may be this one")
        return FindAnswer(Found.ABSENT, "it is not in the room")

    async def _parts(self, room_id: str, marker: str, created_at: int, *, only_last: bool = False) -> dict[int, str]:
        """Events of ours with this marker, by the number of their part.

        Raises:
            _Hidden: one that was taken back could be it.
        """
        wanted = {"types": ["m.room.message"], "senders": [self.session.user_id]}
        params = {"dir": "b", "limit": str(LOOKED), "filter": json.dumps(wanted)}
        found: dict[int, str] = {}
        hidden = False
        while True:
            answer = await self.session.get(f"rooms/{quote(room_id)}/messages", params=params)
            events = entries(answer, "chunk")
            for event in events:
                ours = entry(event, "content", OURS)
                at = number(event, "origin_server_ts")
                if text(ours, "reference") == marker and (not only_last or ours.get("last")):
                    found.setdefault(number(ours, "part"), text(event, "event_id"))
                hidden = hidden or (words_of.redacted(event) and at >= created_at - BACK_MS)
            oldest = min((number(one, "origin_server_ts") for one in events), default=0)
            further = text(answer, "end")
            if found and only_last:
                return found
            if not further or further == params.get("from") or (events and oldest < created_at - BACK_MS):
                break
            params = {**params, "from": further}
        if hidden and not found and only_last:
            raise _Hidden
        return found

    # -- everything else

    async def read(self, operation: MarkRead, case: CaseRef) -> Receipt:
        """Say that an agent has read, or that it is to be read again. Others see the first, nobody the second."""
        first, root = parted(case.conversation)
        rooms = await self.rooms.chain(first)
        room_id = rooms[0]
        last = (operation.upto >> COUNTER_BITS) + EPOCH_SECONDS if operation.upto else 1 << 62
        incoming = [one for one in operation.places or case.incoming if one[0] in rooms and time_of(one[1])]
        incoming = [one for one in incoming if time_of(one[1]) // 1000 <= last] if operation.read else incoming[-1:]
        newest = {container: event_of(ref) for container, ref in incoming} if operation.read else {}
        for container, event_id in newest.items():
            await self._receipt(container, event_id, root)
        if not root and await self._marked_unread(room_id) is operation.read:
            await self.session.put(self._unread_path(room_id), {"unread": not operation.read})
        marks = frozenset({Marks.SEEN}) if operation.read else frozenset()
        return Receipt(marks=dict.fromkeys(incoming, marks))

    async def _receipt(self, room_id: str, event_id: str, root: str) -> None:
        if not root:
            body = {"m.read": event_id, "m.fully_read": event_id}
            await self.session.put(f"rooms/{quote(room_id)}/read_markers", body, method="POST")
            return
        path = f"rooms/{quote(room_id)}/receipt/m.read/{quote(event_id)}"
        try:
            await self.session.put(path, {"thread_id": root}, method="POST")
        except Refused:  # an answer to the thread that its author's client did not put into it
            await self.session.put(path, {"thread_id": "main"}, method="POST")

    def _unread_path(self, room_id: str) -> str:
        return f"user/{quote(self.session.user_id)}/rooms/{quote(room_id)}/account_data/m.marked_unread"

    async def _marked_unread(self, room_id: str) -> bool:
        try:
            return entry(await self.session.get(self._unread_path(room_id))).get("unread") is True
        except Missing:
            return False

    async def invitation(self, operation: Moderate) -> Receipt:
        """Come into a room that we are invited to, or decline."""
        room_id, ref = operation.place
        if ref != INVITATION:
            raise Refused("on Matrix only an invitation waits for an answer")
        if operation.action == "approve":
            await self.session.put(f"join/{quote(room_id)}", {}, method="POST")
        elif operation.action == "reject":
            if room_id in (entry(await self.session.get("joined_rooms")).get("joined_rooms") or []):
                raise Refused("the invitation was accepted already; the room is not left")
            await self.session.put(f"rooms/{quote(room_id)}/leave", {}, method="POST")
        return Receipt()

    async def typing(self, conversation: str, *, on: bool) -> None:
        """Let the customer see that somebody writes, or has stopped. In a shared room it would say too little."""
        room_id, root = parted(conversation)
        if root or not room_id:
            return
        room_id = (await self.rooms.chain(room_id))[0]
        path = f"rooms/{quote(room_id)}/typing/{quote(self.session.user_id)}"
        await self.session.put(path, {"typing": on, **({"timeout": TYPING_MS} if on else {})}, api=V3)


TYPING_MS = 12_000


def _alias(marker: str) -> str:
    """Local part of the alias of a room that begins with a message."""
    return f"agent-tui-{hashlib.blake2b(marker.encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"


def _formatted(text: str) -> dict[str, str]:
    """Markdown shorthand as clients show it ("m.room.message msgtypes", ``formatted_body``); nothing where there is none."""
    if len(text.encode()) > FORMATTED or not shorthand.has(text):
        return {}
    return {"format": "org.matrix.custom.html", "formatted_body": shorthand.as_html(text)}


class _Hidden(Exception):
    """What was looked for may have been taken back."""
