from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain import guards
from agent_tui.domain.clocks import Hours
from agent_tui.domain.guard_names import greeted
from agent_tui.domain.guard_people import looks_like, valid
from agent_tui.domain.guard_private import is_card, personal
from agent_tui.domain.guards import GuardContext, Rule, check
from agent_tui.domain.model import (
    Address,
    Author,
    CaseState,
    Channel,
    Direction,
    Message,
    MessageState,
    Role,
    Visibility,
)

ANA = Address("Ana Pérez", "ana@example.org")
OWN = ("support@shop.example", "asha@shop.example")


def message(number: int, text: str, *, author: Address = ANA, role: Role = Role.CUSTOMER, **changes) -> Message:
    direction = Direction.OUT if role is Role.AGENT else Direction.IN
    values = {
        "id": number, "case": 1, "source": "mail", "remote_id": "", "key": str(number), "marker": "", "direction": direction,
        "visibility": Visibility.PRIVATE, "author": Author(author.name, author.address, role),
        "to": (Address("", OWN[0]),), "cc": (), "reply_to": (), "subject": "Parcel", "channel": Channel.EMAIL,
        "received_at": 0, "sent_at": 0, "text": text, "fresh_text": text, "attachments": (), "state": MessageState.RECEIVED,
    }  # fmt: skip
    return Message(**(values | changes))


def context(text: str, **changes) -> GuardContext:
    values = {
        "text": text, "customer": ANA, "to": (ANA,), "own": OWN, "seen": 5,
        "messages": (message(5, "Hello,\nwhere is my parcel 4711?\nRegards\nAnita"),),
    }  # fmt: skip
    return GuardContext(**(values | changes))


def found(text: str, **changes) -> set[str]:
    return {one.guard for one in check(context(text, **changes))}


GOOD = "Hello Ana,\n\nyour parcel 4711 left us today and arrives on Friday.\n\nAsha"


def test_a_good_reply_passes():
    assert check(context(GOOD)) == ()


def test_gap_and_template_can_never_be_passed():
    for text, guard in (("Order [[order number]] left.", "gap"), ("Dear {{ customer.name }}", "template")):
        (one,) = check(context(text))
        assert (one.guard, one.stops, one.passable) == (guard, True, False)
        assert one.span is not None
        assert text[slice(*one.span)] in ("[[order number]]", "{{ customer.name }}")


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("Your order [[অর্ডার নম্বর]] left.", "gap"), ("[[x]]", "gap"), ("Bonjour [[prénom]]", "gap"),
        ("Dear {{customer.first_name}},", "template"), ("Dear {{ first }},", "template"), ("{% if x %}a", "template"),
        ("Hi {first_name},", "template"), ("Hi %customer_name%,", "template"), ("Hi [Customer Name],", "template"),
        ("Order [order number] left", "template"), ("Hi <first name>,", "template"), ("[insert date here]", "template"),
        ("Hi <<name>>", "template"), ("<%= name %>", "template"), ("run `x {{ customer.name }}`", "template"),
        ('{{ ask("day") }}', "template"), ("Dear {{ customer.name", "template"),
    ],
)  # fmt: skip
def test_what_is_left_to_fill_in_stops(text, guard):
    assert guard in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Use `{{ .Values.image }}` in the chart.", "```\n{{ item }}\n[[x]]\n```\nworks", "if [[ -f /etc/hosts ]]; then echo; fi",
        "GET /users/{name}/orders", "see [order number](https://x.example/o)", "%USERNAME% is set by Windows",
        "> you wrote [[order number]] and {{ name }}", "std::cout << name >> x", "a[0][1]", "array[name]", '{ "a": 1 }',
        "Anna <anna@x.example> wrote", "f'{name}'", "Use `[[page]]` for a link.", "smbpasswd [options] [username]",
    ],
)  # fmt: skip
def test_code_and_quotes_are_no_placeholders(text):
    assert not found(text) & {"gap", "template"}


def test_a_gap_of_the_canned_reply_counts_in_code_too():
    text = "run `login --user [[user name]]`"
    assert "gap" not in found(text)
    assert "gap" in found(text, questions=("User name",))


def test_a_gap_in_the_subject_counts():
    assert "gap" in found(GOOD, subject="Order [[number]]")
    assert "template" in found(GOOD, subject="Order {{ case.subject }}")


@pytest.mark.parametrize("text", ["", "  \n ", "> quoted only\n> more", "-- \nAsha"])
def test_nothing_written_is_empty(text):
    assert "empty" in found(text, signature="Asha")


def test_a_forward_may_be_without_own_words():
    assert "empty" not in found("> quoted", kind="forward", to=(Address("", "boss@else.example"),))


# --- recipients


def test_a_reply_needs_a_recipient_only_where_one_can_be_chosen():
    (one,) = check(context(GOOD, to=()))
    assert (one.guard, one.passable) == ("recipients", False)
    assert found(GOOD, to=(), channel=Channel.COMMUNITY, visibility=Visibility.PUBLIC) == set()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("stranger@else.example", "not in this case"), ("no-reply@example.org", "nobody reads"),
        ("do_not_reply@example.org", "nobody reads"), ("ana@examp1e.org", "looks like example.org"),
        ("ana@exarnple.org", "looks like example.org"), ("ana@exmaple.org", "looks like example.org"),
        ("ana@example.co", "looks like example.org"), ("ana@gmial.com", "looks like gmail.com"), ("ana", "is not an e-mail"),
        ("a b@x.example", "is not an e-mail"), ("ana@example", "is not an e-mail"),
        ("ana@x.example\nBcc: y@z.example", "is not an e-mail"), ("ana@exаmple.org", "looks like example.org"),
    ],
)  # fmt: skip
def test_somebody_who_should_not_get_it_is_pointed_out(address, words):
    findings = check(context(GOOD, cc=(Address("", address),)))
    assert [one.guard for one in findings] == ["recipients"]
    assert words in findings[0].reason


def test_people_of_the_case_and_we_ourselves_may_read_it():
    carla = Address("Carla", "carla@partner.example")
    messages = (message(5, "hello", cc=(carla,), reply_to=(Address("", "office@example.org"),)),)
    assert found(GOOD, cc=(carla, Address("", OWN[1])), messages=messages) == set()
    assert found("Hello,\nyes.", to=(Address("", "OFFICE@example.org"),), messages=messages) == set()


def test_a_reply_that_misses_the_customer_or_goes_to_a_crowd_is_asked_about():
    carla = Address("Carla", "carla@partner.example")
    messages = (message(5, "hello", cc=(carla,)),)
    assert "recipients" in found("Hello,\nyes.", to=(carla,), messages=messages)
    assert "recipients" in found("Hello,\nyes.", to=(Address("", OWN[0]),), messages=messages)
    crowd = tuple(Address("", f"p{i}@example.org") for i in range(12))
    assert "it goes to 13 people" in {one.reason for one in check(context(GOOD, cc=crowd, kind="forward"))}


def test_a_domain_made_to_look_like_another_of_the_case_is_found_although_it_is_in_it():
    fake = Address("Ana Pérez", "ana@examp1e.org")
    messages = (message(4, "hi", to=(ANA,)), message(5, "new bank account", author=fake))
    assert "recipients" in found(GOOD, to=(fake,), messages=messages, customer=fake)


def test_domains_and_addresses():
    assert looks_like("mail.example.org", ["example.org"]) == ""
    assert looks_like("ymail.com", ["gmail.com"]) == ""
    assert looks_like("acme.de", ["acme.com"], known=True) == ""
    assert looks_like("other.com", ["example.org"]) == ""
    assert valid("müller@bücher.example")
    assert not valid("a..b@x.example")


# --- names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi Bob,", "Bob"), ("Hello Mr. Smith,", "Smith"), ("Dear Dr. Maria Lopez:", "Maria Lopez"), ("Hello, Bob!", "Bob"),
        ("Sehr geehrte Frau Müller,", "Müller"), ("Bonjour Zoé,", "Zoé"), ("Estimada Lucía:", "Lucía"), ("Hola Luis", "Luis"),
        ("প্রিয় রহিম,", "রহিম"), ("নমস্কার রহিম বাবু,", "রহিম বাবু"), ("नमस्ते राहुल जी,", "राहुल"), ("ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਗੁਰਪ੍ਰੀਤ ਜੀ,", "ਗੁਰਪ੍ਰੀਤ"),
        ("ನಮಸ್ಕಾರ ರವಿ,", "ರವಿ"), ("Kumusta Jose,", "Jose"), ("Magandang araw po Maria,", "Maria"), ("Здравствуйте, Иван!", "Иван"),
        ("Good morning Ana Maria - thanks", "Ana Maria"), ("مرحبا أحمد،", "أحمد"),
    ],
)  # fmt: skip
def test_greetings_are_read_in_many_languages(text, name):
    assert greeted(f"\n{text}\n\nmore text")[0] == name


@pytest.mark.parametrize(
    "text",
    ["Hi,", "Hello there,", "Hi again,", "Dear customer,", "Dear Sir or Madam,", "Hi thanks for writing", "Hello! Your order left",
     "Hi all,", "Dear valued customer,", "Thanks, Bob", "নমস্কার,", "হ্যালো, আপনার অর্ডার পাঠানো হয়েছে আজ সকালে", "नमस्ते आपका ऑर्डर आज भेज दिया गया है",
     "Hidden fees", "Your order left", "", "ನಮಸ್ಕಾರ,", "Sehr geehrte Damen und Herren,", "Hola, ¿cómo está?", "High time"],
)  # fmt: skip
def test_greetings_without_a_name_name_nobody(text):
    assert greeted(text) is None


def test_greeting_somebody_else_stops():
    (one,) = check(context("Hi Bob,\n\nyour parcel left."))
    assert (one.guard, one.passable, one.span) == ("wrong-name", True, (3, 6))
    rahim = Address("রহিম উদ্দিন", "rahim@example.org")
    wrote = (message(5, "আমার পার্সেল কোথায় আছে জানাবেন", author=rahim),)
    assert "wrong-name" in found("প্রিয় করিম,\nআপনার পার্সেল আজ রওনা হয়েছে।", customer=rahim, to=(rahim,), messages=wrote)


@pytest.mark.parametrize("text", ["Hi Ana,", "Dear Mrs Pérez,", "Hola Perez,", "Hi Anita,", "Hi ana", "Dear ANA PÉREZ,", "नमस्ते एना,"])
def test_greeting_the_customer_as_they_are_called_passes(text):
    assert "wrong-name" not in found(f"{text}\nyour parcel left.")


def test_a_customer_known_by_address_alone_is_compared_with_it():
    someone = Address("", "j.smith77@example.org")
    messages = (message(5, "where is it?", author=someone),)
    assert "wrong-name" not in found("Hi Smith,\nit left.", customer=someone, to=(someone,), messages=messages)
    assert "wrong-name" in found("Hi Bob,\nit left.", customer=someone, to=(someone,), messages=messages)


def test_the_name_the_customer_greeted_us_by_is_not_the_customers():
    messages = (message(5, "Hi Maria,\nwhere is it?\nAna"),)
    assert "wrong-name" in found("Hi Maria,\nit left.", messages=messages)


# --- what was said before


NOTE = message(6, "Customer threatened a chargeback last year, do not offer more than ten percent.", author=Address("Bob", "bob@shop.example"),
               role=Role.AGENT, visibility=Visibility.NOTE)  # fmt: skip


def test_words_of_a_note_stop_in_private_and_public():
    text = "Hello Ana, we do not offer more than ten percent. Sorry: do not offer more than ten percent."
    context_ = {"messages": (message(5, "hi"), NOTE)}
    for visibility in (Visibility.PRIVATE, Visibility.PUBLIC):
        assert "leak" in found(text.replace("Sorry", "last year, do not offer"), visibility=visibility, **context_)
    assert "leak" not in found("Hello Ana, we can offer ten percent.", **context_)
    assert "leak" not in found("they said: last year, do not offer more than ten", kind="note", visibility=Visibility.NOTE, **context_)


def test_a_note_in_a_script_without_spaces_leaks_too():
    note = message(6, "この顧客は去年も返金を要求したので注意してください", role=Role.AGENT, visibility=Visibility.NOTE)
    wrote = message(5, "返金してください。商品が壊れていました。")
    assert "leak" in found("お客様は去年も返金を要求したので注意してくださいとのことです", messages=(wrote, note))
    assert "leak" not in found("返金の手続きを開始いたしました。しばらくお待ちください。", messages=(wrote, note))


def test_words_of_a_note_that_the_customer_wrote_or_knows_pass():
    said = "the red kettle with the broken lid arrived on Monday morning"
    note = message(6, f"Customer says {said}", role=Role.AGENT, visibility=Visibility.NOTE)
    assert "leak" not in found(f"Hello Ana, {said}.", messages=(message(5, said), note))
    assert "leak" in found(f"Hello Ana, {said}.", messages=(message(5, "hi"), note))


LONG = ("Thank you for your patience. We have looked into the matter and found that the parcel was held at customs for two "
        "days. It has been released now and will reach you within three working days.")  # fmt: skip


def test_the_same_text_twice_stops():
    sent = message(4, f"Hello Ana,\n{LONG}", role=Role.AGENT, author=Address("", OWN[0]))
    wrote = message(5, "and?")
    assert "repeat" in found(f"Hi Ana,\n{LONG}", messages=(sent, wrote))
    assert "repeat" in found(f"Hi Ana,\n{LONG}", earlier=(LONG,))
    assert "repeat" in found(GOOD, canned=("late-parcel",), sent_canned=("late-parcel",))
    assert "repeat" not in found(GOOD, canned=("late-parcel",), sent_canned=("refund",))
    assert "repeat" not in found("Hi Ana, thanks!", messages=(message(4, "Hi Ana, thanks!", role=Role.AGENT), wrote))


def test_a_failed_text_may_be_sent_again():
    failed = message(4, LONG, role=Role.AGENT, author=Address("", OWN[0]), state=MessageState.FAILED)
    assert "repeat" not in found(LONG, messages=(failed, message(5, "hi")))


# --- attachments


@pytest.mark.parametrize(
    "text",
    ["Please find attached the invoice.", "I've attached the form.", "The invoice is attached.", "See the attachment for details.",
     "Attached is the label.", "Anbei die Rechnung.", "Die Rechnung finden Sie im Anhang.", "Vous trouverez la facture ci-jointe.",
     "Adjunto la factura.", "Segue em anexo a fatura.", "In allegato trova la fattura.", "In de bijlage vindt u de factuur.",
     "Nakalakip ang resibo.", "इनवॉइस संलग्न है।", "রশিদটি সংযুক্ত করা হলো।", "ਰਸੀਦ ਨੱਥੀ ਹੈ।", "ರಸೀದಿಯನ್ನು ಲಗತ್ತಿಸಲಾಗಿದೆ.", "Счёт во вложении.",
     "请见附件。", "請求書を添付いたします。", "تجد الفاتورة في المرفق.", "Faturayı ekte bulabilirsiniz."],
)  # fmt: skip
def test_a_promised_attachment_that_is_missing_stops(text):
    assert "attachment" in found(f"Hello,\n{text}\nBye")
    assert "attachment" not in found(f"Hello,\n{text}\nBye", attachments=("invoice.pdf",))


@pytest.mark.parametrize(
    "text",
    ["Thanks for the attachment you sent.", "Could you please attach a screenshot?", "The file you attached is empty.",
     "Your attachment could not be opened.", "We can't open the attached file you sent.", "There are no strings attached.",
     "If a photo is attached we can check faster.", "Please attach the receipt.", "Ihr Anhang ist leider leer.", "Su adjunto está vacío.",
     "कृपया रसीद संलग्न करें।", "অনুগ্রহ করে রশিদ সংযুক্ত করুন।", "ਕਿਰਪਾ ਕਰਕੇ ਰਸੀਦ ਨੱਥੀ ਕਰੋ।", "The cable is attached to the back of the router.",
     "> see the attached invoice", "Paki-attach po ang resibo.", "お客様が添付いただいた写真を確認しました。"],
)  # fmt: skip
def test_other_attachments_than_ours_pass(text):
    assert "attachment" not in found(f"Hello,\n{text}\nBye")


# --- personal data


@pytest.mark.parametrize(
    "text",
    ["Write to ana@example.org please", "call +91 98765 43210", "call (555) 123-4567", "Ruf an: 0171 2345678", "card 4111 1111 1111 1111",
     "IBAN DE89 3704 0044 0532 0130 00 PLEASE", "phone: 9876543210", "ফোন ৯৮৭৬৫৪৩২১০", "5500-0000-0000-0004", "+1-202-555-0143", "555.123.4567",
     "4111.1111.1111.1111", "it is 07700900123", "le 06 12 34 56 78", "try 98765 43210 after six"],
)  # fmt: skip
def test_personal_data_does_not_go_public(text):
    assert "personal-data" in found(text, visibility=Visibility.PUBLIC, channel=Channel.COMMUNITY)
    assert "personal-data" not in found(text, visibility=Visibility.PRIVATE)


@pytest.mark.parametrize(
    "text",
    ["Write to support@shop.example", "order 9876543210 left", "version 10.0.19045.3803", "on 2026-11-21 at 14:30", "192.168.100.200:8080",
     "4111 1111 1111 1112", "git clone git@github.example:team/thing.git", "tracking 1234567890123456", "DE00 1234 5678 9012 3456 78",
     "3.11.4 of 2026", "1,234,567.89 EUR", "commit 4f2a9c0", "error 0x80070057", "@ana is right", "call me maybe", "1000000000000000",
     "https://x.example/a/4111111111111111/b", "uuid 123e4567-e89b-12d3-a456-426614174000", "> ana@example.org wrote",
     "the serial 09876543210", "Part 12 Main Board Rev 200300", "Sector 12 of the Main Block is bad, see error 100245",
     "version 4.2.0 phase 2 of the main block 560001", "via the route 66 90210 Beverly"],
)  # fmt: skip
def test_ordinary_numbers_and_our_own_address_may_be_public(text):
    assert "personal-data" not in found(text, visibility=Visibility.PUBLIC, channel=Channel.COMMUNITY)


@pytest.mark.parametrize(
    "address",
    ["12 High Street, Leeds LS1 4AP", "Hauptstraße 12, 10115 Berlin", "20 rue de Rivoli, 75001 Paris", "Calle Mayor 5, 28013 Madrid",
     "Via Roma 12, 00184 Roma", "Rua Augusta 123, São Paulo 01305-000", "MG Road 12, Bengaluru 560001",
     "No. 14, 3rd Cross, Indiranagar, Bengaluru 560038", "H.No. 1234, Sector 22-B, Chandigarh 160022",
     "Flat 4B, 221 Park Street, Kolkata - 700 016", "রোড ৫, ধানমন্ডি, ঢাকা ১২০৫", "রোড, কলকাতা ৭০০০১৬",
     "ನಗರ, ಬೆಂಗಳೂರು 560038", "ਗਲੀ ਨੰਬਰ 4, ਮਾਡਲ ਟਾਊਨ, ਲੁਧਿਆਣਾ 141002"],
)  # fmt: skip
def test_a_postal_address_does_not_go_public_as_it_is_written_in_each_country(address):
    text = f"We sent it to {address} yesterday."
    assert [what for _, _, what in personal(text)] == ["a postal address"]
    assert "personal-data" in found(text, visibility=Visibility.PUBLIC, channel=Channel.COMMUNITY)


def test_a_phone_number_before_an_address_is_told_of_by_itself():
    text = "Please call +91 98765 43210, we sent it to MG Road 12, Bengaluru 560001."
    assert [(what, text[start:end]) for start, end, what in personal(text)] == [
        ("a phone number", "+91 98765 43210"), ("a postal address", "MG Road 12, Bengaluru 560001"),
    ]  # fmt: skip


def test_card_numbers_need_issuer_length_and_check_digit():
    assert is_card("4111111111111111")
    assert is_card("378282246310005")
    assert not is_card("4111111111111112")
    assert not is_card("9111111111111111")


# --- what changed, language, hours


def test_what_came_since_the_draft_began_stops_except_in_a_live_chat():
    newer = (message(5, "hi"), message(7, "never mind, it came!"))
    assert "changed" in found(GOOD, messages=newer)
    assert "changed" not in found(GOOD, messages=newer, channel=Channel.CHAT)
    assert "changed" not in found(GOOD, messages=(message(5, "hi"), message(7, "away", automatic=True)))
    assert "changed" not in found(GOOD, messages=(message(5, "hi"), message(7, "note", role=Role.AGENT, visibility=Visibility.NOTE)))
    reason = next(one.reason for one in check(context(GOOD, messages=newer)) if one.guard == "changed")
    assert "never mind, it came!" in reason


def test_a_colleagues_answer_stops_and_our_own_does_not():
    answer = message(7, "It left yesterday.", role=Role.AGENT, author=Address("Bob", OWN[0]))
    assert "changed" in found(GOOD, messages=(message(5, "hi"), answer))
    mine = message(7, "One moment please.", role=Role.AGENT, author=Address("Asha", OWN[0]), operation=3)
    assert "changed" not in found(GOOD, messages=(message(5, "hi"), mine))


def test_a_case_that_was_closed_meanwhile_stops():
    assert "changed" in found(GOOD, state_seen=CaseState.OPEN, state=CaseState.CLOSED)
    assert "changed" not in found(GOOD, state_seen=CaseState.CLOSED, state=CaseState.CLOSED)
    assert "changed" not in found(GOOD, state_seen=CaseState.NEW, state=CaseState.OPEN)


BENGALI = (message(5, "আমার পার্সেল কোথায় আছে জানাবেন"),)


def test_another_script_than_the_customers_stops():
    assert "language" in found(GOOD, messages=BENGALI)
    assert "language" not in found("প্রিয় Ana, আপনার পার্সেল আজ রওনা হয়েছে। https://track.example/4711", messages=BENGALI)
    assert "language" not in found("আপনার পার্সেল রওনা হয়েছে। Your parcel left.", messages=BENGALI)
    mixed = (message(5, "আমার parcel কোথায়? please tell me the tracking number"),)
    assert "language" not in found(GOOD, messages=mixed)
    assert "language" in found("您的包裹已经发出，请您耐心等待。", messages=(message(5, "荷物はどこにありますか。教えてください。"),))


def test_after_hours_a_letter_waits_and_a_chat_does_not():
    office = Hours("Asia/Kolkata", tuple((day, 540, 1080) for day in range(5)))

    def at(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Kolkata")).timestamp() * 1000)

    assert "hours" in found(GOOD, hours=office, now=at("2026-11-21T12:00"))
    assert "hours" not in found(GOOD, hours=office, now=at("2026-11-20T12:00"))
    assert "hours" not in found(GOOD, hours=office, now=at("2026-11-20T18:20"))
    assert "hours" not in found(GOOD, hours=office, now=at("2026-11-21T12:00"), channel=Channel.CHAT)
    assert "hours" not in found(GOOD, hours=None)


def test_a_note_is_for_colleagues_and_only_looked_at_for_what_is_missing():
    text = "Hi Bob, ana@example.org attached nothing, see the attachment"
    assert found(text, kind="note", visibility=Visibility.NOTE, to=()) == set()
    assert found("", kind="note", visibility=Visibility.NOTE, to=()) == {"empty"}


def test_what_cannot_be_passed_comes_first():
    findings = check(context("Hi Bob,\n[[day]]", cc=(Address("", "x@else.example"),)))
    assert [one.passable for one in findings] == [False, True, True]
    assert set(guards.registry()) == set(guards.GUARDS)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from(list(Visibility)))
def test_any_text_is_checked_and_every_span_lies_in_it(text, name, visibility):
    who = Address(name, "ana@example.org")
    for one in check(context(text, customer=who, visibility=visibility, messages=(message(5, name, author=who), NOTE))):
        assert one.reason
        assert one.span is None or 0 <= one.span[0] < one.span[1] <= len(text)


@pytest.mark.parametrize("piece", ["{{ [ < % ", "[[", "a@", "a.b-c+d", "0171 ", "> x\n", "1 2-3 ", "<name ", "`", "you attached ", "Hi "])
def test_hostile_text_is_checked_in_time(piece):
    text = piece * (60_000 // len(piece))
    started = time.process_time()
    check(context(text, visibility=Visibility.PUBLIC, messages=(message(5, text), NOTE)))
    assert time.process_time() - started < 5  # a pattern that runs away takes minutes


def test_a_number_that_another_clause_of_the_reply_gives_is_right():
    late = Rule("shipping#late", "Late parcels", "A parcel is late three working days after the last day we named.")
    lost = Rule("shipping#lost", "Lost parcels", "After five working days the customer chooses.")
    text = "Hello Rina,\n\nif it is not found within five working days, you choose."
    assert "clause" in found(text, clauses=(late,))
    assert "clause" not in found(text, clauses=(late, lost))
