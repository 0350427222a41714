"""Reads the phrases of each language in ``phrases/*.txt``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "phrases"


@dataclass(frozen=True)
class Question:
    """What a customer asks, and replies that answer it: ``(marks, text)``; ``p`` promises, ``a`` has a file."""

    text: str
    replies: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Phrases:
    """One language: ``sections`` by their name, each a list of lines, and the questions with their answers."""

    language: str
    sections: dict[str, list[str]]
    questions: list[Question]

    @property
    def people(self) -> list[tuple[str, str]]:
        """Names and addresses of customers."""
        parts = (line.partition(" | ") for line in self.sections["people"])
        return [(name, address) for name, _, address in parts]

    def get(self, section: str) -> list[str]:
        """The lines of a section, none where the language lacks it."""
        return self.sections.get(section, [])


def read(path: Path) -> Phrases:
    """One file: ``[section]`` lines, then phrases; in ``[case]`` lines begin with ``C:``, ``R:`` or ``R!marks:``."""
    sections: dict[str, list[str]] = {}
    questions: list[Question] = []
    here = ""
    for line in path.read_text("utf-8").splitlines():
        line = line.replace("\\n", "\n")
        if line.startswith("[") and line.endswith("]"):
            here = line[1:-1]
            sections[here] = []
        elif here == "case" and line.startswith("C: "):
            questions.append(Question(line[3:]))
        elif here == "case":
            marks, _, text = line.partition(": ")
            questions[-1].replies.append((marks.removeprefix("R").removeprefix("!"), text))
        elif line:
            sections[here].append(line)
    return Phrases(path.stem, sections, questions)


def every() -> dict[str, Phrases]:
    """Every language by its tag."""
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.txt"))}
