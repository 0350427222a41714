"""What is wrong with a policy library: ids that stand for two clauses, dead links, examples that find something else, and
canned replies and drafts that no longer say what their clause says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from agent_tui.domain.frozen import dataclass
from agent_tui.knowledge.files import Fault
from agent_tui.knowledge.policy_files import Clause
from agent_tui.knowledge.policy_ranking import Turn

if TYPE_CHECKING:
    from agent_tui.knowledge.policies import PolicyLibrary


@dataclass(frozen=True, slots=True)
class Citation:
    """Text that relies on clauses: a canned reply, or a draft.

    Args:
        name: in words, for example ``canned reply 'refund-started'``.
        path: of the file, relative to the canned library; empty for a draft.
        written_at: milliseconds when the text was last changed.
    """

    name: str
    clauses: tuple[str, ...]
    path: str
    written_at: int


def faults(library: PolicyLibrary, of_files: Iterable[Fault]) -> tuple[Fault, ...]:
    """Everything that can be seen in the policy files alone."""
    found = list(of_files)
    seen: dict[tuple[str, str], Clause] = {}
    for clause in library.clauses():
        first = seen.setdefault((clause.id, clause.language), clause)
        if first is not clause:
            where = f"{first.path}:{first.line}"
            words = f"the clause {clause.id} is already in {where}; rename one, or give its heading an id of its own {{#…}}"
            if not clause.language:
                words += ", or say which language each is in"
            found.append(Fault(clause.path, clause.line, words))
        elif clause.twice:
            words = f"'{clause.title}' is a heading more than once here, so that {clause.id} depends on their order"
            found.append(Fault(clause.path, clause.line, f"{words}; give it an id of its own: {{#…}}"))
        if clause.effective and clause.until and clause.until < clause.effective:
            found.append(Fault(clause.path, 1, f"ends ({clause.until}) before it begins ({clause.effective})"))
        found.extend(_dead_links(library, clause))
        found.extend(_examples(library, clause))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.path, one.line)))


def _dead_links(library: PolicyLibrary, clause: Clause) -> Iterable[Fault]:
    by_path = {one.path: one.policy for one in library.clauses()}
    for target in clause.links():
        policy, hash_, anchor = target.partition("#")
        name = by_path.get(policy, policy)
        if name.endswith(".md"):
            yield Fault(clause.path, clause.line, f"links to {policy}, which is not in the policy library")
        elif anchor and not library.variants(f"{name}#{anchor}"):
            yield Fault(clause.path, clause.line, f"links to the clause {name}#{anchor}, which there is not")
        elif hash_ and not library.policy(name):
            yield Fault(clause.path, clause.line, f"links to the policy {name}, which there is not")


def _examples(library: PolicyLibrary, clause: Clause) -> Iterable[Fault]:
    for example in clause.examples:
        wanted = example.clause or clause.id
        words = " ".join(example.words.split())
        short = words if len(words) <= 60 else words[:59] + "…"
        if not library.variants(wanted):
            yield Fault(clause.path, example.line, f"example '{short}': there is no clause {wanted}")
            continue
        found = library.suggest([Turn("customer", example.words)], 3)
        if not found or found[0].clause.id != wanted:
            first = found[0].clause.id if found else "nothing"
            place = next((n for n, one in enumerate(found, 1) if one.clause.id == wanted), 0)
            rest = f"; {wanted} is number {place}" if place else f"; {wanted} is not among the first three"
            yield Fault(clause.path, example.line, f"example '{short}' finds {first} first{rest}")


def outdated(
    library: PolicyLibrary, citations: Sequence[Citation], edited: Mapping[str, int], today: str
) -> tuple[tuple[Citation, str], ...]:
    """Citations of clauses that there are not, that have expired, or that were edited after the text was written.

    Args:
        edited: clause id to the milliseconds of its last edit, where it was ever edited.
        today: ISO date.
    """
    found = []
    for one in citations:
        for name in one.clauses:
            variants = library.variants(name) or ((clause,) if (clause := library.clause(name)) else ())
            if not variants:
                found.append((one, f"relies on the clause {name}, which there is not"))
            elif all(clause.until and clause.until < today for clause in variants):
                found.append((one, f"relies on the clause {name}, which ended on {variants[0].until}"))
            elif edited.get(variants[0].id, 0) > one.written_at:
                found.append((one, f"relies on the clause {name}, which was edited since; read both and save it again"))
    return tuple(found)
