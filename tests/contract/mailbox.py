"""A mailbox on the real mail server, as the contract suite and the tests of IMAP use it."""

from __future__ import annotations

import contextlib
import email
import email.policy
import imaplib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from agent_tui.domain.model import Address, Batch, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.imap import build
from agent_tui.sources.imap.settings import Endpoint, ImapSettings
from tests.contract.ledger import Ledger
from tests.servers.mail import MailServer

CREATED_AT = 1_790_000_000_000


@dataclass
class Mailbox:
    """One user of the server, with a second IMAP client for looking and a ledger for what was pulled."""

    server: MailServer
    folder: Path
    user: str = ""
    time: int = field(default_factory=lambda: int(time.time() * 1000))
    ledger: Ledger = field(default_factory=Ledger)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.user = self.user or self.server.fresh()

    @property
    def address(self) -> str:
        return self.server.address(self.user)

    def endpoint(self, kind: str, *, port: int = 0, host: str = "") -> Endpoint:
        security = {"imap": "starttls", "submission": "starttls", "plain": "plain"}.get(kind, "tls")
        return Endpoint(host or self.server.host, port or self.server.ports[kind], security)

    def settings(self, **changes: Any) -> ImapSettings:
        given: dict[str, Any] = {
            "addresses": (self.address,), "imap": self.endpoint("imaps"), "smtp": self.endpoint("smtps"),
            "username": self.user, "ca_file": self.server.ca,
        }  # fmt: skip
        return ImapSettings(**(given | changes))

    def source(
        self, *, mirror: Mirror | None = None, now: Callable[[], int] | None = None, secret: str | None = None, **changes: Any
    ) -> Source:
        self.folder.mkdir(exist_ok=True)
        return build(
            Access(
                name="support-mail",
                settings=self.settings(**changes),
                secret=lambda which: self.server.password if secret is None else secret,
                now=now or (lambda: self.time),
                mirror=mirror if mirror is not None else self.ledger,
                agent_addresses=frozenset({self.address}),
                workspace=self.folder,
                downloads=self.folder / "attachments",
            )
        )

    @contextlib.asynccontextmanager
    async def opened(self, **changes: Any) -> Any:
        source = self.source(**changes)
        try:
            await source.open()
            yield source
        finally:
            await source.close()

    async def pull(self, source: Source, budget: int = 100_000) -> list[Batch]:
        batches = []
        async for batch in source.pull(self.ledger.cursor, budget):
            self.ledger.apply(batch)
            batches.append(batch)
        return batches

    def mail(self, text: str = "hello", *, sender: str = "Robin Bell <robin@outside.example>", answers: str = "", **headers: str) -> bytes:
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = sender
        message["To"] = headers.pop("To", self.address)
        message["Subject"] = headers.pop("Subject", "A question")
        message["Message-ID"] = headers.pop("Message_ID", "") or make_msgid(domain="outside.example")
        message["Date"] = headers.pop("Date", "Mon, 21 Sep 2026 10:00:00 +0000")
        if answers:
            message["In-Reply-To"] = message["References"] = f"<{answers}>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return bytes(message)

    def append(self, *raw: bytes, folder: str = "INBOX", flags: str = "") -> None:
        self.server.append(self.user, folder, raw, flags)

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX", *, user: str = "") -> Iterator[imaplib.IMAP4_SSL]:
        client = self.server.client(user or self.user)
        try:
            client.select(f'"{folder}"')
            yield client
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def held(self, folder: str = "INBOX", *, user: str = "") -> list[tuple[str, frozenset[str], bytes]]:
        """``(Message-ID, flags, raw)`` of everything in a folder, by the second client."""
        with self.client(folder, user=user) as client:
            _status, data = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])") if client.select(f'"{folder}"')[1] != [b"0"] else ("", [])
        found = []
        for item in data:
            if isinstance(item, tuple):
                flags = re.search(rb"FLAGS \(([^)]*)\)", item[0])
                marker = email.message_from_bytes(item[1]).get("Message-ID", "").strip(" <>\r\n")
                found.append((marker, frozenset((flags[1] if flags else b"").decode().split()) - {"\\Recent"}, item[1]))
        return found

    def flags(self, marker: str, folder: str = "INBOX") -> frozenset[str]:
        return next(flags for held, flags, _raw in self.held(folder) if held == marker)

    def reply(self, text: str = "Good day", *, to: Iterable[str] = (), **changes: Any) -> Reply:
        given: dict[str, Any] = {
            "text": text, "visibility": Visibility.PRIVATE, "marker": make_msgid(domain="agents.test").strip("<>"),
            "created_at": CREATED_AT, "sender": Address("Asha Rao", self.address),
            "to": tuple(Address("", one) for one in to), "subject": "Re: A question",
        }  # fmt: skip
        return Reply(**(given | changes))


def settled(server: MailServer, seconds: float = 10) -> None:
    """Until Postfix has delivered or returned all it took."""
    queue = server.home.path / "postfix" / "queue"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(path.is_file() for name in ("incoming", "active", "deferred", "maildrop") for path in (queue / name).rglob("*")):
            return
        time.sleep(0.05)
    raise AssertionError("Postfix still has mail in its queue")


