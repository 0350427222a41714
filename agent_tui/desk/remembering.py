"""Earlier cases with the same problem."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent_tui.desk.reading import Reading
from agent_tui.domain.errors import StoreError

if TYPE_CHECKING:
    from agent_tui.knowledge.similar import Similar


class Remembering(Reading):
    """The part of the desk that finds cases like one."""

    def similar(self, case_id: int, take: Callable[[tuple[Similar, ...], str], None]) -> None:
        """Find earlier cases with the same problem, without waiting: in a thread with a connection of its own.

        Args:
            take: gets them, likest first, and why there are none where something is wrong; called in that thread.
        """
        workspace, now = self.workspace, self.now

        def look() -> None:
            from agent_tui.knowledge import similar
            from agent_tui.store.database import Store

            try:
                store = Store.open(workspace, role="desk", now=now)
                try:
                    found = similar.find(store, case_id)
                finally:
                    store.close()
            except StoreError as error:
                take((), str(error))
            else:
                take(found, "")

        threading.Thread(target=look, name="similar-cases", daemon=True).start()
