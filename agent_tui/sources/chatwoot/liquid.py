"""Keeps what an agent writes out of Chatwoot's template engine.

Chatwoot runs what agents send through Liquid before it stores it (``app/models/concerns/liquidable.rb``): ``{{ x }}``
vanishes, and ``{% x %}`` may take what follows with it. Only text between backticks is left alone. A Liquid escape
would be read by the customer wherever the engine does not run, so the two characters are parted by one that nobody
sees; ``domain.text.clean`` takes it out of what is pulled.
"""

from __future__ import annotations

import re

JOINER = "\u2060"  # word joiner: no width, no line break
_CODE = re.compile(r"(`.*?`)", re.DOTALL)
_OPENING = re.compile(r"\{(?=[{%])")
_UNSAFE_CODE = re.compile(r"\{%-?\s*(?:end)?raw")


def protect(text: str) -> str:
    """A text that Liquid gives back as it is, and that reads the same where Liquid does not run."""
    if "{{" not in text and "{%" not in text:
        return text
    # The odd pieces are what Chatwoot takes for code: found in the same way, from the left and over line ends.
    return "".join(
        piece if at % 2 and not _UNSAFE_CODE.search(piece) else _OPENING.sub("{" + JOINER, piece)
        for at, piece in enumerate(_CODE.split(text))
    )
