"""The rig of the simulated Chatwoot, for the shared contract and for what is Chatwoot's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent_tui.domain.model import Address, CaseRef
from agent_tui.domain.settings import Url
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.chatwoot import build
from agent_tui.sources.chatwoot.settings import ChatwootSettings
from tests.contract.rig import NewFile, View
from tests.servers.chatwoot import ACTIVITY, INCOMING, Chatwoot

START_S = 1_790_000_000.0


class ChatwootRig:
    """A simulated server whose clock moves a second with every message."""

    me = Address("Asha Rao", "asha@tamarind.example")
    can = frozenset({"offline", "cut", "damage", "files", "colleague"})

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.time = START_S
        self.there = Chatwoot(lambda: self.time)
        self.secret = self.there.token
        self.account = self.there.account
        self.inboxes: tuple[int | str, ...] = ()

    def build(self, mirror: Mirror) -> Source:
        return build(
            Access(
                name="desk",
                settings=ChatwootSettings(
                    url=Url(scheme="http", host="127.0.0.1", port=self.there.server.port), account=self.account,
                    inboxes=self.inboxes,
                ),
                secret=lambda _: self.secret,
                now=lambda: int(self.time * 1000),
                mirror=mirror,
                agent_addresses=frozenset({self.me.address}),
                workspace=self.workspace,
                downloads=self.workspace / "attachments",
            )
        )

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        self.time += 1
        if not token:
            contact = self.there.contact(name, "robin@mail.example", "+919999999999")
            token = str(self.there.begin(contact, mail_subject=subject).id)
        self.there.write(int(token), text, files=files)
        return token

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin@mail.example")

    def view(self, token: str) -> View:
        case = self.there.conversations[int(token)]
        messages = [m for m in self.there.of(case.id) if not m.content_attributes.get("deleted")]
        asked = [m for m in messages if m.message_type == INCOMING]
        spam = case.status == "resolved" and "spam" in case.labels
        return View(
            texts=tuple(m.content or "" for m in messages),
            closed=case.status == "resolved" and not spam,
            spam=spam,
            tags=frozenset(case.labels) - {"spam"},
            assignee=(case.assignee or {}).get("email", ""),
            priority={"medium": "normal", None: "normal"}.get(case.priority, case.priority or ""),
            seen=all(m.created_at <= case.agent_last_seen_at for m in asked),
            snoozed=case.status == "snoozed",
            notes=tuple(m.content or "" for m in messages if m.private and m.message_type != ACTIVITY),
        )

    def copies(self, marker: str) -> int:
        every = self.there.messages.values()
        return sum(m.content_attributes.get("agent_tui_id") == marker and m.delivered for m in every)

    def erase(self, token: str) -> None:
        for message in self.there.of(int(token)):
            self.there.erase(message.id)

    def close_elsewhere(self, token: str) -> None:
        self.there.set_status(int(token), "resolved")

    def answer_elsewhere(self, token: str, text: str) -> None:
        self.time += 1
        self.there.answer_as(2, int(token), text)

    def damage(self) -> None:
        token = self.customer_writes("unreadable")
        self.there.of(int(token))[0].message_type = 99

    def offline(self, off: bool) -> None:
        (self.there.server.stop if off else self.there.server.start)()

    def cut(self, *, committed: bool) -> None:
        self.there.server.fault(method="POST", path="/messages", cut=True, committed=committed)

    def blind(self) -> None:
        raise NotImplementedError

    def case(self, token: str) -> CaseRef:
        """A case as an operation has it where nothing was pulled."""
        return CaseRef(id=1, conversation=token)
