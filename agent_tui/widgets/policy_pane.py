"""The clauses that fit the case at hand, best first: candidates, each with how sure it is, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from textual.strip import Strip

from agent_tui.domain.wrapping import wrap
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, fit

LIKELY, PERHAPS = 0.35, 0.12
"""How sure a candidate is from there on, in words."""
_FIRST, _OTHERS = 12, 3  # lines of text of the candidate under the cursor, and of the others
_SHOWN = 1600  # characters of a clause that are looked at
_RULED, _RULED_OTHERS = 6, 3  # rows of how a clause was ruled, under the cursor and elsewhere
_PRECEDENT, _DEPARTS = 4, 5  # rows of one precedent, and of how a draft departs


class ClauseLike(Protocol):
    """A clause, as far as a pane shows it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its heading."""

    @property
    def within(self) -> tuple[str, ...]:
        """The headings above it."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def language(self) -> str:
        """Of the text."""

    @property
    def until(self) -> str:
        """Its last day."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Where it holds."""


class Candidate(Protocol):
    """A clause that may apply."""

    @property
    def clause(self) -> ClauseLike:
        """Which."""

    @property
    def sure(self) -> float:
        """How sure, from 0 to 1; below 0 where it was pinned or looked for."""

    @property
    def beside(self) -> ClauseLike | None:
        """The same clause in the customer's language."""


def certainty(sure: float) -> tuple[str, str]:
    """How sure a candidate is, in a word, and its role; nothing below zero: it was not ranked."""
    if sure < 0:
        return "", "muted"
    if sure >= LIKELY:
        return "likely", "good"
    if sure >= PERHAPS:
        return "perhaps", "accent"
    return "weak", "muted"


def marked(text: str, wanted: frozenset[str], role: str = "text") -> list[Piece]:
    """A text with the wanted words marked: underlined, so that colour is not all that tells."""
    from agent_tui.domain import marking  # with the words of a language: the list comes before them

    pieces: list[Piece] = []
    place = 0
    for start, end in marking.places(text, wanted):
        pieces += [(text[place:start], role), (text[start:end], "accent+underline")]
        place = end
    pieces.append((text[place:], role))
    return [piece for piece in pieces if piece[0]]


class PolicyPane(Lines):
    """Candidates, with a cursor while the pane has the keys.

    Args:
        look: colours.
    """

    DEFAULT_CSS = """
    PolicyPane { width: 1fr; height: 1fr; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="policy")
        self.candidates: Sequence[Candidate] = ()
        self.pinned: frozenset[str] = frozenset()
        self.wanted: frozenset[str] = frozenset()
        self.about = ""
        self.words = ""
        self.active = False
        self.cursor = 0
        self.keys = ""
        self.rulings: Mapping[str, Sequence[str]] = {}
        """By clause: how it was ruled in a line, then the likest rulings, which stand below the clause with the cursor."""
        self.departs: Mapping[str, str] = {}
        """Of what is being written: how it departs from what is usual under a clause."""
        self._top = 0

    @property
    def chosen(self) -> Candidate | None:
        """The candidate under the cursor."""
        return self.candidates[self.cursor] if self.cursor < len(self.candidates) else None

    def show(
        self, candidates: Sequence[Candidate], wanted: frozenset[str], *, about: str, pinned: Sequence[str] = (), words: str = ""
    ) -> None:
        """Show other candidates. The cursor stays on its clause where that is still among them and they are for the same:
        whoever goes on typing a search wants its best, not what was the best of two letters.

        Args:
            wanted: the words to mark, from ``domain.marking.said``.
            about: what they are for, in a few words.
            words: what to say where there is none.
        """
        kept = self.chosen is not None and self.active and about == self.about
        here = self.chosen.clause.id if kept and self.chosen is not None else ""
        self.candidates, self.wanted, self.about, self.words = candidates, wanted, about, words
        self.pinned = frozenset(pinned)
        self.cursor = next((place for place, one in enumerate(candidates) if one.clause.id == here), 0)
        self._top = 0
        self.repaint()

    def move(self, by: int) -> bool:
        """Move the cursor; whether it moved."""
        before, self.cursor = self.cursor, max(0, min(len(self.candidates) - 1, self.cursor + by))
        self.repaint()
        return self.cursor != before

    def set_active(self, *, on: bool) -> None:
        """Give the keys to the pane, or take them away."""
        self.active = on
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """A title line, then the candidates from the first that shows the cursor."""
        right: list[Piece] = [(f" {self.keys} ", "muted")] if self.keys else []
        title: list[Piece] = [("▌" if self.active else " ", "accent"), ("Policy ", "strong+bold"), (self.about, "muted")]
        strips = [strip_of(title, width, self.look, "bar", right)]
        if not self.candidates:
            strips += [strip_of([(" " + line, "muted")], width, self.look) for line in _wrapped(self.words, width - 2)]
        blocks = [self._block(place, one, width) for place, one in enumerate(self.candidates)]
        self._top = min(self._top, self.cursor)
        while self._top < self.cursor and sum(map(len, blocks[self._top : self.cursor + 1])) > height - 1:
            self._top += 1
        for block in blocks[self._top :]:
            strips += block
        blank = Strip.blank(width, self.look.style("text"))
        return (strips + [blank] * height)[:height]

    def _block(self, place: int, one: Candidate, width: int) -> list[Strip]:
        clause, look = one.clause, self.look
        here = self.active and place == self.cursor
        ground = "cursor" if here else "page"
        word, role = certainty(one.sure)
        right: list[Piece] = [("pinned ", "note")] if clause.id in self.pinned else []
        if word:
            right.append((f"{word} ", role))
        room = width - sum(cells(text) for text, _ in right) - 2
        heading: list[Piece] = [("▌" if here else " ", "accent"), *marked(_cut(clause.title, room), self.wanted, "strong+bold")]
        strips = [strip_of(heading, width, look, ground, right)]
        about = " › ".join(part for part in clause.within if part != clause.title) or clause.id
        notes = [f"until {clause.until}"] if clause.until else []
        notes += [f"only {', '.join(clause.channels)}"] if clause.channels else []
        tail = f" · {' · '.join(notes)}" if notes else ""
        strips.append(strip_of([(" " + _cut(about, width - 2 - cells(tail)), "muted"), (tail, "soon")], width, look))
        chosen = place == self.cursor
        ruled = self.rulings.get(clause.id, ())
        if ruled:
            strips += self._told(ruled[0], width, "mine", _RULED if chosen else _RULED_OTHERS)
            for likest in ruled[1:] if chosen else ():
                strips += self._told(likest, width, "muted", _PRECEDENT, hang=2)
        strips += self._told(self.departs.get(clause.id, ""), width, "late", _DEPARTS)
        lines = _FIRST if chosen else _OTHERS
        strips += self._text(clause.text, width, lines)
        if one.beside is not None:
            strips.append(strip_of([(f" {one.beside.language or 'as written'}: {one.beside.title}", "tag")], width, look))
            strips += self._text(one.beside.text, width, lines)
        return [*strips, Strip.blank(width, look.style("text"))]

    def _told(self, text: str, width: int, role: str, most: int, hang: int = 0) -> list[Strip]:
        """A line of ours in as many rows as it takes, those after the first set in by ``hang``; what is cut says so."""
        rows = _rows(text, width - 2 - hang) if text else []
        strips = []
        for number, row in enumerate(rows[:most]):
            cut: list[Piece] = [("…", "faint")] if number == most - 1 and number + 1 < len(rows) else []
            strips.append(strip_of([(" " + " " * (hang if number else 0) + row.rstrip(), role), *cut], width, self.look))
        return strips

    def _text(self, text: str, width: int, lines: int) -> list[Strip]:
        from agent_tui.domain import marking

        shown = " ".join(marking.unmarked(text).split())
        if len(shown) > _SHOWN:
            shown = shown[:_SHOWN]
        rows = _rows(shown, width - 2)
        first = 0
        if len(rows) > lines:  # from the words that were said on, where the beginning has none of them
            hits = [number for number, row in enumerate(rows) if marking.places(row, self.wanted)]
            if hits and hits[0] >= lines:
                first = min(hits[0], len(rows) - lines)
        strips = []
        for number, row in enumerate(rows[first : first + lines], first):
            before = "…" if number == first and first else " "
            after = "…" if number == first + lines - 1 and number + 1 < len(rows) else ""
            strips.append(strip_of([(before, "faint"), *marked(row.rstrip(), self.wanted), (after, "faint")], width, self.look))
        return strips


def _rows(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, max(8, width), cells)]


def _wrapped(text: str, width: int) -> list[str]:
    return [row for line in text.split("\n") for row in _rows(line, width)]


def _cut(text: str, room: int) -> str:
    return text if cells(text) <= room else fit(text, max(1, room))
