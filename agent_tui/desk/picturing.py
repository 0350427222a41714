"""Looking at a picture that came in: decoded by a process of its own, in the size that it is shown in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent_tui.desk.seat import Seat
from agent_tui.domain.errors import UsageError, one_line
from agent_tui.domain.file_types import HEAD, true_type
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.pictures import KITTY, SIXEL, TYPES, Picture, is_drawing

PATIENCE_S = 30
MOST_BYTES = 100_000_000
"""Of a file that is decoded."""
REFUSED = 3
EXTRA = "agent-tui[pictures]"
READER = Path(__file__).with_name("picture_reader.py")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a picture is to be shown.

    Args:
        name: of the file, as it came.
        way: one of ``domain.pictures.WAYS``.
        box: pixels that it is to fit into.
        number: of colours for sixel; what it is called in kitty's protocol.
    """

    name: str
    way: str
    box: tuple[int, int]
    number: int = 0


class Picturing(Seat):
    """The part of the desk that shows pictures."""

    def picture(self, path: Path, wanted: Wanted, done: Callable[[Picture | Exception], None]) -> None:
        """Decode a picture, in another thread and process.

        Args:
            done: gets it or, in words, why it can't be shown here; in that thread.
        """
        import threading

        def work() -> None:
            try:
                done(decode(path, wanted))
            except (UsageError, OSError) as error:
                done(error)

        threading.Thread(target=work, name="picture", daemon=True).start()


def is_picture(path: Path, name: str) -> bool:
    """Whether a file is a picture of a kind that can be shown, by its content.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        return true_type(file.read(HEAD), name) in TYPES


def decode(path: Path, wanted: Wanted) -> Picture:
    """A picture in the size that is asked for.

    Raises:
        UsageError: it can't be shown, in words.
        OSError: it can't be read.
    """
    import subprocess
    import sys

    with path.open("rb") as file:
        kind = TYPES.get(true_type(file.read(HEAD), wanted.name))
    if kind is None:
        raise UsageError(f"'{wanted.name}' is no picture that could be shown here")
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"'{wanted.name}' is too large to be shown here")
    argv = [sys.executable, "-I", str(READER), str(path), kind, wanted.way]
    argv += [str(max(1, wanted.box[0])), str(max(1, wanted.box[1])), str(wanted.number)]
    try:
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise UsageError(f"'{wanted.name}' takes too long to decode") from None
    if ended.returncode:
        why = "decoding it was stopped"
        if ended.returncode == REFUSED:
            why = one_line(ended.stderr.decode("utf-8", "replace"))[:200]
        raise UsageError(why if EXTRA in why else f"'{wanted.name}' can't be shown: {why}")
    head, _, data = ended.stdout.partition(b"\n")
    told = json.loads(head)
    found = Picture(
        width=int(told["width"]), height=int(told["height"]), pixels=data, of=(int(told["of"][0]), int(told["of"][1])),
        format=kind, moves=bool(told["moves"]),
    )  # fmt: skip
    if wanted.way in {SIXEL, KITTY}:
        found = replace(found, pixels=b"", drawn=data.decode("ascii", "replace"))
    if not is_drawing(found.drawn) if found.drawn else len(data) != found.width * found.height * 3:
        raise UsageError(f"'{wanted.name}' can't be shown: decoding it gave something else")
    return found
