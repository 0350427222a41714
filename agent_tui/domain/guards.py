"""Checks before a message leaves: few, precise, each a small function with an id.

``check`` runs every guard that concerns the kind of message and gives what was found, worst first. A finding says
where in the text it is, why in one line, and whether an agent may go past it. Quoted lines are never looked at, and
code between backticks is not searched for placeholders: that is how one sends a literal ``{{ value }}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from agent_tui.domain import clocks
from agent_tui.domain.clocks import Hours
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, CaseState, Channel, Direction, Message, Visibility

GUARDS = ("empty", "gap", "template", "recipients", "leak", "personal-data", "wrong-name", "repeat", "attachment",
          "changed", "language", "hours")  # fmt: skip
HINTS = ("question", "clause", "promise", "unmentioned", "subject")
NOTES_TOO = ("empty", "gap", "template")
MANY_RECIPIENTS = 10
CLOSING_GRACE_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard found.

    Args:
        guard: its id.
        reason: one line for the agent.
        stops: the message does not leave before this is mended or passed.
        passable: an agent may go past it.
        span: ``(start, end)`` in the text, or None.
        when: for a promise, the words that say until when; they can become a reminder.
    """

    guard: str
    reason: str
    stops: bool = True
    passable: bool = True
    span: tuple[int, int] | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy clause that a reply relies on; dates as ``2026-03-01``, empty for no end."""

    id: str
    title: str
    text: str
    effective: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an outsider wrote, or was written to, in another case."""

    customer: Address
    text: str
    visibility: Visibility = Visibility.PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardContext:
    """Everything guards look at, as values.

    Args:
        text: as it would leave, quoted lines included.
        kind: ``reply``, ``note``, ``forward`` or ``new``.
        customer: who the reply is for; empty where not known.
        attachments: names of the files that go with it.
        messages: of this case, oldest first, notes and what is undelivered included.
        seen: newest message id its author had seen; 0 where that is not known. ``seen_ours``: the newest of our own.
        own: addresses of ours: the source's and the agent's.
        signature: the agent's; a message of nothing else is empty.
        questions: of the canned replies this draft was made from: such gaps count in code too.
        canned: names of the canned replies in the draft; ``sent_canned``: those that already went to this person.
        earlier: texts of ours that went to this person before, in whatever case.
        state_seen: the case's state when the draft began; ``state``: now.
        hours: working hours, or None for always; ``now``: milliseconds, when it would leave.
        many: more recipients than this are asked about.
        case_subject: of the case that is answered.
        clauses: that the reply relies on.
        elsewhere: texts of other cases in which identifiers of this reply were found; of one that everybody will read, those
            too in which its words were found.
        open_texts: what may be said to anybody, such as the canned replies in the draft.
        patterns: what is personal here beside what is so everywhere: what it is called, and a regular expression.
    """

    text: str
    kind: str = "reply"
    channel: Channel = Channel.EMAIL
    visibility: Visibility = Visibility.PRIVATE
    subject: str = ""
    customer: Address = field(default_factory=Address)
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    attachments: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    seen: int = 0
    seen_ours: int = 0
    own: tuple[str, ...] = ()
    signature: str = ""
    questions: tuple[str, ...] = ()
    canned: tuple[str, ...] = ()
    sent_canned: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    state_seen: CaseState | None = None
    state: CaseState | None = None
    hours: Hours | None = None
    now: int = 0
    many: int = MANY_RECIPIENTS
    case_subject: str = ""
    clauses: tuple[Rule, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    open_texts: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()

    @property
    def public(self) -> bool:
        """Whether everybody will read it."""
        return self.visibility is Visibility.PUBLIC

    @property
    def note(self) -> bool:
        """Whether only colleagues will read it."""
        return self.kind == "note" or self.visibility is Visibility.NOTE

    @property
    def from_customers(self) -> tuple[Message, ...]:
        """What people outside wrote in this case."""
        return tuple(
            one
            for one in self.messages
            if one.direction is Direction.IN and one.visibility is not Visibility.NOTE and not one.automatic
        )


Guard = Callable[[GuardContext], list[Finding]]


def check(context: GuardContext) -> tuple[Finding, ...]:
    """Everything that speaks against sending; those that can't be passed come first."""
    found: list[Finding] = []
    for name, guard in registry().items():
        if not context.note or name in NOTES_TOO:
            found.extend(guard(context))
    if not context.note:
        from agent_tui.domain.guard_hints import hints

        found.extend(hints(context))
    return tuple(sorted(found, key=lambda one: (not one.stops, one.passable)))


def registry() -> Mapping[str, Guard]:
    """Every guard by its id, in the order in which they are run and told."""
    from agent_tui.domain import guard_language, guard_names, guard_people, guard_private, guard_texts

    return {
        "empty": guard_texts.empty,
        "gap": guard_texts.gap,
        "template": guard_texts.template,
        "recipients": guard_people.recipients,
        "leak": lambda context: [*guard_texts.leak(context), *guard_private.elsewhere(context)],
        "personal-data": guard_private.personal_data,
        "wrong-name": guard_names.wrong_name,
        "repeat": guard_texts.repeat,
        "attachment": guard_texts.attachment,
        "changed": changed,
        "language": guard_language.language,
        "hours": hours,
    }


def changed(context: GuardContext) -> list[Finding]:
    """The customer wrote, a colleague answered or the case was closed since the draft began.

    A live chat is read as it is answered: there it says nothing.
    """
    if context.channel is Channel.CHAT or context.kind in ("new", "forward"):
        return []
    newer = [
        one
        for one in context.messages
        if context.seen and one.id > context.seen and not one.automatic and one.visibility is not Visibility.NOTE
    ]
    wrote = [one for one in newer if one.direction is Direction.IN]
    # What left from this desk has an operation; the agent knows of it.
    answered = [one for one in newer if one.direction is Direction.OUT and one.operation is None and one.id > context.seen_ours]
    found = []
    if wrote:
        who = wrote[-1].author.label or "the customer"
        what = _first_words(wrote[-1].fresh_text or wrote[-1].text)
        many = f" ({len(wrote)} messages)" if len(wrote) > 1 else ""
        found.append(Finding("changed", f"{who} wrote since you began{many}: {what}"))
    if answered:
        who = answered[-1].author.label or "a colleague"
        what = _first_words(answered[-1].fresh_text or answered[-1].text)
        found.append(Finding("changed", f"{who} answered since you began: {what}"))
    over = (CaseState.CLOSED, CaseState.SPAM)
    if context.state in over and context.state_seen is not None and context.state_seen not in over:
        found.append(Finding("changed", f"the case was set to {context.state} since you began"))
    return found


def hours(context: GuardContext) -> list[Finding]:
    """We are closed. Says nothing in a live chat, and half an hour after closing nobody minds."""
    if context.hours is None or context.channel in (Channel.CHAT, Channel.PHONE):
        return []
    if any(clocks.is_open(at, context.hours) for at in (context.now, context.now - CLOSING_GRACE_MS)):
        return []
    opens = clocks.next_open(context.now, context.hours)
    if opens == context.now:
        return []
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    local = datetime.fromtimestamp(opens / 1000, UTC).astimezone(ZoneInfo(context.hours.timezone))
    return [Finding("hours", f"we are closed until {local:%a %d %b %H:%M}; it can be sent then")]


def _first_words(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"

