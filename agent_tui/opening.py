"""Opens the workstation: the list stands in the terminal before Textual is imported, and Textual paints over it.

From the first frame on the terminal takes keys without echo, so that what is typed meanwhile waits for Textual instead
of standing on the screen. Where the terminal is not what it should be, nothing of this is done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent_tui.desk import Desk
    from agent_tui.domain.model import Case
    from agent_tui.workspace import Workspace

PLAIN_START = "AGENT_TUI_PLAIN_START"
"""Set in the environment: no first frame."""


class Early:
    """The terminal between the first frame and Textual.

    Args:
        before: its attributes as the shell left them, as ``termios.tcgetattr`` gives them.
    """

    def __init__(self, before: list[Any]) -> None:
        self.before = before
        self.taken = False
        """Textual has it now, and gives it back."""


def open_workstation(workspace: Workspace, *, offline: bool = False) -> int:
    """Open a workspace and work in it.

    Args:
        workspace: its settings.
        offline: start no engine; everything works on what is here.

    Returns:
        The exit status.
    """
    from agent_tui.desk import Desk

    desk = Desk(workspace, offline=offline)
    try:
        with _first_frame(desk) as early:
            from agent_tui.app import run

            return run(desk, early)
    finally:
        desk.close()


@contextmanager
def _first_frame(desk: Desk) -> Iterator[Early | None]:
    before = _attributes()
    frame = _frame(desk) if before is not None else ""
    if before is None or not frame:
        yield None
        return
    early = Early(before)
    _take_keys(before)
    try:
        _write(frame)
        yield early
    finally:
        import termios

        if not early.taken:
            _write("\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h")
        with suppress(termios.error):
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, early.before)  # type: ignore[union-attr]


def _attributes() -> list[Any] | None:
    """The terminal's attributes, where it is one that Textual will use as it is; else None."""
    if os.environ.keys() & {PLAIN_START, "TEXTUAL_DRIVER"}:
        return None
    try:
        import termios

        if not all(one is not None and one.isatty() for one in (sys.__stdin__, sys.__stderr__)):  # it paints on stderr
            return None
        return termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (ImportError, OSError, ValueError):
        return None


def _frame(desk: Desk) -> str:
    from agent_tui.domain import clocks
    from agent_tui.widgets import theme, width
    from agent_tui.widgets.first_frame import colours_of, first_frame
    from agent_tui.widgets.view_lines import entries

    no_colour = "NO_COLOR" in os.environ
    colours = colours_of(os.environ)
    if colours is None:
        return ""
    width.count()
    window = desk.window("inbox")
    hours = {one.name: one.hours for one in desk.workspace.sources}

    def left(case: Case, now: int) -> int | None:
        if case.due_at is None:
            return None
        return clocks.left(case.due_at, now, hours.get(case.source) or desk.workspace.hours)

    try:
        size = os.get_terminal_size(sys.__stderr__.fileno())  # type: ignore[union-attr]
    except OSError:
        return ""
    return first_frame(
        lambda number: [window.row(place) for place in range(min(number, len(window)))],
        desk.counts(),
        entries((one.id, one.title) for one in desk.views()),
        theme.choose(desk.workspace.theme, colours=colours, no_colour=no_colour),
        size=(size.columns, size.lines),
        colours=None if no_colour else colours,
        now=desk.now(),
        left=left,
        policies=desk.has_policies(),
    )


def _take_keys(before: list[Any]) -> None:
    """No echo, no lines, no signals: as Textual will have it, so that no key is lost or changed in between."""
    import termios

    wanted = [*before[:6], list(before[6])]
    wanted[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    wanted[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    wanted[6][termios.VMIN] = 1
    with suppress(termios.error):
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, wanted)  # type: ignore[union-attr]


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.__stderr__.write(text)  # type: ignore[union-attr]
        sys.__stderr__.flush()  # type: ignore[union-attr]
