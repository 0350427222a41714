"""Made-up mail in any amount: conversations with answers, several scripts, some HTML, some files."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_PEOPLE = (
    ("Robin Bell", "robin"), ("Priya Nair", "priya"), ("ਗੁਰਪ੍ਰੀਤ ਕੌਰ", "gurpreet"), ("তানভীর হাসান", "tanvir"), ("ಮಂಜುನಾಥ", "manju"),
    ("José Álvarez", "jose"), ("Liza Santos", "liza"), ("Zoë Müller", "zoe"),
)  # fmt: skip
_LINES = (
    "my parcel has not arrived and the tracking page has shown the same line for a week",
    "please tell me how to move the licence to another machine, the old one has died",
    "the invoice names the wrong company, could you write it again",
    "after the update the export stops at half and leaves an empty file behind",
    "ਮੇਰਾ ਪਾਰਸਲ ਅਜੇ ਤੱਕ ਨਹੀਂ ਪਹੁੰਚਿਆ, ਕਿਰਪਾ ਕਰਕੇ ਦੱਸੋ",
    "আমার টাকা এখনও ফেরত আসেনি, দয়া করে দেখুন",
    "ನನ್ನ ಖಾತೆಗೆ ಲಾಗಿನ್ ಆಗಲು ಸಾಧ್ಯವಾಗುತ್ತಿಲ್ಲ",
    "hindi ko mabuksan ang account ko mula kahapon",
    "thank you, that worked at once",
)


def letters(count: int, to: str, *, seed: int = 1, start: datetime | None = None) -> Iterator[bytes]:
    """``count`` messages, oldest first, about three to a conversation; the same for the same seed."""
    chance = random.Random(seed)
    when = start or datetime(2026, 6, 1, 8, tzinfo=UTC)
    roots: list[tuple[str, str, tuple[str, str]]] = []
    for number in range(count):
        when += timedelta(seconds=chance.randint(20, 1200))
        marker = f"letter.{seed}.{number}@outside.example"
        answers = ""
        if roots and chance.random() < 0.65:
            answers, subject, person = chance.choice(roots[-200:])
            subject = f"Re: {subject}"
        else:
            person = chance.choice(_PEOPLE)
            subject = " ".join(chance.choice(_LINES).split()[:6])
            roots.append((marker, subject, person))
        body = "\r\n\r\n".join(chance.choice(_LINES) for _ in range(chance.randint(2, 9)))
        yield _letter(chance, marker, answers, subject, person, to, when, body)


def _letter(
    chance: random.Random, marker: str, answers: str, subject: str, person: tuple[str, str], to: str, when: datetime, body: str
) -> bytes:  # fmt: skip
    name = base64.b64encode(person[0].encode()).decode()
    title = base64.b64encode(subject.encode()).decode()
    head = (
        f"Return-Path: <{person[1]}@outside.example>\r\nReceived: from mx.outside.example by mail.agents.test; {format_datetime(when)}\r\n"
        f"From: =?utf-8?B?{name}?= <{person[1]}@outside.example>\r\nTo: {to}\r\nSubject: =?utf-8?B?{title}?=\r\n"
        f"Date: {format_datetime(when)}\r\nMessage-ID: <{marker}>\r\nMIME-Version: 1.0\r\n"
    )
    if answers:
        head += f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n"
    plain = base64.encodebytes(body.encode()).replace(b"\n", b"\r\n").decode()
    kind = chance.random()
    if kind < 0.5:
        return f"{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n".encode()
    text = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{plain}"
    if kind < 0.9:
        html = "".join(f"<p>{line}</p>" for line in body.split("\r\n\r\n"))
        return (
            f'{head}Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n{text}\r\n--b\r\n'
            f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body>{html}</body></html>\r\n--b--\r\n"
        ).encode()
    file = base64.encodebytes(chance.randbytes(chance.randint(2_000, 60_000))).replace(b"\n", b"\r\n").decode()
    return (
        f'{head}Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n{text}\r\n--b\r\nContent-Type: application/pdf; name="invoice.pdf"\r\n'
        f'Content-Disposition: attachment; filename="invoice.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--b--\r\n'
    ).encode()
