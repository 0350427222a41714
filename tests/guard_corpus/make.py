"""``python -m tests.guard_corpus.make``: write the replies in ``tests/data/guards`` anew; always the same ones.

Replies are put together from hand-written phrases: a greeting, an answer to what the customer asked, a closing, and
the phrase that decides what should be said of it. Each line of the files is one reply with its case; ``expected`` are the guards
that must stop it, ``hints`` what should be pointed out. A phrase that decides is in one of the two files only, by a
hash of it: nothing learnt from ``tuning.jsonl`` has seen what is in ``unopened.jsonl``.
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

from tests.guard_corpus import scenes
from tests.guard_corpus.phrases import Phrases, every

FOLDER = Path(__file__).parents[1] / "data" / "guards"
OWN = ["support@shop.example", "asha@shop.example"]
HOURS = {"timezone": "Asia/Kolkata", "open": ["mon-fri 09:00-18:00"], "holidays": ["2026-01-26"]}
OPEN, CLOSED = "2026-03-04T06:30:00Z", "2026-03-07T06:30:00Z"  # a Wednesday noon, a Saturday noon
_CHANNELS = (("email", "private"), ("chat", "private"), ("community", "public"), ("social", "public"), ("email", "private"))

Item = dict[str, Any]


class Maker:
    """Collects replies; ``add`` fills in what an item does not say."""

    def __init__(self) -> None:
        self.random = random.Random(20260304)
        self.languages = every()
        self.items: list[Item] = []
        self.seen: set[str] = set()

    def fill(self, text: str, person: tuple[str, str], other: tuple[str, str] = ("", "")) -> str:
        """Put names and facts into a phrase."""
        chosen = self.random
        order = f"{chosen.choice(('TW', 'SO', 'A', 'LK'))}-{chosen.randrange(10_000, 99_999)}"
        values = {
            "order": self.order if "~order~" in text and self.order else order,
            "sum": f"{chosen.randrange(9, 400)}.{chosen.choice(('00', '50', '90'))} €",
            "version": f"{chosen.randrange(1, 9)}.{chosen.randrange(0, 20)}.{chosen.randrange(0, 9)}",
            "agent": "Asha", "name": first(person[0]), "last": last(person[0]), "whole": person[0],
            "other": first(other[0]), "otherlast": last(other[0]), "whole_other": other[0],
        }  # fmt: skip
        for key, value in values.items():
            text = text.replace(f"~{key}~", value)
        return text

    order = ""

    def people(self, language: Phrases) -> tuple[tuple[str, str], tuple[str, str]]:
        """A customer, and somebody who is not."""
        one, other = self.random.sample(language.people, 2)
        return one, other

    def letter(self, language: Phrases, person: tuple[str, str], body: str, channel: str, *, greet: str | None = None) -> str:
        """A reply with greeting and closing where the channel has them."""
        chosen = self.random
        if greet is None:
            named = chosen.random() < (0.8 if channel == "email" else 0.45)
            greet = chosen.choice(language.get("greet") if named else language.get("greet nobody"))
            if channel == "chat" and chosen.random() < 0.5:
                greet = ""
        close = chosen.choice(language.get("close")) if channel == "email" or chosen.random() < 0.2 else ""
        space = "\n\n" if channel == "email" else " "
        parts = [greet + space if greet else "", body, "\n\n" + close if close else ""]
        return self.fill("".join(parts), person)

    def add(self, phrase: str, *, language: str, text: str, person: tuple[str, str], asked: str, **given: Any) -> None:
        """One reply.

        Args:
            phrase: what decides it; its hash says which file it goes to.
            asked: the customer's message.
        """
        channel, visibility = given.pop("channel", ("email", "private"))
        number = f"c{len(self.items) + 1:04d}"
        item: Item = {
            "id": number, "language": language, "channel": channel, "visibility": visibility, "kind": "reply", "text": text,
            "customer": list(person), "to": [list(person)] if channel == "email" else [],
            "messages": [{"id": 5, "role": "customer", "author": list(person), "text": asked}],
            "seen": 5, "own": OWN, "expected": [], "hints": [],
        }  # fmt: skip
        if channel == "email":
            item |= {"subject": "Re: Your order", "case_subject": "Your order"}
        item |= given
        key = json.dumps({k: v for k, v in item.items() if k != "id"}, ensure_ascii=False, sort_keys=True)
        if key not in self.seen:
            self.seen.add(key)
            item["half"] = "tuning" if hashlib.sha256(phrase.encode()).digest()[0] % 2 == 0 else "unopened"
            self.items.append(item)

    def plain(self, language: Phrases) -> tuple[str, str, str]:
        """A question, an answer to it that promises nothing and has no file, and its order number is kept."""
        question = self.random.choice([q for q in language.questions if any(not marks for marks, _ in q.replies)])
        self.order = f"{self.random.choice(('TW', 'SO', 'A'))}-{self.random.randrange(10_000, 99_999)}"
        return question.text, self.random.choice([text for marks, text in question.replies if not marks]), self.order


def first(name: str) -> str:
    """How somebody is greeted by their first name."""
    part = name.split(" ")[0] if name else ""
    return f"Mr {last(name)}" if part.endswith(".") else part


def last(name: str) -> str:
    """The last name."""
    return name.split(" ")[-1] if name else ""


def signed(maker: Maker, asked: str, person: tuple[str, str]) -> str:
    """What the customer wrote, with their name below it now and then."""
    return maker.fill(asked, person) + (f"\n\n{first(person[0])}" if maker.random.random() < 0.4 else "")


def letters(maker: Maker) -> None:
    """Answers in every language and channel, right as they are."""
    for tag, language in maker.languages.items():
        for question in language.questions:
            for marks, reply in question.replies:
                for channel in maker.random.sample(_CHANNELS, 3):
                    person, _ = maker.people(language)
                    maker.order = f"TW-{maker.random.randrange(10_000, 99_999)}"
                    files = ["document.pdf"] if "a" in marks else []
                    if files and channel[1] == "public":
                        continue
                    maker.add(
                        reply, language=tag, person=person, asked=signed(maker, question.text, person), channel=channel,
                        text=maker.letter(language, person, reply, channel[0]), attachments=files,
                        hints=["promise"] if "p" in marks else [],
                    )  # fmt: skip


def by_language(maker: Maker) -> None:
    """What each language says in its own way: attachments, promises, questions, names, another language."""
    for tag, language in maker.languages.items():
        sections = (("attach", ["attachment"], []), ("attach theirs", [], []), ("promise", [], ["promise"]),
                    ("no promise", [], []))  # fmt: skip
        for section, expected, hints in sections:
            for phrase in language.get(section):
                for twice in range(2 if section in ("attach", "promise") else 1):
                    person, _ = maker.people(language)
                    asked, reply, _order = maker.plain(language)
                    body = f"{reply} {phrase}" if twice else f"{phrase} {reply[0].upper()}{reply[1:]}"
                    channel = maker.random.choice((("email", "private"), ("email", "private"), ("chat", "private")))
                    text = maker.letter(language, person, body, channel[0])
                    common = {"language": tag, "person": person, "asked": signed(maker, asked, person), "channel": channel}
                    maker.add(phrase, text=text, expected=expected, hints=hints, **common)
                    if section == "attach" and twice:
                        maker.add(phrase, text=text, attachments=["document.pdf"], **common)
        for phrase in language.get("ask"):
            for _ in range(2):
                person, _ = maker.people(language)
                asked, reply, _order = maker.plain(language)
                text = maker.letter(language, person, reply, "email")
                maker.add(phrase, language=tag, person=person, asked=signed(maker, f"{asked} {phrase}", person), text=text,
                          hints=["question"])  # fmt: skip
        for pair in language.get("answered"):
            extra, _, answer = pair.partition(" => ")
            person, _ = maker.people(language)
            asked, reply, _order = maker.plain(language)
            text = maker.letter(language, person, f"{reply} {answer}", "email")
            maker.add(pair, language=tag, person=person, asked=signed(maker, f"{asked} {extra}", person), text=text)
        for phrase in language.get("greet"):
            for channel in (("email", "private"), ("chat", "private"), ("email", "private")):
                person, other = maker.people(language)
                asked, reply, _order = maker.plain(language)
                greeting = maker.fill(phrase, other)
                text = maker.letter(language, person, reply, channel[0], greet=greeting)
                maker.add(phrase + channel[0], language=tag, person=person, asked=signed(maker, asked, person), text=text,
                          channel=channel, expected=["wrong-name"])  # fmt: skip
        for phrase in language.get("wrong language"):
            for channel in (("email", "private"), ("chat", "private")):
                person, _ = maker.people(language)
                asked, _reply, _order = maker.plain(language)
                maker.add(phrase + tag, language=tag, person=person, asked=signed(maker, asked, person), text=phrase,
                          channel=channel, expected=["language"])  # fmt: skip


def of_english(maker: Maker, phrase: str, body: str, *, expected: tuple[str, ...] = (), greet: str | None = None, **given: Any) -> None:
    """One reply whose frame is English unless its words are in another script."""
    languages = maker.languages
    tag = next((one for one, low, high in _SCRIPTS if any(low <= c <= high and c not in "।॥" for c in body)), given.pop("language", "en"))
    person, _ = maker.people(languages[tag])
    asked, _reply, _order = maker.plain(languages[tag])
    channel = given.get("channel", ("email", "private"))
    asked = given.pop("asked", signed(maker, asked, person))
    person = given.pop("person", person)
    text = maker.letter(languages[tag], person, body, channel[0], greet=greet)
    maker.add(phrase, language=tag, person=person, asked=asked, text=text, expected=list(expected), **given)


_SCRIPTS = (
    ("bn", "\u0980", "\u09ff"), ("hi", "\u0900", "\u097f"), ("pa", "\u0a00", "\u0a7f"), ("kn", "\u0c80", "\u0cff"),
    ("ru", "\u0400", "\u04ff"), ("zh", "\u4e00", "\u9fff"),
)  # fmt: skip
_SPOKEN = (
    (("Ihr", "Ihre", "Guten Tag", "Sehr geehrter", "Der Kunde", "wir ", "die Rück"), "de"), (("su ", "Hola", "pedido", "el pedido"), "es"),
    (("votre", "Bonjour", "nous ", "j'ai"), "fr"), (("po ", "ipinadala", "tawagan"), "tl"), (("aapka",), "hi-latn"),
)  # fmt: skip


def spoken(text: str) -> str:
    """The language of a scene's phrase in Latin script."""
    return next((tag for starts, tag in _SPOKEN if any(one in text for one in starts)), "en")


def gaps_and_placeholders(maker: Maker) -> None:
    """What is left to fill in, and brackets and braces that are not."""
    for text, subject, questions in scenes.GAPS:
        given = {"subject": subject} if subject else {}
        of_english(maker, text + subject, text, expected=("gap",), language=spoken(text), questions=list(questions), **given,
                   hints=["subject"] if subject == "[[subject]]" else [])  # fmt: skip
        if not subject and not questions:
            of_english(maker, text, text, expected=("gap",), language=spoken(text), channel=("chat", "private"))
    for text in scenes.PLACEHOLDERS:
        of_english(maker, text, text, expected=("template",), language=spoken(text), greet="")
    for text in scenes.NO_GAPS + scenes.NO_PLACEHOLDERS:
        of_english(maker, text, text, greet="" if text[0] in ">`" else None)
        if "@" not in text:  # an address in public would rightly stop
            of_english(maker, text, text, greet="", channel=("community", "public"))


def data(maker: Maker) -> None:
    """Personal data, notes, another case's data."""
    for text in scenes.PERSONAL:
        of_english(maker, text, text, expected=("personal-data",), language=spoken(text), channel=("community", "public"))
        asked, _reply, _order = maker.plain(maker.languages["en"])
        of_english(maker, text, text, language=spoken(text), asked=f"{maker.fill(asked, ('', ''))} {text}")  # in private, and theirs
    for text in scenes.NOT_PERSONAL:
        of_english(maker, text, text, channel=maker.random.choice((("community", "public"), ("social", "public"))))
    for note, text in scenes.LEAKS + scenes.NO_LEAKS:
        expected = ("leak",) if (note, text) in scenes.LEAKS else ()
        tag = next((one for one, low, high in _SCRIPTS if any(low <= c <= high and c not in "।॥" for c in text)), spoken(text))
        person, _ = maker.people(maker.languages[tag])
        asked, _reply, _order = maker.plain(maker.languages[tag])
        messages = [
            {"id": 4, "role": "agent", "author": ["Priya Nair", "priya@shop.example"], "visibility": "note", "text": note},
            {"id": 5, "role": "customer", "author": list(person), "text": signed(maker, asked, person)},
        ]
        for channel in (("email", "private"), ("chat", "private")):
            of_english(maker, note, text, expected=expected, language=tag, messages=messages, channel=channel, person=person)
    for name, there, text in scenes.FOREIGN:
        elsewhere = [{"customer": [name, f"{name.split()[0].lower()}@elsewhere.example"], "text": there}]
        of_english(maker, there, text, expected=("leak",), language=spoken(text), elsewhere=elsewhere)
    for asked, text in scenes.OWN_DATA:
        elsewhere = [{"customer": ["Ravi", "ravi@elsewhere.example"], "text": asked}]
        of_english(maker, asked, text, language=spoken(text), asked=asked)
        of_english(maker, asked + "too", text, language=spoken(text), asked=asked, elsewhere=elsewhere)


def names(maker: Maker) -> None:
    """Names in the body, other names than the mailbox's, two customers in a case."""
    for tag, phrase in scenes.BODY_NAMES + scenes.OTHER_NAMES:
        language = maker.languages[tag]
        for wrong in (True, False):
            if not wrong and (tag, phrase) not in scenes.BODY_NAMES:
                continue
            person, other = maker.people(language)
            asked, reply, _order = maker.plain(language)
            named = maker.fill(phrase, person, other if wrong else person)
            ends = maker.random.random() < 0.5
            body = f"{reply} {named}" if ends else f"{named} {reply[0].upper()}{reply[1:]}"
            text = maker.letter(language, person, body, "email", greet=maker.random.choice(language.get("greet nobody")))
            stops = ["wrong-name"] if wrong and (tag, phrase) in scenes.BODY_NAMES else []
            maker.add(phrase, language=tag, person=person, asked=maker.fill(asked, person), text=text, expected=stops)
    for name, address, sign, greeting in scenes.SIGNED:
        tag = "de" if "Guten" in greeting or "Hallo" in greeting else "fr" if "Bonjour" in greeting else "pt" if "Prez" in greeting else "en"
        for _ in range(2):
            asked, reply, _order = maker.plain(maker.languages[tag])
            asked = f"{maker.fill(asked, (name, address))}\n\n{sign}"
            text = maker.letter(maker.languages[tag], (name, address), reply, "email", greet=greeting)
            maker.add(greeting + name, language=tag, person=(name, address), asked=asked, text=text)
    for tag, language in maker.languages.items():
        person, other = maker.people(language)
        asked, reply, _order = maker.plain(language)
        both = [
            {"id": 4, "role": "customer", "author": list(other), "text": maker.fill(asked, other)},
            {"id": 5, "role": "customer", "author": list(person), "text": signed(maker, asked, person)},
        ]
        for greeted in (person, other):
            greeting = maker.fill(maker.random.choice(language.get("greet")), greeted)
            text = maker.letter(language, person, reply, "email", greet=greeting)
            maker.add(f"two in {tag}", language=tag, person=person, asked="", text=text, messages=both, to=[list(person), list(other)])


def _address(code: str, customer: str) -> list[list[str]]:
    local, _, domain = customer.partition("@")
    name, _, ending = domain.partition(".")
    many = [["", f"reader{n}@{domain}"] for n in range(14)]
    grown = [["", f"unasked{n}@thirdparty.example"] for n in range(3)]
    known: dict[str, list[list[str]]] = {
        "c": [["", customer]], "c-upper": [["", customer.upper()]], "c-slip": [["", f"{local}@{name[:-1]}.{ending}"]],
        "c-ending": [["", f"{local}@{name}.com"]], "c-swap": [["", f"{local}@{name[1]}{name[0]}{name[2:]}.{ending}"]],
        "c-hyphen": [["", f"{local}@{name[:3]}-{name[3:]}.{ending}"]], "c@": [["", f"{local}@"]], "many": many, "grown": grown,
        "member": [["Lee Fox", f"lee.fox@{domain}"]], "both members": [["Lee Fox", f"lee.fox@{domain}"], ["Kim", f"kim@{domain}"]],
        "reply-to": [["", f"answers@{domain}"]],
    }  # fmt: skip
    return known.get(code) or [["", code.replace("@d", f"@{domain}")]]


def recipients(maker: Maker) -> None:
    """Who a mail goes to."""
    for place, (to, cc, bcc) in enumerate(scenes.RECIPIENTS + scenes.RECIPIENTS_RIGHT):
        wrong = place < len(scenes.RECIPIENTS)
        for tag in ("en", maker.random.choice(("de", "es", "hi", "bn", "tl", "pa", "kn"))):
            language = maker.languages[tag]
            person, _ = maker.people(language)
            asked, reply, _order = maker.plain(language)
            domain = person[1].partition("@")[2]
            messages = [{
                "id": 5, "role": "customer", "author": list(person), "text": signed(maker, asked, person),
                "to": [["", OWN[0]]], "cc": [["Lee Fox", f"lee.fox@{domain}"], ["Kim", f"kim@{domain}"]],
                "reply_to": [["", f"answers@{domain}"]] if to == ("reply-to",) else [],
            }]  # fmt: skip
            lists = [[one for code in codes for one in _address(code, person[1])] for codes in (to, cc, bcc)]
            text = maker.letter(language, person, reply, "email")
            maker.add(f"{to}{cc}{bcc}", language=tag, person=person, asked="", text=text, messages=messages, to=lists[0], cc=lists[1],
                      bcc=lists[2], expected=["recipients"] if wrong else [])  # fmt: skip


def main() -> None:
    """Write both files."""
    from tests.guard_corpus import more, public

    maker = Maker()
    for part in (letters, by_language, gaps_and_placeholders, data, names, recipients, *more.PARTS, *public.PARTS, *more.LAST):
        part(maker)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for half in ("tuning", "unopened"):
        items = [{k: v for k, v in item.items() if k != "half" and v not in ([], "")} for item in maker.items if item["half"] == half]
        lines = (json.dumps({"expected": [], **item}, ensure_ascii=False) + "\n" for item in items)
        (FOLDER / f"{half}.jsonl").write_text("".join(lines), "utf-8")
        bad = sum(1 for item in items if item.get("expected"))
        print(f"{half}: {len(items) - bad} that should go, {bad} that should stop")


if __name__ == "__main__":
    main()
