"""Every terminal: dark or light as it says, contrast that can be read, signs that its font has, one column in words."""

from __future__ import annotations

import os
import pty
import select
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.app import Workstation
from agent_tui.domain.model import CaseState, Priority
from agent_tui.driver import GroundTold
from agent_tui.widgets import answers, message_blocks, signs, spoken, theme, width
from agent_tui.widgets import pen as pen_module
from agent_tui.widgets.pen import NOTHING, Pen
from agent_tui.widgets.standing_cells import StandingCells, spread
from tests.fake_desk import HOUR, NOW, FakeDesk, make_case

width.install()


# -- dark and light


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("\x1b]11;rgb:1515/1818/1e1e\x1b\\", "dark"),
        ("\x1b]11;rgb:fb/fa/f7\x07", "light"),
        ("\x1b]11;rgba:ffff/ffff/ffff/8000\x07", "light"),
        ("\x1b]11;#101010\x07", "dark"),
        ("\x1b]11;#eeeeffffeeee\x07", "light"),
        ("\x1b[?997;1n", "dark"),
        ("\x1b[?997;2n", "light"),
    ],
)
def test_the_terminals_answer_is_taken_out_of_the_keys_wherever_it_is_cut(answer: str, expected: str) -> None:
    for cut in (0, *range(2, len(answer) + 1)):  # a lone escape is a key and goes on at once
        taken = answers.Answers()
        first, one = taken.feed("jk" + answer[:cut])
        second, two = taken.feed(answer[cut:] + "\x1b[Ax")
        assert [*one, *two] == [(answers.GROUND, expected)], cut
        assert first + second == "jk\x1b[Ax", cut


@given(st.lists(st.text(alphabet="\x1b[]?0123456789;nRP>|_Gct:rgb/#jk\x07\\", max_size=12), max_size=8))
def test_keys_are_never_lost_or_changed(pieces: list[str]) -> None:
    taken = answers.Answers()
    out, told = "", []
    for one in pieces:
        keys, found = taken.feed(one)
        out, told = out + keys, told + found
    out += taken.flush()
    sent = "".join(pieces)
    assert (out == sent) == (not told)
    assert set(out) <= set(sent)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("\x1b[2;7R", (answers.POSITION, "7")),
        ("\x1bP>|XTerm(379)\x1b\\", (answers.NAME, "XTerm(379)")),
        ("\x1b_Gi=7;OK\x1b\\", (answers.GRAPHICS, "i=7;OK")),
        ("\x1b[?62;4;22c", (answers.ATTRIBUTES, "62;4;22")),
        ("\x1b[6;20;10t", (answers.CELL, "20;10")),
    ],
)
def test_every_answer_is_taken_wherever_it_is_cut(answer: str, expected: tuple[str, str]) -> None:
    for cut in (0, *range(2, len(answer) + 1)):
        taken = answers.Answers()
        first, one = taken.feed("j" + answer[:cut])
        assert taken.surely == (3 < cut < len(answer))
        second, two = taken.feed(answer[cut:] + "k")
        assert (first + second, [*one, *two]) == ("jk", [expected]), cut


@pytest.mark.parametrize("key", ["\x1b[1;2R", "\x1bP", "\x1b_", "\x1b]", "\x1b[<0;10;2M", "\x1b[200~2;7R\x1b[201~", "\x1b[13;2~"])
def test_a_key_that_looks_like_an_answer_is_a_key(key: str) -> None:
    taken = answers.Answers()
    keys, told = taken.feed(key)
    assert (keys + taken.flush(), told) == (key, [])


def test_what_begins_like_an_answer_and_is_none_is_given_back() -> None:
    taken = answers.Answers()
    assert taken.feed("\x1b]") == ("", [])
    assert taken.waiting
    assert taken.flush() == "\x1b]"
    assert taken.feed("\x1b]11;" + "x" * 200)[0] == "\x1b]11;" + "x" * 200


@pytest.mark.parametrize(("value", "expected"), [("15;0", "dark"), ("0;15", "light"), ("0;default;7", "light"), ("", ""), ("x", "")])
def test_the_environment_is_believed_where_the_terminal_says_nothing(value: str, expected: str) -> None:
    assert theme.told_ground({"COLORFGBG": value}) == expected


@pytest.mark.parametrize(
    ("wanted", "told", "name"),
    [
        ("auto", "light", "paper"), ("auto", "dark", "evening"), ("", "", "evening"), ("dark", "light", "evening"),
        ("light", "dark", "paper"), ("contrast", "light", "contrast-light"), ("contrast", "", "contrast"),
        ("contrast-dark", "light", "contrast"), ("contrast-light", "dark", "contrast-light"), ("plain", "light", "plain"),
    ],
)  # fmt: skip
def test_a_theme_follows_the_terminal_unless_it_was_named(wanted: str, told: str, name: str) -> None:
    assert theme.choose(wanted, colours="truecolor", no_colour=False, ground=told).name == name
    assert theme.choose(wanted, colours="256", no_colour=False, ground=told).name == name
    assert theme.choose(wanted, colours="standard", no_colour=False, ground=told).name == "plain"
    assert theme.choose(wanted, colours="truecolor", no_colour=True, ground=told).name == "plain"


async def test_the_workstation_changes_with_the_terminal_and_remembers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    desk = FakeDesk()
    app = Workstation(desk)
    monkeypatch.setattr(app.console, "_color_system", app.console._color_system.__class__.TRUECOLOR if app.console._color_system else None)
    async with app.run_test() as pilot:
        if app.console.color_system not in {"truecolor", "256"}:
            pytest.skip("this test's terminal has no colours")
        for told, name in (("light", "paper"), ("dark", "evening"), ("light", "paper")):
            app.post_message(GroundTold(told))
            await pilot.pause()
            assert app.bench.look.name == name
            assert app.screen.list.look.name == name
            assert desk.recall("ground") == told
        desk.workspace = replace(desk.workspace, theme="dark")
        app.set_look("evening")
        app.post_message(GroundTold("light"))
        await pilot.pause()
        assert app.bench.look.name == "evening"


# -- contrast


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [theme.CONTRAST, theme.CONTRAST_LIGHT])
def test_high_contrast_is_seven_to_one_everywhere(name: str) -> None:
    look = theme.LOOKS[name]
    low = {(ink, on): round(contrast(a, b), 2) for ink, a in look.ink.items() for on, b in look.grounds.items() if contrast(a, b) < 7}
    assert low == {}


@pytest.mark.parametrize("name", [theme.DARK, theme.LIGHT])
def test_what_is_read_in_the_other_themes_is_four_and_a_half_to_one_on_the_page(name: str) -> None:
    look = theme.LOOKS[name]
    read = {ink: colour for ink, colour in look.ink.items() if ink != "faint"}
    assert {ink: round(contrast(colour, look.grounds["page"]), 2) for ink, colour in read.items() if contrast(colour, look.grounds["page"]) < 4.5} == {}


# -- signs


@pytest.fixture
def plain_signs():
    yield signs.use
    signs.use(signs.ALL)


@pytest.mark.parametrize(
    ("wanted", "environment", "expected"),
    [
        ("auto", {"TERM": "xterm", "LANG": "bn_IN.UTF-8"}, "lines"),
        ("auto", {"TERM": "linux", "LANG": "en_US.UTF-8"}, "ascii"),
        ("auto", {"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, "ascii"),
        ("auto", {"TERM": "xterm", "LANG": "C", "LC_ALL": "C.utf8"}, "lines"),
        ("auto", {}, "lines"),
        ("lines", {"TERM": "linux"}, "lines"),
        ("none", {}, "none"),
    ],
)
def test_signs_are_chosen_by_what_the_terminal_can_show(wanted: str, environment: dict[str, str], expected: str) -> None:
    assert signs.choose(wanted, environment) == expected


@pytest.mark.parametrize("kind", [signs.ASCII, signs.NONE])
def test_every_replacement_takes_one_cell_as_its_sign_did(plain_signs, kind: str) -> None:
    plain_signs(kind)
    for point in range(0x2190, 0x2800):
        before = chr(point)
        after = signs.painted(before)
        if after != before:
            assert after.isascii()
            assert width.cells(after) == width.cells(before) == 1
    assert signs.painted("ধন্যবাদ ─│ ✓") == {"ascii": "ধন্যবাদ -| x", "none": "ধন্যবাদ    x"}[kind]


async def test_nothing_that_the_workstation_paints_by_itself_is_beyond_ascii(plain_signs) -> None:
    desk = FakeDesk()
    desk.workspace = replace(desk.workspace, signs="ascii")
    desk.cases = {case.id: replace(case, customer=replace(case.customer, name="Ann"), subject="Lamp", snippet="", tags=())
                  for case in desk.cases.values()}
    for size in ((80, 24), (140, 40), (220, 50)):
        app = Workstation(desk)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for keys in ((), ("x", "j"), ("enter",), ("question_mark",)):
                await pilot.press(*keys)
                await pilot.pause()
                pen = Pen()
                for y in range(size[1]):
                    for segment in app.screen._compositor.render_strips()[y]:
                        pen.write(segment.text, ("", "", ""))
                # Letters of a customer may be any; what is not a letter is ours.
                wrong = {one for one in pen.end() if not one.isascii() and not one.isalnum()}
                assert wrong == set(), (size, keys)


# -- one column in words


def test_a_case_is_a_sentence_with_what_matters_first() -> None:
    case = make_case(1, unread=2, priority=Priority.URGENT, subject="Lamp", tags=("refund",), messages=4, public=False, state=CaseState.OPEN,
                     assignee="asha@example.com", draft=True, flagged=True, updated_at=NOW - 2 * HOUR)
    said = spoken.sentence(case, selected=True, left=-3 * HOUR, now=NOW)
    assert said.startswith("selected, unread, urgent priority, রহিমা খাতুন, Lamp, 3 hours late, chat, open, has a draft, starred, 4 messages")
    assert said.endswith("tags refund, assigned to asha@example.com, 2 hours ago.")
    assert "1 minute left" in spoken.sentence(case, selected=False, left=61_000, now=NOW)
    snoozed = replace(case, state=CaseState.SNOOZED, snoozed_until=NOW + 26 * HOUR)
    assert "back in 1 day" in spoken.sentence(snoozed, selected=False, left=None, now=NOW)


@pytest.mark.parametrize("size", [(80, 24), (300, 80)])
async def test_a_linear_layout_is_one_column_and_the_cursor_stands_where_the_keys_are(plain_signs, size: tuple[int, int]) -> None:
    desk = FakeDesk()
    desk.workspace = replace(desk.workspace, layout="linear")
    app = Workstation(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen = app.screen
        assert not screen.views_column.display or screen.has_class("narrow")
        assert screen.list.size.width == size[0]
        top = screen.list.region.y
        await pilot.press("j", "j")
        assert screen.caret_now() == (0, top + 2)
        assert spoken.sentence(screen.list.case(), selected=False, left=screen.left(screen.list.case(), desk.now()), now=desk.now())[:20] in (
            "".join(segment.text for segment in screen.list.render_line(2))
        )
        await pilot.press("enter")
        assert not screen.list.display
        assert screen.reader.size.width == size[0]
        assert screen.caret_now() == screen.reader.region.offset
        await pilot.press("t", *"refund")
        assert screen.caret_now() == (len("  tag:refund") if screen.status.prompt.label == "tag:" else 0, size[1] - 1)


def test_the_terminal_is_asked_once_and_its_answer_reaches_no_widget(tmp_path) -> None:
    """The driver over a real pseudo-terminal: the question goes out, and what is answered is not taken for keys."""
    script = (
        "import sys\n"
        "from textual.app import App\n"
        "from agent_tui.driver import driver_for, GroundTold\n"
        "class Probe(App):\n"
        "    seen = []\n"
        "    def on_ground_told(self, event): self.seen.append(event.ground)\n"
        "    def on_key(self, event):\n"
        "        self.seen.append(event.key)\n"
        "        if event.key == 'q': self.exit()\n"
        "app = Probe(driver_class=driver_for(None))\n"
        "app.run()\n"
        "open(sys.argv[1], 'w').write(' '.join(app.seen))\n"
    )
    out = tmp_path / "seen"
    master, slave = pty.openpty()
    import subprocess

    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen([sys.executable, "-c", script, str(out)], stdin=slave, stdout=slave, stderr=slave, env=environment,
                               start_new_session=True)
    os.close(slave)
    read, answered = b"", False
    try:
        while process.poll() is None:
            ready, _, _ = select.select([master], [], [], 30)
            assert ready, read[-300:]
            try:
                read += os.read(master, 65536)
            except OSError:
                break
            if not answered and b"\x1b]11;?" in read:
                answered = True
                os.write(master, b"\x1b]11;rgb:ffff/ffff")
                os.write(master, b"/ffff\x1b\\jq")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert out.read_text() == "light j q"
    assert read.count(b"\x1b]11;?") == 1


# -- links


@pytest.fixture
def links():
    yield pen_module.use_links
    pen_module.use_links({"TERM": "xterm"})


def test_a_link_is_whole_in_each_of_its_rows_and_nothing_else_is_one() -> None:
    address = "https://shop.example/orders/48213?from=mail&x=" + "y" * 60
    rows = list(message_blocks._linked(f"See {address} and ftp. [1] mailto:a@b.example", 40, "text"))
    assert "".join(text for row in rows for text, _ in row).replace(" ", "") == f"See{address}andftp.[1]mailto:a@b.example"
    linked = [(text, role) for row in rows for text, role in row if role.startswith("link")]
    assert "".join(text for text, role in linked if role == f"link+underline@{address}") == address
    assert len({role for _, role in linked}) == 2
    assert all(width.cells("".join(text for text, _ in row)) <= 40 for row in rows)


@given(st.text(alphabet="ab :/.[1]https ধ\u0301", max_size=80), st.integers(8, 60))
def test_rows_with_links_hold_every_letter_once(line: str, columns: int) -> None:
    plain = message_blocks._rows(line, columns)
    linked = ["".join(text for text, _ in row) for row in message_blocks._linked(line, columns, "text")]
    assert [one.rstrip(" ") for one in linked] == [one.rstrip(" ") for one in plain]


def test_an_address_cannot_end_its_sequence_and_parts_of_it_are_one_link(links) -> None:
    links({"TERM": "xterm"})

    def sent(*places) -> str:
        return StandingCells({}).put([(0, y, spread(text, (NOTHING, at))) for y, text, at in places], 80)

    address = "https://x.example/\x1b\\\x07 ধ"
    out = sent((0, "one", address), (1, "", ""), (2, "two", address), (3, "three", ""), (4, "two", address))
    assert out.count("\x1b]8;id=") == 2
    assert len({part.split(";", 1)[0] for part in out.split("\x1b]8;id=")[1:]}) == 1
    assert "https://x.example/%1B\\%07%20%E0%A6%A7\x1b\\one" in out
    assert "\x1b]8;;\x1b\\three" in out
    assert out.endswith("\x1b]8;;\x1b\\")
    links({"TERM": "linux"})
    assert sent((0, "one", "https://x.example/")) == "\x1b[Hone"


# -- sizes


@pytest.mark.parametrize("layout", ["auto", "linear"])
async def test_it_can_be_resized_while_it_runs_from_the_smallest_to_the_largest(layout: str, plain_signs) -> None:
    desk = FakeDesk(cases=400)
    desk.workspace = replace(desk.workspace, layout=layout)
    app = Workstation(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"jjjjjjjjjj")
        here = app.screen.list.cursor_id
        for size in ((300, 80), (80, 24), (120, 30), (179, 29), (180, 40), (40, 10), (300, 80), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.screen.list.cursor_id == here
            top = app.screen.list.scroll_offset.y
            assert top <= app.screen.list.cursor < top + app.screen.list.size.height
            assert {line.cell_length for line in app.screen._compositor.render_strips()} == {size[0]}
        await pilot.press("enter")
        for size in ((300, 80), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.screen.reader.case.id == here
            assert app.screen.reader.size.height > 3


def test_a_link_whose_server_is_dressed_up_as_another_is_not_opened_by_a_click() -> None:
    (row,) = message_blocks._linked("See https://exаmple.com/x", 60, "text")  # the second a is Cyrillic
    assert row[1] == ("https://exаmple.com/x", "link+underline")
