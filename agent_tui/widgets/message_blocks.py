"""One message as lines: header, text with folded quotes, attachments. Pure; roles instead of colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import tzinfo

from agent_tui.domain import hosts
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, Author, Direction, Message, Role, Visibility
from agent_tui.domain.translation import Translation
from agent_tui.domain.wrapping import wrap
from agent_tui.widgets import words
from agent_tui.widgets.width import cells, clip

Piece = tuple[str, str]
INDENT = 2
READABLE = 96
"""Cells of a line of text at most: longer ones are hard to read."""
PORTION = 60_000
"""Characters of one message that are laid out at first; more are asked for at its end."""

_SIGNS = ("://", "[", "mailto:", "⟨", "⟩")
"""Of which a line has one at least where there is anything to be found in it."""
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'⟨⟩]+|(?<=\s)\[\d{1,3}\](?=\s|$)|⟨[^⟩]*⟩?|^[^⟨⟩]*⟩")
Spans = Callable[[str], tuple[tuple[int, int, str], ...]]


@dataclass(frozen=True, slots=True)
class View:
    """How messages are shown.

    Args:
        width: cells.
        folded: quotes and signatures are one line each.
        headers: recipients and the mail's own headers are shown.
        now: milliseconds; zone: for times.
    """

    width: int
    folded: bool
    headers: bool
    now: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Line:
    """One line: pieces of text with their roles, and whether it stands on the ground of a note."""

    pieces: tuple[Piece, ...] = ()
    ground: str = "page"
    right: tuple[Piece, ...] = ()


_OTHER = "⇄ "


def estimate(message: Message, view: View) -> int:
    """Lines that a message will take, guessed from its length alone."""
    text = min(len(message.fresh_text if view.folded and message.fresh_text else message.text), PORTION)
    width = max(20, min(READABLE, view.width - INDENT - 1))
    other = min(len(message.translation.text), PORTION) if message.translation else -width
    return 4 + text // width + text // 90 + len(message.attachments) + other // width


def lay_out(
    message: Message, view: View, spans: Spans, *, portions: int = 1, held_until: int | None = None
) -> list[Line]:
    """The lines of a message; the last one is empty and parts it from the next.

    Args:
        message: with its text.
        view: how it is shown.
        spans: finds quoted text and signatures (``quotes.quoted_spans``).
        portions: how much of a very long text is laid out.
        held_until: until when a message of ours is held.
    """
    note = message.visibility is Visibility.NOTE
    ground = "note" if note else "page"
    edge: tuple[Piece, ...] = (("┃ ", "note"),) if note else (("  ", "text"),)
    width = max(16, min(READABLE, view.width - INDENT - 1))
    lines = _header(message, view, ground, held_until)

    def add(*pieces: Piece) -> None:
        lines.append(Line((*edge, *pieces), ground))

    if message.warning:
        for row in _rows(message.warning, width - 9):
            add(("warning: ", "soon"), (row, "soon"))
    text = message.text
    hidden = len(text) - PORTION * portions
    if hidden > 0:
        text = text[: PORTION * portions]
    if not text.strip():
        missing = "(the text is not here yet; it comes when the server can be reached)"
        add(("(no text)" if message.complete else missing, "muted"))
    lines += [Line((*edge, *pieces), ground) for pieces in _body(text, width, view, spans)]
    if hidden > 0:
        add((f"[{hidden:,} more characters: space at the end shows more]", "accent"))
    elif not message.complete and text.strip():
        add(("[only the beginning is here; the rest comes when the server can be reached]", "muted"))
    if message.translation is not None:
        lines += [Line((*edge, *pieces), ground) for pieces in _other(message.translation, width)]
    for number, one in enumerate((one for one in message.attachments if not one.inline), 1):
        where = "here" if one.cached else "on the server"
        add(
            (f"file {number}  ", "muted"),
            (clip(one.name or "unnamed", max(8, width - 40)), "accent"),
            (f"  {words.media(one.media_type)}, {words.size(one.size)}, {where}", "muted"),
        )
    lines.append(Line())
    return lines


def is_translation(line: Line) -> bool:
    """Whether the other text of a message begins on a line."""
    return any(text == _OTHER for text, _ in line.pieces[:2])


def _other(translation: Translation, width: int) -> list[tuple[Piece, ...]]:
    """The other text of a message, set apart from what was really said."""
    name = words.language(translation.language)
    title = f"in {name}, by a machine" if translation.machine else f"written in {name}, and translated"
    rows = [row for line in translation.text[:PORTION].split("\n") for row in (_rows(line, width - 2) or [""])]
    return [((_OTHER, "soon"), (title, "muted")), *((("  ", "text"), (row, "muted")) for row in rows)]


def _header(message: Message, view: View, ground: str, held_until: int | None) -> list[Line]:
    note = message.visibility is Visibility.NOTE
    ours = message.direction is Direction.OUT
    name = message.author.label or "somebody"
    when = f"{words.moment(message.sent_at or message.received_at, view.now, view.zone)} "
    who: list[Piece] = [("┃ note  " if note else "  ", "note+bold" if note else "text")]
    who.append(("● " if message.unread else "", "accent+bold"))
    who.append((clip(name, max(8, view.width // 3)), "mine+bold" if ours and not note else "strong+bold"))
    about = "  only colleagues see it" if note else "  " if ours and name == "us" else f"  {words.role(message)}, "
    who.append((about, "note" if note else "muted"))
    if not note:
        who.append((words.visibility(message), "public" if message.visibility is Visibility.PUBLIC else "muted"))
        more = ["marked as the answer"] if message.solution else []
        more += ["automatic"] if message.automatic and message.author.role is not Role.BOT else []
        who.append(("".join(f", {part}" for part in more), "muted"))
    if ours and message.to and not note:
        who.append(("  to " + ", ".join(one.label for one in message.to[:3]), "muted"))
    lines = [Line(tuple(who), ground, ((when, "muted"),))]
    state, role = words.delivery(message, view.now, held_until)
    if state:
        edge = ("┃ ", "note") if note else ("  ", "text")
        lines += [Line((edge, (row, role)), ground) for row in _rows(state, max(16, view.width - 4))]
    if view.headers:
        lines += [
            Line((("  ", "text"), (f"{label:<10}", "faint"), (row, "muted")), ground)
            for label, value in _facts(message, view)
            for label, row in _labelled(label, value, view.width - 14)
        ]
    return lines


def _facts(message: Message, view: View) -> list[tuple[str, str]]:
    def people(addresses: tuple[Address | Author, ...]) -> str:
        return ", ".join(f"{one.name} <{one.address}>" if one.name else one.address for one in addresses)

    facts = [("From", people((message.author,))), ("To", people(message.to)), ("Cc", people(message.cc))]
    facts += [("Reply-To", people(message.reply_to)), ("Subject", message.subject)]
    facts.append(("Received", words.moment(message.received_at, view.now, view.zone)))
    known = {"from", "to", "cc", "reply-to", "subject"}
    facts += [(name, value) for name, value in message.headers if name.lower() not in known]
    return [(name, value) for name, value in facts if value]


def _labelled(label: str, value: str, width: int) -> list[tuple[str, str]]:
    rows = _rows(value, max(16, width))
    return [(clip(label, 10) if index == 0 else "", row) for index, row in enumerate(rows)]


def _body(text: str, width: int, view: View, spans: Spans) -> list[tuple[Piece, ...]]:
    source = text.rstrip().split("\n") if text.strip() else []
    kinds: dict[int, str] = {}
    starts: dict[int, tuple[int, str]] = {}
    for first, last, kind in spans(text) if source else ():
        last = min(last, len(source))
        if last > first:
            starts[first] = (last, kind)
            kinds.update(dict.fromkeys(range(first, last), kind))
    rows: list[tuple[Piece, ...]] = []
    number = 0
    while number < len(source):
        fold = starts.get(number) if view.folded else None
        if fold is not None and (fold[0] < len(source) or fold[0] - number > 1 or fold[1] != "header"):
            end, kind = fold
            after = starts.get(end)
            if kind == "header" and after is not None and after[1] == "quote":
                end, kind = after  # who wrote when, and what: one thing to a reader
            rows.append(((_folded(kind, end - number), "quote"),))
            number = end
            continue
        role = "quote" if number in kinds else "text"
        line = hosts.marked(source[number]).replace("\t", "    ")
        if any(sign in line for sign in _SIGNS):
            rows.extend(_linked(line, width, role))
        else:
            rows.extend(((row, role),) for row in _rows(line, width))
        number += 1
    return rows


def _folded(kind: str, lines: int) -> str:
    match kind:
        case "quote":
            return f"[{words.count(lines, 'quoted line')}]"
        case "signature":
            return f"[signature, {words.count(lines, 'line')}]"
        case _:
            return f"[{words.count(lines, 'line')} of headers]"


def _rows(line: str, width: int) -> list[str]:
    line = line.replace("\t", "    ")
    if line.isascii() and len(line) <= width:
        return [line]
    return [line[start:end].rstrip(" ") for start, end in wrap(line, width, cells)]


def _linked(line: str, width: int, role: str) -> Iterator[tuple[Piece, ...]]:
    """A line with links as rows; each part of a link that is cut leads to the whole of it."""
    links = [(one.start(), one.end(), _link_role(one[0])) for one in _LINK.finditer(line)]
    for start, end in wrap(line, width, cells) if cells(line) > width else [(0, len(line))]:
        end = start + len(line[start:end].rstrip(" "))
        pieces: list[Piece] = []
        at = start
        for first, last, link in links:
            first, last = max(first, start), min(last, end)
            if first < last:
                if first > at:
                    pieces.append((line[at:first], role))
                pieces.append((line[first:last], link))
                at = last
        if at < end or not pieces:
            pieces.append((line[at:end], role))
        yield tuple(pieces)


def _link_role(text: str) -> str:
    """What a link looks like, and where it leads; one whose server is doubtful leads nowhere by a click."""
    if text[0] == "⟨" or text[-1] == "⟩":
        return "late"
    if text.startswith("["):
        return "accent"
    return "link+underline" if hosts.doubts(text) else f"link+underline@{text}"
