"""Pictures that came in: decoded apart, bounded, shown by whatever the terminal can."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent_tui.desk import picturing
from agent_tui.desk.picturing import Wanted, decode, is_picture
from agent_tui.domain import pictures
from agent_tui.domain.errors import UsageError
from agent_tui.domain.pictures import Picture
from agent_tui.screens.picture import PictureScreen
from agent_tui.screens.showing import Showing
from agent_tui.widgets import graphics, signs
from agent_tui.widgets.graphics import Graphics

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
BLOCKS = Wanted("a", pictures.BLOCKS, (40, 40))


def put(folder: Path, image: Image.Image, name: str = "a.png", **options: object) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


# -- the forms


def test_two_pixels_stand_in_a_cell() -> None:
    picture = Picture(1, 3, bytes((*RED, *BLUE, *WHITE)), of=(1, 3), format="PNG")
    assert pictures.half_blocks(picture) == [[(RED, BLUE)], [(WHITE, None)]]
    assert pictures.shades(picture, dark=True) == [":", "@"]
    assert pictures.shades(picture, dark=False) == ["#", " "]


def unpacked(sequence: str, width: int, height: int) -> list[list[int]]:
    """What a terminal makes of a sixel picture: the number of the colour of each pixel, -1 where there is none."""
    found = [[-1] * width for _ in range(height)]
    body = sequence.removeprefix("\x1bP0;1;0q").removesuffix("\x1b\\")
    x = top = colour = 0
    for token in re.findall(r'"[0-9;]+|#[0-9]+;2;[0-9;]+|#[0-9]+|![0-9]+[?-~]|[?-~]|\$|-', body):
        if token[0] == "#" and ";" not in token:
            colour = int(token[1:])
        elif token == "$":
            x = 0
        elif token == "-":
            x, top = 0, top + 6
        elif token[0] not in '"#':
            times = int(token[1:-1]) if token[0] == "!" else 1
            for at in range(x, x + times):
                for bit in range(6):
                    if ord(token[-1]) - 63 >> bit & 1:
                        found[top + bit][at] = colour
            x += times
    return found


@given(st.integers(1, 12), st.integers(1, 14), st.data())
def test_a_sixel_picture_has_every_pixel_once(width: int, height: int, data: st.DataObject) -> None:
    indexes = bytes(data.draw(st.lists(st.integers(0, 3), min_size=width * height, max_size=width * height)))
    sequence = pictures.sixel(width, height, bytes(range(12)), indexes)
    assert pictures.is_drawing(sequence)
    assert sum(unpacked(sequence, width, height), []) == list(indexes)  # noqa: RUF017 -- small


def test_kitty_gets_the_pixels_in_pieces_and_can_take_them_away() -> None:
    pixels = hashlib.shake_128(b"noise").digest(100 * 100 * 3)
    sequence = pictures.kitty(100, 100, pixels, 7)
    assert pictures.is_drawing(sequence)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sequence)
    assert pieces[0][0].startswith("a=T,f=24,s=100,v=100,o=z,q=2,C=1,i=7,m=1")
    assert [keys for keys, _ in pieces[1:]] == ["m=1"] * (len(pieces) - 2) + ["m=0"]
    assert max(len(part) for _, part in pieces) <= 4096
    assert zlib.decompress(base64.b64decode("".join(part for _, part in pieces))) == pixels
    assert pictures.kitty_end(7) == "\x1b_Ga=d,d=I,i=7,q=2\x1b\\"


@pytest.mark.parametrize("text", ["", "x", "\x1b]52;c;AAAA\x07", '\x1bP0;1;0q"1;1;1;1\x1b\\\x1b]2;x\x07', "\x1b_Ga=T;\x1b[2J\x1b\\"])
def test_nothing_but_a_picture_reaches_the_terminal(text: str) -> None:
    assert not pictures.is_drawing(text)


# -- decoding


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp", "a.bmp"])
def test_a_picture_is_decoded_in_the_size_that_is_asked_for(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, Image.new("RGB", (200, 100), RED), name)
    assert is_picture(path, "receipt.txt")
    found = decode(path, BLOCKS)
    assert (found.width, found.height, found.of, found.moves) == (40, 20, (200, 100), False)
    red, green, blue = found.at(39, 19)
    assert red > 240
    assert green + blue < 20


def test_one_that_lies_on_its_side_is_turned_and_one_without_ground_stands_on_white(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(put(tmp_path, Image.new("RGB", (80, 40)), "a.jpg", exif=exif), BLOCKS).of == (40, 80)
    assert decode(put(tmp_path, Image.new("RGBA", (8, 8), (255, 0, 0, 0))), BLOCKS).at(0, 0) == WHITE


def test_of_one_that_moves_the_beginning_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    found = decode(put(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:]), BLOCKS)
    assert found.moves
    assert found.at(0, 0) == RED


def claims(width: int, height: int) -> bytes:
    """A PNG that says it is so large; its pixels are not there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    parts = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_bomb_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(claims(60_000, 60_000))
    with pytest.raises(UsageError, match="60,000 × 60,000 pixels, which is more than is decoded here"):
        decode(path, BLOCKS)


def test_what_is_damaged_or_no_picture_is_said_so(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.effect_noise((90, 90), 50).convert("RGB").save(whole, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(whole.getvalue()[:2000])
    with pytest.raises(UsageError, match="it is damaged"):
        decode(path, BLOCKS)
    path.write_text('<svg onload="x">')
    assert not is_picture(path, "a.png")
    with pytest.raises(UsageError, match="no picture that could be shown here"):
        decode(path, BLOCKS)


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, Image.new("RGB", (8, 8)))
    reader = tmp_path / "reader.py"
    lines = ("import sys", f"sys.argv[0] = {str(picturing.READER)!r}", "sys.modules['PIL'] = None", "import runpy",
             f"sys.path.insert(0, {str(picturing.READER.parents[2])!r})", f"runpy.run_path({str(picturing.READER)!r}, run_name='__main__')")
    reader.write_text("\n".join(lines))
    monkeypatch.setattr(picturing, "READER", reader)
    with pytest.raises(UsageError, match=re.escape("pip install 'agent-tui[pictures]'")):
        decode(path, BLOCKS)


def test_a_decoder_that_was_taken_over_cannot_command_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, Image.new("RGB", (8, 8)))
    reader = tmp_path / "reader.py"
    reader.write_text("""print('{"width": 8, "height": 8, "of": [8, 8], "moves": false}\\n\\x1b]52;c;AAAA\\x07', end="")""")
    monkeypatch.setattr(picturing, "READER", reader)
    for way in pictures.WAYS:
        with pytest.raises(UsageError, match="gave something else"):
            decode(path, replace(BLOCKS, way=way))


# -- the terminal


def test_it_is_asked_for_what_it_can_answer() -> None:
    assert graphics.question({"TERM": "xterm"}).endswith("\x1b[c")
    assert "\x1b_G" in graphics.question({"TERM": "xterm"})
    for environment in ({"TMUX": "x"}, {"STY": "x"}, {"TERM_PROGRAM": "Apple_Terminal"}):
        assert "\x1b_G" not in graphics.question(environment)
    assert graphics.is_yes("i=31;OK")
    assert not graphics.is_yes("i=31;ENOTSUPPORTED:no")
    assert graphics.has_sixel("62;4;22")
    assert not graphics.has_sixel("4;22")
    assert graphics.cell("20;9") == (9, 20)
    assert graphics.cell("0;0") is None


@pytest.mark.parametrize(
    ("wanted", "told", "colours", "blocks", "expected"),
    [
        ("auto", Graphics(kitty=True, sixel=True), True, True, pictures.KITTY),
        ("auto", Graphics(sixel=True), True, True, pictures.SIXEL),
        ("auto", Graphics(), True, True, pictures.BLOCKS),
        ("auto", Graphics(sixel=True), False, True, pictures.SHADES),
        ("auto", Graphics(), True, False, pictures.SHADES),
        ("blocks", Graphics(kitty=True), True, True, pictures.BLOCKS),
        ("sixel", Graphics(), True, True, pictures.SIXEL),
    ],
)
def test_the_best_that_it_can_is_used(wanted: str, told: Graphics, colours: bool, blocks: bool, expected: str) -> None:
    assert graphics.way(wanted, told, colours=colours, blocks=blocks) == expected


# -- the screen


def shown_by(at, told: Graphics) -> list[str]:
    """What reaches the terminal besides cells."""
    sent: list[str] = []
    at.app.bench.showing = Showing("auto", lambda: False, lambda text: sent.append(text) or "")
    at.app.bench.showing.told(told)
    at.desk.attachment = lambda _message, _part: at.picture

    def now(path, wanted, done):
        try:
            done(decode(path, wanted))
        except UsageError as error:
            done(error)

    at.desk.picture = now
    return sent


async def look(at) -> None:
    await at.press("enter", "F")
    await at.type("rec")
    await at.press("enter")
    await at.pilot.pause()


async def test_a_picture_of_the_case_is_looked_at_and_left_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.test_inbox_screen import seat

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    async with seat() as at:
        at.picture = put(tmp_path, Image.new("RGB", (300, 200), RED))
        sent = shown_by(at, Graphics())
        await look(at)
        assert isinstance(at.app.screen, PictureScreen)
        assert "PNG, 300 × 200" in at.text()
        assert ("▀" * 20 in at.text()) == (at.app.console.color_system in {"truecolor", "256"})
        await at.press("escape")
        assert not isinstance(at.app.screen, PictureScreen)
        assert sent == []


async def test_pixels_are_put_over_empty_cells_and_taken_away(tmp_path: Path) -> None:
    from tests.unit.test_inbox_screen import seat

    async with seat() as at:
        at.picture = put(tmp_path, Image.new("RGB", (300, 200), RED))
        sent = shown_by(at, Graphics(kitty=True))
        at.app.bench.showing.wanted = "kitty"
        await look(at)
        assert len(sent) == 1
        assert sent[0].startswith("\x1b7\x1b[2;3H\x1b_Ga=T,f=24,s=300,v=200")
        assert sent[0].endswith("\x1b\\\x1b8")
        assert "▀" not in at.text()
        await at.press("question_mark")
        assert sent[-1].startswith("\x1b_Ga=d")
        await at.press("escape")
        assert sent[-1].startswith("\x1b7")
        await at.press("escape")
        assert sent[-1].startswith("\x1b_Ga=d")


async def test_where_the_font_has_no_blocks_signs_are_shaded_and_aloud_it_is_words(tmp_path: Path) -> None:
    from tests.unit.test_inbox_screen import seat

    async with seat() as at:
        at.picture = put(tmp_path, Image.new("RGB", (300, 200), WHITE))
        shown_by(at, Graphics(sixel=True))
        signs.use(signs.ASCII)
        at.app.bench.showing.wanted = "shades"
        await look(at)
        assert ("@" if at.app.bench.look.dark else " ") * 20 in at.text()
        await at.press("escape")
        signs.use(signs.ALL)
        at.desk.workspace = replace(at.desk.workspace, layout="linear")
        await at.press("F")
        await at.type("rec")
        await at.press("enter")
        assert "PNG, 300 × 200" in at.text()
        assert "@" * 20 not in at.text()


async def test_a_terminal_that_answers_late_is_believed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "PATIENCE_S", 0)
    showing = Showing("auto", lambda: True)
    heard: list[Graphics] = []
    given_up = asyncio.Event()
    showing.when_known(lambda told: (heard.append(told), given_up.set()))
    await given_up.wait()
    showing.when_known(heard.append)
    assert heard == [Graphics(), Graphics()]
    showing.told(Graphics(sixel=True))
    showing.when_known(heard.append)
    assert heard[2:] == [Graphics(sixel=True)] * 3


async def test_what_cannot_be_shown_says_what_to_do(tmp_path: Path) -> None:
    from tests.unit.test_inbox_screen import seat

    async with seat() as at:
        at.picture = tmp_path / "bomb.png"
        at.picture.write_bytes(claims(60_000, 60_000))
        shown_by(at, Graphics())
        await look(at)
        assert "more than is decoded here; o in the case opens it outside" in at.words


