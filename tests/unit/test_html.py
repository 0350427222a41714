"""HTML mail as text an agent can read, whatever the markup."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.sources.html import to_text


def test_links_become_numbered_footnotes_once_each():
    text = to_text('<p>See <a href="https://x.org/a">here</a> and <a href="https://x.org/a">again</a>, '
                   '<a href="https://y.org">https://y.org/</a>, <a href="mailto:a@b.c">a@b.c</a>.</p>')  # fmt: skip
    assert text == "See here [1] and again [1], https://y.org/, a@b.c.\n\n[1] https://x.org/a"


def test_a_link_that_shows_another_address_than_its_own_says_so():
    assert "[1] https://evil.example/" in to_text('<a href="https://evil.example/">https://bank.example/</a>')


def test_scripts_are_no_links():
    assert to_text('<a href="javascript:alert(1)">x</a><a href=" java\nscript:alert(1)">y</a><a href="data:x">z</a>') == "xyz"


def test_lists_nest_and_count():
    assert to_text("<ul><li>one<li>two<ol start=3><li>x<li>y</ol></ul>") == "- one\n- two\n  3. x\n  4. y"


def test_tables_of_data_line_up():
    assert to_text("<table><tr><th>Item<th>Price<tr><td>Shoe<td>12</table>") == "Item | Price\nShoe | 12"


def test_tables_that_only_lay_out_are_text():
    assert to_text("<table><tr><td><table><tr><td><p>Hello</p><p>you</p></td></tr></table></td></tr></table>") == "Hello\n\nyou"


def test_quotes_are_marked_level_by_level():
    assert to_text("<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote><p>d</p>") == "a\n\n> b\n>\n> > c\n\nd"


def test_headings_preformatted_text_and_rules():
    assert to_text("<h2>Title</h2><pre>a\n  b</pre><hr>c") == "## Title\n\na\n  b\n\n---\n\nc"


def test_line_breaks_part_lines():
    assert to_text("a<br>b<br><br>c<div>d</div><div>e</div>") == "a\nb\n\nc\nd\ne"


@pytest.mark.parametrize("hidden", [
    '<div style="display:none">secret</div>', '<span style="font-size:0px;color:#fff">secret</span>', "<p hidden>secret</p>",
    '<div style="max-height:0;overflow:hidden">secret</div>', "<style>secret{}</style>", "<script>secret()</script>",
    "<title>secret</title>", '<span style="mso-hide:all">secret</span>', '<img width="1" height="1" alt="secret">', "<!-- secret -->",
])  # fmt: skip
def test_what_the_reader_was_not_to_see_is_not_shown(hidden):
    assert to_text(f"<body>{hidden}<p>shown</p></body>") == "shown"


def test_pictures_are_their_words():
    assert to_text('<p>Hi <img src="https://x/y.png" alt="A dog"> <img src="https://track"></p>') == "Hi [A dog]"


def test_entities_and_scripts():
    assert to_text("<p>&lt;b&gt; &amp; ধন্যবাদ&nbsp;&copy;</p>") == "<b> & ধন্যবাদ\u00a0©"


def test_paragraphs_are_wrapped_where_asked():
    lines = to_text("<p>" + "word " * 60 + "</p><blockquote>" + "quoted " * 30 + "</blockquote>", width=40).split("\n")
    assert all(len(line) <= 40 for line in lines)
    assert sum(line.startswith("> ") for line in lines) > 3


@pytest.mark.parametrize("bomb", [
    "<div>" * 200_000, "<blockquote>" * 100_000, "<ul><li>" * 100_000, "<table><tr><td>" * 60_000, "<b>" * 300_000, "word " * 600_000,
    "<p>word " * 300_000, "<a " * 500_000, "".join(f"<font size={n}><p>" for n in range(30_000)), "<!--" * 500_000, "&" * 1_000_000,
], ids=lambda bomb: bomb[:14])  # fmt: skip
def test_huge_and_deep_markup_is_bounded(bomb):
    begun = time.process_time()
    to_text(bomb + "x")
    assert time.process_time() - begun < 4.0  # under 2 s on a quiet machine


PIECES = st.sampled_from([*"<>/=\"' abdpultrh&;!-", "<td>", "<table>", "<tr>", "<li>", "<pre>", "</", "<a href=x>", "<blockquote>"])


@given(st.lists(PIECES, max_size=120))
def test_no_markup_is_too_broken(pieces):
    assert isinstance(to_text("".join(pieces)), str)
