"""The policy pane beside list and case: its verbs. Below 140 columns it takes their place while it is open."""

from __future__ import annotations

from agent_tui.screens.moving import MoveVerbs
from agent_tui.screens.policy_asking import PolicyAsking
from agent_tui.widgets.arrangement import POLICY_FROM, policy_columns
from agent_tui.widgets.prompt import Prompt


class PolicyVerbs(PolicyAsking, MoveVerbs):
    """Showing the pane, moving in it, pinning, searching. While it has the keys they are its own."""

    _policy_wanted: bool | None = None

    def arrange_policy(self, width: int) -> bool:
        """Show or hide the pane for a width; whether it takes the place of everything else."""
        beside = width >= POLICY_FROM and not self.linear
        wanted = self._policy_wanted
        if wanted is None:
            wanted = beside and self.desk.has_policies()
        if self.policy.display != wanted:
            self.policy.display = wanted
        size = policy_columns(width) if beside else width
        if wanted and self.policy.styles.width is not None and self.policy.styles.width.value != size:
            self.policy.styles.width = size
        keys = self.bench.keymap.keys_of("policy")
        self.policy.keys = f"{keys[0]} hides" if keys else ""
        return wanted and not beside

    def arrange_again(self) -> None:
        """Lay out anew; the screen says how."""

    def policy_hints(self) -> None:
        """Say on the status line what can be done; the screen says what where the pane has not the keys."""

    def _focus_policy(self, *, on: bool) -> None:
        self.policy.set_active(on=on)
        self.list.active = not on and not self.reading
        self.list.refresh()
        self.policy_hints()

    def do_policy(self, argument: str = "") -> None:
        """Show or hide the clauses that fit this case."""
        del argument
        shown = not self.policy.display
        self._policy_wanted = shown
        over = shown and self.app.size.width < POLICY_FROM
        self._focus_policy(on=over)
        self.arrange_again()
        if shown:
            self.ensure_shown()
            self.ask_policies()

    def do_policy_search(self, argument: str = "") -> None:
        """Search the policies as one types."""

        def done(text: str) -> None:
            if text.strip():
                self.search_policies(text)
            else:
                self.ask_policies(again=True)

        if argument:
            done(argument)
        else:
            self.ask(Prompt("clauses", done, changed=self.search_policies, cancelled=lambda: self.ask_policies(again=True)))

    def do_policy_pin(self, argument: str = "") -> None:
        """Pin the clause to the case, or take it off."""
        del argument
        case, chosen = self.focused_case(), self.policy.chosen
        if case is None or chosen is None:
            self.say("No clause is chosen")
            return
        on = chosen.clause.id not in self.desk.pinned(case.id)
        self.desk.pin(case.id, chosen.clause.id, on=on)
        self.say(f"Pinned {chosen.clause.title} to this case" if on else f"{chosen.clause.title} is pinned no more")
        self.ask_policies(again=True)

    def do_policy_copy(self, argument: str = "") -> None:
        """The clause's id to the clipboard."""
        del argument
        if self.policy.chosen is not None:
            self.app.copy_to_clipboard(self.policy.chosen.clause.id)
            self.say(f"Copied {self.policy.chosen.clause.id}")

    def do_view_policies(self, argument: str = "") -> None:
        """The whole library."""
        from agent_tui.screens.policies import PoliciesScreen

        self.app.push_screen(PoliciesScreen(self.bench, argument))

    # keys that the pane takes while it has them

    def do_move_down(self, argument: str = "") -> None:
        """The next clause, case or line."""
        self.policy.move(1) if self.policy.active else super().do_move_down(argument)

    def do_move_up(self, argument: str = "") -> None:
        """The clause, case or line before."""
        self.policy.move(-1) if self.policy.active else super().do_move_up(argument)

    def do_move_top(self, argument: str = "") -> None:
        """The first clause, case or line."""
        self.policy.move(-1000) if self.policy.active else super().do_move_top(argument)

    def do_move_bottom(self, argument: str = "") -> None:
        """The last clause, case or line."""
        self.policy.move(1000) if self.policy.active else super().do_move_bottom(argument)

    def do_page_down(self, argument: str = "") -> None:
        """Some clauses, or a screen, on."""
        self.policy.move(3) if self.policy.active else super().do_page_down(argument)

    def do_page_up(self, argument: str = "") -> None:
        """Some clauses, or a screen, back."""
        self.policy.move(-3) if self.policy.active else super().do_page_up(argument)

    def do_page_next(self, argument: str = "") -> None:
        """Some clauses, or a screen, on."""
        self.policy.move(3) if self.policy.active else super().do_page_next(argument)

    def do_open(self, argument: str = "") -> None:
        """The whole policy at the clause, or the case."""
        if not self.policy.active or argument:
            super().do_open(argument)
        elif self.policy.chosen is not None:
            from agent_tui.screens.policies import ClauseScreen

            chosen, beside = self.policy.chosen.clause, self.policy.chosen.beside
            self.app.push_screen(ClauseScreen(self.bench, chosen.id, self.policy.wanted, language=chosen.language, beside=beside))

    def do_back(self, argument: str = "") -> None:
        """Out of the pane, or back as elsewhere."""
        if not self.policy.active:
            super().do_back(argument)
        elif self.app.size.width < POLICY_FROM:
            self.do_policy()
        else:
            self._focus_policy(on=False)

    def do_pane_next(self, argument: str = "") -> None:
        """From the list to the case to the policies and back."""
        if self.policy.active:
            self._focus_policy(on=False)
            if self.app.size.width < POLICY_FROM:
                self.do_policy()
            elif self.reading:
                self._close()
        elif self.policy.display and self.reading:
            self._focus_policy(on=True)
        else:
            super().do_pane_next(argument)
