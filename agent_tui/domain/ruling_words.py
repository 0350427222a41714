"""What a reply rules, told from its own words, so that a draft can be compared with what was ruled before. Pure.

English only, and only where it is plain: a reply that both grants and refuses says nothing here. Nothing is recorded from it
without whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_tui.domain.decisions import UNITS, Ruling

_SENTENCE = re.compile(r"[^.!?\n]+")
_MATTER = r"(?:refund|reimburse|credit|replace|waive|cancel|extend|exchange|compensate|grant|approve|accept)"
_GRANTED = re.compile(
    rf"\b(?:(?:we|i)(?:'ve| have|'ll| will| can| are going to|'re going to| are happy to|'m happy to| am happy to)"
    rf"(?: also| gladly| now| just| already)? {_MATTER}\w*|{_MATTER}(?:e?d)\b|"
    r"you(?:'ll| will) (?:get|receive|have) (?:a|the|your)(?: full)? (?:refund|money|replacement|credit)|"
    r"(?:refund|replacement|credit) is (?:on its way|approved|granted))"
)
_REFUSED = re.compile(
    rf"\b(?:(?:can ?not|can't|could not|couldn't|unable to|not able to|no longer|will not|won't|not be able to|not going to)"
    rf"(?: \w+){{0,3}} {_MATTER}\w*|not (?:eligible|covered|refundable|entitled)|(?:have|need) to (?:decline|refuse)|"
    rf"(?:cannot|can't) be {_MATTER}\w*|does(?: not|n't) (?:cover|qualify|apply)|{_MATTER} is not possible)"
)
_MONEY = re.compile(
    r"(?:[$€£¥₹]|\b(?:USD|EUR|GBP|INR|BDT|PHP)\b)\s?(\d+(?:[.,]\d+)*)|(\d+(?:[.,]\d+)*)\s?(?:[€£₹]|\b(?:USD|EUR|GBP|INR|BDT|PHP|euros?|dollars?|rupees)\b)"
)


def read_ruling(text: str, facts: Sequence[str] = (), told: Sequence[str] = ()) -> Ruling | None:
    """What a text rules, or None where that is not plain.

    Args:
        text: a reply; lines that quote are passed over.
        facts: names of the facts that likeness is judged by; one that begins with a unit of time ("days since purchase")
            is found as "12 days", any as "name: 12" too.
        told: what the customer wrote, newest first: where the amount and the facts are looked for after the reply.
    """
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">")).replace("’", "'")
    granted = refused = False
    for sentence in _SENTENCE.findall(own.casefold()):
        if _REFUSED.search(sentence):
            refused = True
        elif _GRANTED.search(sentence):
            granted = True
    if granted == refused:
        return None
    amount, found = read_facts((own, *told), facts)
    return Ruling("granted" if granted else "refused", amount, facts=found)


def read_facts(texts: Sequence[str], names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The amount, and the facts of these names, as far as the texts tell them; the first text that does is believed."""
    found = {name: value for name in names if (value := next((one for text in texts if (one := _fact(text, name))), ""))}
    return next((one for text in texts if (one := _amount(text))), ""), found


def _amount(text: str) -> str:
    """The one amount of money in a text; empty where there is none, or several."""
    found = {_plain(one[1] or one[2]) for one in _MONEY.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def _plain(number: str) -> str:
    """``1,234.50`` as ``1234.50``; a comma before two digits at the end is a decimal one."""
    whole, mark, part = number.rpartition("." if "." in number else ",")
    if mark == "," and len(part) == 3:
        return number.replace(",", "")
    return f"{whole.replace(',', '')}.{part}" if mark else number


def _fact(text: str, name: str) -> str:
    pattern = rf"\b{re.escape(name)}\s*(?:[:=]|is|are)?\s*(\d+(?:[.,]\d+)?)"
    unit = name.split(" ", 1)[0].casefold()
    if unit in UNITS:
        pattern += rf"|\b(\d+(?:[.,]\d+)?)\s+{unit[:-1]}s?\b"
    found = {one[1] or (one[2] if one.re.groups > 1 else "") for one in re.finditer(pattern, text, re.IGNORECASE)}
    return found.pop() if len(found) == 1 else ""
