"""How strips become bytes: as few as say it.

Textual wraps every piece of a line in its full colours and a reset, and sends a line from its beginning where only its
end has changed. On a line of fifteen pieces the colours take more room than the words. Here a piece says what is
different from the piece before, and a line is sent from the first cell that changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual._styles_cache import StylesCache
from textual.strip import Strip
from textual.style import Style as Ground

from agent_tui.widgets.pen import Codes, Pen

if TYPE_CHECKING:
    from rich.console import Console
    from textual.color import Color

def install() -> None:
    """Paint like this from now on."""
    Strip.render = _render  # type: ignore[method-assign]
    ChopsUpdate.render_segments = _render_chops  # type: ignore[method-assign]
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[method-assign, assignment]


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


def _render(self: Strip, console: Console) -> str:
    """``Strip.render``, with uncertain text anchored to its columns."""
    if self._render_cache is None:
        system = console._color_system or ColorSystem.TRUECOLOR
        pen = Pen()
        for text, style, control in self._segments:
            if style is not None and style._link and not control:
                pen.link(text, codes(style, system), style._link)
            elif control:
                pen.as_it_is(text if style is None else self.render_style(style, text, color_system=system))
            else:
                pen.write(text, ("", "", "") if style is None else codes(style, system))
        self._render_cache = pen.end()
    return self._render_cache


def _render_chops(self: ChopsUpdate, console: Console) -> str:
    """``ChopsUpdate.render_segments``, each chop cut on both sides."""
    parts: list[str] = []
    for y, first, end in self.spans:
        for chop_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
            if strip is None or x >= end or chop_end <= first:
                continue
            left, right = max(x, first), min(chop_end, end)
            if (left, right) != (x, chop_end):
                strip = strip.crop(left - x, right - x)
            parts += [Control.move_to(left, y).segment.text, strip.render(console)]
    return "".join(parts)
