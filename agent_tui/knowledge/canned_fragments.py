"""``{% include "name" %}`` in canned replies: text that many of them share, put in when the library is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from agent_tui.domain.languages import primary
from agent_tui.knowledge.files import Fault

if TYPE_CHECKING:
    from agent_tui.knowledge.canned import Canned

INCLUDE = re.compile(r"\{%-?\s*include\s+(?P<quote>[\"'])(?P<name>[^\"'\n]{1,200})(?P=quote)\s*-?%\}")
_DEEPEST = 5
_LONGEST = 64 * 1024


def names(reply: Canned) -> frozenset[str]:
    """What a fragment may be included by, folded: its name, its path, and both without what goes without saying."""
    path = reply.path.casefold()
    short = path.removesuffix(".md")
    return frozenset((reply.name.casefold(), path, short, short.removeprefix("fragments/")))


def put_in(replies: tuple[Canned, ...]) -> tuple[tuple[Canned, ...], tuple[Fault, ...]]:
    """Every reply with its fragments in place, and what could not be put in.

    A fragment is named by its ``name`` or by its path, with or without ``.md``. Of several variants the one in the
    reply's own language is taken.
    """
    known: dict[str, list[Canned]] = {}
    for one in replies:
        for name in names(one):
            known.setdefault(name, []).append(one)
    faults: list[Fault] = []
    whole = tuple(
        replace(one, body=_expanded(one.body, one, known, (one.path,), faults)) if "include" in one.body else one
        for one in replies
    )
    return whole, tuple(dict.fromkeys(faults))


def _expanded(body: str, reply: Canned, known: Mapping[str, list[Canned]], within: tuple[str, ...], faults: list[Fault]) -> str:
    def put(found: re.Match[str]) -> str:
        line = reply.line + body.count("\n", 0, found.start()) if len(within) == 1 else reply.line
        wanted = found["name"].strip().casefold()
        variants = known.get(wanted, [])
        if not variants:
            faults.append(Fault(reply.path, line, f"there is no fragment '{found['name']}' to include"))
            return ""
        own = primary(reply.language)
        fragment = max(variants, key=lambda one: (primary(one.language) == own, not one.language, one.fragment))
        if fragment.path in within or len(within) > _DEEPEST:
            faults.append(Fault(reply.path, line, f"'{found['name']}' includes itself, by way of {', '.join(within)}"))
            return ""
        return _expanded(fragment.body, reply, known, (*within, fragment.path), faults)

    text = INCLUDE.sub(put, body)
    if len(text) > _LONGEST:
        faults.append(Fault(reply.path, reply.line, f"with its fragments it is longer than {_LONGEST // 1024} KB"))
        return body[:_LONGEST]
    return text
