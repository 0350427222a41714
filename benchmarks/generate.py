"""A deterministic mailbox of any size: the same number gives the same mails on every machine.

Mails of 1 to 8 kB in eight languages and six scripts, in conversations of about three, plain, with HTML beside or
alone, with files, in the encodings that mail programs use. Words follow a Zipf curve over thousands of types. Some
are planted: ``needleone`` in one mail, ``needleten`` in ten, ``needlepercent`` in one of a hundred.
"""

from __future__ import annotations

import base64
import itertools
import multiprocessing
import quopri
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.header import Header
from email.utils import formatdate
from functools import cache
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.domain.model import Address, Attachment, Author, Batch, Direction, Marks, RemoteMessage, Role, Visibility
from agent_tui.domain.packing import packed
from agent_tui.store import indexing, sources
from agent_tui.store.apply import apply
from agent_tui.store.database import Store
from benchmarks import machine

NEWEST = 1_760_000_000_000  # when the newest mail came, milliseconds
SPAN = 500 * 86_400_000  # the oldest came this much earlier
SUPPORT = "support@shop.example"
VERSION = 2  # of what is generated: kept workspaces of another one are not used
SETTINGS = f"""
[agent]
name = "Asha Rao"
email = "{SUPPORT}"

[[source]]
name = "support-mail"
type = "imap"
address = "{SUPPORT}"
imap = "imaps://localhost:1"
smtp = "smtps://localhost:1"
username = "support"
backlog = "3650d"
promise = {{ first_reply = "6h", next_reply = "6h" }}
"""
AGENTS = ("Asha Rao", "Tomás Vidal", "Maria Santos")

# language: share of conversations in percent, common words, syllables from which rarer words are made, full stop
_LANGUAGES: dict[str, tuple[int, str, str, str]] = {
    "en": (
        44,
        ("the order has not come and I would like to know when it will arrive please send a new invoice for my account "
        "we were charged twice can you check the refund thank you hello our password reset mail never came delivery "
        "address changed broken screen warranty replace label return support answer help today yesterday week"),
        "ba co de fi ga hi lo mu ne po ra si ta ve wo ter ing ment al or", ".",
    ),
    "es": (
        9,
        ("el pedido no ha llegado y quiero saber cuándo llega la factura está mal gracias por la ayuda devolución cuenta "
        "contraseña dirección envío mañana señor reembolso tarjeta producto garantía"),
        "ca de lo mi ña ción do re sal ten vi pu gue", ".",
    ),
    "de": (
        8,
        ("die Bestellung ist noch nicht da und ich möchte wissen wann sie kommt bitte prüfen Sie die Rechnung Rückgabe "
        "Konto Größe Passwort Lieferung danke schön Grüße Gutschrift"),
        "ge be ver ung keit schaft lich ra to ne mü ße al", ".",
    ),
    "fil": (
        6,
        ("hindi pa po dumating ang order ko kailan po ba ito darating salamat sa tulong pakisuri ang resibo at bayad mali "
        "ang halaga sirang produkto palitan po ninyo"),
        "ka ma pa ta ang ng sa la ba hi po na", ".",
    ),
    "bn": (
        11,
        "আমার অর্ডার এখনো আসেনি কবে আসবে জানাবেন দয়া করে টাকা ফেরত চাই ধন্যবাদ ঠিকানা বদলেছে পণ্য ভাঙা ছিল বিল দুইবার কাটা হয়েছে সাহায্য",
        "ক কা কি খ গো চ ছি জা ট ডা ত তো দ ধী ন না প পু ব বে ম মা র রা ল স হ", "।",
    ),
    "pa": (
        9,
        "ਮੇਰਾ ਆਰਡਰ ਅਜੇ ਨਹੀਂ ਆਇਆ ਕਦੋਂ ਆਵੇਗਾ ਦੱਸੋ ਜੀ ਪੈਸੇ ਵਾਪਸ ਚਾਹੀਦੇ ਹਨ ਧੰਨਵਾਦ ਪਤਾ ਬਦਲ ਗਿਆ ਸਮਾਨ ਟੁੱਟਿਆ ਹੋਇਆ ਸੀ ਬਿੱਲ ਮਦਦ",
        "ਕ ਕਾ ਖੀ ਗ ਗੁ ਚ ਜੋ ਟ ਡਾ ਤ ਦੇ ਨ ਨਾ ਪ ਬੀ ਮ ਮਾ ਰ ਲੋ ਵ ਸ ਹ", "।",
    ),
    "kn": (
        8,
        "ನನ್ನ ಆರ್ಡರ್ ಇನ್ನೂ ಬಂದಿಲ್ಲ ಯಾವಾಗ ಬರುತ್ತದೆ ದಯವಿಟ್ಟು ತಿಳಿಸಿ ಹಣ ಮರಳಿ ಬೇಕು ಧನ್ಯವಾದಗಳು ವಿಳಾಸ ಬದಲಾಗಿದೆ ವಸ್ತು ಮುರಿದಿತ್ತು ಬಿಲ್ ಸಹಾಯ",
        "ಕ ಕಾ ಕಿ ಗ ಗು ಚ ಜಾ ಟ ಡಿ ತ ದೊ ನ ನಾ ಪ ಬೇ ಮ ಮಾ ರ ಲಿ ವ ಸ ಹ", ".",
    ),
    "ja": (
        5,
        ("注文 が まだ 届きません いつ 届く でしょう か 返金 を お願い します "
        "住所 を 変更 しました 商品 が 壊れて いました 請求書 ありがとう ございます 確認"),
        "発 送 連 絡 電 話 番 号 交 換 保 証 期 間 担 当 画 面", "。",
    ),
}  # fmt: skip
_TYPES = {"en": 24_000, "es": 9_000, "de": 9_000, "ja": 900}
_STREAM = 120_000
_FIRST = ("Rina", "José", "Jürgen", "Luz", "অনিক", "ਹਰਮਨ", "ಸವಿತಾ", "花子", "Ana", "Peter", "Olu", "Mei")
_LAST = ("Okafor", "Núñez", "Groß", "Reyes", "দাস", "ਗਿੱਲ", "ಗೌಡ", "佐藤", "Kovač", "Lind", "Haddad", "Chen")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail before it is put in any form.

    Args:
        number: from 0, oldest first.
        at: when it came, milliseconds.
        ancestors: Message-IDs that it answers, nearest first.
        form: ``plain``, ``both`` (HTML beside it), ``html`` or ``file``.
        quoted: what it quotes below its text, or empty.
    """

    number: int
    language: str
    at: int
    customer: Address
    ours: bool
    subject: str
    text: str
    quoted: str
    message_id: str
    ancestors: tuple[str, ...]
    form: str
    marks: frozenset[str]

    @property
    def body(self) -> str:
        """Text and quotation."""
        return f"{self.text}\n\n{self.quoted}" if self.quoted else self.text

    @property
    def sender(self) -> Address:
        """Who wrote it."""
        return Address(AGENTS[self.number % len(AGENTS)], SUPPORT) if self.ours else self.customer

    @property
    def recipient(self) -> Address:
        """Who it is written to."""
        return self.customer if self.ours else Address("Support", SUPPORT)


@dataclass(slots=True)
class _Conversation:
    language: str
    subject: str
    customer: Address
    ids: list[str]
    last: str = ""


@cache
def _stream(language: str) -> list[str]:
    """Words of a language as they follow one another, sentences ended."""
    chance = random.Random(f"words {language}")
    _, common, syllables, stop = _LANGUAGES[language]
    words = dict.fromkeys(common.split())
    made = syllables.split()
    while len(words) < _TYPES.get(language, 6_000):
        words["".join(chance.choices(made, k=chance.randint(2, 4)))] = None
    weights = itertools.accumulate(1 / (rank + 3) for rank in range(len(words)))
    chosen = chance.choices(list(words), cum_weights=list(weights), k=_STREAM)
    return [word + stop if chance.random() < 0.09 else word for word in chosen]


def _words(chance: random.Random, language: str, count: int) -> str:
    """Some lines of words."""
    stream = _stream(language)
    start = chance.randrange(len(stream) - count)
    return "\n".join(" ".join(stream[at : min(at + 11, start + count)]) for at in range(start, start + count, 11))


def letters(count: int, seed: int = 1) -> Iterator[Letter]:
    """Mails, oldest first."""
    chance = random.Random(seed)
    names = list(_LANGUAGES)
    shares = list(itertools.accumulate(value[0] for value in _LANGUAGES.values()))
    going: list[_Conversation] = []
    tens = {int((step + 0.5) * count / 10) for step in range(10)}
    for number in range(count):
        if going and chance.random() < 0.68:
            place = chance.randrange(len(going))
            talk = going[place]
        else:
            language = chance.choices(names, cum_weights=shares)[0]
            who = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
            customer = Address(who, f"customer{chance.randrange(max(50, count // 5))}@mail{number % 30}.example")
            subject = _words(chance, language, chance.randint(3, 7)).replace("\n", " ")
            talk = _Conversation(language, subject, customer, [])
            going.append(talk)
            if len(going) > 150:
                going.pop(chance.randrange(75))
        ours = len(talk.ids) % 2 == 1
        text = _text(chance, talk.language, number, count, tens)
        quoted = ""
        if talk.last and chance.random() < 0.55:
            quoted = "On that day somebody wrote:\n" + "\n".join(f"> {line}" for line in talk.last.split("\n")[:8])
        old = number < count * 0.97
        marks = {Marks.SEEN} if ours or (old and chance.random() < 0.93) else set()
        if not ours and old and chance.random() < 0.5:
            marks.add(Marks.CLOSED)
        form = chance.choices(("plain", "both", "html", "file"), weights=(45, 38, 9, 8))[0]
        message_id = f"{number:08x}.{chance.getrandbits(40):010x}@shop.example"
        yield Letter(
            number, talk.language, NEWEST - (count - number) * (SPAN // count), talk.customer, ours,
            f"Re: {talk.subject}" if talk.ids else talk.subject, text, quoted, message_id,
            tuple(reversed(talk.ids[-8:])), form, frozenset(marks),
        )  # fmt: skip
        talk.ids.append(message_id)
        talk.last = text


def _text(chance: random.Random, language: str, number: int, count: int, tens: set[int]) -> str:
    per_word = {"en": 6, "es": 6, "de": 7, "fil": 6, "ja": 14}.get(language, 17)
    wanted = min(6_000, max(400, chance.lognormvariate(7.0, 0.6)))  # bytes
    paragraphs = [_words(chance, language, max(12, int(wanted / per_word / 2))) for _ in range(2)]
    planted = f"Order SO-{chance.getrandbits(32):08X}, parcel {700_000 + number}"
    if number == count // 2:
        planted += " needleone"
    if number in tens:
        planted += " needleten"
    if number % 100 == 37:
        planted += " needlepercent"
    return "\n\n".join((*paragraphs, planted))


def remote(letter: Letter) -> RemoteMessage:
    """A mail as a source yields it, without anything having been parsed."""
    files: tuple[Attachment, ...] = ()
    if letter.form == "file":
        files = (Attachment(f"photo{letter.number}.png", "image/png", 600, "2"),)
    return RemoteMessage(
        ref=f"1:{letter.number + 1}",
        container="Sent" if letter.ours else "INBOX",
        key=f"{letter.message_id}#00000000",
        direction=Direction.OUT if letter.ours else Direction.IN,
        visibility=Visibility.PRIVATE,
        author=Author(letter.sender.name, letter.sender.address, Role.AGENT if letter.ours else Role.CUSTOMER),
        received_at=letter.at,
        sent_at=letter.at,
        subject=letter.subject,
        text=letter.body,
        fresh_text=letter.text,
        to=(letter.recipient,),
        thread_ids=(letter.message_id, *letter.ancestors),
        marker=letter.message_id,
        marks=letter.marks,
        attachments=files,
        headers=(("From", letter.sender.address), ("To", letter.recipient.address), ("Received", "2 times")),
        html=letter.form in ("both", "html"),
        size=len(letter.text) + 1_200,
    )


def raw(letter: Letter) -> bytes:
    """A mail as it travels."""
    chance = random.Random(letter.number)
    date = formatdate(letter.at / 1000)
    head = [
        f"Return-Path: <{letter.sender.address}>",
        "Received: " + "\r\n\t".join((
            f"from mail{letter.number % 30}.example (mail.example [192.0.2.{letter.number % 250}])",
            f"by mx.shop.example with ESMTPS id {chance.getrandbits(48):X}", f"for <{SUPPORT}>; {date}",
        )),
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example; s=one;\r\n\t" + ";\r\n\t".join((
            f"bh={base64.b64encode(chance.randbytes(32)).decode()}", f"b={base64.b64encode(chance.randbytes(96)).decode()}",
        )),
        f"Authentication-Results: mx.shop.example; dkim=pass header.d=example; spf=pass smtp.mailfrom={letter.sender.address}",
        f"From: {_address(letter.sender)}",
        f"To: {_address(letter.recipient)}",
        f"Subject: {_header(letter.subject)}",
        f"Date: {date}",
        f"Message-ID: <{letter.message_id}>",
        "MIME-Version: 1.0",
    ]
    if letter.ancestors:
        head.append(f"In-Reply-To: <{letter.ancestors[0]}>")
        head.append("References: " + "\r\n ".join(f"<{one}>" for one in reversed(letter.ancestors)))
    plain = _part("text/plain", letter.body, chance)
    if letter.form == "plain":
        return _joined(head, plain)
    html = _part("text/html", _html(letter), chance)
    if letter.form == "html":
        return _joined(head, html)
    mark = f"=_{chance.getrandbits(64):016x}"
    if letter.form == "both":
        head.append(f'Content-Type: multipart/alternative; boundary="{mark}"')
        second = html
    else:
        head.append(f'Content-Type: multipart/mixed; boundary="{mark}"')
        name = f"photo{letter.number}.png"
        second = (
            f'Content-Type: image/png; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
        ).encode() + base64.encodebytes(chance.randbytes(600)).replace(b"\n", b"\r\n")
    line = mark.encode()
    return _joined(head, b"\r\n--" + line + b"\r\n" + plain + b"\r\n--" + line + b"\r\n" + second + b"\r\n--" + line + b"--\r\n")


def _joined(head: list[str], rest: bytes) -> bytes:
    return "\r\n".join(head).encode() + b"\r\n" + rest


def _header(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _address(value: Address) -> str:
    return f"{_header(value.name)} <{value.address}>"


def _part(media_type: str, text: str, chance: random.Random) -> bytes:
    data = text.replace("\n", "\r\n").encode()
    kind = chance.random()
    if kind < 0.5:
        encoding = "8bit"
    elif kind < 0.75 and len(data) < 1.5 * len(text):
        encoding, data = "quoted-printable", quopri.encodestring(data)
    else:
        encoding, data = "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")
    return f"Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + data + b"\r\n"


def _html(letter: Letter) -> str:
    paragraphs = "".join(f'<p style="margin:0 0 12px;font-family:Arial">{one}</p>\n' for one in letter.text.split("\n\n"))
    quoted = f'<blockquote type="cite">{letter.quoted}</blockquote>' if letter.quoted else ""
    return (
        '<html><head><meta charset="utf-8"><style>td{padding:4px}</style></head><body><table width="600"><tr><td>'
        f'<img src="https://shop.example/logo.png" alt="Shop">{paragraphs}{quoted}'
        '<ul><li><a href="https://shop.example/help">Help</a></li><li>Status</li></ul></td></tr></table></body></html>'
    )


def workspace(count: int) -> Path:
    """A workspace whose cache holds this many mails, indexed; made once and kept between runs.

    It is a copy for the caller's use alone: what a measurement does to it is gone the next time.
    """
    home = machine.directory()
    kept = home / f"mails-{count}-{VERSION}"
    if not (kept / "complete").exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (kept / "workspace.toml").write_text(SETTINGS, encoding="utf-8")
        _fill(kept, count)
        (kept / "complete").touch()
    copy = home / f"use-{count}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(kept, copy)
    return copy


def _fill(folder: Path, count: int) -> None:
    """Made, stored and indexed by a process each."""
    several = multiprocessing.get_context("spawn")
    made: Queue[tuple[RemoteMessage, ...] | None] = several.Queue(6)
    whole = several.Event()
    helpers = (several.Process(target=_make, args=(count, made)), several.Process(target=_index, args=(folder, whole)))
    store = Store.open(workspaces.load(folder), role="engine", now=lambda: NEWEST)
    for one in helpers:
        one.start()
    try:
        while (some := made.get(timeout=600)) is not None:
            apply(store, "support-mail", Batch(cursor="{}", messages=some, more=True))
        whole.set()
        for one in helpers:
            one.join()
        if any(one.exitcode for one in helpers):
            raise RuntimeError("the mailbox could not be made")
    finally:
        for one in helpers:
            one.kill()
    while indexing.index(store):
        pass
    indexing.recount(store)
    sources.note_state(store, "support-mail", synced_at=NEWEST)
    store.close()


def _make(count: int, made: Queue[tuple[RemoteMessage, ...] | None]) -> None:
    pending = map(remote, letters(count))
    while some := tuple(
        replace(one, packed=packed(one.text, one.fresh_text, one.headers)) for one in itertools.islice(pending, 1_000)
    ):
        made.put(some)
    made.put(None)


def _index(folder: Path, whole: Event) -> None:
    """Take in what is stored, until there is nothing more to come."""
    store = Store.open(workspaces.load(folder), role="engine", now=lambda: NEWEST)
    while indexing.unindexed(store) >= indexing.INDEX_BATCH or not whole.is_set():
        if indexing.unindexed(store) >= indexing.INDEX_BATCH:
            indexing.index(store)
        else:
            whole.wait(0.2)
    store.close()
