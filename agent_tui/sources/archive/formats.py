"""Finds mails and JSON lines in what people keep: eml files, mbox files, Maildirs, JSON Lines, folders of these."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAIL = "mail"
LINE = "line"
LARGEST = 128 * 1024 * 1024
_SEPARATOR = re.compile(rb"From \S+.*\d{4}")
_QUOTED = re.compile(rb">+From ")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*[ \t]*:")


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing found.

    Args:
        kind: ``MAIL`` or ``LINE``.
        origin: file and place in it, for messages about it.
        filed_ms: when the file says it was filed, for things that carry no date themselves.
        reason: why it cannot be read; empty where it can.
        read: bytes of the input that this one took, for a progress bar.
    """

    kind: str
    raw: bytes
    origin: str
    filed_ms: int
    reason: str = ""
    read: int = 0


def pieces(path: Path) -> Iterator[Piece]:
    """Everything in a file or folder, in the order of their names.

    Raises:
        OSError: ``path`` itself is not there or cannot be read.
    """
    if path.is_dir():
        yield from _folder(path)
    else:
        yield from _file(path, path.stat())


def size(path: Path) -> int:
    """Bytes that ``pieces`` will read."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and not one.is_symlink())


def _folder(path: Path) -> Iterator[Piece]:
    for one in sorted(path.iterdir()):
        if one.is_symlink():
            continue
        try:
            if one.is_dir():
                if one.name != "tmp" or not (path / "cur").is_dir():  # a Maildir's tmp holds halves of mails
                    yield from _folder(one)
            elif one.is_file() and not one.name.startswith("dovecot"):
                yield from _file(one, one.stat(), maildir=path.name in ("cur", "new"))
        except OSError as error:
            yield Piece(MAIL, b"", str(one), 0, reason=f"cannot be read: {error.strerror}")


def _file(path: Path, facts: os.stat_result, *, maildir: bool = False) -> Iterator[Piece]:
    filed = facts.st_mtime_ns // 1_000_000
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        body = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if maildir:
            stamp = path.name.split(".")[0]
            yield _mail(path, file.read(LARGEST + 1), int(stamp) * 1000 if stamp.isdecimal() else filed)
        elif not body:
            yield Piece(MAIL, b"", str(path), filed, reason="is empty")
        elif head.startswith(b"From ") and path.suffix != ".eml":
            yield from _mbox(path, file, filed)
        elif body.startswith(b"{"):
            yield from _lines(path, file, filed)
        elif _HEADER.match(body) or head.startswith(b"From "):
            yield _mail(path, file.read(LARGEST + 1), filed)
        else:
            reason = "is no e-mail, mbox or JSON Lines file"
            yield Piece(MAIL, b"", str(path), filed, reason=reason, read=facts.st_size)


def _mail(path: Path, raw: bytes, filed: int) -> Piece:
    if len(raw) > LARGEST:
        return Piece(MAIL, b"", str(path), filed, reason="is larger than 128 MB", read=len(raw))
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    return Piece(MAIL, raw, str(path), filed, reason=_fault(raw), read=len(raw))


def _mbox(path: Path, file: object, filed: int) -> Iterator[Piece]:
    """Mails begin with a ``From `` line after an empty one; ``>From `` inside them loses one ``>``."""
    lines: list[bytes] = []
    read = length = count = 0
    blank = True
    for line in file:  # type: ignore[attr-defined]
        if blank and line.startswith(b"From ") and _SEPARATOR.match(line):
            if count:
                yield _from_mbox(f"{path}, message {count}", lines, filed, read=read, length=length)
            count += 1
            lines, read, length = [], 0, 0
        else:
            length += len(line)
            if length <= LARGEST:
                lines.append(line[1:] if _QUOTED.match(line) else line)
            elif lines:
                lines.clear()
        read += len(line)
        blank = line in (b"\n", b"\r\n")
    if count:
        yield _from_mbox(f"{path}, message {count}", lines, filed, read=read, length=length)


def _from_mbox(origin: str, lines: list[bytes], filed: int, *, read: int, length: int) -> Piece:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()  # the empty line before the next separator
    raw = b"".join(lines)
    reason = "is larger than 128 MB" if length > LARGEST else _fault(raw)
    return Piece(MAIL, raw, origin, filed, reason=reason, read=read)


def _lines(path: Path, file: object, filed: int) -> Iterator[Piece]:
    for number, line in enumerate(file, 1):  # type: ignore[arg-type,var-annotated]
        if line.strip():
            yield Piece(LINE, line.strip(), f"{path}, line {number}", filed, read=len(line))


def _fault(raw: bytes) -> str:
    if not raw.strip():
        return "is empty"
    return "" if _HEADER.match(raw.lstrip(b"\r\n")) else "does not begin with headers"
