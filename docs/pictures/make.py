"""Makes the pictures of the documents: the demo in a real terminal (tmux), as PNG.

    python docs/pictures/make.py [NAME...]      all of them, or those named

Every picture is the same on every run: the demo's week ends at a fixed moment, nobody writes meanwhile, and the
workstation's clock stands still. Each word is drawn at the column where tmux has it, so a picture shows what a
terminal shows, also where scripts are counted differently by different programs.

Needs tmux, rsvg-convert (librsvg2-bin) and the Noto fonts (fonts-noto-core, fonts-noto-mono).
"""

from __future__ import annotations

import ctypes
import locale
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
NOW = 1_790_154_000_000  # 2026-09-23 09:00 UTC, a Wednesday
WIDTH, HEIGHT = 8, 17  # of a cell, in pixels
WIDE, NARROW = (140, 32), (80, 24)
PAGES = {"dark": "#15181e", "light": "#fbfaf7"}
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Picture:
    """One picture.

    Args:
        name: of the file, without its ending.
        size: columns and lines of the terminal.
        look: ``dark`` or ``light``.
        keys: pressed one after the other, as tmux calls them; what is not one of its names is typed.
    """

    name: str
    size: tuple[int, int]
    look: str
    keys: tuple[str, ...] = ()


_OPEN = ("/", "box does not start after update", "Enter")
_WRITE = (*_OPEN, "r", "C-t", "firmware", "Enter", "C-s")
_GAP = ("/", "third mail", "Enter", "r", "C-t", "late", "Enter", "C-s")
_FACTS = ("/", "third mail", "Enter", "r", "C-t", "Enter")
_MACRO = ("/", "third mail", "Enter", "m", "follow", "Enter")
_CHATS = ("\\", "source:live-chat state:new", "Enter", "X", "A", "F2", "ನಮಸ್ಕಾರ ಪಲ್ಲವಿ, ಈಗಲೇ ನೋಡುತ್ತೇನೆ.")
_SEARCH = ("/", 'damage OR পার্সেল OR ਬਾਕਸ OR ಪಾರ್ಸೆಲ್ OR "hindi ako"')
PICTURES = (
    Picture("inbox-dark", WIDE, "dark", ("j", "j")),
    Picture("inbox-light", WIDE, "light", ("j", "j")),
    Picture("inbox-80x24-dark", NARROW, "dark", ("j",)),
    Picture("case-80x24-light", NARROW, "light", ("j", "Enter")),
    Picture("gate-dark", WIDE, "dark", _WRITE),
    Picture("gate-80x24-light", NARROW, "light", _GAP),
    Picture("facts-dark", WIDE, "dark", _FACTS),
    Picture("macro-80x24-light", NARROW, "light", _MACRO),
    Picture("chats-dark", WIDE, "dark", _CHATS),
    Picture("chats-80x24-light", NARROW, "light", _CHATS),
    Picture("search-light", WIDE, "light", _SEARCH),
    Picture("search-80x24-dark", NARROW, "dark", _SEARCH),
)


def main(names: list[str]) -> int:
    """Make them, and say how large each is."""
    unknown = set(names) - {one.name for one in PICTURES}
    if unknown:
        sys.exit(f"there is no picture {', '.join(sorted(unknown))}; there are {', '.join(p.name for p in PICTURES)}")
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    for picture in PICTURES:
        if not names or picture.name in names:
            with tempfile.TemporaryDirectory(prefix="atp") as folder:
                make_demo(Path(folder) / "demo", picture.look)
                screen = capture(picture, Path(folder))
            target = HERE / f"{picture.name}.png"
            draw(screen, picture, target)
            sys.stdout.write(f"{target.name} {target.stat().st_size // 1000} kB\n")
    return 0


def make_demo(workspace: Path, look: str) -> None:
    """The demo's week, ending at the fixed moment, with everything fetched."""
    from agent_tui import engine
    from agent_tui import workspace as workspaces
    from agent_tui.sources.demo.make import make_workspace

    make_workspace(workspace, now=NOW, live=False)
    settings = workspace / workspaces.SETTINGS
    settings.write_text(f'theme = "{look}"\n{settings.read_text("utf-8")}', "utf-8")
    engine.run(workspaces.load(workspace), now=lambda: NOW)


def show(workspace: Path) -> int:
    """The workstation, with a clock that stands still and no engine."""
    from agent_tui import workspace as workspaces
    from agent_tui.app import Workstation
    from agent_tui.desk import Desk
    from agent_tui.widgets import width

    width.install()
    desk = Desk(workspaces.load(workspace), now=lambda: NOW, offline=True)
    try:
        return Workstation(desk).run() or 0
    finally:
        desk.close()


def capture(picture: Picture, folder: Path) -> list[str]:
    """The lines of the screen, with their colours as escape sequences."""
    tmux = ["tmux", "-S", str(folder / "t"), "-f", os.devnull, "-u"]
    columns, lines = picture.size
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TMUX")}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                    "PYTHONPATH": str(PROJECT)}  # fmt: skip
    program = [sys.executable, str(Path(__file__).resolve()), "--show", str(folder / "demo")]

    def run(*words: str) -> str:
        return subprocess.run([*tmux, *words], check=True, capture_output=True, text=True, env=environment).stdout

    def settled(before: str = "") -> str:
        """Wait until the screen is not as before, and three looks in a row saw the same."""
        seen: list[str] = []
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            seen.append(run("capture-pane", "-p", "-e"))
            if len(seen) >= 3 and seen[-1].strip() and seen[-1] == seen[-2] == seen[-3] != before:
                return seen[-1]
            time.sleep(0.15)
        sys.exit(f"{picture.name}: the screen did not come to rest\n{seen[-1]}")

    run("new-session", "-d", "-x", str(columns), "-y", str(lines), *program)
    try:
        run("set-option", "-as", "terminal-overrides", ",*:Tc")
        run("set-option", "-g", "remain-on-exit", "on")  # a crash is to be seen
        now = settled()
        for key in picture.keys:
            run("send-keys", *(["-l"] if " " in key else []), "--", key)
            now = settled(now)
        return run("capture-pane", "-p", "-e", "-N").splitlines()
    finally:
        run("kill-server")


def draw(screen: list[str], picture: Picture, target: Path) -> None:
    """The screen as SVG, and that as PNG."""
    from rich.ansi import AnsiDecoder
    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME

    page = PAGES[picture.look]
    grounds: list[str] = []
    words: list[str] = []

    def colour(value: object, default: str) -> str:
        if value is None or getattr(value, "is_default", False):
            return default
        return str(value.get_truecolor(DEFAULT_TERMINAL_THEME).hex)  # type: ignore[attr-defined]

    console = Console(width=1000)
    decoder = AnsiDecoder()  # one for all lines: tmux does not repeat a colour that goes on in the next
    for row, line in enumerate(screen):
        column = 0
        for segment in decoder.decode_line(line).render(console, end=""):
            style = segment.style
            ink = colour(style.color if style else None, "#888888")
            ground = colour(style.bgcolor if style else None, page)
            if style and style.reverse:
                ink, ground = ground, ink
            wide = cells(segment.text) * WIDTH
            if ground != page and wide:
                grounds.append(f'<rect x="{column * WIDTH:g}" y="{row * HEIGHT:g}" width="{wide + 0.4:g}" '
                               f'height="{HEIGHT + 0.4:g}" fill="{ground}"/>')  # fmt: skip
            look = ' font-weight="bold"' if style and style.bold else ""
            look += ' font-style="italic"' if style and style.italic else ""
            look += ' text-decoration="underline"' if style and style.underline else ""
            for word in re.split(r"( +)", segment.text):
                if word.strip():
                    words.append(f'<text x="{column * WIDTH:g}" y="{(row + 0.75) * HEIGHT:g}"{look} fill="{ink}">'
                                 f"{escape(word)}</text>")  # fmt: skip
                column += cells(word)
    columns, lines = picture.size
    across, down = columns * WIDTH, lines * HEIGHT
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 {across + 16:g} {down + 16:g}" '
        f'width="{across + 16:g}" height="{down + 16:g}" font-family="Noto Sans Mono" font-size="{WIDTH / 0.6:g}">'
        f'<rect x="-8" y="-8" width="100%" height="100%" fill="{page}"/>' + "".join(grounds + words) + "</svg>"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as file:
        file.write(svg)
        file.flush()
        subprocess.run(["rsvg-convert", "-o", str(target), file.name], check=True)


def cells(text: str) -> int:
    """How many columns tmux gives a text: as the C library says, character by character."""
    library = ctypes.CDLL(None)
    return sum(max(0, library.wcwidth(ord(one))) for one in text)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    if sys.argv[1:2] == ["--show"]:
        sys.exit(show(Path(sys.argv[2])))
    sys.exit(main(sys.argv[1:]))
