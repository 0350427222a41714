"""What the customer will see of a draft on its channel."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from agent_tui.desk.seat import Seat
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, Channel, Draft, Visibility
from agent_tui.store import sources


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as its reader gets it.

    Args:
        heading: what stands above it: label and value.
        text: as it is read there.
        rendered: the channel renders Markdown, and ``text`` is without its marks.
    """

    heading: tuple[tuple[str, str], ...]
    text: str
    rendered: bool = False


class Previewing(Seat):
    """The previewing part of the desk."""

    def preview(self, draft: Draft) -> Preview:
        """What the customer will see; of a note, what colleagues will."""
        from agent_tui.domain import shorthand

        settings = self.workspace.source(draft.source)
        agent = self.workspace.agent
        known = sources.state(self.store, draft.source).capabilities
        rendered = bool(known and json.loads(known).get("markdown")) and shorthand.has(draft.text)
        mail = settings.channel is Channel.EMAIL
        reads = {Visibility.NOTE: "colleagues only", Visibility.PUBLIC: f"everybody, in {settings.channel.value}"}
        facts = (
            ("From", _named(Address(agent.name, draft.sender or agent.email)) if mail else agent.name),
            ("To", _people(draft.to) if draft.visibility is Visibility.PRIVATE else ""),
            ("Cc", _people(draft.cc)),
            ("Subject", draft.subject if mail or draft.kind == "new" else ""),
            ("Read by", reads.get(draft.visibility, f"those it goes to, by {settings.channel.value}")),
            ("Files", ", ".join(Path(one).name for one in draft.attachments)),
        )
        text = shorthand.as_read(draft.text) if rendered else draft.text.rstrip("\n")
        return Preview(tuple((label, value) for label, value in facts if value), text, rendered)


def _people(people: Iterable[Address]) -> str:
    return ", ".join(map(_named, people))


def _named(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address
