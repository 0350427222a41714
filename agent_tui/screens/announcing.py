"""Says by sound, notification and title what is new, to somebody who may be looking elsewhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

from agent_tui.domain.identifiers import first_message_id
from agent_tui.domain.notices import Announcement, Announcer, program, sequences
from agent_tui.widgets import terminal_title


class Announcing:
    """Looks at what came since the last look.

    Args:
        desk: the facade over the store.
        write: to the terminal.
    """

    def __init__(self, desk: Any, write: Callable[[str], None]) -> None:
        self._desk = desk
        self._write = write
        self._settings = desk.workspace.notify
        self._announcer = Announcer(self._settings)
        self._since = first_message_id(desk.now())  # what came before somebody looked is no news
        self._title = ""
        self._running: list[subprocess.Popen[bytes]] = []

    def look(self, in_view: int | None) -> str:
        """Announce what customers wrote since.

        Args:
            in_view: the case that is being read or answered, or None.

        Returns:
            what went wrong, in words; empty if nothing.
        """
        if self._settings.silent:
            return ""
        arrivals = self._desk.arrivals(self._since)
        if not arrivals:
            return ""
        self._since = max(one.message for one in arrivals)
        trouble = ""
        for one in self._announcer.announce(arrivals, self._desk.now(), () if in_view is None else (in_view,)):
            told = sequences(one, tmux="TMUX" in os.environ, screen="STY" in os.environ and "TMUX" not in os.environ)
            if told:
                self._write(told)
            trouble = self._start(one) or trouble
        return trouble

    def _start(self, one: Announcement) -> str:
        """Start the program that shows it; it is not waited for."""
        self._running = [process for process in self._running if process.poll() is None]
        argv = program(one, self._settings.command)
        if not argv:
            return ""
        try:
            self._running.append(
                subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
                )
            )
        except OSError as error:
            return f"[notify] command: {argv[0]} could not be started ({error.strerror}); change it in workspace.toml"
        return ""

    def show_title(self) -> None:
        """The number of unread cases in the terminal's title; written only where it is another."""
        if not self._settings.title:
            return
        wanted = terminal_title.title(self._desk.unread(), os.environ)
        if wanted and wanted != self._title:
            self._write(wanted if self._title else terminal_title.begin(os.environ) + wanted)
            self._title = wanted

    def end(self) -> None:
        """Put the terminal's title back."""
        if self._title:
            self._write(terminal_title.end(os.environ))
            self._title = ""
