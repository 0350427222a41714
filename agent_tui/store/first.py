"""What the first frame shows, read before the settings and the rest of the store are loaded.

The workstation remembers in ``desk.db`` what it would have to read its settings for: the look, who works here, the hours
of every source. What is remembered holds as long as the settings' file and the program are the same.
"""

from __future__ import annotations

import os
import sqlite3

from agent_tui import __version__
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import Channel
from agent_tui.store import CURRENT, connections
from agent_tui.store.case_rows import CASE_COLUMNS, ORDER, case, counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent_tui.domain.clocks import Hours
    from agent_tui.domain.model import Case
    from agent_tui.domain.views import SavedView
    from agent_tui.store.database import Store

_PREFIX = "start."
_SOURCE = "start.source."
TERMINAL = "terminal."
"""Before the name of a terminal, as the environment has it: how wide it draws text."""


class Page:
    """The top of the inbox.

    Args:
        theme: as the settings want it.
        cases: from the top.
        counts: cases of each view.
        hours: by source, where it keeps any.
        views: id, title and section of each saved view.
        signs: as the settings want them.
        widths: how wide the settings say that text is drawn.
        drawn: how wide the terminal has said that it draws it.
    """

    def __init__(
        self, theme: str, cases: list[Case], counts: dict[str, int], hours: dict[str, str], *, signs: str = "",
        widths: str = "", drawn: str = "", views: Iterable[tuple[str, ...]] = (),
    ) -> None:  # fmt: skip
        self.theme = theme
        self.cases = cases
        self.counts = counts
        self.views = tuple(views)
        self.signs = signs
        self.widths = widths
        self.drawn = drawn
        self._hours = hours

    def hours(self, source: str) -> Hours | None:
        """When a source's clocks run; None: always."""
        written = self._hours.get(source, "")
        if not written:
            return None
        from agent_tui.domain.clocks import Hours

        timezone, spans, holidays = written.split("\n")
        days = (tuple(int(number) for number in one.split("-")) for one in spans.split())
        return Hours(timezone, tuple((day, start, end) for day, start, end in days), tuple(holidays.split()))


def read(folder: str, number: int, terminal: str = "") -> Page | None:
    """The page, or None where it has to be put together in the ordinary way.

    Args:
        folder: of the workspace.
        number: cases that there is room for.
        terminal: what the environment calls it.
    """
    try:
        desk, cache = (_look(folder, name) for name in ("desk", "cache"))
        found = dict(
            desk.execute(
                "SELECT name, value FROM remembered WHERE (name >= ? AND name < ?) OR name = ?",
                (_PREFIX, "start/", f"{TERMINAL}{terminal}"),
            ).fetchall()
        )
        if found.get(f"{_PREFIX}stamp") != _stamp(folder):
            return None
        sources = {name.removeprefix(_SOURCE): value for name, value in found.items() if name.startswith(_SOURCE)}
        channels = {name: Channel(value.partition("\n")[0]) for name, value in sources.items()}
        names = dict(cache.execute("SELECT id, name FROM sources").fetchall())
        rows = cache.execute(
            f"SELECT {CASE_COLUMNS} FROM cases INDEXED BY cases_list WHERE bucket = 0 ORDER BY {ORDER} LIMIT ?", (number,)
        ).fetchall()
        tally = counts(cache, found.get(f"{_PREFIX}me", ""))
        tally["outbox"] = desk.execute(
            "SELECT count(*) FROM operations WHERE state NOT IN ('done', 'sent', 'cancelled')"
        ).fetchone()[0]
        desk.close()
        cache.close()
    except (sqlite3.Error, OSError, ValueError, StoreError):
        return None
    cases = [case(row, names.get(row[1], ""), channels.get(names.get(row[1], ""), Channel.EMAIL)) for row in rows]
    hours = {name: value.partition("\n")[2] for name, value in sources.items()}
    views = tuple(tuple(line.split("\t")) for line in found.get(f"{_PREFIX}views", "").split("\n") if line)
    return Page(
        found.get(f"{_PREFIX}theme", ""), cases, tally, hours, views=views, signs=found.get(f"{_PREFIX}signs", ""),
        widths=found.get(f"{_PREFIX}widths", ""), drawn=found.get(f"{TERMINAL}{terminal}", ""),
    )  # fmt: skip


def drawn(folder: str, terminal: str) -> str:
    """How wide a terminal has said that it draws text; empty where nothing is known.

    Args:
        folder: of the workspace.
        terminal: what the environment calls it.
    """
    try:
        desk = _look(folder, "desk")
        row = desk.execute("SELECT value FROM remembered WHERE name = ?", (f"{TERMINAL}{terminal}",)).fetchone()
        desk.close()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""


def remember(
    store: Store, *, theme: str, me: str, sources: Iterable[tuple[str, Channel, Hours | None]], views: Iterable[SavedView] = (),
    signs: str = "", widths: str = "",
) -> None:
    """Remember for the next start what settings that are read now say; writes only what is different.

    Args:
        theme: as the settings want it.
        me: who "mine" are.
        sources: name, channel and hours of each.
        views: saved ones.
        signs: as the settings want them.
        widths: how wide the settings say that text is drawn.

    Raises:
        StoreError: the desk cannot be written.
    """
    wanted = {f"{_PREFIX}theme": theme, f"{_PREFIX}signs": signs, f"{_PREFIX}widths": widths, f"{_PREFIX}me": me}
    wanted |= {f"{_PREFIX}stamp": _stamp(str(store.workspace.path))}
    named = ("\t".join(" ".join(part.split()) for part in (one.id, one.name, one.section)) for one in views)
    wanted[f"{_PREFIX}views"] = "\n".join(named)
    for name, channel, hours in sources:
        written = ""
        if hours is not None:
            spans = " ".join(f"{day}-{start}-{end}" for day, start, end in hours.open)
            written = f"{hours.timezone}\n{spans}\n{' '.join(hours.holidays)}"
        wanted[f"{_SOURCE}{name}"] = f"{channel.value}\n{written}"
    within = (_PREFIX, "start/")
    query = "SELECT name, value FROM remembered WHERE name >= ? AND name < ?"
    if dict(store.desk.execute(query, within).fetchall()) == wanted:
        return
    with store.writing_desk() as desk:
        desk.execute("DELETE FROM remembered WHERE name >= ? AND name < ?", within)
        desk.executemany("INSERT INTO remembered VALUES (?, ?)", list(wanted.items()))


def _look(folder: str, name: str) -> sqlite3.Connection:
    """One file, for reading.

    Raises:
        sqlite3.Error: it is not there, or not as this program has it.
    """
    connection = connections.connect(f"{folder}/{name}.db", connections.key_of(folder), mode="ro", timeout=0.05)
    if connection.execute("PRAGMA user_version").fetchone()[0] != CURRENT[name]:
        raise sqlite3.DatabaseError("made by another version")
    return connection


def _stamp(folder: str) -> str:
    """What has to be the same for what is remembered to hold.

    Raises:
        OSError: there are no settings.
    """
    found = os.stat(f"{folder}/workspace.toml")
    return f"{__version__} {found.st_mtime_ns} {found.st_size}"
