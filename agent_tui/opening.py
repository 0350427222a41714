"""Opens the workstation: the list stands in the terminal before Textual is imported, and Textual paints over it.

From the first frame on the terminal takes keys without echo, so that what is typed meanwhile waits for Textual instead
of standing on the screen. Where the terminal is not what it should be, nothing of this is done.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent_tui.domain.model import Case
    from agent_tui.store.first import Page
    from agent_tui.workspace import Workspace

    Drill = tuple[int | None, Callable[[int], None]]

PLAIN_START = "AGENT_TUI_PLAIN_START"
"""Set in the environment: no first frame."""


KEY_VARIABLE = "AGENT_TUI_ENCRYPTION_KEY"


class Given:
    """The key that stands in the environment."""

    def reveal(self) -> str:
        """64 hexadecimal digits."""
        return os.environ.get(KEY_VARIABLE, "")


class Early:
    """The terminal between the first frame and Textual.

    Args:
        before: its attributes as the shell left them, as ``termios.tcgetattr`` gives them.
        asked: it has been asked how wide it draws text.
    """

    def __init__(self, before: list[Any], *, asked: bool = False) -> None:
        self.before = before
        self.asked = asked
        self.taken = False
        """Textual has it now, and gives it back."""
        self._left = False

    def leave(self) -> None:
        """Give the terminal back as it was."""
        if self._left:
            return
        self._left = True
        import termios

        if not self.taken:
            _write("\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h")
        # Answers that nobody has read would stand on the shell's next line.
        when = termios.TCSAFLUSH if self.asked and not self.taken else termios.TCSANOW
        try:
            termios.tcsetattr(sys.__stdin__.fileno(), when, self.before)  # type: ignore[union-attr]
        except termios.error:
            pass


def first_frame(chosen: str | None) -> Early | None:
    """Paint the list of a workspace that has been open before, and take the keys.

    Args:
        chosen: ``--workspace``, or None.

    Returns:
        What gives the terminal back; None where nothing was painted.
    """
    before = _attributes()
    if before is None:
        return None
    from agent_tui import place
    from agent_tui.widgets.probes import QUESTION

    frame = _frame(place.folder(chosen))
    if not frame:
        return None
    _take_keys(before)
    _write(frame)
    return Early(before, asked=QUESTION in frame)


def open_workstation(
    workspace: Workspace, *, offline: bool = False, early: Early | None = None, mended: tuple[str, ...] = (), new: bool = False,
    drill: Drill | None = None,
) -> int:  # fmt: skip
    """Open a workspace and work in it; anew where its settings were changed from inside.

    Args:
        workspace: its settings.
        offline: start no engine; everything works on what is here.
        early: the terminal with the first frame, or None where there was none.
        mended: what had to be put in order before the workspace could be opened, in words.
        new: it has just been set up, so the first keys are shown one at a time.
        drill: begin with one: milliseconds of the best before, and what keeps a better one.

    Returns:
        The exit status.
    """
    started = not (new or drill or mended)
    while True:
        status = _sit_down(workspace, offline=offline, early=early, mended=mended, new=new, drill=drill, started=started)
        started = False
        from agent_tui.screens.sources import REOPEN  # which is loaded by now

        if status != REOPEN:
            return status
        from agent_tui import workspace as workspaces

        workspace, early, mended = workspaces.load(workspace.path), None, ()


def _sit_down(
    workspace: Workspace, *, offline: bool, early: Early | None, mended: tuple[str, ...], new: bool,
    drill: Drill | None, started: bool,
) -> int:
    from agent_tui import running
    from agent_tui.desk import Desk

    desk = Desk(workspace, offline=offline)
    mark = running.begin(workspace.path, running.WORKSTATION)
    if new and not desk.recall("tour"):
        desk.remember("tour", "start")

    def news() -> str:
        from agent_tui.desk import recovered

        return "; ".join((*mended, *filter(None, (recovered.words(desk.store, running.left(workspace.path)),))))

    try:
        from agent_tui.spare import spared

        with spared():
            from agent_tui.app import run

        return run(desk, early, mark=mark, news=news, drill=drill, started=started)
    except BaseException as error:
        mark.crashed(error)
        raise
    finally:
        desk.close()
        mark.end()


def _attributes() -> list[Any] | None:
    """The terminal's attributes, where it is one that Textual will use as it is; else None."""
    if os.environ.keys() & {PLAIN_START, "TEXTUAL_DRIVER"}:
        return None
    try:
        import termios

        if not all(one is not None and one.isatty() for one in (sys.__stdin__, sys.__stdout__, sys.__stderr__)):
            return None  # it paints on stderr
        return termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (ImportError, OSError, ValueError):
        return None


def _frame(folder: str) -> str:
    from agent_tui.widgets import probes, signs, theme, width
    from agent_tui.widgets.first_frame import colours_of, first_frame, rows

    no_colour = "NO_COLOR" in os.environ
    colours = colours_of(os.environ)
    if colours is None:
        return ""
    try:
        size = os.get_terminal_size(sys.__stderr__.fileno())  # type: ignore[union-attr]
    except OSError:
        return ""
    try:
        policies = any(not name.startswith(".") for name in os.listdir(f"{folder}/policies"))
    except OSError:
        policies = False
    number = rows(size.columns, size.lines, policies=policies)
    page = _page(folder, number) if number else None
    if page is None or not page.cases:
        return ""
    import time

    wanted, _, ground = page.theme.partition(" ")
    habits, _ = probes.known(page.widths, page.drawn)
    asks = page.widths in probes.ASKING  # unseen below the frame, so at every start: what was kept may have changed
    width.use(habits)
    signs.use(signs.choose(page.signs, os.environ, wide=habits.ambiguous > 1))

    def left(case: Case, now: int) -> int | None:
        if case.due_at is None:
            return None
        hours = page.hours(case.source)
        if hours is None:
            return case.due_at - now
        from agent_tui.domain import clocks

        return clocks.left(case.due_at, now, hours)

    return first_frame(
        page.cases,
        page.counts,
        theme.choose(wanted, colours=colours, no_colour=no_colour, ground=ground or theme.told_ground(os.environ)),
        size=(size.columns, size.lines),
        colours=None if no_colour else colours,
        now=time.time_ns() // 1_000_000,
        left=left,
        policies=policies,
        saved=page.views,
        asks=probes.ASK if asks else "",
    )


def _page(folder: str, number: int) -> Page | None:
    """What the first frame shows; of an encrypted workspace too, where its key costs nothing to have."""
    from agent_tui.store import first
    from agent_tui.widgets import probes

    page = first.read(folder, number, probes.terminal(os.environ))
    given = os.environ.get(KEY_VARIABLE, "")
    if page is not None or not given:
        return page
    from agent_tui.store import connections

    if not connections.is_key(given):
        return None
    connections.use_key(folder, Given())
    try:
        return first.read(folder, number, probes.terminal(os.environ))
    finally:
        connections.use_key(folder, None)  # whether the settings want it is not known yet


def _take_keys(before: list[Any]) -> None:
    """No echo, no lines, no signals: as Textual will have it, so that no key is lost or changed in between."""
    import termios

    wanted = [*before[:6], list(before[6])]
    wanted[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    wanted[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    wanted[6][termios.VMIN] = 1
    try:
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, wanted)  # type: ignore[union-attr]
    except termios.error:
        pass


def _write(text: str) -> None:
    try:
        sys.__stderr__.write(text)  # type: ignore[union-attr]
        sys.__stderr__.flush()  # type: ignore[union-attr]
    except (OSError, ValueError):
        pass
