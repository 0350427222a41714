"""A question on the last line of the screen, answered by typing. State only; the status line paints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from agent_tui.widgets.width import clusters


class Outcome(Enum):
    """What a key did to a prompt."""

    NOTHING = 0
    CHANGED = 1
    SUBMIT = 2
    CANCEL = 3


@dataclass(slots=True)
class Prompt:
    """One question.

    Args:
        label: the question, a few words.
        submit: called with the answer; a ``ValueError`` keeps the prompt open and shows its words.
        choices: what could be meant by what is typed so far, best first.
        changed: called with the text after every change.
        cancelled: called on esc.
        whole: a choice stands for the whole answer rather than for its last word.
        yes_no: a question for ``y``; every other key says no.
        or_no: ``n`` is an answer too: ``submit`` gets ``y`` or ``n``, and every other key leaves the question open.
        hidden: what is typed is not shown, only how much of it.
        history: what was answered before, newest last; up and down go through what begins as the text does.
    """

    label: str
    submit: Callable[[str], None]
    text: str = ""
    choices: Callable[[str], tuple[str, ...]] | None = None
    changed: Callable[[str], None] | None = None
    cancelled: Callable[[], None] | None = None
    whole: bool = False
    yes_no: bool = False
    or_no: bool = False
    history: tuple[str, ...] = ()
    hidden: bool = False
    error: str = ""
    cursor: int = -1
    offered: int = -1
    _stem: str | None = None
    _begun: str | None = None

    def __post_init__(self) -> None:
        if self.cursor < 0:
            self.cursor = len(self.text)

    @property
    def offers(self) -> tuple[str, ...]:
        """The choices to show now."""
        return self.choices(self.text if self._stem is None else self._stem) if self.choices else ()

    def feed(self, key: str, character: str | None) -> Outcome:
        """Take one key.

        Args:
            key: Textual's name for it.
            character: what it prints, if anything.
        """
        if self.yes_no and self.or_no and character in {"y", "Y", "n", "N"}:
            self.text = character.lower()
            return Outcome.SUBMIT
        if self.yes_no:
            return Outcome.SUBMIT if character in {"y", "Y"} else Outcome.CANCEL
        match key:
            case "enter":
                return Outcome.SUBMIT
            case "escape" | "ctrl+c":
                return Outcome.CANCEL
            case "up" | "down" | "ctrl+p" | "ctrl+n" if self.history:
                return self._recall(-1 if key in {"up", "ctrl+p"} else 1)
            case "tab" | "shift+tab" | "down" | "up":
                return self._complete(-1 if key in {"shift+tab", "up"} else 1)
            case "left" | "ctrl+b":
                self.cursor -= len(self._cluster_before())
                return Outcome.NOTHING
            case "right" | "ctrl+f":
                after = clusters(self.text[self.cursor :])
                self.cursor += len(after[0]) if after else 0
                return Outcome.NOTHING
            case "home" | "ctrl+a":
                self.cursor = 0
                return Outcome.NOTHING
            case "end" | "ctrl+e":
                self.cursor = len(self.text)
                return Outcome.NOTHING
            case "backspace":
                return self._cut(self.cursor - len(self._cluster_before()), self.cursor)
            case "delete":
                after = clusters(self.text[self.cursor :])
                return self._cut(self.cursor, self.cursor + (len(after[0]) if after else 0))
            case "ctrl+w":
                kept = self.text[: self.cursor].rstrip()
                return self._cut(kept.rfind(" ") + 1, self.cursor)
            case "ctrl+u":
                return self._cut(0, self.cursor)
            case "ctrl+k":
                return self._cut(self.cursor, len(self.text))
        if character is not None and character.isprintable():
            return self.insert(character)
        return Outcome.NOTHING

    def insert(self, text: str) -> Outcome:
        """Put text at the cursor: a typed character, or what was pasted (its first line)."""
        text = "".join(c for c in (text.splitlines() or [""])[0] if c.isprintable())
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)
        return self._typed()

    def _cluster_before(self) -> str:
        before = clusters(self.text[: self.cursor])
        return before[-1] if before else ""

    def _cut(self, start: int, end: int) -> Outcome:
        if start == end:
            return Outcome.NOTHING
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start
        return self._typed()

    def _typed(self) -> Outcome:
        self.error, self.offered, self._stem, self._begun = "", -1, None, None
        return Outcome.CHANGED

    def _recall(self, step: int) -> Outcome:
        """An earlier answer that begins with what was typed, or a later one; past the newest, what was typed."""
        begun = self.text if self._begun is None else self._begun
        fitting = [one for one in self.history if one.startswith(begun) and one != begun]
        here = fitting.index(self.text) if self.text in fitting else len(fitting)
        wanted = here + step
        if not 0 <= wanted <= len(fitting) or (wanted == here):
            return Outcome.NOTHING
        self.text = fitting[wanted] if wanted < len(fitting) else begun
        self.cursor = len(self.text)
        self._typed()
        self._begun = begun
        return Outcome.CHANGED

    def _complete(self, step: int) -> Outcome:
        if self._stem is None:
            self._stem = self.text
        offers = self.offers
        if not offers:
            self._stem = None
            return Outcome.NOTHING
        self.offered = (self.offered + step) % len(offers) if self.offered >= 0 or step > 0 else len(offers) - 1
        chosen, stem = offers[self.offered], self._stem
        if self.whole:
            self.text = chosen
        else:
            head = stem[: len(stem) - len(stem.split(" ")[-1])] if stem else ""
            sign = stem[len(head) : len(head) + 1]
            self.text = head + (sign if sign in {"+", "-"} else "") + chosen
        self.cursor = len(self.text)
        self.error = ""
        return Outcome.CHANGED
