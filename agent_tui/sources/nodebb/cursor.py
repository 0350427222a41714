"""How far the forum has been read, as opaque text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MOST = 2_000  # topics and rooms, the newest ones; older ones are compared again when they change


@dataclass(slots=True)
class Known:
    """What is known of one topic or chat room.

    Args:
        signature: of its line in the list; ``PENDING`` before it while it has yet to be read to there.
        bumped: milliseconds of its last activity; ``checked``: when it was read last.
        unread: whether the forum calls it unread for us.
        deep: a reading is under way and has come down to this page (or message of a room); 0: none is.
        locked: milliseconds when it was locked last; ``asked``: when a customer wrote last, as far as is known.
        skipped: numbers of posts that are no messages, or cannot be read.
    """

    signature: str = ""
    bumped: int = 0
    checked: int = 0
    unread: bool = False
    deep: int = 0
    locked: int = 0
    asked: int = 0
    skipped: set[int] = field(default_factory=set)

    def dump(self) -> list[Any]:
        """As JSON."""
        numbers = [self.bumped, self.checked, int(self.unread), self.deep, self.locked, self.asked]
        return [self.signature, numbers, sorted(self.skipped)]

    @classmethod
    def load(cls, raw: list[Any]) -> Known:
        """What ``dump`` made."""
        bumped, checked, unread, deep, locked, asked = map(int, raw[1])
        return cls(str(raw[0]), bumped, checked, bool(unread), deep, locked, asked, {int(one) for one in raw[2]})


@dataclass(slots=True)
class Cursor:
    """Where reading stands. Topics are named ``t12``, chat rooms ``c5``.

    Args:
        life: whose reading it is; another account or forum begins anew.
        known: what is known, by name.
        todo: what is to be read -> milliseconds of its last activity.
        page: next page of the list of topics that is still to come, or 0.
        deep: the list is read to its very end.
        flags: number of a flag -> its state when it was read last.
    """

    life: str
    known: dict[str, Known] = field(default_factory=dict)
    todo: dict[str, int] = field(default_factory=dict)
    page: int = 0
    deep: bool = True
    flags: dict[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        """As opaque text."""
        kept = sorted(self.known.items(), key=lambda one: one[1].bumped, reverse=True)[:MOST]
        return json.dumps(
            {
                "life": self.life, "known": {name: one.dump() for name, one in kept}, "todo": sorted(self.todo.items()),
                "page": self.page, "deep": self.deep, "flags": self.flags,
            },
            separators=(",", ":"),
        )  # fmt: skip

    @classmethod
    def load(cls, text: str, life: str) -> Cursor:
        """What ``dump`` wrote for this life; anything else is the beginning."""
        try:
            raw = json.loads(text)
            if raw["life"] != life:
                return cls(life)
            return cls(
                life, {str(name): Known.load(one) for name, one in raw["known"].items()},
                {str(name): int(at) for name, at in raw["todo"]}, int(raw["page"]), bool(raw["deep"]),
                {str(name): str(state) for name, state in raw["flags"].items()},
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return cls(life)

    @property
    def more(self) -> bool:
        """Whether something is known that has not been read."""
        return bool(self.todo or self.page)

    def next_name(self) -> str:
        """What to read first: that with the newest activity."""
        return max(self.todo, key=lambda name: (self.todo[name], len(name), name))
