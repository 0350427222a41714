"""Facts of the case at a gap: offered with where they were found, put in by one key, gone with the first letter typed."""

from __future__ import annotations

from textual import events

from agent_tui.domain import facts
from agent_tui.domain.facts import Fact
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.canned_picker import CannedPicker
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.words import moment

HINT = "enter puts it in; or type over the gap"


@dataclass(frozen=True, slots=True)
class Offered:
    """A fact as the list shows it."""

    fact: Fact

    @property
    def name(self) -> str:
        """What would be put in."""
        return self.fact.value

    @property
    def shortcut(self) -> str:
        """It has none."""
        return ""

    @property
    def language(self) -> str:
        """What kind of fact it is."""
        return self.fact.kind

    @property
    def tags(self) -> tuple[str, ...]:
        """It has none."""
        return ()


class FactVerbs(DeskScreen):
    """The list of facts while the cursor is on a gap."""

    case: Case | None
    view: MessageView
    composer: Composer
    facts: CannedPicker

    def do_compose_gap(self, argument: str = "") -> None:
        """To the next gap."""
        del argument
        if self.composer.next_gap():
            self.offer_facts()
        else:
            self.facts.close()
            self.say("No gap is left")

    def offer_facts(self) -> None:
        """The gap under the cursor is selected: show what of this case may fill it."""
        question = self.composer.buffer.selected.strip("[]")
        self.say(f"{question}: type over it", "soon")
        if self.case is None:
            return
        found = facts.find(self.view.messages, question, subject=self.case.subject)
        if not found:
            self.facts.close()
            return
        self.facts.open(inline=True)
        self.facts.offer([Offered(one) for one in found])
        self._show_where()

    def feed_facts(self, event: events.Key) -> bool:
        """Take a key while facts are offered; whether it was used. What is typed goes over the gap."""
        match event.key:
            case "escape":
                self.facts.close()
            case "enter" | "tab":
                self._put_fact()
            case "up":
                self._choose_fact(-1)
            case "down":
                self._choose_fact(1)
            case _:
                self.facts.close()
                return False
        return True

    def _choose_fact(self, by: int) -> None:
        self.facts.move(by)
        self._show_where()

    def _show_where(self) -> None:
        chosen = self.facts.chosen
        self.facts.preview = ""
        if isinstance(chosen, Offered):
            fact = chosen.fact
            self.facts.preview = f"{fact.around}\n{fact.who}, {moment(fact.at, self.desk.now(), self.bench.zone)}"
        self.facts.repaint()

    def _put_fact(self) -> None:
        chosen = self.facts.chosen
        self.facts.close()
        if chosen is None:
            return
        self.composer.insert(chosen.name)
        if self.composer.gaps:
            self.do_compose_gap()
