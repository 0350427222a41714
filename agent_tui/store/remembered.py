"""Small things the program learns about its user and keeps with the desk: a name and a text."""

from __future__ import annotations

from agent_tui.store.database import Store


def recall(store: Store, name: str) -> str:
    """What was remembered under a name; empty if nothing was."""
    row = store.desk.execute("SELECT value FROM remembered WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def remember(store: Store, name: str, value: str) -> None:
    """Keep a text under a name, in place of what was there.

    Raises:
        StoreError: the desk cannot be written.
    """
    with store.writing_desk() as desk:
        desk.execute("INSERT INTO remembered VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))
