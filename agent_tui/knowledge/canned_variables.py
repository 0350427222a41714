"""Texts of other help desks as templates of this library: their variables become facts, or gaps where they are not known here.

- Chatwoot and Zendesk: ``{{ contact.name | default: "you" }}`` (Liquid; of its ``{% if … %}`` every tag becomes a gap, because only a
  person can say which branch was meant).
- Zammad: ``#{ticket.customer.firstname}``, ``#{t(ticket.state.name)}``, ``#{dt(ticket.created_at, "%Y", "Europe/Berlin")}``.
- FreeScout and Help Scout: ``{%customer.firstName,fallback=there%}``.
"""

# ruff: noqa: E501 - tables of words, each row on its own line

from __future__ import annotations

import re

_VARIABLES = {
    "contact.name": "customer.name", "contact.first_name": "customer.first_name", "contact.email": "customer.address",
    "agent.name": "agent.name", "agent.available_name": "agent.name", "agent.first_name": "agent.first_name", "agent.email": "agent.email",
    "conversation.id": "case.id", "conversation.display_id": "case.id", "conversation.number": "case.id", "conversation.subject": "case.subject",
    "ticket.customer.fullname": "customer.name", "ticket.customer.firstname": "customer.first_name", "ticket.customer.email": "customer.address",
    "ticket.title": "case.subject", "ticket.number": "case.id", "user.fullname": "agent.name", "user.firstname": "agent.first_name",
    "user.email": "agent.email", "user.first_name": "agent.first_name", "user.name": "agent.name",
    "customer.fullname": "customer.name", "customer.firstname": "customer.first_name", "customer.email": "customer.address",
    "customer.name": "customer.name", "customer.first_name": "customer.first_name", "customer.address": "customer.address",
    "subject": "case.subject", "ticket.requester.first_name": "customer.first_name", "ticket.requester.name": "customer.name",
    "ticket.requester.email": "customer.address", "ticket.id": "case.id", "ticket.subject": "case.subject", "ticket.ticket_field.subject": "case.subject",
    "current_user.name": "agent.name", "current_user.first_name": "agent.first_name", "current_user.email": "agent.email",
    "current_user.signature": "agent.signature", "agent.signature": "agent.signature",
}  # fmt: skip
_VARIABLE = re.compile(
    r"\{\{-?\s*(?P<liquid>[^\W\d][\w.]*)\s*(?P<filters>\|[^{}]*)?-?\}\}"
    r"|#\{\s*(?:d?t\(\s*)?(?P<zammad>[^\W\d][\w.]*)(?:[,)][^{}\n]*)?\s*\}"
    r"|\{%-?\s*(?P<tag>[^\W\d][^{}%\n]*?)(?:,\s*fallback=(?P<fallback>[^%\n]*))?\s*-?%\}"
)
_DEFAULT = re.compile(r"\|\s*default:\s*(?:\"([^\"]*)\"|'([^']*)')")
_SYNTAX = re.compile(r"\{[{%#]")
_LAST_NAME = re.compile(r"last_?name$", re.IGNORECASE)


def template(text: str) -> tuple[str, tuple[str, ...]]:
    """A text of another desk as a template of this library, and the variables of it that became gaps."""
    pieces: list[str] = []
    asked: dict[str, None] = {}
    end = 0
    for one in _VARIABLE.finditer(text):
        between = text[end : one.start()]
        end = one.end()
        variable = (one["liquid"] or one["zammad"] or one["tag"]).strip()
        if _LAST_NAME.search(variable) and pieces and pieces[-1].endswith(".first_name }}") and between.isspace():
            pieces[-1] = pieces[-1].replace(".first_name", ".name")  # first and last name are the whole name
            continue
        pieces.append(_literal(between))
        known = _VARIABLES.get(variable.casefold())
        fallback = one["fallback"] or next((a or b for a, b in _DEFAULT.findall(one["filters"] or "")), "")
        fallback = re.sub(r"[\"'\\{}%]", "", fallback).strip()
        if known:
            pieces.append(f'{{{{ {known} or "{fallback}" }}}}' if fallback else f"{{{{ {known} }}}}")
        else:
            question = _question(variable)
            asked[question] = None
            pieces.append(f'{{{{ ask("{question}") }}}}')
    pieces.append(_literal(text[end:]))
    return "".join(pieces), tuple(asked)


def _question(variable: str) -> str:
    """What a gap asks for: the variable's name in words, or a tag as it stands there."""
    if re.fullmatch(r"[\w.]+", variable):
        return re.sub(r"[._]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", variable)).strip().casefold()
    return " ".join(re.sub(r"[\[\]\\{}%]", " ", variable.replace('"', "'")).split())


def _literal(text: str) -> str:
    """Braces that only look like ours, as text."""
    return _SYNTAX.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)
