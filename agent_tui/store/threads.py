"""Which case a message belongs to: by the server's conversation, or by the ids that e-mails quote.

Every id a message names is linked to its case, so the order in which mail arrives makes no difference. Where a
message shows that two cases are one, the one with the older message goes on and the other's id stays as an
alias. What an agent joined or split by hand is an operation and is done again after a rebuild.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from agent_tui.domain import identifiers
from agent_tui.domain.model import HIDDEN, RemoteMessage
from agent_tui.domain.operations import Split
from agent_tui.store.database import Store

ANCHORS = 50  # ids by which a case is remembered
MAX_LINKS = 40  # ids taken from one message: a forged header of thousands would join what is not one


def link_hash(source: str, text: str) -> int:
    """63 bits that stand for an id within a source."""
    from hashlib import blake2b

    digest = blake2b(f"{source}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def resolve(store: Store, case_id: int) -> int:
    """The case that goes by this id today."""
    seen = set()
    while case_id not in seen:
        seen.add(case_id)
        row = store.cache.execute("SELECT case_id FROM aliases WHERE alias = ?", (case_id,)).fetchone()
        if row is None:
            break
        case_id = row[0]
    return case_id


def resolve_each(store: Store, cases: Iterable[int]) -> list[int]:
    """The case that goes by each of these ids today."""
    wanted = list(cases)
    found = store.cache.execute(
        "SELECT alias FROM aliases WHERE alias IN (SELECT value FROM json_each(?))", (json.dumps(wanted),)
    )
    moved = {alias for (alias,) in found.fetchall()}
    return [resolve(store, one) if one in moved else one for one in wanted]


def resolve_all(store: Store, cases: Iterable[int]) -> set[int]:
    """The cases that go by these ids today."""
    return set(resolve_each(store, cases))


def names(store: Store, case_id: int) -> tuple[int, ...]:
    """Every id that leads to this case, its own first."""
    found = [case_id]
    for one in found:
        for (alias,) in store.cache.execute("SELECT alias FROM aliases WHERE case_id = ?", (one,)):
            if alias not in found:
                found.append(alias)
    return tuple(found)


class Lookup:
    """What a batch of messages needs to know of the cases there are, read at once; new links wait for ``flush``.

    Args:
        source: its name; source_id: its small number.
        messages: of the batch.
    """

    def __init__(self, store: Store, source: str, source_id: int, messages: Iterable[RemoteMessage]) -> None:
        self.store = store
        self.source = source
        self.source_id = source_id
        messages = tuple(messages)
        self.hashes = {m.key: _hashes(source, m) for m in messages if not m.conversation}
        self.ours: dict[str, list[str]] = {}
        """Markers of ours in each conversation."""
        for one in messages:
            if one.conversation and one.marker:
                self.ours.setdefault(one.conversation, []).append(one.marker)
        wanted = json.dumps(list({one for some in self.hashes.values() for one in some}))
        self.links: dict[int, int] = dict(
            store.cache.execute("SELECT hash, case_id FROM links WHERE hash IN (SELECT value FROM json_each(?))", (wanted,))
        )
        cases = json.dumps(list(set(self.links.values())))
        aliased = store.cache.execute("SELECT alias FROM aliases WHERE alias IN (SELECT value FROM json_each(?))", (cases,))
        self.aliased = {alias for (alias,) in aliased}
        found = store.desk.execute("SELECT 1 FROM anchors WHERE hash IN (SELECT value FROM json_each(?)) LIMIT 1", (wanted,))
        self.anchored = found.fetchone() is not None
        self.split = store.desk.execute(
            "SELECT 1 FROM operations WHERE live = 1 AND kind = 'split' AND kind IN ('merge', 'split', 'rejoin') LIMIT 1"
        ).fetchone() is not None  # fmt: skip
        self._new: dict[int, int] = {}

    def link(self, hashes: Iterable[int], case_id: int) -> None:
        """From now on these ids lead to this case."""
        for one in hashes:
            if self.links.get(one) != case_id:
                self.links[one] = self._new[one] = case_id

    def flush(self) -> None:
        """Write the new links."""
        self.store.cache.executemany(
            "INSERT INTO links VALUES (?, ?) ON CONFLICT DO UPDATE SET case_id = excluded.case_id", self._new.items()
        )
        self._new = {}

    def joined(self, others: Iterable[int], survivor: int) -> None:
        """These cases go on as another."""
        gone = set(others) - {survivor}
        self.aliased |= gone
        for one, case_id in self.links.items():
            if case_id in gone:
                self.links[one] = survivor


def _hashes(source: str, message: RemoteMessage) -> list[int]:
    return [link_hash(source, one) for one in message.thread_ids[:MAX_LINKS] or (message.key,)]


def owners(store: Store, cases: Iterable[int]) -> dict[int, int]:
    """Every id that leads to one of these cases, with the case."""
    wanted = set(cases)
    found = store.cache.execute(
        "SELECT DISTINCT case_id FROM aliases WHERE case_id IN (SELECT value FROM json_each(?))", (json.dumps(list(wanted)),)
    )
    result = {one: one for one in wanted}
    for (case_id,) in found.fetchall():
        result.update(dict.fromkeys(names(store, case_id), case_id))
    return result


def assign(lookup: Lookup, message: RemoteMessage, flush: Callable[[], None]) -> tuple[int, int]:
    """The case a new message belongs to and the one its server-side thread belongs to, made where needed.

    Args:
        flush: writes the rows of the batch that wait, before cases are joined.

    Returns:
        ``(case, origin)``: they differ where an agent has joined or split cases.
    """
    store, source, source_id = lookup.store, lookup.source, lookup.source_id
    if message.conversation:
        origin = conversation(store, source, source_id, message.conversation, ours=lookup.ours.get(message.conversation, ()))
        return _split_target(lookup, message, resolve(store, origin)), origin
    hashes = lookup.hashes[message.key]
    linked = dict.fromkeys(lookup.links[one] for one in hashes if one in lookup.links)
    origins = list(dict.fromkeys(_origin(store, one) if one in lookup.aliased else one for one in linked))
    if len(origins) > 1:
        flush()
        origin = _join(store, origins)
        lookup.joined(origins, origin)
    elif origins:
        origin = origins[0]
    else:
        root = message.thread_ids[:MAX_LINKS][-1] if message.thread_ids else message.key
        origin = _create(store, source, source_id, root, hashes if lookup.anchored else ())
    for known in anchored(store, hashes) if lookup.anchored else ():
        if known != origin and not _exists(store, known):
            store.cache.execute("INSERT INTO aliases (alias, case_id) VALUES (?, ?)", (known, origin))
    lookup.link(hashes, origin)
    if not origins:
        return origin, origin
    case_id = resolve(store, origin) if origin in lookup.aliased else origin
    return _split_target(lookup, message, case_id), origin


def conversation(store: Store, source: str, source_id: int, remote: str, *, ours: Iterable[str] = ()) -> int:
    """The case of a server's conversation, made where needed. Not resolved: the row that holds the server's word.

    Args:
        ours: markers of messages of ours in it: if we began it, its case was there before the server knew of it.
    """
    row = store.cache.execute(
        "SELECT id FROM cases WHERE source_id = ? AND conversation = ?", (source_id, remote)
    ).fetchone()
    if row is not None:
        return int(row[0])
    begun = [link_hash(source, marker) for marker in ours]
    hashes = [link_hash(source, f"conversation:{remote}"), *begun]
    known = store.cache.execute(
        "SELECT c.id FROM links l JOIN cases c ON c.id = l.case_id WHERE l.hash IN (SELECT value FROM json_each(?)) "
        "AND c.source_id = ? AND c.conversation = ''", (json.dumps(begun), source_id),
    ).fetchone() if begun else None  # fmt: skip
    number = int(known[0]) if known is not None else _create(store, source, source_id, remote, hashes)
    store.cache.execute("UPDATE cases SET conversation = ? WHERE id = ?", (remote, number))
    return number


def _origin(store: Store, case_id: int) -> int:
    """Follow automatic joins only: a join by hand can be taken back, so the thread underneath is kept apart."""
    while True:
        row = store.cache.execute(
            "SELECT case_id FROM aliases WHERE alias = ? AND manual = 0", (case_id,)
        ).fetchone()
        if row is None:
            return case_id
        case_id = row[0]


def _split_target(lookup: Lookup, message: RemoteMessage, case_id: int) -> int:
    """An answer to a message that was split off follows it."""
    if not lookup.split:
        return case_id
    for one in message.thread_ids[1:]:
        row = lookup.store.cache.execute(
            "SELECT case_id FROM messages WHERE marker = ? AND marker != '' AND source_id = ?", (one, lookup.source_id)
        ).fetchone()
        if row is not None:
            return int(row[0])
    return case_id


def _create(store: Store, source: str, source_id: int, root: str, hashes: Iterable[int]) -> int:
    wanted = list(hashes)
    number = next((one for one in anchored(store, wanted) if not _exists(store, one)), None) if wanted else None
    attempt = 0
    while number is None or _exists(store, number):
        number = identifiers.case_id(source, root, attempt)
        attempt += 1
    store.cache.execute("INSERT INTO cases (id, source_id) VALUES (?, ?)", (number, source_id))
    return number


def _exists(store: Store, case_id: int) -> bool:
    return (
        store.cache.execute(
            "SELECT 1 FROM cases WHERE id = ? UNION ALL SELECT 1 FROM aliases WHERE alias = ?", (case_id, case_id)
        ).fetchone()
        is not None
    )


def anchor_as(store: Store, source: str, root: str, case_id: int) -> None:
    """Remember in ``desk.db`` which case a thread will be that begins with a message of ours.

    Args:
        root: id of that message.
    """
    store.desk.execute("INSERT OR IGNORE INTO anchors VALUES (?, ?)", (link_hash(source, root), case_id))


def begin(store: Store, source: str, root: str, case_id: int) -> None:
    """Make the case of a thread before its first message has been pulled, so that it can be joined to another."""
    store.cache.execute("INSERT OR IGNORE INTO cases (id, source_id) VALUES (?, ?)", (case_id, store.source_id(source)))
    store.cache.execute(
        "INSERT INTO links VALUES (?, ?) ON CONFLICT DO UPDATE SET case_id = excluded.case_id", (link_hash(source, root), case_id)
    )


def anchored(store: Store, hashes: Iterable[int]) -> list[int]:
    """Case ids that ``desk.db`` remembers for these ids: a rebuilt cache gives cases their old ids."""
    wanted = list(hashes)
    marks = ",".join("?" * len(wanted))
    found = store.desk.execute(f"SELECT DISTINCT case_id FROM anchors WHERE hash IN ({marks}) ORDER BY case_id", wanted)
    return [case_id for (case_id,) in found.fetchall()]


def anchor(store: Store, cases: Iterable[int]) -> None:
    """Remember in ``desk.db`` by which ids cases are known, before something that exists only here refers to them."""
    given = list(cases)
    wanted = dict(zip(given, resolve_each(store, given), strict=True))
    leading = owners(store, wanted.values())
    marks = json.dumps(list(leading))
    hashes: dict[int, list[int]] = {}
    for one, name in store.cache.execute(
        "SELECT hash, case_id FROM links WHERE case_id IN (SELECT value FROM json_each(?))", (marks,)
    ):
        known = hashes.setdefault(leading[name], [])
        if len(known) < ANCHORS:
            known.append(one)
    for name, remote, source_id in store.cache.execute(
        "SELECT id, conversation, source_id FROM cases WHERE id IN (SELECT value FROM json_each(?)) AND conversation != ''",
        (marks,),
    ).fetchall():
        known = hashes.setdefault(leading[name], [])
        known.append(link_hash(store.source_name(source_id), f"conversation:{remote}"))
    store.desk.executemany(
        "INSERT OR IGNORE INTO anchors VALUES (?, ?)",
        [(one, case_id) for case_id, now in wanted.items() for one in hashes.get(now, ())],
    )


def _join(store: Store, cases: list[int]) -> int:
    """Make one of several cases that turn out to be the same thread; the one with the oldest message goes on."""
    oldest = {one: min(_of_origin(store, one), default=1 << 62) for one in cases}
    survivor = min(cases, key=lambda one: oldest[one])
    for other in cases:
        if other != survivor:
            moved = _of_origin(store, other)
            _move(store, other, survivor, manual=False)
            store.cache.execute("UPDATE links SET case_id = ? WHERE case_id = ?", (survivor, other))
            store.cache.executemany("UPDATE messages SET origin_id = ? WHERE id = ?", [(survivor, one) for one in moved])
    return survivor


def _of_origin(store: Store, origin: int) -> list[int]:
    """Messages of a server-side thread: in the case of that number, or put elsewhere by hand."""
    found = store.cache.execute(
        "SELECT id FROM messages WHERE case_id = ? AND origin_id = ? "
        "UNION ALL SELECT id FROM messages WHERE origin_id = ? AND origin_id != case_id", (origin, origin, origin),
    )  # fmt: skip
    return [number for (number,) in found.fetchall()]


def _move(store: Store, case_id: int, into: int, *, manual: bool) -> None:
    into = resolve(store, into)
    if into == case_id:
        return
    store.cache.execute("UPDATE messages SET case_id = ? WHERE case_id = ?", (into, case_id))
    store.cache.execute(
        "INSERT OR REPLACE INTO aliases (alias, case_id, manual) VALUES (?, ?, ?)", (case_id, into, int(manual))
    )
    store.cache.execute("UPDATE cases SET bucket = ?, version = version + 1 WHERE id = ?", (HIDDEN, case_id))


def merge(store: Store, case_id: int, into: int) -> None:
    """Show a case's messages in another; ``unmerge`` takes it back exactly."""
    _move(store, case_id, into, manual=True)


def unmerge(store: Store, case_id: int) -> None:
    """Give a case that was merged by hand its messages back."""
    store.cache.execute("DELETE FROM aliases WHERE alias = ? AND manual = 1", (case_id,))
    members = names(store, case_id)
    moved = [(case_id, number) for one in members for number in _of_origin(store, one)]
    store.cache.executemany("UPDATE messages SET case_id = ? WHERE id = ?", moved)


def split(store: Store, case_id: int, into: int, keys: tuple[str, ...]) -> None:
    """Messages with these keys become the case ``into``."""
    row = store.cache.execute("SELECT source_id FROM cases WHERE id = ?", (case_id,)).fetchone()
    if row is None:
        return
    store.cache.execute("INSERT OR IGNORE INTO cases (id, source_id) VALUES (?, ?)", (into, row[0]))
    shown = resolve(store, into)  # the part may have been merged into another case since
    store.cache.executemany(
        "UPDATE messages SET case_id = ? WHERE source_id = ? AND key = ?", [(shown, row[0], key) for key in keys]
    )


def unsplit(store: Store, into: int) -> None:
    """Messages that were split off go back where their thread is."""
    origins = [o for (o,) in store.cache.execute("SELECT DISTINCT origin_id FROM messages WHERE case_id = ?", (into,))]
    for origin in origins:
        if origin != into:
            store.cache.execute(
                "UPDATE messages SET case_id = ? WHERE case_id = ? AND origin_id = ?",
                (resolve(store, origin), into, origin),
            )
    store.cache.execute("UPDATE cases SET bucket = ?, messages = 0, version = version + 1 WHERE id = ?", (HIDDEN, into))


def straighten(store: Store, cases: Iterable[int]) -> set[int]:
    """Take back the joins and splits of these cases that no longer count, where a process died before it did.

    Args:
        cases: ids as operations name them, not resolved.

    Returns:
        cases that changed by it.
    """
    from agent_tui.store import operations

    marks = json.dumps(list(cases))
    counting = operations.structural(store)
    joined = {case_id for case_id, operation in counting if operation.kind == "merge"}
    parts = {operation.case for _, operation in counting if operation.kind == "split"}  # type: ignore[attr-defined]
    touched: set[int] = set()
    for (alias,) in store.cache.execute(
        "SELECT alias FROM aliases WHERE manual = 1 AND alias IN (SELECT value FROM json_each(?))", (marks,)
    ).fetchall():
        if alias not in joined:
            touched |= {resolve(store, alias), alias}
            unmerge(store, alias)
    for case_id, part in operations.ended_splits(store, marks):
        if part not in parts and store.cache.execute("SELECT 1 FROM messages WHERE case_id = ?", (part,)).fetchone():
            touched |= {resolve(store, case_id), part}
            unsplit(store, part)
    return touched


def rejoin(store: Store, case_id: int) -> set[int]:
    """Take a merge of this case back, or the split that made it, and do again what was built upon the others.

    Returns:
        cases that changed by it.
    """
    from agent_tui.store import operations

    was = resolve(store, case_id)
    if was == case_id:
        unsplit(store, case_id)
    else:
        unmerge(store, case_id)
    live = operations.structural(store)
    named = {one for one, _ in live} | {operation.case for _, operation in live if isinstance(operation, Split)}
    return {was, case_id} | restructure(store, named)


def restructure(store: Store, cases: Iterable[int]) -> set[int]:
    """Do again the joins and splits made by hand that concern these cases (after a rebuild of the cache).

    Returns:
        cases that changed by it.
    """
    from agent_tui.store import operations

    touched: set[int] = set()
    structural = operations.structural(store)
    if not structural:
        return touched
    wanted = set(cases)
    for case_id, operation in structural:
        if operation.kind == "merge":
            into: int = operation.into  # type: ignore[attr-defined]
            if not wanted & {case_id, into} or resolve(store, case_id) == resolve(store, into):
                continue
            if not (_exists(store, case_id) and _exists(store, into)):
                continue  # a rebuilt cache that has not got to them yet
            merge(store, case_id, into)
            touched |= {resolve(store, into), case_id}
        else:
            target: int = operation.case  # type: ignore[attr-defined]
            if wanted & {case_id, resolve(store, case_id)}:
                split(store, case_id, target, operation.keys)  # type: ignore[attr-defined]
                touched |= {resolve(store, case_id), target}
    return touched
