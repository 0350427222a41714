"""Which language somebody writes in: short, romanised, mixed, and honest where it can't be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.languages import SURE, primary, recognise
from tests.guard_corpus.phrases import every


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel? It should have been here on Monday.", "en"), ("Wo ist mein Paket? Es sollte schon am Montag bei mir sein.", "de"),
        ("¿Dónde está mi paquete? Tenía que llegar el lunes.", "es"), ("Où est mon colis ? Il devait arriver lundi.", "fr"),
        ("Onde está a minha encomenda? Devia ter chegado.", "pt"), ("Nasaan na po ang padala ko? Dapat noong Lunes pa.", "tl"),
        ("मेरा पार्सल कहाँ है? मुझे सोमवार को मिलना था और नहीं मिला।", "hi"), ("আমার পার্সেল কোথায়?", "bn"), ("ਮੇਰਾ ਪਾਰਸਲ ਕਿੱਥੇ ਹੈ?", "pa"),
        ("ನನ್ನ ಪಾರ್ಸೆಲ್ ಎಲ್ಲಿದೆ?", "kn"), ("Mera parcel abhi tak nahi aaya, kahan hai?", "hi-latn"),
        ("Amar parcel ekhono asheni, kothay ache?", "bn-latn"), ("Где моя посылка? Она должна была прийти.", "ru"),
        ("我的包裹在哪里？", "zh"), ("荷物はどこですか。", "ja"), ("내 택배가 어디 있나요?", "ko"),
    ],
)  # fmt: skip
def test_a_sentence_is_recognised_for_sure(text, language):
    guess = recognise(text)
    assert guess.language == language
    assert guess.confidence >= SURE


@pytest.mark.parametrize("text", ["", "4711?", "👍", "https://shop.example/item/88", "TW-48213", "`select * from orders where id = 1`"])
def test_what_says_nothing_is_no_language(text):
    assert recognise(text).confidence == 0


@pytest.mark.parametrize("text", ["ok", "Thanks!", "Hello", "me"])
def test_a_word_is_a_hint_and_no_proof(text):
    assert recognise(text).confidence < SURE


def test_code_links_and_quotations_do_not_count():
    said = "Die Meldung `Permission denied: cannot open the file because it is in use` kommt, wenn das Programm schon läuft."
    assert recognise(said).language == "de"
    assert recognise("> where is the parcel that you sent to me\n\nEs ist heute bei Ihnen angekommen, nicht wahr?").language == "de"


def test_every_phrase_customers_and_agents_write_is_recognised():
    wrong = [
        (tag, text)
        for tag, phrases in every().items()
        for question in phrases.questions
        for text in (question.text, *(reply for _, reply in question.replies))
        if recognise(text).language != tag
    ]
    assert wrong == []


def test_regions_are_left_out_and_scripts_are_not():
    assert primary("pt-BR") == "pt"
    assert primary("hi_Latn") == "hi-latn"


@given(st.text(max_size=300))
def test_confidence_is_a_share_of_one(text):
    guess = recognise(text)
    assert 0 <= guess.confidence <= 1
    assert bool(guess.language) or guess.confidence == 0
