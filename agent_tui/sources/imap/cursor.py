"""How far each folder has been read: the cursor of a pull.

``todo`` holds ranges of UIDs that still have to be fetched, highest first; everything below ``next`` that is
not in ``todo`` has been. New mail puts a range in front, each batch takes one away from the top, so a pull
that was killed anywhere goes on where the last applied batch ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """UIDs from ``low`` to ``high``, both included, not yet fetched. ``old``: part of a first sync."""

    low: int
    high: int
    old: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCursor:
    """One folder.

    Args:
        validity: UIDVALIDITY that the UIDs belong to.
        next: lowest UID not known yet.
        todo: ranges still to fetch, highest first.
        modseq: marks are known up to this HIGHESTMODSEQ; 0 where the server has none.
        count: messages with a UID below ``next`` that the folder held when it was last compared.
        scanned: when all marks were last compared, in milliseconds (servers without CONDSTORE).
        frontier: when the oldest message fetched so far was received, in milliseconds; 0: nothing fetched.
    """

    validity: int = 0
    next: int = 1
    todo: tuple[Span, ...] = ()
    modseq: int = 0
    count: int = 0
    scanned: int = 0
    frontier: int = 0

    def fetched(self, uid: int) -> bool:
        """Whether the message with this UID, if there is one, has been fetched."""
        return uid < self.next and not any(span.low <= uid <= span.high for span in self.todo)

    def taken(self, lowest: int) -> FolderCursor:
        """Without the UIDs of the first range from ``lowest`` up."""
        first, *rest = self.todo
        if lowest > first.low:
            return replace(self, todo=(replace(first, high=lowest - 1), *rest))
        return replace(self, todo=tuple(rest))


@dataclass(frozen=True, slots=True)
class Cursor:
    """All folders of a source."""

    folders: Mapping[str, FolderCursor] = field(default_factory=dict)

    def of(self, folder: str) -> FolderCursor:
        """That folder's cursor; a fresh one where it has not been read."""
        return self.folders.get(folder, FolderCursor())

    def having(self, folder: str, cursor: FolderCursor) -> Cursor:
        """With one folder's cursor replaced."""
        return Cursor({**self.folders, folder: cursor})

    def without(self, folder: str) -> Cursor:
        """With one folder forgotten."""
        return Cursor({name: value for name, value in self.folders.items() if name != folder})

    @property
    def unfinished(self) -> bool:
        """Whether anything that is known of has still to be fetched."""
        return any(cursor.todo for cursor in self.folders.values())

    def dump(self) -> str:
        """As opaque text."""
        return json.dumps(
            {
                "v": 1,
                "folders": {
                    name: {
                        "validity": one.validity,
                        "next": one.next,
                        "todo": [[span.low, span.high, int(span.old)] for span in one.todo],
                        "modseq": one.modseq,
                        "count": one.count,
                        "scanned": one.scanned,
                        "frontier": one.frontier,
                    }
                    for name, one in self.folders.items()
                },
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


def load(text: str) -> Cursor:
    """The cursor that ``dump`` wrote. Anything unreadable counts as empty: everything is then read again, which
    costs time and changes nothing.
    """
    try:
        raw: dict[str, Any] = json.loads(text) if text else {}
        return Cursor(
            {
                str(name): FolderCursor(
                    validity=int(one["validity"]),
                    next=int(one["next"]),
                    todo=tuple(Span(int(low), int(high), bool(old)) for low, high, old in one["todo"]),
                    modseq=int(one["modseq"]),
                    count=int(one["count"]),
                    scanned=int(one["scanned"]),
                    frontier=int(one["frontier"]),
                )
                for name, one in raw.get("folders", {}).items()
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Cursor()


def reference(validity: int, uid: int) -> str:
    """A message's place within its folder."""
    return f"{validity}:{uid}"


def numbers(ref: str) -> tuple[int, int]:
    """UIDVALIDITY and UID of a place; ``(0, 0)`` where it is not one of ours."""
    validity, _, uid = ref.partition(":")
    return (int(validity), int(uid)) if validity.isdecimal() and uid.isdecimal() else (0, 0)
