"""Who receives a message: nobody, strangers, crowds, domains made to look like others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.domain.guard_words import NO_REPLY
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.model import Channel
from agent_tui.domain.words import bare

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(?:\.[^\s@<>,;:\"()\[\]\\.]+)+\Z")
_PROVIDER_NAMES = """
gmail.com googlemail.com ymail.com yahoo.com mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch
web.de aol.com hotmail.com outlook.com live.com msn.com icloud.com me.com mac.com proton.me
protonmail.com pm.me mail.ru inbox.ru list.ru bk.ru yandex.ru qq.com 163.com 126.com fastmail.com
zoho.com rediffmail.com naver.com
"""
_PROVIDERS = frozenset(_PROVIDER_NAMES.split())


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
    open_to = {who.address.strip().casefold() for who in (*context.to, *context.cc)}
    hidden = {who.address.strip().casefold() for who in context.bcc} - open_to
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
        elif address not in own and address in hidden:
            found.append(Finding("recipients", f"{address} gets it without the others knowing (bcc)"))
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
