"""Chatwoot's canned responses as canned replies of the workspace."""

from __future__ import annotations

import re
from typing import Any

from agent_tui.domain.text import clean
from agent_tui.sources.base import CannedText

# Variables of Chatwoot's own canned responses (``message_drops`` in its source) and what they are called here.
_VARIABLES = {
    "contact.name": "customer.name",
    "contact.first_name": "customer.first_name",
    "agent.name": "agent.name",
    "agent.available_name": "agent.name",
    "agent.email": "agent.email",
}
_VARIABLE = re.compile(r"\{\{-?\s*([\w.]+)\s*(\|[^{}]*)?-?\}\}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{[{%#]", re.DOTALL)
_WORDS = re.compile(r"[^a-z0-9]+")


def parse(answer: Any) -> tuple[CannedText, ...]:
    """What ``GET /api/v1/accounts/{account}/canned_responses`` gives (an array of ``canned_response``).

    Variables are renamed to those of the library; what it has no name for becomes ``ask("…")``, so that the agent
    fills it in. Entries without a code or a text are left out.
    """
    found: list[CannedText] = []
    taken: set[str] = set()
    for one in answer if isinstance(answer, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("content"), str):
            continue
        shortcut = clean(str(one.get("short_code") or ""), multiline=False)
        text = clean(one["content"]).strip()
        if not shortcut or not text:
            continue
        body, asked = _body(text)
        found.append(CannedText(_unique(shortcut, taken), shortcut, body, asked))
    return tuple(found)


def _unique(shortcut: str, taken: set[str]) -> str:
    base = _WORDS.sub("-", shortcut.casefold()).strip("-") or "canned"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def _body(text: str) -> tuple[str, tuple[str, ...]]:
    pieces: list[str] = []
    asked: dict[str, None] = {}
    end = 0
    for one in _VARIABLE.finditer(text):
        pieces.append(_literal(text[end : one.start()]))
        known = _VARIABLES.get(one[1])
        if known:
            pieces.append(f"{{{{ {known} }}}}")
        else:
            question = one[1].replace(".", " ").replace("_", " ")
            asked[question] = None
            pieces.append(f'{{{{ ask("{question}") }}}}')
        end = one.end()
    pieces.append(_literal(text[end:]))
    return "".join(pieces), tuple(asked)


def _literal(text: str) -> str:
    """Text that the library's template engine gives back as it is."""
    return _TEMPLATE.sub(lambda found: "{{ " + repr(found[0]) + " }}", text)
