"""A layout that is kept up to date equals one made afresh, and says which rows to paint."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.text_buffer import TextBuffer
from agent_tui.domain.text_layout import TextLayout

ALPHABET = "ab  \n\té\u0301ধন্যਸ੍ਰੀ日本👩\u200d"
texts = st.text(ALPHABET, max_size=50)


def picture(layout):
    """Every row as text."""
    rows = []
    for y in range(layout.height):
        row = layout.row(y)
        rows.append((layout.buffer.lines[row.line][row.start : row.end], row.last))
    return rows


ACTIONS = st.one_of(
    st.tuples(st.just("insert"), st.text(ALPHABET, max_size=8)),
    st.tuples(st.just("jump"), st.integers(0, 80)),
    st.tuples(st.sampled_from(["delete_left", "delete_right", "delete_word_left", "undo", "redo"]), st.none()),
)


@given(texts, st.lists(ACTIONS, max_size=12), st.integers(2, 14))
def test_rows_painted_again_are_all_that_differ(text, actions, width):
    buffer = TextBuffer(text)
    layout = TextLayout(buffer, width)
    shown = picture(layout)
    for name, argument in actions:
        if name == "insert":
            buffer.insert(argument, typed=True)
        elif name == "jump":
            buffer.move_to(buffer.position_of(argument))
        else:
            getattr(buffer, name)()
        touched = layout.update()
        fresh = picture(layout)
        assert fresh == picture(TextLayout(buffer, width))
        if touched is None:
            assert fresh == shown
        else:
            first, last = touched
            assert fresh[:first] == shown[:first]
            if last is not None:
                assert len(fresh) == len(shown)
                assert fresh[last + 1 :] == shown[last + 1 :]
        shown = fresh


@given(texts, st.integers(2, 14))
def test_every_place_is_found_again_by_its_cell(text, width):
    buffer = TextBuffer(text)
    layout = TextLayout(buffer, width)
    while True:
        y, x = layout.y_of(buffer.cursor), layout.x_of(buffer.cursor)
        assert 0 <= y < layout.height
        found = layout.place_at(y, x)
        assert layout.y_of(found) == y
        if x < width:
            assert layout.x_of(found) == x
        before = buffer.cursor
        buffer.right()
        if buffer.cursor == before:
            break


def test_typing_in_a_long_line_paints_one_row():
    buffer = TextBuffer("word " * 40_000, cursor=100_002)
    layout = TextLayout(buffer, 78)
    row = layout.y_of(buffer.cursor)
    buffer.insert("x", typed=True)
    first, last = layout.update()
    assert last is not None
    assert row - 1 <= first <= last <= row + 2


def test_home_and_end_stay_on_the_row():
    buffer = TextBuffer("the quick brown fox jumps", cursor=12)
    layout = TextLayout(buffer, 10)
    assert layout.row_start((0, 12)) == (0, 10)
    assert layout.row_end((0, 12)) == (0, 19)
    assert layout.row_end((0, 25)) == (0, 25)
