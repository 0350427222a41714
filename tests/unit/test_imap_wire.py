"""IMAP answers turned into values, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from imapclient.response_parser import parse_fetch_response

from agent_tui.sources.imap import wire
from agent_tui.sources.imap.cursor import FolderCursor, Span
from agent_tui.sources.imap.glance import OPEN_EVERY_MS, Glances, quiet

USUAL: list[list[Any]] = [
    [b'1 (UID 5 RFC822.SIZE 344 INTERNALDATE "21-Nov-2026 22:38:41 +0530" FLAGS (\\Seen $Tag_x))'],
    [b'1 (UID 5 INTERNALDATE " 1-Jan-1999 00:00:01 -0800" RFC822.SIZE 0 FLAGS ())'],
    [b"2 (FLAGS () UID 6 MODSEQ (12))", b"3 (UID 7 FLAGS ($Closed) MODSEQ (13))", b"4 (UID 8 MODSEQ (13) FLAGS (\\Seen))"],
    [(b"3 (UID 9 BODY[] {3}", b"abc"), b")", (b"4 (UID 10 BODY[HEADER] {3}", b"abc"), b" FLAGS (\\Seen))"],
    [(b"3 (BODY[] {14}", b"(UID 3) {3}\r\nx"), b" UID 77)"],
]
UNUSUAL: list[list[Any]] = [
    [b'1 (UID 5 BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 3 1))'],
    [b'1 (UID 5 BODY[] "abc")'],
    [b"1 (UID 5 BODY[] NIL)"],
    [(b"1 (UID 5 BODY[1]<0> {3}", b"abc"), b")"],
    [b'1 (UID 5 INTERNALDATE "yesterday" RFC822.SIZE 1)'],
]


@pytest.mark.parametrize("answer", USUAL)
def test_the_quick_reader_agrees_with_the_full_parser(answer: list[Any]) -> None:
    full = {
        uid: {
            key: int(value.timestamp() * 1000) if isinstance(value, datetime) else value
            for key, value in item.items()
            if key not in (b"SEQ", b"MODSEQ")
        }
        for uid, item in parse_fetch_response(answer, False, True).items()
    }
    assert wire._quick(answer) == full


@pytest.mark.parametrize("answer", UNUSUAL)
def test_the_quick_reader_leaves_what_is_unusual_to_the_full_parser(answer: list[Any]) -> None:
    assert wire._quick(answer) is None


def test_uid_sets_join_neighbours_and_expand_again() -> None:
    assert wire.uid_set([7, 1, 2, 3, 9, 10]) == "1:3,7,9:10"
    assert wire.expand("1:3,7,9:10") == [1, 2, 3, 7, 9, 10]
    assert wire.expand("5:3") == [5, 4, 3]
    assert wire.uid_set([]) == ""


@pytest.mark.parametrize(
    ("answer", "summary"),
    [
        (b"INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 12)", (7, 9, 3, 12)),
        (b'"odd (MESSAGES 1) name" (messages 0 highestmodseq 1 uidnext 1 uidvalidity 7 X-OTHER 5)', (7, 1, 0, 1)),
        (b" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 12)", (7, 9, 3, 12)),  # the name came as a literal
        (b"INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)", None),
        (b"INBOX ()", None),
        ((b"{5}", b"INBOX"), None),
        (None, None),
    ],
)
def test_a_summary_is_whole_or_none(answer: Any, summary: tuple[int, int, int, int] | None) -> None:
    found = wire._summary(answer)
    assert (found and (found.validity, found.next, found.exists, found.modseq)) == summary


def test_a_folder_is_opened_where_a_summary_differs_or_may_lag_behind() -> None:
    here = FolderCursor(validity=7, next=9, count=3, modseq=12)
    same = wire.Selected(validity=7, next=9, exists=3, modseq=12)
    cursors = {"same": here, "mail": here, "flags": here, "gone": here, "rebuilt": here, "plain": replace(here, modseq=0)}
    cursors |= {"unread": replace(here, todo=(Span(5, 8),)), "old": replace(here, todo=(Span(1, 8, old=True),))}
    summaries = {
        "same": same, "mail": replace(same, next=10, exists=4), "flags": replace(same, modseq=13),
        "gone": replace(same, exists=2), "rebuilt": replace(same, validity=8), "plain": replace(same, modseq=0), "new": same,
        "unread": same, "old": same,
    }  # fmt: skip
    assert quiet(cursors, summaries) == {"same", "old"}  # the first sync fetches what is old, opened or not

    glances = Glances()
    assert glances.enough(["INBOX"], 0) == ()
    glances.begin("INBOX")
    glances.opened("INBOX", 1_000)
    assert glances.enough(["INBOX", "Sent"], 1_000) == ("INBOX",)
    assert glances.enough(["INBOX"], 1_000 + OPEN_EVERY_MS) == ()
    assert glances.enough(["INBOX"], 0) == (), "the clock was set back"
    glances.tell("INBOX")
    assert glances.enough(["INBOX"], 1_000) == ()
    glances.begin("INBOX")
    glances.tell("INBOX")  # while it was read
    glances.opened("INBOX", 2_000)
    assert glances.enough(["INBOX"], 2_000) == ()
