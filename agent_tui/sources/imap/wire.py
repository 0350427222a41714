"""IMAP commands as plain functions over one client. They run in the connection's thread."""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from imapclient.response_parser import parse_fetch_response

from agent_tui.domain.errors import Refused
from agent_tui.sources.imap.connection import QuietClient, words
from agent_tui.sources.imap.marks import ANY_KEYWORD

Fetched = dict[int, dict[bytes, Any]]
WINDOW = 5_000  # messages whose flags are asked for at once


class FolderGone(Refused):
    """The folder cannot be opened; it may have been deleted or renamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What a folder says when it is opened.

    Args:
        modseq: HIGHESTMODSEQ, 0 where the server does not keep one.
        keywords: whether new keywords may be made.
    """

    validity: int
    next: int
    exists: int
    modseq: int = 0
    keywords: bool = False
    writable: bool = True


def select(client: QuietClient, folder: str, *, write: bool = False) -> Selected:
    """Open a folder; to look only, unless ``write``.

    Raises:
        FolderGone: it cannot be opened.
    """
    client.opened = None
    try:
        answer = client.select_folder(folder, readonly=not write)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise FolderGone(f"the folder '{folder}' cannot be opened: {words(error)}") from None
    following = int(answer.get(b"UIDNEXT") or 0)
    if not following:  # a server may leave it out
        last = client.search(["UID", "*"]) if answer.get(b"EXISTS") else []
        following = max(last, default=0) + 1
    permanent = {bytes(flag) for flag in answer.get(b"PERMANENTFLAGS", ())}
    validity = int(answer.get(b"UIDVALIDITY") or 1)
    client.opened = (folder, validity)
    return Selected(
        validity=validity,
        next=following,
        exists=int(answer.get(b"EXISTS") or 0),
        modseq=int(answer.get(b"HIGHESTMODSEQ") or 0),
        keywords=ANY_KEYWORD.encode() in permanent,
        writable=not write or b"READ-ONLY" not in answer,
    )


_SUMMARY = b"(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"


def summaries(client: QuietClient, folders: Sequence[str]) -> dict[str, Selected]:
    """STATUS of folders, all asked for at once (RFC 3501 section 5.5); no folder is open afterwards, as STATUS wants it
    (section 6.3.10). The server must know UNSELECT and CONDSTORE.

    Returns:
        what each says; folders for which the server has no full answer are left out.
    """
    imap, asked, lines = client._imap, [], []
    if imap.state == "SELECTED":
        client.opened = None
        asked.append(("", imap._new_tag()))
        lines.append(asked[-1][1] + b" UNSELECT\r\n")
    for folder in folders:
        asked.append((folder, imap._new_tag()))
        lines.append(b"%s STATUS %s %s\r\n" % (asked[-1][1], client._normalise_folder(folder), _SUMMARY))
    imap.send(b"".join(lines))
    found: dict[str, Selected] = {}
    for folder, tag in asked:
        imap.untagged_responses.pop("STATUS", None)
        try:
            status, _ = imap._command_complete("STATUS", tag)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:  # the answers to what was asked after it are still to come
            continue
        if not folder and status == "OK":
            imap.state = "AUTH"
        elif status == "OK" and (summary := _summary(imap.untagged_responses.pop("STATUS", [None])[-1])) is not None:
            found[folder] = summary
    return found


def _summary(answer: bytes | tuple[bytes, bytes] | None) -> Selected | None:
    """What one STATUS says; None where something of it is missing."""
    listed = re.search(rb"\(([^()]*)\)\s*$", answer) if isinstance(answer, bytes) else None
    words = listed[1].split() if listed else []
    said = {name.upper(): int(value) for name, value in zip(words[::2], words[1::2], strict=False) if value.isdigit()}
    try:
        return Selected(
            validity=said[b"UIDVALIDITY"], next=said[b"UIDNEXT"], exists=said[b"MESSAGES"], modseq=said[b"HIGHESTMODSEQ"]
        )
    except KeyError:
        return None


def fetch(client: QuietClient, which: str, items: Sequence[str], *, since: int = 0, by_uid: bool = True) -> Fetched:
    """FETCH, keyed by UID.

    Args:
        which: set of UIDs, or of sequence numbers with ``by_uid=False`` (``items`` must then hold UID).
        since: only what has changed since this modification number (CONDSTORE); 0: everything.
    """
    wanted = f"({' '.join(items)})"
    modifiers = (f"(CHANGEDSINCE {since})",) if since else ()
    if by_uid:
        status, data = client._imap.uid("FETCH", which, wanted, *modifiers)
    else:
        status, data = client._imap._simple_command("FETCH", which, wanted, *modifiers)
        status, data = client._imap._untagged_response(status, data, "FETCH")
    client._checkok("fetch", status, data)
    if not data or data == [None]:
        return {}
    quick = _quick(data)
    if quick is not None:
        return quick
    found: Fetched = parse_fetch_response(data, False, True)
    return found


_FIELDS = re.compile(
    rb'(UID|RFC822\.SIZE) (\d+)|INTERNALDATE "([^"]*)"|FLAGS \(([^()]*)\)|MODSEQ \(\d+\)|(BODY\[(?:HEADER)?\]) \{\d+\}'
)
_USUAL = re.compile(
    rb"(?:\d+ \()?"
    rb'(?: ?(?:(?:UID|RFC822\.SIZE) \d+|INTERNALDATE "[^"]*"|FLAGS \([^()]*\)|MODSEQ \(\d+\)|BODY\[(?:HEADER)?\] \{\d+\}))*'
    rb"\)?"
)
_DATE = re.compile(rb" ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def _quick(data: Sequence[Any]) -> Fetched | None:
    """The answers that nearly every FETCH here gets, read in a quarter of the time that a full parser takes; None
    where anything is unusual, and the full parser has to.
    """
    found: Fetched = {}
    item: dict[bytes, Any] = {}
    for piece in data:
        line, literal = piece if isinstance(piece, tuple) else (piece, None)
        if line is None or not _USUAL.fullmatch(line):
            return None
        if line[:1].isdigit():
            item = {}
        body = b""
        for match in _FIELDS.finditer(line):
            name, number, date, flags, section = match.groups()
            if name == b"UID":
                found[int(number)] = item
            elif name is not None:
                item[name] = int(number)
            elif date is not None:
                when = _date_ms(date)
                if when is None:
                    return None
                item[b"INTERNALDATE"] = when
            elif flags is not None:
                item[b"FLAGS"] = tuple(flags.split())
            elif section is not None:
                body = section
        if (literal is not None) is not bool(body):
            return None
        if body:
            item[body] = literal
    return found


def _date_ms(text: bytes) -> int | None:
    match = _DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    offset = (int(match[8]) * 60 + int(match[9])) * (-60 if match[7] == b"-" else 60)
    there = (int(match[3]), _MONTHS[match[2]], *(int(match[n]) for n in (1, 4, 5, 6)))
    return (calendar.timegm((*there, 0, 0, 0)) - offset) * 1000


def all_flags(client: QuietClient, exists: int, *, newest: int = 0, since: int = 0) -> Iterator[Fetched]:
    """Flags of every message (or of the ``newest`` ones), a few thousand at a time.

    By sequence number: a server may not renumber while only FETCH is spoken, so nothing is missed.
    """
    first = max(1, exists - newest + 1) if newest else 1
    for low in range(first, exists + 1, WINDOW):
        yield fetch(client, f"{low}:{min(low + WINDOW - 1, exists)}", ("UID", "FLAGS"), since=since, by_uid=False)


def uids(client: QuietClient, low: int = 1, high: int | None = None) -> list[int]:
    """UIDs that exist from ``low`` to ``high`` (None: to the last), ascending."""
    found = client.search(["UID", f"{low}:{'*' if high is None else high}"])
    # "n:*" always holds the last message, even if its UID is below n.
    return sorted(uid for uid in found if uid >= low and (high is None or uid <= high))


def with_message_id(client: QuietClient, marker: str) -> list[int]:
    """UIDs of messages in the open folder that bear this Message-ID (given without brackets)."""
    return sorted(client.search(["HEADER", "Message-ID", f"<{marker}>"]))


def uid_set(numbers: Iterable[int]) -> str:
    """UIDs as IMAP writes them, neighbours joined: ``1:3,5``."""
    parts: list[str] = []
    low = high = -1
    for number in sorted(numbers):
        if number == high + 1 and low >= 0:
            high = number
            continue
        if low >= 0:
            parts.append(str(low) if low == high else f"{low}:{high}")
        low = high = number
    if low >= 0:
        parts.append(str(low) if low == high else f"{low}:{high}")
    return ",".join(parts)


def expand(text: str) -> list[int]:
    """The numbers of a UID set, in the order they are written."""
    numbers: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        first, last = int(low), int(high or low)
        numbers.extend(range(first, last + 1) if first <= last else range(first, last - 1, -1))
    return numbers


def received_ms(item: dict[bytes, Any]) -> int:
    """INTERNALDATE in milliseconds; 0 where the server gave none."""
    when = item.get(b"INTERNALDATE")
    if isinstance(when, datetime):
        return int(when.timestamp() * 1000)
    return when if isinstance(when, int) else 0


def store(client: QuietClient, numbers: Collection[int], sign: str, flags: Sequence[str]) -> None:
    """Add (``+``) or take off (``-``) flags; messages that are gone are passed over."""
    if numbers and flags:
        status, data = client._imap.uid("STORE", uid_set(numbers), f"{sign}FLAGS.SILENT", f"({' '.join(flags)})")
        client._imap.untagged_responses.pop("FETCH", None)
        client._checkok("store", status, data)


def move(client: QuietClient, numbers: Collection[int], folder: str) -> dict[int, tuple[int, int]]:
    """Move messages of the open folder. Nothing is expunged that was not moved: without MOVE and UIDPLUS the
    originals stay behind, marked deleted.

    Returns:
        ``uid -> (uidvalidity, uid)`` at the new place, where the server tells.
    """
    if not numbers:
        return {}
    which = uid_set(numbers)
    client._imap.untagged_responses.pop("COPYUID", None)
    target = client._normalise_folder(folder)
    if client.has_capability("MOVE"):
        # imaplib does not know MOVE as a UID command; the pieces are the same.
        client._checkok("move", *client._raw_command(b"MOVE", [which.encode(), target]))
        return _copied(client)
    client._checkok("copy", *client._imap.uid("COPY", which, target))
    copied = _copied(client)
    store(client, numbers, "+", ("\\Deleted",))
    if client.has_capability("UIDPLUS"):
        client._checkok("expunge", *client._raw_command(b"EXPUNGE", [which.encode()]))
    return copied


def _copied(client: QuietClient) -> dict[int, tuple[int, int]]:
    answers = client._imap.untagged_responses.pop("COPYUID", None) or []
    found: dict[int, tuple[int, int]] = {}
    for answer in answers:
        match = re.match(rb"(\d+) ([\d,:]+) ([\d,:]+)", answer or b"")
        if match:
            validity = int(match[1])
            old, new = expand(match[2].decode()), expand(match[3].decode())
            found.update((was, (validity, now)) for was, now in zip(old, new, strict=False))
    return found


def append(client: QuietClient, folder: str, raw: bytes, flags: Sequence[str]) -> None:
    """Put a message into a folder.

    Raises:
        IMAPClientError: the server refuses.
    """
    client.append(folder, raw, flags)


def exists(client: QuietClient, folder: str) -> bool:
    """Whether the server lists a folder of this name."""
    return any(name == folder for _flags, _delimiter, name in client.list_folders("", folder))


def make_folder(client: QuietClient, folder: str) -> None:
    """Create a folder and subscribe to it, so that other mail programs show it too."""
    client.create_folder(folder)
    try:
        client.subscribe_folder(folder)
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        pass  # it is there, which is what matters
