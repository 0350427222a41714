"""How far an account has been read: one token of ``/sync``, and for each room what is still missing behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a room's past that is still to be read, newest first.

    Args:
        room: its id.
        start: token from which to read backwards.
        stop: token at which what we know begins; empty: the beginning of the room.
        newest: time of what is read next, as far as known, in milliseconds; rooms with newer messages come first.
        read: messages up to this time have been read by somebody of ours.
    """

    room: str
    start: str
    stop: str = ""
    newest: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """What ``pull`` has brought.

    Args:
        since: token of ``/sync``; empty before the first.
        gaps: what is missing behind it.
        device: whose token it is.
        device_since: when this device was first used, in milliseconds: nothing older was sent by it.
        done: messages of the first sync so far.
        follows: rooms that go on with another one, and that one: a case keeps its name for ever.
    """

    since: str = ""
    gaps: tuple[Gap, ...] = ()
    device: str = ""
    device_since: int = 0
    done: int = 0
    follows: tuple[tuple[str, str], ...] = ()

    def dump(self) -> str:
        """As opaque text."""
        gaps = [[one.room, one.start, one.stop, one.newest, one.read] for one in self.gaps]
        return json.dumps(
            {"since": self.since, "gaps": gaps, "device": self.device, "device_since": self.device_since, "done": self.done,
             **({"follows": dict(self.follows)} if self.follows else {})},
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, words: str) -> Cursor:
        """What ``dump`` wrote; anything else is the beginning."""
        try:
            raw: dict[str, Any] = json.loads(words)
            gaps = tuple(Gap(str(a), str(b), str(c), int(d), int(e)) for a, b, c, d, e in raw["gaps"])
            follows = tuple((str(new), str(old)) for new, old in raw.get("follows", {}).items())
            return cls(str(raw["since"]), gaps, str(raw["device"]), int(raw["device_since"]), int(raw["done"]), follows)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def next_gap(self) -> Gap | None:
        """Where the newest message is that has not been read."""
        return max(self.gaps, key=lambda one: (one.newest, one.room), default=None)

    def filled(self, gap: Gap, further: Gap | None = None) -> Cursor:
        """With a gap closed, or moved further back."""
        rest = tuple(further if one == gap and further else one for one in self.gaps if one != gap or further)
        return replace(self, gaps=rest)
