"""Cursors, folders and the structure of large messages, without a server."""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
import random

import pytest

from agent_tui.sources.imap import cursor as cursors
from agent_tui.sources.imap import structure
from agent_tui.sources.imap.cursor import Cursor, FolderCursor, Span
from agent_tui.sources.imap.folders import recognise
from agent_tui.sources.imap.parts import decoded

HERE = FolderCursor(validity=7, next=50, todo=(Span(45, 49), Span(1, 20, old=True)), modseq=9, count=30, frontier=5)


def test_a_cursor_comes_back_from_its_text() -> None:
    cursor = Cursor({"INBOX": HERE, "Gesendete Objekte/Ü": FolderCursor()})
    assert cursors.load(cursor.dump()) == cursor


@pytest.mark.parametrize("text", ["", "{", "[]", '{"folders":{"INBOX":{}}}', '{"folders":[]}', "null"])
def test_a_cursor_that_cannot_be_read_starts_over(text: str) -> None:
    assert cursors.load(text) == Cursor()


def test_a_cursor_knows_what_has_been_fetched() -> None:
    assert [HERE.fetched(uid) for uid in (1, 20, 21, 44, 45, 49, 50)] == [False, False, True, True, False, False, False]


def test_taking_from_the_top_leaves_the_rest() -> None:
    assert HERE.taken(47).todo == (Span(45, 46), Span(1, 20, old=True))
    assert HERE.taken(45).todo == (Span(1, 20, old=True),)


def listing(*names: str, flags: dict[str, bytes] | None = None) -> list[tuple[tuple[bytes, ...], bytes, str]]:
    return [(((flags or {}).get(name, b"\\HasNoChildren"),), b"/", name) for name in names]


def test_special_use_wins_over_names() -> None:
    folders = recognise(listing("INBOX", "Sent", "Post/Raus", flags={"Post/Raus": b"\\Sent"}))
    assert folders.sent == "Post/Raus"


def test_common_names_serve_where_the_server_says_nothing() -> None:
    folders = recognise(listing("INBOX", "INBOX/Sent Items", "Projects/Old/Sent", "Spam", "Papierkorb"))
    assert (folders.sent, folders.junk, folders.trash, folders.archive) == ("INBOX/Sent Items", "Spam", "Papierkorb", "")


def test_a_folder_that_is_missing_is_made_where_the_others_are() -> None:
    assert recognise(listing("INBOX", "INBOX/Drafts")).missing("sent") == "INBOX/Sent"
    assert recognise(listing("INBOX", "Drafts")).missing("sent") == "Sent"
    assert recognise(listing("INBOX")).missing("trash") == "Trash"


def test_what_cannot_be_opened_is_no_folder() -> None:
    assert recognise(listing("INBOX", "Sent", flags={"Sent": b"\\Noselect"})).sent == ""


def test_folder_names_are_found_whatever_their_case() -> None:
    folders = recognise(listing("INBOX", "Support"))
    assert (folders.real("inbox"), folders.real("support"), folders.real("Billing")) == ("INBOX", "Support", "")


BODY = (
    [
        ([(b"text", b"plain", (b"charset", b"utf-8"), None, None, b"quoted-printable", 300, 10, None, None, None),
          (b"text", b"html", (b"charset", b"utf-8"), None, None, b"8bit", 900, 10, None, None, None)],
         b"alternative", (b"boundary", b"x"), None, None),
        (b"application", b"pdf", (b"name*", b"utf-8''%E0%A8%AC%E0%A8%BF%E0%A9%B1%E0%A8%B2.pdf"), None, None, b"base64", 7800, None,
         (b"attachment", (b"filename*", b"utf-8''%E0%A8%AC%E0%A8%BF%E0%A9%B1%E0%A8%B2.pdf")), None),
        (b"image", b"png", None, b"<i@x>", None, b"base64", 780, None, (b"inline", (b"filename", b"=?utf-8?B?w7wucG5n?=")), None),
    ],
    b"mixed", (b"boundary", b"y"), None, None,
)  # fmt: skip


def test_files_of_a_large_message_are_listed_by_name_and_section() -> None:
    found = structure.attachments(structure.read(BODY))
    assert [(one.name, one.media_type, one.part, one.inline) for one in found] == [
        ("ਬਿੱਲ.pdf", "application/pdf", "2", False),
        ("ü.png", "image/png", "3", True),
    ]
    assert 5500 < found[0].size < 5900


def test_a_large_message_is_rebuilt_with_its_text_alone() -> None:
    tree = structure.read(BODY)
    header = b"From: x@y.example\r\nContent-Type: multipart/mixed;\r\n boundary=y\r\nSubject: big\r\nMIME-Version: 1.0\r\n\r\n"
    raw = structure.rebuild(header, tree, {"1.1": b"caf=C3=A9", "1.2": "<p>café</p>".encode()})
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "big"
    assert [part.get_content().strip() for part in message.walk() if not part.is_multipart()] == ["café", "<p>café</p>"]
    assert message.get_body(("plain",)) is not None


def test_a_message_of_one_part_keeps_its_header() -> None:
    tree = structure.read((b"text", b"plain", (b"charset", b"utf-8"), None, None, b"8bit", 3, 1))
    assert structure.rebuild(b"Subject: x\r\nContent-Type: text/plain\r\n\r\n", tree, {"1": b"abc"}).endswith(b"plain\r\n\r\nabc")


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_files_decode_the_same_however_they_are_cut(encoding: str, size: int) -> None:
    chance = random.Random(size)
    content = chance.randbytes(4000) if encoding == "base64" else ("ਸਤ = é\r\n" * 300).encode()
    encode = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[encoding]
    travelling = encode(content)
    pieces = iter([travelling[at : at + size] for at in range(0, len(travelling), size)])
    assert b"".join(decoded(pieces, encoding)) == content


def test_damaged_base64_gives_what_can_be_saved() -> None:
    assert b"".join(decoded(iter([b"aGVs", b"bG8=", b"IQ=="]), "base64")).startswith(b"hello")
