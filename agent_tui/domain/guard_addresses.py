"""Postal addresses in a text, as people write them in the countries whose languages guards know.

A street alone is none: there has to be the postal code of a place with it, and where the words of a country are common
ones, a house number too.
"""

# ruff: noqa: E501 - expressions, each on its own line

from __future__ import annotations

import re
from collections.abc import Iterator

_STREET = r"(?:street|st\.|road|rd\.|lane|avenue|ave\.|drive|close|court|crescent|square|terrace|way|boulevard|blvd\.)"
_INDIA = (
    r"(?:[A-Z]\w*(?:nagar|pura|puram)|Nagar|Road|Rd|Street|Layout|Cross|Main|Colony|Sector|Marg|Block|Phase|Enclave|Vihar|Chowk|Bagh|Bazaar|Lane)"
)
_PIN = r"[A-Z][a-z]{2,19}[ ,\-–]{1,3}[1-9]\d{2} ?\d{3}\b(?![.,]?\d)"
_PLACES = (
    # United Kingdom, United States
    re.compile(
        rf"(?:\bflat \w+, )?\b\d{{1,5}}[a-z]? (?:[A-Z][\w'’]+ ){{1,3}}{_STREET}\b[^\n]{{0,40}}?"
        r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2} \d{5}(?:-\d{4})?|\b\d{5,6})\b", re.IGNORECASE),
    # Germany, Austria, Switzerland
    re.compile(r"\b[A-ZÄÖÜ][\wäöüß\-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|ring|damm|ufer) \d{1,4} ?[a-z]?,? \d{5} [A-ZÄÖÜ]\w+"),
    # India in Latin script: a house, a word for where it stands, and a place with its PIN code
    re.compile(
        rf"(?:\b(?:House|Flat|Plot|Shop|Door|H\.) ?(?:[Nn]o\.? ?)?|\b[Nn]o\.? ?|#)?(?<![+\d.,])(?<!\d )\b\d{{1,4}}[A-Za-z]?(?:[/\-]\w{{1,5}})*\b(?! ?\d),? [^\n!?]{{0,60}}?\b{_INDIA}\b[^\n!?]{{0,60}}?, ?{_PIN}"),
    re.compile(rf"\b(?:[A-Z]\w*\.? ){{1,3}}{_INDIA},? (?:[Nn]o\.? ?)?\d{{1,4}}\w?,? {_PIN}"),
    # India and Bangladesh in their own scripts; digits are ASCII by now
    re.compile(
        r"(?:রোড|সড়ক|সরণি|রাস্তা|গলি|লেন|ਰੋਡ|ਗਲੀ|ਮੁਹੱਲਾ|ਨਗਰ|ಕ್ರಾಸ್|ರಸ್ತೆ|ಬೀದಿ|ನಗರ|रोड|मार्ग|गली|नगर)[^\n!?।]{0,60}?"
        r"[ ,\-–](?:[1-9]\d{5}|[1-9]\d{2} \d{3})(?!\d)"),
    re.compile(r"(?:রোড|সড়ক|সরণি|রাস্তা|গলি|লেন|বাড়ি)[^\n!?।]{0,60}?(?:ঢাকা|চট্টগ্রাম|খুলনা|রাজশাহী|সিলেট|বরিশাল|রংপুর|ময়মনসিংহ)[ ,\-–]{1,3}[1-9]\d{3}(?!\d)"),
    # France, Spain, Italy, Brazil and Portugal
    re.compile(
        r"\b\d{1,4}(?: bis| ter)?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Rr]oute|[Cc]ours) "
        r"[^\n!?]{2,50}?,? \d{5} [A-ZÀ-Ý]\w+"),
    re.compile(
        r"(?:\b(?:Calle|Avenida|Avda\.|Av\.|Plaza|Paseo|Carrer|Rua|Via|Viale|Piazza|Corso)|\bC/) ?[^\n!?\d]{2,50}? \d{1,4}[^\n!?]{0,30}?"
        r"(?:\b\d{5} [A-ZÀ-Ý]\w+|\b\d{5}-\d{3}\b|\b\d{4}-\d{3} [A-ZÀ-Ý]\w+)"),
)  # fmt: skip


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each address in a text whose digits are ASCII."""
    for pattern in _PLACES:
        for one in pattern.finditer(text):
            yield one.span()
