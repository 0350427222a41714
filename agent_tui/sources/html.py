"""HTML from outside as readable text. Nothing is ever loaded, and nothing hidden is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent_tui.domain import hosts

MOST_CHARACTERS = 3_000_000
_MOST_NODES = 200_000
_MOST_NESTING = 12  # of quotes and lists that are still drawn
_WIDEST_CELL = 60
_WIDEST_TABLE = 110
_MOST_TABLE_CELLS = 4_000
_MOST_LINKS = 500

_SILENT = frozenset({
    "script", "style", "head", "title", "template", "noscript", "svg", "math", "object", "embed", "iframe", "frame",
    "frameset", "noframes", "applet", "audio", "video", "canvas", "map", "area", "select", "datalist", "meta", "link",
    "base", "param", "source", "track", "progress", "meter", "input", "button",
}) - {"button"}  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "body", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "menu", "nav", "section",
    "summary", "table", "tbody", "thead", "tfoot", "tr", "caption", "td", "th", "search",
})  # fmt: skip
_SPACED = frozenset({"p", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr"})
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_NOT_DATA = "ul, ol, blockquote, pre, h1, h2, h3, h4, h5, h6, hr, div div, p + p"
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?:^|[;\s])opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)"
    r"|(?:^|[;\s])font-size\s*:\s*0(?:\.0+)?\s*(?:px|pt|em|rem|%)?\s*(?:;|$|!)"
    r"|(?:^|[;\s])(?:max-)?height\s*:\s*0(?:px)?\s*;(?=.*overflow\s*:\s*hidden)",
    re.IGNORECASE | re.DOTALL,
)
_WHITE = re.compile(r"[ \t\n\r\f\u200b\u2060\ufeff\u00ad\u034f]+")
_SAFE_LINK = re.compile(r"(?:https?|ftp|mailto|tel|sms|xmpp|matrix|geo):", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>?")
_DEEPEST = 200
_SELF_CLOSING = frozenset({
    "p", "li", "td", "th", "tr", "dd", "dt", "option", "br", "img", "hr", "input", "meta", "link", "col", "area",
    "base", "wbr", "embed", "source", "track", "param", "tbody", "thead", "tfoot", "html", "body", "head",
})  # fmt: skip


@dataclass(slots=True)
class _Writer:
    """Lines of text under construction."""

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    links: dict[str, int] = field(default_factory=dict)
    prefixes: list[str] = field(default_factory=list)
    bullet: str = ""
    wanted_gap: int = 0
    outer_tables: frozenset[int] = frozenset()

    def prefix(self) -> str:
        return "".join(self.prefixes[:_MOST_NESTING])

    def flush(self, *, keep: bool = False) -> None:
        """End the line being written."""
        if not self.words:
            return
        text = "".join(self.words)
        self.words.clear()
        if not keep:
            text = "\n".join([line.strip(" ") for line in _WHITE_LINE.sub(" ", text).split("\n")])
        if not text.strip():
            return
        self.emit(text)

    def emit(self, text: str) -> None:
        prefix = self.prefix()
        if self.lines and self.wanted_gap:
            self.lines.extend([self.common(prefix).rstrip()] * self.wanted_gap)
        self.wanted_gap = 0
        for line in text.split("\n"):
            if self.bullet:
                self.lines.append((prefix[: len(prefix) - len(self.bullet)] + self.bullet + line).rstrip())
                self.bullet = ""
            else:
                self.lines.append((prefix + line).rstrip())

    def common(self, prefix: str) -> str:
        """The quote marks that the gap between two lines shares with both."""
        last = self.lines[-1] if self.lines else ""
        depth = 0
        while prefix.startswith("> ", depth) and last.startswith(">", depth):
            depth += 2
        return prefix[:depth]

    def gap(self, lines: int) -> None:
        self.flush()
        self.wanted_gap = max(self.wanted_gap, lines)

    def link(self, target: str) -> int:
        if target not in self.links:
            if len(self.links) >= _MOST_LINKS:
                return 0
            self.links[target] = len(self.links) + 1
        return self.links[target]


_WHITE_LINE = re.compile(r"[ \t\r\f\u200b\u2060\ufeff\u00ad\u034f]+")


def to_text(html: str, width: int = 0, prepare: Callable[[Any], None] | None = None) -> str:
    """Readable text: links as numbered footnotes, lists, tables, quotes as ``> ``, headings, images by their words.

    Args:
        html: any markup, however broken; beyond 3,000,000 characters it is cut, and says so.
        width: columns to wrap paragraphs at, or 0 to leave them whole.
        prepare: called with the tree (selectolax) before it is written: a source that knows what a service's own
            elements mean may put plain ones in their place.
    """
    from selectolax.lexbor import LexborHTMLParser

    cut = len(html) > MOST_CHARACTERS
    try:
        tree = LexborHTMLParser(_shallow(html[:MOST_CHARACTERS] if cut else html))
        root: Any = tree.root
    except Exception:  # a parser's own limits are no reason to lose a mail
        return _bare(html[:MOST_CHARACTERS])
    if root is None:
        return ""
    if prepare is not None:
        prepare(root)
    writer = _Writer(outer_tables=_outer_tables(root))
    whole = _walk(root, writer)
    writer.flush()
    lines = _wrapped(writer.lines, width) if width else writer.lines
    if writer.links:
        lines.append("")
        lines.extend(f"[{number}] {target}" for target, number in writer.links.items())
    if cut or not whole:
        lines.extend(("", "[the rest of this message is too large to be shown here]"))
    return "\n".join(lines).strip("\n")


def _shallow(html: str) -> str:
    """The same markup without elements nested deeper than anybody writes; the tree's cost grows with depth squared."""
    if html.count("<") <= _DEEPEST:
        return html
    opened: dict[str, int] = {}
    dropped: dict[str, int] = {}
    depth = 0
    pieces: list[str] = []
    kept = 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        if name in _SELF_CLOSING:
            continue
        if not match[1]:
            if depth < _DEEPEST:
                depth += 1
                opened[name] = opened.get(name, 0) + 1
                continue
            dropped[name] = dropped.get(name, 0) + 1
        elif dropped.get(name):
            dropped[name] -= 1
        else:
            if opened.get(name):
                opened[name] -= 1
                depth -= 1
            continue
        pieces += (html[kept : match.start()], "<br>" if name in _BLOCKS or name in _SPACED else "")
        kept = match.end()
    if not pieces:
        return html
    pieces.append(html[kept:])
    return "".join(pieces)


def _bare(html: str) -> str:
    """Text between tags, where no tree can be had."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def _walk(root: Any, writer: _Writer) -> bool:
    """Write a tree without recursion; False if it was too large to be finished."""
    node = root
    left = _MOST_NODES
    keeping = 0  # depth of <pre>
    lists: list[int] = []
    anchors: list[tuple[str, int]] = []
    while node is not None:
        left -= 1
        if left < 0:
            return False
        tag = node.tag
        inside = None
        if tag == "-text":
            text = node.text_content or ""
            if text:
                writer.words.append(text if keeping else _WHITE.sub(" ", text))
        elif tag == "br":
            if keeping:
                writer.words.append("\n")
            else:
                blank = not "".join(writer.words).strip()
                writer.flush()
                if blank and writer.lines and writer.lines[-1].strip("> "):
                    writer.wanted_gap = max(writer.wanted_gap, 1)
        elif tag == "img":
            _image(node, writer)
        elif tag and tag[0] not in "-!_" and tag not in _SILENT:
            if not (node.attributes and _hidden(node.attributes)):
                inside = _enter(tag, node, writer, lists, anchors)
                if tag == "pre":
                    keeping += 1
                if inside is None and tag == "pre":
                    keeping -= 1
                    _leave(tag, node, writer, lists, anchors)
                elif inside is None and tag != "hr":
                    _leave(tag, node, writer, lists, anchors)
        elif tag == "-document":
            inside = node.first_child
        if inside is not None:
            node = inside
            continue
        while node is not None:
            if node.mem_id == root.mem_id:
                return True
            following = node.next
            if following is not None:
                node = following
                break
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return True
            tag = node.tag
            if tag == "pre":
                writer.flush(keep=True)
                keeping -= 1
            _leave(tag, node, writer, lists, anchors)
    return True


def _enter(tag: str, node: Any, writer: _Writer, lists: list[int], anchors: list[tuple[str, int]]) -> Any:
    """Start an element; its first child to go on with, or None when it has been written whole."""
    if tag in _BLOCKS:
        writer.flush()
        if tag == "table":
            rows = [] if node.mem_id in writer.outer_tables else _data_rows(node)
            if rows:
                writer.gap(1)
                writer.emit(_table(rows, writer))
                writer.gap(1)
                return None
        elif tag in ("td", "th"):
            pass
        elif tag == "dd":
            writer.prefixes.append("  ")
    elif tag in _SPACED:
        writer.gap(0 if tag in ("ul", "ol") and lists else 1)
        if tag in _HEADINGS:
            writer.words.append(_HEADINGS[tag])
        elif tag == "blockquote":
            writer.prefixes.append("> ")
        elif tag in ("ul", "ol"):
            lists.append(_start(node) if tag == "ol" else -1)
        elif tag == "hr":
            writer.emit("---")
            writer.gap(1)
            return None
    elif tag == "li":
        writer.flush()
        if lists and lists[-1] >= 0:
            writer.bullet = f"{lists[-1]}. "
            lists[-1] += 1
        else:
            writer.bullet = "- "
        writer.prefixes.append(" " * len(writer.bullet))
    elif tag == "a":
        anchors.append(((node.attributes.get("href") or "").strip(), len(writer.words)))
    elif tag == "q":
        writer.words.append("“")
    return node.first_child


def _leave(tag: str, node: Any, writer: _Writer, lists: list[int], anchors: list[tuple[str, int]]) -> None:
    if tag in _BLOCKS:
        writer.flush()
        if tag == "dd" and writer.prefixes:
            writer.prefixes.pop()
    elif tag in _SPACED:
        writer.flush()
        if tag == "blockquote" and writer.prefixes:
            writer.prefixes.pop()
        elif tag in ("ul", "ol") and lists:
            lists.pop()
        writer.gap(0 if tag in ("ul", "ol") and lists else 1)
    elif tag == "li":
        writer.flush()
        if writer.prefixes:
            writer.prefixes.pop()
        writer.bullet = ""
    elif tag == "a" and anchors:
        target, begun = anchors.pop()
        _footnote(target, "".join(writer.words[begun:]) if begun <= len(writer.words) else "", writer)
    elif tag == "q":
        writer.words.append("”")


def _footnote(target: str, text: str, writer: _Writer) -> None:
    target = re.sub(r"[\s\x00-\x1f]+", "", target)
    if not target or not _SAFE_LINK.match(target):
        return
    shown = text.strip()
    plain = target.removeprefix("mailto:").removeprefix("tel:").rstrip("/")
    if not shown:
        return  # a picture without words, or an empty anchor: a bare number would say nothing
    if shown.rstrip("/") in (plain, target.rstrip("/"), re.sub(r"^https?://", "", plain)):
        return
    number = writer.link(target)
    if number:
        tail = text[len(text.rstrip()) :]
        if tail and writer.words and writer.words[-1].endswith(tail):
            writer.words[-1] = writer.words[-1][: -len(tail)]
        true = hosts.elsewhere(shown, target)
        writer.words.append(f" [{number}]{f' ⟨goes to {true}⟩' if true else ''}{tail}")


def _image(node: Any, writer: _Writer) -> None:
    attributes = node.attributes
    words = " ".join((attributes.get("alt") or "").split())
    if not words or _hidden(attributes):
        return
    sizes = [(attributes.get(side) or "").removesuffix("px").strip() for side in ("width", "height")]
    if any(size in ("0", "1") for size in sizes):
        return
    writer.words.append(
        f"[{words}]" if len(words) > 2 else words
    )  # one or two characters: an emoji drawn as a picture


def _hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and _HIDDEN_STYLE.search(style or "") is not None


def _start(node: Any) -> int:
    start = (node.attributes.get("start") or "").strip()
    return int(start) if start.isdecimal() and len(start) < 7 else 1


def _outer_tables(root: Any) -> frozenset[int]:
    """The tables that hold other tables, which is how pages are laid out."""
    outer = set()
    for table in root.css("table"):
        above = table.parent
        while above is not None and above.tag != "table":
            above = above.parent
        if above is not None:
            outer.add(above.mem_id)
    return frozenset(outer)


def _data_rows(table: Any) -> list[list[Any]]:
    """Cells of a table that holds data, row by row; nothing for one that only lays out a page."""
    if (table.attributes.get("role") or "").lower() == "presentation" or table.css_first(_NOT_DATA) is not None:
        return []
    rows = []
    count = 0
    widest = 0
    for row in table.css("tr"):
        cells = row.css("td, th")
        count += len(cells)
        widest = max(widest, len(cells))
        if count > _MOST_TABLE_CELLS:
            return []
        rows.append(cells)
    if widest < 2 or len(rows) < 2:
        return []
    if any(len(cell.text()) > 4 * _WIDEST_CELL for cells in rows for cell in cells):
        return []
    return rows


def _table(rows: list[list[Any]], writer: _Writer) -> str:
    grid: list[list[str]] = []
    for cells in rows:
        line = []
        for cell in cells:
            inner = _Writer(links=writer.links)
            if not _hidden(cell.attributes):
                _walk(cell, inner)
                inner.flush()
            line.append(" ".join(" ".join(inner.lines).split()))
        if any(line):
            grid.append(line)
    if not grid:
        return ""
    columns = max(len(line) for line in grid)
    widths = [max((_cells(line[at]) for line in grid if at < len(line)), default=0) for at in range(columns)]
    if sum(widths) + 3 * columns > _WIDEST_TABLE:
        return "\n".join(" | ".join(line) for line in grid)
    return "\n".join(
        " | ".join(text + " " * (widths[at] - _cells(text)) for at, text in enumerate(line)).rstrip()
        for line in grid
    )


def _cells(text: str) -> int:
    """Terminal columns of a text, near enough for lining up a table."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(one) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(one) in "WF"
        else 1
        for one in text
    )


def _wrapped(lines: list[str], width: int) -> list[str]:
    wrapped: list[str] = []
    for line in lines:
        if _cells(line) <= width:
            wrapped.append(line)
            continue
        lead = re.match(r"(?:> ?)*\s*(?:[-*] |\d+\. )?", line)
        head = lead[0] if lead else ""
        hang = re.sub(r"[^>\s]", " ", head)
        now = head
        for word in line[len(head) :].split(" "):
            if now.strip("> ") and _cells(now) + 1 + _cells(word) > width:
                wrapped.append(now.rstrip())
                now = hang + word
            else:
                now = now + word if now in (head, hang) else f"{now} {word}"
        wrapped.append(now.rstrip())
    return wrapped
