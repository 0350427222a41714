"""One file of a message, fetched in pieces and decoded on the way to disk. Runs in the connection's thread."""

from __future__ import annotations

import binascii
import os
import re
import tempfile
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from email.policy import compat32
from pathlib import Path

from agent_tui.sources import mime
from agent_tui.sources.imap import wire
from agent_tui.sources.imap.connection import QuietClient

PIECE = 512 * 1024
_SECTION = re.compile(r"\d+(?:\.\d+)*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


def save(client: QuietClient, uid: int, part: str, folder: Path) -> Path | None:
    """Write the decoded part into a new file in ``folder``; None if the message or part is gone.

    The file appears under its name only when it is complete.
    """
    section = mime.section(part)
    if not _SECTION.fullmatch(section):
        return None
    header = _header(client, uid, section)
    if header is None:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix="part-", suffix=".incomplete", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if section == part:
                for piece in decoded(pieces(client, uid, section), _encoding(header)):
                    file.write(piece)
            else:  # a file within a file (of winmail.dat): it takes the whole to open it
                file.write(mime.decode_part(part, header, b"".join(pieces(client, uid, section))))
        return path.rename(path.with_suffix(".part"))
    except KeyError:
        path.unlink(missing_ok=True)
        return None
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def pieces(client: QuietClient, uid: int, part: str) -> Iterator[bytes]:
    """The part as it travels, some hundred kilobytes at a time."""
    offset = 0
    while True:
        got = wire.fetch(client, str(uid), (f"BODY.PEEK[{part}]<{offset}.{PIECE}>",)).get(uid, {})
        piece = got.get(f"BODY[{part}]<{offset}>".encode()) or b""
        if piece:
            yield bytes(piece)
        if len(piece) < PIECE:
            return
        offset += len(piece)


def decoded(encoded: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Undo a transfer encoding piece by piece; an unknown one leaves the bytes as they are."""
    rest = b""
    match encoding:
        case "base64":
            for piece in encoded:
                rest += _NOT_BASE64.sub(b"", piece)
                whole = len(rest) // 4 * 4
                yield _base64(rest[:whole])
                rest = rest[whole:]
            yield _base64(rest)
        case "quoted-printable":
            for piece in encoded:
                lines, newline, rest = (rest + piece).rpartition(b"\n")
                yield binascii.a2b_qp(lines + newline)
            yield binascii.a2b_qp(rest)
        case _:
            yield from encoded


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b"".join(_quartets(text))


def _quartets(text: bytes) -> Iterator[bytes]:
    """What can be saved where padding stands in the middle."""
    for start in range(0, len(text), 4):
        try:
            yield binascii.a2b_base64(text[start : start + 4].ljust(4, b"="))
        except binascii.Error:
            continue


def _header(client: QuietClient, uid: int, section: str) -> bytes | None:
    """The part's own header; None if there is no such message."""
    whole = ["BODY.PEEK[HEADER]"] if section == "1" else []
    got = wire.fetch(client, str(uid), [f"BODY.PEEK[{section}.MIME]", *whole]).get(uid)
    if got is None:
        return None
    # The only part of a message that is no multipart has the message's header.
    own = bytes(got.get(f"BODY[{section}.MIME]".encode()) or b"")
    return own if own.strip() else bytes(got.get(b"BODY[HEADER]") or b"")


def _encoding(header: bytes) -> str:
    fields = BytesHeaderParser(policy=compat32).parsebytes(header)
    return str(fields.get("Content-Transfer-Encoding", "")).split(";")[0].strip().strip("\"'").lower()
