"""What is made ready while nobody waits for it: the canned replies are read and their index is made before the picker opens."""

from __future__ import annotations

from collections.abc import Callable

from agent_tui.screens.base import DeskScreen

BEGINS_AFTER = 1.5  # seconds from the first screen on
SLICE_MS = 6.0  # no key waits longer than that
EVERY = 0.015


def prepare_canned(screen: DeskScreen, then: Callable[[], None] = lambda: None) -> None:
    """Do a little of it, and the rest a moment later.

    Args:
        then: called when everything has been read.
    """
    if not screen.is_attached:
        return
    if screen.desk.prepare_canned(SLICE_MS):
        screen.set_timer(EVERY, lambda: prepare_canned(screen, then))
    else:
        then()
