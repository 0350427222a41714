"""The demo's world: a small company, a week of its cases, and what its customers will write next.

All of it is data below ``content``; the times there are spans before the moment at which the demo is made.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from agent_tui.domain.model import Marks
from agent_tui.sources.demo import voices
from agent_tui.sources.demo.file import File, ServerFile
from agent_tui.sources.demo.services import INBOX, JUNK

UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
FOLDER = files("agent_tui.sources.demo") / "content"


def span(text: str) -> int:
    """Milliseconds of ``3d4h``, ``25s`` ...

    Raises:
        ValueError: not such a span.
    """
    if not re.fullmatch(r"(\d+[dhms])+", text):
        raise ValueError(f"'{text}' is no span like 3d4h")
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))


@cache
def table(name: str) -> dict[str, Any]:
    """One of the TOML files, read once."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def pool() -> list[dict[str, Any]]:
    """What customers will write while the demo is open, in order."""
    items: list[dict[str, Any]] = table("live")["item"]
    return items


def small_talk(language: str) -> list[str]:
    """What a customer says when nothing special is left to say."""
    talk: dict[str, list[str]] = table("live")["small_talk"]
    return talk.get(language, talk["en"])


def somebody(language: str, number: int) -> tuple[str, str]:
    """An invented person for the pool's later rounds; another one for every number."""
    names: dict[str, list[list[str]]] = table("live")["names"]
    people = names.get(language, names["en"])
    name, address = people[number % len(people)]
    local, _, domain = address.partition("@")
    return name, f"{local}{number}@{domain}" if domain else f"{local}{number}"


def prepare(file: ServerFile, service: str, identity: str, item: dict[str, Any]) -> None:
    """Give a new conversation what its customer will answer, and how it stands."""
    answers = [one if isinstance(one, dict) else {"text": one} for one in item.get("answers", [])]
    file.database.execute(
        "update conversations set answers = ?, chatty = ? where service = ? and id = ?",
        (json.dumps(answers), item.get("chatty", 2 if service == "chat" else 0), service, identity),
    )


def fill(file: ServerFile, now: int) -> None:
    """Write the whole week into the servers, as if it had just happened.

    Args:
        now: milliseconds; every time in the content is counted back from here.
    """
    with file.write():
        file.set_meta("address:mailbox", table("company")["address"])
        letters = []
        for service in ("mailbox", "chat", "forum"):
            for case in table(service)["case"]:
                _begin(file, service, case, now)
                messages = case["message"]
                letters += [(now - span(one["ago"]), service, case, index) for index, one in enumerate(messages)]
        letters.sort(key=lambda letter: letter[0])  # the servers got them in this order
        for at, service, case, index in letters:
            _write(file, service, case, index, at)
        for service in ("chat", "forum"):
            for case in table(service)["case"]:
                file.change_conversation(service, case["id"], **_standing(case, now))


def _begin(file: ServerFile, service: str, case: dict[str, Any], now: int) -> None:
    file.add_conversation(
        service,
        case.get("subject", ""),
        case["name"],
        case["address"],
        identity=case["id"],
        language=case.get("language", "en"),
    )
    prepare(file, service, case["id"], case)


def _standing(case: dict[str, Any], now: int) -> dict[str, Any]:
    snoozed = case.get("snoozed")
    return {
        "state": "snoozed" if snoozed else case.get("state", "open"),
        "snoozed_until": now + span(snoozed) if snoozed else None,
        "assignee": person(case["assignee"])[1] if "assignee" in case else None,
        "tags": json.dumps(sorted(case.get("tags", []))),
        "priority": case.get("priority"),
        "solved": int(case.get("solved", False)),
    }


def person(key: str) -> tuple[str, str]:
    """Name and address of somebody of the company, by short name."""
    staff: dict[str, list[str]] = table("company")["staff"]
    name, address = staff[key]
    return name, address


def _write(file: ServerFile, service: str, case: dict[str, Any], index: int, at: int) -> None:
    one = case["message"][index]
    who = one.get("from", "customer")
    later = case["message"][index + 1 :]
    answered = any(after.get("from") in table("company")["staff"] and not after.get("note") for after in later)
    marks = set(one.get("marks", ()))
    if answered or one.get("seen") or case.get("state") in ("closed", "spam"):
        marks.add(Marks.SEEN)
    writer: dict[str, Any] = {"role": "customer"}
    if who in table("company")["staff"]:
        name, address = person(who)
        writer = {"role": one.get("role", "agent"), "name": name, "address": address}
        marks.add(Marks.SEEN)
    elif who != "customer":
        name, address = one["name"], one["address"]
        writer = {"role": who, "name": name, "address": address}
    more: dict[str, Any] = {}
    if service == "mailbox":
        more = _mail(case, index, marks, answered)
    for key in ("subject", "automatic", "html", "direction"):
        if key in one:
            more[key] = one[key]
    for key in ("to", "cc", "reply_to", "headers"):
        if key in one:
            more[key] = tuple((str(first), str(second)) for first, second in one[key])
    voices.say(
        file, service, case["id"], one["text"].strip(), at,
        note=one.get("note", False), quote=one.get("quote", False), marks=frozenset(marks),
        files=tuple(attached(name) for name in one.get("files", ())), **writer, **more,
    )  # fmt: skip


def _mail(case: dict[str, Any], index: int, marks: set[str], answered: bool) -> dict[str, Any]:
    """What a mailbox writes on the message itself, having no conversations."""
    ours = case["message"][index].get("from") in table("company")["staff"]
    incoming = [i for i, m in enumerate(case["message"]) if m.get("from") not in table("company")["staff"]]
    more: dict[str, Any] = {}
    domain = table("company")["address"].partition("@")[2] if ours else case["address"].partition("@")[2]
    more["message_id"] = f"{case['id']}.{index + 1}@{domain}"
    if not index and "subject" in case:
        more["subject"] = case["subject"]
    if ours and case["message"][index].get("role", "agent") == "agent":
        more["to"] = ((case["name"], case["address"]),)
    if not ours:
        if answered:
            marks.add(Marks.ANSWERED)
        if case.get("state") == "spam":
            more["container"] = JUNK
            marks.add(Marks.SPAM)
        if case.get("state") == "closed":
            marks.add(Marks.CLOSED)
        if incoming and index == incoming[-1]:
            marks |= {f"{Marks.TAG}{tag}" for tag in case.get("tags", ())}
            if "assignee" in case:
                marks.add(f"{Marks.ASSIGNEE}{person(case['assignee'])[1]}")
            if "priority" in case:
                marks.add(f"{Marks.PRIORITY}{case['priority']}")
            if case.get("starred"):
                marks.add(Marks.FLAGGED)
    elif case["message"][index].get("role") == "customer":
        more["container"] = INBOX
    report = case["message"][index].get("report")
    if report:
        more["report"] = report
        more["thread"] = (more["message_id"], report["marker"])
    return more


def attached(name: str) -> File:
    """One of the content's files."""
    entry = table("files")[name]
    content = base64.b64decode(entry["base64"]) if "base64" in entry else entry["text"].encode()
    return File(name=name, media_type=entry["type"], content=content)
