"""Triage verbs: they act on the selection, or on the case under the cursor, and say what they did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from agent_tui.domain.commands import Command
from agent_tui.domain.commands.triage import (
    SETTABLE,
    SNOOZE_CHOICES,
    moderation_question,
    parse_priority,
    parse_state,
    parse_tags,
    parse_until,
    suggestions,
)
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Address, Case, CaseState, Priority
from agent_tui.screens.keeping import KeepVerbs
from agent_tui.screens.overtaken import ask_overtaken
from agent_tui.widgets.prompt import Prompt

Act = Callable[[tuple[int, ...]], Any]
_LOOKED_AT = 100
"""Of so many selected cases it is looked at what their services can do."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class TriageVerbs(KeepVerbs):
    """The verbs. A screen that has cases says which ones are meant and shows what became of them."""

    _last: tuple[Act, bool] | None = None
    _trail: list[tuple[int, ...]]

    # what the screen says

    def targets(self) -> tuple[int, ...]:
        """The selected cases, else the one under the cursor."""
        raise LookupError("a screen with cases says which")

    def commands(self) -> tuple[Command, ...]:
        """What can be done here now: nothing to a case where there is none."""
        known = super().commands()
        return known if self.targets() else tuple(one for one in known if not one.needs_case)

    def offered(self) -> tuple[Command, ...]:
        """Without what the service of the case, or of every selected one, cannot do."""
        from agent_tui.domain.commands.fitting import fitting

        return fitting(self.commands(), self.desk.powers(self.targets()[:_LOOKED_AT]))

    def cases_shown(self) -> Iterable[Case]:
        """Cases on the screen: where names and tags to choose from come from."""
        return ()

    def settled(self, ids: tuple[int, ...], *, onward: bool) -> None:
        """Show the new state after a verb; ``onward``: go on to the next case."""

    # acting

    def act(self, act: Act, *, onward: bool = False, remember: bool = True) -> None:
        """Do something to the cases meant, say it, and remember it for ``repeat``."""
        ids = self.targets()
        if not ids:
            self.say("No case here")
            return
        done = act(ids)
        if remember:
            self._last = (act, onward)
        self._trail = [*getattr(self, "_trail", [])[-50:], ids]
        self.settled(ids, onward=onward)
        if done is not None:
            self.say(f"{done.words}{self._undo_hint()}")
            ask_overtaken(self, ids)

    def _undo_hint(self) -> str:
        keys = self.bench.keymap.keys_of("undo")
        return f"  ({keys[0]} takes it back)" if keys else ""

    def question(self, label: str, argument: str, take: Callable[[str], None], **more: Any) -> None:
        """Take what was typed on the command line, or ask for it."""
        if argument:
            take(argument)
        elif not self.targets():
            self.say("No case here")
        else:
            number = len(self.targets())
            self.ask(Prompt(f"{label}{f' {number} cases' if number > 1 else ''}:", take, **more))

    # verbs

    def do_done(self, argument: str = "") -> None:
        """Close and go on."""
        del argument
        self.act(self.desk.done, onward=True)

    def do_reopen(self, argument: str = "") -> None:
        """Open again."""
        del argument
        self.act(self.desk.reopen)

    def do_take(self, argument: str = "") -> None:
        """Assign to me."""
        del argument
        self.act(self.desk.take)

    def do_spam(self, argument: str = "") -> None:
        """File as spam and go on."""
        del argument
        self.act(self.desk.spam, onward=True)

    def do_accept(self, argument: str = "") -> None:
        """Let appear what waits, agree with a report, come into a room."""
        del argument
        self._moderate("approve")

    def do_decline(self, argument: str = "") -> None:
        """The other way round."""
        del argument
        self._moderate("reject")

    def do_ignore(self, argument: str = "") -> None:
        """Say neither yes nor no to a report."""
        del argument
        self._moderate("ignore")

    def _moderate(self, action: str) -> None:
        """Decide; what others see or no longer see because of it is asked first."""
        ids = self.targets()
        if not ids:
            self.say("No case here")
            return
        what = self.desk.waits(ids)
        question = moderation_question(action, what, len(ids))

        def act() -> None:
            self.act(lambda ids: self.desk.moderate(ids, action), onward=bool(question))

        if question:
            self.confirm(question, act)
        else:
            act()

    def do_read(self, argument: str = "") -> None:
        """Mark read."""
        del argument
        self.act(lambda ids: self.desk.mark_read(ids, True))

    def do_unread(self, argument: str = "") -> None:
        """Mark unread."""
        del argument
        self.act(lambda ids: self.desk.mark_read(ids, False))

    def do_star(self, argument: str = "") -> None:
        """Star, or take the star off where all have one."""
        del argument
        cases = [self.desk.case(one) for one in self.targets()]
        on = not all(case.flagged for case in cases if case is not None)
        self.act(lambda ids: self.desk.star(ids, on))

    def do_delete(self, argument: str = "") -> None:
        """Move to the server's bin, after a question."""
        del argument
        number = len(self.targets())
        if number:
            what = "this case" if number == 1 else f"{number} cases"
            self.confirm(f"Delete {what} from the server?", lambda: self.act(self.desk.delete, remember=False))

    def do_snooze(self, argument: str = "") -> None:
        """Away until a time."""

        def take(text: str) -> None:
            until = parse_until(text, self.desk.now(), self.bench.zone)
            self.act(lambda ids: self.desk.snooze(ids, until), onward=True)

        def choices(text: str) -> tuple[str, ...]:
            return tuple(one for one in SNOOZE_CHOICES if one.startswith(text.lower()))

        self.question("snooze until", argument, take, whole=True, choices=choices)

    def do_assign(self, argument: str = "") -> None:
        """To a colleague, or to nobody."""

        def take(text: str) -> None:
            handle = text.strip() or None
            handle = self.desk.me if handle == "me" else None if handle in {"nobody", "none"} else handle
            self.act(lambda ids: self.desk.assign(ids, handle))

        known = self._colleagues()
        self.question("assign to", argument, take, whole=True, choices=lambda text: suggestions(text, known))

    def do_tag(self, argument: str = "") -> None:
        """Put tags on and take them off."""

        def take(text: str) -> None:
            add, remove = parse_tags(text)
            self.act(lambda ids: self.desk.tag(ids, add=add, remove=remove))

        known = self._tags()
        self.question("tag", argument, take, choices=lambda text: suggestions(text, known))

    def do_priority(self, argument: str = "") -> None:
        """Low to urgent."""

        def take(text: str) -> None:
            priority = parse_priority(text)
            self.act(lambda ids: self.desk.set_priority(ids, priority))

        self.question("priority", argument, take, choices=lambda text: suggestions(text, tuple(Priority)))

    def do_state(self, argument: str = "") -> None:
        """Open, closed, snoozed, spam."""

        def take(text: str) -> None:
            match parse_state(text):
                case CaseState.CLOSED:
                    self.act(self.desk.done)
                case CaseState.SPAM:
                    self.act(self.desk.spam)
                case CaseState.SNOOZED:
                    self.do_snooze()
                case _:
                    self.act(self.desk.reopen)

        self.question("state", argument, take, choices=lambda text: suggestions(text, tuple(SETTABLE)))

    def do_macro(self, argument: str = "") -> None:
        """Several actions, shown before they run; what a macro writes goes into the composer."""
        from agent_tui.screens.macro import MacroScreen, Plan

        ids = self.targets()
        if not ids:
            self.say("No case here")
            return
        self.desk.canned.refresh()
        if not self.desk.canned.search("", macros=True):
            self.say(f"There are no macros yet; a canned reply with 'then' is one, in {self.desk.canned.path}")
            return

        def take(plan: Plan | None) -> None:
            if plan is None:
                return
            if plan.text is not None:
                self.write_staged(ids[0], plan.text, tuple(one.line for one in plan.actions))
            else:
                away = any(one.verb in {"close", "spam", "snooze"} for one in plan.actions)
                self.act(lambda chosen: self.desk.run_actions(chosen, plan.actions, plan.name), onward=away)

        self.app.push_screen(MacroScreen(self.bench, ids, argument), take)

    def write_staged(self, case_id: int, reply: Any, then: tuple[str, ...]) -> None:
        """Open the composer with a canned reply, and with actions that run once it is sent."""
        from agent_tui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(self.bench, self.desk.draft(case_id, "reply"), staged=(reply, then)))

    def do_merge(self, argument: str = "") -> None:
        """Into another case; with a selection, the others into the one under the cursor."""
        ids = self.targets()
        here = self.focused_case()
        if here is None:
            return
        if len(ids) > 1 and here.id in ids:
            others = tuple(one for one in ids if one != here.id)
            self.confirm(f"Merge {len(others)} into '{here.subject[:40]}'?",
                         lambda: self.act(lambda _ids: self.desk.merge(others, here.id), remember=False))  # fmt: skip
            return

        def take(text: str) -> None:
            into = self.desk.find_case(text.split(maxsplit=1)[0] if text.split() else "")
            if into in self.targets():
                raise ValueError("that is this case itself")
            self.act(lambda ids: self.desk.merge(ids, into), remember=False)

        known = tuple(f"{case_code(one.id)} {one.subject[:30]}" for one in self._related(here))
        self.question("merge into case", argument, take, whole=True, choices=lambda text: suggestions(text, known))

    def _related(self, here: Case) -> list[Case]:
        found = [*self.desk.perhaps_same(self.desk.thread(here.id, texts=0)), *self.desk.journey(here.id)]
        found += [one for one in self.cases_shown() if one.customer.address == here.customer.address]
        return list({one.id: one for one in found if one.id != here.id}.values())[:6]

    def do_customer(self, argument: str = "") -> None:
        """Who waits, where a colleague forwarded the mail."""
        here = self.focused_case()
        if here is None:
            return

        def take(text: str) -> None:
            found = _ADDRESS.search(text)
            if found is None:
                raise ValueError("an address, for example: Ravi Kumar <ravi@example.com>")
            name = text[: found.start()].strip(' <"')
            self.act(lambda ids: self.desk.set_customer(ids[0], Address(name, found[0])), remember=False)

        known = tuple(self.addresses_here())
        self.question("customer", argument, take, whole=True, choices=lambda text: suggestions(text, known))

    def addresses_here(self) -> Iterable[str]:
        """Addresses that the case at hand mentions."""
        return ()

    def focused_case(self) -> Case | None:
        """The one case under the cursor."""
        return None

    # taking back

    def do_undo(self, argument: str = "") -> None:
        """Take the last thing back."""
        del argument
        done = self.desk.undo()
        trail = getattr(self, "_trail", [])
        ids = trail.pop() if done is not None and trail else ()
        self.settled(ids, onward=False)
        self.say(done.words if done is not None else "Nothing to take back")

    def do_redo(self, argument: str = "") -> None:
        """Do it again."""
        del argument
        done = self.desk.redo()
        self.settled((), onward=False)
        self.say(done.words if done is not None else "Nothing to do again")

    def do_repeat(self, argument: str = "") -> None:
        """The last verb, here."""
        del argument
        if self._last is None:
            self.say("No verb to repeat yet")
        else:
            act, onward = self._last
            self.act(act, onward=onward)

    # what can follow a verb

    def completions(self, name: str, typed: str) -> tuple[str, ...]:  # noqa: D102 - inherited
        match name:
            case "assign":
                return suggestions(typed, self._colleagues())
            case "tag":
                return suggestions(typed, self._tags())
            case "priority":
                return suggestions(typed, tuple(Priority))
            case "state":
                return suggestions(typed, tuple(SETTABLE))
            case "snooze":
                return tuple(one for one in SNOOZE_CHOICES if one.startswith(typed.lower()))
        return super().completions(name, typed)

    def _colleagues(self) -> tuple[str, ...]:
        others = (one.assignee for one in self.cases_shown() if one.assignee not in {None, "", self.desk.me})
        return tuple(dict.fromkeys(["me", *(name for name in others if name), "nobody"]))

    def _tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for case in self.cases_shown() for tag in case.tags))
