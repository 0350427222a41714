"""``agent-tui do``: the verbs of triage, on one case or several."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code, message_number
from agent_tui.domain.model import Address, Priority
from agent_tui.domain.settings import nearest

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.desk.values import Done

VERBS = {
    "close": "", "reopen": "", "snooze": "WHEN, such as 2h, tomorrow 9:00, mon", "assign": "NAME, me or none",
    "take": "", "tag": "+x -y …", "priority": "low, normal, high or urgent", "spam": "", "read": "", "unread": "",
    "star": "", "unstar": "", "merge": "OTHER", "split": "MESSAGE …", "customer": "ADDRESS or none",
    "accept": "", "decline": "", "ignore": "", "solve": "MESSAGE", "unsolve": "MESSAGE",
    "edit": "MESSAGE [TEXT]", "remove": "MESSAGE", "macro": "NAME", "undo": "",
}  # fmt: skip


def arguments(parser: ArgumentParser) -> None:
    """``CASE… VERB [ARG]``."""
    listed = "; ".join(f"{verb} {argument}".strip() for verb, argument in VERBS.items())
    parser.add_argument("words", nargs="+", metavar="CASE… VERB [ARG]", help=listed)


def prepare(arguments: list[str]) -> list[str]:
    """``-x`` takes a tag off; it is no option."""
    return ["--", *(one for one in arguments if one != "--")]


def run(context: Context, options: Namespace) -> int:
    """One verb is one step that ``undo`` takes back."""
    cases, verb, rest = _split(options.words)
    if verb == "undo":
        return _undo(context, cases, rest)
    if not cases:
        raise UsageError(f"do: which case? write 'agent-tui do CASE {verb}'")
    ids = tuple(dict.fromkeys(context.desk.find_case(one) for one in cases))
    done = _perform(context, verb, ids, rest)
    codes = [case_code(one) for one in ids]
    context.put("done", done.words, verb=verb, cases=codes, group=done.group or None, words=done.words)
    for entry, moved in context.desk.overtaken(ids):
        print(f"agent-tui: {moved} (outbox item {entry.id}): it will be held back at its time and asked about", file=sys.stderr)
    return 0


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    """Cases stand before the verb. No verb is a valid id of a case: each has a vowel."""
    for number, one in enumerate(words):
        if one in VERBS:
            return words[:number], one, words[number + 1 :]
    raise UsageError(f"do: no verb among '{' '.join(words)}'; there are {', '.join(VERBS)}")


def _undo(context: Context, cases: list[str], rest: list[str]) -> int:
    """The newest step of whichever process; with a case named, the newest that was about that case."""
    _nothing(rest, "undo")
    if len(cases) > 1:
        raise UsageError("do: undo takes one case, or none for the newest step of all")
    case = context.desk.find_case(cases[0]) if cases else None
    done = context.desk.undo(case)
    words = done.words if done else "there is nothing to undo"
    context.put("done", words, verb="undo", cases=[case_code(case)] if case else [], group=done.group if done else None,
                words=words)
    return 0 if done else 1


def _perform(context: Context, verb: str, ids: tuple[int, ...], rest: list[str]) -> Done:
    desk = context.desk
    match verb:
        case "close" | "reopen" | "take" | "spam":
            _nothing(rest, verb)
            return {"close": desk.done, "reopen": desk.reopen, "take": desk.take, "spam": desk.spam}[verb](ids)
        case "accept" | "decline" | "ignore":
            _nothing(rest, verb)
            return desk.moderate(ids, {"accept": "approve", "decline": "reject"}.get(verb, verb))
        case "read" | "unread":
            _nothing(rest, verb)
            return desk.mark_read(ids, verb == "read")
        case "star" | "unstar":
            _nothing(rest, verb)
            return desk.star(ids, verb == "star")
        case "snooze":
            return desk.snooze(ids, when(context, " ".join(rest)))
        case "assign":
            name = _one(rest, verb)
            return desk.assign(ids, {"me": desk.me, "none": None}.get(name, name))
        case "tag":
            add, remove = tags(rest)
            return desk.tag(ids, add=add, remove=remove)
        case "priority":
            return desk.set_priority(ids, _priority(_one(rest, verb)))
        case "solve" | "unsolve":
            return desk.solution(_only(ids, verb), _message(_one(rest, verb)), accepted=verb == "solve")
        case "macro":
            return _macro(context, ids, _one(rest, verb, several=True))
        case "remove":
            return desk.remove(_only(ids, verb), _message(_one(rest, verb)))
        case "edit":
            return _edit(context, _only(ids, verb), rest)
        case "merge":
            return desk.merge(ids, desk.find_case(_one(rest, verb)))
        case "split":
            return desk.split(_only(ids, verb), tuple(_message(one) for one in rest or [""]))
        case _:
            return desk.set_customer(_only(ids, verb), _customer(_one(rest, verb, several=True)))


def _macro(context: Context, ids: tuple[int, ...], name: str) -> Done:
    """What a macro does, on all cases at once; one that writes a reply is ``agent-tui reply --canned``'s."""
    desk = context.desk
    case = desk.case(ids[0])
    language, fallback = desk.languages_for(ids[0])
    found = desk.canned.choose(name, language, case.channel.value if case else "", fallback=fallback)
    if found is None or not found.then:
        names = sorted({one.name for one in desk.canned.replies() if one.then})
        raise UsageError(f"do: there is no macro '{name}'{nearest(name, names) or '; there are ' + (', '.join(names) or 'none')}")
    chosen = desk.macro_actions(found)
    text = next((one.argument for one in chosen if one.family == "canned"), "")
    if text:
        raise UsageError(f"do: '{found.name}' writes a reply; 'agent-tui reply CASE --canned {found.name}' does it")
    return desk.run_actions(ids, chosen, found.name)


def _edit(context: Context, case: int, rest: list[str]) -> Done:
    """Other words for a message of ours, through the guards that a reply goes through; without a TEXT from standard input."""
    import sys
    from dataclasses import replace

    from agent_tui.desk.values import Done
    from agent_tui.domain.text import clean

    draft = context.desk.edit_draft(case, _message(rest[0] if rest else ""))
    text = " ".join(rest[1:]) if rest[1:] else sys.stdin.buffer.read().decode("utf-8", "replace").removeprefix("\ufeff")
    if not text.strip():
        raise UsageError("do: edit needs what the message is to say; to take it away, use remove")
    entry = context.desk.send(replace(draft, text=clean(text.replace("\r\n", "\n")).rstrip()))
    return Done(entry.group, "Edited 1 case")


def when(context: Context, text: str) -> int:
    """An instant in milliseconds, read in the agent's own time zone.

    Raises:
        UsageError: it is none, or has passed.
    """
    from agent_tui.domain.dates import parse_when

    try:
        return parse_when(text, context.desk.now(), context.desk.timezone)
    except ValueError as error:
        raise UsageError(f"snooze: {error}") from None


def _nothing(rest: list[str], verb: str) -> None:
    if rest:
        raise UsageError(f"do: {verb} takes nothing after it, but there is '{' '.join(rest)}'")


def _one(rest: list[str], verb: str, *, several: bool = False) -> str:
    if not rest or (len(rest) > 1 and not several):
        raise UsageError(f"do: {verb} needs {VERBS[verb]}" + (", one word" if len(rest) > 1 else ""))
    return " ".join(rest)


def _only(ids: tuple[int, ...], verb: str) -> int:
    if len(ids) != 1:
        raise UsageError(f"do: {verb} works on one case at a time")
    return ids[0]


def tags(rest: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tags to put on and to take off, from ``+x -y``.

    Raises:
        UsageError: there are none, or one is only a sign.
    """
    add: list[str] = []
    remove: list[str] = []
    for one in rest:
        name = one.lstrip("+-#")
        if not name:
            raise UsageError(f"do: '{one}' is no tag; write +x to put x on, -x to take it off")
        (remove if one.startswith("-") else add).append(name)
    if not rest:
        raise UsageError("do: tag needs +x or -y")
    return tuple(add), tuple(remove)


def _priority(text: str) -> Priority:
    try:
        return Priority(text.lower())
    except ValueError:
        raise UsageError(f"do: '{text}' is no priority; there are {', '.join(Priority)}") from None


def _message(text: str) -> int:
    number = message_number(text)
    if number is None:
        raise UsageError("do: that needs the id of a message, as 'agent-tui show' prints them (m…)")
    return number


def _customer(text: str) -> Address | None:
    if text == "none":
        return None
    from email.utils import parseaddr

    name, address = parseaddr(text) if "@" in text else ("", text)
    if not address:
        raise UsageError(f"do: '{text}' is no address; write robin@example.com or 'Robin Bell <robin@example.com>'")
    return Address(name, address)
