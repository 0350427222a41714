"""Scenes of time and place: said before, moved on, nothing written, closed, another language, rules, files, subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.guard_corpus.make import Maker

CLOSED = ("2026-03-07T06:30:00Z", "2026-03-04T15:40:00Z", "2026-03-04T20:00:00Z", "2026-01-26T07:00:00Z", "2026-03-08T03:00:00Z",
          "2026-03-05T01:15:00Z", "2026-03-06T18:31:00Z", "2026-03-09T02:59:00Z")  # fmt: skip
OPEN = ("2026-03-04T06:30:00Z", "2026-03-04T03:30:00Z", "2026-03-04T12:29:00Z", "2026-03-06T12:45:00Z", "2026-01-27T07:00:00Z")
EMPTY = ("", "   \n\n  ", "> where is my parcel?\n> It is late.", "-- \nAsha, Example Support", "Asha, Example Support",
         "\n\n\n", "> quoted\n\n-- \nAsha, Example Support", "\u200b\u200b", "Hello,\n\n\n\nBest wishes,\nAsha", "> one\n>\n> two\n\n\n",
         "Dear customer,\n\nKind regards\nAsha", "-----Original Message-----\nFrom: Ana\n\nwhere is it?",
         "On Monday Ana wrote:\n> where is it?")  # fmt: skip
NOT_EMPTY = ("Yes.", "👍", "42", "No, sorry.\n\n> Is it there?", "Done.\n\n-- \nAsha, Example Support", "ok", "হ্যাঁ।", "हाँ।", "ਹਾਂ।", "ಹೌದು.", "Opo.")
SHORT = ("Thank you, that is done.", "You are welcome!", "I am looking into it.", "Danke, erledigt.", "Gracias, hecho.")
# (customer, reply) in languages that go together
TOGETHER = (
    ("4711?", "Your order 4711 left us today and should reach you tomorrow before noon."),
    ("https://shop.example/item/88", "Danke für den Link, der Artikel ist wieder da und kann bestellt werden."),
    ("Hi, I write in English as my German is poor. Wo ist mein Paket?", "Hello, your parcel reached our depot today and comes tomorrow."),
    ("নমস্কার, please answer in English, my office reads it. পার্সেল কোথায়? The order is TW-1, thank you.",
     "Your parcel is at the depot and reaches you tomorrow morning."),
    ("Mera laptop start nahi ho raha, screen black hai, please help me with this problem", "Laptop ko 30 second tak power button daba kar band kijiye."),
    ("My phone ka screen toot gaya, warranty mein repair hoga kya? I bought it last month only.", "Yes, the screen is covered in the first year; please bring the phone to any of our shops."),
    ("Hola, ¿me pueden ayudar con el error?", "El mensaje `Permission denied: cannot open the file` quiere decir que falta el permiso de lectura."),
    ("Das Programm meldet einen Fehler.", 'Die Meldung "The file could not be opened because it is in use" kommt, wenn es zweimal läuft.'),
    ("आपका API काम नहीं कर रहा", "Settings > API keys में जाकर नया key बनाइए और Authorization: Bearer header में डालिए।"),
    ("ನಮಸ್ಕಾರ, app crash ಆಗುತ್ತಿದೆ", "App ಅನ್ನು update ಮಾಡಿ, version 4.2 ನಲ್ಲಿ ಇದು ಸರಿಯಾಗಿದೆ."),
    ("Thanks!", "Gern geschehen!"), ("ok", "Parfait, bonne journée."), ("👍", "নমস্কার, ধন্যবাদ।"), ("OK danke", "Gern!"),
    ("Kumusta po, nasaan na ang order ko?", "Nasa courier na po, out for delivery ngayong araw. Pakihintay po ang text."),
    ("Apnar app kaj korche na", "App ta update korun, 4.2 version e thik hoye gache."),
    ("ਸਤ ਸ੍ਰੀ ਅਕਾਲ, invoice ਚਾਹੀਦਾ ਹੈ", "ਤੁਸੀਂ invoice ਨੂੰ Account > Orders ਤੋਂ download ਕਰ ਸਕਦੇ ਹੋ।"),
    ("Le paquet est arrivé cassé.", "Bonjour, nous envoyons un nouveau paquet ce soir. Aucun retour n'est nécessaire."),
    ("El paquete llegó roto, please help.", "Hola, le enviamos otro hoy mismo."),
    ("Guten Tag, my order is late, sorry for mixing languages, it has been two weeks now.", "Hello, your order left the warehouse on Monday."),
)
# (title, rule, from, until, reply, hint)
CLAUSES = (
    ("Late parcels", "A parcel is late three working days after the last day we named.", "2026-01-01", "",
     "a parcel counts as late five working days after the day we named.", True),
    ("Returns", "Goods can be sent back within 14 days.", "2025-01-01", "", "you can send the shoes back within 30 days.", True),
    ("Refunds", "Refunds are paid within 5 days to the card used.", "2025-01-01", "", "the refund is paid within 10 days to your card.", True),
    ("Summer sale", "In the summer sale shipping is free.", "2025-06-01", "2025-08-31", "shipping is free in our summer sale.", True),
    ("New tariff", "From May the call costs 9 cents.", "2026-05-01", "", "a call costs 9 cents.", True),
    ("Warranty", "The warranty lasts 24 months.", "2024-01-01", "", "the warranty lasts 36 months.", True),
    ("Old returns", "Goods can be sent back within 60 days.", "2020-01-01", "2024-12-31", "you can send it back within 60 days.", True),
    ("Deposit", "A deposit of 50 € is due.", "2025-01-01", "", "a deposit of 80 € is due when you pick it up.", True),
    ("Rücknahme", "Ware kann innerhalb von 14 Tagen zurückgegeben werden.", "2025-01-01", "", "Sie können die Ware innerhalb von 30 Tagen zurückgeben.", True),
    ("Rebate", "The rebate is 10 percent for schools.", "2025-01-01", "", "the rebate for schools is 15 percent.", True),
    ("Late parcels", "A parcel is late three working days after the last day we named.", "2026-01-01", "",
     "yours is late: three working days have gone by since the day we named.", False),
    ("Returns", "Goods can be sent back within 14 days.", "2025-01-01", "", "you have 14 days to send the shoes back; the refund takes 3 days more.", False),
    ("Warranty", "The warranty lasts 24 months.", "2024-01-01", "", "the kettle is 5 weeks old, so it is well inside the 24 months.", False),
    ("Refunds", "Refunds are paid within 5 days.", "2025-01-01", "2026-12-31", "the money is with you within 5 days.", False),
    ("Deposit", "A deposit of 50 € is due.", "2025-01-01", "", "the deposit is 50 €, the whole price 320 €.", False),
    ("Sharing", "One licence covers one person on up to 3 machines.", "2025-01-01", "", "you may use it on 3 machines; the 4 machines in your shop need two.", False),
)  # fmt: skip
SUBJECTS = (
    ("", "Parcel TW-1 late", True), ("Hello", "Parcel TW-1 late", True), ("Re:", "Broken kettle", True), ("Your mail", "[#88213] Login fails", True),
    ("Re: Login fails", "[#88213] Login fails", True), ("Antwort", "Rechnung fehlt", True), ("Re: hi", "Refund for the jacket", True),
    ("Re: Parcel TW-1 late", "Parcel TW-1 late", False), ("AW: Rechnung fehlt", "Rechnung fehlt", False), ("Re: Re: Refund", "Refund", False),
    ("Broken kettle (new label)", "Broken kettle", False), ("Re: [#88213] Login fails", "[#88213] Login fails", False), ("Re: ", "", False),
    ("SV: Faktura", "Re: Faktura", False),
)  # fmt: skip
FILES = (["label.pdf"], ["invoice-88.pdf"], ["IMG_2041.jpg", "IMG_2042.jpg"], ["contract.docx"], ["log.txt"], ["terms.pdf", "form.pdf"])
NAMED_FILES = (
    ("The label.pdf is all you need to print.", ["label.pdf"]), ("Both photos show the screw I mean.", ["IMG_2041.jpg", "IMG_2042.jpg"]),
    ("Please sign the contract and send it back.", ["contract.docx"]), ("The PDF has the details.", ["terms.pdf"]),
    ("Here is the invoice.", ["invoice-88.pdf"]), ("You find everything in the document.", ["guide.docx"]),
)  # fmt: skip


def said_before(maker: Maker) -> None:
    """Texts that this person already got, and texts that only look like it."""
    for tag in ("en", "en", "en", "de", "es", "fr", "bn", "hi", "pa", "kn", "tl", "hi-latn", "pt", "ru"):
        language = maker.languages[tag]
        for way in range(4):
            person, other = maker.people(language)
            asked, reply, order = maker.plain(language)
            _, more, _ = maker.plain(language)
            maker.order = order
            body = maker.fill(f"{reply} {more}", person)
            text = maker.letter(language, person, body, "email")
            again = maker.letter(language, person, body, "email")
            common = {"language": tag, "person": person, "asked": maker.fill(asked, person), "text": text}
            key = f"repeat {tag} {way} {reply}"
            if way == 0:
                maker.add(key, **common, canned=["late-parcel"], sent_canned=["welcome", "late-parcel"], expected=["repeat"])
                maker.add(key + "right", **common, canned=["late-parcel"], sent_canned=["welcome"])
            elif way == 1:
                maker.add(key, **common, earlier=["Something else entirely.", again], expected=["repeat"])
                maker.add(key + "right", **common, earlier=["Something else entirely.", maker.letter(language, other, more[::-1], "email")])
            elif way == 2:
                ours = {"id": 3, "role": "agent", "author": ["Asha Rao", "asha@shop.example"], "text": again}
                theirs = {"id": 5, "role": "customer", "author": list(person), "text": maker.fill(asked, person)}
                maker.add(key, **common, messages=[ours, theirs], expected=["repeat"])
            else:
                maker.add(key, **common | {"text": f"{text}\n\nPS: {maker.fill(reply, person)[:20]}"}, earlier=[again], expected=["repeat"])
    for text in SHORT:
        language = maker.languages["de" if "Danke" in text else "es" if "Gracias" in text else "en"]
        person, _ = maker.people(language)
        maker.add(text, language=language.language, person=person, asked=maker.fill(maker.plain(language)[0], person), text=text, earlier=[text])


def moved_on(maker: Maker) -> None:
    """What came while the reply was being written."""
    for tag, language in maker.languages.items():
        for way in range(6):
            person, _ = maker.people(language)
            asked, reply, _order = maker.plain(language)
            newer, answer, _ = maker.plain(language)
            text = maker.letter(language, person, reply, "email")
            first = {"id": 5, "role": "customer", "author": list(person), "text": maker.fill(asked, person)}
            late = {"id": 9, "role": "customer", "author": list(person), "text": maker.fill(newer, person)}
            ours = {"id": 8, "role": "agent", "author": ["Priya Nair", "priya@shop.example"], "text": maker.fill(answer, person)}
            common = {"language": tag, "person": person, "asked": "", "text": text}
            key = f"changed {tag} {way}"
            if way == 0:
                maker.add(key, **common, messages=[first, late], expected=["changed"])
            elif way == 1:
                maker.add(key, **common, messages=[first, ours], expected=["changed"])
            elif way == 2:
                maker.add(key, **common, state_seen="open", state="closed", expected=["changed"], messages=[first])
            elif way == 3:
                maker.add(key, **common, messages=[first, late | {"automatic": True}])
            elif way == 4:
                maker.add(key, **common, messages=[first, ours | {"visibility": "note", "text": "looks like the font cache again"}])
            else:
                maker.add(key, **common, messages=[first, ours | {"ours": True}], state_seen="open", state="waiting")


def nothing_written(maker: Maker) -> None:
    """No words, or few."""
    person = ("Ana Pérez", "ana.perez@willow.example")
    for text in (*EMPTY, *NOT_EMPTY):
        for channel in (("email", "private"), ("chat", "private")):
            maker.add(text, language="en", person=person, asked="Is it there?", text=text, channel=channel,
                      signature="Asha, Example Support", expected=["empty"] if text in EMPTY else [])  # fmt: skip
    quoted = "\n\n---- Forwarded message ----\nFrom: Ana\n\n> where is it?"
    maker.add("forward", language="en", person=person, asked="Is it there?", text=quoted, kind="forward",
              to=[["", "workshop@partner.example"]], subject="Fwd: Your order")  # fmt: skip


def closed(maker: Maker) -> None:
    """When it is to leave."""
    from tests.guard_corpus.make import HOURS

    for now in (*CLOSED, *OPEN):
        for tag in ("en", "hi", "de"):
            language = maker.languages[tag]
            person, _ = maker.people(language)
            asked, reply, _order = maker.plain(language)
            channel = ("email", "private") if tag != "de" else ("community", "public")
            text = maker.letter(language, person, reply, channel[0])
            common = {"language": tag, "person": person, "asked": maker.fill(asked, person), "hours": HOURS, "now": now}
            maker.add(now, **common, text=text, channel=channel, expected=["hours"] if now in CLOSED else [])
        maker.add(now + "chat", **common, text=maker.letter(language, person, reply, "chat"), channel=("chat", "private"))


def in_which_language(maker: Maker) -> None:
    """Languages that go together although they are not one."""
    for asked, text in TOGETHER:
        for channel in (("email", "private"), ("chat", "private")):
            maker.add(asked, language="mixed", person=("", "someone@willow.example"), asked=asked, text=text, channel=channel)


def rules(maker: Maker) -> None:
    """Clauses a reply relies on."""
    for place, (title, rule, start, until, reply, wrong) in enumerate(CLAUSES):
        language = maker.languages["de" if "innerhalb" in rule else "en"]
        for _ in range(2):
            person, _ = maker.people(language)
            clause = {"id": f"policy#{place}", "title": title, "text": rule, "effective": start, "until": until}
            maker.add(rule + reply, language=language.language, person=person, asked=maker.fill(maker.plain(language)[0], person), clauses=[clause],
                      text=maker.letter(language, person, reply, "email"), hints=["clause"] if wrong else [],
                      now="2026-03-04T06:30:00Z")  # fmt: skip


def frames(maker: Maker) -> None:
    """Subjects and files."""
    english = maker.languages["en"]
    for subject, before, lost in SUBJECTS:
        person, _ = maker.people(english)
        asked, reply, _order = maker.plain(english)
        maker.add(subject + before, language="en", person=person, asked=maker.fill(asked, person), subject=subject, case_subject=before,
                  text=maker.letter(english, person, reply, "email"), hints=["subject"] if lost else [])  # fmt: skip
    for place, files in enumerate(FILES):
        for tag in ("en", ("de", "es", "fr", "hi", "bn", "tl")[place]):
            language = maker.languages[tag]
            person, _ = maker.people(language)
            asked, reply, _order = maker.plain(language)
            maker.add(f"{files}{tag}", language=tag, person=person, asked=maker.fill(asked, person), attachments=files,
                      text=maker.letter(language, person, reply, "email"), hints=["unmentioned"])  # fmt: skip
    for words, files in NAMED_FILES:
        person, _ = maker.people(english)
        asked, reply, _order = maker.plain(english)
        maker.add(words, language="en", person=person, asked=maker.fill(asked, person), attachments=files,
                  text=maker.letter(english, person, f"{reply} {words}", "email"))  # fmt: skip


def left_open(maker: Maker) -> None:
    """Two questions, of which only the second is answered."""
    for tag, language in maker.languages.items():
        for pair in language.get("answered"):
            extra, _, answer = pair.partition(" => ")
            for _ in range(3):
                person, _ = maker.people(language)
                asked, _reply, _order = maker.plain(language)
                maker.add(f"only {pair}", language=tag, person=person, asked=maker.fill(f"{asked} {extra}", person),
                          text=maker.letter(language, person, answer, "email"), hints=["question"])  # fmt: skip


LAST = (left_open,)
PARTS = (said_before, moved_on, nothing_written, closed, in_which_language, rules, frames)
