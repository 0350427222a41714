"""A picture that came in, on a screen of its own."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset

from agent_tui.desk.picturing import Wanted
from agent_tui.domain import pictures
from agent_tui.domain.commands import HELP
from agent_tui.domain.pictures import Picture
from agent_tui.screens.base import Bench
from agent_tui.screens.later import Later
from agent_tui.screens.listing import Title
from agent_tui.widgets import graphics, signs, words
from agent_tui.widgets.graphics import Graphics
from agent_tui.widgets.picture_view import MARGIN, PictureView
from agent_tui.widgets.theme import Look

_AGAIN_S = 0.2
"""After the last change of size: each has the picture decoded anew."""
class PictureScreen(Later):
    """One picture, as large as there is room for.

    Args:
        bench: desk, keys, colours.
        path: of the file.
        name: as it came.
    """

    SCOPE = HELP
    DEFAULT_CSS = "PictureScreen { layout: vertical; }"

    def __init__(self, bench: Bench, path: Path, name: str) -> None:
        super().__init__(bench)
        self._path, self._called = path, name
        self._number = zlib.crc32(str(path).encode()) % 1_000_000 + 1
        self._way, self._told = pictures.BLOCKS, Graphics()
        self._drawn: Picture | None = None
        self._again: asyncio.TimerHandle | None = None
        self.title_line = Title(bench.look)
        self.view = PictureView(bench.look)

    def compose(self) -> ComposeResult:
        """Title, picture, status."""
        yield self.title_line
        yield self.view
        yield self.status

    def on_mount(self) -> None:
        """Ask how it can be shown."""
        self._title("")
        self.say(f"Reading {self._called} …", "muted")
        self.bench.showing.when_known(self.here(self._begin))

    def _begin(self, told: Graphics) -> None:
        self._told = told
        colours = not self.app.no_color and self.app.console.color_system in {"truecolor", "256"}
        blocks = signs.painted("█") == "█"
        self._way = graphics.way(self.bench.showing.wanted, told, colours=colours, blocks=blocks)
        self._decode()

    def _decode(self) -> None:
        self._again = None
        columns, lines = max(1, self.size.width - 2 * MARGIN), max(1, self.size.height - 2)
        if self.linear:
            self._way, box = pictures.SHADES, (1, 1)  # what it is, is said; how it looks, the desktop's own program shows
        elif self._way in {pictures.SIXEL, pictures.KITTY}:
            box = columns * self._told.cell[0], (lines - 1) * self._told.cell[1]
            box = (min(box[0], graphics.LARGEST), min(box[1], graphics.LARGEST)) if self._way == pictures.SIXEL else box
        else:
            box = columns, lines * 2
        number = self._told.colours if self._way == pictures.SIXEL else self._number
        wanted = Wanted(self._called, self._way, box, number)
        self.later(lambda done: self.desk.picture(self._path, wanted, done), self._show)

    def _show(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.say(f"{found}; {(self.bench.keymap.keys_of('outside') or ('o',))[0]} in the case opens it outside", "late")
            return
        self.say("")
        moves = ", moves: this is its beginning" if found.moves else ""
        self._title(f"{found.format}, {found.of[0]:,} × {found.of[1]:,}, {words.size(self._path.stat().st_size)}{moves}")
        if self.linear:
            return
        self._drawn = found
        self.view.show(found, self._way)
        if self._way in {pictures.SIXEL, pictures.KITTY}:
            self.call_after_refresh(self._draw)

    def _title(self, note: str) -> None:
        self.title_line.left = [(self._called, "strong+bold")]
        self.title_line.right = [(f"{note}{', ' if note else ''}esc goes back ", "muted")]
        self.title_line.repaint()

    def _draw(self) -> None:
        """Put the pixels over the empty cells; the cursor comes back to where it was."""
        if self._drawn is None or self.app.screen is not self:
            return
        place = self.view.region.offset
        self.bench.showing.tell(f"\x1b7\x1b[{place.y + 1};{place.x + 1 + MARGIN}H{self._drawn.drawn}\x1b8")

    def _take_away(self) -> None:
        if self._drawn is not None and self._way == pictures.KITTY:  # sixels go as soon as their cells are painted
            self.bench.showing.tell(pictures.kitty_end(self._number))

    def on_resize(self, event: events.Resize) -> None:
        """Another size, another picture, once it rests."""
        del event
        if self._drawn is None:
            return
        self._take_away()
        self._drawn = None
        self.view.clear()
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(_AGAIN_S, self._decode)

    def on_screen_suspend(self) -> None:
        """Another screen lies over it."""
        self._take_away()

    def on_screen_resume(self) -> None:
        """It is seen again."""
        if self._way in {pictures.SIXEL, pictures.KITTY} and self._drawn is not None:
            self.call_after_refresh(self._draw)

    def on_unmount(self) -> None:
        """Leave nothing on the terminal."""
        if self._again is not None:
            self._again.cancel()
        with suppress(LookupError):
            self._take_away()

    def caret(self) -> Offset:
        """What it is, in words."""
        return self.title_line.region.offset

    def set_look(self, look: Look) -> None:
        """Change colours."""
        super().set_look(look)
        self.title_line.set_look(look)
        self.view.set_look(look)
        self.on_screen_resume()

    def do_open(self, argument: str = "") -> None:
        """Back again."""
        del argument
        self.dismiss(None)
