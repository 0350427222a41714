"""A text to look at, on a screen of its own: a draft as its reader will see it, a file that came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events

from agent_tui.domain.commands import HELP
from agent_tui.domain.wrapping import wrap
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.message_blocks import READABLE
from agent_tui.widgets.width import cells

_LABEL = 9


class PreviewScreen(ListScreen):
    """Line by line; any key of going back goes back.

    Args:
        bench: desk, keys, colours.
        preview: of ``desk.preview``.
        title: what it is; note: more of that, at the right.
    """

    SCOPE = HELP

    def __init__(self, bench: Bench, preview: Any, title: str, note: str) -> None:
        self._preview = preview
        self._heading = (title, f"{note}, esc goes back")
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Heading and text."""
        return ItemList(self.bench.look, self._paint)

    def on_mount(self) -> None:
        """Say what it is."""
        self.titled(*self._heading)
        self._wrap(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for a width."""
        self._wrap(event.size.width)

    def _wrap(self, width: int) -> None:
        room = max(16, min(READABLE, width - _LABEL - 3))
        lines: list[tuple[str, str]] = []
        for label, text in (*self._preview.heading, ("", ""), *(("", one) for one in self._preview.text.split("\n"))):
            rows = [text[start:end].rstrip(" ") for start, end in wrap(text, room, cells)] or [""]
            lines += [(label if number == 0 else " ", row) if label else ("", row) for number, row in enumerate(rows)]
        self.list.show(lines)

    def _paint(self, item: tuple[str, str], width: int) -> Sequence[Painted]:
        del width
        label, row = item
        return [([(f" {label:<{_LABEL}}" if label else "  ", "muted"), (row, "strong" if label else "text")], ())]

    def do_open(self, argument: str = "") -> None:
        """Back again."""
        del argument
        self.dismiss(None)
