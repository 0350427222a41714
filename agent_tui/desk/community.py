"""Work in public: a peer's answer marked and thanked for, or corrected kindly; one person's matter taken private."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_tui.desk.posts import Posts
from agent_tui.desk.sending import Sending
from agent_tui.domain import identifiers
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Case, Draft, Message, Role, Visibility
from agent_tui.domain.operations import AcceptAnswer
from agent_tui.store import case_facts, clauses, messages, operations, sources, threads

if TYPE_CHECKING:
    from agent_tui.domain.said import Said

BESIDE = 200
"""Newest cases with whose words those of a clause are compared."""


class Community(Sending, Posts):
    """The part of the desk that works in public."""

    def peer_answer(self, case_id: int, message_id: int | None = None) -> Message:
        """The answer of a peer that is meant: the message named, the only one there is, else the newest where none was named.

        Raises:
            UsageError: there is none, or several and another message was named.
        """
        case = self._case(case_id)
        stored = [one for one in messages.of_case(self.store, case.id, newest_texts=0) if one.visibility is Visibility.PUBLIC]
        peers = [one for one in stored if one.author.role is Role.PEER]
        named = [one for one in peers if one.id == message_id]
        if message_id is not None and not named and len(peers) > 1:
            raise UsageError("several peers' answers are here; go to the one that is meant (J, K)")
        if not case.public or not peers:
            raise UsageError("no peer has answered here for all to see")
        return (named or peers)[-1]

    def right(self, case_id: int, message_id: int | None = None) -> Draft:
        """Mark a peer's answer as the one that is right, where the service has such a mark, and draft our thanks for it.

        Returns:
            the thanks, addressed to the peer's post; not sent.

        Raises:
            UsageError: no peer has answered.
        """
        from agent_tui.domain import community

        case = self._case(case_id)
        message = self.peer_answer(case.id, message_id)
        held = self._held_by(case.source)
        marked = any(one.solution for one in self.thread(case.id, texts=0).messages if one.id == message.id)
        if not marked and (held is None or AcceptAnswer.kind in held):
            self.solution(case.id, message.id, accepted=True)
        return self._public(case, message, "peer-right", community.thanks(self.languages_for(case.id)[0], _name(message)))

    def correction(self, case_id: int, message_id: int | None = None, clause: str = "") -> Draft:
        """Draft a kind correction of a peer's answer: thanks, what is right in it, what is not, and the clause that says so.

        Args:
            clause: id of the one to cite; empty: a gap says that one is wanted.

        Raises:
            UsageError: no peer has answered, or there is no such clause.
        """
        from agent_tui.domain import community

        case = self._case(case_id)
        message = self.peer_answer(case.id, message_id)
        found = None
        if clause:
            self.policies.refresh()
            found = self.policies.clause(clause)
            if found is None:
                raise UsageError(f"there is no clause {clause}; 'agent-tui policy search' finds them")
        words = community.correction(_name(message), found.title if found else "", found.text if found else "", clause)
        return self._public(case, message, "peer-wrong", words, clause={"title": found.title, "id": found.id} if found else None)

    def ways_on(self, case_id: int) -> tuple[str, ...]:
        """Where one can go on privately with a case's customer: their handle, where the service has private messages, and
        addresses that are known.
        """
        case = self._case(case_id)
        handle = (case.customer.address,) if self._private_here(case) else ()
        return tuple(dict.fromkeys((*handle, *((case.customer.address,) if "@" in case.customer.address else ()))))

    def move_to(self, case_id: int, address: Address) -> Draft:
        """A private message that goes on with a case: at the same service where the address is the customer's handle there.

        Raises:
            UsageError: no source can send it.
        """
        case = self._case(case_id)
        here = address.address == case.customer.address and self._private_here(case)
        return self.move_draft(case.id, address, source=case.source if here else "")

    def public_line(self, case_id: int) -> Draft:
        """What everybody is told when a case goes on in private: that it does, and nothing of what it is about."""
        from agent_tui.domain import community

        case = self._case(case_id)
        stored = messages.of_case(self.store, case.id, newest_texts=0)
        public = [one for one in stored if one.source == case.source and one.visibility is Visibility.PUBLIC]
        asked = next((one for one in reversed(public) if one.author.role is Role.CUSTOMER), None)
        words = community.neutral_line(self.languages_for(case.id)[0], self.asker(case, case.source).label)
        return self._public(case, asked, "take-it-private", words)

    def article(self, case_id: int, title: str = "", *, message: int | None = None) -> Path:
        """Write a draft of an article from the answer of a case: Markdown, without names and identifiers.

        Args:
            title: empty: the case's subject.
            message: the answer that is meant, where none is marked; None: our newest.

        Returns:
            the new file.

        Raises:
            UsageError: nobody has answered, there is such a draft already, or the folder can't be written.
        """
        from agent_tui.domain import articles

        case = self._case(case_id)
        thread = self.thread(case.id, texts=None).messages
        said = [one for one in thread if one.visibility is not Visibility.NOTE and one.id > 0]
        found = articles.answer_of(said, message)
        if found is None:
            raise UsageError("nobody has answered this yet; an article needs an answer")
        people = {name for one in said for name in (one.author.name, one.author.address)}
        people |= {case.customer.name, case.customer.address}
        language, _ = self.languages_for(case.id)
        made = articles.draft(
            title or case.subject, found[0].fresh_text or found[0].text, found[1].fresh_text or found[1].text,
            people={one for one in people if one} | {self.workspace.agent.name}, own=self.workspace.agent_addresses,
            link=self._link(case), solved=found[1].solution, patterns=self.workspace.personal, tags=case.tags,
            clauses=clauses.pinned(self.store, case.id), language=language,
        )  # fmt: skip
        folder = self.workspace.articles
        path = folder / f"{articles.slug(made.title)}-{identifiers.case_code(case.id)}.md"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(made.text)
        except FileExistsError:
            raise UsageError(f"there already is {self.shown(path)}; look at it, or move it away for a new one") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror}); see [articles] in workspace.toml") from None
        return path

    def words_about(self, clause: str = "", *, least: int = 2) -> Mapping[str, tuple[int, tuple[Said, ...]]]:
        """The words in which customers ask about clauses: of each how many cases there are, and the words, most telling first.

        A case belongs to a clause that was pinned to it, under which something was ruled in it, or on which a canned reply
        that answered it relies.

        Args:
            clause: one clause or a whole policy; empty: all that were ever used.
            least: in so many cases a word must stand.
        """
        from agent_tui.domain import said as customers

        under = {name: set(ids) for name, ids in clauses.cases_under(self.store).items()}
        self.canned.refresh()
        relies = {one.name: one.clauses for one in self.canned.replies()}
        for entry in operations.select(self.store, "kind = 'reply' AND state NOT IN ('cancelled', 'failed') ORDER BY id", ()):
            for name in (one for used in getattr(entry.operation, "canned", ()) for one in relies.get(used, ())):
                under.setdefault(name, set()).add(threads.resolve(self.store, entry.case))
        asked: dict[int, str] = {}
        names: set[str] = set()
        beside = {one.id for one in self.listing("newer:90d", BESIDE)} if under else set()
        for case_id in sorted(beside.union(*under.values())):
            every = messages.of_case(self.store, case_id)
            wrote = [one for one in every if one.author.role is Role.CUSTOMER and not one.automatic]
            asked[case_id] = "\n".join((*(one.fresh_text or one.text for one in wrote), *(one.subject for one in wrote[:1])))
            names |= {part for one in wrote for part in (one.author.name, one.author.address)}
        self.policies.refresh()
        found = {}
        for name in sorted(under):
            if clause and name != clause and name.partition("#")[0] != clause:
                continue
            stands = self.policies.clause(name)
            text = f"{stands.title}\n{stands.text}" if stands else ""
            here = [asked[one] for one in sorted(under[name]) if asked[one].strip()]
            others = [text for one, text in asked.items() if one not in under[name]]
            found[name] = (len(here), customers.words(here, others, text, names=names, least=least))
        return found

    def shown(self, path: Path) -> str:
        """A file as it is named to the agent: from the workspace, where it is in it."""
        here = self.workspace.path
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    # -- within ---------------------------------------------------------------------------------------------------

    def _public(
        self, case: Case, message: Message | None, name: str, words: str, *, clause: Mapping[str, Any] | None = None
    ) -> Draft:
        """A public reply to a message with the text of a canned reply, or with ``words`` where the library has none."""
        draft = self.draft(case.id, "reply", message=message.id if message else None, fresh=True, exactly=True)
        draft = replace(draft, visibility=Visibility.PUBLIC, source=case.source)
        language, fallback = self.languages_for(case.id)
        self.canned.refresh()
        reply = self.canned.choose(name, language, case.channel.value, fallback=fallback)
        if reply is None:
            return replace(draft, text=words)
        more = {"peer": {"name": _name(message)}} if message is not None else {}
        text = self.canned_text(reply, draft, {**more, **({"clause": clause} if clause else {})}).text
        return replace(draft, text=text, canned=(reply.name,))

    def _link(self, case: Case) -> str:
        """Where a case is from: its address at the service where it has one, else its id here."""
        remote = case_facts.case_ref(self.store, case.id, case.source).conversation
        link = getattr(self.workspace.source(case.source).options, "link", None)
        return str(link(remote)) if link is not None and remote else f"{case.source} {identifiers.case_code(case.id)}"

    def _private_here(self, case: Case) -> bool:
        """Whether its asker can be written to privately at the same service."""
        if not case.public or not case.customer.address:
            return False
        try:
            known = json.loads(sources.state(self.store, case.source).capabilities or "{}")
        except ValueError:
            return False
        return bool(known.get("begins")) and Visibility.PRIVATE.value in known.get("visibilities", ())


def _name(message: Message) -> str:
    return message.author.label
