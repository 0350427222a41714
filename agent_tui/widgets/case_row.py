"""One case as one line of the list: which columns there are at a width, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, Case, CaseState
from agent_tui.widgets import words
from agent_tui.widgets.pieces import Line, Piece, arranged
from agent_tui.widgets.width import cells, clip, fit

_Put = Callable[[str, str], None]
_INBOX = ("channel", "customer", "subject", "tags", "state", "left", "age")
_SOURCE, _TAGS, _ASSIGNEE = 14, 15, 16
"""Cells of columns that the inbox lacks, or lacks where it is narrow."""
_LEAST = 16
"""Of a subject, before columns are left out for it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of each column; 0: absent. Between columns stands one space."""

    channel: int
    customer: int
    subject: int
    tags: int
    state: int
    left: int
    age: int


@lru_cache(64)
def columns(width: int, *, named: bool) -> Columns:
    """The columns that fit.

    Args:
        width: cells of the list.
        named: whether the channel is named in words.
    """
    channel = 9 if named else 1
    customer = 15 if width < 90 else 20 if width < 130 else 24
    tags = 0 if width < 104 else 15 if width < 130 else 20
    state = 7 if width < 104 else 10
    left = 9
    age = 4
    used = 4 + channel + customer + state + left + age + 6 + (tags + 1 if tags else 0)
    subject = width - used
    if subject < 12:
        subject, tags = max(4, subject + (tags + 1 if tags else 0)), 0
    return Columns(channel, customer, subject, tags, state, left, age)


@dataclass(frozen=True, slots=True)
class Flags:
    """What the list knows of a row besides its case."""

    cursor: bool = False
    active: bool = True
    selected: bool = False


def row(case: Case, width: int, flags: Flags, *, named: bool, left: int | None, now: int, chosen: tuple[str, ...] = ()) -> Line:
    """The line of a case.

    Args:
        case: what is shown.
        width: cells.
        flags: cursor and selection.
        named: channels in words.
        left: working milliseconds left on the promise, or None.
        now: milliseconds.
        chosen: the columns of ``domain.views.COLUMNS`` that are shown, in their order; empty: those of the inbox.
    """
    plan = columns(width, named=named)
    ground = "cursor" if flags.cursor and flags.active else "bar" if flags.cursor else "page"
    unread = case.unread > 0
    pieces: list[Piece] = []

    def put(text: str, role: str) -> None:
        pieces.append((text, role))

    put("▌" if flags.cursor else " ", "accent")
    put("✓" if flags.selected else "●" if unread else " ", "accent+bold")
    put("★ " if case.flagged else "  ", "soon")
    shown, subject = _fitting(chosen, width, plan) if chosen else (_INBOX, plan.subject)
    for name in shown:
        match name:
            case "channel":
                channel = str(case.channel) if named else words.CHANNEL_LETTERS[case.channel]
                put(fit(channel, plan.channel) + " ", "muted")
            case "source":
                put(fit(case.source, _SOURCE) + " ", "muted")
            case "customer":
                _put_customer(put, case.customer, case.messages, plan.customer, unread=unread)
            case "subject":
                beside = "tags" in shown if chosen else plan.tags
                _put_subject(put, case, subject, unread=unread, tags="" if beside else ", ".join(case.tags))
            case "tags":
                if plan.tags or chosen:
                    put(fit(", ".join(case.tags), plan.tags or _TAGS) + " ", "tag")
            case "state":
                text, role = words.status(case, plan.state)
                put(fit(text, plan.state) + " ", role)
            case "assignee":
                put(fit(case.assignee or "nobody", _ASSIGNEE) + " ", "mine" if case.assignee else "muted")
            case "left":
                _put_left(put, case, left, plan.left, now)
            case _:
                put(fit(words.span(now - case.updated_at), plan.age, right=True) + " ", "muted")
    used = sum(cells(text) for text, _ in pieces)
    if chosen and used != width:
        pieces = arranged(pieces, width)
    return pieces, ground


@lru_cache(64)
def _fitting(chosen: tuple[str, ...], width: int, plan: Columns) -> tuple[tuple[str, ...], int]:
    """Those of chosen columns that leave room for the subject, and its cells: the last ones go where there is too little."""
    taken = {
        "channel": plan.channel, "source": _SOURCE, "customer": plan.customer, "tags": plan.tags or _TAGS, "state": plan.state,
        "assignee": _ASSIGNEE, "left": plan.left, "age": plan.age,
    }  # fmt: skip
    kept = list(chosen)
    while True:
        room = width - 5 - sum(taken[one] + 1 for one in kept if one != "subject")
        others = [one for one in kept if one != "subject"]
        if room >= (_LEAST if "subject" in kept else 0) or not others:
            return tuple(kept), max(4, room)
        kept.remove(others[-1])


def _put_left(put: _Put, case: Case, left: int | None, width: int, now: int) -> None:
    """When a snoozed case comes back, or what is left on the promise."""
    if case.state is CaseState.SNOOZED and case.snoozed_until is not None:
        put(fit(f"in {words.span(case.snoozed_until - now)}", width, right=True) + " ", "muted")
    elif left is None:
        put(" " * (width + 1), "muted")
    else:
        text, standing = words.promise(left)
        role = {"late": "late+bold", "soon": "soon", "fine": "good"}[standing]
        put(fit(text, width, right=True) + " ", role)


def _put_customer(put: _Put, customer: Address, messages: int, width: int, *, unread: bool) -> None:
    number = f" {messages}" if messages > 1 else ""
    name = clip(customer.label or "nobody", width - len(number))
    put(name, "strong+bold" if unread else "text")
    put(number + " " * (width - cells(name) - len(number) + 1), "muted")


def _put_subject(put: _Put, case: Case, width: int, *, unread: bool, tags: str) -> None:
    """Subject, then tags where they have no column, then the beginning of the text, as far as there is room.

    What everybody can read says so first.
    """
    if case.public:
        put("public ", "public")
        width -= 7
    subject = clip(case.subject or "(no subject)", width)
    put(subject, "strong+bold" if unread else "text")
    room = width - cells(subject)
    if tags and room > 5:
        tags = clip(tags, min(room - 2, 16))
        put("  " + tags, "tag")
        room -= 2 + cells(tags)
    if room > 8 and case.snippet:
        snippet = clip(case.snippet, room - 2)
        put("  " + snippet + " " * (room - 2 - cells(snippet) + 1), "muted")
    else:
        put(" " * (room + 1), "muted")
