"""The least cleaning that makes the demo's text safe, and what of it is new."""

from __future__ import annotations

import re
import unicodedata

_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)"
)
_BIDI = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def clean(text: str, *, multiline: bool = True) -> str:
    """Text without anything that steers a terminal."""
    kept = "\n\t" if multiline else ""
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    if not multiline:
        text = " ".join(text.split())
    return "".join(c for c in text if c in kept or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _BIDI))


def fresh(text: str) -> str:
    """Text above the quoted history."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(">") or line == "-- ":
            break
        lines.append(line)
    while lines and (not lines[-1].strip() or lines[-1].endswith(" wrote:")):
        lines.pop()
    return "\n".join(lines)
