"""A frozen reply as the bytes that leave. The same reply always gives the same bytes, whoever asks and when."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from agent_tui import __version__
from agent_tui.domain.model import Address
from agent_tui.domain.operations import Reply
from agent_tui.domain.text import clean
from agent_tui.sources.mime.flowed import flow
from agent_tui.sources.mime.structure import safe_name
from agent_tui.sources.mime.to_html import to_html

_LINE = 76
_LONGEST = 998
_MOST_REFERENCES = 40
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")

Reader = Callable[[str], bytes]


def compose(reply: Reply, *, read: Reader | None = None) -> bytes:
    """The whole message, CRLF line ends, ready for SMTP and for the copy in Sent. Bcc is never in it.

    Args:
        read: gives an attachment's bytes for the path that the reply names.

    Raises:
        ValueError: there are attachments and nothing to read them with, or nobody is named as sender.
    """
    if not reply.sender.address:
        raise ValueError("a message needs a sender")
    if reply.attachments and read is None:
        raise ValueError("there are attachments, and nothing to read them with")
    entity = _text_entity("plain", flow(_lines(reply.text)), "; format=flowed")
    if reply.html:
        entity = _multipart(
            "alternative", [entity, _text_entity("html", to_html(_lines(reply.text)))], reply.marker
        )
    if reply.attachments and read is not None:
        files = [_file(read(path), name, media_type) for path, name, media_type in reply.attachments]
        entity = _multipart("mixed", [entity, *files], reply.marker)
    return "\r\n".join([*_headers(reply), "MIME-Version: 1.0"]).encode() + b"\r\n" + entity


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


# --- headers ------------------------------------------------------------------------------------------------------


def _headers(reply: Reply) -> list[str]:
    found = [_people("From", (reply.sender,))]
    if reply.to or not reply.cc:
        found.append(_people("To", reply.to) if reply.to else "To: undisclosed-recipients:;")
    if reply.cc:
        found.append(_people("Cc", reply.cc))
    found += [_worded("Subject", reply.subject), f"Date: {_date(reply.created_at)}"]
    if _ID.fullmatch(reply.marker):
        found.append(f"Message-ID: <{reply.marker}>")
    parent = reply.in_reply_to if _ID.fullmatch(reply.in_reply_to) else ""
    if parent:
        found.append(f"In-Reply-To: <{parent}>")
    ancestors = [one for one in dict.fromkeys((*reply.references, parent)) if one and _ID.fullmatch(one)]
    if parent:
        ancestors.remove(parent)
        ancestors.append(parent)
    if len(ancestors) > _MOST_REFERENCES:  # the root and the nearest tie a thread together
        ancestors = [ancestors[0], *ancestors[1 - _MOST_REFERENCES :]]
    if ancestors:
        found.append("References: " + "\r\n ".join(f"<{one}>" for one in ancestors))
    found.append(f"User-Agent: agent-tui/{__version__}")
    return found


def _date(at: int) -> str:
    time = datetime.fromtimestamp(at / 1000, UTC)
    return f"{_DAYS[time.weekday()]}, {time.day:02} {_MONTHS[time.month - 1]} {time.year} {time:%H:%M:%S} +0000"


def _people(name: str, people: Iterable[Address]) -> str:
    return f"{name}: " + ",\r\n ".join(_mailbox(person) for person in people)


def _mailbox(person: Address) -> str:
    """One address with its name; a script beyond ASCII in the address itself is left for SMTPUTF8."""
    address = "".join(clean(person.address, multiline=False).split())
    address = re.sub(r"[<>,;:\"()\\\[\]]", "", address) if '"' not in address else re.sub(r"[<>]", "", address)
    name = clean(person.name, multiline=False)
    if not name:
        return f"<{address}>"
    if not name.isascii() or "=?" in name or len(name) > 200:
        shown = "\r\n ".join(_encoded_words(name))
    elif _ATOM.fullmatch(name) and len(name) < 60:
        shown = name
    else:
        shown = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return (
        f"{shown} <{address}>"
        if len(shown) + len(address) < _LINE and "\r\n" not in shown
        else f"{shown}\r\n <{address}>"
    )


def _worded(name: str, value: str) -> str:
    """An unstructured header, folded; in encoded words where it is not plain ASCII."""
    value = clean(value, multiline=False)
    if value.isascii() and "=?" not in value:
        lines = [f"{name}:"]
        for word in value.split(" "):
            if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] not in (" ", f"{name}:"):
                lines.append("")
            lines[-1] += " " + word
        if all(len(line) < 900 for line in lines):
            return "\r\n".join(lines)
    return f"{name}: " + "\r\n ".join(_encoded_words(value))


def _encoded_words(value: str) -> list[str]:
    """RFC 2047 words of at most 75 characters, none of which cuts a character."""
    words = []
    piece = ""
    for character in value:
        if piece and len((piece + character).encode()) > 42:
            words.append(_word(piece))
            piece = ""
        piece += character
    words.append(_word(piece))
    return words


def _word(piece: str) -> str:
    return f"=?utf-8?B?{b64encode(piece.encode()).decode()}?="


# --- bodies -------------------------------------------------------------------------------------------------------


def _text_entity(subtype: str, text: str, parameters: str = "") -> bytes:
    """A text part that any server can carry: 7bit, else quoted-printable or base64, whichever is shorter."""
    safe = text.encode("utf-8", "replace")
    head = f"Content-Type: text/{subtype}; charset=utf-8{parameters}\r\nContent-Transfer-Encoding: "
    if (
        safe.isascii()
        and b"\0" not in safe
        and b"\r" not in safe
        and all(len(line) <= 990 for line in safe.split(b"\n"))
    ):
        return (head + "7bit\r\n\r\n").encode() + safe.replace(b"\n", b"\r\n") + b"\r\n"
    quoted = binascii.b2a_qp(safe, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    coded = _base64(safe.replace(b"\n", b"\r\n") + b"\r\n")
    if len(quoted) <= len(coded):
        return (head + "quoted-printable\r\n\r\n").encode() + quoted + b"\r\n"
    return (head + "base64\r\n\r\n").encode() + coded


def _base64(data: bytes) -> bytes:
    coded = b64encode(data)
    return b"\r\n".join(coded[at : at + _LINE] for at in range(0, len(coded), _LINE)) + b"\r\n"


def _multipart(subtype: str, entities: list[bytes], marker: str) -> bytes:
    number = 0
    while True:
        digest = hashlib.blake2b(
            f"{subtype}\0{number}\0{marker}".encode("utf-8", "replace"), digest_size=15
        ).hexdigest()
        boundary = f"=_{digest}"
        if not any(boundary.encode() in entity for entity in entities):
            break
        number += 1
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + entity + b"\r\n" for entity in entities) + mark + b"--\r\n"


def _file(data: bytes, name: str, media_type: str) -> bytes:
    kind = media_type.strip().lower()
    if not _MEDIA_TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = "application/octet-stream"
    if kind.startswith("message/"):
        kind = "application/octet-stream"  # a message may not be encoded, and this one may need it
    named = _file_name(safe_name(name) or "attachment")
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment{named}"
    return f"{head}\r\n\r\n".encode() + _base64(data)


def _file_name(name: str) -> str:
    """``filename`` as RFC 2231 has it, in pieces where it is long."""
    if name.isascii() and len(name) < 60:
        return ';\r\n filename="' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    coded = "utf-8''" + quote(name, safe="")
    if len(coded) < 60:
        return f";\r\n filename*={coded}"
    pieces = []
    while coded:
        cut = coded[:56]
        broken = re.search(r"%[0-9A-Fa-f]?$", cut)
        if broken:
            cut = cut[: broken.start()]
        pieces.append(cut)
        coded = coded[len(cut) :]
    return "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))
