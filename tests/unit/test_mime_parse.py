"""What a mail's bytes become: readable, whole, and said to be wrong where they are wrong."""

import base64
import gzip
import json
import random
import struct
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain.model import Direction, Role
from agent_tui.domain.quotes import quoted_spans
from agent_tui.domain.text import clean
from agent_tui.sources.mime import decode_part, message_key, parse, parse_headers, part_bytes, section
from tests.unit.mail_data import OWN, SHARED

CORPUS = [*sorted(OWN.glob("*.eml")), *(sorted((SHARED / "eml").rglob("*.eml")) if SHARED else [])]


def read(raw: bytes, **more):
    return parse(raw, container="INBOX", ref="1:1", received_at=1_700_000_000_000, **more)


def own(name: str, **more):
    return read((OWN / f"{name}.eml").read_bytes(), **more)


def with_headers(**headers: str):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {"From": "c@example.org", **headers}.items()]
    return read("\r\n".join([*lines, "", "text"]).encode())


def test_an_ordinary_mail_is_read():
    message = read(
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: support@example.com\r\nSubject: Hello\r\n"
        b"Message-ID: <a@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <c@x> <b@x>\r\n"
        b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nHi there\r\n"
    )
    assert (message.author.name, message.author.address) == ("Jürgen", "j@example.com")
    assert message.text == "Hi there"
    assert message.thread_ids == ("a@x", "b@x", "c@x")
    assert message.sent_at == 1_700_000_000_000
    assert message.direction is Direction.IN
    assert (message.warning, message.automatic, message.report) == ("", False, None)


@given(
    st.integers(min_value=0, max_value=4_000_000_000),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
    st.sampled_from(["{day}, {date} {offset}", "{date} {offset}", "{day},  {date} {offset} (IST)", "{day} {date} {offset}"]),
)
def test_a_date_is_read_in_whatever_form_it_is_written(seconds, offset, form):
    when = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=offset)))
    day, date = format_datetime(when).rsplit(" ", 1)[0].split(", ")
    written = form.format(day=day, date=date, offset=when.strftime("%z"))
    assert with_headers(Date=written).sent_at == seconds * 1000


def test_mail_from_our_own_address_is_ours():
    message = read(b"From: Us <Support@Example.com>\n\nx", agent_addresses=frozenset({"support@example.com"}))
    assert (message.direction, message.author.role) == (Direction.OUT, Role.AGENT)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_mail_is_read_and_clean(path):
    raw = path.read_bytes()
    message = read(raw)
    assert "could not be taken apart" not in message.warning
    strings = [message.subject, message.text, message.fresh_text, message.author.name, message.author.address, message.key,
               *message.thread_ids, *(value for _, value in message.headers), *(one.name for one in message.attachments),
               *(one.name for one in (*message.to, *message.cc))]  # fmt: skip
    for text in strings:
        assert clean(text) == text
    for attachment in message.attachments:
        part_bytes(raw, attachment.part)
        assert attachment.name
        assert "/" not in attachment.name
        assert "\\" not in attachment.name
        assert not attachment.name.startswith(".")
    headers = parse_headers(raw, container="INBOX", ref="1:1", received_at=1)
    assert not headers.complete
    assert (headers.subject, headers.author.address, headers.thread_ids) == (
        message.subject, message.author.address, message.thread_ids)  # fmt: skip
    if message.marker:
        assert headers.key == message.key


@pytest.mark.skipif(SHARED is None, reason="the mail corpus is not on this machine")
def test_the_corpus_is_read_as_others_read_it():
    with gzip.open(SHARED / "eml_expect.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    agreed = {"subject": 0, "from": 0, "id": 0}
    asked = dict(agreed)
    for row in rows:
        message = read((SHARED / "eml" / row["file"]).read_bytes())
        senders = [address for _, address in row["from_"] or [] if address]
        for name, mine, theirs in (
            ("subject", message.subject, clean(row["subject"] or "", multiline=False)),
            ("from", message.author.address, senders[0] if senders else ""),
            ("id", message.marker, row["message_id"] if isinstance(row["message_id"], str) else ""),
        ):
            if theirs:
                asked[name] += 1
                agreed[name] += mine == theirs
    assert agreed["from"] == asked["from"]
    assert agreed["id"] == asked["id"]
    assert asked["subject"] - agreed["subject"] <= 2  # two that the expectation itself could not decode


@given(st.binary(max_size=300))
def test_no_bytes_are_too_broken(raw):
    message = read(raw)
    assert message.container == "INBOX"
    assert "could not be taken apart" not in message.warning


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_damage_to_a_real_mail_is_too_much(chance: random.Random):
    raw = bytearray(chance.choice(sorted(OWN.glob("*.eml"))).read_bytes())
    for _ in range(chance.randint(1, 12)):
        if raw:
            at = chance.randrange(len(raw))
            action = chance.randrange(3)
            if action == 0:
                raw[at] = chance.randrange(256)
            elif action == 1:
                del raw[at : at + chance.randrange(20)]
            else:
                raw[at:at] = chance.choice([b"\n\n", b"\r", b"--b", b"\0", b"=?", b'"', b"<", b"\x1b]"])
    message = read(bytes(raw))
    assert "could not be taken apart" not in message.warning
    for attachment in message.attachments:
        part_bytes(bytes(raw), attachment.part)


@pytest.mark.parametrize(("name", "said"), [
    ("lying-charset", "Die Größe stimmt nicht, আমি"), ("unknown-charset", "Der Preis wäre 5 €"),
    ("missing-charset", "ご注文ありがとうございます。商品は明日届きます。"),
    ("koi8-unlabelled", "Здравствуйте, мой заказ не пришёл до сих пор."),
    ("no-boundary", "Still readable."), ("html-stub", "The real text"), ("html-only", "Hello there [1]\n\n[1] https://example.org/x"),
    ("flowed", "This is one paragraph that goes on.\n\n> quoted together\n> > deeper\n stuffed\n-- \nKiran"),
    ("escape-sequences", "red bold reversed"), ("junk-headers", "body"), ("no-headers", "just some words\nand more"),
    ("boundary-never-used", "Just text after all."), ("only-headers", ""), ("empty", ""),
])  # fmt: skip
def test_text_is_readable(name, said):
    assert own(name).text == said


@pytest.mark.parametrize(("name", "words"), [
    ("unknown-charset", "unknown character set"), ("missing-charset", "character set is wrong or missing"),
    ("no-boundary", "mark between its parts is missing"), ("cut-short", "ends too early"), ("empty", "empty"),
    ("junk-headers", "headers are damaged"), ("boundary-never-used", "could not be told apart"), ("no-headers", "no headers"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_plain_words(name, words):
    assert words in own(name).warning


def test_characters_split_between_encoded_words_come_together():
    assert own("split-encoded-word").subject == "नमस्ते जी"


def test_escape_sequences_in_a_subject_go():
    assert own("escape-sequences").subject == "Hello"


def test_long_file_names_come_together():
    assert [one.name for one in own("long-file-name").attachments] == ["বিল (2026).pdf"]


def test_file_names_cannot_leave_a_folder():
    assert [one.name for one in own("escaping-file-name").attachments] == ["passwd", "evil.png", "gpj.exe", "part-1.png"]


def test_a_mail_within_a_mail_is_attached_and_readable_and_folds():
    message = own("forwarded-as-attachment")
    assert [(one.name, one.part) for one in message.attachments] == [("Broken.eml", "2"), ("lamp.jpg", "2.2")]
    assert "My lamp is broken." in message.text
    assert message.fresh_text == "Please help her."
    assert quoted_spans(message.text)
    raw = (OWN / "forwarded-as-attachment.eml").read_bytes()
    assert part_bytes(raw, "2.2") == b"\xff\xd8\xff"
    assert part_bytes(raw, "2").startswith(b"From: Meena")
    with pytest.raises(KeyError):
        part_bytes(raw, "9")


def test_an_invitation_says_what_when_and_where():
    text = own("invitation").text
    assert "Invitation: Call about, the invoice" in text
    assert "When: 2026-05-10 15:30 – 16:00 (Asia/Kolkata)" in text
    assert "Where: Room 4 Bengaluru" in text
    assert "From: Rao: Asha <asha@example.com>" in text


def test_a_delivery_report_names_our_message_the_recipients_and_the_reason():
    report = own("dsn").report
    assert report.marker == "our-2@example.com"
    assert report.recipients == ("gone@example.net", "full@example.net")
    assert report.failed
    assert "550 5.1.1" in report.words
    assert "552 5.2.2 Mailbox full" in report.words
    assert own("dsn").automatic


def test_a_report_of_failure_names_those_only_that_failed():
    blocks = [
        b"Final-Recipient: rfc822; has@example.net\nAction: relayed\nStatus: 2.0.0",
        b"Final-Recipient: rfc822; gone@example.net\nAction: failed\nStatus: 5.1.1",
        b"Final-Recipient: rfc822; slow@example.net\nAction: delayed\nStatus: 4.4.1",
    ]
    raw = (
        b'From: MAILER-DAEMON@x\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        b"--b\n\nSorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        + b"\n\n".join(blocks) + b"\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <our-2@x>\n\n--b--\n"
    )  # fmt: skip
    report = read(raw).report
    assert (report.marker, report.recipients, report.failed) == ("our-2@x", ("gone@example.net",), True)


def test_a_delay_is_no_failure():
    report = own("dsn-delay").report
    assert (report.marker, report.failed, report.recipients) == ("our-3@example.com", False, ("slow@example.net",))


def test_a_bounce_in_a_form_of_its_own_is_a_report_too():
    report = own("qmail-bounce").report
    assert (report.marker, report.recipients, report.failed) == ("our-1@example.com", ("gone@example.net",), True)
    assert "550 5.1.1" in report.words


def test_a_person_who_writes_about_a_bounce_is_no_report():
    assert with_headers(Subject="Undelivered Mail Returned to Sender").report is None


@pytest.mark.parametrize("headers", [
    {"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List-Id": "<news.example.org>"}, {"Return-Path": "<>"},
    {"X-Auto-Response-Suppress": "All"}, {"From": "no-reply@example.org"}, {"From": "Shop <donotreply+7@example.org>"},
    {"From": "MAILER-DAEMON@example.org"}, {"List-Unsubscribe": "<mailto:x@example.org>"}, {"X-Autoreply": "yes"},
])  # fmt: skip
def test_programs_and_lists_are_told(headers):
    assert with_headers(**headers).automatic


@pytest.mark.parametrize("headers", [
    {"Auto-Submitted": "no"}, {"From": "noreen@example.org"}, {"From": "replyto@example.org"}, {"Precedence": "normal"},
    {"Return-Path": "<c@example.org>"},
])  # fmt: skip
def test_people_are_told(headers):
    assert not with_headers(**headers).automatic


def test_a_list_that_is_our_own_address_is_how_customers_reach_us():
    raw = b"From: c@example.org\nList-Id: <support.example.com>\nPrecedence: list\nList-Unsubscribe: <x>\n\nhelp"
    assert not read(raw, agent_addresses=frozenset({"support@example.com"})).automatic


def test_the_key_is_that_of_the_message_wherever_it_lies():
    raw = b"From: A <a@x>\nMessage-ID: <m@x>\nDate: Mon, 4 May 2026 10:00:00 +0000\nSubject: Hi\n\ntext"
    copy = parse(raw.replace(b"\n", b"\r\n"), container="Archive", ref="9:9", received_at=5)
    assert read(raw).key == copy.key == message_key("m@x", "a@x", "Mon, 4 May 2026 10:00:00 +0000", "Hi")
    assert read(raw.replace(b"Hi", b"Ho")).key != copy.key
    nameless = raw.replace(b"Message-ID: <m@x>\n", b"")
    assert read(nameless).key.startswith("sha:")
    assert read(nameless).key == parse(nameless.replace(b"\n", b"\r\n"), container="B", ref="2", received_at=9).key
    assert read(b"one").key != read(b"two").key


def test_a_part_fetched_by_itself_is_decoded():
    assert decode_part("2.2", b"Content-Transfer-Encoding: base64\r\n", b"/9j/\r\n") == b"\xff\xd8\xff"
    assert section("2!1") == "2"


def _attribute(level: int, identity: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, identity, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def test_a_winmail_dat_is_opened():
    tnef = b"\x78\x9f\x3e\x22\0\0" + _attribute(1, 0x0002800C, b"Hello from Outlook\0")
    tnef += _attribute(2, 0x00069002, b"\0" * 14) + _attribute(2, 0x00018010, b"..\\plan.pdf\0")
    tnef += _attribute(2, 0x0006800F, b"PDF-bytes")
    raw = b"From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
    raw += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(tnef) + b"--b--\n"
    message = read(raw)
    assert message.text == "Hello from Outlook"
    assert [(one.name, one.size, one.part) for one in message.attachments] == [("plan.pdf", 9, "1!0")]
    assert part_bytes(raw, "1!0") == b"PDF-bytes"


def test_a_damaged_winmail_dat_says_what_it_is():
    message = read(b"From: a@x\nContent-Type: application/ms-tnef; name=winmail.dat\n\nnot tnef")
    assert "Outlook" in message.warning
    assert [one.name for one in message.attachments] == ["winmail.dat"]


@pytest.mark.parametrize("raw", [
    b"Subject: x\n\n" + b"a" * 10_000_000,
    b"Subject: x\n\n" + b"a b> " * 2_000_000,
    b"X: y\n" * 200_000 + b"\ntext",
    b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\ntext",
    b"To: " + b"a@b, " * 100_000 + b"\n\ntext",
    b"To: " + b'"' * 100_000 + b"\n\ntext",
    b"To: " + b"(" * 100_000 + b"\n\ntext",
    b"References: " + b"<a@b> " * 100_000 + b"\n\ntext",
    b"Content-Type: text/plain" + b"; a=b" * 50_000 + b"\n\ntext",
    b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)) + b"\n\nx",
    b"Content-Type: message/rfc822\n\n" * 50_000 + b"x",
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx" * 1_000_000,
], ids=range(13))  # fmt: skip
def test_a_hostile_mail_takes_no_time(raw):
    begun = time.process_time()
    message = read(raw)
    assert time.process_time() - begun < 4.0
    assert "could not be taken apart" not in message.warning
