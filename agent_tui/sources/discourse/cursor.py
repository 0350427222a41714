"""How far the forum has been read, as opaque text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST_TOPICS = 2_000  # the newest ones; older ones are compared again when they change
UNLISTED = -1


@dataclass(slots=True)
class Known:
    """What is known of one topic.

    Args:
        signature: of its line in the list, when it was read last.
        bumped: milliseconds of its last activity.
        queue: number of the list it is in, or ``UNLISTED``.
        checked: milliseconds when it was read last.
        skipped: ids of posts that are no messages, or cannot be read.
        closing: id of the newest post that says it was closed, or 0.
        reminder: ``(bookmark's milliseconds, newest customer post then)``, or None.
    """

    signature: str = ""
    bumped: int = 0
    queue: int = 0
    checked: int = 0
    skipped: set[int] = field(default_factory=set)
    closing: int = 0
    reminder: tuple[int, int] | None = None

    def dump(self) -> list[Any]:
        """As JSON."""
        last = list(self.reminder) if self.reminder else None
        return [self.signature, self.bumped, self.queue, self.checked, sorted(self.skipped), self.closing, last]

    @classmethod
    def load(cls, raw: list[Any]) -> Known:
        """What ``dump`` made."""
        reminder = (int(raw[6][0]), int(raw[6][1])) if raw[6] else None
        return cls(str(raw[0]), int(raw[1]), int(raw[2]), int(raw[3]), {int(one) for one in raw[4]}, int(raw[5]), reminder)


@dataclass(slots=True)
class Cursor:
    """Where reading stands.

    Args:
        life: whose reading it is; another account or forum begins anew.
        topics: what is known, by id.
        todo: ids of topics to read -> milliseconds of their last activity.
        pages: number of a list -> next page of it that is still to come; with ``deep`` to its very end.
    """

    life: str
    topics: dict[int, Known] = field(default_factory=dict)
    todo: dict[int, int] = field(default_factory=dict)
    pages: dict[int, int] = field(default_factory=dict)
    deep: set[int] = field(default_factory=set)
    started: set[int] = field(default_factory=set)

    def dump(self) -> str:
        """As opaque text."""
        kept = sorted(self.topics.items(), key=lambda one: one[1].bumped, reverse=True)[:MOST_TOPICS]
        return json.dumps(
            {
                "life": self.life, "topics": {str(number): one.dump() for number, one in kept},
                "todo": sorted(self.todo.items()), "pages": sorted(self.pages.items()), "deep": sorted(self.deep),
                "started": sorted(self.started),
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
                life, {int(number): Known.load(one) for number, one in raw["topics"].items()},
                _pairs(raw["todo"]), _pairs(raw["pages"]), set(raw["deep"]), set(raw["started"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return cls(life)

    @property
    def more(self) -> bool:
        """Whether something is known that has not been read."""
        return bool(self.todo or self.pages)

    def next_topic(self) -> int:
        """The topic to read first: the one with the newest activity."""
        return max(self.todo, key=lambda number: (self.todo[number], number))


def _pairs(raw: Iterable[Any]) -> dict[int, int]:
    return {int(one[0]): int(one[1]) for one in raw}
