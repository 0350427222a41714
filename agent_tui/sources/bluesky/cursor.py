"""How far an account has been read, as opaque text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

MOST_ROWS = 500  # newest notifications that are compared with what the network still shows
MOST_CASES = 1_000


@dataclass(slots=True)
class Cursor:
    """Where reading stands.

    Args:
        life: whose reading it is; another account begins anew.
        begun: the first page of notifications has been read.
        rows: posts that notifications named, by address -> ``[milliseconds, case]``; the case is empty until it is known.
        own: our own newest answers that have been looked at, by address -> milliseconds.
        cases: first post of a case -> ``[milliseconds of its newest post, milliseconds when it was read last]``.
        todo: posts of which the case is still to be read -> milliseconds.
        stale: cases to read again -> milliseconds.
        pages: where older notifications go on -> whether to the very end.
        log: how far the log of direct messages has been read; ``convos``: conversations to read -> milliseconds.
        chat_pages: where the list of conversations goes on, for the first time; empty: it is done.
    """

    life: str
    begun: bool = False
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    cases: dict[str, tuple[int, int]] = field(default_factory=dict)
    todo: dict[str, int] = field(default_factory=dict)
    stale: dict[str, int] = field(default_factory=dict)
    pages: dict[str, bool] = field(default_factory=dict)
    log: str = ""
    convos: dict[str, int] = field(default_factory=dict)
    chat_pages: list[str] = field(default_factory=list)

    def dump(self) -> str:
        """As opaque text."""
        rows = sorted(self.rows.items(), key=lambda one: one[1][0], reverse=True)[:MOST_ROWS]
        cases = sorted(self.cases.items(), key=lambda one: one[1][0], reverse=True)[:MOST_CASES]
        own = sorted(self.own.items(), key=lambda one: one[1], reverse=True)[:MOST_ROWS]
        return json.dumps(
            {
                "life": self.life, "begun": self.begun, "rows": [[uri, *one] for uri, one in rows], "own": own,
                "cases": [[uri, *one] for uri, one in cases], "todo": sorted(self.todo.items()),
                "stale": sorted(self.stale.items()), "pages": sorted(self.pages.items()), "log": self.log,
                "convos": sorted(self.convos.items()), "chat_pages": self.chat_pages,
            },
            separators=(",", ":"),
        )  # fmt: skip

    @classmethod
    def load(cls, words: str, life: str) -> Cursor:
        """What ``dump`` wrote for this life; anything else is the beginning."""
        try:
            raw = json.loads(words)
            if raw["life"] != life:
                return cls(life)
            return cls(
                life, bool(raw["begun"]), {str(a): (int(b), str(c)) for a, b, c in raw["rows"]},
                {str(a): int(b) for a, b in raw["own"]}, {str(a): (int(b), int(c)) for a, b, c in raw["cases"]},
                {str(a): int(b) for a, b in raw["todo"]}, {str(a): int(b) for a, b in raw["stale"]},
                {str(a): bool(b) for a, b in raw["pages"]}, str(raw["log"]), {str(a): int(b) for a, b in raw["convos"]},
                [str(one) for one in raw["chat_pages"]],
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(life)

    @property
    def more(self) -> bool:
        """Whether something is known that has not been read."""
        return bool(self.todo or self.stale or self.pages or self.convos or self.chat_pages)

    def next(self) -> tuple[str, bool]:
        """What to read first, the newest: a post whose case is not known (True), or a case to read again (False)."""
        post = max(self.todo.items(), key=lambda one: (one[1], one[0]), default=("", -1))
        case = max(self.stale.items(), key=lambda one: (one[1], one[0]), default=("", -1))
        return (post[0], True) if post[1] >= case[1] else (case[0], False)
