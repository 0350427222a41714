"""The mark by which a post of ours is known again: a Markdown definition at its end, which nothing refers to.

A post has no field of ours. NodeBB's Markdown shows HTML comments as text, and leaves definitions out of what readers
see; the post's source, which its author may always read, keeps them.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_DEFINITION = re.compile(r"\s*\[agent-tui\]: # \(([A-Za-z0-9%._~\-]+)\)\s*\Z")


def sign(text: str, marker: str) -> str:
    """The Markdown that is sent."""
    return f"{text.rstrip()}\n\n{definition(marker)}"


def definition(marker: str) -> str:
    """The mark alone."""
    return f"[agent-tui]: # ({quote(marker, safe='')})"


def split(raw: str) -> tuple[str, str]:
    """Markdown without the mark, and the marker or an empty text."""
    found = _DEFINITION.search(raw)
    if found is None:
        return raw, ""
    return raw[: found.start()], unquote(found[1])
