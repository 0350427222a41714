"""The last look before something leaves: to whom, who can read it, what the guards say, and the keys that send it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from textual.strip import Strip

from agent_tui.domain.model import Channel, Visibility
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.recipient_line import size_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells
from agent_tui.widgets.words import count, size

_LITTLE = 10  # percent of own words below which a reply is little but the library's


class GuardFinding(Protocol):
    """What a guard found."""

    @property
    def guard(self) -> str:
        """Its id."""

    @property
    def reason(self) -> str:
        """One line."""

    @property
    def stops(self) -> bool:
        """Whether it stops the message."""

    @property
    def when(self) -> str:
        """For a promise, the words that say until when."""

    @property
    def passable(self) -> bool:
        """Whether the agent may go past it."""


class GateFacts(Protocol):
    """What the desk says of a draft that is about to leave."""

    @property
    def headline(self) -> str:
        """Who will get it and who can read it, in words."""

    @property
    def channel(self) -> Channel:
        """How it goes."""

    @property
    def visibility(self) -> Visibility:
        """Who can read it."""

    @property
    def findings(self) -> Sequence[GuardFinding]:
        """What the guards say."""

    @property
    def own_words(self) -> int | None:
        """Percent of the words that are the author's; None where nothing is canned."""

    @property
    def hold_ms(self) -> int:
        """How long it can be taken back."""


class SendGate(Lines):
    """One line in a wide terminal, two in a narrow one, and one more for each thing that a guard found.

    Args:
        look: colours.
    """

    DEFAULT_CSS = "SendGate { height: auto; display: none; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="gate")
        self.facts: GateFacts | None = None
        self.files: tuple[str, ...] = ()
        self.passed: set[str] = set()
        self.keys: Sequence[tuple[str, str]] = ()
        self.pass_key = "p"  # noqa: S105 - a key of the keyboard
        self.edit_key = "esc"
        self.remind_key = ""
        self.leaves = ""

    @property
    def is_open(self) -> bool:
        """Whether it is being asked."""
        return self.facts is not None

    @property
    def stopped_by(self) -> tuple[GuardFinding, ...]:
        """Findings that still stop it."""
        return still_stopping(self.facts.findings, self.passed) if self.facts else ()

    def open(self, facts: GateFacts, files: tuple[str, ...] = ()) -> None:
        """Ask; what was passed before stays passed only while it is still found.

        Args:
            facts: what the desk says of the draft.
            files: paths of what goes with it.
        """
        self.files = files
        self.passed &= {one.guard for one in facts.findings}
        self.facts = facts
        self.display = True
        self._fit()

    def close(self) -> None:
        """Back to the text; nothing stays passed."""
        self.facts = None
        self.passed = set()
        self.display = False

    def pass_next(self) -> GuardFinding | None:
        """Go past the first guard that stops and may be passed; which one it was."""
        for one in self.stopped_by:
            if one.passable:
                self.passed.add(one.guard)
                self._fit()
                return one
        return None

    def on_resize(self) -> None:
        """One line or two."""
        self._strips = []
        self._fit()

    def _fit(self) -> None:
        if self.facts is None:
            return
        width = self.size.width or self.app.size.width
        rows = len(self.paint(width, 0))
        if self.styles.height is None or self.styles.height.value != rows or self.styles.height.is_auto:
            self.styles.height = rows
        self._strips = []
        self.refresh()

    def paint(self, width: int, height: int) -> list[Strip]:
        """Guards first, then what will happen and the keys."""
        del height
        if self.facts is None:
            return []
        lines = [strip_of(self._finding(one), width, self.look, "bar") for one in self.facts.findings]
        what, keys = self._what(self.facts), self._choices()
        if sum(cells(text) for text, _ in (*what, *keys)) <= width:
            lines.append(strip_of(what, width, self.look, "cursor", keys))
        else:
            lines.append(strip_of(what, width, self.look, "cursor"))
            lines.append(strip_of(keys, width, self.look, "cursor"))
        return lines

    def _finding(self, one: GuardFinding) -> list[Piece]:
        if one.guard in self.passed:
            return [(" ✓ ", "good"), (f"{one.guard}: {one.reason}", "muted"), ("   passed", "good")]
        if not one.stops:
            hint: list[Piece] = [(" · ", "soon"), (f"{one.guard}: ", "soon"), (one.reason, "text")]
            if one.guard == "promise" and self.remind_key:
                hint.append((f"   {self.remind_key} reminds you", "muted"))
            return hint
        way = f"   {self.pass_key} passes it" if one.passable else "   can't be passed"
        way = f"{way}, {self.edit_key} mends it"
        return [(" ■ ", "late"), (f"{one.guard}: ", "late+bold"), (one.reason, "text"), (way, "muted")]

    def _what(self, facts: GateFacts) -> list[Piece]:
        note = facts.visibility is Visibility.NOTE
        public = facts.visibility is Visibility.PUBLIC
        role = "note+bold" if note else "public+bold" if public else "strong+bold"
        pieces: list[Piece] = [(f" {facts.headline}", role)]
        if self.files:
            total = sum(max(0, size_of(path)) for path in self.files)
            names = ", ".join(Path(path).name for path in self.files[:2])
            more = "" if len(self.files) < 3 else f" +{len(self.files) - 2}"
            files = count(len(self.files), "file")
            pieces.append((f" · {files} ({names}{more}, {size(total)})", "text"))
        if facts.own_words is not None:
            pieces.append((f" · {facts.own_words} % own words", "muted" if facts.own_words >= _LITTLE else "soon"))
        if self.leaves:
            pieces.append((f" · {self.leaves}", "soon"))
        elif facts.hold_ms and not note:
            pieces.append((f" · held {facts.hold_ms // 1000} s", "muted"))
        return [*pieces, ("  ", "text")]

    def _choices(self) -> list[Piece]:
        if any(not one.passable for one in self.stopped_by):
            return [(f" {self.edit_key}", "accent+bold"), (" edit ", "muted")]
        pieces: list[Piece] = [(" ", "text")]
        stopped = bool(self.stopped_by)
        for key, title in self.keys:
            if stopped and key not in {self.pass_key, self.edit_key}:
                continue
            if not stopped and key == self.pass_key:
                continue
            pieces += [(key, "accent+bold"), (f" {title}  ", "muted")]
        return pieces


def still_stopping(findings: Sequence[GuardFinding], passed: Collection[str]) -> tuple[GuardFinding, ...]:
    """Findings that stop a message and were not passed; what can't be passed stays whatever was said."""
    return tuple(one for one in findings if one.stops and not (one.passable and one.guard in passed))
