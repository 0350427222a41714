"""Triage at the server: what each operation does to the flags and folders of a case's messages.

Every operation sets a state rather than changing one, so doing it twice is doing it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent_tui.domain.errors import Refused, TryLater
from agent_tui.domain.identifiers import COUNTER_BITS, EPOCH_SECONDS
from agent_tui.domain.model import CaseRef, CaseState, Marks, Priority
from agent_tui.domain.operations import Assign, Delete, MarkRead, Operation, SetPriority, SetState, Star, Tag
from agent_tui.sources.base import Receipt
from agent_tui.sources.imap import wire
from agent_tui.sources.imap.connection import QuietClient
from agent_tui.sources.imap.cursor import numbers, reference
from agent_tui.sources.imap.folders import Folders
from agent_tui.sources.imap.marks import flag_of, marks_of
from agent_tui.sources.imap.read import is_deleted

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the mailbox offers for triage.

    Args:
        folders: by use.
        home: folder that reopened cases come back to.
        keywords: whether the server keeps keywords of ours.
        archive: whether done moves to Archive.
        marks: marks of a message in a folder, from its flags.
    """

    folders: Folders
    home: str
    keywords: bool
    archive: bool
    marks: Callable[[str, Iterable[bytes]], frozenset[str]]


@dataclass
class _Work:
    """One operation on its way: what is found and what has been done."""

    client: QuietClient
    desk: Desk
    flags: dict[Place, frozenset[str]] = field(default_factory=dict)
    dates: dict[Place, int] = field(default_factory=dict)
    moved: dict[Place, Place] = field(default_factory=dict)
    marks: dict[Place, frozenset[str]] = field(default_factory=dict)


def perform(client: QuietClient, desk: Desk, operation: Operation, case: CaseRef) -> Receipt:
    """Carry out one operation. Runs in the connection's thread.

    Raises:
        Refused: for good; the text names what.
        TryLater: the folder was rebuilt, so the places must be learnt again first.
    """
    work = _Work(client, desk)
    incoming = case.incoming or case.places
    match operation:
        case MarkRead():
            _read(work, operation, case)
        case Star(starred=True):
            _change(work, incoming[-1:], add=(Marks.FLAGGED,))
        case Star():
            _change(work, case.places, remove=(Marks.FLAGGED,))
        case Tag():
            _change(work, case.places, remove=[Marks.TAG + tag for tag in operation.remove])
            _change(work, incoming, add=[Marks.TAG + tag for tag in operation.add if tag not in operation.remove])
        case Assign():
            _replace(work, case, Marks.ASSIGNEE, operation.assignee or "")
        case SetPriority():
            normal = operation.priority is Priority.NORMAL
            _replace(work, case, Marks.PRIORITY, "" if normal else operation.priority.value)
        case SetState():
            _state(work, operation, case)
        case Delete():
            _move(work, case.places, _folder(work, "trash"))
        case _:
            raise Refused(f"a mailbox cannot carry out '{operation.kind}'")
    return Receipt(moved=work.moved or None, marks=work.marks or None)


def _read(work: _Work, operation: MarkRead, case: CaseRef) -> None:
    if operation.places:
        places: Sequence[Place] = operation.places
    elif operation.read:
        places = _until(work, case.places, operation.upto)
    else:
        places = (case.incoming or case.places)[-1:]
    _change(work, places, **{"add" if operation.read else "remove": (Marks.SEEN,)})


def _state(work: _Work, operation: SetState, case: CaseRef) -> None:
    desk, folders = work.desk, work.desk.folders
    incoming = case.incoming or case.places
    movable = [place for place in case.places if place[0] not in (folders.sent, folders.trash)]
    if operation.state is CaseState.CLOSED:
        decided = _until(work, incoming, operation.seen)
        if desk.keywords:
            _change(work, decided, add=(Marks.CLOSED,), remove=(Marks.SPAM,))
        if desk.archive and len(decided) == len(incoming):
            _move(work, movable, _folder(work, "archive"))
    elif operation.state is CaseState.SPAM:
        if desk.keywords:
            _change(work, incoming, add=(Marks.SPAM,))
        _move(work, movable, _folder(work, "junk"))
    else:
        if desk.keywords:
            _change(work, incoming, remove=(Marks.CLOSED, Marks.SPAM))
        away = [folders.junk, *([folders.archive] if desk.archive else [])]
        _move(work, [place for place in case.places if place[0] in away], desk.home)


def _replace(work: _Work, case: CaseRef, prefix: str, value: str) -> None:
    """Exactly one mark with this prefix, or none where ``value`` is empty."""
    _learn(work, case.places)
    bear = {place: [m for m in work.flags.get(place, ()) if m.startswith(prefix)] for place in case.places}
    wanted = prefix + value if value else ""
    if wanted:
        flag_of(wanted)  # refused before anything has been taken off
    others = sorted({mark for marks in bear.values() for mark in marks if mark != wanted})
    _change(work, [place for place, marks in bear.items() if set(marks) & set(others)], remove=others)
    if wanted:
        _change(work, case.incoming or case.places, add=(wanted,))


def _until(work: _Work, places: Sequence[Place], seen: int) -> Sequence[Place]:
    """The places whose messages the server received no later than message ``seen``; all where it is 0."""
    if not seen:
        return places
    _learn(work, places)
    last = (seen >> COUNTER_BITS) + EPOCH_SECONDS
    return [place for place in places if work.dates.get(place, 0) // 1000 <= last]


def _by_folder(work: _Work, places: Iterable[Place]) -> Mapping[str, dict[int, Place]]:
    """UIDs by folder. A place from before a folder was rebuilt names nothing now.

    Raises:
        TryLater: every place is such a one.
    """
    grouped: dict[str, dict[int, Place]] = {}
    stale = False
    for original in places:
        place = work.moved.get(original, original)
        validity, uid = numbers(place[1])
        held = grouped.setdefault(place[0], {})
        if held is not None and validity:
            held[uid] = place
    valid: dict[str, dict[int, Place]] = {}
    for folder, found in grouped.items():
        try:
            selected = wire.select(work.client, folder, write=True)
        except wire.FolderGone:
            stale = True
            continue
        if not selected.writable:
            raise Refused(f"the folder '{folder}' may only be read")
        now = {uid: place for uid, place in found.items() if numbers(place[1])[0] == selected.validity}
        stale = stale or len(now) < len(found)
        if now:
            valid[folder] = now
    if stale and not valid:
        raise TryLater("the folder was rebuilt on the server; the mailbox is read again first")
    return valid


def _learn(work: _Work, places: Sequence[Place]) -> None:
    missing = [place for place in places if place not in work.flags]
    for folder, found in _by_folder(work, missing).items():
        wire.select(work.client, folder, write=True)
        for uid, item in wire.fetch(work.client, wire.uid_set(found), ("FLAGS", "INTERNALDATE")).items():
            if uid in found:
                work.flags[found[uid]] = marks_of(item.get(b"FLAGS") or ())
                work.dates[found[uid]] = wire.received_ms(item)


def _change(work: _Work, places: Sequence[Place], add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
    if not places or not (add or remove):
        return
    try:
        on, off = [flag_of(mark) for mark in add], [flag_of(mark) for mark in remove]
    except ValueError as error:
        raise Refused(str(error)) from None
    for folder, found in _by_folder(work, places).items():
        wire.select(work.client, folder, write=True)
        wire.store(work.client, found, "-", off)
        wire.store(work.client, found, "+", on)
        for uid, item in wire.fetch(work.client, wire.uid_set(found), ("FLAGS",)).items():
            if uid in found:
                now = work.desk.marks(folder, item.get(b"FLAGS") or ())
                work.flags[found[uid]] = now
                work.marks[found[uid]] = now


def _move(work: _Work, places: Sequence[Place], folder: str) -> None:
    for origin, found in _by_folder(work, [place for place in places if place[0] != folder]).items():
        wire.select(work.client, origin, write=True)
        flags = wire.fetch(work.client, wire.uid_set(found), ("FLAGS",))
        # What was moved meanwhile, by somebody else or by an attempt before this one, is not there any more, or
        # is marked deleted where the server cannot expunge single messages.
        there = [uid for uid in found if uid in flags and not is_deleted(flags[uid].get(b"FLAGS"))]
        arrived = wire.move(work.client, there, folder)
        for uid, (validity, new) in arrived.items():
            if uid in found:
                place = (folder, reference(validity, new))
                work.moved[found[uid]] = place
                work.marks.pop(found[uid], None)
                work.marks[place] = work.desk.marks(folder, flags[uid].get(b"FLAGS") or ())


def _folder(work: _Work, use: str) -> str:
    name: str = getattr(work.desk.folders, use)
    if name:
        return name
    name = work.desk.folders.missing(use)
    if not wire.exists(work.client, name):
        wire.make_folder(work.client, name)
    return name
