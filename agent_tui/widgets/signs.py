"""Lines and signs for terminals whose font lacks them, and none at all where a program reads the screen aloud.

Every replacement takes the one cell that its sign took, so nothing else on a line moves. It is done as strips become bytes, so no
widget need know of it.
"""

from __future__ import annotations

from collections.abc import Mapping

ALL, ASCII, NONE = "lines", "ascii", "none"

_SIGNS = {
    "●": "*", "○": "o", "★": "*", "☆": "*", "✓": "x", "✔": "x", "▌": ">", "▐": "|", "█": "#", "▏": "|", "▎": "|", "▍": "|",
    "·": "-", "•": "*", "…": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "↔": "-", "▶": ">", "▷": ">", "▼": "v", "▽": "v",
    "◀": "<", "◁": "<", "▲": "^", "△": "^", "▁": "_", "▔": "-", "░": ".", "▒": ":", "▓": "#",
}  # fmt: skip
_HORIZONTAL = "─━┄┅┈┉╌╍═╴╶╸╺"
_VERTICAL = "│┃┆┇┊┋╎╏║╵╷╹╻"


def _boxes(horizontal: str, vertical: str, corner: str) -> dict[str, str]:
    """Every character of the block Box Drawing."""
    found = {chr(point): corner for point in range(0x2500, 0x2580)}
    return found | dict.fromkeys(_HORIZONTAL, horizontal) | dict.fromkeys(_VERTICAL, vertical)


_TABLES: Mapping[str, dict[int, str]] = {
    ASCII: str.maketrans(_boxes("-", "|", "+") | _SIGNS),
    NONE: str.maketrans(_boxes(" ", " ", " ") | _SIGNS | {"▌": " ", "▐": " ", "█": " ", "▔": " ", "▁": " ", "●": " ", "·": ","}),
}
_table: dict[int, str] | None = None


def use(kind: str) -> None:
    """Paint with these from now on: ``lines``, ``ascii`` or ``none``."""
    global _table  # noqa: PLW0603 - what a terminal's font can show holds for the whole process
    _table = _TABLES.get(kind)


def painted(text: str) -> str:
    """A text as it is sent to the terminal."""
    return text if _table is None or text.isascii() else text.translate(_table)


def is_sign(character: str) -> bool:
    """Whether there is something in ASCII for it."""
    return ord(character) in _TABLES[ASCII]


def choose(wanted: str, environment: Mapping[str, str], *, wide: bool = False) -> str:
    """Which signs to use.

    Args:
        wanted: what the settings ask for; ``auto`` or empty: what the terminal can show.
        environment: of the process. The console of Linux has few signs in its font; a locale without UTF-8 has none.
        wide: the terminal draws them two cells wide, as East Asian fonts have them.
    """
    if wanted in _TABLES or wanted == ALL:
        return wanted
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    written = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    if wide or environment.get("TERM") == "linux" or (written and written != "utf8"):
        return ASCII
    return ALL
