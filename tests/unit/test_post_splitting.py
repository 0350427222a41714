"""Texts that are parted into posts: nothing is lost, nothing is cut that a reader takes for one thing, and every part fits."""

from __future__ import annotations

import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_tui.domain import posts
from agent_tui.domain.posts import DIRECT, PUBLIC, PostLimits

KANNADA = "ನಿಮ್ಮ ಪಾರ್ಸೆಲ್ ಇಂದು ಹೊರಡುತ್ತದೆ. ದಯವಿಟ್ಟು ಸ್ವಲ್ಪ ಕಾಯಿರಿ. "
BENGALI = "আপনার পার্সেলটি আজই পাঠানো হবে। অনুগ্রহ করে একটু অপেক্ষা করুন। "
PUNJABI = "ਤੁਹਾਡਾ ਪਾਰਸਲ ਅੱਜ ਭੇਜਿਆ ਜਾਵੇਗਾ। ਕਿਰਪਾ ਕਰਕੇ ਥੋੜ੍ਹੀ ਉਡੀਕ ਕਰੋ। "
FAMILY = "👩‍👩‍👧‍👧"

pieces = st.sampled_from(
    [
        "word", " ", "  ", "\n", "\n\n", ". ", "! ", "https://example.com/a/long/path?with=query", "http://b.example", "@robin.example.com",
        "#refund", "#ਪੰਜਾਬ", FAMILY, "🇮🇳", "e\u0301", "ಸ್ತ್ರೀ", "ক্ষ্য", "क्षि", "ਥੋੜ੍ਹੀ", "\r\n", "\t", "()", "…", "a" * 30, KANNADA,
    ]
)  # fmt: skip
texts = st.one_of(st.lists(pieces, max_size=60).map("".join), st.text(max_size=200))
limits = st.builds(PostLimits, graphemes=st.integers(1, 80), size=st.integers(30, 300), parts=st.just(10_000))


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(texts, limits)
@example("a" * 301, PUBLIC)
@example(FAMILY * 200, PUBLIC)
def test_every_part_fits(text: str, limit: PostLimits) -> None:
    for part in posts.split(text, limit):
        assert part.graphemes == posts.length(part.text) <= limit.graphemes
        assert part.size == bytes_of(part.text)
        assert part.size <= limit.size or part.graphemes == 1  # one character with a pile of marks is not cut


@settings(max_examples=300, deadline=None)
@given(texts, limits)
def test_the_parts_give_the_text_back(text: str, limit: PostLimits) -> None:
    parts = posts.split(text, limit)
    at, joined = 0, ""
    for part in parts:
        assert text[part.start : part.end] == part.text
        assert not text[at : part.start].strip()
        joined += text[at : part.start] + part.text
        at = part.end
    assert not text[at:].strip()
    assert joined + text[at:] == text
    assert all(part.text for part in parts) or len(parts) == 1


@settings(max_examples=300, deadline=None)
@given(texts, limits)
def test_no_character_is_cut(text: str, limit: PostLimits) -> None:
    begin = len(text) - len(text.lstrip())
    edges = {found.start() for found in regex.finditer(r"\X", text[begin:].rstrip())}
    for part in posts.split(text, limit):
        assert not part.text or part.start - begin in edges


@settings(max_examples=300, deadline=None)
@given(texts, limits)
def test_no_link_mention_or_tag_is_cut_unless_it_is_too_long_itself(text: str, limit: PostLimits) -> None:
    parts = posts.split(text, limit)
    for start, end in (*posts.links(text), *posts.mentions(text), *posts.tags(text)):
        if posts.length(text[start:end]) <= limit.graphemes and bytes_of(text[start:end]) <= limit.size:
            assert any(part.start <= start and end <= part.end for part in parts), text[start:end]


def test_a_reader_finds_the_breaks_where_they_belong() -> None:
    text = "A first paragraph that says something.\n\nA second one, which has a sentence. And one more, a long one."
    parts = posts.split(text, PostLimits(graphemes=60, size=3000))
    assert [part.text for part in parts] == [
        "A first paragraph that says something.", "A second one, which has a sentence.", "And one more, a long one."
    ]  # fmt: skip


def test_both_limits_count() -> None:
    by_characters, by_bytes = posts.split(BENGALI * 12, PUBLIC), posts.split(FAMILY * 200, PUBLIC)
    assert max(part.graphemes for part in by_characters) > 250
    assert [part.size for part in by_bytes] == [3000, 2000]  # 25 bytes each: 120 of them fill a post before 300 do
    assert posts.length(FAMILY * 200) == 200


def test_text_that_fits_is_left_as_it_is() -> None:
    for text in ("Yes.", "a\n\n\nb", "x" * 300, KANNADA.strip(), PUNJABI.strip()):
        assert [part.text for part in posts.split(text, PUBLIC)] == [text]
    assert [part.text for part in posts.split("  \n ", PUBLIC)] == [""]


def test_what_is_a_link_and_what_only_follows_it() -> None:
    text = "See https://a.example/x_(y). (http://b.example/z), or “https://c.example/?q=1”… not ftp://d.example"
    assert [text[a:b] for a, b in posts.links(text)] == ["https://a.example/x_(y)", "http://b.example/z", "https://c.example/?q=1"]
    text = "Hi @robin.example.com, mail me@example.com @nobody (@asha.test). #refund #42 no#tag"
    assert [text[a:b] for a, b in posts.mentions(text)] == ["@robin.example.com", "@asha.test"]
    assert [text[a:b] for a, b in posts.tags(text)] == ["#refund"]


def test_pictures_are_described_in_the_text_and_not_posted_as_text() -> None:
    text = "Here it is:\n![The meter stands at 004217](meter.jpg)\nDoes it say the same?"
    plan = posts.plan(text, [("meter.jpg", 1000), ("other.png", 1000)], PUBLIC)
    assert [part.text for part in plan.parts] == ["Here it is:\nDoes it say the same?"]
    assert [(one.name, one.alt) for one in plan.images] == [("meter.jpg", "The meter stands at 004217"), ("other.png", "")]
    assert plan.faults == ()
    assert plan.advice == ("other.png says nothing to the blind: write ![what it shows](other.png)",)
    assert posts.plan("![as it is](elsewhere.png)", [], PUBLIC).parts[0].text == "![as it is](elsewhere.png)"


def test_what_cannot_be_posted_is_said_before_it_is_tried() -> None:
    files = [(f"{number}.png", 10) for number in range(5)]
    assert "at most 4" in posts.plan("x", files, PUBLIC).faults[0]
    assert "notes.pdf is no picture" in posts.plan("x", [("notes.pdf", 10)], PUBLIC).faults[0]
    assert "2000000" in posts.plan("x", [("big.png", 2_000_001)], PUBLIC).faults[0]
    assert "carries no files" in posts.plan("x", [("a.png", 1)], DIRECT).faults[0]
    assert "at most 25" in posts.plan("word " * 2000, [], PUBLIC).faults[0]
    assert "shorter address" in posts.plan("see https://example.com/" + "x" * 300, [], PUBLIC).faults[0]
