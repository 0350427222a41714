"""Finds mails and JSON lines in what people keep: eml files, mbox files, Maildirs, JSON Lines, folders of these."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAIL = "mail"
LINE = "line"
LARGEST = 128 * 1024 * 1024
BLOCK = 1024 * 1024
_SEPARATOR = re.compile(rb"From \S+.*\d{4}")
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
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


def _mbox(path: Path, file: BinaryIO, filed: int) -> Iterator[Piece]:
    """Mails begin with a ``From `` line after an empty one; ``>From `` inside them loses one ``>``.

    The file is read in blocks, and only what may be such a line is looked at: line by line it takes three times as long.
    """
    held = bytearray(b"\n\n")  # of the mail at hand, from its first line on; before the first one, as after an empty line
    dropped = separator = count = looked = 0
    ended = False
    while not ended:
        block = file.read(BLOCK)
        ended = not block
        held += block
        while not isinstance(found := _separator(held, looked, ended=ended), int):
            end, begin, after = found
            if count:
                yield _from_mbox(f"{path}, message {count}", held, filed, end=end, length=dropped + begin, read=separator + begin)
            count += 1
            dropped = looked = 0
            separator = after - begin
            del held[:after]
        looked = found
        if looked > LARGEST:  # it will not be kept: what may be the beginning of the next is
            cut = held.rfind(b"\n", 0, max(0, looked - 2)) + 1 or max(0, looked - 2)
            del held[:cut]
            dropped += cut
            separator += cut
            looked -= cut
    if count:
        last = held.rfind(b"\n", 0, max(0, len(held) - 1)) + 1
        end = last if bytes(held[last:]) in (b"\n", b"\r\n") else len(held)
        length = dropped + len(held)
        yield _from_mbox(f"{path}, message {count}", held, filed, end=end, length=length, read=separator + len(held))


def _separator(held: bytearray, start: int, *, ended: bool) -> tuple[int, int, int] | int:
    """The next line that parts two mails.

    Args:
        held: bytes from the beginning of a line on.
        start: where to begin looking.
        ended: nothing comes after them.

    Returns:
        where the empty line before it begins, where it begins itself, and where the next line does; where there is none yet, from
        where on to look when more has come.
    """
    while (found := held.find(b"\nFrom ", start)) >= 0:
        end = held.find(b"\n", found + 1) + 1
        if not end:
            if not ended:
                return found
            end = len(held)
        empty = held.rfind(b"\n", 0, found) + 1
        if bytes(held[empty:found]) in (b"", b"\r") and _SEPARATOR.match(held, found + 1, end):
            return empty, found + 1, end
        start = found + 1
    return max(start, len(held) - len(b"\nFrom "))


def _from_mbox(origin: str, held: bytearray, filed: int, *, end: int, length: int, read: int) -> Piece:
    if length > LARGEST:
        return Piece(MAIL, b"", origin, filed, reason="is larger than 128 MB", read=read)
    raw = bytes(held[:end])
    if b">From " in raw:
        raw = _QUOTED.sub(b"", raw)
    return Piece(MAIL, raw, origin, filed, reason=_fault(raw), read=read)


def _lines(path: Path, file: object, filed: int) -> Iterator[Piece]:
    for number, line in enumerate(file, 1):  # type: ignore[arg-type,var-annotated]
        if line.strip():
            yield Piece(LINE, line.strip(), f"{path}, line {number}", filed, read=len(line))


def _fault(raw: bytes) -> str:
    if not raw.strip():
        return "is empty"
    return "" if _HEADER.match(raw.lstrip(b"\r\n")) else "does not begin with headers"
