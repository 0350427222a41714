"""A simulated Chatwoot: the application API and the cable, as far as its published specification and source say.

Written from ``shared/services/chatwoot`` (the OpenAPI of 4.11.0, recorded answers, facts of the cable) and not from
what the source under test expects; ``test_chatwoot.py`` checks its answers against the specification and the
recordings. Quirks kept on purpose:

* ``id`` in paths is the ``display_id``; message ids count over all conversations;
* message lists filter by id but are ordered by whole seconds, and messages of one second come in any order;
* ``updated_within`` is measured against the server's clock and is not paged;
* marking read changes no ``updated_at``; labels replace; a user who opens a conversation becomes its assignee;
* replies and notes run through Liquid before they are stored; ``source_id`` set by a client stops the delivery;
* the cable replays nothing.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from tests.servers.actioncable import Cable
from tests.servers.http_server import HttpServer, Request, Response, as_json, redirect
from tests.servers.liquid import liquid

INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)
CONVERSATIONS_A_PAGE, LATEST, NEWER, BETWEEN, ARTICLES_A_PAGE = 25, 20, 100, 1000, 25
LONGEST = 150_000
PUBSUB = "p" * 24
DELETED = "This message was deleted"
Json = dict[str, Any]


@dataclass
class Message:
    id: int
    conversation: int
    message_type: int
    content: str | None
    created_at: float
    sender: Json | None
    private: bool = False
    status: str = "sent"
    content_type: str | None = "text"
    content_attributes: Json = field(default_factory=dict)
    source_id: str | None = None
    attachments: list[Json] = field(default_factory=list)
    updated_at: float = 0.0
    delivered: bool = False


@dataclass
class Conversation:
    id: int
    contact: Json
    inbox: Json
    created_at: float
    status: str = "open"
    snoozed_until: float | None = None
    labels: list[str] = field(default_factory=list)
    priority: str | None = None
    assignee: Json | None = None
    agent_last_seen_at: float = 0.0
    updated_at: float = 0.0
    last_activity_at: float = 0.0
    additional_attributes: Json = field(default_factory=dict)


class Chatwoot:
    """One account with agents, inboxes and customers. Its state outlives ``server.stop()`` and ``start()``.

    Args:
        now: the server's clock, seconds.
    """

    def __init__(self, now: Callable[[], float], *, me: str = "asha@tamarind.example", role: str = "agent") -> None:
        self.now = now
        self.lock = threading.RLock()
        self.account = 7
        self.token = "tok-1-very-secret"
        self.numbers = itertools.count(5272)
        self.small = itertools.count(1)
        self.agents = [
            self._agent(1, "Asha Rao", me, role), self._agent(2, "Marek Novak", "marek@tamarind.example", "agent"),
        ]  # fmt: skip
        self.inboxes = [
            {"id": 1, "name": "Tamarind website", "channel_type": "Channel::WebWidget", "website_token": "w"},
            {"id": 2, "name": "Tamarind mail", "channel_type": "Channel::Email", "email": "help@tamarind.example"},
        ]
        self.canned: list[Json] = []
        self.portals: list[Json] = []
        self.articles: dict[str, list[Json]] = {}  # of a portal, by its slug
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.blobs: dict[str, tuple[str, bytes]] = {}
        self.typing: list[tuple[int, str, bool]] = []
        self.mute_cable = False
        self.leaks: list[Request] = []
        self.server = HttpServer(self.answer)
        self.cable = Cable(
            self.server, {"channel": "RoomChannel", "pubsub_token": PUBSUB, "account_id": self.account, "user_id": 1}
        )
        self.storage = HttpServer(self._stored)

    def close(self) -> None:
        self.server.close()
        self.storage.close()

    def _agent(self, number: int, name: str, email: str, role: str) -> Json:
        return {"id": number, "account_id": self.account, "name": name, "available_name": name, "email": email,
                "role": role, "confirmed": True, "auto_offline": True, "availability_status": "offline",
                "thumbnail": ""}  # fmt: skip

    # -- what others than the account under test do

    def contact(self, name: str, email: str | None, phone: str | None = None) -> Json:
        return {"id": next(self.small) + 500, "name": name, "email": email, "phone_number": phone, "identifier": None,
                "thumbnail": "", "type": "contact", "custom_attributes": {}, "blocked": False,
                "additional_attributes": {"city": "Kolkata", "country": "India", "created_at_ip": "127.0.0.1"}}  # fmt: skip

    def begin(self, contact: Json, inbox: int = 1, status: str = "open", **more: Any) -> Conversation:
        """A customer's new conversation."""
        with self.lock:
            found = next(one for one in self.inboxes if one["id"] == inbox)
            number = max(self.conversations, default=0) + 1
            made = Conversation(number, contact, found, self.now(), status, additional_attributes=more)
            self.conversations[number] = made
            self._touch(made)
        return made

    def write(self, conversation: int, text: str | None, *, files: Sequence[tuple[str, str, bytes]] = (), **more: Any) -> Message:
        """The customer writes."""
        with self.lock:
            case = self.conversations[conversation]
            message = self._add(case, INCOMING, text, case.contact, **more)
            message.attachments = [self._attach(message, *file) for file in files]
            if case.status in ("resolved", "snoozed"):
                case.status, case.snoozed_until = "open", None
            self._say("message.created", lambda: self.event(message))
        return message

    def answer_as(self, agent: int, conversation: int, text: str, *, private: bool = False) -> Message:
        """A colleague answers in Chatwoot's own screen."""
        with self.lock:
            case = self.conversations[conversation]
            message = self._add(case, OUTGOING, text, self._user(self.agents[agent - 1]), private=private)
            message.delivered = not private
            self._say("message.created", lambda: self.event(message))
        return message

    def set_status(self, conversation: int, status: str, *, by: str = "Marek Novak", until: float | None = None) -> None:
        with self.lock:
            case = self.conversations[conversation]
            if case.status != status:
                words = {"resolved": "resolved", "open": "reopened", "snoozed": "snoozed", "pending": "marked as pending"}
                self._add(case, ACTIVITY, f"Conversation was {words[status]} by {by}", None)
            case.status, case.snoozed_until = status, until if status == "snoozed" else None
            self._touch(case)
            self._say("conversation.status_changed", lambda: self.show(case))

    def deliver(self, message: int, status: str, error: str = "") -> None:
        """The channel says later what became of a message."""
        with self.lock:
            one = self.messages[message]
            one.status = status
            if error:
                one.content_attributes = {**one.content_attributes, "external_error": error}
            one.updated_at = self.now()
            one.delivered = status != "failed"
            self._touch(self.conversations[one.conversation])
            self._say("message.updated", lambda: self.event(one))

    def erase(self, message: int) -> None:
        with self.lock:
            one = self.messages[message]
            one.content, one.content_type, one.content_attributes, one.attachments = DELETED, "text", {"deleted": True}, []
            one.updated_at = self.now()
            self._touch(self.conversations[one.conversation])
            self._say("message.updated", lambda: self.event(one))

    def type_as_customer(self, conversation: int, *, on: bool = True) -> None:
        with self.lock:
            case = self.conversations[conversation]
            data = {"conversation": self.show(case), "user": case.contact, "is_private": False}
            self._say(f"conversation.typing_{'on' if on else 'off'}", lambda: data)

    def of(self, conversation: int) -> list[Message]:
        with self.lock:
            return sorted((m for m in self.messages.values() if m.conversation == conversation), key=lambda m: m.id)

    # -- state

    def _touch(self, case: Conversation) -> None:
        case.updated_at = max(self.now(), case.updated_at + 0.001)

    def _add(self, case: Conversation, kind: int, text: str | None, sender: Json | None, *, at: float | None = None,
             **more: Any) -> Message:  # fmt: skip
        moment = self.now() if at is None else at
        message = Message(next(self.numbers), case.id, kind, text, moment, sender, updated_at=moment, **more)
        self.messages[message.id] = message
        case.last_activity_at = moment
        self._touch(case)
        return message

    def _attach(self, message: Message, name: str, media_type: str, content: bytes) -> Json:
        signed = base64.urlsafe_b64encode(hashlib.sha256(f"{len(self.blobs)}{name}".encode()).digest()).decode()
        self.blobs[signed] = (media_type, content)
        kind = media_type.split("/")[0]
        place = f"{self.server.url}/rails/active_storage/blobs/redirect/{signed}/{quote(name, safe='')}"
        return {"id": next(self.small), "message_id": message.id, "account_id": self.account, "extension": None,
                "file_type": kind if kind in ("image", "audio", "video") else "file", "data_url": place,
                "thumb_url": "", "file_size": len(content), "width": None, "height": None}  # fmt: skip

    def _user(self, agent: Json) -> Json:
        return {"id": agent["id"], "name": agent["name"], "available_name": agent["name"], "avatar_url": "",
                "type": "user", "availability_status": "online", "thumbnail": ""}  # fmt: skip

    # -- what it says

    def rest(self, message: Message) -> Json:
        """As ``api/v1/models/_message`` does."""
        found: Json = {
            "id": message.id, "content": message.content, "inbox_id": self.conversations[message.conversation].inbox["id"],
            "conversation_id": message.conversation, "message_type": message.message_type,
            "content_type": message.content_type, "status": message.status,
            "content_attributes": message.content_attributes, "created_at": int(message.created_at),
            "private": message.private, "source_id": message.source_id,
        }  # fmt: skip
        if message.sender:
            found["sender"] = message.sender
        if message.attachments:
            found["attachments"] = message.attachments
        return found

    def event(self, message: Message) -> Json:
        """As ``push_event_data`` does: ISO times beside seconds, names of classes for senders."""
        case = self.conversations[message.conversation]
        kind = {"user": "User", "contact": "Contact"}.get((message.sender or {}).get("type", ""))
        return {
            **self.rest(message), "account_id": self.account,
            "updated_at": datetime.fromtimestamp(message.updated_at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "sender_type": kind, "sender_id": (message.sender or {}).get("id"), "external_source_ids": {},
            "additional_attributes": {}, "processed_message_content": message.content, "sentiment": {},
            "conversation": {"assignee_id": (case.assignee or {}).get("id"), "unread_count": len(self.unread(case)),
                             "last_activity_at": int(case.last_activity_at), "contact_inbox": {"source_id": "b018c554"}},
        }  # fmt: skip

    def unread(self, case: Conversation) -> list[Message]:
        seen = int(case.agent_last_seen_at)
        return [m for m in self.of(case.id) if m.message_type == INCOMING and int(m.created_at) > seen][-10:]

    def show(self, case: Conversation) -> Json:
        """As ``conversations/partials/_conversation`` does."""
        messages = sorted(self.of(case.id), key=lambda m: m.created_at)
        spoken = [m for m in messages if m.message_type != ACTIVITY]
        meta: Json = {"sender": case.contact, "channel": case.inbox["channel_type"], "hmac_verified": False}
        if case.assignee:
            meta["assignee"] = case.assignee
        until = case.snoozed_until
        return {
            "meta": meta, "id": case.id, "messages": [self.event(m) for m in messages[-1:]], "account_id": self.account,
            "uuid": f"00000000-0000-4000-8000-{case.id:012d}", "additional_attributes": case.additional_attributes,
            "agent_last_seen_at": int(case.agent_last_seen_at), "assignee_last_seen_at": 0, "can_reply": True,
            "contact_last_seen_at": 0, "custom_attributes": {}, "inbox_id": case.inbox["id"], "labels": case.labels,
            "muted": False, "status": case.status, "created_at": int(case.created_at), "updated_at": case.updated_at,
            "snoozed_until": datetime.fromtimestamp(until, UTC).isoformat() if until else None,
            "timestamp": int(case.last_activity_at), "first_reply_created_at": 0,
            "unread_count": len(self.unread(case)), "last_activity_at": int(case.last_activity_at),
            "last_non_activity_message": self.event(spoken[-1]) if spoken else None, "priority": case.priority,
            "waiting_since": 0, "sla_policy_id": None,
        }  # fmt: skip

    def _say(self, event: str, data: Callable[[], Json]) -> None:
        if self.cable.sockets and not self.mute_cable:
            self.broadcast(event, data())

    def broadcast(self, event: str, data: Json) -> None:
        """To everybody who has subscribed now; nobody else will ever hear of it."""
        self.cable.broadcast({"event": event, "data": {**data, "account_id": self.account}})

    # -- the API

    def answer(self, request: Request) -> Response:
        with self.lock:
            response = self._route(request)
            moment = format_datetime(datetime.fromtimestamp(self.now(), UTC), usegmt=True)
            return replace(response, headers={**response.headers, "date": moment})

    def _route(self, request: Request) -> Response:
        if request.path == "/cable":
            return self.cable.answer(request)
        if request.path.startswith("/rails/active_storage/blobs/redirect/"):
            return self._blob(request)
        if request.headers.get("api_access_token") != self.token:
            return as_json({"error": "Invalid Access Token"}, 401)
        if request.path == "/api/v1/profile":
            me = self.agents[0]
            return as_json({**me, "access_token": self.token, "pubsub_token": PUBSUB, "uid": me["email"],
                            "provider": "email", "display_name": None, "message_signature": None,
                            "avatar_url": "", "hmac_identifier": "", "ui_settings": {}, "type": None,
                            "accounts": [{"id": self.account, "name": "Tamarind", "role": me["role"]}]})  # fmt: skip
        base = f"/api/v1/accounts/{self.account}/"
        if not request.path.startswith(base):
            return as_json({"error": "Resource could not be found"}, 404)
        return self._account(request, request.path.removeprefix(base).strip("/").split("/"))

    def _blob(self, request: Request) -> Response:
        signed = request.path.split("/")[5]
        if signed not in self.blobs:
            return as_json({"error": "not found"}, 404)
        return redirect(f"{self.storage.url}/{signed}")

    def _stored(self, request: Request) -> Response:
        """The storage service, another host: it must never see a token."""
        if "api_access_token" in request.headers:
            self.leaks.append(request)
        media_type, content = self.blobs[request.path.strip("/")]
        return Response(200, {"content-type": media_type}, content)

    def _account(self, request: Request, path: list[str]) -> Response:
        match request.method, path:
            case "GET", ["agents"]:
                return as_json(self.agents)
            case "GET", ["inboxes"]:
                return as_json({"payload": self.inboxes})
            case "GET", ["canned_responses"]:
                return as_json(self.canned)
            case "GET", ["portals"]:
                return as_json({"payload": self.portals})
            case "GET", ["portals", slug, "articles"] if slug in self.articles:
                return self._articles(request, self.articles[slug])
            case "GET", ["conversations"]:
                return self._list(request)
            case "GET", ["contacts", number]:
                found = next((c.contact for c in self.conversations.values() if c.contact["id"] == int(number)), None)
                return as_json({"payload": found}) if found else self._missing()
            case method, ["conversations", number, *rest]:
                case = self.conversations.get(int(number)) if number.isdigit() else None
                return self._missing() if case is None else self._conversation(request, method, case, rest)
        return self._missing()

    def _articles(self, request: Request, every: list[Json]) -> Response:
        """In pages; a language narrows, and the count is of all pages (articles_controller.rb)."""
        locale, page = request.first("locale"), int(request.first("page", "1"))
        found = [one for one in every if not locale or one["locale"] == locale]
        rows = found[(page - 1) * ARTICLES_A_PAGE : page * ARTICLES_A_PAGE]
        meta = {"all_articles_count": len(every), "articles_count": len(found), "current_page": page}
        return as_json({"payload": rows, "meta": meta})

    def _missing(self) -> Response:
        return as_json({"error": "Resource could not be found"}, 404)

    def _list(self, request: Request) -> Response:
        status, inbox = request.first("status", "open"), request.first("inbox_id")
        found = [
            c for c in self.conversations.values()
            if status in ("all", c.status) and (not inbox or str(c.inbox["id"]) == inbox)
        ]  # fmt: skip
        found.sort(key=lambda c: (-int(c.last_activity_at), c.id))
        counts = {"mine_count": 0, "unassigned_count": len(found), "assigned_count": 0, "all_count": len(found)}
        if within := request.first("updated_within"):
            found = [c for c in found if c.updated_at > self.now() - int(within)]
        else:
            start = (int(request.first("page", "1")) - 1) * CONVERSATIONS_A_PAGE
            found = found[start : start + CONVERSATIONS_A_PAGE]
        return as_json({"data": {"meta": counts, "payload": [self.show(c) for c in found]}})

    def _conversation(self, request: Request, method: str, case: Conversation, rest: list[str]) -> Response:
        given = request.json if request.headers.get("content-type", "").startswith("application/json") else None
        match method, rest:
            case "GET", []:
                return as_json(self.show(case))
            case "GET", ["messages"]:
                return self._messages(request, case)
            case "POST", ["messages"]:
                return self._create(request, case, given)
            case "POST", ["toggle_status"]:
                by = self.agents[0]
                self.set_status(case.id, given["status"], by=by["name"], until=given.get("snoozed_until"))
                if given["status"] == "open" and by["role"] == "agent":
                    case.assignee = by
                return as_json({"meta": {}, "payload": {
                    "success": True, "current_status": case.status, "conversation_id": case.id}})  # fmt: skip
            case "POST", ["toggle_priority"]:
                if given["priority"] not in (None, "low", "medium", "high", "urgent"):
                    return as_json({"error": f"'{given['priority']}' is not a valid priority"}, 422)
                case.priority = given["priority"]
                self._touch(case)
                return Response()
            case "POST", ["assignments"]:
                case.assignee = next((a for a in self.agents if a["id"] == given["assignee_id"]), None)
                self._touch(case)
                self._say("assignee.changed", lambda: self.show(case))
                return as_json(case.assignee)
            case "GET", ["labels"]:
                return as_json({"payload": case.labels})
            case "POST", ["labels"]:
                case.labels = list(given["labels"])
                self._touch(case)
                return as_json({"payload": case.labels})
            case "POST", ["toggle_typing_status"]:
                self.typing.append((case.id, given["typing_status"], given.get("is_private", False)))
                return Response()
            case "POST", ["update_last_seen"]:
                if self.unread(case):
                    case.agent_last_seen_at = self.now()
                return as_json(self.show(case))
            case "POST", ["unread"]:
                asked = [m for m in self.of(case.id) if m.message_type == INCOMING]
                case.agent_last_seen_at = asked[-1].created_at - 1 if asked else 0
                return as_json(self.show(case))
        return self._missing()

    def _messages(self, request: Request, case: Conversation) -> Response:
        after, before = int(request.first("after", "0")), int(request.first("before", "0"))
        # Messages of one second come in no order of their ids: here always the wrong one.
        every = sorted(self.of(case.id), key=lambda m: (int(m.created_at), -m.id))
        if request.first("after") and request.first("before"):
            found = [m for m in every if after <= m.id < before][:BETWEEN]
        elif request.first("before"):
            found = [m for m in every if m.id < before][-LATEST:]
        elif request.first("after"):
            found = [m for m in every if m.id > after][:NEWER]
        else:
            found = every[-LATEST:]
        meta: Json = {"labels": case.labels, "additional_attributes": case.additional_attributes, "contact": case.contact,
                      "agent_last_seen_at": datetime.fromtimestamp(case.agent_last_seen_at, UTC).isoformat(),
                      "assignee_last_seen_at": None}  # fmt: skip
        if case.assignee:
            meta["assignee"] = case.assignee
        return as_json({"meta": meta, "payload": [self.rest(m) for m in found]})

    def _create(self, request: Request, case: Conversation, given: Json | None) -> Response:
        files = []
        if given is None:
            form = request.form
            given = {part.name: part.text for part in form if not part.filename}
            given["content_attributes"] = json.loads(given.get("content_attributes", "{}"))
            given["private"] = given.get("private") == "true"
            files = [part for part in form if part.name == "attachments[]"]
        content = given.get("content")
        if len(content or "") > LONGEST or len(files) > 15:
            return as_json({"message": "Content is too long", "attributes": ["content"]}, 422)
        me = self.agents[0]
        values = {"contact.name": case.contact["name"], "agent.name": me["name"]}
        message = self._add(
            case, OUTGOING, liquid(content, values) if content else content, self._user(me),
            private=bool(given.get("private")), content_attributes=dict(given.get("content_attributes") or {}),
            source_id=given.get("source_id"),
        )  # fmt: skip
        message.attachments = [self._attach(message, p.filename, p.media_type, p.content) for p in files]
        message.delivered = not message.private and message.source_id is None
        self._say("message.created", lambda: self.event(message))
        shown = self.rest(message)
        if "echo_id" in given:
            shown["echo_id"] = given["echo_id"]
        return as_json(shown)
