"""What stands in the cells of the terminal by now, and the fewest bytes that make it something else.

A cell is a cluster of text and its look. Text whose width terminals may disagree about is one piece over several cells: where it
changes it is sent whole, between columns that are said, and with all that was to be sent behind it, as it may run into that.

Sequences are those of ECMA-48 that every terminal knows: a stretch of blanks is erased (ECH, EL) where that is shorter than to
write them, and the cursor goes over what stays (CUF, CHA, CUP).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agent_tui.widgets.pen import BLANK, NOTHING, Codes, change, link_to
from agent_tui.widgets.scrolled_lines import scrolled
from agent_tui.widgets.signs import painted
from agent_tui.widgets.width import cells, clusters, is_certain

Look = tuple[Codes, str]
"""Colours, and the address that it leads to."""
Cell = tuple[str, Look]
Place = tuple[int, int, Sequence[Cell]]
"""Column, line, and the cells from there on."""

PLAIN: Look = (NOTHING, "")
BEHIND: Cell = ("", PLAIN)
"""What the text of a cell further left reaches into."""
_GAP = 4
"""Cells that stay: so many are written again rather than gone over, where nothing changes the colours."""
_ERASED_AT_END, _ERASED = 5, 11
"""Blanks from which on erasing them is shorter: where nothing follows, and where the cursor has to go over them."""
_TO_EDGE = 4


def spread(text: str, look: Look) -> list[Cell]:
    """A piece of a line as cells.

    Args:
        text: without control characters.
        look: of all of it; what cannot be seen of a blank is left out.
    """
    text = painted(text)
    codes, address = look
    blank = _bare(look) if codes[0] in BLANK and not address else (" ", look)
    if text.isascii():
        return [blank if one == " " else (one, look) for one in text]
    if not is_certain(text):
        return _uncertain(text, look, blank)
    found: list[Cell] = []
    for one in text:
        found.append(blank if one == " " else (one, look))
        if not one.isascii() and cells(one) == 2:
            found.append(BEHIND)
    return found


def _bare(look: Look) -> Cell:
    """A blank with nothing but the ground of a look."""
    return " ", (("", "", look[0][2]), "")


def _uncertain(text: str, look: Look, blank: Cell) -> list[Cell]:
    """Words up to the first that is not certain, all from there on as one piece, the blanks at its end."""
    kept = text.rstrip(" ")
    first = next((at for at, one in enumerate(kept) if not is_certain(one)), len(kept))
    start = kept.rfind(" ", 0, first) + 1
    if start and len(clusters(kept[start - 1 : start + 1])) == 1:  # a mark without a letter, on the blank before it
        start -= 1
    found = spread(kept[:start], look) if start else []
    width = cells(kept[start:])
    if width:
        found += [(kept[start:], look), *[BEHIND] * (width - 1)]
    return found + [blank] * (len(text) - len(kept))


class StandingCells:
    """What stands where; what was never put there is not known.

    Args:
        environment: of the process. GNU screen erases in its own colour rather than in the one that is set.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._width = 0
        self._colours_blanks = "TMUX" in environment or not environment.get("TERM", "").startswith("screen")

    def forget(self) -> None:
        """Something else may stand there."""
        self._lines.clear()

    def put(self, places: Iterable[Place], width: int) -> str:
        """Have some cells stand there.

        Args:
            width: of the terminal.

        Returns:
            what is to be sent; it begins and ends with the terminal's own colours.
        """
        if width != self._width:
            self._lines.clear()
            self._width = width
        sending = _Sending(width, colours_blanks=self._colours_blanks)
        places = tuple(places)
        moved = scrolled(self._lines, {y: new for x, y, new in places if not x and len(new) == width})
        if moved is not None:
            self._move(*moved)
            sending.lines(*moved)
        for x, y, new in places:
            line = self._lines.get(y)
            if line is None:
                line = self._lines[y] = [None] * width
            end = min(x + len(new), width)
            old = line[x:end]
            if old == new or end <= x:
                continue
            for start, after in _changed(old, new):
                sending.cells(x + start, y, new[start:after])
            _tear(line, x, end)
            line[x:end] = new[: end - x]
        return sending.end()


    def _move(self, top: int, last: int, by: int) -> None:
        """Lines have moved up by so many; what stands on those that came in is not known."""
        stood = {y: self._lines.pop(y) for y in range(top, last + 1) if y in self._lines}
        self._lines |= {y - by: line for y, line in stood.items() if top <= y - by <= last}


def _tear(line: list[Cell | None], start: int, end: int) -> None:
    """Of pieces that are about to be written into, what is left is not known."""
    at = start
    while 0 < at < len(line) and line[at] == BEHIND:
        at -= 1
        line[at] = None
    at = end
    while at < len(line) and line[at] == BEHIND:
        line[at] = None
        at += 1


def _changed(old: Sequence[Cell | None], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """Where cells differ, pieces being whole, what is near each other together."""
    found: list[tuple[int, int]] = []
    number = len(old)
    at = 0
    while at < number:
        if old[at] == new[at]:
            at += 1
            continue
        start = at
        while start and new[start] == BEHIND:
            start -= 1
        while at < number and (old[at] != new[at] or new[at] == BEHIND):
            if _runs(new[at][0]):
                at = number
                break
            at += 1
        if found and start - found[-1][1] <= _GAP and _goes_on(new[found[-1][1] - 1 : start + 1]):
            start = found.pop()[0]
        found.append((start, at))
    return found


def _runs(text: str) -> bool:
    """Whether a text may take other cells than are reckoned with."""
    return not text.isascii() and not is_certain(text)


def _goes_on(between: Sequence[Cell]) -> bool:
    """Whether some cells can be written as one text."""
    look = between[0][1]
    return all(
        (one[1] == look and not _runs(one[0])) or one == _bare(look) for one in between
    )


class _Sending:
    """Puts sequences together.

    Args:
        width: of the terminal.
        colours_blanks: what is erased has the colour that is set.
    """

    def __init__(self, width: int, *, colours_blanks: bool) -> None:
        self._width = width
        self._colours_blanks = colours_blanks
        self._parts: list[str] = []
        self._now, self._address = PLAIN
        self._x = self._y = -1

    def lines(self, top: int, last: int, by: int) -> None:
        """Move the lines between two up by so many, or down."""
        self._parts.append(f"\x1b[{top + 1};{last + 1}r\x1b[{top + 1}H\x1b[{abs(by)}{'M' if by > 0 else 'L'}\x1b[r")

    def cells(self, x: int, y: int, wanted: Sequence[Cell]) -> None:
        """Write some cells."""
        at, number = 0, len(wanted)
        while at < number:
            start, look = at, wanted[at][1]
            if wanted[at] == _bare(look):
                while at < number and wanted[at] == wanted[start]:
                    at += 1
                self._blanks(x + start, y, at - start, look[0][2], last=at == number)
            elif _runs(wanted[at][0]):
                at += 1
                while at < number and wanted[at] == BEHIND:
                    at += 1
                self._piece(x + start, y, at - start, wanted[start])
            else:
                at = self._run(x, y, wanted, at)

    def _run(self, x: int, y: int, wanted: Sequence[Cell], at: int) -> int:
        """Certain text of one look, with the few blanks in it; gives where it ends."""
        start, look = at, wanted[at][1]
        blank = _bare(look) if look[0][0] in BLANK and not look[1] else None
        parts: list[str] = []
        while at < len(wanted):
            letter, its = wanted[at]
            if wanted[at] != blank:
                if (its != look or _runs(letter)) and (letter or not parts):
                    break
                parts.append(letter)
                at += 1
                continue
            after = at
            while after < len(wanted) and wanted[after] == blank:
                after += 1
            if after - at >= _ERASED or wanted[after : after + 1] == [] or wanted[after][1] != look:
                break
            parts.append(" " * (after - at))
            at = after
        self._go(x + start, y)
        self._take(look)
        self._parts.append("".join(parts))
        self._x += at - start
        return at

    def _blanks(self, x: int, y: int, number: int, ground: str, *, last: bool) -> None:
        self._go(x, y)
        # Nothing is changed that does not show on a blank.
        self._take(((self._now[0] if self._now[0] in BLANK else "", self._now[1], ground), ""))
        to_edge = last and x + number == self._width
        if self._erases(ground) and number >= (_TO_EDGE if to_edge else _ERASED_AT_END if last else _ERASED):
            self._parts.append("\x1b[K" if to_edge else f"\x1b[{number}X")
            return
        self._parts.append(" " * number)
        self._x += number

    def _erases(self, ground: str) -> bool:
        return self._colours_blanks or not ground

    def _piece(self, x: int, y: int, width: int, cell: Cell) -> None:
        """Text that may be narrower or wider: its cells are blank before, and the column behind it is said."""
        text, look = cell
        self._go(x, y)
        self._take(look)
        erased = look[0][0] in BLANK and self._erases(look[0][2])
        self._parts += (f"\x1b[{width}X" if erased else f"{' ' * width}{_column(x)}", text)
        self._x = -1

    def _go(self, x: int, y: int) -> None:
        """Go to a cell. What wrote into the last column has left the cursor there."""
        if y == self._y and x == self._x < self._width:
            return
        if y == self._y and self._x < self._width:
            self._parts.append(f"\x1b[{x - self._x if x - self._x > 1 else ''}C" if 0 <= self._x < x else _column(x))
        elif y == self._y:
            self._parts.append(_column(x))
        elif x:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        elif y == self._y + 1 and y:
            self._parts.append("\r\n")
        else:
            self._parts.append(f"\x1b[{y + 1 if y else ''}H")
        self._x, self._y = x, y

    def _take(self, look: Look) -> None:
        """Have the colours, and the address, of a look."""
        codes, address = look
        if codes != self._now:
            self._parts.append(change(self._now, codes))
            self._now = codes
        if address != self._address:
            self._parts.append(link_to(address))
            self._address = address

    def end(self) -> str:
        """All of it."""
        self._take(PLAIN)
        return "".join(self._parts)


def _column(x: int) -> str:
    return f"\x1b[{x + 1 if x else ''}G"
