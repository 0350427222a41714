"""Synapse, the Matrix homeserver, on SQLite and loopback; and its users as plain clients that know nothing of the source.

One server serves a whole test run: every test makes users and rooms of its own, and empties nothing.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.process import LOOPBACK, Home, ServerMissing, free_ports

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "synapse.txt"
PYTHON = "AGENT_TUI_SYNAPSE_PYTHON"
NAME = "agents.test"
PASSWORD = "correct horse ਸਤ staple"
START_S = 90.0
API = "/_matrix/client/v3"

SETTINGS = """
server_name: {name}
public_baseurl: http://{host}:{port}/
report_stats: false
listeners:
  - {{port: {port}, bind_addresses: ["{host}"], type: http, tls: false, resources: [{{names: [client, media]}}]}}
database: {{name: sqlite3, args: {{database: {home}/homeserver.db}}}}
media_store_path: {home}/media
signing_key_path: {home}/signing.key
log_config: {home}/log.yaml
pid_file: {home}/synapse.pid
registration_shared_secret: {secret}
macaroon_secret_key: {secret}
form_secret: {secret}
trusted_key_servers: []
suppress_key_server_warning: true
federation_domain_whitelist: []
url_preview_enabled: false
presence: {{enabled: false}}
max_upload_size: 5M
bcrypt_rounds: 4
rc_message: {{per_second: 10000, burst_count: 10000}}
rc_registration: {{per_second: 10000, burst_count: 10000}}
rc_login:
  address: {{per_second: 10000, burst_count: 10000}}
  account: {{per_second: 10000, burst_count: 10000}}
  failed_attempts: {{per_second: 10000, burst_count: 10000}}
rc_joins:
  local: {{per_second: 10000, burst_count: 10000}}
  remote: {{per_second: 10000, burst_count: 10000}}
rc_joins_per_room: {{per_second: 10000, burst_count: 10000}}
rc_invites:
  per_room: {{per_second: 10000, burst_count: 10000}}
  per_user: {{per_second: 10000, burst_count: 10000}}
  per_issuer: {{per_second: 10000, burst_count: 10000}}
rc_room_creation: {{per_second: 10000, burst_count: 10000}}
rc_media_create: {{per_second: 10000, burst_count: 10000}}
{more}
"""

LOG = """
version: 1
formatters: {short: {format: "%(asctime)s %(levelname)s %(name)s %(message)s"}}
handlers: {console: {class: logging.StreamHandler, formatter: short, stream: ext://sys.stderr}}
root: {level: WARNING, handlers: [console]}
disable_existing_loggers: false
"""


def python() -> Path:
    """The interpreter of Synapse's own virtual environment; ``make synapse`` makes it.

    Raises:
        ServerMissing: it is not there.
    """
    named = os.environ.get(PYTHON)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    path = Path(named) if named else cache / "agent-tui" / f"synapse-{digest}" / "bin" / "python"
    if not path.exists():
        raise ServerMissing("Synapse is missing (make synapse)")
    return path


@dataclass
class Synapse:
    """A homeserver. Users are made by ``person``; an agent's account is one of them."""

    home: Home
    port: int
    secret: str
    more: str = ""
    client: httpx.Client = field(init=False)
    _process: Any = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it, or start it again with all it knew."""
        interpreter = python()
        home = self.home.path
        settings = SETTINGS.format(name=NAME, host=LOOPBACK, port=self.port, home=home, secret=self.secret, more=self.more)
        (home / "homeserver.yaml").write_text(settings)
        (home / "log.yaml").write_text(LOG)
        key = home / "signing.key"
        if not key.exists():
            key.write_text(f"ed25519 a_test {base64.b64encode(os.urandom(32)).decode().rstrip('=')}\n")
        self._process = self.home.start(
            "synapse", [str(interpreter), "-m", "synapse.app.homeserver", "-c", str(home / "homeserver.yaml")], grace=20
        )
        self.home.wait(self.answers, "synapse", self._process, START_S)

    def answers(self) -> bool:
        """Whether it serves clients."""
        try:
            return self.client.get("/_matrix/client/versions", timeout=5).status_code == 200
        except httpx.HTTPError as error:
            raise OSError(str(error)) from error

    def stop(self) -> None:
        """End it as an administrator does; what it knew stays on disk."""
        self.home.stop(self._process)
        self._process = None

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    def close(self) -> None:
        self.client.close()
        self.home.close()

    def person(self, name: str = "robin", *, shown: str = "") -> Person:
        """A user nobody has seen before.

        Args:
            shown: the name that others see.
        """
        user = f"{name}-{next(self._numbers)}"
        path = "/_synapse/admin/v1/register"
        nonce = self.client.get(path).json()["nonce"]
        words = f"{nonce}\0{user}\0{PASSWORD}\0notadmin".encode()
        mac = hmac.new(self.secret.encode(), words, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": user, "password": PASSWORD, "admin": False, "mac": mac}
        made = self.client.post(path, json=body)
        made.raise_for_status()
        answer = made.json()
        person = Person(self, answer["user_id"], answer["access_token"], answer["device_id"])
        if shown:
            person.call("PUT", f"/profile/{quote(person.user_id)}/displayname", {"displayname": shown})
        return person


@dataclass
class Person:
    """One user with one device, speaking HTTP as any client would."""

    server: Synapse
    user_id: str
    token: str
    device: str
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _since: str = ""

    def call(
        self, method: str, path: str, body: Any = None, *, api: str = API, params: Mapping[str, str] | None = None,
        content: bytes | None = None, media_type: str = "", status: int = 200,
    ) -> Any:  # fmt: skip
        """Ask the server; its JSON. Any other status than expected fails the test."""
        headers = {"authorization": f"Bearer {self.token}", **({"content-type": media_type} if media_type else {})}
        ask = self.server.client.request
        answer = ask(method, api + path, json=body, params=params, content=content, headers=headers)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text[:400])
        return answer.json() if answer.content else {}

    # -- rooms

    def creates(
        self, *invited: str, name: str = "", encrypted: bool = False, public: bool = False, direct: bool = True,
    ) -> str:  # fmt: skip
        """A room; its id."""
        state: list[dict[str, Any]] = []
        if encrypted:
            state.append({"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}})
        body = {
            "invite": list(invited), "is_direct": direct, "initial_state": state,
            "preset": "public_chat" if public else "trusted_private_chat", **({"name": name} if name else {}),
        }  # fmt: skip
        return str(self.call("POST", "/createRoom", body)["room_id"])

    def joins(self, room: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/join", {})

    def leaves(self, room: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/leave", {})

    def invites(self, room: str, user: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": user})

    def state(self, room: str, kind: str, content: Any, key: str = "") -> str:
        return str(self.call("PUT", f"/rooms/{quote(room)}/state/{kind}/{quote(key)}", content)["event_id"])

    # -- messages

    def sends(self, room: str, content: Mapping[str, Any], *, kind: str = "m.room.message", txn: str = "") -> str:
        """Any event; its id."""
        txn = txn or f"test-{self.device}-{next(self._numbers)}"
        return str(self.call("PUT", f"/rooms/{quote(room)}/send/{kind}/{txn}", content)["event_id"])

    def says(self, room: str, text: str, *, answers: str = "", thread: str = "", kind: str = "m.text") -> str:
        content: dict[str, Any] = {"msgtype": kind, "body": text}
        if thread:
            content["m.relates_to"] = {
                "rel_type": "m.thread", "event_id": thread, "is_falling_back": not answers,
                "m.in_reply_to": {"event_id": answers or thread},
            }  # fmt: skip
        elif answers:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": answers}}
        return self.sends(room, content)

    def edits(self, room: str, event: str, text: str) -> str:
        content = {
            "msgtype": "m.text", "body": f"* {text}", "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        }  # fmt: skip
        return self.sends(room, content)

    def reacts(self, room: str, event: str, key: str) -> str:
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}
        return self.sends(room, content, kind="m.reaction")

    def redacts(self, room: str, event: str) -> str:
        path = f"/rooms/{quote(room)}/redact/{quote(event)}/test-{self.device}-{next(self._numbers)}"
        return str(self.call("PUT", path, {})["event_id"])

    def uploads(self, name: str, media_type: str, content: bytes) -> str:
        path, params = "/_matrix/media/v3/upload", {"filename": name}
        return str(self.call("POST", path, api="", params=params, content=content, media_type=media_type)["content_uri"])

    def sends_file(self, room: str, name: str, media_type: str, content: bytes, *, kind: str = "m.file") -> str:
        info = {"size": len(content), "mimetype": media_type}
        body = {"msgtype": kind, "body": name, "url": self.uploads(name, media_type, content), "info": info}
        return self.sends(room, body)

    def downloads(self, uri: str) -> bytes:
        headers = {"authorization": f"Bearer {self.token}"}
        path = f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}"
        answer = self.server.client.get(path, headers=headers)
        answer.raise_for_status()
        return answer.content

    def types(self, room: str, on: bool = True) -> None:
        path = f"/rooms/{quote(room)}/typing/{quote(self.user_id)}"
        self.call("PUT", path, {"typing": on, **({"timeout": 20_000} if on else {})})

    def reads(self, room: str, event: str, thread: str = "") -> None:
        body = {"thread_id": thread} if thread else {}
        self.call("POST", f"/rooms/{quote(room)}/receipt/m.read/{quote(event)}", body)

    # -- what this client sees

    def events(self, room: str, *, kinds: tuple[str, ...] = ("m.room.message",)) -> list[dict[str, Any]]:
        """Everything of these kinds in a room, oldest first."""
        found: list[dict[str, Any]] = []
        params = {"dir": "b", "limit": "500", "filter": json.dumps({"types": list(kinds)})}
        while True:
            answer = self.call("GET", f"/rooms/{quote(room)}/messages", params=params)
            found += answer["chunk"]
            if not answer.get("end"):
                return found[::-1]
            params["from"] = answer["end"]

    def texts(self, room: str) -> list[str]:
        """Bodies of the messages, without those that were taken back."""
        return [one["content"]["body"] for one in self.events(room) if "body" in one["content"]]

    def syncs(self, *, timeout_ms: int = 0) -> dict[str, Any]:
        """What has happened since the last time."""
        params = {"timeout": str(timeout_ms), **({"since": self._since} if self._since else {})}
        answer: dict[str, Any] = self.call("GET", "/sync", params=params)
        self._since = answer["next_batch"]
        return answer


def start(more: str = "") -> Synapse:
    """A server of its own.

    Args:
        more: further lines of its settings, which win over those above.

    Raises:
        ServerMissing: Synapse is not installed.
    """
    python()
    home = Home("synapse")
    server = Synapse(home, free_ports(1)[0], base64.urlsafe_b64encode(os.urandom(24)).decode(), more)
    try:
        server.start()
    except BaseException:
        with contextlib.suppress(Exception):
            home.close()
        raise
    return server


if __name__ == "__main__":
    running = start()
    try:
        sys.stdout.write(f"{running.url}\n")
        sys.stdin.readline()
    finally:
        running.close()
