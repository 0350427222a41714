"""Guards that look at people: who receives a message, whom it greets, whose data it would make public."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from agent_tui.domain.guard_texts import own_text, script
from agent_tui.domain.guard_words import GREETINGS, NO_NAMES, NO_REPLY
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.model import Address, Channel, Visibility
from agent_tui.domain.words import bare, folded, tokens

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)+\Z")
_PROVIDER_NAMES = """
gmail.com googlemail.com ymail.com yahoo.com mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch
web.de aol.com hotmail.com outlook.com live.com msn.com icloud.com me.com mac.com proton.me
protonmail.com pm.me mail.ru inbox.ru list.ru bk.ru yandex.ru qq.com 163.com 126.com fastmail.com
zoho.com rediffmail.com naver.com
"""
_PROVIDERS = frozenset(_PROVIDER_NAMES.split())


# --- recipients ---------------------------------------------------------------------------------------------


def recipients(context: GuardContext) -> list[Finding]:
    """Nobody, somebody new, somebody who can't read it, too many, or a domain made to look like another."""
    everybody = [*context.to, *context.cc, *context.bcc]
    addressed = context.channel is Channel.EMAIL or context.kind in ("new", "forward")
    if not everybody:
        return [Finding("recipients", "there is no recipient", passable=False)] if addressed else []
    if context.channel is not Channel.EMAIL:
        return []
    found: list[Finding] = []
    own = {one.casefold() for one in context.own}
    inside = _inside(context)
    domains = {_domain(one) for one in inside | own}
    for who in everybody:
        address = who.address.strip().casefold()
        if not valid(address):
            found.append(Finding("recipients", f"'{who.address}' is not an e-mail address", passable=False))
        elif is_no_reply(address):
            found.append(Finding("recipients", f"nobody reads {address}"))
        elif other := looks_like(_domain(address), domains, known=address in inside):
            found.append(Finding("recipients", f"{address}: {_domain(address)} looks like {other} and is not"))
        elif context.kind == "reply" and inside and address not in inside and address not in own:
            found.append(Finding("recipients", f"{address} is not in this case"))
    if len(everybody) > context.many:
        found.append(Finding("recipients", f"it goes to {len(everybody)} people"))
    if context.kind == "reply" and not found:
        found.extend(_without_customer(context, {one.address.strip().casefold() for one in everybody}, own))
    return found


def _without_customer(context: GuardContext, everybody: set[str], own: set[str]) -> list[Finding]:
    customers = {one.author.address.casefold() for one in context.from_customers}
    customers |= {who.address.casefold() for one in context.from_customers for who in one.reply_to}
    customers |= {context.customer.address.casefold()}
    customers -= {""}
    if everybody <= own:
        return [Finding("recipients", "it goes to nobody but ourselves")]
    if customers and not customers & everybody:
        return [Finding("recipients", f"{context.customer.label or 'the customer'} is not among the recipients")]
    return []


def _inside(context: GuardContext) -> set[str]:
    """Addresses of the case."""
    found = {context.customer.address.casefold()}
    for one in context.messages:
        found.add(one.author.address.casefold())
        found.update(who.address.casefold() for who in (*one.to, *one.cc, *one.reply_to))
    return found - {""}


def valid(address: str) -> bool:
    """Whether mail can be addressed like this (one @, a domain with a dot, nothing that splits headers)."""
    local, _, domain = address.rpartition("@")
    return (
        bool(_ADDRESS.match(address))
        and len(local.encode()) <= 64
        and len(domain) <= 253
        and ".." not in address
        and not (local.startswith(".") or local.endswith("."))
        and not any(part.startswith("-") or part.endswith("-") for part in domain.split("."))
    )


def is_no_reply(address: str) -> bool:
    """Whether nobody reads what is sent there."""
    local = re.sub(r"[._\-]", "", address.rpartition("@")[0].partition("+")[0].casefold())
    return local.startswith(("noreply", "donotreply", "mailerdaemon")) or local in NO_REPLY


def looks_like(domain: str, others: Iterable[str], *, known: bool = False) -> str:
    """The other domain that ``domain`` could be taken for, or nothing.

    Args:
        known: the address is part of the case: a company with two endings is no longer a surprise.
    """
    if not domain:
        return ""
    candidates = set(others)
    if domain in _PROVIDERS or (not known and domain in candidates):
        return ""
    for other in sorted(candidates | _PROVIDERS):
        if other in ("", domain) or domain.endswith(f".{other}") or other.endswith(f".{domain}"):
            continue
        if _shape(domain) == _shape(other):
            return other
        name, other_name = domain.rpartition(".")[0], other.rpartition(".")[0]
        same_ending = domain.rpartition(".")[2] == other.rpartition(".")[2]
        if same_ending and len(other_name) >= 5 and _one_slip(name, other_name):
            return other
        if not known and other not in _PROVIDERS and len(name) >= 4 and name == other_name:
            return other
    return ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


_CONFUSED = str.maketrans("01іаеорсухԁһјѕ", "olіaeopcyxdhjs")


def _shape(domain: str) -> str:
    plain = bare(domain.translate(_CONFUSED)).replace("і", "i")
    for pair, letter in (("rn", "m"), ("vv", "w"), ("cl", "d")):
        plain = plain.replace(pair, letter)
    return plain.replace("-", "").replace("l", "i")


def _one_slip(one: str, other: str) -> bool:
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) == len(other):
        swapped = one[start : start + 2] == other[start : start + 2][::-1]
        return one[start + 1 :] == other[start + 1 :] or (swapped and one[start + 2 :] == other[start + 2 :])
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


# --- names --------------------------------------------------------------------------------------------------

_GREETINGS = tuple(sorted((tuple(bare(word) for word in tokens(one)) for one in GREETINGS), key=len, reverse=True))
_NO_NAMES = frozenset(bare(folded(one)) for one in NO_NAMES)
_GREETING_LENGTH = 200  # characters of the first line that are looked at
_TITLE = re.compile(r"\b(mr|mrs|ms|mx|dr|prof|sr|sra|dott|sig|m|g|gng)\.", re.IGNORECASE)
_ENDS = re.compile(r"[,!:;.।？！，。、：،\n—–(]|\s-\s")


def greeted(text: str) -> tuple[str, int, int] | None:
    """``(name, start, end)`` of whom the first line greets, or None if it greets nobody by name."""
    from agent_tui.domain.guard_texts import units

    first = next((found for found in re.finditer(r"[^\n]+", text) if found[0].strip()), None)
    if first is None:
        return None
    line = _TITLE.sub(r"\1 ", first[0][:_GREETING_LENGTH])
    words = units(line)[:10]
    plain = [bare(word) for word, _, _ in words]
    for greeting in _GREETINGS:
        if tuple(plain[: len(greeting)]) != greeting:
            continue
        rest = words[len(greeting) :]
        after = words[len(greeting) - 1][2]
        ends = _ENDS.search(line, after)
        comma = ends.start() if ends else len(line)
        if line[after:comma].strip() == "" and line[comma : comma + 1] == "," and rest and len(rest) <= 3:
            after = comma + 1  # "Hello, Ana!"
            ends = _ENDS.search(line, after)
            comma = ends.start() if ends else len(line)
        names = [one for one in rest if after <= one[1] and one[2] <= comma]
        while names and bare(names[0][0]) in _NO_NAMES | {word for known in _GREETINGS for word in known}:
            names.pop(0)
        kept = []
        for one in names:
            letter = line[one[1]]
            if bare(one[0]) in _NO_NAMES or letter.lower() != letter.upper() == letter.swapcase():
                break  # a small letter where there are capitals: the sentence goes on
            kept.append(one)
        cut_short = ends is None and len(names) > 3  # a sentence, not a greeting
        if not kept or len(kept) > 4 or cut_short:
            return None
        start, end = kept[0][1], kept[-1][2]
        return line[start:end], first.start() + start, first.start() + end
    return None


def wrong_name(context: GuardContext) -> list[Finding]:
    """The greeting names somebody who is not in this conversation."""
    found = greeted(own_text(context.text))
    if found is None or context.kind != "reply":
        return []
    name, start, end = found
    parts = [bare(word) for word in tokens(name)]
    people = _people(context)
    known = {bare(word) for one in people for word in tokens(f"{one.name} {one.address.partition('@')[0]}")}
    known = {word for word in known if len(word) > 1}
    joined = [re.sub(r"[\W\d_]", "", bare(folded(one.address.partition("@")[0]))) for one in people]
    if not known or not any(script(p[0]) == script(k[0]) for p in parts for k in known):
        return []  # a name in another script can't be compared
    signed = _signatures(context)
    for part in parts:
        near = any(part == one or (min(len(part), len(one)) >= 3 and (part.startswith(one) or one.startswith(part)))
                   for one in known)  # fmt: skip
        if near or part in signed or (len(part) >= 3 and any(part in one for one in joined)):
            return []
    if len(parts) == 1 and len(parts[0]) == 1:
        return []
    customer = context.customer.label or people[0].label
    return [Finding("wrong-name", f"it greets '{name}'; the customer is {customer}", span=(start, end))]


def _people(context: GuardContext) -> list[Address]:
    """Everybody outside who takes part, the customer first."""
    own = {one.casefold() for one in context.own}
    found = [context.customer, *context.to, *context.cc]
    found.extend(Address(one.author.name, one.author.address) for one in context.from_customers)
    return [one for one in found if (one.name or one.address) and one.address.casefold() not in own]


def _signatures(context: GuardContext) -> set[str]:
    """Words with which customers end their messages: they may sign with another name than their mailbox has."""
    found: set[str] = set()
    for one in context.from_customers:
        lines = [line for line in own_text(one.text).splitlines() if line.strip()]
        lines = lines[1:] if lines and greeted(lines[0]) else lines
        found.update(bare(word) for line in lines[-6:] if len(line) < 60 for word in tokens(line))
    return found


# --- data of people -----------------------------------------------------------------------------------------

_MOST_DATA = 20  # pieces of personal data told of at once
_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}?\.[^\W\d_]{2,24}(?!\w)")
_CARD = re.compile(r"(?<![\d\w.\-/])\d(?:[ \-]?\d){12,18}(?![\d\w\-/]|\.\d)")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w+.\-/])(?:\+\d(?:[ \-./()]{0,2}\d){7,14}|\(\d{3}\) ?\d{3}[ \-.]\d{4}|\d{3}[ \-.]\d{3}[ \-.]\d{4}"
    r"|0\d{2,4}[ /\-]\d{3,4}[ \-]?\d{3,5})(?![\w\-/]|\.\d)"
)
_BARE = re.compile(r"(?<![\w+.\-/#])\d(?:[ \-]?\d){7,12}(?![\w\-/]|\.\d)")
_CALL = re.compile(
    r"\b(?:phone|mobile|cell|call|whatsapp|telephone|tel|fon|handy|telefon|rufen|t[ée]l[ée]fono|t[ée]l[ée]phone|portable|"
    r"celular|m[óo]vil|telefone|telefoon|cellulare|numero|selpon|tawagan)\b|फ़ोन|फोन|मोबाइल|ফোন|মোবাইল|ਫ਼ੋਨ|ਫੋਨ|ਮੋਬਾਈਲ|ಫೋನ್|ಮೊಬೈಲ್|"
    r"телефон|电话|手机|電話|هاتف|جوال",
    re.IGNORECASE,
)


def personal_data(context: GuardContext) -> list[Finding]:
    """An e-mail address, phone number, card or account number would become public."""
    if context.visibility is not Visibility.PUBLIC:
        return []
    text = _digits(own_text(context.text))
    own = {one.casefold() for one in context.own}
    found: list[tuple[int, int, str]] = []

    def add(start: int, end: int, what: str) -> None:
        if len(found) < _MOST_DATA and not any(a < end and start < b for a, b, _ in found):
            found.append((start, end, what))

    for one in _IBAN.finditer(text):
        if end := _iban_end(one[0]):
            add(one.start(), one.start() + end, "a bank account number")
    for one in _CARD.finditer(text):
        if is_card(re.sub(r"\D", "", one[0])):
            add(*one.span(), "a card number")
    for one in _MAIL.finditer(text):
        path = text[one.end() : one.end() + 1] == ":" and text[one.end() + 1 : one.end() + 2].isalpha()
        if one[0].casefold() not in own and not path and not one[0].startswith("git@"):
            add(*one.span(), "an e-mail address")
    for one in _PHONE.finditer(text):
        if 8 <= len(re.sub(r"\D", "", one[0])) <= 15:
            add(*one.span(), "a phone number")
    for one in _BARE.finditer(text):
        if _CALL.search(text, max(0, one.start() - 40), one.start()):
            add(*one.span(), "a phone number")
    told = "everybody could read"
    return [Finding("personal-data", f"{told} {what}: {_hidden(context.text[start:end])}", span=(start, end))
            for start, end, what in sorted(found)]  # fmt: skip


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
