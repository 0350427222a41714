"""Policy files: Markdown, cut into clauses at its headings."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.marking import unmarked
from agent_tui.domain.model import Channel
from agent_tui.knowledge.files import Fault, Front, Page

_CHANNELS = tuple(channel.value for channel in Channel)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_ANCHOR = re.compile(r"\s*\{#([\w\-.]+)\}\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_MARKUP = re.compile(r"[*_`]+|!?\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)>\s]+)>?[^)]*\)")
_SPECIAL = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[ \t]*(example|plain)[ \t]*$\n(.*?)^ {0,3}\1[`~]*[ \t]*$\n?", re.MULTILINE | re.DOTALL
)
_ARROW = re.compile(r"^(.*?)\s*(?:→|->)\s*(\S+#\S*)\s*$")
_SENTENCE = re.compile(r"(.+?[.!?।。！？])(?=\s|$)|(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A customer's words, and the clause that must be found first for them.

    Args:
        clause: its id, or empty for the clause in which the example stands.
        line: in the file, from 1.
    """

    words: str
    clause: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One section of a policy.

    Args:
        id: the policy's id, ``#`` and the slug of the heading (nothing after it before the first heading).
        title: the heading, or the policy's title.
        within: the headings above it, outermost first, beginning with the policy's title.
        text: Markdown below the heading, down to the next one, without ``example`` and ``plain`` blocks.
        plain: what to tell a customer in plain words, or empty.
        channels: empty for all.
        effective, until: ISO dates or empty; ``until`` is the last day.
        facts: what likeness of cases is judged by, beside the amount.
        url: where customers can read the policy, or empty.
        path, line: where it stands, the line from 1.
        twice: how many headings with the same words stand above it in the file.
    """

    id: str
    policy: str
    title: str
    within: tuple[str, ...]
    text: str
    plain: str = ""
    channels: tuple[str, ...] = ()
    effective: str = ""
    until: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    facts: tuple[str, ...] = ()
    url: str = ""
    examples: tuple[Example, ...] = ()
    path: str = ""
    line: int = 1
    twice: int = 0

    def applies(self, *, channel: str = "", day: str = "") -> bool:
        """Whether it holds on a channel and an ISO day; what is not said is not asked."""
        if channel and self.channels and channel not in self.channels:
            return False
        return not (day and ((self.effective and day < self.effective) or (self.until and day > self.until)))

    @property
    def version(self) -> str:
        """Twelve letters and digits that change with its words."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:12]

    @property
    def address(self) -> str:
        """What a link to it says: the address that customers can read, else the id."""
        if not self.url:
            return self.id
        anchor = self.id.partition("#")[2]
        return f"{self.url}#{anchor}" if anchor and "#" not in self.url else self.url

    @property
    def sentence(self) -> str:
        """What to tell a customer: the plain words, else the first sentence, without markup."""
        if self.plain:
            return self.plain
        found = _SENTENCE.search(" ".join(unmarked(self.text).split()))
        return found[0].strip() if found else ""

    def links(self) -> tuple[str, ...]:
        """Ids of the clauses that it links to; links to elsewhere are left out."""
        found = []
        for target in _LINK.findall(self.text):
            if "://" in target or target.startswith(("mailto:", "/")):
                continue
            path, hash_, anchor = target.partition("#")
            if not path:
                found.append(f"{self.policy}#{anchor}")
            elif path.endswith(".md"):
                place = (Path(self.path).parent / path).as_posix()
                parts: list[str] = []
                for part in place.split("/"):
                    if part == ".." and parts:
                        parts.pop()
                    elif part not in {".", ".."}:
                        parts.append(part)
                found.append("/".join(parts) + hash_ + anchor)
            elif hash_:
                found.append(target)
        return tuple(dict.fromkeys(found))


MOST_CLAUSES = 10_000
"""Of one file: far more than anybody writes, few enough to read at once."""


def slug(heading: str) -> str:
    """A heading as part of an id: small letters and digits of any script, words joined by ``-``."""
    kept = (
        c if c.isalnum() or c in "_-" or unicodedata.category(c)[0] == "M" else " " if c.isspace() else ""
        for c in unicodedata.normalize("NFKC", heading).lower()
    )
    return re.sub(r"[-\s]+", "-", "".join(kept)).strip("-_")


def read_clauses(page: Page, faults: list[Fault]) -> tuple[Clause, ...]:
    """The clauses of a file, in its order."""
    front = Front(page, faults)
    sections = _sections(page.body)
    policy = front.text("id") or page.path.removesuffix(".md")
    if "#" in policy:
        faults.append(Fault(page.path, 1, f"id: '{policy}' has a #, which begins the clause; leave it out"))
        policy = policy.replace("#", "-")
    # A first heading names the file, unless the file has said something before it.
    top = next((heading for level, heading, _, _, _ in sections if level == 1), "") if not sections[0][4].strip() else ""
    title = front.text("title") or top or Path(page.path).stem.replace("-", " ")
    channels, tags = front.choices("channels", _CHANNELS), front.words("tags")
    effective, until, language = front.day("effective"), front.day("until"), front.text("language").casefold().replace("_", "-")
    facts, url = front.words("facts"), front.text("url")
    front.rest()
    found: list[Clause] = []
    taken: dict[str, int] = {}
    above: list[tuple[int, str]] = []
    if len(sections) > MOST_CLAUSES:
        faults.append(Fault(page.path, page.first_line, f"has more than {MOST_CLAUSES:,} headings; the rest is left out"))
    for level, heading, anchor, line, text in sections[:MOST_CLAUSES]:
        above = [one for one in above if one[0] < level]
        name = anchor or slug(heading)
        if level and not name:
            name = "section"
        taken[name] = twice = taken.get(name, -1) + 1
        if twice:
            name = f"{name}-{twice}"
        start = page.first_line + line
        text, examples, plain = _special(text, start + (1 if level else 0))
        if level or text:
            found.append(Clause(
                id=f"{policy}#{name}", policy=policy, title=heading or title,
                within=tuple(dict.fromkeys((title, *(one for _, one in above)))), text=text, plain=plain, channels=channels,
                effective=effective, until=until, tags=tags, language=language, facts=facts, url=url, examples=examples,
                path=page.path, line=start, twice=twice,
            ))  # fmt: skip
        if level:
            above.append((level, heading))
    return tuple(found)


def _special(text: str, line: int) -> tuple[str, tuple[Example, ...], str]:
    """A clause's text without its ``example`` and ``plain`` blocks, and what is in them."""
    examples: list[Example] = []
    plain: list[str] = []
    for block in _SPECIAL.finditer(text + "\n"):
        if block[2] == "plain":
            plain.append(" ".join(block[3].split()))
            continue
        at = line + text.count("\n", 0, block.start())
        words: list[str] = []
        for number, one in enumerate(block[3].splitlines(), 1):
            arrow = _ARROW.match(one)
            words.append(arrow[1] if arrow else one)
            if arrow:
                examples.append(Example("\n".join(words).strip(), arrow[2], at + number))
                words = []
        if "\n".join(words).strip():
            examples.append(Example("\n".join(words).strip(), "", at + 1))
    kept = _SPECIAL.sub("", text + "\n")
    return kept.strip("\n").rstrip(), tuple(examples), " ".join(plain)


def _sections(body: str) -> list[tuple[int, str, str, int, str]]:
    """``(level, heading, anchor, line from 0, text)``; level 0 is what stands before the first heading."""
    found: list[tuple[int, str, str, int, list[str]]] = [(0, "", "", 0, [])]
    fence = ""
    for number, line in enumerate(body.split("\n")):
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not line.strip(" `~"))):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _HEADING.match(line)
        if heading:
            text = heading[2] or ""
            anchor = _ANCHOR.search(text)
            plain = _MARKUP.sub(r"\1", _ANCHOR.sub("", text)).strip()
            found.append((len(heading[1]), plain, anchor[1] if anchor else "", number, []))
            continue
        lines = found[-1][4]
        underline = None if fence or mark else _UNDERLINE.match(line)
        before = lines[-1] if lines else ""
        paragraph = before.strip() and (len(lines) == 1 or not lines[-2].strip())
        if underline and paragraph and not before.lstrip().startswith((">", "-", "*", "|", "+")):
            lines.pop()
            heading_text = _MARKUP.sub(r"\1", before).strip()
            found.append((1 if underline[1][0] == "=" else 2, heading_text, "", number - 1, []))
            continue
        lines.append(line)
    return [
        (level, heading, anchor, line, "\n".join(text))
        for level, heading, anchor, line, text in found
    ]
