"""Texts that must fit into short posts: how long they are, where they are parted, what goes into each part.

A service counts a post twice, in graphemes (what a reader takes for one character) and in bytes of UTF-8. Vowel signs and
conjuncts make the difference: a page of Kannada may be too many bytes long before it is too many characters long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Visibility

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
TAG = 65  # characters of a tag with its #
_SENTENCE_END = ".!?…।॥。！？؟"
_AFTER = ".,;:!?…'\"”’»]}*_।॥。"
_WHOLE = r"https?://[^\s<>]+|(?<![\w@#./])@[A-Za-z0-9][A-Za-z0-9.\-]*|(?<![\w@#./])#[^\s#<>]+"
_DESCRIBED = re.compile(r"[ \t]*!\[([^\]\n]*)\]\(([^)\n]+)\)[ \t]*\n?")


@dataclass(frozen=True, slots=True)
class PostLimits:
    """How much one post or message may hold.

    Args:
        graphemes, size: user-perceived characters, and bytes of UTF-8.
        parts: most posts that one reply may become.
        images: pictures that a reply may show; 0: none.
        image_size: bytes of a picture.
        what: a part's name.
    """

    graphemes: int
    size: int
    parts: int = 25
    images: int = 0
    image_size: int = 0
    what: str = "post"


PUBLIC = PostLimits(graphemes=300, size=3_000, images=4, image_size=2_000_000)
DIRECT = PostLimits(graphemes=1_000, size=10_000, what="message")


def limits_of(kind: str, visibility: Visibility) -> PostLimits | None:
    """The limits of what leaves by a source of this type, or None where it may be of any length."""
    if kind != "bluesky" or visibility is Visibility.NOTE:
        return None
    return PUBLIC if visibility is Visibility.PUBLIC else DIRECT


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text: ``text[start:end]``, without the white space round it."""

    text: str
    start: int
    end: int
    graphemes: int

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a reply: the attachment's name, and what it shows for those who cannot see it."""

    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reply becomes.

    Args:
        parts: its posts in order; at least one.
        images: with the first of them.
        faults: why it cannot be sent as it is, in plain words.
        advice: what would be better.
    """

    parts: tuple[Part, ...]
    images: tuple[Image, ...] = ()
    faults: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _patterns() -> tuple[Any, Any]:
    import regex

    return regex.compile(r"\X", regex.DOTALL), regex.compile(_WHOLE)


def length(text: str) -> int:
    """Graphemes of a text (Unicode annex 29)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return sum(1 for _ in _patterns()[0].finditer(text))


def links(text: str) -> tuple[tuple[int, int], ...]:
    """``(start, end)`` of web addresses, without the punctuation that only follows them."""
    return tuple((start, end) for start, end in _whole(text) if text.startswith("http", start))


def mentions(text: str) -> tuple[tuple[int, int], ...]:
    """``(start, end)`` of handles with their ``@``."""
    return tuple((start, end) for start, end in _whole(text) if text[start] == "@" and "." in text[start:end])


def tags(text: str) -> tuple[tuple[int, int], ...]:
    """``(start, end)`` of tags with their ``#``. A number is none."""
    found = ((start, end) for start, end in _whole(text) if text[start] == "#")
    return tuple((start, end) for start, end in found if 1 < end - start <= TAG and not text[start + 1 : end].isdecimal())


def _whole(text: str) -> Iterator[tuple[int, int]]:
    """What must not be parted."""
    if "@" not in text and "#" not in text and "http" not in text:
        return
    for found in _patterns()[1].finditer(text):
        start, end = found.span()
        while end > start and (text[end - 1] in _AFTER or (text[end - 1] == ")" and "(" not in text[start:end])):
            end -= 1
        if end - start > 1:
            yield start, end


# --- parting ------------------------------------------------------------------------------------------------------


def split(text: str, limits: PostLimits) -> tuple[Part, ...]:
    """Parts that each fit, parted where a reader would: after a paragraph, a sentence or a word.

    Never inside a grapheme, a link, a mention or a tag, unless that alone is too long. Only white space is lost between
    parts. A text without anything to see is one empty part.
    """
    begin, end = _trimmed(text, 0, len(text))
    if begin >= end:
        return (Part("", 0, 0, 0),)
    edges = _edges(text, begin, end)
    held = [one for one in _whole(text) if one[0] >= begin]
    parts: list[Part] = []
    at = 0  # index of the edge at which the next part begins
    while edges[at] < end:
        stop = _furthest(text, edges, at, limits)
        if stop < len(edges) - 1:
            stop = _break(text, edges, at, stop, held)
        first, last = _trimmed(text, edges[at], edges[stop])
        parts.append(Part(text[first:last], first, last, length(text[first:last])))
        at = stop
        while edges[at] < end and text[edges[at]].isspace():
            at += 1
    return tuple(parts)


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def _edges(text: str, begin: int, end: int) -> list[int]:
    """Where graphemes begin, and the end."""
    return [*(found.start() for found in _patterns()[0].finditer(text, begin, end)), end]


def _furthest(text: str, edges: list[int], at: int, limits: PostLimits) -> int:
    """The last edge at which a part may end; at least one grapheme further."""
    size = 0
    for step in range(at, min(at + limits.graphemes, len(edges) - 1)):
        size += len(text[edges[step] : edges[step + 1]].encode("utf-8", "surrogatepass"))
        if size > limits.size:
            return max(step, at + 1)
    return min(at + limits.graphemes, len(edges) - 1)


def _break(text: str, edges: list[int], at: int, stop: int, held: Iterable[tuple[int, int]]) -> int:
    """The best edge to part at, not before ``at + 1`` and not after ``stop``."""
    inside = [one for one in held if one[1] > edges[at] and one[0] < edges[stop]]

    def whole(place: int) -> bool:
        return not any(start < place < end for start, end in inside)

    least = at + max(1, (stop - at) // 2)
    found: dict[str, int] = {}
    for index in range(stop, at, -1):
        place = edges[index]
        before, after = text[place - 1], text[place]
        if not whole(place):
            continue
        if after == "\n" and text[place : place + 2] == "\n\n" and index >= least:
            return index
        if after == "\n" and index >= least:
            found.setdefault("line", index)
        elif after.isspace() and before in _SENTENCE_END and index >= least:
            found.setdefault("sentence", index)
        elif after.isspace() or before.isspace():
            found.setdefault("word", index)
        elif index >= least:
            found.setdefault("grapheme", index)
    for kind in ("line", "sentence", "word", "grapheme"):
        if kind in found:
            return found[kind]
    # Something longer than half a part stands here and must not be parted: end before it, or, at its begin, inside it.
    return next((index for index in range(stop, at, -1) if whole(edges[index])), stop)


# --- what a reply becomes -----------------------------------------------------------------------------------------


def described(text: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """A text without its ``![what it shows](file name)``, and what each file named so shows."""
    known, alts = set(names), {}

    def take(found: re.Match[str]) -> str:
        if found[2] not in known:
            return found[0]
        alts[found[2]] = " ".join(found[1].split())
        return ""

    rest = _DESCRIBED.sub(take, text) if known else text
    return (rest.strip("\n") if alts else rest), alts


def plan(text: str, files: Iterable[tuple[str, int]], limits: PostLimits) -> Plan:
    """What a reply becomes, and what is wrong with it.

    Args:
        files: name and bytes (-1: not known) of each attachment.
    """
    attached = tuple(files)
    rest, alts = described(text, (name for name, _ in attached))
    parts = split(rest, limits)
    faults, advice = [], []
    if len(parts) > limits.parts:
        faults.append(f"it would be {len(parts)} {limits.what}s; at most {limits.parts} are sent at once")
    for start, end in _whole(rest):
        piece = rest[start:end]
        if length(piece) > limits.graphemes or len(piece.encode("utf-8", "surrogatepass")) > limits.size:
            faults.append(f"“{piece[:40]}…” alone is longer than a {limits.what}: write a shorter address")
    if attached and not limits.images:
        faults.append(f"a direct {limits.what} carries no files")
    elif len(attached) > limits.images:
        faults.append(f"{len(attached)} pictures; a {limits.what} shows at most {limits.images}")
    for name, size in attached if limits.images else ():
        if PurePath(name).suffix.lower() not in PICTURES:
            shown = ", ".join(one[1:] for one in PICTURES)
            faults.append(f"{name} is no picture: a {limits.what} shows {shown} and nothing else")
        elif size > limits.image_size:
            faults.append(f"{name} has {size} bytes; a picture has at most {limits.image_size}")
        elif not alts.get(name):
            advice.append(f"{name} says nothing to the blind: write ![what it shows]({name})")
    images = tuple(Image(name, alts.get(name, "")) for name, _ in attached)
    return Plan(parts, images, tuple(faults), tuple(advice))
