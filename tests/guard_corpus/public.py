"""Replies that everybody will read: what was said in private, here and elsewhere, and what may be said to anybody."""

from __future__ import annotations

from typing import Any

from tests.guard_corpus.make import Maker, of_english, signed, spoken
from tests.guard_corpus.phrases import Phrases

_PUBLIC = (("community", "public"), ("social", "public"))

# (what was written in private, a public reply that repeats it)
SECRETS = (
    ("My wife is in hospital until Sunday and nobody can open the door for the courier.",
     "we know that your wife is in hospital until Sunday and nobody can open the door, so it comes on Monday."),
    ("I lost my job in January and cannot pay the second invoice before summer.",
     "as you lost your job in January and cannot pay the second invoice, we wait with it."),
    ("We run your beta on the production cluster of the national bank.",
     "you run our beta on the production cluster of the national bank, which is why it is slow."),
    ("Our admin left in anger and took the only recovery key with him.",
     "since your admin left in anger and took the only recovery key with him, the disk can't be opened."),
    ("Please do not tell the others, but we move to your competitor next year.",
     "you wrote that we move to your competitor next year; we help until then."),
    ("I bought it second hand from a man in Leeds who had no receipt for it.",
     "you bought it second hand from a man in Leeds who had no receipt for it, so there is no warranty."),
    ("Meine Tochter hat die Karte meines Mannes ohne zu fragen benutzt.",
     "Ihre Bestellung gilt nicht: Meine Tochter hat die Karte meines Mannes ohne zu fragen benutzt, schrieben Sie."),
    ("Mi hermano está enfermo y necesita el aparato antes del viernes por la noche.",
     "como su hermano está enfermo y necesita el aparato antes del viernes por la noche, va por correo urgente."),
    ("আমার বাবা হাসপাতালে ভর্তি, তাই আমি গত মাসের টাকা দিতে পারিনি।",
     "আপনি লিখেছেন আমার বাবা হাসপাতালে ভর্তি, তাই আমি গত মাসের টাকা দিতে পারিনি, আমরা অপেক্ষা করব।"),
    ("ਮੇਰੀ ਨੌਕਰੀ ਚਲੀ ਗਈ ਹੈ ਅਤੇ ਮੈਂ ਇਸ ਮਹੀਨੇ ਪੈਸੇ ਨਹੀਂ ਦੇ ਸਕਦਾ।",
     "ਕੋਈ ਗੱਲ ਨਹੀਂ, ਮੇਰੀ ਨੌਕਰੀ ਚਲੀ ਗਈ ਹੈ ਅਤੇ ਮੈਂ ਇਸ ਮਹੀਨੇ ਪੈਸੇ ਨਹੀਂ ਦੇ ਸਕਦਾ, ਅਸੀਂ ਸਮਝਦੇ ਹਾਂ।"),
    ("ನನ್ನ ಹಳೆಯ ಕಂಪನಿ ಮುಚ್ಚಿದೆ ಹಾಗಾಗಿ ಹಳೆಯ ಇಮೇಲ್ ವಿಳಾಸ ಈಗ ನನ್ನ ಬಳಿ ಇಲ್ಲ.",
     "ನನ್ನ ಹಳೆಯ ಕಂಪನಿ ಮುಚ್ಚಿದೆ ಹಾಗಾಗಿ ಹಳೆಯ ಇಮೇಲ್ ವಿಳಾಸ ಈಗ ನನ್ನ ಬಳಿ ಇಲ್ಲ ಎಂದು ನೀವು ಬರೆದಿದ್ದೀರಿ."),
    ("The doctor says the noise of the pump makes my headaches worse every night.",
     "turn the mode to silent, if the noise of the pump makes my headaches worse every night is what you hear from her too."),
)  # fmt: skip

# (what was written in private, a public reply on the same matter that gives nothing away)
DISCREET = (
    ("My wife is in hospital until Sunday and nobody can open the door for the courier.", "it comes on Monday, between nine and twelve."),
    ("I lost my job in January and cannot pay the second invoice before summer.", "I have written to you privately about the invoice."),
    ("Our admin left in anger and took the only recovery key with him.", "without a recovery key the disk can't be opened, sorry."),
    ("Meine Tochter hat die Karte meines Mannes ohne zu fragen benutzt.", "Ihre Bestellung ist storniert, das Geld kommt zurück."),
    ("আমার বাবা হাসপাতালে ভর্তি, তাই আমি গত মাসের টাকা দিতে পারিনি।", "এই বিষয়ে আপনাকে আলাদা করে লিখেছি।"),
    ("ನನ್ನ ಹಳೆಯ ಕಂಪನಿ ಮುಚ್ಚಿದೆ ಹಾಗಾಗಿ ಹಳೆಯ ಇಮೇಲ್ ವಿಳಾಸ ಈಗ ನನ್ನ ಬಳಿ ಇಲ್ಲ.", "ನಾವು ನಿಮಗೆ ಖಾಸಗಿಯಾಗಿ ಬರೆದಿದ್ದೇವೆ."),
)  # fmt: skip

# What is said to everybody, and stands in many private cases.
STANDING = (
    "please hold the power button for ten seconds and then plug the cable in again.",
    "you can follow the parcel with the number in the mail that we sent you when it left.",
    "please update to the newest version first and tell us whether it happens again.",
    "wir bitten um Entschuldigung für die lange Wartezeit bei der Antwort auf Ihre Frage.",
    "le délai de livraison est de trois à cinq jours ouvrés après la confirmation de la commande.",
)

# (what it is called, the expression, a public reply that stops, one that does not)
PATTERNS = (
    ("an order number", r"TW-\d{5}", "your order TW-48213 left on Monday.", "the model TW-48 left the shops in May."),
    ("a customer number", r"\bK\d{7}\b", "I found you as K4402913 in our books.", "the chip K44 is what you need."),
    ("an account number", r"\b9[0-9]{3}-[0-9]{4}\b", "the account 9120-3341 is open again.", "the part has the number 9120-33410."),
)


def _language(maker: Maker, text: str) -> tuple[str, Phrases]:
    from tests.guard_corpus.make import _SCRIPTS

    tag = next((one for one, low, high in _SCRIPTS if any(low <= c <= high and c not in "।॥" for c in text)), spoken(text))
    return tag, maker.languages[tag]


def said_in_private(maker: Maker) -> None:
    """Words of private messages and notes, in this case and in others."""
    for place, (secret, text) in enumerate(SECRETS + DISCREET):
        stops = ("leak",) if place < len(SECRETS) else ()
        tag, language = _language(maker, text)
        person, other = maker.people(language)
        asked, _reply, _order = maker.plain(language)
        question = {"id": 5, "role": "customer", "author": list(person), "text": signed(maker, asked, person)}
        private = {**question, "id": 4, "visibility": "private", "text": secret}
        given: dict[str, Any] = {"language": tag, "person": person, "expected": stops, "greet": ""}
        for channel in _PUBLIC:
            of_english(maker, secret + text, text, channel=channel, messages=[private, question], **given)
        for owner, visibility in ((person, "private"), (other, "private"), (other, "note")):
            elsewhere = [{"customer": list(owner), "text": secret, "visibility": visibility}]
            of_english(maker, secret + text, text, channel=_PUBLIC[0], messages=[question], elsewhere=elsewhere, **given)
    for secret, text in SECRETS[:8]:  # they said it in public as well, or everybody could read it elsewhere, or the answer is private
        tag, language = _language(maker, text)
        person, other = maker.people(language)
        asked, _reply, _order = maker.plain(language)
        question = {"id": 5, "role": "customer", "author": list(person), "text": f"{signed(maker, asked, person)}\n{secret} {text}"}
        private = {**question, "id": 4, "visibility": "private", "text": secret}
        given = {"language": tag, "person": person, "greet": ""}
        of_english(maker, secret + text, text, channel=_PUBLIC[0], messages=[private, question], **given)
        of_english(maker, secret + text, text, channel=("email", "private"), messages=[{**private, "id": 3}, {**question, "id": 4}], **given)
        plain = {**question, "text": signed(maker, asked, person)}
        elsewhere = [{"customer": list(other), "text": secret, "visibility": "public"}]
        of_english(maker, secret + text, text, channel=_PUBLIC[1], messages=[plain], elsewhere=elsewhere, **given)


def said_to_everybody(maker: Maker) -> None:
    """Standing phrases that are in the private cases of several people, or in the canned reply that was used."""
    for text in STANDING:
        people = [{"customer": [name, f"{name.lower()}@elsewhere.example"], "text": f"Dear {name}, {text}"} for name in ("Ravi", "Petra")]
        of_english(maker, text, text, language=spoken(text), channel=_PUBLIC[0], elsewhere=people, greet="")
        of_english(maker, text, text, language=spoken(text), channel=_PUBLIC[1], elsewhere=people[:1], open_texts=[text], greet="")


def own_numbers(maker: Maker) -> None:
    """What the settings call personal."""
    for title, pattern, wrong, right in PATTERNS:
        of_english(maker, wrong, wrong, channel=_PUBLIC[0], patterns=[[title, pattern]], expected=("personal-data",))
        of_english(maker, wrong, wrong, channel=_PUBLIC[1], patterns=[[title, pattern]], expected=("personal-data",))
        of_english(maker, right, right, channel=_PUBLIC[0], patterns=[[title, pattern]])
        of_english(maker, wrong + "private", wrong, patterns=[[title, pattern]])


PARTS = (said_in_private, said_to_everybody, own_numbers)
