"""The servers' own time-table: customers who keep writing, and who answer what they are told.

Nothing happens while nobody has the demo open: when it is opened again, what was still to come moves with the
clock. Whichever process looks first releases what is due.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from agent_tui.sources.demo import scenario, voices
from agent_tui.sources.demo.file import ServerFile
from agent_tui.sources.demo.services import plan

SECOND = 1000
CLOSED_AFTER_MS = 60 * SECOND
SEEN_EVERY_MS = 5 * SECOND
TYPING_MS = 7 * SECOND
ANSWER_MS = {"mailbox": (60, 100), "chat": (20, 40), "forum": (45, 75)}  # seconds, at least and at most
BRISK, STEADY = 12, 30  # so many new things come 20-60 s apart, so many 1-3 minutes, later ones 4-7


def start(file: ServerFile, now: int) -> None:
    """Switch live traffic on: the first new thing comes after a few seconds."""
    with file.write():
        file.set_meta("live", 1)
        file.set_meta("seen_at", now)
        plan(file, now + 15 * SECOND, "", {"kind": "pool", "number": 0})


def stop(file: ServerFile) -> None:
    """Switch live traffic off and forget what was still to come from customers; bounces still come."""
    with file.write():
        file.set_meta("live", 0)
        for row in file.rows("select id, payload from schedule"):
            if json.loads(row["payload"])["kind"] != "bounce":
                file.database.execute("delete from schedule where id = ?", (row["id"],))


def opened(file: ServerFile, now: int) -> None:
    """Somebody begins to look. After a pause, everything to come is put off by the pause."""
    with file.write():
        pause = now - int(file.meta("seen_at", now))
        if pause > CLOSED_AFTER_MS:
            file.database.execute("update schedule set due_at = due_at + ?", (pause,))
        file.set_meta("seen_at", now)


def release(file: ServerFile, now: int) -> None:
    """Let everything happen that is due."""
    due = file.row("select 1 from schedule where due_at <= ? limit 1", now)
    if due is None and now - int(file.meta("seen_at", 0)) < SEEN_EVERY_MS:
        return
    with file.write():
        file.set_meta("seen_at", max(now, int(file.meta("seen_at", 0))))
        for row in file.rows("select * from schedule where due_at <= ? order by due_at, id", now):
            file.database.execute("delete from schedule where id = ?", (row["id"],))
            _happen(file, row["service"], json.loads(row["payload"]), row["due_at"], now)
        for row in file.rows("select * from conversations where state = 'snoozed' and snoozed_until <= ?", now):
            file.change_conversation(row["service"], row["id"], state="open", snoozed_until=None)


def _happen(file: ServerFile, service: str, event: dict[str, Any], at: int, now: int) -> None:
    kind = event.pop("kind")
    if kind == "bounce":
        voices.bounce(file, at=at, **event)
    elif kind == "pool":
        _from_pool(file, event["number"], at, now)
    elif file.conversation(service, event["conversation"]) is None:
        return
    elif kind == "typing":
        container = event["conversation"] if service == "chat" else ""
        file.database.execute(
            "insert into typing (service, container, name) values (?, ?, ?)", (service, container, event["name"])
        )
    elif kind == "say":
        voices.say(file, service, at=at, **event)


def say_later(file: ServerFile, service: str, conversation: str, due_at: int, text: str, **more: Any) -> None:
    """A person writes at ``due_at``; in a chat they are seen typing just before."""
    talk = file.conversation(service, conversation)
    if service == "chat" and talk is not None:
        plan(file, due_at - TYPING_MS, service, {"kind": "typing", "conversation": conversation, "name": talk["name"]})
    plan(file, due_at, service, {"kind": "say", "conversation": conversation, "text": text, **more})


def answer(file: ServerFile, service: str, conversation: str, now: int) -> None:
    """Something was said to a customer: what they say to that is on its way, if they have anything left to say."""
    talk = file.conversation(service, conversation)
    if talk is None or not file.meta("live", 0) or _is_writing(file, service, conversation):
        return
    answers = json.loads(talk["answers"])
    if answers:
        said = answers.pop(0)
    elif talk["chatty"] > 0:
        generic = scenario.small_talk(talk["language"])
        said = {"text": generic[-talk["chatty"] % len(generic)]}
        file.database.execute(
            "update conversations set chatty = chatty - 1 where service = ? and id = ?", (service, conversation)
        )
    else:
        return
    file.database.execute(
        "update conversations set answers = ? where service = ? and id = ?",
        (json.dumps(answers), service, conversation),
    )
    least, most = ANSWER_MS[service]
    spread = zlib.crc32(f"{conversation}{len(answers)}{talk['chatty']}".encode()) % (most - least + 1)
    seconds = said.pop("after", least + spread)
    say_later(file, service, conversation, now + seconds * SECOND, quote=service == "mailbox", **said)


def _is_writing(file: ServerFile, service: str, conversation: str) -> bool:
    planned = (json.loads(row[0]) for row in file.rows("select payload from schedule where service = ?", service))
    return any(event["kind"] == "say" and event["conversation"] == conversation for event in planned)


def _from_pool(file: ServerFile, number: int, at: int, now: int) -> None:
    pool = scenario.pool()
    lap, index = divmod(number, len(pool))
    plan(file, max(at, now) + _gap(number) * SECOND, "", {"kind": "pool", "number": number + 1})
    item = pool[index]
    follows = item.get("conversation", "")
    if follows:
        if not lap and file.conversation(item["service"], follows) is not None:
            _write(file, item, follows, at)
        return
    name, address = item["name"], item["address"]
    if lap:
        name, address = scenario.somebody(item.get("language", "en"), number)
    identity = file.add_conversation(
        item["service"], item.get("subject", ""), name, address, language=item.get("language", "en")
    )
    own_words = {} if lap else item  # what the first one would answer does not fit another person
    scenario.prepare(file, item["service"], identity, own_words)
    _write(file, item, identity, at)


def _write(file: ServerFile, item: dict[str, Any], conversation: str, at: int) -> None:
    who = {key: item[key] for key in ("role", "name", "address") if key in item and item.get("conversation")}
    text = item["text"].strip()
    if item["service"] == "chat":
        say_later(file, "chat", conversation, at + TYPING_MS, text, **who)
        return
    voices.say(file, item["service"], conversation, text, at, **who)


def _gap(number: int) -> int:
    """Seconds until the next new thing: lively at first, then slower, never regular."""
    least, spread = (20, 41) if number < BRISK else (60, 121) if number < BRISK + STEADY else (240, 181)
    return least + zlib.crc32(b"gap%d" % number) % spread
