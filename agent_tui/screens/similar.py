"""Earlier cases with the same problem, how they ended and what was answered; one key quotes or links that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent_tui.domain.commands import SIMILAR
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Case
from agent_tui.screens.base import Bench
from agent_tui.screens.later import Later
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets import words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.width import fit

_LONGEST = 4000  # characters of an answer that are quoted


class SimilarScreen(ListScreen, Later):
    """Three lines a case: who and how it ended, what they wrote, what was answered. Closed with ``(case, message)`` to go to.

    Args:
        bench: desk, keys, colours.
        case: the one that others are like.
    """

    SCOPE = SIMILAR

    def __init__(self, bench: Bench, case: Case) -> None:
        self._case = case
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Cases."""
        return ItemList(self.bench.look, self._paint, tall=4)

    def on_mount(self) -> None:
        """Look."""
        self.list.empty = "Looking …"
        self.titled(f"Cases like {self._case.subject or self._case.customer.label}")
        self.hint("open", "similar.quote", "similar.link", "back", "help")

        def show(answer: tuple[tuple[Any, ...], str]) -> None:
            found, wrong = answer
            self.list.empty = wrong or "Nothing like it yet: no other case shares its telling words"
            self.list.show(found)
            title = f"Cases like {self._case.subject or self._case.customer.label}"
            self.titled(title, f"{words.count(len(found), 'case')}, likest first" if found else "")

        self.later(lambda take: self.desk.similar(self._case.id, lambda found, wrong: take((found, wrong))), show)

    def _paint(self, one: Any, width: int) -> Sequence[Painted]:
        case = one.case
        age = words.span(self.desk.now() - case.updated_at)
        named = 10 if width >= 100 else 0
        left = [(fit(str(case.channel), named), "muted"), (fit(case.customer.label, 22) + " ", "strong")]
        left.append((case.subject or "(no subject)", "text"))
        right = [(f"  {one.ended} ", "good" if one.accepted else "muted"), (fit(age, 5, right=True) + " ", "muted")]
        said = [(" " * named + one.said, "muted")]
        answer = " ".join(one.answer.fresh_text.split()) if one.answer is not None else ""
        mark = "✓ " if one.accepted else "→ "
        told = [(" " * named + mark + answer, "mine")] if answer else [(" " * named + "nobody answered", "faint")]
        return [(left, right), (said, ()), (told, ()), ((), ())]

    def do_open(self, argument: str = "") -> None:
        """Go to the case, at its answer."""
        del argument
        one = self.list.item
        if one is not None:
            self.dismiss((one.case.id, one.answer.id if one.answer is not None else 0))

    def do_similar_quote(self, argument: str = "") -> None:
        """Answer the case at hand with what was answered there."""
        del argument
        one = self.list.item
        if one is None or one.answer is None:
            self.say("There is no answer to quote")
            return
        from agent_tui.screens.compose import ComposeScreen

        # Not behind ">": it is written by us and for somebody else, and guards pass over what is quoted.
        text = one.answer.fresh_text[:_LONGEST].strip() + "\n\n"
        draft = self.desk.draft(self._case.id, "reply")
        draft = replace(draft, text=text + draft.text, cursor=len(text))
        bench, app = self.bench, self.app
        self.dismiss(None)
        app.call_later(lambda: app.push_screen(ComposeScreen(bench, draft)))

    def do_similar_link(self, argument: str = "") -> None:
        """A line that names the case, to the clipboard."""
        del argument
        one = self.list.item
        if one is not None:
            case = one.case
            self.app.copy_to_clipboard(f"{case_code(case.id)} {case.subject} ({case.customer.label}, {case.source})")
            self.say("Copied a line with id, subject and customer")
