"""The tree of parts of a mail, as places in its bytes: nothing is copied until it is decoded."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_tui.domain.text import clean
from agent_tui.sources.mime import headers

DEEPEST = 24
MOST_PARTS = 500
MOST_NAME = 150


@dataclass(slots=True)
class Part:
    """One part.

    Args:
        section: IMAP section number; empty for the whole message.
        fields: its headers.
        start, end: its body within the bytes.
        media_type: what it claims to be; ``children``: its parts; of a message/rfc822 the one message inside.
    """

    section: str
    fields: headers.Fields
    start: int
    end: int
    media_type: str
    parameters: dict[str, str]
    disposition: str = ""
    filename: str = ""
    encoding: str = ""
    content_id: str = ""
    children: list[Part] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first field of this (lower-case) name, raw, or empty."""
        for key, value in self.fields:
            if key == name:
                return value
        return ""

    def walk(self) -> Iterator[Part]:
        """This part and all within it, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


@dataclass(slots=True)
class Budget:
    """How much may still be opened, and what was found wrong on the way."""

    parts: int = MOST_PARTS
    faults: dict[str, None] = field(default_factory=dict)

    def fault(self, words: str) -> None:
        """Note a fault once."""
        self.faults[words] = None


def read(raw: bytes, budget: Budget) -> Part:
    """The tree of a whole message."""
    return _message(raw, (0, len(raw)), "", 0, budget)


def _message(raw: bytes, bounds: tuple[int, int], section: str, depth: int, budget: Budget) -> Part:
    start, end = bounds
    while start < end and raw[start] in b"\r\n":  # blank lines before the first field
        start += 1
    if start < end and not headers.looks_like_fields(raw, start):
        budget.fault("it has no headers")
        part = Part(section, [], start, end, "text/plain", {})
        part.section = f"{section}.1" if section else "1"
        return part
    head_end, body = headers.find_end(raw, start, end)
    found, sound = headers.fields(raw[start:head_end])
    if not sound:
        budget.fault("its headers are damaged")
    part = _described(found, body, end, section, "text/plain")
    if part.media_type.startswith("multipart/"):
        _split(raw, part, depth, budget)
    else:
        part.section = f"{section}.1" if section else "1"
        _open(raw, part, depth, budget)
    return part


def _described(found: headers.Fields, start: int, end: int, section: str, default: str) -> Part:
    kind = disposition = encoding = content_id = ""
    for name, value in found:
        if name.startswith("content-"):
            if name == "content-type":
                kind = kind or value
            elif name == "content-disposition":
                disposition = disposition or value
            elif name == "content-transfer-encoding":
                encoding = encoding or value
            elif name == "content-id":
                content_id = value
    media_type, parameters = headers.parameters(kind) if kind else ("", {})
    if "/" not in media_type:
        media_type = {"text": "text/plain", "html": "text/html"}.get(media_type, default)
    how, more = headers.parameters(disposition) if disposition else ("", {})
    name = more.get("filename") or parameters.get("name") or ""
    return Part(
        section, found, start, end, media_type, parameters, how,
        safe_name(headers.words(name)) if name else "", encoding.split(";")[0].strip().strip("\"'").lower(),
        content_id.strip(" <>"),
    )  # fmt: skip


def _split(raw: bytes, part: Part, depth: int, budget: Budget) -> None:
    """Find the parts of a multipart; one that has none is left as text."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
    if not boundary:
        budget.fault("the mark between its parts is missing")
        boundary = _sniffed(raw, part)
    if depth >= DEEPEST or budget.parts <= 0:
        budget.fault("its parts are nested too deeply or too many to be opened all")
        return
    places, closed = _places(raw, boundary, part.start, part.end) if boundary else ([], False)
    if not places:
        budget.fault("its parts could not be told apart")
        return
    if not closed:
        budget.fault("it ends too early")
    default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    for number, (start, end) in enumerate(places, 1):
        budget.parts -= 1
        if budget.parts < 0:
            budget.fault("its parts are nested too deeply or too many to be opened all")
            return
        section = f"{part.section}.{number}" if part.section else str(number)
        head_end, body = _part_headers(raw, start, end)
        found, sound = headers.fields(raw[start:head_end])
        if not sound:
            budget.fault("its headers are damaged")
        child = _described(found, body, max(body, end), section, default)
        part.children.append(child)
        if child.media_type.startswith("multipart/"):
            _split(raw, child, depth + 1, budget)
        else:
            _open(raw, child, depth, budget)


def _part_headers(raw: bytes, start: int, end: int) -> tuple[int, int]:
    if start < end and raw[start] not in b"\r\n" and not headers.looks_like_fields(raw, start):
        return start, start
    return headers.find_end(raw, start, end)


_LIKE_BOUNDARY = re.compile(rb"(?:^|\n)--([^\s-][^\r\n]{0,90}?)[ \t]*\r?\n")


def _sniffed(raw: bytes, part: Part) -> bytes:
    """The first line of a body that looks like the mark between parts, without its dashes."""
    match = _LIKE_BOUNDARY.search(raw[part.start : min(part.end, part.start + 50_000)])
    return match[1] if match else b""


def _places(raw: bytes, boundary: bytes, start: int, end: int) -> tuple[list[tuple[int, int]], bool]:
    """``(start, end)`` of each part between boundary lines, and whether the closing line was there."""
    mark = b"--" + boundary
    places: list[tuple[int, int]] = []
    opened = -1
    at = start
    while True:
        at = raw.find(mark, at, end)
        if at < 0:
            break
        after = at + len(mark)
        if at > start and raw[at - 1] != 0x0A:
            at = after
            continue
        line_end = raw.find(b"\n", after, end)
        tail = raw[after : line_end if line_end >= 0 else end].strip(b" \t\r")
        if tail not in (b"", b"--"):
            at = after
            continue
        if opened >= 0:
            close = at
            if close > opened and raw[close - 1] == 0x0A:
                close -= 1
                if close > opened and raw[close - 1] == 0x0D:
                    close -= 1
            places.append((opened, max(opened, close)))
            if len(places) > MOST_PARTS:
                return places, True
        if tail == b"--":
            return places, True
        opened = line_end + 1 if line_end >= 0 else end
        at = opened
    if opened >= 0 and (opened < end or not places):
        places.append((opened, end))
    return places, False


def _open(raw: bytes, part: Part, depth: int, budget: Budget) -> None:
    """Look into a message within a message."""
    if part.media_type not in ("message/rfc822", "message/global"):
        return
    if part.encoding not in ("", "7bit", "8bit", "binary"):
        return
    if depth + 1 >= DEEPEST or budget.parts <= 0:
        budget.fault("its parts are nested too deeply or too many to be opened all")
        return
    budget.parts -= 1
    part.children.append(_message(raw, (part.start, part.end), part.section, depth + 1, budget))


# --- content ------------------------------------------------------------------------------------------------------


def content(raw: bytes, part: Part) -> bytes:
    """The decoded bytes of a part."""
    return transfer_decoded(raw[part.start : part.end], part.encoding)


def transfer_decoded(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; one that is unknown leaves the bytes as they are."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "base64":
        return headers.base64_bytes(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecoded(data)
    return data


def _uudecoded(data: bytes) -> bytes:
    pieces = []
    inside = False
    for line in data.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() in (b"end", b"`", b""):
            break
        else:
            try:
                pieces.append(binascii.a2b_uu(line))
            except binascii.Error:
                needed = (((line[0] - 32) & 63) * 4 + 5) // 3
                try:
                    pieces.append(binascii.a2b_uu(line[:needed]))
                except binascii.Error:
                    continue
    return b"".join(pieces)


def size(raw: bytes, part: Part) -> int:
    """Decoded bytes of a part, without decoding where that can be told."""
    length = part.end - part.start
    if part.encoding == "base64":
        breaks = raw.count(b"\n", part.start, part.end) + raw.count(b"\r", part.start, part.end)
        padding = raw.count(b"=", max(part.start, part.end - 8), part.end)
        return max(0, (length - breaks) * 3 // 4 - padding)
    if part.encoding == "quoted-printable" and length < 2_000_000:
        return len(binascii.a2b_qp(raw[part.start : part.end]))
    return length


_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A file name that cannot leave a folder, hide, or run into a device; empty if nothing is left."""
    name = clean(name, multiline=False)
    name = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    name = _FORBIDDEN.sub("_", name).strip(" .") if name.strip(" .") else ""
    if _RESERVED.match(name):
        name = "_" + name
    if len(name) > MOST_NAME or len(name.encode()) > 240:
        stem, dot, extension = name.rpartition(".")
        if not dot or len(extension) > 16:
            stem, dot, extension = name, "", ""
        room = 230 - len((dot + extension).encode())
        stem = stem[: MOST_NAME - len(extension) - 1].encode()[:room].decode("utf-8", "ignore")
        name = stem.rstrip(" .") + dot + extension
    return name
