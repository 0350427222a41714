"""The frame of a letter, greeting above and closing below, and what stands between them."""

from __future__ import annotations

import re

from agent_tui.domain.guard_words import ATTRIBUTION, CLOSINGS, GREETINGS
from agent_tui.domain.words import bare, tokens

GREETING_WORDS = tuple(sorted((tuple(bare(word) for word in tokens(one)) for one in GREETINGS), key=len, reverse=True))
_CLOSING_WORDS = tuple(tuple(bare(word) for word in tokens(one)) for one in CLOSINGS)
_ATTRIBUTION = re.compile(ATTRIBUTION, re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_NAME_LENGTH = 4  # words of a line that may be a name below a closing
_CLOSING_LENGTH = 9


def is_greeting(line: str) -> bool:
    """Whether a line is a greeting and nothing else."""
    words = [bare(word) for word in tokens(line)]
    greets = any(tuple(words[: len(one)]) == one for one in GREETING_WORDS)
    return greets and len(words) <= 6 and not line.rstrip().endswith(("?", "."))


def is_closing(line: str) -> bool:
    """Whether a line is a closing phrase, with or without what belongs to it."""
    if line.rstrip().endswith((".", "?", "।")):
        return False
    words = tuple(bare(word) for word in tokens(line))
    return 0 < len(words) <= _CLOSING_LENGTH and any(words[: len(one)] == one for one in _CLOSING_WORDS)


def body(text: str, signature: str = "") -> str:
    """What is written between greeting and closing; quotations should be blank already.

    Args:
        signature: the agent's, taken off where it stands.
    """
    text = _INVISIBLE.sub("", text)
    if signature.strip():
        text = text.replace(signature.strip(), "")
    lines = [line for line in text.replace("-- \n", "\n").splitlines() if line.strip() not in ("", "--")]
    lines = [line for line in lines if not _ATTRIBUTION.fullmatch(line.strip())]
    greeted = bool(lines) and is_greeting(lines[0])
    rest = lines[1:] if greeted else lines
    for place in range(max(0, len(rest) - 4), len(rest)):
        below = rest[place + 1 :]
        if is_closing(rest[place]) and all(len(tokens(one)) <= _NAME_LENGTH for one in below) and (greeted or place or below):
            rest = rest[:place]
            break
    return "\n".join(rest) if rest or (greeted and len(lines) > 1) else "\n".join(lines)
