"""Direct messages, from the chat service through the account's own server (lexicons ``chat.bsky.convo.*``).

The service has no reference that a message could be known again by. So each message of ours bears ours as a facet of a kind
that other programs ignore; where a service should drop it, only a person can tell whether a message of the same words is this
one, and is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_tui.domain import posts
from agent_tui.domain.errors import Conflict, Refused, SourceError, Unsupported
from agent_tui.domain.identifiers import COUNTER_BITS, EPOCH_SECONDS
from agent_tui.domain.model import (
    Author,
    Batch,
    CaseRef,
    Direction,
    MarkChange,
    Marks,
    RemoteCase,
    RemoteMessage,
    Removal,
    Role,
    Visibility,
)
from agent_tui.domain.operations import MarkRead, Reply
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.base import FindAnswer, Found, Receipt
from agent_tui.sources.bluesky import facets, wire
from agent_tui.sources.bluesky.cursor import Cursor
from agent_tui.sources.bluesky.sending import dids_of, plan_of
from agent_tui.sources.bluesky.session import Session
from agent_tui.sources.bluesky.thread import REVISION, Ours

NAME = "dm:"
API = "chat.bsky.convo."
PAGE = 100
LOGS = 20  # pages of the log in one round
AT = "at:"  # a mark of our own: when a message was sent
SKEW_MS = 15 * 60_000  # by which clocks may differ
FOREIGN = "an answer accepts this request to begin a conversation"


@dataclass(slots=True)
class Chat:
    """The direct messages of one open account.

    Args:
        sent: messages that were sent from here, by id -> marker.
        newest: what the conversations' list began with when it was looked at last.
    """

    session: Session
    ours: Ours
    sent: dict[str, str] = field(default_factory=dict)
    newest: str = ""

    async def allowed(self) -> bool:
        """Whether the account's app password lets us read direct messages."""
        try:
            await self._get("listConvos", limit=1)
        except (Forbidden, Missing):
            return False
        except SourceError:
            pass  # away for the moment: what is wrong is said when they are pulled
        return True

    async def _get(self, method: str, **params: Any) -> Any:
        return await self.session.get(f"{API}{method}", params, chat=True)

    async def changed(self) -> bool:
        """Whether something has happened since it was asked last."""
        top = next(iter(entries(await self._get("listConvos", limit=1), "convos")), {})
        before, self.newest = self.newest, text(top, "rev")
        return bool(before) and before != self.newest

    # -- reading

    async def pull(self, state: Cursor, budget: int) -> AsyncIterator[Batch]:
        """What is new or has changed. The caller puts the cursor into each batch."""
        self.session.spare()
        if not state.log and not state.chat_pages:
            state.chat_pages = [""]
        first = bool(state.chat_pages)
        while state.chat_pages:
            await self._list(state)
            yield Batch(cursor="", more=True, backfill=True)
        async for batch in self._log(state):
            yield batch
        while state.convos and budget > 0:
            name = max(state.convos, key=lambda one: (state.convos[one], one))
            batch = await self._convo(state, name, min(PAGE, budget), backfill=first)
            budget -= len(batch.messages)
            yield batch

    async def _list(self, state: Cursor) -> None:
        at = state.chat_pages.pop()
        answer = await self._get("listConvos", limit=PAGE, **({"cursor": at} if at else {}))
        found = entries(answer, "convos")
        for one in found:
            state.log = max(state.log, text(one, "rev"))
            time = wire.moment(entry(one, "lastMessage").get("sentAt"))
            if time is not None and time >= self._oldest():
                state.convos[f"{text(one, 'id')} "] = time
        further = text(answer, "cursor")
        if further and further != at and found:
            state.chat_pages.append(further)

    def _oldest(self) -> int:
        history = self.session.settings.history_ms
        return 0 if history is None else self.session.access.now() - history

    async def _log(self, state: Cursor) -> AsyncIterator[Batch]:
        """Which conversations have changed, and what was deleted."""
        for _ in range(LOGS if state.log else 0):
            answer = await self._get("getLog", cursor=state.log)
            logs = entries(answer, "logs")
            removals = []
            for one in logs:
                convo, what = text(one, "convoId"), text(one, "$type").rpartition("#")[2]
                time = wire.moment(entry(one, "message").get("sentAt")) or self.session.access.now()
                if what == "logDeleteMessage":
                    removals.append(Removal(f"{NAME}{convo}", wire.line(text(one, "message", "id"))))
                elif convo:
                    state.convos[f"{convo} "] = max(time, state.convos.get(f"{convo} ", 0))
            state.log = max(state.log, text(answer, "cursor"), *(text(one, "rev") for one in logs))
            if removals:
                yield Batch(cursor="", removals=tuple(removals), more=True)
            if not logs:
                return

    async def _convo(self, state: Cursor, name: str, limit: int, *, backfill: bool) -> Batch:
        """A page of a conversation, from its newest message or from where reading stopped."""
        time = state.convos.pop(name)
        convo, at = name.split(" ", 1)
        conversation = f"{NAME}{convo}"
        try:
            view = entry(await self._get("getConvo", convoId=convo), "convo")
            answer = await self._get("getMessages", convoId=convo, limit=limit, **({"cursor": at} if at else {}))
        except (Missing, Forbidden):  # we have left it
            return Batch(cursor="", removals=(Removal(conversation, ""),), more=True)
        people = {one.did: one for one in (wire.person_of(raw) for raw in entries(view, "members"))}
        people |= {one.did: one for one in (wire.person_of(raw) for raw in entries(answer, "relatedProfiles"))}
        here = dict(self.session.access.mirror.places(conversation))
        unread = number(view, "unreadCount") if not at else 0
        messages, marks, removals = [], [], []
        for raw in entries(answer, "messages"):
            ref = wire.line(text(raw, "id"))
            if text(raw, "$type").endswith("#deletedMessageView"):
                removals += [Removal(conversation, ref)] if ref in here else []
                continue
            one = self._message(raw, view, people, conversation, seen=unread <= 0)
            if one is None:
                continue
            unread -= one.direction is Direction.IN
            stored = here.get(one.ref)
            if stored is None or not one.marks - {Marks.SEEN} <= stored:
                messages.append(one)
            elif Marks.SEEN in one.marks and Marks.SEEN not in stored:
                marks.append(MarkChange(conversation, one.ref, stored | {Marks.SEEN}))
        further = text(answer, "cursor")
        # From the newest on, what is here already ends it; where it goes on below, only a page that is here as a whole does.
        known = [text(one, "id") in here for one in entries(answer, "messages")]
        if further and further != at and known and not (all(known) if at else any(known)):
            oldest = min((one.received_at for one in messages), default=time)
            state.convos[f"{convo} {further}"] = min(oldest, time)
        case = RemoteCase(conversation=conversation, subject=self._subject(people))
        return Batch(
            cursor="", messages=tuple(messages), cases=(case,) if messages else (), marks=tuple(marks),
            removals=tuple(removals), more=True, backfill=backfill,
        )  # fmt: skip

    async def message(self, conversation: str, ref: str) -> RemoteMessage:
        """One message as it is now.

        Raises:
            Missing: it is no longer there.
        """
        convo, at = conversation.removeprefix(NAME), ""
        view = entry(await self._get("getConvo", convoId=convo), "convo")
        people = {one.did: one for one in (wire.person_of(raw) for raw in entries(view, "members"))}
        seen = Marks.SEEN in dict(self.session.access.mirror.places(conversation)).get(ref, ())
        while True:
            answer = await self._get("getMessages", convoId=convo, limit=PAGE, **({"cursor": at} if at else {}))
            found = entries(answer, "messages")
            raw = next((one for one in found if text(one, "id") == ref), None)
            one = self._message(raw, view, people, conversation, seen=seen) if raw is not None else None
            if one is not None:
                return one
            further = text(answer, "cursor")
            if raw is not None or not found or not further or further == at:
                raise Missing(f"the message {wire.line(ref)} is no longer there")
            at = further

    def _subject(self, people: dict[str, wire.Person]) -> str:
        names = sorted(one.name for one in people.values() if one.did != self.ours.did)
        return f"Conversation with {', '.join(names[:3])}" if names else "Conversation"

    def _message(
        self, raw: dict[str, Any], view: dict[str, Any], people: dict[str, wire.Person], conversation: str, *, seen: bool
    ) -> RemoteMessage | None:
        ref, time = wire.line(text(raw, "id")), wire.moment(raw.get("sentAt"))
        did = text(raw, "sender", "did")
        if not ref or time is None or not did or not isinstance(raw.get("text"), str):
            return None  # a line about a group
        who = people.get(did) or wire.Person(wire.line(did), wire.line(did), wire.line(did))
        found = entries(raw, "facets")
        words = clean(wire.spelled(text(raw, "text"), found)).strip()
        beside, _ = wire.embedded(entry(raw, "embed"), words)
        reactions = " ".join(dict.fromkeys(wire.line(text(one, "value"), 12) for one in entries(raw, "reactions")))
        shown = "\n\n".join(filter(None, (words, *beside, f"[reactions: {reactions}]" if reactions else "")))
        mine = did == self.ours.did
        out = mine or who.address.lower() in self.ours.handles
        ours = _ours(found) if mine else {}
        side = bool(ours) and number(ours, "part") < number(ours, "parts", default=1) - 1
        labels = wire.labels([], [one for raw in entries(view, "members") for one in entries(raw, "labels")], self.ours.did)
        request = text(view, "status") == "request"
        warning = "" if out else "; ".join(filter(None, (FOREIGN if request else "", labels)))
        digest = hashlib.blake2b(f"{shown}\0{warning}".encode("utf-8", "replace"), digest_size=6).hexdigest()
        return RemoteMessage(
            ref=ref, container=conversation, key=f"{conversation}/{ref}", conversation=conversation,
            direction=Direction.OUT if out else Direction.IN, visibility=Visibility.PRIVATE,
            author=Author(who.name, who.address, Role.AGENT if out else Role.CUSTOMER), received_at=time, sent_at=time,
            text=shown, fresh_text=shown, marker="" if side else wire.line(text(ours, "reference")) or self.sent.get(ref, ""),
            marks=frozenset({f"{REVISION}{digest}", f"{AT}{time}", *({Marks.SEEN} if seen or out else ())}), automatic=side,
            warning=warning, size=len(shown.encode("utf-8", "replace")),
        )  # fmt: skip

    # -- sending

    async def send(self, reply: Reply, case: CaseRef, folder: Path) -> Receipt:
        """Say something in a conversation, or begin one. Parts that an earlier attempt left are not sent again.

        Raises:
            Unsupported, Refused, Conflict, TryLater, OutcomeUnknown, AuthenticationError
        """
        if reply.visibility is Visibility.PUBLIC:
            raise Conflict("this conversation is private: a public reply is not sent into it")
        plan = plan_of(reply, folder, posts.DIRECT)
        convo = await self._where(reply, case)
        there, _ = await self._look(convo, reply)
        dids = await dids_of(self.session, plan.parts)
        ref = ""
        for place, part in enumerate(plan.parts):
            if place in there:
                ref = there[place]
                continue
            mark = {"$type": wire.OURS, "reference": reply.marker, "part": place, "parts": len(plan.parts)}
            own = {"index": {"byteStart": 0, "byteEnd": 0}, "features": [mark]}
            message = {"text": part.text, "facets": [*facets.facets(part.text, dids), own]}
            try:
                made = await self.session.post(f"{API}sendMessage", {"convoId": convo, "message": message}, chat=True)
            except Refused as error:
                sent = f"; {place} of {len(plan.parts)} messages were sent before" if place else ""
                raise Refused(f"{error}{sent}") from None
            ref = wire.line(text(made, "id"))
        self.sent[ref] = reply.marker
        return Receipt(remote_id=f"{NAME}{convo}/{ref}")

    async def _where(self, reply: Reply, case: CaseRef) -> str:
        if reply.mode == "reply":
            if not case.conversation.startswith(NAME):
                raise Conflict("everybody can read this thread: a private reply is not posted in it")
            return case.conversation.removeprefix(NAME)
        if reply.mode not in ("new", "move") or len(reply.to) != 1:
            raise Unsupported("a conversation is begun with one person")
        name = reply.to[0].address.removeprefix("@")
        did = name
        if not name.startswith("did:"):
            did = text(await self.session.get("com.atproto.identity.resolveHandle", {"handle": name}), "did")
        return text(await self._get("getConvoForMembers", members=[did]), "convo", "id")

    async def find(self, reply: Reply, case: CaseRef, folder: Path) -> FindAnswer:
        """Whether every part is in the conversation, as far as that can be told."""
        try:
            count = len(plan_of(reply, folder, posts.DIRECT).parts)
            there, same = await self._look(await self._where(reply, case), reply)
        except Refused as error:
            return FindAnswer(Found.CANNOT_TELL, str(error))
        if count - 1 in there:
            return FindAnswer(Found.FOUND, "it is in the conversation")
        if same:
            return FindAnswer(Found.CANNOT_TELL, "a message of the same words is in the conversation, and it may be this one")
        return FindAnswer(Found.ABSENT, "it is not in the conversation")

    async def _look(self, convo: str, reply: Reply) -> tuple[dict[int, str], bool]:
        """Parts of a message that are in a conversation, and whether one of the same words is that bears no mark."""
        found: dict[int, str] = {}
        same, at, texts = False, "", {part.text for part in posts.split(reply.text, posts.DIRECT)}
        while True:
            answer = await self._get("getMessages", convoId=convo, limit=PAGE, **({"cursor": at} if at else {}))
            messages = entries(answer, "messages")
            for one in messages:
                ours = _ours(entries(one, "facets"))
                if text(one, "sender", "did") != self.ours.did:
                    continue
                if text(ours, "reference") == reply.marker:
                    found.setdefault(number(ours, "part"), wire.line(text(one, "id")))
                young = (wire.moment(one.get("sentAt")) or 0) >= reply.created_at - SKEW_MS
                same = same or (not ours and young and text(one, "text") in texts)
            oldest = min((wire.moment(one.get("sentAt")) or 0 for one in messages), default=0)
            further = text(answer, "cursor")
            if not further or further == at or not messages or oldest < reply.created_at - SKEW_MS:
                return found, same
            at = further

    async def read(self, operation: MarkRead, case: CaseRef) -> Receipt:
        """Say that an agent has read, as far as they did.

        Raises:
            Unsupported: a conversation cannot be made unread.
        """
        if not operation.read:
            raise Unsupported("Bluesky keeps no message as unread; it is unread on this computer")
        here = dict(self.session.access.mirror.places(case.conversation))
        last = (operation.upto >> COUNTER_BITS) + EPOCH_SECONDS if operation.upto else 1 << 62
        taken = [one for one in operation.places or case.incoming if _time(here.get(one[1], frozenset())) // 1000 <= last]
        if taken:
            body = {"convoId": case.conversation.removeprefix(NAME), "messageId": taken[-1][1]}
            await self.session.post(f"{API}updateRead", body, chat=True)
        return Receipt(marks={one: here.get(one[1], frozenset()) | {Marks.SEEN} for one in taken})


def _ours(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What a message of ours says of itself."""
    features = (one for facet in found for one in entries(facet, "features"))
    return next((one for one in features if text(one, "$type") == wire.OURS), {})


def _time(marks: frozenset[str]) -> int:
    said = next((one.removeprefix(AT) for one in marks if one.startswith(AT)), "")
    return int(said) if said.isdecimal() else 0
