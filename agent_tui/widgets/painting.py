"""How strips become bytes: as few as say it.

Textual wraps every piece of a line in its full colours and a reset, and sends whole lines. Here what is to be seen is compared
with what stands on the terminal by now, cell by cell, and only what differs is sent (see ``standing_cells``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.strip import Strip
from textual.style import Style as Ground

from agent_tui.widgets.pen import Codes
from agent_tui.widgets.standing_cells import PLAIN, Cell, Look, Place, StandingCells, spread

if TYPE_CHECKING:
    from textual.color import Color

_standing: WeakKeyDictionary[Console, StandingCells] = WeakKeyDictionary()


def install() -> None:
    """Paint like this from now on."""
    LayoutUpdate.render_segments = _render_layout  # type: ignore[method-assign]
    ChopsUpdate.render_segments = _render_chops  # type: ignore[method-assign]
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[method-assign, assignment]
    forget()


def forget() -> None:
    """Something else may stand on the terminal: what is painted next is sent whole."""
    for one in _standing.values():
        one.forget()


def _inner_outer(_cache: StylesCache, base_background: Color, background: Color) -> tuple[Ground, Ground]:
    """Textual remembers these together with the lines of the widget that asked, a thousand widgets long after they are gone."""
    return _grounds(base_background, background)


@lru_cache(1024)
def _grounds(base_background: Color, background: Color) -> tuple[Ground, Ground]:
    """What a widget stands on, inside and outside of its padding."""
    return Ground(background=base_background + background), Ground(background=base_background)


@lru_cache(4096)
def codes(style: Style, system: ColorSystem) -> Codes:
    """What a style says, as SGR parameters."""
    colours = (style.color, style.bgcolor)
    fore, back = (
        "" if one is None else ";".join(one.downgrade(system).get_ansi_codes(foreground=place == 0))
        for place, one in enumerate(colours)
    )
    return _attributes(style), fore, back


def _attributes(style: Style) -> str:
    held = style._attributes & style._set_attributes
    return ";".join(code for bit, code in style._style_map.items() if held & (1 << bit))


@lru_cache(4096)
def _look(style: Style, system: ColorSystem) -> Look:
    return codes(style, system), style._link or ""


def _cells(strips: Iterable[Strip], system: ColorSystem) -> list[Cell]:
    """Strips side by side as cells."""
    found: list[Cell] = []
    for strip in strips:
        for text, style, control in strip._segments:
            if not control:
                found += spread(text, PLAIN if style is None else _look(style, system))
    return found


def _put(console: Console, places: Iterable[Place], width: int) -> str:
    standing = _standing.get(console)
    if standing is None:
        standing = _standing[console] = StandingCells(os.environ)
    return standing.put(places, width)


def _render_layout(self: LayoutUpdate, console: Console) -> str:
    """``LayoutUpdate.render_segments``: what of the whole screen is not there yet."""
    system = console._color_system or ColorSystem.TRUECOLOR
    region = self.region
    return _put(console, [(region.x, y, _cells(line, system)) for y, line in enumerate(self.strips, region.y)], region.right)


def _render_chops(self: ChopsUpdate, console: Console) -> str:
    """``ChopsUpdate.render_segments``, each chop cut on both sides."""
    system = console._color_system or ColorSystem.TRUECOLOR
    places: list[tuple[int, int, list[Cell]]] = []
    for y, first, end in self.spans:
        for chop_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
            if strip is None or x >= end or chop_end <= first:
                continue
            left, right = max(x, first), min(chop_end, end)
            if (left, right) != (x, chop_end):
                strip = strip.crop(left - x, right - x)
            found = _cells((strip,), system)
            if places and places[-1][1] == y and places[-1][0] + len(places[-1][2]) == left:
                places[-1][2].extend(found)
            else:
                places.append((left, y, found))
    return _put(console, places, self.chop_ends[0][-1])
