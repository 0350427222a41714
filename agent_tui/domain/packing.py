"""A message's text and headers as the store keeps them.

Pure, so that a source which reads mail in a process of its own can have it done there: deflating takes as long as all
the rest of storing a message in Python does, and the engine's loop has better things to do.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from json.encoder import encode_basestring

from agent_tui.domain.frozen import dataclass

PLAIN_LIMIT = 400  # characters; shorter texts are kept as they are: deflating them gains nothing
PLAIN_HEADERS = 600  # of headers a short deflation gains little more than a third
SNIPPET = 200


@dataclass(frozen=True, slots=True)
class Packed:
    """What is kept.

    Args:
        text: as ``pack`` gives it.
        fresh: length of the fresh text where that begins the text, -1 where it is all of it, and -2 where it has to be
            computed again when shown (answers between quoted lines).
        headers: as ``pack`` gives their JSON; empty where there are none.
        snippet: the beginning of the fresh text, on one line.
    """

    text: bytes | str
    fresh: int
    headers: bytes | str
    snippet: str


def packed(text: str, fresh_text: str, headers: Iterable[tuple[str, str]]) -> Packed:
    """All of a message that is packed.

    Args:
        text, fresh_text, headers: as ``RemoteMessage`` has them.
    """
    from agent_tui.domain.text import beginning  # what only unpacks, a list that is being opened, does without

    if fresh_text == text:
        fresh = -1
    elif text.startswith(fresh_text):
        fresh = len(fresh_text)
    else:
        fresh = -2
    written = ",".join([f"[{encode_basestring(name)},{encode_basestring(value)}]" for name, value in headers])
    kept = pack(f"[{written}]", PLAIN_HEADERS) if written else ""
    return Packed(pack(text), fresh, kept, beginning(fresh_text or text, SNIPPET))


def pack(text: str, limit: int = PLAIN_LIMIT) -> bytes | str:
    """Text as it is kept: plain where it is shorter than ``limit`` characters, else deflated."""
    if len(text) < limit:
        return text
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpack(stored: bytes | str | None) -> str:
    """The text that ``pack`` kept."""
    if stored is None:
        return ""
    if isinstance(stored, str):
        return stored
    return zlib.decompress(stored).decode("utf-8", "surrogatepass")
