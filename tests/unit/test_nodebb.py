"""NodeBB's pieces without a server: settings, the mark, its HTML as text, what a cursor keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import workspace as workspaces
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import CaseState, Role
from agent_tui.sources.nodebb import marker, wire
from agent_tui.sources.nodebb.cursor import Cursor, Known
from agent_tui.sources.nodebb.rendered import files_of, text_of
from agent_tui.sources.nodebb.wire import Ourselves, Topic

BASE = "https://community.example.com/forum/"
TOML = """
[[source]]
name = "forum"
type = "nodebb"
url = "https://community.example.com"
username = "support"
"""
OURS = Ourselves(7, "support", team=frozenset({"asha"}), staff=frozenset({9}), base=BASE)
TOPIC = Topic(id=3, category=2, title="x", asker=20, by_us=False, locked=False, deleted=False, scheduled=False, tags=(), count=1,
              pages=1)  # fmt: skip


def loaded(tmp_path, more: str = ""):
    (tmp_path / "workspace.toml").write_text(TOML + more, "utf-8")
    return workspaces.load(tmp_path).sources[0]


def test_a_forum_needs_an_address_and_a_name(tmp_path):
    source = loaded(tmp_path)
    assert (source.options.url.host, source.options.username, source.options.uid) == ("community.example.com", "support", 0)
    assert source.options.history_ms == 365 * 86_400_000
    assert source.channel.value == "community"


@pytest.mark.parametrize(
    ("line", "fault"),
    [('categories = ["a b"]', "no category"), ('history = "soon"', "length of time"), ('close = "later"', "close"),
     ('agents = ["asha"]', "address for each user name"), ("uid = -1", "uid"), ('token = "x"', "token")],
)
def test_a_fault_names_its_key_and_what_would_be_right(tmp_path, line, fault):
    with pytest.raises(UsageError, match=fault):
        loaded(tmp_path, line)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200), st.text(min_size=1, max_size=80))
def test_the_mark_comes_off_as_it_was_put_on(text, mark):
    mark = mark.encode("utf-8", "ignore").decode()
    if mark:
        body, found = marker.split(marker.sign(text, mark))
        assert (body, found) == (text.rstrip(), mark)


def test_the_mark_is_nothing_that_readers_see():
    from markdown_it import MarkdownIt

    shown = MarkdownIt("commonmark", {"html": False}).render(marker.sign("Hello *there*", "a(b)c d-e_f~ü"))
    assert shown == "<p>Hello <em>there</em></p>\n"


def test_words_that_only_look_like_a_mark_stay():
    assert marker.split("[agent-tui]: # (x) is how we sign") == ("[agent-tui]: # (x) is how we sign", "")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>one<br />two</p>", "one\ntwo"),
        ('<p>hi <a class="plugin-mentions-user plugin-mentions-a" href="/user/asha">@asha</a> <img class="emoji" alt="🙂"/></p>',
         "hi @asha 🙂"),
        ('<pre><code class="language-sh">ls -l\n</code></pre>', "```sh\nls -l\n```"),
        ("<p>use <code>sync</code></p>", "use `sync`"),
        ("<blockquote><p>so he said</p></blockquote><p>no</p>", "> so he said\n\nno"),
        ('<p><a href="/assets/uploads/files/1790000000000-log.txt">log.txt</a></p>', "[log.txt]"),
        ("<p>ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ &amp; ਨਹੀਂ</p>", "ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ & ਨਹੀਂ"),
    ],
)
def test_html_becomes_good_text(content, text):
    assert text_of(content, BASE).strip() == text


def test_files_are_those_of_the_forum_and_no_stranger_s():
    content = (
        '<a href="/forum/assets/uploads/files/1790000000000-log.txt">log.txt</a>'
        '<img src="/forum/assets/uploads/files/1790000000001-shot.png" alt="">'
        '<a href="https://evil.example/assets/uploads/x.txt">x</a><a href="/forum/topic/5">topic</a>'
    )
    found = files_of(content, BASE)
    assert [(one.name, one.inline) for one in found] == [("log.txt", False), ("shot.png", True)]
    assert found[0].part == "https://community.example.com/forum/assets/uploads/files/1790000000000-log.txt"


@pytest.mark.parametrize(
    ("user", "uid", "role"),
    [
        ({"username": "support"}, 7, Role.AGENT), ({"username": "Asha"}, 8, Role.AGENT), ({"username": "gil"}, 9, Role.AGENT),
        ({"username": "eva", "selectedGroups": [{"slug": "administrators"}]}, 10, Role.AGENT),
        ({"username": "robin"}, 20, Role.CUSTOMER), ({"username": "lena"}, 21, Role.PEER), ({}, 0, Role.SYSTEM),
    ],
)  # fmt: skip
def test_who_somebody_is_to_us(user, uid, role):
    assert wire.role_of(user, uid, OURS, TOPIC) is role


def test_in_a_chat_and_in_our_own_topics_everybody_else_is_a_customer():
    assert wire.role_of({"username": "lena"}, 21, OURS, None) is Role.CUSTOMER
    assert wire.role_of({"username": "lena"}, 21, OURS, replace(TOPIC, by_us=True)) is Role.CUSTOMER


def test_what_a_lock_and_a_deletion_mean():
    locked = replace(TOPIC, locked=True)
    assert wire.state_of(locked, asked_since_locking=False) is CaseState.CLOSED
    assert wire.state_of(locked, asked_since_locking=True) is None
    assert wire.state_of(replace(locked, deleted=True), asked_since_locking=True) is CaseState.SPAM


def test_a_cursor_comes_back_as_it_was_and_another_account_begins_anew():
    cursor = Cursor("me", {"t3": Known("sig", 5, 6, True, 2, 8, 9, {4, 1})}, {"t3": 5}, 2, False, {"9": "open"})
    assert Cursor.load(cursor.dump(), "me") == cursor
    assert Cursor.load(cursor.dump(), "you") == Cursor("you")
    for damaged in ("", "[]", "{}", '{"life":"me","known":{"t3":[1]}}'):
        assert Cursor.load(damaged, "me") == Cursor("me")
