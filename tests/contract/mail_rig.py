"""The rig of the real mail server: one user's mailbox behind proxies that can lose connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from agent_tui.domain.model import Address, Marks
from agent_tui.sources.base import Mirror, Source
from agent_tui.sources.imap.marks import marks_of
from tests.contract.mailbox import Mailbox, settled
from tests.contract.rig import NewFile, View
from tests.servers.mail import MailServer
from tests.servers.proxy import Proxy


class _Loop:
    """An event loop of its own in a thread, for proxies that are switched from synchronous code."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class MailRig:
    """One user's mailbox, reached through proxies that can lose connections."""

    can = frozenset({"offline", "cut", "damage", "files", "colleague"})

    def __init__(self, server: MailServer, folder: Path) -> None:
        self.box = Mailbox(server, folder)
        self.server = server
        self.me = Address("Asha Rao", self.box.address)
        self.secret = server.password
        self._customers: dict[str, str] = {}
        self._subjects: dict[str, str] = {}
        self._away = False
        self._threads = _Loop()
        self._imap = Proxy(server.ports["imaps"])
        # Without TLS the proxy can see the final dot; the server takes this on loopback only.
        self._smtp = Proxy(server.ports["plain"])
        for proxy in (self._imap, self._smtp):
            self._threads.run(proxy.__aenter__())

    def end(self) -> None:
        if not self._away:
            self.offline(True)
        self._threads.end()

    def build(self, mirror: Mirror) -> Source:
        return self.box.source(
            mirror=mirror,
            imap=self.box.endpoint("imaps", port=self._imap.port),
            smtp=self.box.endpoint("plain", port=self._smtp.port),
        )

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        customer = self._customers.get(token) or self.server.fresh("customer")
        message = EmailMessage()
        marker = make_msgid(domain="outside.example").strip("<>")
        message["From"] = f"{name} <{self.server.address(customer)}>"
        message["To"] = self.box.address
        message["Message-ID"] = f"<{marker}>"
        message["Date"] = "Mon, 21 Sep 2026 10:00:00 +0000"
        message["Subject"] = f"Re: {self._subjects[token]}" if token else subject
        if token:
            message["In-Reply-To"] = message["References"] = f"<{token}>"
        message.set_content(text)
        for file_name, media_type, content in files:
            kind, _, subtype = media_type.partition("/")
            message.add_attachment(content, maintype=kind, subtype=subtype, filename=file_name)
        self.box.append(message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        self._customers.setdefault(token or marker, customer)
        self._subjects.setdefault(token or marker, subject)
        return token or marker

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", self.server.address(self._customers[token]))

    def _of(self, token: str, folder: str) -> list[tuple[str, frozenset[str], bytes]]:
        return [one for one in self.box.held(folder) if f"<{token}>".encode() in one[2]]

    def view(self, token: str) -> View:
        inbox, junk = self._of(token, "INBOX"), self._of(token, "Junk")
        incoming = [*inbox, *junk]
        marks = frozenset().union(*(marks_of(flags) for _marker, flags, _raw in incoming))

        def after(prefix: str) -> str:
            return next((mark.removeprefix(prefix) for mark in marks if mark.startswith(prefix)), "")

        newest = frozenset(incoming[-1][1]) if incoming else frozenset()
        return View(
            texts=tuple(raw.decode() for _marker, _flags, raw in incoming),
            closed="$Closed" in newest,
            spam=bool(junk) and not inbox,
            tags=frozenset(mark.removeprefix(Marks.TAG) for mark in marks if mark.startswith(Marks.TAG)),
            assignee=after(Marks.ASSIGNEE),
            priority=after(Marks.PRIORITY),
            seen=all("\\Seen" in flags for _marker, flags, _raw in incoming),
            starred=any("\\Flagged" in flags for _marker, flags, _raw in incoming),
        )

    def copies(self, marker: str) -> int:
        settled(self.server)
        return sum(
            held == marker for customer in self._customers.values() for held, _flags, _raw in self.box.held(user=customer)
        )

    def _each(self, token: str, command: str, *arguments: str) -> None:
        with self.box.client() as client:
            _status, found = client.uid("SEARCH", "OR", "HEADER", "Message-ID", token, "HEADER", "References", token)
            for uid in found[0].split():
                assert client.uid(command, uid.decode(), *arguments)[0] == "OK"
            if command == "STORE" and arguments[-1] == "(\\Deleted)":
                client.expunge()

    def erase(self, token: str) -> None:
        self._each(token, "STORE", "+FLAGS", "(\\Deleted)")

    def close_elsewhere(self, token: str) -> None:
        self._each(token, "STORE", "+FLAGS", "($Closed)")

    def answer_elsewhere(self, token: str, text: str) -> None:
        message = EmailMessage()
        message["From"] = self.box.address
        message["To"] = self.customer(token).address
        message["Message-ID"] = make_msgid(domain="elsewhere.example")
        message["Date"] = "Mon, 21 Sep 2026 12:00:00 +0000"
        message["In-Reply-To"] = message["References"] = f"<{token}>"
        message["Subject"] = "Re: A question"
        message.set_content(text)
        self.box.append(message.as_bytes(), folder="Sent", flags="\\Seen")

    def damage(self) -> None:
        self.box.append(
            b"From: \xff\xfe <x@\x00>\r\nSubject: =?utf-9?Q?=XX\r\nContent-Type: multipart/mixed\r\n"
            b"Content-Transfer-Encoding: base64\r\nDate: yesterday\r\n\r\n--\r\n\xff\xfe\x01".replace(b"\x00", b"\x01")
        )

    def offline(self, off: bool) -> None:
        if off == self._away:
            return
        self._away = off
        for proxy in (self._imap, self._smtp):
            self._threads.run(proxy.__aexit__() if off else self._again(proxy))

    async def _again(self, proxy: Proxy) -> None:
        await proxy.listen(proxy.port)

    def cut(self, *, committed: bool) -> None:
        self._smtp.sent_up.clear()
        if committed:
            self._smtp.swallow_after = b"\r\n.\r\n"
        else:
            self._smtp.cut_before = b"\r\n.\r\n"

    def blind(self) -> None:
        raise AssertionError("a mailbox is never blinder than it is")
