"""format=flowed (RFC 3676), both ways: long lines that old programs see wrapped and new ones see whole."""

from __future__ import annotations

import re

WIDTH = 74
_QUOTES = re.compile(r"(?:> )*>(?: |$)|(?:> )+")


def unflow(text: str, *, delsp: bool = False) -> str:
    """Paragraphs again from flowed lines; quotes come back as ``> `` for each level.

    Args:
        delsp: whether the space that marks a soft break is to be deleted (DelSp=yes).
    """
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        signature = rest == "-- "
        if pending and (depth != pending_depth or signature):
            out.append(_quoted("".join(pending), pending_depth))
            pending.clear()
        if rest.endswith(" ") and not signature:
            pending.append(rest[:-1] if delsp else rest)
            pending_depth = depth
            continue
        if pending:
            pending.append(rest)
            rest = "".join(pending)
            pending.clear()
        out.append(_quoted(rest, depth))
    if pending:
        out.append(_quoted("".join(pending), pending_depth))
    return "\n".join(out)


def _quoted(line: str, depth: int) -> str:
    if not depth:
        return line
    return ("> " * depth + line) if line.strip() else ("> " * depth).rstrip()


def flow(text: str) -> str:
    """Lines for the wire: paragraphs broken softly at spaces, stuffed where a line could be misread.

    Lines that are quoted as ``> `` stay quotes; spaces at the end of a line do not travel, except those of
    the signature mark ``-- ``.
    """
    out: list[str] = []
    for line in text.split("\n"):
        marks = _QUOTES.match(line)
        head = ""
        rest = line
        if marks is not None and marks[0].count(">"):
            head = ">" * marks[0].count(">")
            rest = line[marks.end() :]
        if rest.rstrip(" ") == "--" and rest.startswith("-- "):
            out.append(head + (" " if head else "") + "-- ")
            continue
        rest = rest.rstrip(" ")
        pieces = _soft(rest)
        for number, piece in enumerate(pieces):
            stuffed = (head or piece.startswith((" ", ">", "From "))) and (piece or number)
            out.append(head + (" " if stuffed else "") + piece)
    return "\n".join(out)


def _soft(line: str) -> list[str]:
    """A paragraph in pieces; every piece but the last ends with the space that was there."""
    pieces: list[str] = []
    at = 0
    while len(line) - at > WIDTH:
        cut = line.rfind(" ", at, at + WIDTH)
        while cut > at and line[at : cut + 1] == "-- ":
            cut = -1
        if cut <= at:
            cut = line.find(" ", at + WIDTH)
            if cut < 0:
                break
        while cut + 1 < len(line) and line[cut + 1] == " ":  # a run of spaces stays together
            cut += 1
        if cut + 1 >= len(line):
            break
        pieces.append(line[at : cut + 1])
        at = cut + 1
    pieces.append(line[at:])
    return pieces
