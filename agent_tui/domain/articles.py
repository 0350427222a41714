"""An article drafted from one case: the question and its answer in Markdown, without names and identifiers. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.guard_private import identifiers, personal
from agent_tui.domain.model import Message, Role

NAME, GONE = "[name]", "[removed]"
_LEAST_NAME = 3  # letters of a part of a name; shorter ones are other words too
_GREETINGS = (
    "hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|hola|"
    "buenos d[ií]as|buenas|bonjour|salut|kumusta|namaste|नमस्ते|प्रिय|নমস্কার|প্রিয়|ਸਤ ਸ੍ਰੀ ਅਕਾਲ|ਪਿਆਰੇ|ನಮಸ್ಕಾರ|ನಮಸ್ತೆ|ಪ್ರಿಯ"
)
_CLOSINGS = (
    "(?:many )?thanks|thank you|thx|regards|best|(?:best|kind) (?:wishes|regards)|cheers|yours|sincerely|greetings|danke|"
    "viele grüße|mit freundlichen grüßen|gracias|saludos|merci|cordialement|salamat|धन्यवाद|ধন্যবাদ|ਧੰਨਵਾਦ|ಧನ್ಯವಾದಗಳು"
)
_GREETING = re.compile(rf"\s*(?:{_GREETINGS})(?:(?: [^\s,.!:?]+){{0,3}} ?[,!:।]|(?: [^\s,.!:?]+){{0,2}}$)\s*", re.IGNORECASE)
_CLOSING = re.compile(rf"\s*(?:{_CLOSINGS})(?:,? [^\s,.!?]+){{0,3}} ?[,.!।]?\s*", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.@/])@[\w.\-]{2,60}\b")
_QUOTE_OF = re.compile(r"^\[quote=[^\]\n]*\]\s*$|^\[/quote\]\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Article:
    """A draft.

    Args:
        title: of the article.
        text: the whole file, with its front matter.
        check: what stands in it and may belong to somebody; to be looked at.
    """

    title: str
    text: str
    check: tuple[str, ...]


def draft(
    title: str, question: str, answer: str, *, people: Iterable[str], own: Iterable[str] = (), link: str, solved: bool,
    patterns: Sequence[tuple[str, str]] = (), tags: Iterable[str] = (), clauses: Iterable[str] = (), language: str = "",
) -> Article:  # fmt: skip
    """The article of one question and its answer.

    Args:
        people: names and handles of everybody in the case.
        own: addresses of ours, which may stay.
        link: where it is from.
        solved: whether the answer is marked as the one that is right.
        patterns: what is personal besides: what it is called, and a regular expression.
    """
    known = tuple(people)
    clean = [without_people(body(one), known, own, patterns) for one in (question, answer)]
    heading = without_people(" ".join(title.split()), known, own, patterns) or "Untitled"
    check = tuple(dict.fromkeys(value for one in (heading, *clean) for value in identifiers(one)))
    front = [f"title: {_quoted(heading)}", "status: draft", f"source: {_quoted(link)}", f"solved: {str(solved).lower()}"]
    front += [f"language: {language}"] if language else []
    for name, values in (("tags", tags), ("clauses", clauses), ("check", check)):
        listed = [_quoted(one) for one in values]
        front += [f"{name}: [{', '.join(listed)}]"] if listed else []
    parts = ["---", *front, "---", "", f"# {heading}", "", "## Question", "", clean[0] or "…", "", "## Answer", "", clean[1]]
    return Article(heading, "\n".join(parts).rstrip() + "\n", check)


def answer_of(messages: Sequence[Message], chosen: int | None = None) -> tuple[Message, Message] | None:
    """The question and its answer: what is marked, else what was chosen, else our newest words; None where nobody answered.

    Args:
        messages: that people outside can read, oldest first.
        chosen: id of the message that is meant.
    """
    asked = next((one for one in messages if one.author.role is Role.CUSTOMER), None)
    if asked is None:
        return None
    after = [one for one in messages[messages.index(asked) + 1 :] if not one.automatic]
    marked = [one for one in after if one.solution]
    named = [one for one in after if one.id == chosen and one.author.role is not Role.CUSTOMER]
    ours = [one for one in after if one.author.role is Role.AGENT]
    found = (marked or named or ours)[-1:]
    return (asked, found[0]) if found else None


def body(text: str) -> str:
    """A message without greeting, closing and signature; code is left as it is."""
    lines = _QUOTE_OF.sub("", text).strip().split("\n")
    if len(lines) > 1 and (greeting := _GREETING.match(lines[0])):
        rest = lines[0][greeting.end() :]
        lines[0] = rest[:1].upper() + rest[1:] if greeting.end() < len(lines[0]) else ""
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or (len(lines[end - 1]) < 40 and _CLOSING.fullmatch(lines[end - 1]))):
        end -= 1
    for place in range(max(1, end - 4), end):
        if lines[place] in {"--", "-- "} or _CLOSING.fullmatch(lines[place]):
            end = place
            break
    return "\n".join(lines[:end]).strip()


def without_people(
    text: str, people: Iterable[str], own: Iterable[str] = (), patterns: Sequence[tuple[str, str]] = ()
) -> str:
    """A text without the names of these people, their handles, and personal data."""
    spans = [(start, end, GONE) for start, end, _ in personal(text, own, patterns, most=1_000)]
    spans += [(one.start(), one.end(), NAME) for one in _HANDLE.finditer(text)]
    for name in _parts(people):
        pattern = rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
        spans += [(one.start(), one.end(), NAME) for one in re.finditer(pattern, text) if not _letters_go_on(text, one.end())]
    said = ""
    at = 0
    for start, end, word in sorted(spans, key=lambda one: (one[0], -one[1])):
        if start >= at:
            said += text[at:start] + word
            at = end
    said += text[at:]
    return re.sub(rf"{re.escape(NAME)}(?: {re.escape(NAME)})+", NAME, said)


def _parts(people: Iterable[str]) -> list[str]:
    """Whole names and their parts, the longest first."""
    found: dict[str, None] = {}
    for one in people:
        name = " ".join(one.split())
        local = name.partition("@")[0] if "@" in name else ""
        for part in (name, *re.split(r"[\s,]+", name), local):
            if sum(c.isalpha() for c in part) >= _LEAST_NAME:
                found[part.strip(".,()\"'")] = None
    return sorted((one for one in found if one), key=lambda one: -len(one))


def _letters_go_on(text: str, end: int) -> bool:
    return end < len(text) and unicodedata.category(text[end]).startswith("M")


def slug(title: str) -> str:
    """A file name of a title, in any script; ``article`` where nothing is left."""
    kept = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else "-" for c in title.casefold())
    return re.sub(r"-+", "-", kept).strip("-")[:60].strip("-") or "article"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
