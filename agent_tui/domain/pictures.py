"""Pictures as the terminal can show them: two pixels in a cell, shades of signs, sixel, kitty's protocol. Pure.

Sources: DEC's "VT330/VT340 Programmer Reference", chapter 14 (sixel); kitty's "Terminal graphics protocol".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent_tui.domain.frozen import dataclass

BLOCKS, SHADES, SIXEL, KITTY = "blocks", "shades", "sixel", "kitty"
"""Ways to show one: half a block of colour, signs of an ASCII font, pixels by either protocol."""
WAYS = (BLOCKS, SHADES, SIXEL, KITTY)
TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/bmp": "BMP"}
"""What is shown, as the reader of pictures calls it. SVG is none: it is a document that can run code."""
COLOURS = 256
"""Of a sixel picture at most: of some terminals 16."""
_SHADES = " .:-=+*#%@"
_CHUNK = 4096
"""Bytes of base64 that kitty takes at once."""

_DRAWING = re.compile(r'\x1bP0;1;0q"[0-9;#!$?-~-]*\x1b\\|(?:\x1b_G[a-zA-Z0-9=,]*;[a-zA-Z0-9+/=]*\x1b\\)+')

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels that fit a place.

    Args:
        width, height: of what is held here, in pixels.
        pixels: rows from the top, three bytes a pixel: red, green, blue.
        of: width and height of the whole picture.
        format: ``PNG`` and the like.
        moves: the first of its frames is held here.
        drawn: the sequence that draws it at the cursor, where it is to be shown by one; ``pixels`` is empty then.
    """

    width: int
    height: int
    pixels: bytes
    of: tuple[int, int]
    format: str
    moves: bool = False
    drawn: str = ""

    def at(self, x: int, y: int) -> Colour:
        """One pixel."""
        place = (y * self.width + x) * 3
        red, green, blue = self.pixels[place : place + 3]
        return red, green, blue


def is_drawing(text: str) -> bool:
    """Whether a text is sequences that draw a picture and nothing else: it comes from a process that read a stranger's file."""
    return _DRAWING.fullmatch(text) is not None


def half_blocks(picture: Picture) -> list[list[tuple[Colour, Colour | None]]]:
    """Lines of cells, each with the colours of its upper and its lower half; no lower one below the last row."""
    return [
        [(picture.at(x, y), picture.at(x, y + 1) if y + 1 < picture.height else None) for x in range(picture.width)]
        for y in range(0, picture.height, 2)
    ]


def shades(picture: Picture, *, dark: bool) -> list[str]:
    """Lines of signs, brighter where the picture is.

    Args:
        picture: as for half blocks: twice as many rows as lines.
        dark: the page is dark, so more ink is brighter.
    """
    signs = _SHADES if dark else _SHADES[::-1]
    lines = []
    for y in range(0, picture.height, 2):
        row = ""
        for x in range(picture.width):
            pair = [picture.at(x, y), picture.at(x, min(y + 1, picture.height - 1))]
            light = sum(0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in pair) / 2
            row += signs[min(int(light * len(signs) / 256), len(signs) - 1)]
        lines.append(row)
    return lines


def sixel(width: int, height: int, palette: bytes, indexes: bytes) -> str:
    """The sequence that draws a picture at the cursor, six rows of pixels at a time.

    Args:
        palette: three bytes a colour; indexes: one byte a pixel, its colour.
    """
    parts = [f'\x1bP0;1;0q"1;1;{width};{height}']
    for number in range(len(palette) // 3):
        red, green, blue = (round(one * 100 / 255) for one in palette[number * 3 : number * 3 + 3])
        parts.append(f"#{number};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        rows = [indexes[y * width : (y + 1) * width] for y in range(top, min(top + 6, height))]
        bands = []
        for colour in sorted(set(b"".join(rows))):
            bits = [0] * width
            for place, row in enumerate(rows):
                x = row.find(colour)
                while x >= 0:
                    bits[x] |= 1 << place
                    x = row.find(colour, x + 1)
            bands.append(f"#{colour}" + "".join(_runs(bits)))
        parts.append("$".join(bands) + "-")
    return "".join(parts) + "\x1b\\"


def _runs(bits: list[int]) -> Iterator[str]:
    """Sixels of one colour, the same ones in a row told once; what is empty at the end is left out."""
    end = len(bits)
    while end and not bits[end - 1]:
        end -= 1
    x = 0
    while x < end:
        run = 1
        while x + run < end and bits[x + run] == bits[x]:
            run += 1
        sign = chr(63 + bits[x])
        yield f"!{run}{sign}" if run > 3 else sign * run
        x += run


def kitty(width: int, height: int, pixels: bytes, number: int) -> str:
    """The sequence that shows a picture at the cursor, which stays where it is.

    Args:
        pixels: three bytes each.
        number: what it is called, for ``kitty_end``.
    """
    import base64
    import zlib

    data = base64.b64encode(zlib.compress(pixels, 6)).decode("ascii")
    head = f"a=T,f=24,s={width},v={height},o=z,q=2,C=1,i={number}"
    parts = []
    for at in range(0, len(data), _CHUNK):
        more = int(at + _CHUNK < len(data))
        parts.append(f"\x1b_G{f'{head},' if not at else ''}m={more};{data[at : at + _CHUNK]}\x1b\\")
    return "".join(parts)


def kitty_end(number: int) -> str:
    """The sequence that takes a picture away."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
