"""Who somebody is on every channel, told from what is here; nothing is joined by a likeness alone.

A handle is the same person's where it is the same address (a name that a forum gave is theirs on that forum only), where it
wrote in one of their cases that an agent moved or merged over from another source, or where it wrote in one of them under
the same full name. The same name elsewhere is only said: two people may have it.
"""

from __future__ import annotations

from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Case, Channel
from agent_tui.domain.people import Handle, Person, full_name
from agent_tui.store import cases, people
from agent_tui.store.database import Store

MOST_HANDLES = 30
MOST_CASES = 500

Key = tuple[str, str]
"""Source and address, folded; no source where the address is somebody's everywhere."""


def person(store: Store, case: Case) -> Person:
    """The customer of a case, on every channel.

    Args:
        case: as it stands.
    """
    channels = {one.name: one.channel for one in store.workspace.sources}
    joined = {_key(case.source, case.customer.address): f"customer of {case_code(case.id)}"}  # evidence
    addresses = {_key(case.source, case.customer.address): case.customer.address}
    names = {full_name(case.customer.name)} - {""}
    known: dict[int, Case] = {case.id: case}
    asked: set[Key] = set()
    while (fresh := [key for key in joined if key not in asked and key[1]]) and len(joined) <= MOST_HANDLES:
        for key in fresh:
            asked.add(key)
            for one in cases.of_customer(store, addresses[key], limit=MOST_CASES):
                if _key(one.source, one.customer.address) == key:
                    known.setdefault(one.id, one)
                    names |= {full_name(one.customer.name)} - {""}
        for row in people.wrote(store, known):
            key, home = _key(row.source, row.address), known[row.case]
            if key in joined or (row.source == home.source and full_name(row.name) not in names):
                continue
            addresses[key] = row.address
            moved = f"wrote in {case_code(row.case)}, a case of {home.source}"
            joined[key] = moved if row.source != home.source else f"same name in {case_code(row.case)}"
    handles = _handles(store, known, joined, channels)
    newest = sorted(known.values(), key=lambda one: -one.updated_at)
    name = next((one.customer.name for one in newest if one.customer.name), case.customer.label)
    journey = sorted(known.values(), key=lambda one: (one.updated_at, one.id))
    return Person(name, handles, _perhaps(store, handles, channels), tuple(journey))


def _key(source: str, address: str) -> Key:
    """Mail addresses and Matrix ids name one person everywhere, a forum's handles on that forum alone."""
    return ("" if "@" in address else source, address.casefold())


def _handles(store: Store, known: dict[int, Case], joined: dict[Key, str], channels: dict[str, Channel]) -> tuple[Handle, ...]:
    found: dict[Key, Handle] = {}
    for one in known.values():  # somebody who was only written to is there too
        if (evidence := joined.get(_key(one.source, one.customer.address))) and one.customer.address:
            found.setdefault(
                (one.source, one.customer.address.casefold()),
                Handle(source=one.source, channel=one.channel, address=one.customer.address, name=one.customer.name,
                       evidence=evidence),
            )  # fmt: skip
    for row in people.wrote(store, known):
        if (evidence := joined.get(_key(row.source, row.address))) is None:
            continue
        before = found.get((row.source, row.address.casefold()))
        found[(row.source, row.address.casefold())] = Handle(
            source=row.source, channel=channels.get(row.source, known[row.case].channel), address=row.address,
            name=row.name or (before.name if before else ""), evidence=evidence,
            messages=row.messages + (before.messages if before else 0),
            first_at=min(row.first_at, before.first_at) if before and before.first_at else row.first_at,
            last_at=max(row.last_at, before.last_at if before else 0),
        )  # fmt: skip
    return tuple(sorted(found.values(), key=lambda one: (-one.last_at, one.source, one.address)))


def _perhaps(store: Store, handles: tuple[Handle, ...], channels: dict[str, Channel]) -> tuple[Handle, ...]:
    theirs = {_key(one.source, one.address) for one in handles}
    found: dict[Key, Handle] = {}
    for name in sorted({one.name for one in handles if full_name(one.name)}):
        for source, address, called in people.of_name(store, name):
            if (key := _key(source, address)) not in theirs:
                found[key] = Handle(
                    source=source, channel=channels.get(source, Channel.EMAIL), address=address, name=called,
                    evidence="same name", perhaps=True,
                )  # fmt: skip
    return tuple(found.values())
