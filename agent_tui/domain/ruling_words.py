"""What a reply rules, told from its own words, so that a draft can be compared with what was ruled before. Pure.

In English here and in the languages of ``ruling_languages``, and only where it is plain: a reply that both grants and refuses
says nothing here, nor does a question or a condition. Nothing is recorded from it without whoever wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from agent_tui.domain.decisions import UNITS, Ruling
from agent_tui.domain.ruling_languages import LANGUAGES

_SENTENCE = re.compile(r"(?:[^.!?।\n]|\.(?=\d))+[?]?")
_CONDITION = re.compile(r"\s*(?:if|in case|whether)\b")
_MATTER = r"(?:refund|reimburs|credit|replac|waiv|cancel|extend|exchang|compensat|grant|approv|accept|revers)"
_THING = r"(?:refund|money|replacement|credit|compensation|claim|request|reimbursement|return|exchange|fee|charge|voucher)"
_BACK = (
    r"(?:your|the|you(?: all| back)?(?: of)?(?: your| the)?)?(?: \w+){0,2} ?(?:money|amount|price|payment|it)?"
    r"(?: \w+){0,1} back\b"
)
_WE = (
    r"\b(?:we|i)(?:'ve| have|'ll| will|'re| are|'m| am| can| shall)(?: going to| happy to| glad to)?"
    r"(?: also| gladly| now| just| already)?"
)
_GRANTED = re.compile(
    rf"{_WE} {_MATTER}\w*|{_MATTER}(?:e?d)\b|"
    rf"{_WE} (?:giv\w+|pay\w*|paid|return\w*|send\w*|sent) {_BACK}|"
    rf"{_WE} (?:send\w*|sent|ship\w*|giv\w*|gave|issu\w*) (?:you |out )?(?:a|an|the|your)(?: \w+){{0,2}} {_THING}|"
    r"you(?:'ll| will|'re| are) (?:get|receive|have|getting)\w* (?:a|the|your|all)(?: \w+){0,3} "
    r"(?:refund|money|replacement|credit|back)|"
    rf"{_THING}(?: \w+){{0,2}}(?: of [^ ]+)? (?:is|was|has been|have been|are)(?: now| already)? "
    r"(?:on its way|approved|granted|issued|made|sent|accepted|reversed|removed|waived|taken off)"
)
_NO = (
    r"(?:can ?not|can't|could not|couldn't|unable to|not able to|no longer|will not|won't|not be able to|not going to|do not|"
    r"don't|must not|may not|are not|aren't)"
)
_REFUSED = re.compile(
    rf"\b(?:{_NO}(?: \w+){{0,3}} (?:{_MATTER}\w*|{_THING}s?\b|(?:take|give|pay|send|return)(?: \w+){{0,4}} back)|"
    r"not (?:eligible|covered|refundable|entitled)|(?:have|need|had) to (?:decline|refuse|reject)|must (?:decline|refuse|reject)|"
    rf"{_THING}(?: \w+){{0,5}} (?:is|was|has been|have been) (?:rejected|refused|denied|declined|turned down)|"
    r"does(?: not|n't) (?:cover|qualify|apply)|not qualify|"
    rf"{_THING} (?:is not|isn't|is no longer|are not|aren't) (?:possible|available|covered|due)|"
    rf"no {_THING} (?:is|was|will be|can be))"
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
    said = {word for sentence in _SENTENCE.findall(_folded(own)) for word in _read(sentence.strip())}
    if len(said) != 1:
        return None
    amount, found = read_facts((own, *told), facts)
    return Ruling(said.pop(), amount, facts=found)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def _read(sentence: str) -> set[str]:
    """What one folded sentence rules: nothing, one, or both where it refuses one thing and grants another."""
    other = {word for one in LANGUAGES if (word := one.read(sentence))}
    if sentence.endswith("?") or _CONDITION.match(sentence):
        return other
    rest = _REFUSED.sub(" ", sentence)
    english = {"refused"} if rest != sentence else set()
    return other | english | ({"granted"} if _GRANTED.search(rest) else set())


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
