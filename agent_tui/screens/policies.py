"""The policy library: every clause, search as one types, and one policy to read with what it said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult

from agent_tui.domain import marking
from agent_tui.domain.commands import POLICIES
from agent_tui.domain.decisions import Decision, precedent, summary
from agent_tui.screens.base import Bench
from agent_tui.screens.later import Later
from agent_tui.screens.listing import ListScreen, Title
from agent_tui.widgets import words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.policy_pane import marked
from agent_tui.widgets.policy_text import Part, PolicyText
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.theme import Look

_NONE = "There are no policies yet: put Markdown files into the policies folder of the workspace"


class PoliciesScreen(ListScreen, Later):
    """All clauses in the order of their policies, or those that have the words looked for, best first.

    Args:
        bench: desk, keys, colours.
        text: what to search for at once.
    """

    SCOPE = POLICIES

    def __init__(self, bench: Bench, text: str = "") -> None:
        self._text = text
        self._wanted: frozenset[str] = frozenset()
        self._found: Mapping[Any, Any] = {}
        """What has the words looked for, by the clause that is shown for it in the agent's language."""
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Clauses."""
        return ItemList(self.bench.look, self._paint, tall=2)

    def on_mount(self) -> None:
        """Show the library."""
        self.titled("Policies")
        self.hint("open", "policy.search", "policy.copy", "back", "help")
        if self._text:
            self._search(self._text)
        else:
            self._show_all()

    def _show_all(self) -> None:
        self._text, self._wanted, self._found = "", frozenset(), {}

        def show(clauses: Sequence[Any]) -> None:
            self.list.empty = _NONE
            self.list.show(clauses)
            policies = len({one.policy for one in clauses})
            note = f"{words.count(len(clauses), 'clause')} in {words.count(policies, 'policy', 'policies')}"
            self.titled("Policies", note if clauses else "")

        self.later(self.desk.all_clauses, show)

    def _search(self, text: str) -> None:
        if not text.strip():
            self._show_all()
            return
        self._text, self._wanted = text, marking.said([text])

        def show(found: Any) -> None:
            self.list.empty = found.error or ("No clause has these words" if found.clauses else _NONE)
            self._found = {one.clause: one.beside for one in found.suggestions if one.beside is not None}
            self.list.show([one.clause for one in found.suggestions])
            self.titled(f"Policies: {text}", f"{words.count(len(found.suggestions), 'clause')}, best first")

        self.later(lambda take: self.desk.search_clauses(text, take), show)

    def _paint(self, clause: Any, width: int) -> Sequence[Painted]:
        about = " › ".join(part for part in clause.within if part != clause.title)
        right = [(f"  {note} ", "soon") for note in notes(clause, self.desk.today())]
        right += [(f"  {clause.language} ", "tag")] if clause.language else []
        text = " ".join(marking.unmarked(self._found.get(clause, clause).text).split())
        text = marking.around(text, self._wanted, width)
        heading = [*marked(clause.title, self._wanted, "strong"), (f"  {about}", "muted")]
        return [(heading, right), ([("  ", "text"), *marked(text, self._wanted, "muted")], ())]

    def do_open(self, argument: str = "") -> None:
        """The whole policy at the clause."""
        if argument:
            self.app.push_screen(ClauseScreen(self.bench, argument, frozenset()))
        elif self.list.item is not None:
            one = self.list.item
            beside = self._found.get(one)
            self.app.push_screen(ClauseScreen(self.bench, one.id, self._wanted, language=one.language, beside=beside))

    def do_policy_search(self, argument: str = "") -> None:
        """Search as one types."""
        before = self._text
        if argument:
            self._search(argument)
        else:
            self.ask(Prompt("clauses", self._search, text=before, changed=self._search, cancelled=lambda: self._search(before)))

    def do_policy_copy(self, argument: str = "") -> None:
        """The clause's id to the clipboard."""
        del argument
        if self.list.item is not None:
            self.app.copy_to_clipboard(self.list.item.id)
            self.say(f"Copied {self.list.item.id}")


def notes(clause: Any, today: str) -> list[str]:
    """What limits a clause, in words."""
    found = []
    if clause.until:
        found.append(f"ended {clause.until}" if clause.until < today else f"until {clause.until}")
    if clause.effective and clause.effective > today:
        found.append(f"from {clause.effective}")
    if clause.channels:
        found.append(f"only {', '.join(clause.channels)}")
    return found


class ClauseScreen(Later):
    """A policy to read, at one of its clauses; and what that clause said before.

    Args:
        bench: desk, keys, colours.
        clause: id.
        wanted: words to mark, from ``domain.marking.said``.
        language: which of its languages; None: the agent's.
        beside: the same clause as it was found in another language, which comes first after it.
    """

    SCOPE = POLICIES
    DEFAULT_CSS = "ClauseScreen { layout: vertical; }"

    def __init__(
        self, bench: Bench, clause: str, wanted: frozenset[str], *, language: str | None = None, beside: Any = None
    ) -> None:
        super().__init__(bench)
        self.beside = beside
        self.clause = clause
        self.language = language
        self.wanted = wanted
        self.earlier = False
        self.title_line = Title(bench.look)
        self.text = PolicyText(bench.look)
        self._ids: list[str] = []

    def compose(self) -> ComposeResult:
        """Title, text, status."""
        yield self.title_line
        yield self.text
        yield self.status

    def on_mount(self) -> None:
        """Show the policy at the clause."""
        self.hint("policy.history", "policy.copy", "back", "help")
        self._show_policy()

    def _titled(self, title: str, note: str) -> None:
        self.title_line.left = [(title, "strong+bold")]
        self.title_line.right = [(f"{note} ", "muted")]
        self.title_line.repaint()

    def _show_policy(self) -> None:
        self.earlier = False

        def show(clauses: Sequence[Any]) -> None:
            variants = [one for one in clauses if one.id == self.clause]
            if not variants:
                self.text.show((), empty=f"The clause {self.clause} is not in the library any more")
                return
            primary = [one.partition("-")[0].casefold() for one in self.desk.workspace.agent.languages]
            asked = [one for one in variants if one.language == self.language]
            own = [one for tongue in (*primary, "") for one in variants if one.language.partition("-")[0] == tongue]
            chosen = (asked or own or variants)[0]
            today = self.desk.today()
            whole = [one for one in clauses if one.policy == chosen.policy and one.language == chosen.language]
            parts, self._ids = [], []
            for one in whole:
                parts.append(Part(one.title, one.text, ", ".join(notes(one, today)), here=one is chosen))
                self._ids.append(one.id)
                if one is chosen and (ruled := self.desk.decisions(one.id)):
                    parts.append(Part("How it was ruled", "\n".join(self._ruled(ruled)), here=True))
                    self._ids.append(one.id)
                if one is chosen:  # the customer's words beside the agent's
                    found = self.beside.language if self.beside is not None else chosen.language
                    for other in sorted(variants, key=lambda one: one.language != found):
                        if other is not chosen:
                            parts.append(Part(other.title, other.text, other.language or "as written", here=True))
                            self._ids.append(one.id)
            self.text.show(parts, self.wanted)
            self._titled(chosen.within[0] if chosen.within else chosen.policy, f"{chosen.path}  {self.clause}")

        self.later(self.desk.all_clauses, show)

    def _ruled(self, decided: Sequence[Decision]) -> list[str]:
        """Decisions under the clause, the newest first."""
        now = self.desk.now()
        return [summary(decided, now), "", *(f"- {precedent(one, 0, now)}" for one in reversed(decided[-20:]))]

    def do_policy_history(self, argument: str = "") -> None:
        """Every wording of the clause, or the policy again."""
        del argument
        if self.earlier:
            self._show_policy()
            return
        self.earlier = True

        def show(found: Sequence[Any]) -> None:
            gone = "(the clause was not there)"
            parts = [
                Part(f"since {one.since}  {one.title}", gone if one.text is None else one.text, one.change) for one in found
            ]
            self.text.show(parts, empty="Nothing is known of what it said before")
            self._titled(f"What {self.clause} said", words.count(len(found), "wording"))

        self.later(lambda take: self.desk.wordings_later(self.clause, take), show)

    def do_policy_copy(self, argument: str = "") -> None:
        """The clause's id to the clipboard."""
        del argument
        self.app.copy_to_clipboard(self.clause)
        self.say(f"Copied {self.clause}")

    def do_move_down(self, argument: str = "") -> None:
        """A line on."""
        del argument
        self.text.scroll_lines(1)

    def do_move_up(self, argument: str = "") -> None:
        """A line back."""
        del argument
        self.text.scroll_lines(-1)

    def do_move_top(self, argument: str = "") -> None:
        """To the beginning."""
        del argument
        self.text.scroll_lines(-1_000_000)

    def do_move_bottom(self, argument: str = "") -> None:
        """To the end."""
        del argument
        self.text.scroll_lines(1_000_000)

    def do_page_down(self, argument: str = "") -> None:
        """A screen on."""
        del argument
        self.text.scroll_lines(max(1, self.text.size.height - 2))

    def do_page_next(self, argument: str = "") -> None:
        """A screen on."""
        self.do_page_down(argument)

    def do_page_up(self, argument: str = "") -> None:
        """A screen back."""
        del argument
        self.text.scroll_lines(-max(1, self.text.size.height - 2))

    def set_look(self, look: Look) -> None:
        """Change colours."""
        super().set_look(look)
        for widget in (self.title_line, self.text):
            widget.set_look(look)
