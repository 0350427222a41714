"""What could be better in a library of canned replies: gaps nobody needs, variants that lack, clauses that are over."""

# ruff: noqa: E501 - tables of words, each row on its own line

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from agent_tui.domain.languages import primary
from agent_tui.domain.words import bare, tokens
from agent_tui.knowledge.files import Fault

if TYPE_CHECKING:
    from agent_tui.knowledge.canned import Canned, CannedLibrary

# Questions that a fact answers by itself, as sets of words.
_KNOWN_FACTS = {
    frozenset(("customer", "name")): "customer.name", frozenset(("first", "name")): "customer.first_name",
    frozenset(("customer", "first", "name")): "customer.first_name", frozenset(("customer", "address")): "customer.address",
    frozenset(("customer", "email")): "customer.address", frozenset(("subject",)): "case.subject",
    frozenset(("case", "number")): "case.id", frozenset(("ticket", "number")): "case.id", frozenset(("your", "name")): "agent.name",
    frozenset(("agent", "name")): "agent.name", frozenset(("my", "name")): "agent.name", frozenset(("signature",)): "agent.signature",
}  # fmt: skip


def advice(library: CannedLibrary, languages: Collection[str], ended: Mapping[str, str]) -> tuple[Fault, ...]:
    """What keeps no reply from being used but deserves a look.

    Args:
        languages: that the team answers in.
        ended: the last day of every clause that no longer holds, by its id.
    """
    found: list[Fault] = []
    by_name: dict[str, list[Canned]] = {}
    for reply in library.replies():
        by_name.setdefault(reply.name.casefold(), []).append(reply)
        found += _gaps(reply)
        found += [
            Fault(reply.path, 1, f"clauses: '{one}' ended on {ended[one]}") for one in reply.clauses if one in ended
        ]
    for variants in by_name.values():
        found += _variants(variants, languages)
    found += _fragments(library)
    return tuple(sorted(found, key=lambda fault: (fault.path, fault.line)))


def _gaps(reply: Canned) -> list[Fault]:
    found = []
    for question in reply.questions:
        fact = _KNOWN_FACTS.get(frozenset(bare(word) for word in tokens(question.replace("'s", ""))))
        if fact:
            words = f'the gap "{question}" is never needed: {{{{ {fact} }}}} knows it'
            found.append(Fault(reply.path, _line(reply, question), words))
    return found


def _line(reply: Canned, text: str) -> int:
    at = reply.body.find(text)
    return reply.line + (reply.body.count("\n", 0, at) if at > 0 else 0)


def _variants(variants: list[Canned], languages: Collection[str]) -> list[Fault]:
    """Languages of the team without a variant, and channels that one language has and another lacks."""
    first = variants[0]
    there = {primary(one.language) for one in variants}
    found = []
    if "" not in there:
        lacking = [one for one in languages if primary(one) not in there]
        if lacking:
            found.append(Fault(first.path, 1, f"'{first.name}' has no variant in {', '.join(lacking)}"))
    channels = {channel for one in variants for channel in one.channels}
    for language in sorted(there):
        mine = [one for one in variants if primary(one.language) == language]
        lacking = sorted(channels - {channel for one in mine for channel in one.channels})
        if lacking and all(one.channels for one in mine):
            words = f"'{first.name}' has no variant for {', '.join(lacking)}" + (f" in {language}" if language else "")
            found.append(Fault(mine[0].path, 1, words))
    return found


def _fragments(library: CannedLibrary) -> list[Fault]:
    """Fragments that nothing includes."""
    return [Fault(one.path, 1, f"the fragment '{one.name}' is included nowhere") for one in library.unused_fragments()]
