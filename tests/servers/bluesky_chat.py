"""A simulated service for direct messages, built from the published lexicons: the network from npm has none.

The real PDS forwards to it as it does to the public one: by the ``atproto-proxy`` header, resolving the service's DID in the
real directory, with a token that says who asks. Everything that comes in and goes out is checked against the lexicons
(``bluesky_lexicons.json``, from the package ``@atproto/api``), so that it says nothing that the real one could not say.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent_tui.sources.bluesky.records import LETTERS
from tests.servers.bluesky import Network, Person
from tests.servers.http_server import HttpServer, Request, Response, as_json

LEXICONS: dict[str, Any] = json.loads(Path(__file__).with_name("bluesky_lexicons.json").read_text())
API = "chat.bsky.convo."
DEFS = "chat.bsky.convo.defs"
SERVICE = "bsky_chat"


class Refusal(Exception):
    """An answer that says no, by the name that the lexicon gives it."""


def check(value: Any, schema: Any, home: str, where: str = "$") -> None:
    """Fail where a value is not what a schema of the lexicons says (atproto.com/specs/lexicon)."""
    kind = schema["type"]
    if kind == "ref":
        target, home = _target(schema["ref"], home)
        if target is not None:
            check(value, target, home, where)
    elif kind == "union":
        named = value.get("$type", "") if isinstance(value, dict) else ""
        assert named, f"{where}: a member of a union says which it is"
        full = {(one if "#" in one else f"{one}#main").removeprefix("lex:") for one in schema["refs"]}
        if (named if "#" in named else f"{named}#main") in full:
            target, home = _target(named, home)
            if target is not None:
                check(value, target, home, where)
        else:
            assert not schema.get("closed"), f"{where}: {named} is not one of {schema['refs']}"
    elif kind in {"object", "params"}:
        assert isinstance(value, dict), where
        for name in schema.get("required", ()):
            assert name in value, f"{where}.{name} is missing"
        for name, one in schema["properties"].items():
            if name in value:
                check(value[name], one, home, f"{where}.{name}")
    elif kind == "array":
        assert isinstance(value, list), where
        assert schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30), where
        for place, one in enumerate(value):
            check(one, schema["items"], home, f"{where}[{place}]")
    elif kind == "string":
        assert isinstance(value, str), where
        assert len(value.encode()) <= schema.get("maxLength", 1 << 30), f"{where} is too long"
        if "maxGraphemes" in schema:
            from agent_tui.domain.posts import length

            assert length(value) <= schema["maxGraphemes"], f"{where} has too many graphemes"
    elif kind == "integer":
        assert isinstance(value, int), where
        assert not isinstance(value, bool), where
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where} is out of range"
    elif kind == "boolean":
        assert isinstance(value, bool), where


def _target(name: str, home: str) -> tuple[Any, str]:
    name = name.removeprefix("lex:")
    document, _, part = name.partition("#")
    document = document or home
    return LEXICONS.get(document, {}).get(part or "main"), document


@dataclass
class Convo:
    """One conversation. ``read``: how many messages each member has read; ``status``: what it is to each."""

    id: str
    members: tuple[str, ...]
    messages: list[dict[str, Any]] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, set[str]] = field(default_factory=dict)
    rev: str = ""


@dataclass
class ChatService:
    """The service; ``did`` names it to the network.

    Args:
        keeps_facets: whether facets of kinds that it does not know are kept.
    """

    network: Network
    keeps_facets: bool = True
    did: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    _convos: dict[str, Convo] = field(default_factory=dict)
    _people: dict[str, Person] = field(default_factory=dict)
    _logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _last: datetime = field(default_factory=lambda: datetime.fromtimestamp(0, UTC))

    def __post_init__(self) -> None:
        self.server = HttpServer(self._answer)
        self.did = self.network.tell("service", name=SERVICE, url=self.server.url)["did"]

    def close(self) -> None:
        self.server.close()

    # -- what tests do

    def knows(self, *people: Person) -> None:
        self._people |= {one.did: one for one in people}

    def says(self, person: Person, other: Person, words: str) -> str:
        """A message from one to another; the conversation's id."""
        with self._lock:
            self.knows(person, other)
            convo = self._between((person.did, other.did))
            self._add(convo, person.did, {"text": words})
            return convo.id

    def texts(self, convo: str) -> list[str]:
        return [one["text"] for one in self._convos[convo].messages]

    def sent(self, convo: str, did: str) -> list[dict[str, Any]]:
        return [one for one in self._convos[convo].messages if one["sender"]["did"] == did]

    def conversations(self) -> list[str]:
        return list(self._convos)

    def unread(self, convo: str, did: str) -> int:
        found = self._convos[convo]
        return sum(one["sender"]["did"] != did for one in found.messages[found.read.get(did, 0) :])

    def leaves(self, convo: str, did: str) -> None:
        """Somebody throws a conversation away, for themselves."""
        with self._lock:
            one = self._convos[convo]
            one.status[did] = "left"
            self._log(did, "logLeaveConvo", one)

    def deletes(self, convo: str, did: str, words: str) -> None:
        """Somebody deletes a message for themselves."""
        with self._lock:
            one = self._convos[convo]
            (message,) = [m for m in one.messages if m["text"] == words]
            one.deleted.setdefault(did, set()).add(message["id"])
            self._log(did, "logDeleteMessage", one, self._seen(message, one, did))

    # -- the service

    def _answer(self, request: Request) -> Response:
        method = request.path.removeprefix("/xrpc/")
        claims = _claims(request.headers.get("authorization", ""))
        main = LEXICONS.get(method, {}).get("main")
        if main is None or not hasattr(self, "_" + method.removeprefix(API)):
            return as_json({"error": "MethodNotImplemented", "message": "Method Not Implemented"}, 501)
        if claims.get("aud", "").partition("#")[0] != self.did or claims.get("lxm") != method:
            return as_json({"error": "BadJwtAudience", "message": f"jwt audience does not match: {claims}"}, 401)
        with self._lock:
            self.asked.append((claims["iss"], method))
            try:
                if main["type"] == "procedure":
                    given = request.json
                    check(given, main["input"]["schema"], method)
                else:
                    given = _params(request, main.get("parameters", {"type": "params", "properties": {}}))
                    check(given, main["parameters"], method)
            except AssertionError as error:
                return as_json({"error": "InvalidRequest", "message": str(error)}, 400)
            handler: Callable[[str, Any], Any] = getattr(self, "_" + method.removeprefix(API))
            try:
                answer = handler(claims["iss"], given)
            except Refusal as error:
                return as_json({"error": str(error), "message": "no"}, 400)
            check(answer, main["output"]["schema"], method)
            return as_json(answer)

    def _listConvos(self, me: str, given: Any) -> Any:
        mine = [one for one in self._convos.values() if me in one.members and one.status.get(me) != "left"]
        mine.sort(key=lambda one: one.rev, reverse=True)
        begin, limit = int(given.get("cursor", "0")), given.get("limit", 50)
        page = mine[begin : begin + limit]
        more = {"cursor": str(begin + limit)} if begin + limit < len(mine) else {}
        return {"convos": [self._view(one, me) for one in page], **more}

    def _getConvo(self, me: str, given: Any) -> Any:
        return {"convo": self._view(self._mine(me, given["convoId"]), me)}

    def _getConvoForMembers(self, me: str, given: Any) -> Any:
        if any(one not in self._people for one in given["members"]):
            raise Refusal("RecipientNotFound")
        return {"convo": self._view(self._between((me, *given["members"])), me)}

    def _getMessages(self, me: str, given: Any) -> Any:
        convo = self._mine(me, given["convoId"])
        newest = [self._seen(one, convo, me) for one in reversed(convo.messages)]
        begin, limit = int(given.get("cursor", "0")), given.get("limit", 50)
        more = {"cursor": str(begin + limit)} if begin + limit < len(newest) else {}
        return {"messages": newest[begin : begin + limit], **more}

    def _getLog(self, me: str, given: Any) -> Any:
        logs = [one for one in self._logs.get(me, ()) if one["rev"] > given.get("cursor", "")][:50]
        return {"logs": logs, "cursor": logs[-1]["rev"] if logs else given.get("cursor", self._rev())}

    def _sendMessage(self, me: str, given: Any) -> Any:
        return self._add(self._mine(me, given["convoId"]), me, given["message"])

    def _updateRead(self, me: str, given: Any) -> Any:
        convo = self._mine(me, given["convoId"])
        ids = [one["id"] for one in convo.messages]
        convo.read[me] = ids.index(given["messageId"]) + 1 if "messageId" in given else len(ids)
        self._log(me, "logReadMessage", convo, self._seen(convo.messages[convo.read[me] - 1], convo, me))
        return {"convo": self._view(convo, me)}

    # -- what it keeps

    def _mine(self, me: str, convo: str) -> Convo:
        found = self._convos.get(convo)
        if found is None or me not in found.members or found.status.get(me) == "left":
            raise Refusal("InvalidConvo")
        return found

    def _between(self, members: tuple[str, ...]) -> Convo:
        wanted = tuple(sorted(members))
        found = next((one for one in self._convos.values() if one.members == wanted), None)
        if found is None:
            found = Convo(self._rev(), wanted, rev=self._rev())
            self._convos[found.id] = found
            for one in members:
                found.status[one] = "accepted" if one == members[0] else "request"
                self._log(one, "logBeginConvo", found)
        return found

    def _add(self, convo: Convo, sender: str, given: Any) -> dict[str, Any]:
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        found = [one for one in given.get("facets", ()) if self.keeps_facets or _known(one)]
        message = {
            "$type": f"{DEFS}#messageView", "id": self._rev(), "rev": self._rev(), "text": given["text"], "sender": {"did": sender},
            "sentAt": self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **({"facets": found} if found else {}),
        }  # fmt: skip
        convo.messages.append(message)
        convo.read[sender] = len(convo.messages)
        convo.status[sender] = "accepted"
        for one in convo.members:
            self._log(one, "logCreateMessage", convo, self._seen(message, convo, one))
        return message

    def _seen(self, message: dict[str, Any], convo: Convo, did: str) -> dict[str, Any]:
        if message["id"] not in convo.deleted.get(did, ()):
            return message
        kept = {name: message[name] for name in ("id", "rev", "sender", "sentAt")}
        return {"$type": f"{DEFS}#deletedMessageView", **kept}

    def _log(self, did: str, what: str, convo: Convo, message: Any = None) -> None:
        convo.rev = self._rev()
        entry = {"$type": f"{DEFS}#{what}", "rev": convo.rev, "convoId": convo.id, **({"message": message} if message else {})}
        self._logs.setdefault(did, []).append(entry)

    def _view(self, convo: Convo, me: str) -> dict[str, Any]:
        last = [self._seen(one, convo, me) for one in convo.messages[-1:]]
        return {
            "id": convo.id, "rev": convo.rev, "muted": False, "unreadCount": self.unread(convo.id, me),
            "members": [self._profile(one) for one in convo.members], "status": convo.status.get(me, "request"),
            **({"lastMessage": last[0]} if last else {}),
        }  # fmt: skip

    def _profile(self, did: str) -> dict[str, Any]:
        person = self._people[did]
        profile = person.call("app.bsky.actor.getProfile", params={"actor": did})
        return {name: profile[name] for name in ("did", "handle", "displayName") if name in profile}

    def _rev(self) -> str:
        """As a TID sorts."""
        number, letters = next(self._numbers), ""
        while len(letters) < 13:
            number, digit = divmod(number, 32)
            letters = LETTERS[digit] + letters
        return letters


def _known(facet: Any) -> bool:
    return all(one["$type"].startswith("app.bsky.") for one in facet["features"])


def _claims(authorization: str) -> dict[str, Any]:
    """What the PDS says of who asks. Its signature is not checked: nobody else can reach a port of this test."""
    body = authorization.removeprefix("Bearer ").split(".")[1:2]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body[0] + "=" * (-len(body[0]) % 4))) if body else {}
    return found


def _params(request: Request, schema: Any) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, one in schema["properties"].items():
        values = request.every(name)
        if values:
            given[name] = values if one["type"] == "array" else int(values[0]) if one["type"] == "integer" else values[0]
    return given
