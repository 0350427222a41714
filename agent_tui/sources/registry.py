"""Finds sources by the type named in workspace.toml, through the ``agent_tui.source`` entry point."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, cast

from agent_tui.domain.errors import UsageError
from agent_tui.sources.base import Access, Source, SourceBuilder

GROUP = "agent_tui.source"
BUILT_IN = ("archive", "bluesky", "chatwoot", "demo", "discourse", "imap", "matrix", "nodebb")


def types() -> tuple[str, ...]:
    """Every type that can be configured here, built in or installed beside the program."""
    from importlib.metadata import entry_points

    return tuple(sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))}))


def build(kind: str, access: Access) -> Source:
    """The source of this type, not yet open.

    Raises:
        UsageError: no such type, or the package that has it cannot be imported.
    """
    return builder(kind)(access)


def builder(kind: str) -> SourceBuilder:
    """The callable behind a type: built-in ones are looked up without reading the installed packages' metadata,
    which costs more than importing one of them.
    """
    if kind in BUILT_IN:
        return cast("SourceBuilder", import_module(f"agent_tui.sources.{kind}").build)
    from importlib.metadata import entry_points  # seldom needed, and half as much as all of this program's own modules

    for point in entry_points(group=GROUP, name=kind):
        try:
            loaded: Any = point.load()
        except ImportError as error:
            raise UsageError(f"source type '{kind}' cannot be loaded: {error}; reinstall its package") from error
        return cast("SourceBuilder", loaded)
    raise UsageError(f"no source type '{kind}'; known are {', '.join(types())}")


@contextmanager
def foreseeing(kinds: Collection[str], *, alone: bool) -> Iterator[None]:
    """Start what a first sync with sources of these types will need while everything else is still being loaded; what nobody
    has taken by the end ends too.

    Args:
        alone: see ``Access``.
    """
    if "imap" not in kinds:
        yield
        return
    spare: Any = import_module("agent_tui.sources.imap.spare")
    spare.prepare(alone=alone)
    try:
        yield
    finally:
        spare.drop()
