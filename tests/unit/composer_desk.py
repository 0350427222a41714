"""A desk in memory, as far as the composer needs one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

from agent_tui.domain.chats import Standing
from agent_tui.domain.commands.keys import bind
from agent_tui.domain.commands.table import COMMANDS
from agent_tui.domain.errors import StopError
from agent_tui.domain.model import (
    Address,
    Answer,
    Author,
    Cached,
    Case,
    CaseState,
    Channel,
    Direction,
    Draft,
    Message,
    MessageState,
    Priority,
    Role,
    Visibility,
)
from agent_tui.domain.operations import Note, OperationState
from agent_tui.workspace import Agent, SourceSettings, Workspace
from tests.fake_policies import FakePolicies

NOW = 1_760_000_000_000
MARIA = Address("Maria López", "maria@example.com")


def a_case(channel=Channel.EMAIL, **more):
    values = {
        "id": 7, "source": channel.value, "channel": channel, "subject": "Two charges on one invoice", "customer": MARIA,
        "state": CaseState.OPEN, "assignee": None, "tags": (), "priority": Priority.NORMAL, "unread": 1, "messages": 2,
        "waiting_since": NOW - 3_600_000, "due_at": NOW + 7_200_000, "updated_at": NOW, "snoozed_until": None,
        "cached": Cached.FULL, "public": channel is Channel.COMMUNITY, "answer": Answer.NONE,
    }  # fmt: skip
    return Case(**{**values, **more})


def a_message(number, text, *, name="Maria López", role=Role.CUSTOMER, visibility=Visibility.PRIVATE, at=NOW - 600_000):
    customer = role is Role.CUSTOMER
    author = Author(name, MARIA.address if customer else "asha@example.com", role)
    return Message(
        id=number, case=7, source="email", remote_id=str(number), key=str(number), marker=str(number),
        direction=Direction.IN if customer else Direction.OUT, visibility=visibility, author=author,
        to=(Address("", "support@example.com"),), cc=(), reply_to=(), subject="Two charges on one invoice",
        channel=Channel.EMAIL, received_at=at, sent_at=at, text=text, fresh_text=text, attachments=(),
        state=MessageState.RECEIVED,
    )  # fmt: skip


@dataclass
class Found:
    guard: str
    reason: str
    stops: bool = True
    passable: bool = True
    when: str = ""


@dataclass
class FakeDesk(FakePolicies):
    channel: Channel = Channel.EMAIL
    findings: tuple = ()
    sends: list = field(default_factory=list)
    saves: list = field(default_factory=list)
    kept: dict = field(default_factory=dict)
    discarded: list = field(default_factory=list)
    messages: tuple = ()
    canned: object = None
    language: str = "en"
    suggested: tuple = ()
    me: str = "asha@example.com"
    offline: bool = True
    limit: int = 0
    timezone: str = "Asia/Kolkata"
    read_only: str = ""

    def __post_init__(self):
        self.at = NOW
        self.engine = SimpleNamespace(sources={}, state="off")
        self.workspace = Workspace(
            path=Path("/nowhere"),
            agent=Agent(name="Asha Rao", email="asha@example.com"),
            sources=(SourceSettings(name=self.channel.value, type="demo", channel=self.channel),),
        )
        if not self.messages:
            self.messages = (
                a_message(64, "Hello,\n\nyou charged me twice for invoice 1047. ধন্যবাদ।\nPlease look at it today.\n\nMaria"),
            )

    def now(self):
        return self.at

    def file_limit(self, source):
        return self.limit

    def sending_fault(self, draft):
        return ""

    def files_fault(self, draft):
        large = self.limit and any(Path(one).stat().st_size > self.limit for one in draft.attachments)
        return "too large; send a link" if large else ""

    def overtaken(self, ids):
        return ()

    def chats(self, before=()):
        return Standing()

    def arrivals(self, since):
        return ()

    def recall(self, name):
        return "off"

    def case(self, case_id):
        return a_case(self.channel)

    def thread(self, case_id):
        return SimpleNamespace(case=a_case(self.channel), messages=self.messages)

    def message(self, message_id):
        return next(one for one in self.messages if one.id == message_id)

    def draft(self, case_id, kind="reply", *, everyone=True, message=None, source=""):
        for one in self.kept.values():
            if (one.case, one.kind) == (case_id, kind):
                return one
        public = Visibility.PUBLIC if self.channel is Channel.COMMUNITY else Visibility.PRIVATE
        base = Draft(
            id=0, case=case_id, source=self.channel.value, kind=kind,
            visibility=Visibility.NOTE if kind == "note" else public, text="", seen=self.messages[-1].id,
        )  # fmt: skip
        if kind == "reply":
            return replace(base, to=(MARIA,), subject="Re: Two charges on one invoice")
        if kind == "forward":
            return replace(base, text="\n\n---- Forwarded message ----\n> Hello", subject="Fwd: Two charges")
        return base

    def typing(self, draft, *, on=True):
        self.typed = [*getattr(self, "typed", []), on]

    def keep_keys(self, draft):
        self.keys = draft

    def drop_keys(self, draft):
        self.keys = None

    def save_draft(self, draft):
        draft = replace(draft, id=draft.id or len(self.kept) + 1, updated_at=self.at)
        self.kept[draft.id] = draft
        self.saves.append(draft)
        return draft

    def canned_subject(self, reply, draft):
        from agent_tui.knowledge import canned

        if draft.kind != "new" or draft.subject:
            return ""
        return canned.subject_of(reply, None, next(iter(draft.to), Address()), self.workspace.agent)

    def canned_text(self, reply, draft):
        from agent_tui.knowledge import canned

        return canned.render(reply, a_case(self.channel), MARIA, self.workspace.agent)

    def prepare_canned(self, milliseconds):
        return self.canned.prepare(milliseconds)

    def learn_canned(self, milliseconds):
        return False

    def suggest_canned(self, case_id, *, without=(), channel=""):
        return self.suggested

    def languages_for(self, case_id):
        return self.language, ("en",)

    def canned_fallback(self, reply, language, channel):
        from agent_tui.knowledge import canned

        return canned.fallback_words(reply, language, channel)

    def source_for(self, address):
        return "chat" if address.startswith("@") else ""

    def seen_now(self, draft):
        return self.save_draft(replace(draft, seen=self.messages[-1].id))

    def discard_draft(self, draft_id):
        self.discarded.append(self.kept.pop(draft_id))

    def attach(self, draft, path):
        return self.save_draft(replace(draft, attachments=(*draft.attachments, str(path))))

    def newer_than(self, draft):
        return tuple(one for one in self.messages if one.id > draft.seen)

    def gate(self, draft, *, at=None):
        note = draft.visibility is Visibility.NOTE
        who = ", ".join(a.label for a in draft.to) or "nobody"
        where = "PUBLIC, everybody can read it" if draft.visibility is Visibility.PUBLIC else "private"
        return SimpleNamespace(
            headline="Note: only colleagues can read it" if note else f"To {who} by {self.channel.value} ({where})",
            channel=self.channel, visibility=draft.visibility, recipients=draft.to, findings=self._found(at), own_words=None,
            hold_ms=0 if note or self.channel is Channel.CHAT else 15_000,
        )  # fmt: skip

    def take(self, ids):
        self.taken = ids

    def _found(self, at):
        return tuple(one for one in self.findings if one.guard != "hours" or at is not None)

    def send(self, draft, *, then=(), at=None, hold=True, overrides=()):
        for one in self._found(at):
            if one.stops and not (one.passable and one.guard in overrides):
                raise StopError(one.guard, one.reason, passable=one.passable)
        self.sends.append(SimpleNamespace(draft=draft, then=then, at=at, overrides=tuple(overrides)))
        self.kept.pop(draft.id, None)
        held = 0 if self.channel is Channel.CHAT or draft.kind == "note" else 15_000
        state = OperationState.HELD if held else OperationState.QUEUED
        return SimpleNamespace(id=1, case=draft.case, state=state, held_until=self.at + held, operation=Note)

    def poll(self):
        return frozenset()


def keymap():
    return bind(COMMANDS)
