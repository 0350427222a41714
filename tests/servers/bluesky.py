"""A private Bluesky network from npm on loopback: PLC, PDS, app view and Ozone, with PostgreSQL and Redis beneath; and its
users as plain clients that know nothing of the source.

One network serves a whole test run: every test makes users of its own. There is no service for direct messages in it;
``tests.servers.bluesky_chat`` is a simulated one that the real PDS forwards to.
"""

from __future__ import annotations

import base64
import contextlib
import getpass
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.servers.process import LOOPBACK, Home, ServerMissing, free_ports, give, programs

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "bluesky" / "package-lock.json"
MODULES = "AGENT_TUI_BLUESKY_MODULES"
SCRIPT = Path(__file__).with_name("bluesky_network.mjs")
PASSWORD = "correct horse ਸਤ staple"
SECRET = "jwt-secret"  # what dev-env signs sessions with
START_S = 180.0
LONGEST_S = 600.0  # that it works on what was written; longer, and it hangs
POST = "app.bsky.feed.post"
DATABASE_OPTIONS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "64MB",
    "max_connections": "60", "logging_collector": "off",
}  # fmt: skip


def modules() -> Path:
    """Where npm put the network; ``make bluesky`` puts it there.

    Raises:
        ServerMissing: it is not there.
    """
    named = os.environ.get(MODULES)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    path = Path(named) if named else cache / "agent-tui" / f"bluesky-{digest}" / "node_modules"
    if not (path / ".bin" / "node").exists() or not (named or (path.parent / ".done").exists()):
        raise ServerMissing("the Bluesky network is missing (make bluesky)")
    return path


def _database_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[4]))
    if not found:
        (one,) = programs("initdb", package="postgresql")
        return Path(one).parent
    return found[-1].parent


@dataclass
class Network:
    """The network. Users are made by ``person``; an agent's account is one of them."""

    home: Home
    ports: dict[str, int]
    client: httpx.Client = field(init=False)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://{LOOPBACK}:{self.ports['pds']}/xrpc/", timeout=60, trust_env=False)

    def start(self) -> None:
        """Start everything that it needs."""
        home, ports, found = self.home, self.ports, modules()
        (redis,) = programs("redis-server", package="redis-server")
        database = self._start_database(_database_programs())
        home.start("redis", [redis, "--bind", LOOPBACK, "--port", str(ports["redis"]), "--save", "", "--appendonly", "no",
                             "--dir", str(home.path), "--daemonize", "no"])  # fmt: skip
        ready = home.path / "ready.json"
        scratch = home.path / "tmp"
        scratch.mkdir()
        settings = {"modules": str(found), "ports": ports, "database": database, "redis": f"{LOOPBACK}:{ports['redis']}",
                    "ready": str(ready)}  # fmt: skip
        path = home.write("network.json", json.dumps(settings))
        process = home.start(
            "network", [str(found / ".bin" / "node"), str(SCRIPT), str(path)], grace=15,
            env={"TMPDIR": str(scratch), "NODE_ENV": "test"},
        )  # fmt: skip
        home.wait(ready.exists, "network", process, START_S)

    def _start_database(self, folder: Path) -> str:
        """PostgreSQL refuses to run as root."""
        user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        place, port = self.home.path / "postgres", self.ports["postgres"]
        place.mkdir(mode=0o700)
        become: list[str] = []
        if os.geteuid() == 0:
            give(place, user)
            become = [*programs("setpriv", package="util-linux"), "--reuid", user, "--regid", user, "--clear-groups"]
        data = place / "data"
        made = [*become, str(folder / "initdb"), "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--no-sync", "--no-instructions"]  # fmt: skip
        subprocess.run(made, check=True, capture_output=True, cwd="/")
        options = {**DATABASE_OPTIONS, "listen_addresses": LOOPBACK, "port": str(port), "unix_socket_directories": str(place)}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        process = self.home.start("postgres", [*become, str(folder / "postgres"), "-D", str(data), *settings])
        check = [str(folder / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port), "-U", "tests"]
        self.home.wait(lambda: subprocess.run(check, check=False).returncode == 0, "postgres", process, 60)
        make = [str(folder / "createdb"), "-h", LOOPBACK, "-p", str(port), "-U", "tests", "tests"]
        subprocess.run(make, check=True, capture_output=True, cwd="/")
        return f"postgresql://tests@{LOOPBACK}:{port}/tests"

    def close(self) -> None:
        self.client.close()
        self.home.close()

    # -- the network itself

    def tell(self, command: str, **what: Any) -> Any:
        """A command of ``bluesky_network.mjs``."""
        answer = httpx.post(f"http://{LOOPBACK}:{self.ports['control']}/{command}", json=what, timeout=LONGEST_S, trust_env=False)
        assert answer.status_code == 200, (command, answer.text)
        return answer.json()

    def settle(self) -> None:
        """Wait until everybody has seen everything that was written."""
        self.tell("settle")

    def stop(self) -> None:
        """Stop the PDS; what it knew stays on disk."""
        self.tell("stop")

    def restart(self, secret: str = "") -> None:
        """Start the PDS again; with another secret nobody is logged in any more."""
        self.tell("start", secret=secret)

    def person(self, name: str = "robin", *, shown: str = "") -> Person:
        """A user nobody has seen before."""
        handle = f"{name}{next(self._numbers)}.test"
        body = {"handle": handle, "email": f"{handle}@mail.example", "password": PASSWORD}
        made = self.client.post("com.atproto.server.createAccount", json=body)
        assert made.status_code == 200, made.text
        person = Person(self, made.json()["did"], handle, made.json()["accessJwt"])
        if shown:
            person.puts("app.bsky.actor.profile", "self", {"displayName": shown})
        self.settle()  # which takes as long as it takes where a machine has much else to do
        person.waits(person.is_known)
        return person


@dataclass
class Person:
    """One user with one session, speaking XRPC as any client would."""

    network: Network
    did: str
    handle: str
    token: str

    def call(
        self, method: str, body: Any = None, *, params: Mapping[str, Any] | None = None, proxy: str = "",
        content: bytes | None = None, media_type: str = "", status: int = 200,
    ) -> Any:  # fmt: skip
        """Ask the PDS; its JSON. Any other status than expected fails the test."""
        headers = {"authorization": f"Bearer {self.token}", **({"atproto-proxy": proxy} if proxy else {}),
                   **({"content-type": media_type} if media_type else {})}  # fmt: skip
        kind = "GET" if body is None and content is None else "POST"
        answer = self.network.client.request(kind, method, params=params, json=body, content=content, headers=headers)
        assert answer.status_code == status, (method, answer.status_code, answer.text[:400])
        return answer.json() if answer.content else {}

    def is_known(self) -> bool:
        """Whether the app view has heard of them yet."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = self.network.client.get("app.bsky.actor.getProfile", params={"actor": self.did}, headers=headers)
        return bool(answer.status_code == 200)

    # -- writing

    def puts(self, collection: str, key: str, record: Mapping[str, Any]) -> dict[str, str]:
        body = {"repo": self.did, "collection": collection, "rkey": key, "record": {"$type": collection, **record}}
        made: dict[str, str] = self.call("com.atproto.repo.putRecord", body)
        return made

    def creates(self, collection: str, record: Mapping[str, Any]) -> dict[str, str]:
        body = {"repo": self.did, "collection": collection, "record": {"$type": collection, **record}}
        made = self.call("com.atproto.repo.createRecord", body)
        return {"uri": made["uri"], "cid": made["cid"]}

    def deletes(self, uri: str) -> None:
        _, _, did, collection, key = uri.split("/")
        assert did == self.did
        self.call("com.atproto.repo.deleteRecord", {"repo": did, "collection": collection, "rkey": key})

    def posts(
        self, text: str, *, answers: Mapping[str, str] | None = None, mentions: Sequence[Person] = (),
        embed: Mapping[str, Any] | None = None, **more: Any,
    ) -> dict[str, str]:  # fmt: skip
        """A post; its ``uri`` and ``cid``. Who is mentioned must stand in the text by handle."""
        facets = [_mention(text, one) for one in mentions]
        record = {"text": text, "createdAt": now(), **({"facets": facets} if facets else {}), **more}
        if answers is not None:
            parent = {"uri": answers["uri"], "cid": answers["cid"]}
            record["reply"] = {"root": self.root(parent), "parent": parent}
        if embed is not None:
            record["embed"] = dict(embed)
        return self.creates(POST, record)

    def root(self, post: Mapping[str, str]) -> Mapping[str, str]:
        _, _, did, collection, key = post["uri"].split("/")
        record = self.call("com.atproto.repo.getRecord", params={"repo": did, "collection": collection, "rkey": key})
        found: Mapping[str, str] = record["value"].get("reply", {}).get("root", post)
        return found

    def uploads(self, content: bytes, media_type: str) -> Any:
        return self.call("com.atproto.repo.uploadBlob", content=content, media_type=media_type)["blob"]

    def blocks(self, other: Person) -> str:
        return self.creates("app.bsky.graph.block", {"subject": other.did, "createdAt": now()})["uri"]

    # -- what this client sees

    def notifications(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("app.bsky.notification.listNotifications", params={"limit": 100})["notifications"]
        return found

    def thread(self, uri: str) -> dict[str, Any]:
        """The thread that begins with a post."""
        found: dict[str, Any] = self.call("app.bsky.feed.getPostThread", params={"uri": uri, "depth": 100})["thread"]
        return found

    def records(self, collection: str = POST) -> list[dict[str, Any]]:
        """Everything of a kind in the own repository, oldest first."""
        params: dict[str, Any] = {"repo": self.did, "collection": collection, "limit": 100, "reverse": True}
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("com.atproto.repo.listRecords", params=params)
            found += page["records"]
            if not page.get("cursor") or not page["records"]:
                return found
            params["cursor"] = page["cursor"]

    def waits(self, ready: Callable[[], Any], seconds: float = 30) -> Any:
        """Until something is so; the app view follows the PDS a moment later."""
        end = time.monotonic() + seconds
        while not (found := ready()):
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.05)
        return found

    # -- sessions

    def logs_in(self) -> None:
        """A new session, after a restart that ended all there were."""
        body = {"identifier": self.handle, "password": PASSWORD}
        made = self.network.client.post("com.atproto.server.createSession", json=body)
        assert made.status_code == 200, made.text
        self.token = made.json()["accessJwt"]

    def app_password(self, *, privileged: bool = False) -> str:
        body = {"name": f"agent-tui {time.monotonic_ns()}", "privileged": privileged}
        made: str = self.call("com.atproto.server.createAppPassword", body)["password"]
        return made


def _mention(text: str, person: Person) -> dict[str, Any]:
    start = len(text[: text.index(f"@{person.handle}")].encode())
    end = start + len(person.handle) + 1
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": person.did}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def now() -> str:
    """As a record says it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expired(token: str) -> str:
    """The same access token, whose time was over an hour ago; signed as the PDS signs."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims |= {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
    body = _segment(json.dumps(claims).encode())
    return f"{head}.{body}.{_segment(hmac.new(SECRET.encode(), f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def start() -> Network:
    """A network of its own.

    Raises:
        ServerMissing: something that it needs is not installed.
    """
    modules()
    programs("redis-server", package="redis-server")
    _database_programs()
    names = ("pds", "appview", "ozone", "plc", "control", "postgres", "redis")
    home = Home("bluesky")
    network = Network(home, dict(zip(names, free_ports(len(names)), strict=True)))
    try:
        network.start()
    except BaseException:
        with contextlib.suppress(Exception):
            home.close()
        raise
    return network


if __name__ == "__main__":
    running = start()
    try:
        sys.stdout.write(f"http://{LOOPBACK}:{running.ports['pds']}\n")
        sys.stdout.flush()
        sys.stdin.readline()
    finally:
        running.close()
