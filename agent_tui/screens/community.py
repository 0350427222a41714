"""Verbs of work in public: a peer's answer is right, or is corrected kindly; a matter of one person goes on in private."""

from __future__ import annotations

from agent_tui.domain.commands.compose import parse_address
from agent_tui.domain.commands.triage import suggestions
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Address, Case, Channel, Draft
from agent_tui.screens.deciding import DecideVerbs
from agent_tui.screens.writing import WriteVerbs
from agent_tui.widgets.prompt import Prompt


class CommunityVerbs(DecideVerbs, WriteVerbs):
    """What is done with what everybody can read."""

    def do_right(self, argument: str = "") -> None:
        """A peer is right: marked as the answer, and our thanks at the gate."""
        del argument
        case = self._public_case()
        draft = self.desk.right(case.id, self._meant())
        self.settled((case.id,), onward=False)
        self._write_at(draft, ready=True)

    def do_correct(self, argument: str = "") -> None:
        """A peer is wrong: a kind correction with its clause."""
        case = self._public_case()
        message = self.desk.peer_answer(case.id, self._meant()).id
        offers = tuple(dict.fromkeys((*self.desk.pinned(case.id), *(one.clause.id for one in self.policy.candidates))))

        def take(text: str) -> None:
            self._write_at(self.desk.correction(case.id, message, text.strip()), message=message)

        def fitting(text: str) -> tuple[str, ...]:
            return tuple(one for one in offers if text.casefold() in one.casefold()) or offers

        if argument or not self.desk.has_policies():
            take(argument)
            return
        chosen = self.policy.chosen if self.policy.display else None
        first = chosen.clause.id if chosen is not None else next(iter(offers), "")
        self.ask(Prompt("cite the clause (empty: write it yourself)", take, text=first, choices=fitting, whole=True))

    def do_move(self, argument: str = "") -> None:
        """Go on in private, in the same case."""
        case = self.focused_case()
        if case is None:
            self.say("There is no case here")
            return
        if case.channel is Channel.EMAIL:
            raise UsageError("this case is by e-mail already")
        known = tuple(dict.fromkeys((*self.desk.ways_on(case.id), *(one for one in self.addresses_here() if "@" in one))))

        def take(text: str) -> None:
            handle = text.strip() == case.customer.address and text.strip() in known
            address = case.customer if handle else parse_address(text, Channel.EMAIL)
            named = Address(address.name or case.customer.name, address.address)
            self._write_at(self.desk.move_to(case.id, named))

        if argument:
            take(argument)
        else:
            how = "go on privately with" if case.public else "go on by e-mail with"
            self.ask(Prompt(how, take, text=known[0] if known else "", whole=True,
                            choices=lambda text: suggestions(text, known)))  # fmt: skip

    def do_idea(self, argument: str = "") -> None:
        """An idea or a wish rather than a problem, or not."""
        del argument
        from agent_tui.domain import wishes

        cases = [case for one in self.targets() if (case := self.desk.case(one)) is not None]
        if cases and all(wishes.TAG in case.tags for case in cases):
            self.act(lambda ids: self.desk.tag(ids, remove=(wishes.TAG,)))
        else:
            self.act(lambda ids: self.desk.tag(ids, add=(wishes.TAG,)))

    def do_article(self, argument: str = "") -> None:
        """An article of this answer, as a file to look through."""
        case = self.focused_case()
        if case is None:
            self.say("There is no case here")
            return
        path = self.desk.article(case.id, argument.strip(), message=self._meant())
        self.say(f"{self.desk.shown(path)} is a draft of {case_code(case.id)}: look it through before others read it", "good")

    def _public_case(self) -> Case:
        case = self.focused_case()
        if case is None:
            raise UsageError("there is no case here")
        if not case.public:
            raise UsageError("only what everybody can read has answers of peers; this case is private")
        return case

    def _meant(self) -> int | None:
        """The message at hand while a case is read; None: the newest that will do."""
        return self.reader.message.id if self.reading and self.reader.message is not None else None

    def _write_at(self, draft: Draft, *, message: int | None = None, ready: bool = False) -> None:
        from agent_tui.screens.compose import ComposeScreen

        self.app.push_screen(ComposeScreen(self.bench, draft, message=message, ready=ready))
