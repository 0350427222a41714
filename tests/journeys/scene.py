"""A support desk on the real mail server: its workspace, its customers, a colleague's mail program, and cut cables."""

from __future__ import annotations

import contextlib
import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

from tests.contract.mailbox import Mailbox
from tests.journeys.terminal import Terminal, until, workstation
from tests.journeys.workplace import Workplace
from tests.servers.cable import Cable
from tests.servers.mail import MailServer

SETTINGS = """
[agent]
name = "Asha Rao"
email = "{address}"
signature = "Asha, Example Support"

[[source]]
name = "support-mail"
type = "imap"
address = "{address}"
imap = "imaps://localhost:{imap}"
smtp = "smtp+insecure://localhost:{smtp}"
username = "{user}"
ca_file = "{ca}"
promise = {{ first_reply = "6h", next_reply = "6h" }}
undo = "{undo}"
{more}
"""


@dataclass
class Scene(Workplace):
    """One support address with its workspace, and whoever writes to it.

    Args:
        undo: seconds that a reply is held, as written in the settings.
        more: further lines for the source's settings.
    """

    server: MailServer
    path: Path
    undo: str = "0s"
    more: str = ""
    cable: Cable = field(init=False)
    box: Mailbox = field(init=False)
    customer: Mailbox = field(init=False)
    terminals: list[Terminal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.box = Mailbox(self.server, self.path, user=self.server.fresh("support"))
        self.customer = Mailbox(self.server, self.path, user=self.server.fresh("rina"))
        self.cable = Cable(imap=self.server.ports["imaps"], smtp=self.server.ports["plain"])
        self.path.mkdir(mode=0o700)
        self.write_settings()

    def write_settings(self) -> None:
        settings = SETTINGS.format(
            address=self.box.address, user=self.box.user, ca=self.server.ca, undo=self.undo, more=self.more,
            imap=self.cable.ports["imap"], smtp=self.cable.ports["smtp"],
        )  # fmt: skip
        (self.path / "workspace.toml").write_text(settings, encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_SUPPORT_MAIL": self.server.password}

    # the workstation

    def open(self, *arguments: str, size: tuple[int, int] = (140, 40)) -> Terminal:
        """Open the workstation, and wait until it shows its list."""
        terminal = workstation(self.path, *arguments, env=self.env, size=size)
        self.terminals.append(terminal)
        terminal.sees("Inbox")
        return terminal

    # customers

    def writes(self, text: str, *, subject: str = "Where is my parcel?", answers: str = "", sender: str = "", **headers: str) -> str:
        """A customer's mail comes in by SMTP; its Message-ID."""
        marker = make_msgid(domain="outside.example").strip("<>")
        sender = sender or f"Rina Das <{self.customer.address}>"
        raw = self.box.mail(text, sender=sender, answers=answers, Subject=subject, Message_ID=f"<{marker}>", **headers)
        self.server.deliver(self.customer.address, self.box.address, raw)
        return marker

    def received(self, count: int = 1, *, by: Mailbox | None = None) -> list[EmailMessage]:
        """What the customer's mailbox holds, as soon as there are so many."""
        box = by or self.customer

        def enough() -> list[tuple[str, frozenset[str], bytes]]:
            held = box.held()
            return held if len(held) >= count else []

        kept = until(enough, f"{count} messages for {box.user}")
        return [email.message_from_bytes(raw, policy=email.policy.default) for _, _, raw in kept]  # type: ignore[misc]

    def sent(self) -> list[str]:
        """Message-IDs of the copies in Sent."""
        return [marker for marker, _, _ in self.box.held("Sent")]

    def flags(self, marker: str) -> frozenset[str]:
        """Flags of a message in the mailbox, as a second client sees them."""
        return self.box.flags(marker)

    def flagged(self, marker: str, *flags: str) -> None:
        """Wait until a second client sees these flags."""
        until(lambda: set(flags) <= self.flags(marker), f"{flags} on {marker}", told=lambda: str(self.flags(marker)))

    def store(self, marker: str, change: str, flags: str) -> None:
        """A second client changes flags, ``+FLAGS`` or ``-FLAGS``."""
        with self.box.client() as client:
            _, found = client.uid("SEARCH", "HEADER", "Message-ID", f'"<{marker}>"')
            client.uid("STORE", found[0].decode().split()[0], change, f"({flags})")

    # what stands on disk

    def drafts(self) -> list[str]:
        """Texts that are being written, without the signature that every mail begins with."""
        stored = self.rows("SELECT text FROM drafts WHERE state = 'open' ORDER BY id")
        return [text.removesuffix("Asha, Example Support").rstrip("\n") for (text,) in stored]

    def close(self) -> None:
        self.leave()
        self.cable.close()


@contextlib.contextmanager
def scene(server: MailServer, path: Path, **settings: str) -> Iterator[Scene]:
    """A scene that is cleared away afterwards."""
    made = Scene(server, path, **settings)
    try:
        yield made
    finally:
        made.close()
