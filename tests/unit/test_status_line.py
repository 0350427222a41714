"""The last line: hints that fit, words that are not cut for the sake of what stands beside them."""

from agent_tui.widgets import theme, width
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.status_line import StatusLine, fitting

width.install()
HINTS = [("enter", "open"), ("r", "reply"), ("e", "done"), ("z", "undo"), ("?", "help")]


def line(columns: int, **state: object) -> str:
    status = StatusLine(theme.LOOKS[theme.DARK])
    for name, value in state.items():
        setattr(status, name, value)
    return status.paint(columns, 1)[0].text


def test_no_hint_is_cut_and_the_last_one_stays():
    for columns in range(22, 70):
        shown = line(columns, hints=HINTS, standing=("up to date", "good"))
        assert len(shown) == columns
        assert "…" not in shown, columns
        assert "? help" in shown
    assert fitting(HINTS, 200) == HINTS


def test_words_that_need_the_whole_line_have_it():
    long = "support-mail: the server refused the password; agent-tui secret set support-mail"
    assert line(90, words=(long, "late"), standing=("up to date", "good")).strip() == long
    assert line(120, words=(long, "late"), standing=("up to date", "good")).endswith("up to date ")


def test_a_question_for_y_or_n_says_so_however_long_it_is():
    asked = line(60, prompt=Prompt("Open 'a very long name of a file that somebody sent to us.pdf'?", print, yes_no=True))
    assert asked.endswith(" y/n ")
