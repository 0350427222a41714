"""Markdown shorthand in a message: ``**bold**``, ``*soft*``, lists, quotes, code, links. Pure.

CommonMark without raw HTML and without images: whoever reads it gets what was written, and nothing is fetched.
"""

from __future__ import annotations

from functools import cache
from typing import Any

LONGEST = 60_000  # characters that are looked at: an event of Matrix has 65,536 bytes
_PLAIN = frozenset({"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"})


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return made.enable(["strikethrough"]).disable(["image", "heading", "lheading", "hr"])


def _kinds(tokens: Any) -> set[str]:
    found: set[str] = set()
    for one in tokens:
        found.add(one.type)
        found |= _kinds(one.children or ())
    return found


def has(text: str) -> bool:
    """Whether a text looks otherwise where Markdown is rendered."""
    return len(text) <= LONGEST and bool(_kinds(_parser().parse(text)) - _PLAIN)


def as_html(text: str) -> str:
    """A text as HTML, with everything escaped that is not shorthand."""
    return str(_parser().render(text)).strip()


def as_read(text: str) -> str:
    """A text as its reader sees it where Markdown is rendered: without the marks, lists with bullets, links in brackets."""
    if len(text) > LONGEST:
        return text
    lines: list[str] = []
    depth: list[list[Any]] = []
    quoted = 0
    for token in _parser().parse(text):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth.append([token.type == "ordered_list_open", int(token.attrGet("start") or 1), ""])
            case "bullet_list_close" | "ordered_list_close":
                depth.pop()
                if not depth:
                    lines.append("")
            case "list_item_open":
                ordered, number, _ = depth[-1]
                depth[-1][1:] = [number + 1, f"{number}. " if ordered else "• "]
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
                lines.append("")
            case "fence" | "code_block":
                lines += [f"    {line}" for line in token.content.rstrip("\n").split("\n")] + [""]
            case "inline":
                lead = "  " * (len(depth) - 1) + str(depth[-1][2]) if depth else ""
                for line in _inline(token.children or ()).split("\n"):
                    lines.append("▏ " * quoted + lead + line)
                    lead = " " * len(lead)
                if not depth and not quoted:
                    lines.append("")
    return "\n".join(lines).strip("\n")


def _inline(tokens: Any) -> str:
    words: list[str] = []
    link = ""
    for one in tokens:
        match one.type:
            case "softbreak" | "hardbreak":
                words.append("\n")
            case "link_open":
                link = str(one.attrGet("href") or "")
                words.append("\0")
            case "link_close":
                shown = "".join(words[len(words) - words[::-1].index("\0") :])
                words[len(words) - 1 - words[::-1].index("\0")] = ""
                if shown != link:
                    words.append(f" ({link})")
            case _:
                words.append(str(one.content))
    return "".join(words)
