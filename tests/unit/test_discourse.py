"""Discourse's answers as values: the vendor's recordings, cooked posts, settings, pace, cursor."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Answer, CaseState, Role, Visibility
from agent_tui.domain.settings import Url
from agent_tui.sources.discourse import marker, reviews, wire
from agent_tui.sources.discourse.cooked import text_of
from agent_tui.sources.discourse.cursor import Cursor, Known
from agent_tui.sources.discourse.pace import DAY_MS, MINUTE_MS, Pace, shared
from agent_tui.sources.discourse.queues import page_of, queues_of
from agent_tui.sources.discourse.settings import DiscourseSettings
from agent_tui.sources.discourse.wire import Ourselves
from agent_tui.workspace import load

SHARED = Path(__file__).parents[3] / "shared" / "services" / "discourse"
OURS = Ourselves(102, "support", staff=True)
BASE = "https://forum.example.com/"
recorded = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's recordings are not here")


# -- recordings


@recorded
@pytest.mark.parametrize("name", ["responses_client/topic.json", "responses_docs/topics__topic_response.json"])
def test_recorded_topics_of_any_age_are_read(name):
    raw = json.loads((SHARED / name).read_text())
    topic = wire.topic_of(raw, OURS, wire.staff_of(raw))
    messages = [wire.message_of(one, topic, OURS, BASE) for one in wire.posts_of(raw)]
    assert topic.id > 0
    assert topic.title
    assert len(messages) == len(wire.posts_of(raw)) > 0
    for one in messages:
        assert one.visibility is Visibility.PUBLIC
        assert one.text
        assert "<p>" not in one.text
        assert one.received_at > 0


@recorded
@pytest.mark.parametrize(
    "name",
    ["responses_client/latest.json", "responses_client/category_topics.json", "responses_client/private_messages.json",
     "responses_client/new.json", "responses_docs/topics__latest_topics_response.json"],
)  # fmt: skip
def test_recorded_lists_are_read(name):
    page = page_of(json.loads((SHARED / name).read_text()))
    assert page.rows
    assert all(row.bumped > 0 and row.signature for row in page.rows)


# -- text


def test_a_post_s_own_elements_become_good_text():
    cooked = """
<aside class="quote no-group" data-username="ravi" data-post="2" data-topic="5"><div class="title">
<div class="quote-controls"></div><img alt="" width="24" height="24" src="//a/ravi.png" class="avatar"> ravi:</div>
<blockquote><p>It <em>never</em> syncs.</p></blockquote></aside>
<p>Hi <a class="mention" href="/u/asha">@asha</a>, see <a href="/t/setup/8">the setup topic</a>
<img src="/images/emoji/smile.png" title=":smile:" class="emoji" alt=":smile:"> in <a class="hashtag-cooked" href="/c/support/4">
<svg class="fa"><use href="#x"></use></svg><span>Support</span></a>, use <code>sync --all</code></p>
<pre data-code-wrap="ruby"><code class="lang-ruby">puts "x &lt; 1"
if a
  b
</code></pre>
<aside class="onebox allowlistedgeneric" data-onebox-src="https://example.com/a"><header class="source">
<img src="x.ico" class="site-icon"><a href="https://example.com/a">example.com</a></header><article class="onebox-body">
<div class="aspect-image"><img src="a.png" class="thumbnail"></div><h3><a href="https://example.com/a">How to sync</a></h3>
<p>All about syncing.</p></article><div class="onebox-metadata"></div></aside>
<div class="poll" data-poll-name="poll"><div class="poll-container"><div class="poll-title">Which one?</div>
<ul><li>Red</li><li>Blue</li></ul></div><div class="poll-info"><span class="info-number">0</span> voters</div></div>
<div class="lightbox-wrapper"><a class="lightbox" href="/uploads/1.png" title="Screen"><img src="/uploads/o/1.png"
alt="the error on screen" width="655" height="500"><div class="meta"><span class="filename">Screen.png</span>
<span class="informations">966×737 1.4 MB</span></div></a></div>
<details><summary>Log</summary><p>line</p></details><p>A <span class="spoiler">secret</span></p>"""
    assert text_of(cooked, BASE) == """ravi:

> It never syncs.

Hi @asha, see the setup topic [1] :smile: in #Support, use `sync --all`

```ruby
puts "x < 1"
if a
  b
```

[How to sync https://example.com/a] All about syncing.
[poll: Which one?]

- Red
- Blue

[the error on screen] [2]
Log ▾

line

A [spoiler: secret]

[1] https://forum.example.com/t/setup/8
[2] https://forum.example.com/uploads/1.png"""


def test_markdown_keeps_its_form_with_quotes_and_files_by_name():
    raw = '[quote="ravi, post:2, topic:5"]\nIt never syncs.\n[/quote]\nSee ![screen|690x388](upload://abc.png) and [a.pdf|attachment](upload://d.pdf) (12 KB)'
    assert wire.readable(raw) == "ravi:\n> It never syncs.\nSee [screen] and [a.pdf]"
    assert [(one.name, one.media_type, one.part) for one in wire.files_of(raw)] == [
        ("screen", "image/png", "/uploads/short-url/abc.png"), ("a.pdf", "application/pdf", "/uploads/short-url/d.pdf"),
    ]  # fmt: skip


def test_nothing_is_fetched_from_where_a_stranger_says():
    cooked = '<a class="attachment" href="https://evil.example/x">x</a> <a class="attachment" href="/uploads/1.pdf">1.pdf</a>'
    assert [one.part for one in wire.files_of(cooked)] == ["/uploads/1.pdf"]


@given(st.text(max_size=300), st.text(min_size=1, max_size=60))
def test_a_mark_comes_back_as_it_was_and_leaves_the_text_alone(text, mark):
    signed = marker.sign(text, mark)
    words, found = marker.split(signed)
    assert found == mark
    assert words == text.rstrip()
    assert "--" not in signed.rpartition("<!--")[2].removesuffix("-->")


@pytest.mark.parametrize("raw", ["plain", "<!-- agent-tui x --> in the middle", "`<!-- agent-tui x -->`"])
def test_other_comments_are_no_mark(raw):
    assert marker.split(raw) == (raw, "")


# -- people and states


def topic(**more):
    raw = {"id": 7, "title": "T", "user_id": 5, "archetype": "regular", "details": {"created_by": {"id": 5, "username": "robin"}}}
    return wire.topic_of(raw | more, OURS)


def post(user, number=2, **more):
    return {"id": number, "user_id": user, "username": f"user{user}", "created_at": "2026-01-01T00:00:00.000Z",
            "raw": "x", "post_number": number, "post_type": 1} | more  # fmt: skip


@pytest.mark.parametrize(
    ("given_post", "role"),
    [
        (post(5), Role.CUSTOMER), (post(6), Role.PEER), (post(6, moderator=True), Role.AGENT), (post(6, admin=True), Role.AGENT),
        (post(6, staff=True), Role.AGENT), (post(102, username="Support"), Role.AGENT), (post(-1), Role.SYSTEM),
        (post(-2, username="discobot"), Role.BOT),
    ],
)  # fmt: skip
def test_who_somebody_is(given_post, role):
    assert wire.message_of(given_post, topic(), OURS, BASE).author.role is role


def test_in_a_private_message_everybody_else_is_a_customer():
    message = wire.message_of(post(6), topic(archetype="private_message"), OURS, BASE)
    assert (message.author.role, message.visibility) == (Role.CUSTOMER, Visibility.PRIVATE)


@pytest.mark.parametrize("archetype", ["regular", "private_message"])
def test_a_whisper_is_a_note_wherever_it_is_and_whatever_else_it_says(archetype):
    assert wire.message_of(post(6, post_type=4), topic(archetype=archetype), OURS, BASE).visibility is Visibility.NOTE


def test_an_answer_is_none_unverified_staff_or_solved():
    roles = ("customer", "peer", "agent")
    assert [wire.answer_of(topic(), roles[:n]) for n in (1, 2, 3)] == [Answer.NONE, Answer.UNVERIFIED, Answer.STAFF]
    assert wire.answer_of(topic(accepted_answer={"post_number": 2}), roles[:2]) is Answer.SOLVED
    assert wire.answer_of(topic(archetype="private_message"), roles) is Answer.NONE


def test_closed_hidden_and_reminded_topics():
    def state(raw, **more):
        words = {"asked_since_closing": False, "asked_since_snoozing": False} | more
        return wire.state_of(raw, 1_000, **words)

    mark = {"id": 3, "bookmarkable_type": "Topic", "reminder_at": "1970-01-01T00:00:02Z"}
    assert state(topic()) is None
    assert state(topic(closed=True)) is CaseState.CLOSED
    assert state(topic(closed=True), asked_since_closing=True) is None
    assert state(topic(closed=True, visible=False)) is CaseState.SPAM
    assert state(topic(message_archived=True)) is CaseState.CLOSED
    assert state(topic(bookmarks=[mark])) is CaseState.SNOOZED
    assert state(topic(bookmarks=[mark]), asked_since_snoozing=True) is None
    assert state(topic(bookmarks=[mark | {"reminder_at": "1970-01-01T00:00:00.500Z"}])) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "title", "post_stream", "posts", "stream", "tags", "name", "bookmarks", "details", "created_by",
                         "user_id", "username", "created_at", "raw", "cooked", "topic_list", "topics", "reviewables"]),
        inner, max_size=6,
    ), max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_no_json_is_too_strange(raw):
    page_of(raw)
    reviews.read(raw)
    wire.tags_of(raw)
    if isinstance(raw, dict):
        found = wire.topic_of(raw, OURS)
        for one in wire.posts_of(raw):
            try:
                wire.message_of(one, found, OURS, BASE)
            except wire.Unreadable:
                pass


# -- reading on


@settings(deadline=None)
@given(st.integers(0, 3000))
def test_a_cursor_is_what_it_was_and_does_not_grow_for_ever(count):
    cursor = Cursor("life", {n: Known(f"s{n}", n, 0, n, {1, 2}, 3, (4, 5)) for n in range(count)}, {1: 2}, {0: 1}, {0}, {0})
    again = Cursor.load(cursor.dump(), "life")
    assert len(again.topics) == min(count, 2000)
    assert (again.todo, again.pages, again.deep, again.started) == ({1: 2}, {0: 1}, {0}, {0})
    assert all(again.topics[n] == cursor.topics[n] for n in again.topics)
    assert Cursor.load(cursor.dump(), "another") == Cursor("another")


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"life": "life", "topics": 3}', "null"])
def test_a_cursor_that_is_none_is_the_beginning(text):
    assert Cursor.load(text, "life") == Cursor("life")


def test_bulk_reading_leaves_a_third_for_what_an_agent_waits_for():
    pace = Pace(60)
    for _ in range(40):
        assert pace.wait_ms(1000, urgent=False) == 0
        pace.asked(1000)
    assert pace.wait_ms(1000, urgent=False) == MINUTE_MS
    for _ in range(20):
        assert pace.wait_ms(1000, urgent=True) == 0
        pace.asked(1000)
    assert pace.wait_ms(31_000, urgent=True) == 30_000
    assert pace.wait_ms(61_000, urgent=True) == 0


@given(st.lists(st.tuples(st.integers(0, 5_000), st.booleans()), max_size=150), st.integers(6, 60))
def test_no_minute_holds_more_than_is_allowed(steps, allowed):
    pace, now, asked = Pace(allowed), 0, []
    for later, urgent in steps:
        now += later
        now += pace.wait_ms(now, urgent=urgent)
        pace.asked(now)
        asked.append(now)
        assert sum(at > now - MINUTE_MS for at in asked) <= allowed


@settings(deadline=None)
@given(st.integers(0, 400_000), st.integers(60, 5_000), st.lists(st.integers(0, 40_000_000), max_size=20))
def test_no_day_of_bulk_takes_more_than_its_share(hold, allowed, pauses):
    """Somebody asks as soon as it may, after ``hold`` each time, with pauses in between."""
    pace, now, asked = Pace(6_000, allowed), 1_000, []
    for pause in (*pauses, 0):
        now += pause
        for _ in range(allowed // 3):
            now += pace.wait_ms(now, urgent=False)
            pace.asked(now, urgent=False)
            asked.append(now)
            now += hold
    for number, last in enumerate(asked, 1):
        assert number - bisect_right(asked, last - DAY_MS) <= allowed * 2 / 3 + 1


def test_a_working_day_of_listening_fits_and_a_listener_without_rest_slows_down():
    pace, now, polls = Pace(20, 2880), 1_000, []
    while now < 3 * DAY_MS:
        now += pace.wait_ms(now, urgent=False)
        pace.asked(now, urgent=False)
        polls.append(now)
        now += 25_000
    assert sum(at < DAY_MS / 3 for at in polls) == pytest.approx(8 * 3600 / 25, abs=2), "eight hours, a poll every 25 s"
    assert sum(at >= 2 * DAY_MS for at in polls) == pytest.approx(960, abs=2), "later one every 90 s"
    assert pace.wait_ms(now, urgent=True) == 0


def test_all_admin_keys_of_a_forum_share_one_pace_and_user_keys_do_not():
    one, two = (shared("https://pace.example", key, 60, admin=True) for key in ("a", "b"))
    assert one is two
    assert shared("https://pace.example", "a", 20, admin=False) is not shared("https://pace.example", "b", 20, admin=False)
    assert shared("https://other.example", "a", 60, admin=True) is not one


# -- settings


def settings_of(tmp_path, lines):
    (tmp_path / "workspace.toml").write_text(f'[[source]]\nname = "forum"\ntype = "discourse"\n{lines}\n')
    return load(tmp_path).sources[0].options


def test_settings_are_read(tmp_path):
    found = settings_of(tmp_path, """url = "https://example.com/forum"
username = "support"
categories = ["support", "support/mail"]
groups = ["helpdesk"]
agents = { Asha = "Asha@Example.com" }
history = "90d"
""")
    assert isinstance(found, DiscourseSettings)
    assert (found.url.host, found.url.path, found.key, found.requests_per_minute) == ("example.com", "/forum", "admin", 60)
    assert dict(found.agents) == {"asha": "asha@example.com"}
    assert found.history_ms == 90 * 86_400_000
    paths = [one.path for one in queues_of(found, "support", {"support": 4, "support/mail": 9})]
    assert paths == [
        "c/support/4.json", "c/support/mail/9.json", "topics/private-messages/support.json",
        "topics/private-messages-archive/support.json", "topics/private-messages-group/support/helpdesk.json",
        "topics/private-messages-group/support/helpdesk/archive.json",
    ]


def test_with_a_user_key_less_may_be_asked(tmp_path):
    assert settings_of(tmp_path, 'url = "https://f.example"\nusername = "asha"\nkey = "user"').requests_per_minute == 20
    assert settings_of(tmp_path, 'url = "https://f.example"\nusername = "asha"\nkey = "user"').requests_per_day == 2880
    assert settings_of(tmp_path, 'url = "https://f.example"\nusername = "asha"').requests_per_day == 0


def test_nothing_chosen_is_everything():
    settings = DiscourseSettings(url=Url(scheme="https", host="f", port=443), username="support", messages=False)
    assert [one.path for one in queues_of(settings, "support", {})] == ["latest.json"]


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('username = "support"', "url"), ('url = "http://forum.example.com"\nusername = "s"', "url"),
        ('url = "https://f.example"', "username"), ('url = "https://f.example"\nusername = "s"\ncategories = ["a b"]', "categories"),
        ('url = "https://f.example"\nusername = "s"\nkey = "none"', "key"), ('url = "https://f.example"\nusername = "s"\nagents = "asha"', "agents"),
        ('url = "https://f.example"\nusername = "s"\nhistory = "soon"', "history"),
        ('url = "https://f.example"\nusername = "s"\napi_key = "abc"', "api_key"),
    ],
)  # fmt: skip
def test_faults_name_the_key(tmp_path, lines, key):
    with pytest.raises(WorkspaceError) as caught:
        settings_of(tmp_path, lines)
    assert any(key in one for one in caught.value.faults)


RAW = """[quote="robin, post:2, topic:7"]
Why does it not sync?
[/quote]
See ![shot|10x10](upload://abc.png) and [log.txt|attachment](upload://def.txt) (3 Bytes)."""


def test_changed_words_keep_their_files_and_quotations():
    shown = wire.readable(RAW)
    assert wire.unreadable(RAW, shown) == RAW
    assert wire.unreadable(RAW, shown.replace("See", "Look at")) == RAW.replace("See", "Look at")


def test_what_was_taken_out_is_gone_and_a_changed_quotation_is_text():
    shown = wire.readable(RAW)
    assert wire.unreadable(RAW, shown.replace(" and [log.txt]", "")) == RAW.replace(" and [log.txt|attachment](upload://def.txt) (3 Bytes)", "")
    assert wire.unreadable(RAW, shown.replace("> Why", "> But why")).startswith("robin:\n> But why does it not sync?")
