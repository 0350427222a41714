"""Writing: drafts with their recipients filled in, and what came in the meantime."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent_tui.desk.seat import Seat
from agent_tui.domain.begun import Begun, begin, quotation
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Case, Channel, Direction, Draft, Message, Visibility
from agent_tui.store import attachments, case_facts, cases, delivery, drafts, fold, messages, sources, threads

KINDS = ("reply", "note", "forward", "new", "move")
TYPING_EVERY_MS = 4_000
_LIKELY = 0.5  # a variant is easily changed: a good guess will do

if TYPE_CHECKING:
    from agent_tui.domain.templates import Rendered


class Writing(Seat):
    """The drafting part of the desk."""

    @cached_property
    def _typing_told(self) -> dict[int, int]:
        """When the customer of a case was last told that somebody writes; 0: that nobody does."""
        return {}

    def draft(
        self, case_id: int | None, kind: str = "reply", *, everyone: bool = True, message: int | None = None,
        source: str = "", fresh: bool = False, exactly: bool = False,
    ) -> Draft:  # fmt: skip
        """The draft of this kind that the case has, or a fresh one with recipients, subject and visibility filled in.

        A fresh one has no number and is not stored before it is saved.

        Args:
            everyone: a reply goes to all that the message answered was for, not to its author alone.
            message: the message that is answered or forwarded; None: the customer's newest.
            exactly: the message named is answered even where it is public and the case has gone on in private since.
            fresh: a new one in any case, beside what is being written already.
            source: for ``new``: which source sends it; empty: the first that can.

        Raises:
            UsageError: no such case, or nothing that could be answered.
        """
        if case_id is None:
            begun = (d for d in drafts.every(self.store) if d.case is None and d.visibility is Visibility.PRIVATE)
            return next((d for d in begun if source in ("", d.source)), None) or self._new(source)
        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        for found in () if fresh else drafts.of_case(self.store, case.id, kind):
            return found
        seen, seen_ours = messages.newest_ids(self.store, case.id)
        stored = messages.of_case(self.store, case.id, newest_texts=0)
        base = Draft(
            id=0, case=case.id, source=case.source, kind=kind, visibility=Visibility.NOTE, text="", seen=seen,
            seen_ours=seen_ours, state=case.state,
        )  # fmt: skip
        if kind == "note":
            return base
        answered = next((m for m in stored if m.id == message), None) or _newest(stored)
        if kind == "forward":
            return self._forward(base, case, answered)
        natural = _newest(stored)
        private = natural is not None and natural.visibility is Visibility.PRIVATE
        if private and answered and not exactly and answered.visibility is Visibility.PUBLIC:
            answered = natural  # it has gone on in private: nothing of it becomes public by the place of a cursor
        return self._reply(base, case, answered, everyone=everyone)

    def keep_keys(self, draft: Draft) -> None:
        """A key made the draft this: it outlives this process from now on, and is stored a little later."""
        if not self.read_only:
            self.keys.keep(draft)

    def drop_keys(self, draft: Draft) -> None:
        """What was typed into a draft is stored elsewhere, or no longer wanted."""
        self.keys.clear(draft)

    def save_draft(self, draft: Draft) -> Draft:
        """Store a draft as it stands.

        Raises:
            UsageError: it is on its way out, or was discarded; its text is kept as a new draft of the same case.
        """
        if draft.id and not drafts.is_open(self.store, draft.id):
            draft = replace(draft, id=0)
        before = drafts.get(self.store, draft.id) if draft.id else None
        saved = drafts.save(self.store, draft)
        self.drop_keys(draft)
        if saved.case is not None and bool(before and before.text) != bool(saved.text):
            self._refold(saved.case)
        return saved

    def discard_draft(self, draft_id: int) -> None:
        """Put a draft aside; ``revive_draft`` brings it back for a month."""
        found = drafts.get(self.store, draft_id)
        drafts.discard(self.store, draft_id)
        if found is not None and found.returned is not None:
            delivery.dismiss(self.store, found.returned)
        if found is not None and found.case is not None:
            self._refold(found.case)

    def revive_draft(self, draft_id: int) -> Draft | None:
        """Bring a discarded draft back."""
        found = drafts.revive(self.store, draft_id)
        if found is not None and found.case is not None:
            self._refold(found.case)
        return found

    def drafts(self) -> tuple[Draft, ...]:
        """Everything that is being written, newest first."""
        return drafts.every(self.store)

    def attach(self, draft: Draft, path: Path) -> Draft:
        """Add a file to a draft.

        Raises:
            UsageError: it can't be read, or is not a file.
        """
        path = path.expanduser()
        if not path.is_file():
            raise UsageError(f"{path} is not a file that can be attached; check the path")
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
        return self.save_draft(replace(draft, attachments=(*draft.attachments, str(path.resolve()))))

    def canned_text(self, reply: Any, draft: Draft, more: Mapping[str, Any] | None = None) -> Rendered:
        """A canned reply as it reads in the case of a draft, with its gaps.

        Args:
            reply: one of ``canned``'s.
            more: facts that only this use of it knows.

        Raises:
            TemplateFault: it can't be rendered; in words.
        """
        from agent_tui.knowledge import canned

        case, customer = self._written_to(draft)
        return canned.render(
            reply, case, customer, self.workspace.signer(draft.source), more={**self.watch_facts(), **(more or {})}
        )

    def canned_subject(self, reply: Any, draft: Draft) -> str:
        """The subject that a canned reply gives a new message, with its gaps; empty for none, or where there is one.

        Raises:
            TemplateFault: it can't be rendered; in words.
        """
        from agent_tui.knowledge import canned

        if draft.kind != "new" or draft.subject.strip():
            return ""
        return canned.subject_of(reply, *self._written_to(draft), self.workspace.signer(draft.source))

    def _written_to(self, draft: Draft) -> tuple[Case | None, Address]:
        case = cases.get(self.store, draft.case) if draft.case is not None else None
        if case is None:
            return None, next(iter(draft.to), Address())
        return case, self.asker(case, draft.source) if draft.visibility is Visibility.PUBLIC else case.customer

    def asker(self, case: Case, source: str) -> Address:
        """Who asks, as everybody at a source knows them.

        Their name on another channel that was joined to the case is nobody's business there.
        """
        return messages.asker(self.store, case.id, source) or case.customer

    def watch_facts(self) -> Mapping[str, Any]:
        """What templates may know of who is here, and until when."""
        from agent_tui.domain import watching

        return {"watch": watching.facts(self.workspace.watch, self.workspace.hours, self.workspace.agent.handle, self.now())}

    def canned_fallback(self, reply: Any, language: str, channel: str) -> str:
        """What an agent must know of a variant that is not quite the one wanted; empty if it is."""
        from agent_tui.knowledge import canned

        return canned.fallback_words(reply, language, channel)

    def languages_for(self, case_id: int | None) -> tuple[str, tuple[str, ...]]:
        """The language to answer a case in, and those to fall back on, best first.

        The customer's own as far as it can be told; the agent's first where it cannot.
        """
        from agent_tui.domain import languages

        spoken = self.workspace.agent.languages
        fallback = tuple(dict.fromkeys((*spoken, "en")))
        if case_id is None:
            return (spoken[0] if spoken else ""), fallback
        stored = messages.of_case(self.store, threads.resolve(self.store, case_id), newest_texts=5)
        theirs = [m.fresh_text or m.text for m in stored if m.direction is Direction.IN and not m.automatic]
        guess = languages.recognise(theirs[-5:])
        if guess.language and guess.confidence >= _LIKELY:
            return guess.language, fallback
        return (spoken[0] if spoken else ""), fallback

    def newer_than(self, draft: Draft) -> tuple[Message, ...]:
        """What customers and colleagues wrote in the case since the draft was begun, oldest first."""
        if draft.case is None:
            return ()
        found = messages.since(self.store, threads.resolve(self.store, draft.case), draft.seen, draft.seen_ours)
        return tuple(m for m in found if m.direction is Direction.IN or not case_facts.is_ours(self.store, m.marker))

    def seen_now(self, draft: Draft) -> Draft:
        """The draft with everything that is in its case by now counted as seen."""
        if draft.case is None:
            return draft
        seen, seen_ours = messages.newest_ids(self.store, threads.resolve(self.store, draft.case))
        case = cases.get(self.store, draft.case)
        state = case.state if case is not None else draft.state
        return self.save_draft(replace(draft, seen=seen, seen_ours=seen_ours, state=state))

    # -- within ---------------------------------------------------------------------------------------------------

    def move_draft(self, case_id: int, address: Address, *, source: str = "") -> Draft:
        """A private message that goes on with a case elsewhere than where it began, with what was said so far; no notes.

        Args:
            address: the customer's.
            source: which sends it; empty: the first that sends e-mail.

        Raises:
            UsageError: no source can send it.
        """
        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        for unfinished in drafts.of_case(self.store, case.id, "move"):
            begun = replace(unfinished, to=(address,))
            return self.save_draft(begun if not source or source == begun.source else replace(begun, source=source))
        fresh = self._new(source)
        seen, seen_ours = messages.newest_ids(self.store, case.id)
        stored = messages.of_case(self.store, case.id)
        said = "\n".join(_said(one) for one in stored if one.visibility is not Visibility.NOTE)
        text = f"{fresh.text}\n\n---- Until now, in the {case.channel} ----\n{said}"
        return replace(
            fresh, kind="move", case=case.id, to=(address,), subject=case.subject or "Our conversation", text=text, seen=seen,
            seen_ours=seen_ours,
        )  # fmt: skip

    def _new(self, source: str) -> Draft:
        settings = next(
            (s for s in self.workspace.sources if s.name == source or (not source and s.channel is Channel.EMAIL)), None
        )
        if settings is None and source:
            raise UsageError(f"there is no source '{source}'; there are {', '.join(s.name for s in self.workspace.sources)}")
        if settings is None:
            raise UsageError("no source here can begin a conversation; set up an e-mail source")
        if settings.channel is not Channel.EMAIL and not self._begins(settings.name):
            raise UsageError(f"on {settings.name} a conversation is begun by the customer")
        sender = next(iter(own_addresses(settings.options)), self.workspace.agent.email)
        return Draft(
            id=0, case=None, source=settings.name, kind="new", visibility=Visibility.PRIVATE, text=self._signed(settings.name),
            sender=sender,
        )  # fmt: skip

    def _begins(self, source: str) -> bool:
        known = sources.state(self.store, source).capabilities
        return bool(known and json.loads(known).get("begins"))

    def source_for(self, address: str) -> str:
        """The source by which a conversation with an address can be begun, or nothing: chats know people by ``@name:server``."""
        if not address.startswith("@") or ":" not in address:
            return ""
        chats = (one.name for one in self.workspace.sources if one.channel is Channel.CHAT)
        return next((one for one in chats if self._begins(one)), "")

    def topic_draft(self, category: str, source: str = "") -> Draft:
        """A new public topic: the unfinished one in this category, or a fresh one.

        Args:
            category: by its slug, with or without ``#``.
            source: a forum; empty: the first one.

        Raises:
            UsageError: there is no forum, or no category is named.
        """
        name = category.strip().lstrip("#")
        if not name or any(character.isspace() for character in name):
            raise UsageError("in which category? write it as the forum's addresses show it, such as support")
        forums = [s for s in self.workspace.sources if s.channel is Channel.COMMUNITY and source in ("", s.name)]
        if not forums:
            raise UsageError("no forum here could begin a topic; set up a source of type discourse or nodebb")
        settings = forums[0]
        where = (Address("", f"#{name}"),)
        for unfinished in drafts.every(self.store):
            if unfinished.case is None and unfinished.source == settings.name and unfinished.to == where:
                return unfinished
        return Draft(
            id=0, case=None, source=settings.name, kind="new", visibility=Visibility.PUBLIC, text=self._signed(settings.name),
            to=where, sender=next(iter(own_addresses(settings.options)), ""),
        )  # fmt: skip

    def _forward(self, base: Draft, case: Case, message: Message | None) -> Draft:
        if message is None:
            raise UsageError("there is no message in this case that could be forwarded")
        whole = messages.get(self.store, message.id) or message
        lines = [
            f"From: {whole.author.label} <{whole.author.address}>",
            f"To: {', '.join(a.address for a in whole.to)}",
            f"Subject: {whole.subject}",
        ]
        files: list[str] = []
        for one in whole.attachments:
            if one.cached:
                files.append(str(attachments.named(self.store, one.digest, one.name)))
            elif not one.inline:  # a gap: it can't leave before its author has decided about the file
                name = (one.name or "a file").replace("[", "(").replace("]", ")")
                lines.append(f"[[{name}: attach it, or delete this line]]")
        quoted = "\n".join(f"> {line}" if line else ">" for line in whole.text.splitlines())
        text = self._signed(case.source) + "\n\n---- Forwarded message ----\n" + "\n".join(lines) + "\n\n" + quoted
        return replace(
            base, visibility=Visibility.PRIVATE, text=text, subject=f"Fwd: {case.subject}",
            attachments=tuple(files), sender=self._sender(case.source, message),
        )  # fmt: skip

    def _reply(self, base: Draft, case: Case, message: Message | None, *, everyone: bool) -> Draft:
        visibility = message.visibility if message else Visibility.PUBLIC if case.public else Visibility.PRIVATE
        if visibility is Visibility.NOTE:
            visibility = Visibility.PUBLIC if case.public else Visibility.PRIVATE
        source = message.source if message is not None else case.source
        channel = self.workspace.source(source).channel  # the case may have moved here from another one
        answered = message.marker or (message.key if channel is not Channel.EMAIL else "") if message else ""
        base = replace(base, source=source, visibility=visibility, in_reply_to=answered)
        if channel is not Channel.EMAIL:
            return replace(base, to=(case.customer,), subject=case.subject)
        ours = self._ours()
        to: list[Address] = []
        if message is not None and message.direction is Direction.OUT:
            to = list(message.to)
        elif message is not None:
            to = list(message.reply_to) or [Address(message.author.name, message.author.address)]
        to = _distinct(to, ours) or ([case.customer] if case.customer.address else [])
        if case.customer.address and "customer" in case.local and not _has(to, case.customer):
            to = [case.customer]
        cc: list[Address] = []
        if everyone and message is not None:
            cc = _distinct([*message.to, *message.cc], ours | {a.address.lower() for a in to})
            if message.direction is Direction.OUT:
                cc = _distinct(message.cc, ours | {a.address.lower() for a in to})
        from agent_tui.domain.threading import is_answer

        about = case.subject or (message.subject if message is not None else "")
        subject = about if is_answer(about) else f"Re: {about}".strip()
        begun = self._begun(source, message)
        return replace(
            base, text=begun.text, cursor=begun.cursor, to=tuple(to), cc=tuple(cc), subject=subject,
            sender=self._sender(source, message),
        )  # fmt: skip

    def _signed(self, source: str) -> str:
        """What a fresh text begins with: room to write, and the signature of its source below it."""
        return begin(self.workspace.signature_of(source)).text

    def _begun(self, source: str, message: Message | None) -> Begun:
        """What a reply by e-mail begins with: room, the signature and, where the source wants it, what is answered."""
        signature, style = self.workspace.signature_of(source), self.workspace.source(source).quote
        if message is None or style == "none":
            return begin(signature)
        whole = messages.get(self.store, message.id) or message
        zone = self.workspace.hours.timezone if self.workspace.hours else "UTC"
        at = datetime.fromtimestamp((whole.sent_at or whole.received_at) / 1000, ZoneInfo(zone))
        return begin(signature, quotation(whole.fresh_text.strip() or whole.text.strip(), whole.author.label, at), style)

    def _ours(self) -> frozenset[str]:
        found = {self.workspace.agent.email.lower()} if self.workspace.agent.email else set()
        for settings in self.workspace.sources:
            found |= {a.lower() for a in own_addresses(settings.options)}
        return frozenset(found)

    def _sender(self, source: str, message: Message | None) -> str:
        """The address of ours that the customer wrote to, else the source's first."""
        addresses = own_addresses(self.workspace.source(source).options)
        if message is not None:
            written_to = {a.address.lower() for a in (*message.to, *message.cc)}
            if message.direction is Direction.OUT:
                written_to = {message.author.address.lower()}
            for one in addresses:
                if one.lower() in written_to:
                    return one
        return next(iter(addresses), self.workspace.agent.email)

    def typing(self, draft: Draft, *, on: bool = True) -> None:
        """Tell the customer's side that a reply is being written, or no longer, where the channel shows such things.

        Nothing depends on it: it is said every few seconds while the text changes, and lost where no engine runs.
        """
        if draft.kind != "reply" or draft.case is None or self.offline:
            return
        now = self.now()
        told = self._typing_told.get(draft.case, 0)
        if on is bool(told) and now - told < TYPING_EVERY_MS:
            return
        if self.engine.ask("typing", case=draft.case, on=on):
            self._typing_told[draft.case] = now if on else 0

    def _refold(self, case_id: int) -> None:
        fold.refold(self.store, (threads.resolve(self.store, case_id),), self.now())


def own_addresses(options: object) -> tuple[str, ...]:
    """Addresses of ours that a source's settings name."""
    found = getattr(options, "addresses", None) or (getattr(options, "address", "") or "",)
    return tuple(a for a in found if a)


def _newest(stored: Iterable[Message]) -> Message | None:
    """The message an answer is to: the customer's newest, else our own newest.

    Where we have gone on with the customer on another source or in private since, it is our newest there: a public line that
    says so is not what they answer.
    """
    others = [m for m in stored if m.visibility is not Visibility.NOTE]
    asked = [m for m in others if m.direction is Direction.IN]
    people = [m for m in asked if not m.automatic] or asked
    if not people:
        return others[-1] if others else None
    asked_last = people[-1]
    after = others[others.index(asked_last) + 1 :]
    moved = [m for m in after if not m.automatic and (m.source, m.visibility) != (asked_last.source, asked_last.visibility)]
    return moved[-1] if moved else asked_last


def _said(message: Message) -> str:
    at = datetime.fromtimestamp(message.received_at / 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC  {message.author.label}: {message.fresh_text.strip()}"


def _has(addresses: Iterable[Address], one: Address) -> bool:
    return any(a.address.lower() == one.address.lower() for a in addresses)


def _distinct(addresses: Iterable[Address], without: frozenset[str] | set[str]) -> list[Address]:
    found: dict[str, Address] = {}
    for one in addresses:
        key = one.address.lower()
        if key and key not in without:
            found.setdefault(key, one)
    return list(found.values())
