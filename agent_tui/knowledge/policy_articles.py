"""Articles of a help centre as files of the policy library.

An article becomes a policy of its own, ``NAME/ARTICLE``, whose id does not change when its title does. Its translations
are the same policy in other languages. Where their headings are as many and of the same depths as those of the first
language, they are the same clauses too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from agent_tui.domain.help_centre import HelpArticle
from agent_tui.knowledge.policy_files import slug
from agent_tui.knowledge.policy_import import Imported, folder_name, html_to_markdown, put

_HEADING = re.compile(r"(#{1,6}) +(.+?)(?: +#+)?$")
_NAMED = re.compile(r"\{#([\w\-.]+)\}$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def take_over(articles: Sequence[HelpArticle], library: Path, name: str, origin: str) -> Imported:
    """Take articles over into ``library/NAME``, in place of what was taken over under that name before.

    Args:
        origin: where they come from, in words.

    Raises:
        UsageError: the name belongs to policies that are kept here.
    """
    folder = folder_name(library, name)
    left: list[tuple[str, str]] = []
    by_name: dict[str, list[tuple[HelpArticle, str]]] = {}
    for one in articles:
        body = one.body if one.markdown else html_to_markdown(one.body)
        if body.strip():
            by_name.setdefault(slug(one.name) or "article", []).append((one, body.strip()))
        else:
            left.append((one.title or one.name, "there is no text in it"))
    texts = []
    for key, variants in by_name.items():
        first = _named(variants[0][1], {})
        for number, (one, body) in enumerate(variants):
            words = first if number == 0 else _named(body, _anchors(first))
            file = f"{slug(variants[0][0].title)[:60] or 'article'}-{key}"
            tongue = slug(one.language)
            texts.append((Path(f"{file}.{tongue}.md" if tongue else f"{file}.md"), page(one, f"{folder}/{key}", words)))
    return Imported(put(library, folder, origin, texts), tuple(left))


def page(one: HelpArticle, identity: str, body: str) -> str:
    """The whole file: front matter and text."""
    front: dict[str, object] = {"id": identity, "title": one.title}
    front |= {key: value for key, value in (("language", one.language), ("url", one.url), ("tags", list(one.tags))) if value}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items()]
    return "\n".join(("---", *lines, "---", body, ""))


def _headings(lines: Sequence[str]) -> Iterable[tuple[int, str, str]]:
    """Line, depth and words of each heading that stands outside of code."""
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark is not None and mark[1].startswith(fence) else fence
        elif mark is not None:
            fence = mark[1]
        elif (found := _HEADING.match(line)) is not None:
            yield number, found[1], found[2]


def _anchors(body: str) -> Mapping[int, tuple[str, str]]:
    """Depth and anchor of each heading of a text that ``_named`` gave, by its place among them."""
    found = {}
    for place, (_, depth, words) in enumerate(_headings(body.split("\n"))):
        anchor = _NAMED.search(words)
        found[place] = (depth, anchor[1] if anchor is not None else "")
    return found


def _named(body: str, anchors: Mapping[int, tuple[str, str]]) -> str:
    """The text with an anchor at every heading: those given where headings match one by one, else of their own words."""
    lines = body.split("\n")
    headings = list(_headings(lines))
    same = len(headings) == len(anchors) and all(anchors[place][0] == depth for place, (_, depth, _) in enumerate(headings))
    taken: set[str] = set()
    for place, (number, depth, words) in enumerate(headings):
        own = _NAMED.search(words)
        plain = words[: own.start()].strip() if own is not None else words
        base = anchors[place][1] if same and anchors else (own[1] if own is not None else slug(plain) or "part")
        anchor, count = base, 2
        while anchor in taken:
            anchor, count = f"{base}-{count}", count + 1
        taken.add(anchor)
        lines[number] = f"{depth} {plain} {{#{anchor}}}"
    return "\n".join(lines)
