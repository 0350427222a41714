"""A whole case in one view: only what is near the screen is laid out."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from textual.app import App

from agent_tui.domain.model import Author, MessageState, Role, Visibility
from agent_tui.domain.translation import Translation
from agent_tui.widgets import message_view, width
from agent_tui.widgets.message_blocks import PORTION, View, lay_out
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.theme import LOOKS
from tests.fake_desk import NOW, FakeDesk, make_case, make_message

width.install()
UTC = ZoneInfo("UTC")
VIEW = View(80, True, False, NOW, UTC)


def quoted_spans(text):
    """What is folded, found plainly: the finder itself has tests of its own."""
    lines = text.split("\n")
    sign = next((at for at, line in enumerate(lines) if line.rstrip() == "--"), None)
    quote = next((at for at, line in enumerate(lines) if line.endswith("wrote:")), len(lines))
    spans = [(sign, quote, "signature")] if sign is not None else []
    return (*spans, (quote, len(lines), "quote")) if quote < len(lines) else tuple(spans)


def text_of(lines):
    return "\n".join("".join(text for text, _ in line.pieces).rstrip() for line in lines)


def shown(message, **changes):
    held = changes.pop("held_until", None)
    portions = changes.pop("portions", 1)
    return lay_out(message, replace(VIEW, **changes), quoted_spans, held_until=held, portions=portions)


def test_a_header_says_who_what_and_visibility_in_words():
    first = shown(make_message(make_case(0), 0))[0]
    words = "".join(text for text, _ in first.pieces)
    assert "Priya Sharma" in words
    assert "customer, private" in words
    assert first.right[0][0].strip() == "02:13"


def test_quotes_and_signature_fold_to_a_line_each_and_come_back():
    message = make_message(make_case(0), 0)
    folded = text_of(shown(message))
    assert "[5 quoted lines]" in folded
    assert "[signature," in folded
    assert "working days, depending" not in folded
    assert "working days, depending" in text_of(shown(message, folded=False))


def test_a_translation_stands_below_the_text_and_says_who_made_it():
    message = replace(make_message(make_case(0), 0), translation=Translation("en", "In other\nwords"))
    words = text_of(shown(message))
    assert "⇄ in English, by a machine" in words
    assert words.index("by a machine") < words.index("In other")
    ours = replace(message, translation=Translation("en", "As I wrote it", machine=False))
    assert "written in English, and translated" in text_of(shown(ours))


def test_files_are_listed_with_type_size_and_whether_they_are_here():
    words = text_of(shown(make_message(make_case(0), 0)))
    assert "receipt 48213.pdf  PDF document, 34 kB, here" in words
    assert "broken-glass.jpg  JPEG image, 2.4 MB, on the server" in words


def test_a_note_says_so_in_words_and_every_line_of_it_has_a_border():
    note = make_message(make_case(0), 1, visibility=Visibility.NOTE, text="Check the bank.\nAsk Li.")
    lines = shown(note)[:-1]
    assert "note" in text_of(lines[:1])
    assert "only colleagues see it" in text_of(lines[:1])
    assert all(line.pieces[0][0].startswith("┃") and line.ground == "note" for line in lines)


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (MessageState.HELD, "", "held 12 s: z takes it back"),
        (MessageState.QUEUED, "", "queued"),
        (MessageState.SENDING, "", "sending"),
        (MessageState.UNKNOWN, "", "it may have arrived"),
        (MessageState.FAILED, "mailbox full", "not sent (mailbox full); the text is back as a draft"),
        (MessageState.FAILED, "", "not delivered"),
    ],
)
def test_what_became_of_our_message_is_said_in_words(state, error, words):
    message = make_message(make_case(0), 1, state=state, error=error, operation=5)
    assert words in text_of(shown(message, held_until=NOW + 11_400))


def test_headers_on_request():
    message = make_message(make_case(0), 0, headers=(("X-Priority", "1"), ("Subject", "x")))
    words = text_of(shown(message, headers=True))
    assert "Support <support@example.com>" in words
    assert "X-Priority" in words
    assert "X-Priority" not in text_of(shown(message))


@pytest.mark.parametrize("text", ["ধন্যবাদ আপনাকে " * 40, "ਸਤਸ੍ਰੀਅਕਾਲ" * 60, "東京都" * 80, "word " * 90, "👩‍💻👍🏽" * 50], ids=["bn", "pa", "ja", "en", "emoji"])
def test_wrapped_lines_fit_in_every_script(text):
    for wide in (20, 41, 80):
        for line in shown(make_message(make_case(0), 0, text=text, attachments=()), width=wide)[1:]:
            assert sum(width.cells(piece) for piece, _ in line.pieces) <= wide


def test_a_very_long_text_comes_in_portions():
    message = make_message(make_case(0), 0, text="x" * (PORTION * 3))
    assert f"{PORTION * 2:,} more characters" in text_of(shown(message))
    assert f"{PORTION:,} more characters" in text_of(shown(message, portions=2))


class Probe(App):
    def __init__(self, messages=1000):
        super().__init__()
        self.desk = FakeDesk(cases=1, messages=messages)
        for look in LOOKS.values():
            self.register_theme(look.theme())
        self.view = MessageView(LOOKS["evening"], self.desk.now, UTC, quoted_spans, self.desk.message)

    def compose(self):
        yield self.view

    def on_mount(self):
        thread = self.desk.thread(17)
        self.view.show(thread.case, thread.messages)


async def test_a_case_of_a_thousand_messages_lays_out_only_what_is_seen(monkeypatch):
    laid = []
    original = message_view.lay_out
    monkeypatch.setattr(message_view, "lay_out", lambda m, *a, **k: (laid.append(m.id), original(m, *a, **k))[1])
    app = Probe()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.view.current == 999
        assert len(laid) < 20
        assert app.view.at_end


async def test_scrolling_up_through_guessed_heights_never_jumps():
    app = Probe(60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.view

        def screen():
            return ["".join(s.text for s in view.render_line(y)).strip(" ▌") for y in range(view.size.height)]

        for _ in range(150):
            before = screen()
            if not view.scroll_by(-1):
                break
            assert screen()[1:] == before[:-1]


async def test_messages_without_text_are_fetched_when_they_come_near():
    app = Probe(200)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not [c for c in app.desk.calls if c[0] == "message"]
        app.view.go(3)
        assert 0 < len([c for c in app.desk.calls if c[0] == "message"]) < 15
        assert "Message 3 of this case" in "\n".join(
            "".join(s.text for s in app.view.render_line(y)) for y in range(24))


async def test_a_new_message_below_is_counted_and_does_not_move_the_text():
    app = Probe(40)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.view.go(10)
        before = "".join(s.text for s in app.view.render_line(0))
        below = app.view.below
        case = app.desk.case(17)
        extra = make_message(case, 90, author=Author("Priya", "c0@example.com", Role.CUSTOMER))
        app.view.show(case, (*app.view.messages, extra))
        assert "".join(s.text for s in app.view.render_line(0)) == before
        assert app.view.below == below + 1


async def test_going_to_a_message_while_hidden_waits_until_it_is_shown():
    app = Probe(60)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.display = False
        await pilot.pause()
        app.view.show(None, ())
        thread = app.desk.thread(17)
        app.view.show(thread.case, thread.messages)
        assert app.view.go(5)
        app.view.display = True
        await pilot.pause()
        assert app.view.current == 5


async def test_what_depends_on_how_much_is_seen_is_told_of_another_size():
    app = Probe(8)
    async with app.run_test(size=(80, 24)) as pilot:
        told = []
        app.view.scrolled = lambda: told.append(app.view.at_end)
        await pilot.resize_terminal(80, 200)
        await pilot.pause()
        assert told
        assert told[-1] is app.view.at_end


@pytest.mark.parametrize("words", ["In other words", "\n".join(f"Line {number} of it" for number in range(90))])
async def test_a_translation_that_came_below_the_screen_is_scrolled_to_from_its_title_on(words):
    app = Probe(40)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.view
        view.go(10)
        thread = app.desk.thread(17)
        long = replace(view.message, text="Their own words.\n" * 60, translation=Translation("en", words))
        messages = tuple(long if one.id == long.id else one for one in view.messages)
        view.show(thread.case, messages)

        def screen():
            return "\n".join("".join(s.text for s in view.render_line(y)) for y in range(view.size.height))

        assert "in English, by a machine" not in screen()
        view.to_translation(long.id)
        assert "in English, by a machine" in screen()
        assert words.split("\n")[0] in screen()
        assert view.message.id == long.id
        top = view.scroll_offset.y
        view.to_translation(long.id)
        assert view.scroll_offset.y == top


@pytest.mark.parametrize("key", ["scroll_by", "page", "step", "to_end", "tick"])
async def test_a_key_between_having_room_and_being_told_so_breaks_nothing(key):
    """As on a busy machine: the screen has given it a place, and the message that says so waits behind the key."""
    app = Probe()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(MessageView)
        view._view = None
        for block in view._blocks:
            block.lines = None
        getattr(view, key)(*([1] if key in {"scroll_by", "page", "step"} else []))
        view.render_line(0)
        await pilot.resize_terminal(70, 24)
        await pilot.pause()
        assert view._view is not None
