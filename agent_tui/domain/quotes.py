"""Which lines of a mail are new, and which are quoted history or a signature. Folded, never deleted."""

from __future__ import annotations

import re

Span = tuple[int, int, str]

_INTRO = re.compile(
    r"^\s*(?:On .{6,200}wrote:|-{2,}\s*Original Message\s*-{2,}|-{5,}\s*Forwarded message\s*-{5,})\s*$",
    re.IGNORECASE,
)


def quoted_spans(text: str) -> tuple[Span, ...]:
    """``(first line, line after the last, kind)`` of what may be folded; kind is quote, signature or header."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if _INTRO.match(line):
            return ((at, len(lines), "quote"),)
        if line in ("-- ", "--"):
            return ((at, len(lines), "signature"),)
    return ()


def fresh(text: str) -> str:
    """The text without quoted history and signature; all of it where nothing else would remain."""
    spans = quoted_spans(text)
    if not spans:
        return text.strip("\n")
    return "\n".join(text.split("\n")[: spans[0][0]]).strip("\n") or text
