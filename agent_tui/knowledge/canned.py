"""The library of canned replies: skeletons to be edited, in variants by language, channel and tone."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from agent_tui.domain import actions, templates
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.languages import primary
from agent_tui.domain.model import Address, Case, Channel
from agent_tui.domain.templates import Rendered, TemplateFault, Unknown
from agent_tui.knowledge.canned_index import CannedIndex, Entry, entry
from agent_tui.knowledge.files import Fault, Front, Library, Page

_CHANNELS = tuple(channel.value for channel in Channel)
_TITLES = frozenset(("mr", "mrs", "ms", "mx", "dr", "prof", "herr", "frau", "mme", "sr", "sra", "sri", "shri", "smt"))


class AgentLike(Protocol):
    """What a template may know of the agent."""

    @property
    def name(self) -> str:
        """Their name."""

    @property
    def email(self) -> str:
        """Their e-mail address."""

    @property
    def signature(self) -> str:
        """How they sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """One variant of a canned reply.

    Args:
        channels: empty for all; language: a tag such as ``pt-br``, empty for any.
        tone: a word of the library's own, such as ``formal``; empty for the usual one.
        then: actions staged with it, such as ``tag +refund``: what makes it a macro, with a text or without.
        subject: a template too, for a new message that has none yet.
        body: with its fragments in place.
        fragment: only there to be included.
        path, line: where the body begins.
    """

    name: str
    shortcut: str = ""
    channels: tuple[str, ...] = ()
    language: str = ""
    tone: str = ""
    tags: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    subject: str = ""
    body: str
    path: str = ""
    line: int = 1
    fragment: bool = False

    @property
    def questions(self) -> tuple[str, ...]:
        """What it asks for, empty where it can't be rendered."""
        try:
            return tuple(dict.fromkeys((*templates.check(self.subject), *templates.check(self.body))))
        except TemplateFault:
            return ()


class CannedLibrary(Library[Canned]):
    """Every canned reply of a folder. ``refresh`` looks for changed files; all else answers from memory."""

    def __init__(self, path: Path, *, at_once: bool = True) -> None:
        self._entries: dict[Canned, Entry] = {}
        self._work: Iterator[None] | None = None
        self.is_read = at_once
        super().__init__(path, _read, at_once=at_once)

    def refresh(self) -> bool:
        """Read files that changed; whether any did."""
        self.is_read = True
        return super().refresh()

    def prepare(self, milliseconds: float) -> bool:
        """Read what has changed and make the index of it, as far as the time goes; whether something is left to do.

        A search in between does what is left at once.
        """
        until = time.perf_counter() + milliseconds / 1000
        self._work = self._work or self._preparing()
        for _ in self._work:
            if time.perf_counter() >= until:
                return True
        self._work = None
        return False

    def _preparing(self) -> Iterator[None]:
        before = self.version
        yield from self._folder.reading()
        if self.version != before:
            self._take(self._folder.items())
        self.is_read = True
        yield
        version = self.version
        for one in self._all:
            if one not in self._entries:
                self._entries[one] = entry(one)
                yield
        if "_index" in self.__dict__:
            return
        index = CannedIndex(())
        yield from index.learning(tuple(self._entries[one] for one in self._all if one in self._entries))
        if self.version == version:
            self._entries = {one: self._entries[one] for one in self._all}
            self.__dict__["_index"] = index

    def _take(self, items: tuple[Canned, ...]) -> None:
        from agent_tui.knowledge import canned_fragments

        self._unexpanded = items
        whole, self._lost = canned_fragments.put_in(items)
        self._fragments = tuple(one for one in whole if one.fragment)
        self._all = tuple(one for one in whole if not one.fragment)
        self.__dict__.pop("_index", None)
        self._by_name: dict[str, list[Canned]] = {}
        for reply in self._all:
            self._by_name.setdefault(reply.name.casefold(), []).append(reply)

    @cached_property
    def _index(self) -> CannedIndex:
        """What search looks in: made when it is asked for, and of what has not changed only once."""
        self._entries = {one: self._entries.get(one) or entry(one) for one in self._all}
        return CannedIndex(tuple(self._entries.values()))

    def replies(self) -> tuple[Canned, ...]:
        """Every variant, by name."""
        return tuple(sorted(self._all, key=lambda reply: (reply.name.casefold(), reply.path)))

    def unused_fragments(self) -> tuple[Canned, ...]:
        """Fragments that no reply and no other fragment includes."""
        from agent_tui.knowledge.canned_fragments import INCLUDE, names

        used = {found["name"].strip().casefold() for one in self._unexpanded for found in INCLUDE.finditer(one.body)}

        return tuple(one for one in self._fragments if not names(one) & used)

    def variants(self, name: str) -> tuple[Canned, ...]:
        """The variants of one reply, by its name or shortcut."""
        wanted = name.strip().casefold()
        if wanted in self._by_name:
            return tuple(self._by_name[wanted])
        names = {one.name for one in self._all if wanted and one.shortcut.casefold() == wanted}
        return tuple(one for one in self._all if one.name in names)

    def choose(
        self, name: str, language: str = "", channel: str = "", *, tone: str = "", fallback: Collection[str] = ("en",)
    ) -> Canned | None:
        """The variant that fits a customer best, or None if there is no such reply.

        Language weighs more than channel: a letter in the customer's own language is easier made a chat line than
        understood in another. See ``fallback_words`` for how to tell the agent.

        Args:
            language: the customer's; channel: the case's; empty where not known.
            tone: the one wanted; empty for the usual one.
            fallback: languages to take where theirs is missing, best first.
        """
        found = self.variants(name)
        if not found:
            return None
        return max(found, key=lambda reply: _fit(reply, language, channel, tone, tuple(fallback)))

    def search(
        self, text: str, language: str = "", channel: str = "", limit: int = 50, *, fallback: Collection[str] = ("en",),
        macros: bool = False,
    ) -> tuple[Canned, ...]:  # fmt: skip
        """Replies found by shortcut, name, tag or content, best first, one variant of each; all of them for no text.

        Every word must be found somewhere; the last may be unfinished, and words of four letters and more may have a
        typing error, in the content too.

        Args:
            macros: those that stage actions, with a text or without, rather than those that have a text.
        """
        names = self._index.names(text, limit, lambda reply: bool(reply.then if macros else reply.body))
        chosen = (self.choose(name, language, channel, fallback=fallback) for name in names)
        return tuple(reply for reply in chosen if reply is not None)

    def check(self, clauses: Collection[str] | None = None) -> tuple[Fault, ...]:
        """Everything that would keep a reply from being used.

        Args:
            clauses: ids of all clauses there are, to find citations of none; None asks nothing.
        """
        faults = [*self._folder.faults(), *self._lost]
        for fragment in self._fragments:
            faults.extend(_faults(fragment, clauses))
        seen: dict[tuple[str, str, str, str], Canned] = {}
        shortcuts: dict[str, Canned] = {}
        for reply in self._all:
            faults.extend(_faults(reply, clauses))
            faults.extend(self._text_faults(reply))
            for channel in reply.channels or _CHANNELS:
                other = seen.setdefault((reply.name.casefold(), reply.language, reply.tone.casefold(), channel), reply)
                if other is not reply and bool(other.channels) == bool(reply.channels):
                    words = f"'{reply.name}' is also in {other.path} for the same language, channel and tone"
                    faults.append(Fault(reply.path, 1, words))
                    break
            if reply.shortcut:
                other = shortcuts.setdefault(reply.shortcut.casefold(), reply)
                if other.name.casefold() != reply.name.casefold():
                    words = f"the shortcut '{reply.shortcut}' is also that of '{other.name}' in {other.path}"
                    faults.append(Fault(reply.path, 1, words))
        return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.path, fault.line)))

    def _text_faults(self, reply: Canned) -> list[Fault]:
        """What is wrong with the canned reply that a macro brings along."""
        found: list[Fault] = []
        for line in reply.then:
            verb, _, name = line.strip().partition(" ")
            if verb != "canned" or not name:
                continue
            if reply.body:
                found.append(Fault(reply.path, 1, f"then: '{line}' in a reply that has a text of its own; leave out one of them"))
            elif not any(one.body for one in self.variants(name)):
                found.append(Fault(reply.path, 1, f"then: there is no canned reply '{name}'"))
        return found


def facts(case: Case | None, customer: Address, agent: AgentLike) -> Mapping[str, Any]:
    """What templates may use; what is not known becomes a gap."""
    first = first_name(customer.name)
    return {
        "customer": {
            "name": customer.name or Unknown("customer's name"),
            "first_name": first or Unknown("customer's first name"),
            "address": customer.address or Unknown("customer's address"),
        },
        "case": {
            "id": case_code(case.id) if case else Unknown("case"),
            "subject": (case.subject if case else "") or Unknown("subject"),
            "channel": case.channel.value if case else "",
            "source": case.source if case else "",
            "tags": list(case.tags) if case else [],
        },
        "agent": {
            "name": agent.name or Unknown("your name"),
            "first_name": first_name(agent.name) or Unknown("your first name"),
            "email": agent.email or Unknown("your e-mail address"),
            "signature": agent.signature,
        },
        "watch": {name: Unknown(words) for name, words in _WATCH.items()},
        "peer": {"name": Unknown("who answered")},
        "clause": {"title": Unknown("why, with the clause"), "id": Unknown("the clause")},
    }


_WATCH = {"until": "until when we are here", "mine": "until when you are here", "next": "when we are here again",
          "who": "who of us is here"}  # fmt: skip


def render(
    reply: Canned, case: Case | None, customer: Address, agent: AgentLike, answers: Mapping[str, str] | None = None, *,
    more: Mapping[str, Any] | None = None,
) -> Rendered:
    """The text of a reply for one case, with its gaps.

    Args:
        more: facts beside those of ``facts``: who watches until when, a peer's name, a clause.

    Raises:
        TemplateFault: it can't be rendered; in words, with the line of the file.
    """
    try:
        return templates.render(reply.body, {**facts(case, customer, agent), **(more or {})}, answers)
    except TemplateFault as fault:
        raise TemplateFault(fault.message, fault.line + reply.line - 1 if fault.line else reply.line) from None


def subject_of(reply: Canned, case: Case | None, customer: Address, agent: AgentLike) -> str:
    """The subject of a new message, on one line and with its gaps; empty where the reply has none.

    Raises:
        TemplateFault: it can't be rendered; in words.
    """
    return " ".join(templates.render(reply.subject, facts(case, customer, agent)).text.split())


def first_name(name: str) -> str:
    """How to greet somebody of this full name; empty where that can't be told."""
    name = " ".join(name.split())
    if "@" in name:
        return ""
    last, comma, first = name.partition(",")
    parts = (first if comma and first.strip() else last).split()
    while parts and parts[0].strip(".").casefold() in _TITLES:
        parts.pop(0)
    return parts[0] if parts and any(c.isalpha() for c in parts[0]) else ""


def fallback_words(reply: Canned, language: str = "", channel: str = "") -> str:
    """What the agent must know of a variant that is not quite the one wanted; empty if it is."""
    words = []
    if language and reply.language and primary(reply.language) != primary(language):
        words.append(f"there is none in '{primary(language)}', this is '{reply.language}'")
    if channel and reply.channels and channel not in reply.channels:
        words.append(f"there is none for {channel}, this is for {', '.join(reply.channels)}")
    return "; ".join(words)


def _fit(reply: Canned, language: str, channel: str, tone: str, fallback: tuple[str, ...]) -> tuple[int, int, int, str]:
    own, wanted = reply.language, language.casefold().replace("_", "-")
    if wanted and own == wanted:
        spoken = 100
    elif wanted and own and primary(own) == primary(wanted):
        spoken = 90
    elif not own:
        spoken = 80
    else:
        places = [primary(one) for one in fallback]
        spoken = 50 - places.index(primary(own)) if primary(own) in places else 0
    heard = 2 if channel and channel in reply.channels else 1 if not reply.channels else 0
    said = 2 if reply.tone.casefold() == tone.casefold() else 1 if not reply.tone else 0
    return spoken, heard, said, reply.path


def _read(page: Page, faults: list[Fault]) -> tuple[Canned, ...]:
    front = Front(page, faults)
    body = page.body.strip("\n")
    line = page.first_line + (len(page.body) - len(page.body.lstrip("\n")) if body else 0)
    reply = Canned(
        name=front.text("name") or Path(page.path).stem,
        shortcut=front.text("shortcut").lstrip("/"),
        channels=front.choices("channels", _CHANNELS),
        language=front.text("language").casefold().replace("_", "-"),
        tone=front.text("tone"),
        tags=front.words("tags"),
        clauses=front.words("clauses"),
        then=front.words("then"),
        subject=" ".join(front.text("subject").split()),
        body=body.rstrip(),
        path=page.path,
        line=line,
        fragment=front.flag("fragment") or page.path.startswith("fragments/"),
    )
    front.rest()
    return (reply,)


def _faults(reply: Canned, clauses: Collection[str] | None) -> list[Fault]:
    found: list[Fault] = []
    if not reply.body and not reply.then:
        found.append(Fault(reply.path, reply.line, "there is no text"))
    known = facts(None, Address("A B", "a@b.example"), _Nobody())
    for text, line, where in ((reply.body, reply.line, ""), (reply.subject, 1, "subject: ")):
        try:
            templates.check(text)
            wrong = len(found)
            for name in templates.names(text):
                outer, _, inner = name.partition(".")
                if outer in known and inner not in known[outer]:
                    there = ", ".join(f"{outer}.{one}" for one in known[outer])
                    found.append(Fault(reply.path, line, f"{where}there is no fact '{name}'; there are {there}"))
            if len(found) == wrong:
                templates.render(text, known)
        except TemplateFault as fault:
            found.append(Fault(reply.path, fault.line + line - 1 if fault.line else line, where + fault.message))
    for action in reply.then:
        try:
            actions.read(action)
        except ValueError as fault:
            found.append(Fault(reply.path, 1, f"then: {fault}"))
    if clauses is not None:
        found.extend(
            Fault(reply.path, 1, f"clauses: there is no clause '{one}' in the policy library")
            for one in reply.clauses
            if one not in clauses
        )
    return found


@dataclass(frozen=True, slots=True)
class _Nobody:
    """Stands for an agent while templates are checked."""

    name: str = "A B"
    email: str = "a@b.example"
    signature: str = "A"
