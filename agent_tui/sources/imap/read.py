"""Messages out of the open folder: whole ones, and large ones without their files.

Fetching runs in the connection's thread. Making messages of what was fetched knows nothing of the connection, so that
it can run elsewhere while the next ones are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from agent_tui.domain.model import Attachment, BadItem, RemoteMessage
from agent_tui.sources import mime
from agent_tui.sources.imap import structure, wire
from agent_tui.sources.imap.connection import QuietClient, words
from agent_tui.sources.imap.cursor import reference
from agent_tui.sources.imap.marks import DELETED, marks_of

Item = TypeVar("Item")

WHOLE_LIMIT = 1_000_000  # bytes; larger messages come without their files
TEXT_LIMIT = 256_000  # bytes of one text part of a large message
TEXT_PARTS = 8
AT_ONCE = 8_000_000  # bytes of messages in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How messages are to be read.

    Args:
        agent_addresses: lower-case addresses that are ours.
        bodies_from: milliseconds; of messages received earlier only the header is fetched. None: bodies of all.
        implied: marks that a folder means by itself (Archive: closed).
    """

    agent_addresses: frozenset[str]
    bodies_from: int | None = None
    implied: Mapping[str, frozenset[str]]

    def marks(self, folder: str, flags: Any) -> frozenset[str]:
        """Marks of a message with these flags in this folder."""
        return marks_of(flags or ()) | self.implied.get(folder, frozenset())


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one step of reading brought."""

    messages: tuple[RemoteMessage, ...]
    bad: tuple[BadItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as it was fetched.

    Args:
        raw: its bytes, or its header alone with ``header_only``.
        ref: its place in the folder.
        received_at: when the server got it, milliseconds.
        size: on the server, in bytes.
        files: what its files are, where they were not fetched with it; None: ``raw`` holds all.
        warning: what the agent should know of it.
    """

    raw: bytes
    ref: str
    received_at: int
    marks: frozenset[str]
    size: int
    header_only: bool = False
    files: tuple[Attachment, ...] | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Letters:
    """What one step of fetching brought.

    Args:
        bad: what could not be fetched.
    """

    folder: str
    letters: tuple[Letter, ...] = ()
    bad: tuple[BadItem, ...] = ()


def is_deleted(flags: Any) -> bool:
    """Whether a mail program has marked the message deleted: to people it is gone."""
    return any(bytes(flag).lower() == DELETED.lower().encode() for flag in flags or ())


def letters(client: QuietClient, reading: Reading, folder: str, validity: int, numbers: Sequence[int]) -> Letters:
    """Fetch messages of the open folder, newest first; one that cannot be fetched becomes a ``BadItem``."""
    return _Reader(client, reading, folder, validity).read(numbers)


def messages(fetched: Letters, reading: Reading) -> Chunk:
    """Make messages of what was fetched."""
    return Chunk(tuple(message(one, fetched.folder, reading.agent_addresses) for one in fetched.letters), fetched.bad)


def message(letter: Letter, folder: str, agent_addresses: frozenset[str]) -> RemoteMessage:
    """Make a message of one letter.

    Args:
        agent_addresses: lower-case addresses that are ours.
    """
    parse = mime.parse_headers if letter.header_only else mime.parse
    made = parse(
        letter.raw, container=folder, ref=letter.ref, received_at=letter.received_at, marks=letter.marks,
        agent_addresses=agent_addresses,
    )  # fmt: skip
    if letter.files is not None or letter.warning:
        files = made.attachments if letter.files is None else letter.files
        return replace(made, size=letter.size, attachments=files, warning=letter.warning or made.warning)
    return made if made.size == letter.size else replace(made, size=letter.size)


@dataclass
class _Reader:
    """Fetches some messages of one folder."""

    client: QuietClient
    reading: Reading
    folder: str
    validity: int
    bad: list[BadItem] = field(default_factory=list)

    def read(self, numbers: Sequence[int]) -> Letters:
        facts = self._each(numbers, ("RFC822.SIZE", "INTERNALDATE", "FLAGS"))
        present = [uid for uid in sorted(facts, reverse=True) if not is_deleted(facts[uid].get(b"FLAGS"))]
        old = [uid for uid in present if self._too_old(facts[uid])]
        wanted = [uid for uid in present if uid not in set(old)]
        big = [uid for uid in wanted if _size(facts[uid]) > WHOLE_LIMIT]
        found = {uid: self._large(uid, facts[uid]) for uid in big}
        for group in by_weight([uid for uid in wanted if uid not in found], lambda uid: _size(facts[uid])):
            for uid, raw in self._bodies(group, "BODY.PEEK[]", b"BODY[]").items():
                found[uid] = self._letter(uid, facts[uid], raw)
        for uid, raw in self._bodies(old, "BODY.PEEK[HEADER]", b"BODY[HEADER]").items():
            found[uid] = self._letter(uid, facts[uid], raw, header_only=True)
        ordered = (found.get(uid) for uid in present)
        return Letters(self.folder, tuple(one for one in ordered if one is not None), tuple(self.bad))

    def _too_old(self, facts: dict[bytes, Any]) -> bool:
        since = self.reading.bodies_from
        return since is not None and wire.received_ms(facts) < since

    def _letter(self, uid: int, facts: dict[bytes, Any], raw: bytes, *, header_only: bool = False) -> Letter:
        return Letter(
            raw=raw,
            ref=reference(self.validity, uid),
            received_at=wire.received_ms(facts),
            marks=self.reading.marks(self.folder, facts.get(b"FLAGS")),
            size=_size(facts) or len(raw),
            header_only=header_only,
        )

    def _large(self, uid: int, facts: dict[bytes, Any]) -> Letter | None:
        """A message too large to be fetched whole: its header and text, and its files by name."""
        which = str(uid)
        try:
            answer = wire.fetch(self.client, which, ("BODYSTRUCTURE", "BODY.PEEK[HEADER]")).get(uid)
            if answer is None:
                return None
            tree = structure.read(answer[b"BODYSTRUCTURE"])
            contents: dict[str, bytes] = {}
            readable = [leaf for leaf in tree.leaves() if leaf.readable][:TEXT_PARTS]
            for part in readable:
                got = wire.fetch(self.client, which, (f"BODY.PEEK[{part.section}]<0.{TEXT_LIMIT}>",)).get(uid, {})
                contents[part.section] = got.get(f"BODY[{part.section}]<0>".encode()) or b""
        except IMAPClientAbortError:
            raise
        except (IMAPClientError, ValueError, TypeError, LookupError, AttributeError) as error:
            self._cannot(uid, error)
            return None
        raw = structure.rebuild(answer.get(b"BODY[HEADER]") or b"", tree, contents)
        cut = any(part.size > TEXT_LIMIT for part in readable)
        warning = "its text is very long; only the beginning is shown" if cut else ""
        return replace(self._letter(uid, facts, raw), files=structure.attachments(tree), warning=warning)

    def _each(self, numbers: Sequence[int], items: Sequence[str]) -> wire.Fetched:
        """FETCH of several messages; where one answer cannot be read, each is asked for by itself."""
        if not numbers:
            return {}
        try:
            found = wire.fetch(self.client, wire.uid_set(numbers), items)
            return {uid: found[uid] for uid in numbers if uid in found}
        except IMAPClientAbortError:
            raise
        except (IMAPClientError, ValueError, TypeError, IndexError) as error:
            if len(numbers) == 1:
                self._cannot(numbers[0], error)
                return {}
        merged: wire.Fetched = {}
        for uid in numbers:
            merged.update(self._each([uid], items))
        return merged

    def _bodies(self, numbers: Sequence[int], item: str, key: bytes) -> dict[int, bytes]:
        found = self._each(numbers, (item,))
        return {uid: bytes(got[key]) for uid, got in found.items() if got.get(key) is not None}

    def _cannot(self, uid: int, error: Exception) -> None:
        reason = f"the server's answer for it cannot be read: {words(error)}"
        self.bad.append(BadItem(reference(self.validity, uid), self.folder, reason))


def _size(facts: dict[bytes, Any]) -> int:
    return int(facts.get(b"RFC822.SIZE") or 0)


def by_weight(items: Sequence[Item], weight: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Groups that together do not weigh more than one answer may, each of one item at least.

    Args:
        weight: bytes of an item.
    """
    group: list[Item] = []
    total = 0
    for one in items:
        size = weight(one)
        if group and total + size > AT_ONCE:
            yield group
            group, total = [], 0
        group.append(one)
        total += size
    if group:
        yield group
