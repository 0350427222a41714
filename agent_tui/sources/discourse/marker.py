"""The mark by which a post of ours is known again: an HTML comment at its end.

A post has no field of ours. Discourse leaves comments out of what readers see and does not count them as text, and
keeps them in the Markdown, which the author may always read.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_COMMENT = re.compile(r"\s*<!-- agent-tui ([A-Za-z0-9%._~]+) -->\s*\Z")


def sign(text: str, marker: str) -> str:
    """The Markdown that is sent."""
    return f"{text.rstrip()}\n\n{comment(marker)}"


def comment(marker: str) -> str:
    """The mark alone."""
    return f"<!-- agent-tui {quote(marker, safe='').replace('-', '%2D')} -->"


def split(raw: str) -> tuple[str, str]:
    """Markdown without the mark, and the marker or an empty text."""
    found = _COMMENT.search(raw)
    if found is None:
        return raw, ""
    return raw[: found.start()], unquote(found[1])
