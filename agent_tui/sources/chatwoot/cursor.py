"""How far an account has been read, as opaque text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Walk:
    """The way down the list of conversations, from the latest activity to the earliest.

    Args:
        at: last activity (seconds) of the conversation done last; None before the first.
        ids: those of that very second that are done.
        page: where the next ones were last seen.
        floor: seconds; conversations whose last activity is earlier need no look.
        whole: read each conversation to its beginning, whatever is here of it already.
        inside: ``(conversation, id, width)``: a long conversation in work; messages from that id on are here.
    """

    at: float | None = None
    ids: list[int] = field(default_factory=list)
    page: int = 1
    floor: float = 0.0
    whole: bool = True
    inside: tuple[int, int, int] | None = None


@dataclass(slots=True)
class Cursor:
    """Where reading goes on.

    Args:
        since: seconds by the server's clock; every change before it is here.
        recent: print of each conversation that changed lately, so that the overlap is not read twice.
        walk: while older conversations are still to come.
    """

    since: float = 0.0
    recent: dict[int, tuple[float, int]] = field(default_factory=dict)
    walk: Walk | None = None

    def dump(self) -> str:
        """As opaque text."""
        return json.dumps(
            {"since": self.since, "recent": self.recent, "walk": asdict(self.walk) if self.walk else None},
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, text: str) -> Cursor:
        """What ``dump`` wrote; anything else is the beginning."""
        try:
            raw: dict[str, Any] = json.loads(text)
            walk = Walk(**raw["walk"]) if raw["walk"] else None
            if walk and walk.inside:
                conversation, lowest, width = walk.inside
                walk.inside = (int(conversation), int(lowest), int(width))
            recent = {int(key): (float(at), int(seen)) for key, (at, seen) in raw["recent"].items()}
            return cls(float(raw["since"]), recent, walk)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()
