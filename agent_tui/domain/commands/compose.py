"""Verbs of the composer and the send gate, and what is typed at their prompts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.domain.commands import COMPOSER, GATE, Command
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, Channel, Draft, Visibility

COMPOSE: tuple[Command, ...] = (
    Command("compose.send", ("ctrl+s",), "Send", (COMPOSER,), "Shows to whom and how, then asks.", "Write"),
    Command("compose.canned", ("ctrl+t",), "Canned reply", (COMPOSER,), "Text to start from; fill its gaps.", "Write"),
    Command("compose.policy", ("ctrl+l",), "Policy", (COMPOSER,), "Quotes or links a clause, or says it plainly.", "Write"),
    Command("compose.gap", ("ctrl+g",), "Next gap", (COMPOSER,), "To the next fact that is still missing.", "Write"),
    Command("compose.switch", ("ctrl+n",), "Reply or note", (COMPOSER,), "Each keeps its own text.", "Write"),
    Command("compose.recipients", ("ctrl+r",), "Recipients", (COMPOSER,), "To, cc and bcc.", "Write",
            argument="address"),
    Command("compose.subject", ("ctrl+b",), "Subject", (COMPOSER,), "Of a new or forwarded message.", "Write",
            argument="subject"),
    Command("compose.attach", ("ctrl+f",), "Attach a file", (COMPOSER,), "-name takes one off again.", "Write",
            argument="path"),
    Command("compose.picture", ("f8",), "Attach a copied picture", (COMPOSER,), "From the desktop's clipboard.", "Write"),
    Command("compose.editor", ("ctrl+o",), "Write in $EDITOR", (COMPOSER,), "", "Write"),
    Command("compose.translate", ("f4",), "Translate the text", (COMPOSER,), "For the customer; again: you have read it.",
            "Write", argument="language"),
    Command("compose.preview", ("f6",), "Preview", (COMPOSER,), "As the customer will see it on this channel.", "Write"),
    Command("compose.spell", ("f7",), "Spelling", (COMPOSER,), "The next misspelt word, and what it could be.", "Write"),
    Command("compose.read", ("tab",), "Read the messages", (COMPOSER,), "Arrows and page keys move there; tab is back.",
            "Write"),
    Command("compose.leave", ("escape",), "Leave, draft kept", (COMPOSER,), "", "Write"),
    Command("gate.send", ("y", "enter"), "Send", (GATE,), "", "Send gate"),
    Command("gate.done", ("e",), "Send and done", (GATE,), "Closes the case once it is sent.", "Send gate"),
    Command("gate.snooze", ("b",), "Send and snooze", (GATE,), "", "Send gate", argument="2h, tomorrow, mon 9:00"),
    Command("gate.wait", ("w",), "Send and wait", (GATE,), "The case waits for the customer.", "Send gate"),
    Command("gate.remind", ("r",), "Send and remind", (GATE,), "Of a promise in it: the case comes back before its time.",
            "Send gate", argument="mon 9:00"),
    Command("gate.later", ("l",), "Send later", (GATE,), "", "Send gate", argument="2h, tomorrow, mon 9:00"),
    Command("gate.preview", ("v",), "Preview", (GATE,), "As the customer will see it on this channel.", "Send gate"),
    Command("gate.pass", ("p",), "Pass the guard", (GATE,), "Where a guard may be passed.", "Send gate"),
    Command("gate.edit", ("escape",), "Edit", (GATE,), "Back to the text.", "Send gate"),
)  # fmt: skip

_EMAIL = re.compile(r"[^\s@<>\",;:()\[\]\\]+@(?:[^\s@<>\",;:()\[\]\\.]+\.)*[^\s@<>\",;:()\[\]\\.]+")
_FIELD = re.compile(r"(?:^|(?<=[\s,;]))(to|cc|bcc):", re.IGNORECASE)
_NAMED = re.compile(r"\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<name>[^<\"]*?))\s*<(?P<address>[^<>]*)>\s*")


@dataclass(frozen=True, slots=True)
class Recipients:
    """To whom a message goes."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()


def parse_recipients(text: str, channel: Channel) -> Recipients:
    """Recipients from one line: ``maria@example.com, Bob <bob@example.com> cc: eva@example.com bcc: …``.

    Args:
        text: what was typed; what stands before the first ``cc:`` or ``bcc:`` is ``to``.
        channel: only e-mail addresses have an ``@`` with a domain.

    Raises:
        ValueError: something in it is no address, or nobody is named; the message says what.
    """
    fields: dict[str, list[Address]] = {"to": [], "cc": [], "bcc": []}
    seen: set[str] = set()
    for field, one in split_addresses(text):
        address = parse_address(one, channel)
        if address.address.casefold() not in seen:
            seen.add(address.address.casefold())
            fields[field].append(address)
    if not seen:
        raise ValueError("to whom? for example maria@example.com, cc: bob@example.com")
    return Recipients(*(tuple(fields[field]) for field in ("to", "cc", "bcc")))


def split_addresses(text: str) -> tuple[tuple[str, str], ...]:
    """``(to, cc or bcc; one address)`` of a line; commas and words in quotes or angle brackets part nothing."""
    found: list[tuple[str, str]] = []
    field, start, at = "to", 0, 0
    quoted = angled = False

    def cut(end: int) -> None:
        piece = text[start:end].strip()
        if piece:
            found.append((field, piece))

    while at < len(text):
        character = text[at]
        if quoted and character == "\\":
            at += 2
            continue
        if character == '"' and not angled:
            quoted = not quoted
        elif not quoted and character in "<>":
            angled = character == "<"
        elif not quoted and not angled:
            begins = _FIELD.match(text, at)
            if begins or character in ",;":
                cut(at)
                field = begins[1].lower() if begins else field
                start = at = begins.end() if begins else at + 1
                continue
        at += 1
    cut(len(text))
    return tuple(found)


def parse_address(text: str, channel: Channel) -> Address:
    """One address, with or without a name.

    Raises:
        ValueError: it is none.
    """
    found = _NAMED.fullmatch(text)
    name, address = "", text.strip()
    if found is not None:
        name = re.sub(r"\\(.)", r"\1", found["quoted"]) if found["quoted"] is not None else found["name"].strip()
        address = found["address"].strip()
    if channel is Channel.EMAIL and not _EMAIL.fullmatch(address):
        raise ValueError(f"'{address or text.strip()}' is no e-mail address")
    if not address or any(c.isspace() for c in address):
        raise ValueError(f"'{address or text.strip()}' is no address")
    return Address(name, address)


def show_address(address: Address) -> str:
    """One address as it can be typed again."""
    if not address.name or address.name == address.address:
        return address.address
    name = address.name
    if re.search(r'[,;:<>"@()\[\]\\]', name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address.address}>"


def show_recipients(recipients: Recipients) -> str:
    """The line that ``parse_recipients`` reads back."""
    parts = [", ".join(map(show_address, recipients.to))]
    for field, addresses in (("cc", recipients.cc), ("bcc", recipients.bcc)):
        if addresses:
            parts.append(f"{field}: " + ", ".join(map(show_address, addresses)))
    return " ".join(part for part in parts if part)


def recipients_of(draft: Draft) -> Recipients:
    """To whom a draft goes."""
    return Recipients(draft.to, draft.cc, draft.bcc)


def names(addresses: Iterable[Address], most: int = 3) -> str:
    """Labels of people, the first few and how many more: ``Maria Lopez, Bob +2``."""
    labels = [one.label for one in addresses]
    shown = ", ".join(labels[:most])
    return f"{shown} +{len(labels) - most}" if len(labels) > most else shown


KIND_WORDS = {"reply": "REPLY", "note": "NOTE", "forward": "FORWARD", "new": "NEW MESSAGE",
              "move": "GO ON IN PRIVATE", "edit": "EDIT"}


def audience(draft: Draft, channel: Channel) -> str:
    """Who will read it, in words, for the frame round the text."""
    if draft.visibility is Visibility.NOTE:
        return "only colleagues see it"
    who = names((*draft.to, *draft.cc, *draft.bcc))
    how = f"by {channel.value}" if channel is Channel.EMAIL else f"in {channel.value}"
    if draft.visibility is Visibility.PUBLIC:
        return f"PUBLIC, anybody can read it, {how}" + (f", to {who}" if who else "")
    return f"to {who}, {how}, private" if who else f"{how}, private, to nobody yet"
