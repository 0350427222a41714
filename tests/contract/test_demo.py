"""The contract over the demo's three services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent_tui.domain.model import Address, Marks
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.demo import build
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.server import DemoServer, Kept
from agent_tui.sources.demo.services import BIN, JUNK
from agent_tui.sources.demo.settings import DemoSettings
from tests.contract.rig import NewFile, View
from tests.contract.suite import SourceContract

START = 1_790_000_000_000


class DemoRig:
    """A demo server with a clock that moves a second with every message."""

    me = Address("Asha Rao", "help@tamarind.example")
    secret = ""
    can = frozenset({"offline", "cut", "damage", "blind", "files", "colleague"})

    def __init__(self, service: str, workspace: Path) -> None:
        self.service = service
        self.workspace = workspace
        self.time = START
        self.server = DemoServer(workspace / FILE_NAME, now=lambda: self.time)

    def build(self, mirror: Mirror) -> Source:
        return build(
            Access(
                name=f"demo-{self.service}",
                settings=DemoSettings(service=self.service, address=self.me.address),
                secret=lambda _: "",
                now=lambda: self.time,
                mirror=mirror,
                agent_addresses=frozenset({self.me.address}),
                workspace=self.workspace,
                downloads=self.workspace / "attachments",
            )
        )

    def _conversation(self, token: str) -> str:
        if self.service != "mailbox":
            return token
        return next(m.conversation for m in self.server.messages("mailbox") if m.marker == token)

    def _messages(self, token: str) -> list[Kept]:
        kept = self.server.messages(self.service, self._conversation(token))
        return [m for m in kept if m.container != BIN]

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        self.time += 1000
        kept = self.server.customer_writes(
            self.service, self._conversation(token) if token else "", text,
            name=name, address="robin@mail.example", subject=subject, files=files,
        )  # fmt: skip
        return token or (kept.marker if self.service == "mailbox" else kept.conversation)

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin@mail.example")

    def view(self, token: str) -> View:
        messages = self._messages(token)
        texts = tuple(m.text for m in messages)
        incoming = [m for m in messages if m.direction == "in"]
        seen = all(Marks.SEEN in m.marks for m in incoming)
        if self.service != "mailbox":
            talk = self.server.talk(self.service, token)
            return View(
                texts=texts, closed=talk.state == "closed", spam=talk.state == "spam", tags=talk.tags,
                assignee=talk.assignee, priority=talk.priority, seen=seen, snoozed=talk.state == "snoozed",
                notes=tuple(m.text for m in messages if m.visibility == "note"),
            )  # fmt: skip
        marks = frozenset().union(*(m.marks for m in messages))
        newest = incoming[-1].marks if incoming else frozenset()
        return View(
            texts=texts,
            closed=Marks.CLOSED in newest,
            spam=bool(incoming) and incoming[-1].container == JUNK,
            tags=frozenset(m.removeprefix(Marks.TAG) for m in marks if m.startswith(Marks.TAG)),
            assignee=next((m.removeprefix(Marks.ASSIGNEE) for m in marks if m.startswith(Marks.ASSIGNEE)), ""),
            priority=next((m.removeprefix(Marks.PRIORITY) for m in marks if m.startswith(Marks.PRIORITY)), ""),
            seen=seen,
            starred=Marks.FLAGGED in marks,
        )

    def copies(self, marker: str) -> int:
        return self.server.copies(marker)

    def erase(self, token: str) -> None:
        for message in self._messages(token):
            self.server.erase(message)

    def close_elsewhere(self, token: str) -> None:
        self.server.remote_close(self.service, self._conversation(token))

    def answer_elsewhere(self, token: str, text: str) -> None:
        self.time += 1000
        self.server.colleague_answers(self.service, self._conversation(token), text)

    def damage(self) -> None:
        self.server.customer_writes(self.service, text="unreadable", damaged=True)

    def offline(self, off: bool) -> None:
        (self.server.go_offline if off else self.server.come_back)(self.service)

    def cut(self, *, committed: bool) -> None:
        (self.server.cut_after_commit if committed else self.server.cut_before_commit)("reply", service=self.service)

    def blind(self) -> None:
        self.server.stop_filing(self.service)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[[str], DemoRig]]:
    rigs: list[DemoRig] = []

    def make(service: str) -> DemoRig:
        rigs.append(DemoRig(service, tmp_path))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.server.close()


class TestMailbox(SourceContract):
    @pytest.fixture
    def rig(self, make_rig: Callable[[str], DemoRig]) -> DemoRig:
        return make_rig("mailbox")


class TestChat(SourceContract):
    @pytest.fixture
    def rig(self, make_rig: Callable[[str], DemoRig]) -> DemoRig:
        return make_rig("chat")


class TestForum(SourceContract):
    @pytest.fixture
    def rig(self, make_rig: Callable[[str], DemoRig]) -> DemoRig:
        return make_rig("forum")
