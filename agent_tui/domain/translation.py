"""A text and its other language."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass

MACHINE = "machine translation"
"""Label of text in a draft that a machine wrote and nobody has confirmed."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The other text of a message.

    Args:
        language: it is in, as a tag.
        text: the translation; where ``machine`` is False, what a person wrote before it was translated for the customer.
    """

    language: str
    text: str
    machine: bool = True
