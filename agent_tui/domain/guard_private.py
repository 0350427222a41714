"""Guards of what belongs to somebody: personal data that would go public, another customer's data in this reply."""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from agent_tui.domain.guard_addresses import addresses
from agent_tui.domain.guard_texts import own_text
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.model import Visibility
from agent_tui.domain.words import folded

_MOST_DATA = 20  # pieces of personal data told of at once
_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}?\.[^\W\d_]{2,24}(?!\w)")
_CARD = re.compile(r"(?<![\d\w.\-/])(?:\d(?:[ \-]?\d){12,18}|\d{4}(?:\.\d{4}){3})(?![\d\w\-/]|\.\d)")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w+.\-/])(?:\+\d(?:[ \-./()]{0,2}\d){7,14}|\(\d{3}\) ?\d{3}[ \-.]\d{4}|\d{3}[ \-.]\d{3}[ \-.]\d{4}"
    r"|0\d{2,4}[ /\-]\d{3,4}[ \-]?\d{3,5}|0[1-9](?:[ .]\d\d){4}|0[1-9]\d{8,9}|[6-9]\d{4}[ \-]\d{5})(?![\w\-/]|\.\d)"
)
_BARE = re.compile(r"(?<![\w+.\-/#])\d(?:[ \-]?\d){7,12}(?![\w\-/]|\.\d)")
_CALL = re.compile(
    r"\b(?:phone|mobile|cell|call|whatsapp|telephone|tel|fon|handy|telefon|rufen|t[ée]l[ée]fono|t[ée]l[ée]phone|portable|"
    r"celular|m[óo]vil|telefone|telefoon|cellulare|numero|selpon|tawagan)\b|फ़ोन|फोन|मोबाइल|ফোন|মোবাইল|ਫ਼ੋਨ|ਫੋਨ|ਮੋਬਾਈਲ|ಫೋನ್|ಮೊಬೈಲ್|"
    r"телефон|电话|手机|電話|هاتف|جوال",
    re.IGNORECASE,
)


_NO_PHONE = re.compile(r"\b(?:order|reference|ticket|serial|part|case|invoice|tracking|version|model|sample|error|code|id)\b[^.!?\n]{0,12}$", re.IGNORECASE)
_SAMPLE = re.compile(r"(?:name|user|username|you|your[._]?name|someone|somebody|me|foo|bar|test|admin|email|info|(?:john|jane)[._]?doe)@example\.(?:com|org|net)\Z", re.IGNORECASE)
PATTERN_PATIENCE_S = 0.05  # for an expression of the settings, which may be one that never ends
# United Kingdom: two letters, six digits, A to D. United States: AAA-GG-SSSS. India: PAN, and twelve digits called Aadhaar.
_NUMBERED = re.compile(
    r"(?<![\w\-])(?![DFIQUV]\w|\w[DFIOQUV])[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w\-])"
    r"|(?<![\w\-])(?:QQ) ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w\-])"
    r"|(?<![\w\-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w\-])"
    r"|(?<![\w\-])[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![\w\-])"
)
_SAID = (
    (re.compile(r"\b(?:aadhaar|aadhar|आधार|আধার)\b[^.!?\n\d]{0,30}(?P<what>\d{4}[ \-]?\d{4}[ \-]?\d{4})(?!\d)", re.IGNORECASE), "an identity number"),
    (re.compile(r"\b(?:pan|ppsn|nino|ssn|tax id|steuer-?id|passport)\b[^.!?\n]{0,30}?(?P<what>(?=\w*\d)[A-Z0-9]{7,12})\b", re.IGNORECASE), "an identity number"),
    (re.compile(r"\b(?:your|the|my|his|her) (?:\w+ )?(?:password|passcode|pin)(?: is|:| was) +(?![a-z]+\b(?![\d!]))(?P<what>\S{4,40})", re.IGNORECASE), "a password"),
    (re.compile(r"\b(?:Kennwort|Passwort|contraseña|mot de passe|senha)(?: lautet| ist| es| est|:| é) +(?P<what>(?=\S*\d)\S{4,40})", re.IGNORECASE), "a password"),
    (re.compile(
        r"\b(?:date of birth|born on|birthday|geboren am|Geburtsdatum|fecha de nacimiento|date de naissance)\b[^.!?\n\d]{0,15}"
        r"(?P<what>\d{1,4}[./\-]\d{1,2}[./\-]\d{2,4}|\d{1,2} \w+ \d{4})", re.IGNORECASE), "a date of birth"),
    (re.compile(
        r"(?P<what>(?<![\d.])(?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.|255\.)\d{1,3}(?:\.\d{1,3}){3})(?![\d.])"
        r"[^.!?\n]{0,40}\b(?:logged in|your (?:account|computer|home|router))", re.IGNORECASE), "an internet address"),
)  # fmt: skip


def personal_data(context: GuardContext) -> list[Finding]:
    """An e-mail address, phone number, card or account number would become public."""
    if context.visibility is not Visibility.PUBLIC:
        return []
    told = "everybody could read"
    return [
        Finding("personal-data", f"{told} {what}: {_hidden(context.text[start:end])}", span=(start, end))
        for start, end, what in personal(own_text(context.text), context.own, context.patterns)
    ]


def personal(
    text: str, own: Iterable[str] = (), patterns: Iterable[tuple[str, str]] = (), *, most: int = _MOST_DATA
) -> tuple[tuple[int, int, str], ...]:
    """Start, end and kind of the personal data in a text, in order.

    Args:
        own: addresses of ours, which are none.
        patterns: what is personal besides: what it is called, and a regular expression.
        most: pieces to find at most.
    """
    text = _digits(text)
    ours = {one.casefold() for one in own}
    found: list[tuple[int, int, str]] = []

    def add(start: int, end: int, what: str) -> None:
        if len(found) < most and not any(a < end and start < b for a, b, _ in found):
            found.append((start, end, what))

    for one in _IBAN.finditer(text):
        if end := _iban_end(one[0]):
            add(one.start(), one.start() + end, "a bank account number")
    for one in _CARD.finditer(text):
        if is_card(re.sub(r"\D", "", one[0])):
            add(*one.span(), "a card number")
    for one in _NUMBERED.finditer(text):
        add(*one.span(), "an identity number")
    for pattern, what in _SAID:
        for one in pattern.finditer(text):
            add(*one.span("what"), what)
    for start, end in addresses(text):
        add(start, end, "a postal address")
    for title, expression in patterns:
        for start, end in _places(expression, text):
            add(start, end, title)
    for one in _MAIL.finditer(text):
        path = text[one.end() : one.end() + 1] == ":" and text[one.end() + 1 : one.end() + 2].isalpha()
        if one[0].casefold() not in ours and not path and not one[0].startswith("git@") and not _SAMPLE.match(one[0]):
            add(*one.span(), "an e-mail address")
    for one in _PHONE.finditer(text):
        called = _CALL.search(text, max(0, one.start() - 40), one.start())
        if 8 <= len(re.sub(r"\D", "", one[0])) <= 15 and (called or not _NO_PHONE.search(text[max(0, one.start() - 24) : one.start()])):
            add(*one.span(), "a phone number")
    for one in _BARE.finditer(text):
        if _CALL.search(text, max(0, one.start() - 40), one.start()):
            add(*one.span(), "a phone number")
    return tuple(sorted(found))


def _places(pattern: str, text: str) -> list[tuple[int, int]]:
    """Where an expression of the settings matches; nowhere where it can't be worked out in time."""
    import regex

    try:
        return [one.span() for one in regex.finditer(pattern, text, timeout=PATTERN_PATIENCE_S) if one[0]][:_MOST_DATA]
    except (regex.error, TimeoutError):
        return []


def _digits(text: str) -> str:
    """Digits of every script as ASCII, at the same places."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and c.isdecimal() else c for c in text)


def _hidden(value: str) -> str:
    return value if len(value) <= 6 else f"{value[:3]}…{value[-2:]}"


def is_card(digits: str) -> bool:
    """Whether digits are a payment card's: a known issuer's beginning and length, and the check digit right."""
    if len(set(digits)) < 2:
        return False
    length = len(digits)
    first2, first4 = int(digits[:2]), int(digits[:4])
    issued = (
        (digits[0] == "4" and length in (13, 16, 19))
        or (length == 16 and (51 <= first2 <= 55 or 2221 <= first4 <= 2720 or first2 in (65, 60, 62, 81, 35)))
        or (length == 15 and first2 in (34, 37))
        or (length == 14 and first2 in (30, 36, 38))
        or (12 <= length <= 19 and first2 in (50, 56, 57, 58, 67, 63))
    )
    if not issued:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _iban_end(text: str) -> int:
    """Where the account number at the beginning of ``text`` ends, or 0: words may follow it in capitals."""
    places = [place for place, character in enumerate(text) if character != " "]
    for count in range(min(34, len(places)), 14, -1):
        plain = "".join(text[place] for place in places[:count])
        number = "".join(str(int(c, 36)) for c in plain[4:] + plain[:4])
        if int(number) % 97 == 1:
            return places[count - 1] + 1
    return 0


# --- another customer's data ---------------------------------------------------------------------------------

_TOKEN = re.compile(r"(?<![\w/@.\-#=&?])[#№]?(?=[A-Z\d\-/]*\d)[A-Z\d]{2,}(?:[\-/][A-Z\d]+)*(?![\w@/]|[.\-]\w)", re.IGNORECASE)
_LEAST = 6  # letters and digits of an order number; shorter ones are anything
_MOST_LOOKED_UP = 12


def identifiers(text: str) -> tuple[str, ...]:
    """What may belong to one customer alone: order and account numbers, addresses, phone numbers; as written, in order.

    Versions, dates, sums and words are none.
    """
    text = _digits(own_text(text))
    found: dict[str, str] = {}
    for pattern in (_MAIL, _IBAN, _PHONE, _TOKEN):
        for one in pattern.finditer(text):
            plain = _plain(one[0])
            digits = sum(character.isdigit() for character in plain)
            if pattern is _TOKEN and (len(plain) < _LEAST or digits < 3 or _DATE.fullmatch(one[0])):
                continue
            if not any(plain in other for other in found):
                found[plain] = one[0].strip("#№")
    return tuple(found.values())[:_MOST_LOOKED_UP]


_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}-\d{1,2}-\d{4}|\d{4}/\d\d?/\d\d?|\d\d?/\d\d?/\d{4}|\d+(?:px|ms|kb|mb|gb|min|hrs?)", re.IGNORECASE)


def _plain(value: str) -> str:
    return "".join(character for character in folded(value) if character.isalnum() or character == "@")


def elsewhere(context: GuardContext) -> list[Finding]:
    """A number or address of another customer's case that nobody wrote in this one.

    What stands in the cases of several people is no secret of one: a product's name, our own account. What everybody will read
    must not have what its own customer said in private either, here or in another case.
    """
    public = context.public
    closed = [one for one in context.messages if public and one.visibility is not Visibility.PUBLIC]
    if not context.elsewhere and not closed:
        return []
    here = [context.subject, context.case_subject, context.signature, *context.own, *context.open_texts]
    here += () if public else context.earlier
    people = [context.customer, *context.to, *context.cc]
    for one in context.messages:
        if one.visibility is not Visibility.NOTE and one not in closed:
            here += [one.text, one.subject, one.author.address]
            people += [*one.to, *one.cc, *one.reply_to]
    known = _plain("\n".join((*here, *(who.address for who in people))))
    mine = {who.address.casefold() for who in people if who.address}
    found = []
    for value in identifiers(context.text):
        plain = _plain(value)
        if plain in known:
            continue
        start = _digits(context.text).find(value)
        span = (start, start + len(value)) if start >= 0 else None
        inside = next((one for one in closed if plain in _plain(_digits(one.text))), None)
        if inside is not None:
            what = "a note" if inside.visibility is Visibility.NOTE else "a private message"
            found.append(Finding("leak", f"{value} is from {what} of this case, and everybody could read it", span=span))
            continue
        owners = {one.customer.address.casefold(): one for one in context.elsewhere if plain in _plain(_digits(one.text))}
        if len(owners) != 1:
            continue
        owner = next(iter(owners.values()))
        who = owner.customer.label or "another customer"
        if not owners.keys() & mine:
            found.append(Finding("leak", f"{value} is from the case of {who}, not from this one", span=span))
        elif public and owner.visibility is not Visibility.PUBLIC:
            found.append(Finding("leak", f"{value} is from a private case of {who}, and everybody could read it", span=span))
    return found
