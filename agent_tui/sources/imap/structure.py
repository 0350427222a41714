"""What a large message consists of, learnt without fetching it (BODYSTRUCTURE)."""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean

_DEPTH = 20
_REPORTS = ("message/delivery-status", "message/global-delivery-status", "text/rfc822-headers")
_SUFFIXES = {"message/rfc822": ".eml", "text/calendar": ".ics", "text/html": ".html", "text/plain": ".txt"}
_TEXTS = ("text/plain", "text/html", "text/enriched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a message.

    Args:
        section: how IMAP numbers it (``2.1``); empty for the outermost multipart.
        kind: ``text``, ``multipart``, ``image``, …
        size: bytes as they travel, encoded.
    """

    section: str
    kind: str
    subtype: str
    parameters: Mapping[str, str]
    encoding: str = ""
    size: int = 0
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def media_type(self) -> str:
        """``type/subtype``."""
        return f"{self.kind}/{self.subtype}"

    @property
    def readable(self) -> bool:
        """Whether it is text to show rather than a file."""
        if self.media_type in _REPORTS:
            return True
        return self.media_type in _TEXTS and self.disposition != "attachment"

    def leaves(self) -> Iterator[Part]:
        """Every part that is not a multipart, in order."""
        if self.kind != "multipart":
            yield self
        for part in self.parts:
            yield from part.leaves()


def read(body: Any) -> Part:
    """The tree in a BODYSTRUCTURE answer."""
    return _part(body, "", 0)


def _part(body: Any, section: str, depth: int) -> Part:
    if isinstance(body[0], list | tuple) and not isinstance(body[0], bytes):
        children = body[0] if isinstance(body[0], list) else [one for one in body if isinstance(one, tuple)]
        rest = body[1:] if isinstance(body[0], list) else body[len(children) :]
        prefix = f"{section}." if section else ""
        parts = (
            tuple(_part(child, f"{prefix}{index}", depth + 1) for index, child in enumerate(children, 1))
            if depth < _DEPTH
            else ()
        )
        parameters = _pairs(rest[1]) if len(rest) > 1 else {}
        subtype = _text(rest[0]).lower()
        return Part(section=section, kind="multipart", subtype=subtype, parameters=parameters, parts=parts)
    kind, subtype = _text(body[0]).lower(), _text(body[1]).lower()
    parameters = _pairs(body[2])
    extra = 8 if kind == "text" else 10 if (kind, subtype) == ("message", "rfc822") else 7
    disposition = body[extra + 1] if len(body) > extra + 1 else None
    how = _text(disposition[0]).lower() if isinstance(disposition, tuple) and disposition else ""
    given = _pairs(disposition[1]) if isinstance(disposition, tuple) and len(disposition) > 1 else {}
    return Part(
        section=section or "1",
        kind=kind,
        subtype=subtype,
        parameters=parameters,
        encoding=_text(body[5]).lower(),
        size=body[6] if isinstance(body[6], int) else 0,
        disposition=how,
        name=_file_name(given, "filename") or _file_name(parameters, "name"),
        content_id=_text(body[3]),
    )


def attachments(tree: Part) -> tuple[Attachment, ...]:
    """The files of a message, as they are listed without being fetched."""
    found = []
    for index, part in enumerate(tree.leaves(), 1):
        if part.readable:
            continue
        found.append(
            Attachment(
                name=part.name or f"part-{index}{_SUFFIXES.get(part.media_type, '')}",
                media_type=part.media_type,
                size=decoded_size(part),
                part=part.section,
                inline=part.disposition == "inline" or bool(part.content_id and part.disposition != "attachment"),
            )
        )
    return tuple(found)


def decoded_size(part: Part) -> int:
    """About how many bytes the file has, from its size on the way."""
    if part.encoding == "base64":
        lines = part.size // 78
        return max(0, (part.size - 2 * lines) * 3 // 4)
    return part.size


def rebuild(header: bytes, tree: Part, contents: Mapping[str, bytes]) -> bytes:
    """A message with the same header that holds only the parts whose content is given.

    Args:
        header: the message's own header block.
        contents: encoded bytes by section.
    """
    if tree.kind != "multipart":
        return header.rstrip(b"\r\n") + b"\r\n\r\n" + contents.get(tree.section, b"")
    kept = [line for name, line in _fields(header) if name not in (b"content-type", b"content-transfer-encoding")]
    return b"".join(kept) + _rebuilt(tree, contents, "0")


def _rebuilt(part: Part, contents: Mapping[str, bytes], number: str) -> bytes:
    if part.kind != "multipart":
        lines = [f"Content-Type: {part.media_type}" + "".join(f'; {k}="{v}"' for k, v in part.parameters.items())]
        if part.encoding:
            lines.append(f"Content-Transfer-Encoding: {part.encoding}")
        return "\r\n".join(lines).encode("ascii", "replace") + b"\r\n\r\n" + contents[part.section]
    boundary = f"=_kept_{number}_"
    report = part.parameters.get("report-type")
    more = f'; report-type="{report}"' if report else ""
    pieces = [f'Content-Type: {part.media_type}; boundary="{boundary}"{more}\r\n'.encode("ascii", "replace")]
    for index, child in enumerate(part.parts):
        if any(leaf.section in contents for leaf in child.leaves()):
            pieces.append(f"\r\n--{boundary}\r\n".encode() + _rebuilt(child, contents, f"{number}.{index}"))
    return b"".join(pieces) + f"\r\n--{boundary}--\r\n".encode()


def _fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Header fields with their folded lines, ``(lower-case name, bytes)``."""
    current: list[bytes] = []
    for line in header.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and current:
            current.append(line)
            continue
        if current:
            yield current[0].partition(b":")[0].strip().lower(), b"\r\n".join(current) + b"\r\n"
        current = [line]
    if current:
        yield current[0].partition(b":")[0].strip().lower(), b"\r\n".join(current) + b"\r\n"


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _pairs(flat: Any) -> dict[str, str]:
    if not isinstance(flat, Sequence) or isinstance(flat, bytes):
        return {}
    plain = [_text(one).replace('"', "").replace("\r", "").replace("\n", "") for one in flat]
    return {key.lower(): value for key, value in zip(plain[::2], plain[1::2], strict=False)}


def _file_name(parameters: Mapping[str, str], key: str) -> str:
    """A file name with RFC 2231 pieces joined and RFC 2047 words decoded, as the standard library does it."""
    given = {name: value for name, value in parameters.items() if name == key or name.startswith(f"{key}*")}
    if not given:
        return ""
    written = "; ".join(f"{name}={value}" if name[-1] == "*" else f'{name}="{value}"' for name, value in given.items())
    header = f"Content-Disposition: attachment; {written}\n\n"
    try:
        holder = email.message_from_string(header, policy=email.policy.compat32)
        value = holder.get_param(key, "", "content-disposition")
        joined = email.utils.collapse_rfc2231_value(value) if value else ""
        decoded = str(email.header.make_header(email.header.decode_header(joined)))
    except (LookupError, ValueError, TypeError):
        decoded = next(iter(given.values()))
    return clean(decoded, multiline=False).replace("/", "_").replace("\\", "_").strip()[:200]
