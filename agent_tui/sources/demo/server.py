"""Holding the demo's servers by hand: what customers, colleagues and bad luck do, for scripts and tests.

Everything is kept in the servers' file, so that another process (the engine) meets it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from agent_tui.domain.model import Marks
from agent_tui.sources.demo import faults, traffic, voices
from agent_tui.sources.demo.file import File, ServerFile, body_of, marks_of
from agent_tui.sources.demo.services import BIN, INBOX, JUNK


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message as the server has it (nothing cleaned)."""

    service: str
    container: str
    ref: str
    conversation: str
    marker: str
    direction: str
    visibility: str
    role: str
    name: str
    address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    marks: frozenset[str]
    files: tuple[str, ...]
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as the server has it."""

    id: str
    subject: str
    state: str
    assignee: str
    tags: frozenset[str]
    priority: str
    snoozed_until: int | None
    solved: bool


class DemoServer:
    """The servers of one demo workspace, seen from their side.

    Args:
        path: the servers' file (``demo-servers.db`` in the workspace); made where it is missing.
        now: milliseconds since the epoch.
    """

    def __init__(self, path: Path, now: Callable[[], int] = wall_clock) -> None:
        self.file = ServerFile(path)
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    # what the servers have

    def messages(self, service: str, conversation: str = "") -> tuple[Kept, ...]:
        """Every message of a service, or of one conversation, in the order of arrival; the bin too."""
        rows = self.file.rows(
            "select * from messages where service = ? and ? in ('', conversation) order by received_at, id",
            service, conversation,
        )  # fmt: skip
        kept = []
        for row in rows:
            body = body_of(row)
            names = self.file.rows("select name from attachments where message = ? order by part", row["id"])
            kept.append(
                Kept(
                    **{key: row[key] for key in
                       ("service", "container", "ref", "conversation", "marker", "direction", "received_at")},
                    **{key: body[key] for key in ("visibility", "role", "name", "address", "subject", "text")},
                    to=tuple(address for _, address in body["to"]),
                    cc=tuple(address for _, address in body["cc"]),
                    marks=marks_of(row),
                    files=tuple(name[0] for name in names),
                )
            )  # fmt: skip
        return tuple(kept)

    def copies(self, marker: str) -> int:
        """How many times a message of ours with this marker went out, on any service."""
        row = self.file.row("select count(*) from messages where marker = ? and direction = 'out'", marker)
        return int(row[0]) if row else 0

    def attempts(self, reference: str) -> int:
        """How many times an operation with this client reference reached a server."""
        row = self.file.row("select sum(attempts) from pushes where reference = ?", reference)
        return int(row[0] or 0) if row else 0

    def talk(self, service: str, conversation: str) -> Talk:
        """A conversation of chat or forum.

        Raises:
            KeyError: there is none.
        """
        row = self.file.conversation(service, conversation)
        if row is None:
            raise KeyError(conversation)
        return Talk(
            **{key: row[key] for key in ("id", "subject", "state", "snoozed_until")},
            assignee=row["assignee"] or "",
            priority=row["priority"] or "",
            tags=frozenset(json.loads(row["tags"])),
            solved=bool(row["solved"]),
        )

    # customers and colleagues

    def customer_writes(
        self,
        service: str,
        conversation: str = "",
        text: str = "Is anybody there?",
        *,
        name: str = "",
        address: str = "",
        subject: str = "",
        files: Sequence[tuple[str, str, bytes]] = (),
        at: int | None = None,
        **more: Any,
    ) -> Kept:
        """A customer writes; without ``conversation`` a new one begins.

        Args:
            files: ``(name, media type, content)``.
            at: milliseconds at which it arrives, now if left out.
            more: further fields of ``file.Letter`` (``automatic``, ``html``, ``cc``, ``role="peer"`` ...).
        """
        at = self._now() if at is None else at
        with self.file.write():
            if not conversation:
                name, address = name or "Robin Bell", address or "robin.bell@mail.example"
                conversation = self.file.add_conversation(service, subject or "A question", name, address)
            attached = tuple(File(name=n, media_type=t, content=c) for n, t, c in files)
            row = voices.say(
                self.file, service, conversation, text, at, name=name, address=address, files=attached, **more
            )
        return self._kept(service, row)

    def colleague_answers(
        self, service: str, conversation: str, text: str, *, name: str = "Marek Nowak",
        address: str = "marek@tamarind.example", note: bool = False, at: int | None = None,
    ) -> Kept:  # fmt: skip
        """A colleague answers from another program; with ``note`` only colleagues can read it."""
        at = self._now() if at is None else at
        row = voices.say(
            self.file, service, conversation, text, at, name=name, address=address, role="agent", note=note
        )
        return self._kept(service, row)

    def _kept(self, service: str, row: int) -> Kept:
        found = self.file.message(row)
        place = (found["container"], found["ref"])
        messages = self.messages(service, found["conversation"])
        return next(one for one in messages if (one.container, one.ref) == place)

    def remote_state(self, service: str, conversation: str, state: str, until: int | None = None) -> None:
        """A colleague closes, reopens, snoozes or files as spam: ``closed``, ``open``, ``snoozed``, ``spam``."""
        with self.file.write():
            if service != "mailbox":
                self.file.change_conversation(service, conversation, state=state, snoozed_until=until)
                return
            for row in self._rows(conversation):
                if row["direction"] == "in" and row["container"] != BIN:
                    marks = marks_of(row) - {Marks.CLOSED, Marks.SPAM}
                    after = marks | {{"closed": Marks.CLOSED, "spam": Marks.SPAM}.get(state, "")} - {""}
                    if state == "spam" and row["container"] != JUNK:
                        self.file.move(row, JUNK, after)
                    elif state != "spam" and row["container"] == JUNK:
                        self.file.move(row, INBOX, after)
                    else:
                        self.file.set_marks(row, after)

    def remote_close(self, service: str, conversation: str) -> None:
        """A colleague closes a case from another program."""
        self.remote_state(service, conversation, "closed")

    def remote_marks(
        self, service: str, conversation: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        """Another program changes the marks of every message that came in (``seen``, ``tag:x`` ...)."""
        with self.file.write():
            for row in self._rows(conversation, service):
                if row["direction"] == "in":
                    self.file.set_marks(row, (marks_of(row) | set(add)) - set(remove))

    def remote_change(self, service: str, conversation: str, **values: Any) -> None:
        """A colleague changes ``assignee``, ``tags``, ``priority`` or ``subject`` of a chat or a topic."""
        if "tags" in values:
            values["tags"] = json.dumps(sorted(values["tags"]))
        with self.file.write():
            self.file.change_conversation(service, conversation, **values)

    def accept_answer(self, topic: str) -> None:
        """The asker marks a forum topic as solved."""
        with self.file.write():
            self.file.change_conversation("forum", topic, solved=1)

    def erase(self, message: Kept) -> None:
        """A message disappears from the server."""
        with self.file.write():
            row = self.file.message_at(message.service, message.container, message.ref)
            if row is not None:
                self.file.erase(row)

    def is_typing(self, service: str, conversation: str, name: str) -> None:
        """Somebody is seen typing."""
        container = conversation if service == "chat" else ""
        with self.file.write():
            self.file.database.execute(
                "insert into typing (service, container, name) values (?, ?, ?)", (service, container, name)
            )

    def _rows(self, conversation: str, service: str = "mailbox") -> list[Any]:
        return self.file.rows(
            "select * from messages where service = ? and conversation = ? order by id", service, conversation
        )

    # bad luck

    def fail_next(
        self, step: str = "reply", error: str = "TryLater", *, service: str = "", words: str = "", times: int = 1,
        after: bool = False,
    ) -> None:  # fmt: skip
        """The next ``step`` (``open pull fetch find``, an operation's kind, ``*``) ends in this error.

        Args:
            error: name of a class in ``domain.errors``.
            after: True: the server does it first.
        """
        faults.arrange(
            self.file, step, error, service=service, words=words, after=after, delay_ms=0, times=times
        )

    def cut_after_commit(self, step: str = "reply", *, service: str = "") -> None:
        """The next push is carried out, and its answer is lost."""
        self.fail_next(step, "OutcomeUnknown", service=service, words="the connection was cut", after=True)

    def cut_before_commit(self, step: str = "reply", *, service: str = "") -> None:
        """The next push is lost on its way, and its sender can't know."""
        self.fail_next(step, "OutcomeUnknown", service=service, words="the connection was cut")

    def slow_next(self, step: str, delay_ms: int, *, service: str = "", after: bool = False) -> None:
        """The next step takes this long, before the server does it or (``after``) before it says so."""
        faults.arrange(self.file, step, "", service=service, words="", after=after, delay_ms=delay_ms, times=1)

    def go_offline(self, service: str = "") -> None:
        """Switch one service off, or all."""
        with self.file.write():
            self.file.set_meta(f"offline:{service}", 1)

    def come_back(self, service: str = "") -> None:
        """Switch it on again; without ``service`` all of them."""
        with self.file.write():
            for one in (service,) if service else ("", "mailbox", "chat", "forum"):
                self.file.set_meta(f"offline:{one}", 0)

    def stop_filing(self, service: str = "mailbox", *, stopped: bool = True) -> None:
        """From now on nobody can tell whether a message was sent: ``find`` answers ``cannot_tell``."""
        with self.file.write():
            self.file.set_meta(f"blind:{service}", int(stopped))

    # time

    def hush(self) -> None:
        """No customer writes by himself any more."""
        traffic.stop(self.file)

    def pass_time(self) -> None:
        """Let everything happen that is due by now."""
        traffic.release(self.file, self._now())
