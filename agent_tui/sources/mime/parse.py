"""A mail's bytes to the value that the store keeps. Never raises, whatever the bytes.

The parser is our own because the ready ones do not fit: the standard library's takes 3.5 ms a mail and fails on
malformed ones, the fast ones give neither IMAP section numbers nor what was wrong. One parser for every mail
also means that what a test shows of it is true of every mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from agent_tui.domain.model import Address, Author, Direction, RemoteMessage, Role, Visibility
from agent_tui.domain.quotes import fresh
from agent_tui.domain.text import clean
from agent_tui.sources.mime import headers
from agent_tui.sources.mime.automatic import is_automatic
from agent_tui.sources.mime.bodies import Body, gather
from agent_tui.sources.mime.reports import delivery_report
from agent_tui.sources.mime.structure import Budget, Part, content, read, transfer_decoded
from agent_tui.sources.mime.tnef import unwrap

# What an agent may want to see, in the order mail programs show it.
_SHOWN = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "date",
    "message-id",
    "in-reply-to",
    "list-id",
    "auto-submitted",
    "precedence",
    "x-original-to",
    "delivered-to",
    "return-path",
    "user-agent",
    "x-mailer",
    "authentication-results",
    "x-spam-status",
    "x-spam-score",
    "importance",
    "x-priority",
)
_TITLES = {name: "-".join(word.capitalize() for word in name.split("-")).replace("-Id", "-ID") for name in _SHOWN}
_TITLES["list-id"] = "List-Id"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mail is and what is known of it besides its bytes."""

    container: str
    ref: str
    received_at: int
    marks: frozenset[str]
    ours: Collection[str]


_MOST_SHOWN = 2_000  # characters of one header
MOST_SUBJECT = 2_000


def parse(
    raw: bytes,
    *,
    container: str,
    ref: str,
    received_at: int,
    marks: frozenset[str] = frozenset(),
    agent_addresses: Collection[str] = frozenset(),
) -> RemoteMessage:
    """A whole mail.

    Args:
        raw: its bytes as the server has them.
        container, ref: where it is; received_at: when the server got it, milliseconds.
        marks: what the server holds of it.
        agent_addresses: our own addresses, lower case: mail from them is ours.
    """
    budget = Budget()
    try:
        root = read(raw, budget)
        body = gather(raw, root, budget)
    except Exception as fault:  # the promise is that no mail stops a sync; what failed is said with the mail
        return _unreadable(raw, _Place(container, ref, received_at, marks, agent_addresses), fault)
    return _message(
        raw, root, body, budget, place=_Place(container, ref, received_at, marks, agent_addresses), size=len(raw)
    )


def parse_headers(
    raw_headers: bytes,
    *,
    container: str,
    ref: str,
    received_at: int,
    marks: frozenset[str] = frozenset(),
    agent_addresses: Collection[str] = frozenset(),
    size: int = 0,
) -> RemoteMessage:
    """A mail of which only the header is here; ``complete`` is False.

    Args:
        size: bytes of the whole mail, as the server says.
    """
    block = raw_headers.lstrip(b"\r\n")
    end, _ = headers.find_end(block)
    found, sound = headers.fields(block[:end])
    budget = Budget()
    if not sound:
        budget.fault("its headers are damaged")
    root = Part("", found, end, end, headers.parameters(_value(found, "content-type"))[0] or "text/plain", {})
    return _message(
        block[:end],
        root,
        Body(),
        budget,
        place=_Place(container, ref, received_at, marks, agent_addresses),
        size=size,
        complete=False,
    )


def part_bytes(raw: bytes, part: str) -> bytes:
    """The decoded bytes of one attachment of a whole mail.

    Args:
        part: as ``Attachment.part`` names it.

    Raises:
        KeyError: the mail has no such part.
    """
    wanted = section(part)
    for one in read(raw, Budget()).walk():
        if one.section == wanted:
            return _inner(content(raw, one), part)
    raise KeyError(part)


def section(part: str) -> str:
    """The IMAP section number to fetch for an attachment: ``BODY[2.1]`` and ``BODY[2.1.MIME]``."""
    return part.partition("!")[0]


def decode_part(part: str, mime: bytes, body: bytes) -> bytes:
    """The decoded bytes of an attachment that was fetched by itself.

    Args:
        part: as ``Attachment.part`` names it.
        mime: what ``BODY[section.MIME]`` gave (for section "1" of a mail that is no multipart: its header).
        body: what ``BODY[section]`` gave.
    """
    found, _ = headers.fields(mime)
    encoding = _value(found, "content-transfer-encoding").partition(";")[0].strip().strip("\"'").lower()
    return _inner(transfer_decoded(body, encoding), part)


def _inner(data: bytes, part: str) -> bytes:
    _, mark, number = part.partition("!")
    if not mark:
        return data
    files = unwrap(data).files
    if not number.isdecimal() or int(number) >= len(files):
        raise KeyError(part)
    return files[int(number)].data


def message_key(message_id: str, sender: str, date: str, subject: str) -> str:
    """The identity of a mail: its id, guarded by what would differ if somebody reused the id.

    Args:
        message_id: without brackets; sender: address of From; date: the raw Date header; subject: as it is read.
    """
    guard = hashlib.blake2b(
        f"{sender.lower()}\x00{date.strip()}\x00{subject}".encode("utf-8", "surrogatepass"), digest_size=4
    )
    return f"{message_id}#{guard.hexdigest()}"


def _value(found: headers.Fields, name: str) -> str:
    for key, value in found:
        if key == name:
            return value
    return ""


def _message(
    raw: bytes, root: Part, body: Body, budget: Budget, *, place: _Place, size: int, complete: bool = True
) -> RemoteMessage:
    received_at, ours = place.received_at, place.ours
    fields: dict[str, str] = {}
    hops = 0
    for name, value in root.fields:
        if name not in fields:
            fields[name] = value
        elif name in ("to", "cc") and value:
            fields[name] += ", " + value
        if name == "received":
            hops += 1
    get = fields.get
    senders = headers.addresses(get("from", "")) or headers.addresses(get("sender", ""))
    sender = senders[0] if senders else Address("", headers.message_id(get("return-path", "")))
    subject = headers.text(get("subject", ""))[:MOST_SUBJECT]
    if len(body.texts) == 1:
        text = body.texts[0].strip("\n")
    else:
        text = "\n\n".join([one.strip("\n") for one in body.texts if one.strip()])
    out = sender.address.lower() in ours
    own = headers.message_id(get("message-id", ""))
    date = get("date", "")
    sent_at = headers.date_ms(date)
    report = (
        delivery_report(raw, root, sender.address, subject, text)
        if complete and _may_report(root, sender)
        else None
    )
    if complete and not senders and not own and not subject and not text and not body.attachments:
        budget.fault("it is empty")
    identities = [own, *headers.ids(get("in-reply-to", "")), *reversed(headers.ids(get("references", "")))]
    return RemoteMessage(
        ref=place.ref,
        container=place.container,
        key=message_key(own, sender.address, date, subject) if own else _hashed(raw, root, complete=complete),
        direction=Direction.OUT if out else Direction.IN,
        visibility=Visibility.PRIVATE,
        author=Author(sender.name, sender.address, Role.AGENT if out else Role.CUSTOMER),
        received_at=received_at,
        sent_at=received_at if sent_at is None else sent_at,
        subject=subject,
        text=text,
        fresh_text=fresh(text),
        to=headers.addresses(get("to", "")),
        cc=headers.addresses(get("cc", "")),
        reply_to=headers.addresses(get("reply-to", "")),
        thread_ids=tuple(dict.fromkeys(one for one in identities if one)),
        marker=own,
        marks=place.marks,
        attachments=tuple(body.attachments),
        headers=_shown(fields, hops),
        automatic=report is not None or is_automatic(root.fields, sender.address, ours),
        complete=complete,
        html=body.html or (not complete and root.media_type == "text/html"),
        warning=_warning(budget),
        size=size,
        report=report,
    )


def _may_report(root: Part, sender: Address) -> bool:
    """Cheap: whether a mail could be a delivery report at all."""
    if root.media_type.startswith(("multipart/", "message/")) or not sender.address:
        return True
    local = sender.address[:12].lower()
    return local.startswith(("mail", "post", "mdaemon", "daemon", "bounce")) or any(
        name == "x-failed-recipients" for name, _ in root.fields
    )


def _shown(fields: dict[str, str], hops: int) -> tuple[tuple[str, str], ...]:
    shown = [(_TITLES[name], headers.text(fields[name])[:_MOST_SHOWN]) for name in _SHOWN if fields.get(name)]
    if hops:
        shown.append(("Received", f"{hops} times"))
    return tuple(shown)


def _warning(budget: Budget) -> str:
    if not budget.faults:
        return ""
    return "This mail is not as it should be: " + "; ".join(budget.faults) + "."


def _hashed(raw: bytes, root: Part, *, complete: bool) -> str:
    """Identity of a mail without Message-ID: its header, and its body where that says neither when nor which way."""
    names = {name for name, _ in root.fields}
    head = "\n".join(f"{name}:{value}" for name, value in root.fields).encode("utf-8", "surrogatepass")
    if complete and not names & {"date", "received"}:
        head += b"\0" + raw[root.start : root.end].replace(b"\r\n", b"\n")
    return "sha:" + hashlib.sha256(head).hexdigest()[:32]


def _unreadable(raw: bytes, place: _Place, fault: Exception) -> RemoteMessage:
    budget = Budget()
    budget.fault(f"it could not be taken apart ({type(fault).__name__}) and is shown as it came")
    shown = clean(raw[:200_000].decode("utf-8", "replace"))
    root = Part("1", headers.fields(raw[: headers.find_end(raw)[0]])[0], len(raw), len(raw), "text/plain", {})
    return _message(raw, root, Body(texts=[shown]), budget, place=place, size=len(raw))
