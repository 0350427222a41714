"""Translations in ``desk.db``: the other text of a message, beside the one that was sent or received."""

from __future__ import annotations

import json

from agent_tui.domain.translation import Translation
from agent_tui.store import threads
from agent_tui.store.database import Store


def keep(store: Store, case_id: int, source: str, key: str, translation: Translation) -> None:
    """Keep the other text of a message, in place of what was there.

    Args:
        key: the message's ``key``; for one of ours its ``marker``, which it has before and after it was sent.

    Raises:
        StoreError: the desk cannot be written.
    """
    with store.writing_desk() as desk:
        threads.anchor(store, (case_id,))
        desk.execute(
            "INSERT OR REPLACE INTO translations VALUES (?, ?, ?, ?, ?, ?, ?)",
            (source, key, case_id, translation.language, translation.text, int(translation.machine), store.now()),
        )


def of_case(store: Store, case_id: int) -> dict[tuple[str, str], Translation]:
    """The other texts of a case, by source and key."""
    found = store.desk.execute(
        "SELECT source, key, language, text, machine FROM translations WHERE case_id IN (SELECT value FROM json_each(?))",
        (json.dumps(threads.names(store, threads.resolve(store, case_id))),),
    )
    return {(source, key): Translation(language, text, bool(machine)) for source, key, language, text, machine in found}
