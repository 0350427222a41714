"""Decodes one picture, as a process of its own with little memory and time.

Its arguments are FILE FORMAT WAY WIDTH HEIGHT NUMBER. What a stranger made is decoded by a large library; a fault of it ends
here. It writes a line of JSON (width, height, the whole picture's size, whether it moves), then three bytes a pixel or, where
WAY is ``sixel`` or ``kitty``, the sequence that draws it: NUMBER is how many colours it may have, or what it is called. So no
key waits for it.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path

MEMORY = 1 << 30
SECONDS = 15
PIXELS = 100_000_000
"""Of a picture that is decoded at all: more is a bomb, or a plan of a city."""
REFUSED = 3
_ORIENTATION = 0x0112
"""Exif's tag."""


def main(arguments: list[str]) -> int:
    """Exit status 0; 3 and why, in words, where it cannot be shown."""
    from agent_tui.domain import pictures

    path, kind, way, width, height, number = arguments
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
    try:
        from PIL import Image, ImageOps
    except ImportError:
        return _refuse("pictures are shown where Pillow is installed: pip install 'agent-tui[pictures]'")
    Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is decoded
    try:
        with Image.open(path, formats=[kind]) as opened:
            whole = opened.size
            if whole[0] * whole[1] > PIXELS:
                return _refuse(f"it has {whole[0]:,} × {whole[1]:,} pixels, which is more than is decoded here")
            moves = bool(getattr(opened, "is_animated", False))
            box = (int(width), int(height))
            if opened.getexif().get(_ORIENTATION, 1) > 4:  # lies on its side
                whole = whole[::-1]
            opened.draft("RGB", (box[0] * 2, box[1] * 2))
            shown = ImageOps.exif_transpose(opened)
            shown.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
            if "A" in shown.getbands() or "transparency" in shown.info:
                under = Image.new("RGBA", shown.size, (255, 255, 255, 255))
                shown = Image.alpha_composite(under, shown.convert("RGBA"))
            shown = shown.convert("RGB")
            data = shown.tobytes()
            if way == pictures.SIXEL:
                few = shown.quantize(int(number), method=Image.Quantize.MEDIANCUT)
                data = pictures.sixel(*shown.size, bytes(few.getpalette() or b""), few.tobytes()).encode()
            elif way == pictures.KITTY:
                data = pictures.kitty(*shown.size, data, int(number)).encode()
            told = {"width": shown.width, "height": shown.height, "of": whole, "moves": moves}
            sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + data)
    except MemoryError:
        return _refuse("it needs more memory than is given to it")
    except Exception as error:
        return _refuse(f"it is damaged ({type(error).__name__})")
    return 0


def _refuse(words: str) -> int:
    sys.stderr.write(words)
    return REFUSED


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    raise SystemExit(main(sys.argv[1:]))
