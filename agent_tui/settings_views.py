"""Saved views: ``[[view]]`` tables of ``workspace.toml``, and of a file that a team shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from agent_tui.domain.errors import UsageError, WorkspaceError
from agent_tui.domain.settings import Faults, TableReader, nearest, shown
from agent_tui.domain.views import COLUMNS, ORDERS, VIEWS, SavedView

EXAMPLE = '[[view]] with name = "Refunds" and query = "tag:refund is:unanswered"'


def read(top: TableReader, keys: Mapping[str, tuple[str, ...]], preset: str) -> tuple[SavedView, ...]:
    """Every saved view: those of the settings, then those of ``views_file``.

    Args:
        top: the settings.
        keys, preset: what is chosen there, which a view's key must not clash with.
    """
    found: list[tuple[SavedView, TableReader]] = []
    _tables(top.tables("view", example=EXAMPLE), found)
    shared = top.path("views_file", must_exist=True)
    others = _shared(shared, found) if shared is not None else None
    if any(view.key for view, _ in found):
        _keys(found, keys, preset)
    if others is not None:
        top.faults.also(others)
    return tuple(view for view, _ in found)


def _shared(file: Path, found: list[tuple[SavedView, TableReader]]) -> Faults:
    """The views of another file, and its faults, which name that file and its lines."""
    from agent_tui.settings_file import parse

    try:
        values, faults = parse(file)
    except WorkspaceError as error:
        return Faults(str(file), {}, [(0, fault) for fault in error.faults])
    table = TableReader(values, faults, base=file.parent)
    _tables(table.tables("view", example=EXAMPLE), found)
    table.finish()
    return faults


def _keys(found: list[tuple[SavedView, TableReader]], keys: Mapping[str, tuple[str, ...]], preset: str) -> None:
    from agent_tui.domain.commands.keys import bind
    from agent_tui.domain.commands.presets import PRESETS
    from agent_tui.domain.commands.table import COMMANDS, saved_commands

    own = saved_commands([view for view, _ in found])
    tables = {one.id: table for one, (_, table) in zip(own, found, strict=True)}
    chosen = {**keys, **{one.id: one.keys for one in own if one.keys}}
    for fault in bind((*COMMANDS, *own), chosen, PRESETS.get(preset)).faults:
        name, _, words = fault.removeprefix("keys.").partition(": ")
        if name in tables:
            tables[name].fault("key", words)


def _tables(tables: Iterable[TableReader], found: list[tuple[SavedView, TableReader]]) -> None:
    for number, table in enumerate(tables):
        name = table.values.get("name")
        table.label = f"view '{name}', " if isinstance(name, str) else f"view {number + 1}, "
        view = _view(table)
        taken = {one.slug for one, _ in found} | {one.id for one in VIEWS}
        if view.name and not view.slug:
            table.fault("name", f'{shown(view.name)} has no letter or digit; write name = "Refunds"')
        elif view.slug in taken:
            table.fault("name", f"{shown(view.name)} is already the name of a view; give each its own")
        elif view.name:
            found.append((view, table))


def _view(table: TableReader) -> SavedView:
    name = table.text("name", required=True, example="Refunds")
    query = table.text("query", required=True, example="tag:refund is:unanswered")
    if query:
        _checked(table, query)
    columns = table.text_list("columns", example='["customer", "subject", "left"]')
    for place, one in enumerate(columns):
        if one not in COLUMNS:
            words = f"{shown(one)} is no column{nearest(one, COLUMNS)}; there are {', '.join(COLUMNS)}"
            table.fault("columns", words, place)
    kept = tuple(dict.fromkeys(one for one in columns if one in COLUMNS))
    view = SavedView(
        name=name.strip(), query=query, key=table.text("key", example="g r"), order=table.choice("order", ORDERS, "inbox"),
        columns=kept, section=table.text("section", example="Money").strip(),
    )  # fmt: skip
    table.finish()
    return view


def _checked(table: TableReader, query: str) -> None:
    """A fault where a query can't be understood."""
    from agent_tui.domain.query import parse

    try:
        parse(query)
    except UsageError as error:
        table.fault("query", f"{shown(query)}: {error}")
