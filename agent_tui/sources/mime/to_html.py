"""Plain text as modest HTML: paragraphs, quotes, links. No style of its own, nothing to load."""

from __future__ import annotations

import re
from html import escape

_LINK = re.compile(r"\b(?:https?://|mailto:)[^\s<>\"'`]{2,2000}")
_TRAILING = re.compile(r"[.,;:!?)\]}'\"»”’।]+$")
_MOST_DEPTH = 10


def to_html(text: str) -> str:
    """An HTML document that says what the text says.

    Lines quoted as ``> `` become block quotes, empty lines part paragraphs, other line ends stay.
    """
    pieces = ['<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>']
    depth = 0
    paragraph: list[str] = []

    def finish() -> None:
        if paragraph:
            pieces.append('<p dir="auto">' + "<br>\n".join(paragraph) + "</p>")
            paragraph.clear()

    for line in text.split("\n"):
        marks = re.match(r"(?:> ?)*", line)
        lead = marks[0] if marks else ""
        level = min(lead.count(">"), _MOST_DEPTH)
        rest = line[len(lead) :]
        if level != depth:
            finish()
            pieces.extend(
                ["<blockquote>"] * (level - depth) if level > depth else ["</blockquote>"] * (depth - level)
            )
            depth = level
        if rest.strip():
            paragraph.append(_linked(rest.rstrip()))
        else:
            finish()
    finish()
    pieces.extend(["</blockquote>"] * depth)
    pieces.append("</body></html>")
    return "\n".join(pieces)


def _linked(line: str) -> str:
    shown = []
    at = 0
    for match in _LINK.finditer(line):
        target = _TRAILING.sub("", match[0])
        if "(" in target and match[0][len(target) :].startswith(")"):
            target += ")"
        shown.append(_spaced(line[at : match.start()]))
        shown.append(f'<a href="{escape(target, quote=True)}">{escape(target)}</a>')
        at = match.start() + len(target)
    shown.append(_spaced(line[at:]))
    return "".join(shown)


def _spaced(text: str) -> str:
    text = escape(text, quote=False)
    text = text.replace("  ", "&nbsp; ")
    return "&nbsp;" + text[1:] if text.startswith(" ") else text
