"""Articles of a help centre, as the policy library takes them over. Pure."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpArticle:
    """One article in one language.

    Args:
        name: what it is known by there, whatever its title is changed to; translations of each other share it.
        body: HTML, or Markdown where ``markdown``.
        language: a code such as ``en`` or ``pt-br``, or empty where it is not said.
        tags: words that belong to it, such as its category.
        url: where customers can read it; empty where they cannot.
    """

    name: str
    title: str
    body: str
    markdown: bool = False
    language: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
