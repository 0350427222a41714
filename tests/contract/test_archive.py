"""The contract over archives: one of mails, one of JSON lines. Nothing can be sent, so what is about sending is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from agent_tui.domain.model import Address, Channel
from agent_tui.sources.archive import build
from agent_tui.sources.archive.folder import MAIL, MESSAGE, Item, Writer, key_hash
from agent_tui.sources.archive.settings import ArchiveSettings
from agent_tui.sources.base import Access, Mirror, Source
from tests.contract.rig import NewFile, View
from tests.contract.suite import SourceContract

START = 1_600_000_000_000


class ArchiveRig:
    """Imports stand for what customers write."""

    me = Address("Asha Rao", "help@tamarind.example")
    secret = ""

    def __init__(self, kind: str, workspace: Path) -> None:
        self.kind = kind
        self.workspace = workspace
        self.time = START
        self.can = frozenset({"files", "damage"} if kind == MAIL else {"damage"})

    def build(self, mirror: Mirror) -> Source:
        return build(
            Access(
                name="old-desk",
                settings=ArchiveSettings(channel=Channel.EMAIL if self.kind == MAIL else Channel.CHAT),
                secret=lambda _: "",
                now=lambda: self.time,
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
        self.time += 1000
        number = str(self.time)
        own = f"{number}@mail.example"
        raw = self._mail(text, own, token, name, subject, files) if self.kind == MAIL else self._line(text, number, token, name, subject)
        self._add(raw, number)
        return token or (own if self.kind == MAIL else number)

    def _add(self, raw: bytes, identity: str) -> None:
        writer = Writer(self.workspace / "archives" / "old-desk")
        writer.add(Item(self.kind, raw, self.time, key_hash(identity)))
        writer.close()

    def _mail(self, text: str, own: str, token: str, name: str, subject: str, files: Sequence[NewFile]) -> bytes:
        plain = "".join(c for c in name if c not in "\r\n\0")
        mail = EmailMessage()
        mail.set_content(text.replace("\0", ""))
        for file, media_type, content in files:
            mail.add_attachment(content, maintype=media_type.split("/")[0], subtype=media_type.split("/")[1], filename=file)
        head = f'From: "{plain}" <robin@mail.example>\r\nTo: help@tamarind.example\r\nSubject: {subject}\r\nMessage-ID: <{own}>\r\n'
        if token:
            head += f"In-Reply-To: <{token}>\r\nReferences: <{token}>\r\n"
        return head.replace("\0", "").encode() + mail.as_bytes()

    def _line(self, text: str, number: str, token: str, name: str, subject: str) -> bytes:
        value = {
            "type": "message", "id": number, "case": token or number, "direction": "in", "visibility": "private",
            "author": {"name": name, "address": "@robin:chat.example", "role": "customer"}, "subject": subject,
            "sent_at": "2020-09-13T12:26:40Z", "text": text, "attachments": [{"name": f"{name}/x", "size": 3}],
        }  # fmt: skip
        return json.dumps(value).encode()

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin@mail.example")

    def view(self, token: str) -> View:
        return View()

    def copies(self, marker: str) -> int:
        return 0

    def damage(self) -> None:
        self.time += 1000
        self._add(b"\xff\xfe\0 damaged", f"damage {self.time}")


class ReadOnly(SourceContract):
    """What is left of the contract where nothing can be sent, changed or taken away."""

    test_a_reply_arrives_once_and_comes_back_with_its_marker = None
    test_a_repeated_reference_is_one_message = None
    test_find_tells_what_was_taken_from_what_was_not = None
    test_a_visibility_that_the_source_does_not_have_is_refused = None
    test_every_message_says_who_can_read_it = None
    test_what_is_taken_away_is_gone = None


class TestMails(ReadOnly):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> ArchiveRig:
        return ArchiveRig(MAIL, tmp_path)


class TestLines(ReadOnly):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> ArchiveRig:
        return ArchiveRig(MESSAGE, tmp_path)


del ReadOnly  # not to be collected by itself
