"""Drafts in ``desk.db``: bound to their case, saved as one types, never deleted before their text is safely elsewhere.

A draft is ``open`` while it is written, ``frozen`` while its text is in the outbox, ``sent`` or ``discarded`` after.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Draft, Visibility
from agent_tui.domain.operations import EditMessage, Entry, Note, Reply
from agent_tui.store import attachments, threads
from agent_tui.store.database import Store

COLUMNS = "id, case_id, source, kind, visibility, text, fields, seen, updated_at"
ONLY_MISSED = "addressed only to whom it did not reach; the others have it"
KEPT_MS = 30 * 86_400_000  # discarded and sent drafts can be found again for a month


def of_row(row: Sequence[Any]) -> Draft:
    """A draft from the values of ``COLUMNS``."""
    fields = json.loads(row[6])
    return Draft(
        id=row[0],
        case=row[1],
        source=row[2],
        kind=row[3],
        visibility=Visibility(row[4]),
        text=row[5],
        to=_addresses(fields.get("to")),
        cc=_addresses(fields.get("cc")),
        bcc=_addresses(fields.get("bcc")),
        sender=fields.get("sender", ""),
        subject=fields.get("subject", ""),
        attachments=tuple(fields.get("attachments", ())),
        in_reply_to=fields.get("in_reply_to", ""),
        seen=row[7],
        seen_ours=fields.get("seen_ours", 0),
        cursor=fields.get("cursor", 0),
        canned=tuple(fields.get("canned", ())),
        error=fields.get("error", ""),
        returned=fields.get("returned"),
        updated_at=row[8],
        origins=tuple((start, end, label) for start, end, label in fields.get("origins", ())),
        then=tuple(fields["then"]) if "then" in fields else None,
        original=fields.get("original", ""),
        state=fields.get("state", ""),
        edits=tuple(fields["edits"]) if "edits" in fields else None,
    )


def _addresses(stored: Any) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in stored or ())


def row_of(draft: Draft) -> tuple[Any, ...]:
    """The values of ``COLUMNS`` for a draft."""
    return (
        draft.id, draft.case, draft.source, draft.kind, draft.visibility.value, draft.text, _fields(draft), draft.seen,
        draft.updated_at,
    )  # fmt: skip


def _fields(draft: Draft) -> str:
    values = {
        "to": [[a.name, a.address] for a in draft.to],
        "cc": [[a.name, a.address] for a in draft.cc],
        "bcc": [[a.name, a.address] for a in draft.bcc],
        "sender": draft.sender,
        "subject": draft.subject,
        "attachments": draft.attachments,
        "in_reply_to": draft.in_reply_to,
        "seen_ours": draft.seen_ours,
        "cursor": draft.cursor,
        "canned": draft.canned,
        "error": draft.error,
        "returned": draft.returned,
        "origins": draft.origins,
        "original": draft.original,
        "state": draft.state,
        "edits": draft.edits,
    }
    values = {name: value for name, value in values.items() if value}
    if draft.then is not None:  # none at all is a choice too
        values["then"] = draft.then
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def save(store: Store, draft: Draft) -> Draft:
    """Write a draft; one without a number gets one. The case it belongs to never changes after that.

    Where the draft has left in the meantime, or another workstation has written something else into it, the text is
    stored as a draft of its own: nobody's words go over somebody else's.

    Returns:
        the draft as stored.
    """
    now = store.now()
    with store.writing_desk() as desk:
        if draft.case is not None:
            threads.anchor(store, (draft.case,))
        values = (draft.source, draft.kind, draft.visibility.value, draft.text, _fields(draft), draft.seen, now)
        number = draft.id if _mine(desk, draft) else 0
        if number:
            desk.execute(
                "UPDATE drafts SET source = ?, kind = ?, visibility = ?, text = ?, fields = ?, seen = ?, updated_at = ? "
                "WHERE id = ?",
                (*values, number),
            )
        else:
            cursor = desk.execute(
                "INSERT INTO drafts (source, kind, visibility, text, fields, seen, updated_at, case_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, draft.case),
            )
            number = int(cursor.lastrowid or 0)
    found = get(store, number)
    assert found is not None
    return found


def _mine(desk: sqlite3.Connection, draft: Draft) -> bool:
    """Whether the stored draft is open, and still the one that this text was written from."""
    if not draft.id:
        return False
    row = desk.execute("SELECT text, updated_at FROM drafts WHERE id = ? AND state = 'open'", (draft.id,)).fetchone()
    return row is not None and (row[0] == draft.text or not draft.updated_at or row[1] == draft.updated_at)


def get(store: Store, number: int) -> Draft | None:
    """A draft by its number, whatever has become of it."""
    row = store.desk.execute(f"SELECT {COLUMNS} FROM drafts WHERE id = ?", (number,)).fetchone()
    return of_row(row) if row else None


def is_open(store: Store, number: int) -> bool:
    """Whether the draft is still being written."""
    return store.desk.execute("SELECT 1 FROM drafts WHERE id = ? AND state = 'open'", (number,)).fetchone() is not None


def of_case(store: Store, case_id: int, kind: str = "") -> tuple[Draft, ...]:
    """Open drafts of a case, newest first; of one kind where given."""
    ids = threads.names(store, case_id)
    marks = ",".join("?" * len(ids))
    where = f"case_id IN ({marks}) AND state = 'open'" + (" AND kind = ?" if kind else "")
    found = store.desk.execute(
        f"SELECT {COLUMNS} FROM drafts WHERE {where} ORDER BY updated_at DESC, id DESC", (*ids, *([kind] if kind else ()))
    )
    return tuple(of_row(row) for row in found.fetchall())


def every(store: Store) -> tuple[Draft, ...]:
    """Every open draft with text, newest first."""
    found = store.desk.execute(
        f"SELECT {COLUMNS} FROM drafts WHERE state = 'open' AND (text != '' OR fields LIKE '%attachments%') "
        "ORDER BY updated_at DESC, id DESC"
    )
    return tuple(of_row(row) for row in found.fetchall())


def discard(store: Store, number: int) -> None:
    """Put a draft aside; ``revive`` brings it back for a month."""
    with store.writing_desk() as desk:
        desk.execute(
            "UPDATE drafts SET state = 'discarded', updated_at = ? WHERE id = ? AND state = 'open'", (store.now(), number)
        )
        desk.execute("DELETE FROM drafts WHERE state IN ('discarded', 'sent') AND updated_at < ?", (store.now() - KEPT_MS,))


def revive(store: Store, number: int) -> Draft | None:
    """Bring a discarded draft back."""
    with store.writing_desk() as desk:
        desk.execute("UPDATE drafts SET state = 'open' WHERE id = ? AND state = 'discarded'", (number,))
    return get(store, number)


def freeze(store: Store, number: int) -> bool:
    """Its text is in the outbox now. To be called in the transaction that adds the operation.

    Returns:
        False if it was not open any more: then it is in the outbox already, or was discarded.
    """
    changed = store.desk.execute(
        "UPDATE drafts SET state = 'frozen', updated_at = ? WHERE id = ? AND state = 'open'", (store.now(), number)
    )
    return changed.rowcount > 0


def freeze_again(store: Store, entry: Entry) -> None:
    """The operation goes out after all: the draft it gave back is no longer needed. To be called in its transaction.

    Raises:
        UsageError: that draft says something else by now. What an agent has changed is not sent as it was before.
    """
    operation = entry.operation
    if not isinstance(operation, Reply | Note | EditMessage):
        return
    found = store.desk.execute(
        f"SELECT {COLUMNS} FROM drafts WHERE state = 'open' AND (id = ? OR fields LIKE ?)",
        (operation.draft or 0, f'%"returned":%{entry.id}%'),
    ).fetchall()
    for draft in map(of_row, found):
        if draft.id != operation.draft and draft.returned != entry.id:
            continue
        if not _says(draft, operation):
            raise UsageError(
                "its draft has been changed since: open the draft and send that, or discard it to send the old text again"
            )
        store.desk.execute("UPDATE drafts SET state = 'frozen' WHERE id = ?", (draft.id,))


def _says(draft: Draft, operation: Reply | Note | EditMessage) -> bool:
    """Whether a draft would be sent as an operation will."""
    if draft.text != operation.text:
        return False
    if isinstance(operation, Note | EditMessage):
        return True
    names = sorted(path.rpartition("/")[2] for path in draft.attachments)
    return (draft.to, draft.cc, draft.bcc, draft.subject, draft.visibility, names) == (
        operation.to, operation.cc, operation.bcc, operation.subject, operation.visibility,
        sorted(name for _path, name, _type in operation.attachments),
    )  # fmt: skip


def finish(store: Store, entry: Entry) -> None:
    """The message is sent: its draft may go in a month."""
    number = getattr(entry.operation, "draft", None)
    if number is not None:
        store.desk.execute(
            "UPDATE drafts SET state = 'sent', updated_at = ? WHERE id = ? AND state = 'frozen'", (store.now(), number)
        )


def _whom(operation: Reply | Note | EditMessage, missed: Sequence[str]) -> dict[str, tuple[Address, ...]]:
    """To, cc and bcc of those whom a message did not reach; empty where it reached nobody, or nobody knows."""
    if not isinstance(operation, Reply):
        return {}
    names = {one.lower() for one in missed}
    sent = {"to": operation.to, "cc": operation.cc, "bcc": operation.bcc}
    left = {field: tuple(a for a in those if a.address.lower() in names) for field, those in sent.items()}
    if left == sent or not any(left.values()):
        return {}
    if not left["to"]:
        left.update(to=left["cc"], cc=())
    if not left["to"] and len(left["bcc"]) == 1:  # more of them must not see each other
        left.update(to=left["bcc"], bcc=())
    return left


def add_words(store: Store, entry: Entry, words: str, *, missed: Sequence[str] = ()) -> None:
    """More of what the server said of a message whose text has come back already.

    Args:
        missed: more addresses that it did not reach; a draft that went only to some is addressed to them too.
    """
    operation = entry.operation
    more = _whom(operation, missed) if isinstance(operation, Reply | Note) else {}
    found = store.desk.execute(
        "SELECT id, fields FROM drafts WHERE state = 'open' AND fields LIKE ?", (f'%"returned":%{entry.id}%',)
    ).fetchall()
    for number, stored in found:
        fields = json.loads(stored)
        if fields.get("returned") == entry.id:
            fields["error"] = f"{fields.get('error', '')}; {words}".removeprefix("; ")
            if ONLY_MISSED in fields["error"]:
                there = {pair[1].lower() for field in ("to", "cc", "bcc") for pair in fields.get(field, ())}
                for field, those in more.items():
                    new = [[a.name, a.address] for a in those if a.address.lower() not in there]
                    fields[field] = [*fields.get(field, ()), *new]
                    there |= {address.lower() for _, address in new}
                assert isinstance(operation, Reply)
                if {a.address.lower() for a in (*operation.to, *operation.cc, *operation.bcc)} <= there:
                    fields["error"] = fields["error"].replace(f" ({ONLY_MISSED})", "")
            store.desk.execute(
                "UPDATE drafts SET fields = ? WHERE id = ?", (json.dumps(fields, ensure_ascii=False), number)
            )


def _file(store: Store, path: str, name: str) -> str:
    """A file of a message that did not go out, under the name it had: where it came from may be gone."""
    with contextlib.suppress(OSError):
        return str(attachments.named(store, path.rpartition("/")[2], name))
    return str(store.workspace.attachments / path)


def give_back(store: Store, entry: Entry, words: str, *, missed: Sequence[str] = ()) -> int:
    """A message that did not go out is a draft again, with the server's words.

    Its own row is opened again where it is still frozen; else (made by a command, or long sent) a new one is made.
    Whatever else is being written in the case stays as it is.

    Args:
        missed: addresses that it did not reach, where others have it: the draft goes to these alone.

    Returns:
        the draft's number.
    """
    operation = entry.operation
    assert isinstance(operation, Reply | Note | EditMessage)
    whom = _whom(operation, missed)
    if whom:
        words = f"{words} ({ONLY_MISSED})"
    number = operation.draft
    row = store.desk.execute("SELECT fields, state FROM drafts WHERE id = ?", (number or 0,)).fetchone()
    if row is not None and row[1] in ("frozen", "sent"):
        fields = json.loads(row[0])
        fields.update(error=words, returned=entry.id)
        fields.update({field: [[a.name, a.address] for a in those] for field, those in whom.items()})
        store.desk.execute(
            "UPDATE drafts SET state = 'open', text = ?, fields = ?, updated_at = ? WHERE id = ?",
            (operation.text, json.dumps(fields, ensure_ascii=False), store.now(), number),
        )
        return int(number or 0)
    draft = Draft(
        id=0, case=entry.case or None, source=entry.source, kind=operation.kind, visibility=Visibility.NOTE,
        text=operation.text, error=words, returned=entry.id,
    )  # fmt: skip
    if isinstance(operation, EditMessage):  # who reads the message is not known here: the strictest guards look at it
        draft = replace(draft, visibility=Visibility.PUBLIC, edits=(*operation.place, operation.original))
    if isinstance(operation, Reply):
        draft = replace(
            draft, kind=operation.mode, visibility=operation.visibility, to=whom.get("to", operation.to),
            cc=whom.get("cc", operation.cc), bcc=whom.get("bcc", operation.bcc),
            sender=operation.sender.address, subject=operation.subject,
            in_reply_to=operation.in_reply_to, seen=operation.seen, seen_ours=operation.seen_ours,
            attachments=tuple(_file(store, path, name) for path, name, _ in operation.attachments), canned=operation.canned,
        )  # fmt: skip
    return save(store, draft).id
