"""What is inside a winmail.dat (TNEF, the wrapping that Outlook and Exchange sometimes put around a mail)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from agent_tui.sources.mime.charsets import decode

_SIGNATURE = b"\x78\x9f\x3e\x22"
_MOST_ITEMS = 2_000
_TITLE, _DATA, _BEGIN, _ATTACHMENT, _BODY, _PROPERTIES, _CODEPAGE = (
    0x00018010, 0x0006800F, 0x00069002, 0x00069005, 0x0002800C, 0x00069003, 0x00069007,
)  # fmt: skip
_LONG_NAME, _MIME_TAG, _HTML, _PLAIN = 0x3707, 0x370E, 0x1013, 0x1000
_FIXED = {0x0001: 0, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4,
          0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip


@dataclass(slots=True)
class Inside:
    """One file in a winmail.dat."""

    name: str = ""
    media_type: str = "application/octet-stream"
    data: bytes = b""


@dataclass(slots=True)
class Unwrapped:
    """What was found. ``sound`` is False where the wrapping is damaged."""

    text: str = ""
    html: str = ""
    files: list[Inside] = field(default_factory=list)
    sound: bool = True


def unwrap(data: bytes) -> Unwrapped:
    """Read a winmail.dat as far as it goes; never raises."""
    found = Unwrapped()
    if not data.startswith(_SIGNATURE):
        found.sound = False
        return found
    at = 6
    charset = "cp1252"
    for _ in range(_MOST_ITEMS):
        if at + 9 > len(data):
            break
        identity, length = struct.unpack_from("<II", data, at + 1)
        value = data[at + 9 : at + 9 + length]
        if len(value) < length:
            found.sound = False
        at += 9 + length + 2
        if identity == _CODEPAGE and len(value) >= 4:
            page = struct.unpack_from("<I", value)[0]
            charset = "utf-8" if page == 65001 else f"cp{page}"
        elif identity == _BEGIN:
            found.files.append(Inside())
        elif identity == _BODY:
            found.text = decode(value.rstrip(b"\0"), charset)[0]
        elif identity == _PROPERTIES:
            _properties(value, charset, found, None)
        elif found.files and identity == _TITLE:
            found.files[-1].name = found.files[-1].name or decode(value.rstrip(b"\0"), charset)[0]
        elif found.files and identity == _DATA:
            found.files[-1].data = value
        elif found.files and identity == _ATTACHMENT:
            _properties(value, charset, found, found.files[-1])
    return found


def _properties(data: bytes, charset: str, found: Unwrapped, file: Inside | None) -> None:
    """Read a MAPI property list, for the few that say what people see."""
    try:
        for number, kind, value in _each(data):
            if number in (_LONG_NAME, _MIME_TAG, _PLAIN):
                if kind == 0x001F:
                    text = value.decode("utf-16-le", "replace").rstrip("\0")
                else:
                    text = decode(value.rstrip(b"\0"), charset)[0]
                if number == _LONG_NAME and file is not None:
                    file.name = text
                elif number == _MIME_TAG and file is not None and "/" in text:
                    file.media_type = text.strip().lower()
                elif number == _PLAIN and file is None:
                    found.text = found.text or text
            elif number == _HTML and file is None:
                found.html = decode(value.rstrip(b"\0"), charset)[0]
    except (struct.error, IndexError, OverflowError):
        found.sound = False


def _each(data: bytes) -> list[tuple[int, int, bytes]]:
    listed: list[tuple[int, int, bytes]] = []
    count = min(struct.unpack_from("<I", data)[0], _MOST_ITEMS)
    at = 4
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:  # a named property: its name stands between
            at += 16
            form, extra = struct.unpack_from("<II", data, at)
            at += 8
            if form == 1:
                at += -(-extra // 4) * 4
        values = 1
        if kind & 0x1000:
            values = min(struct.unpack_from("<I", data, at)[0], _MOST_ITEMS)
            at += 4
        base = kind & 0x0FFF
        if base in _FIXED:
            at += max(_FIXED[base], 4) * values if base != 0x0001 else 0
            continue
        if base not in (0x001E, 0x001F, 0x0102, 0x000D):
            break
        if not kind & 0x1000:
            at += 4  # how many values: always one
        for _ in range(values):
            length = struct.unpack_from("<I", data, at)[0]
            at += 4
            listed.append((number, base, data[at : at + length]))
            at += -(-length // 4) * 4
    return listed
