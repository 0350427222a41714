"""What a text begins with, its signature and what it answers, and how a canned reply goes in beside them. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from agent_tui.domain.frozen import dataclass

QUOTE_HEAD = re.compile(r"^On \d{4}-\d\d-\d\d \d\d:\d\d, .* wrote:[ \t]*$(?=\n[ \t]*>)", re.MULTILINE)
"""The line above a quotation as ``quotation`` writes it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A text before anything is written.

    Args:
        cursor: offset in ``text`` where its author goes on.
    """

    text: str = ""
    cursor: int = 0


def quotation(said: str, who: str, at: datetime) -> str:
    """A message quoted, with a line above that says whose words they are and when they were said.

    Args:
        said: its text, without what it quoted itself.
        at: in the time zone to be shown.
    """
    lines = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
    return f"On {at:%Y-%m-%d %H:%M}, {who} wrote:\n{lines}"


def begin(signature: str, quoted: str = "", style: str = "none") -> Begun:
    """Room to write, the signature and, where the source wants it, what is answered.

    Args:
        quoted: as ``quotation`` gives it.
        style: ``none``, ``below`` or ``above``: where it stands, seen from the text.
    """
    signed = f"\n\n{signature}" if signature else ""
    if not quoted or style == "none":
        return Begun(signed)
    if style == "above":
        return Begun(f"{quoted}\n\n{signed}", len(quoted) + 2)
    return Begun(f"{signed}\n\n{quoted}")


def signed_once(text: str, below: str, signature: str) -> tuple[str, int]:
    """A text that signs itself, where a signature is there already: the one that waits at once below gives way to its own,
    and one further down stays, without a second one.

    Args:
        text: about to be put in; below: what stands after that place.

    Returns:
        the text to put in, and how many characters below it go.
    """
    signature = signature.strip()
    if not signature or not text.rstrip().endswith(signature):
        return text, 0
    waits = len(below) - len(below.lstrip())
    if below[waits:].startswith(signature):
        return text.rstrip(), waits + len(signature)
    return (text.rstrip().removesuffix(signature).rstrip() if signature in below else text), 0


def put_in(begun: Begun, text: str, signature: str) -> str:
    """The whole of a text put in where its author would have gone on, signed once."""
    before, below = begun.text[: begun.cursor], begun.text[begun.cursor :]
    text, gone = signed_once(text, below, signature)
    return before + text + below[gone:]
