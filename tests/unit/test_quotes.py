"""Quoted history and signatures are folded, never deleted, and never more than that."""

import gzip
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.quotes import fresh, quoted_spans
from tests.unit.mail_data import SHARED

LINES = st.sampled_from([
    "Thanks, that works.", "> quoted", ">> deeper", "", "On 1 May 2024 at 10:00, Asha <asha@example.com> wrote:", "-- ", "Asha",
    "-----Original Message-----", "From: Asha <asha@example.com>", "Sent: 1 May 2024 10:00", "To: x@example.com", "Subject: Hi",
    "________________________________", "[1] https://example.com/a", "Sent from my iPhone", "wrote:", "To:", "05/01/2024 10:00 AM",
])  # fmt: skip


@given(st.lists(LINES, max_size=25))
def test_spans_are_in_order_and_apart(lines):
    text = "\n".join(lines)
    last = 0
    for start, end, kind in quoted_spans(text):
        assert last <= start < end <= len(text.split("\n"))
        assert kind in {"quote", "signature", "header"}
        last = end


@given(st.lists(LINES, max_size=25))
def test_something_is_always_left_to_read(lines):
    text = "\n".join(lines)
    assert bool(fresh(text).strip()) == bool(text.strip())


@pytest.mark.parametrize("announcement", [
    "On Mon, 1 May 2024 at 10:00, Asha Rao <asha@example.com> wrote:",
    "On Mon, 1 May 2024 at 10:00, Asha Rao <asha@example.com>\nwrote:",
    "Am Mo., 1. Mai 2024 um 10:00 Uhr schrieb Asha Rao <asha@example.com>:",
    "Le lun. 1 mai 2024 à 10:00, Asha Rao <asha@example.com> a écrit :",
    "El lun, 1 may 2024 a las 10:00, Asha Rao (<asha@example.com>) escribió:",
    "Il giorno lun 1 mag 2024 alle ore 10:00 Asha Rao <asha@example.com> ha scritto:",
    "Op ma 1 mei 2024 om 10:00 schreef Asha Rao <asha@example.com>:",
    "Em seg., 1 de mai. de 2024 às 10:00, Asha Rao <asha@example.com> escreveu:",
    "пн, 1 мая 2024 г. в 10:00, Asha Rao <asha@example.com>:",
    "2024年5月1日(月) 10:00 Asha Rao <asha@example.com>:",
    "2024년 5월 1일 (월) 오전 10:00, Asha Rao <asha@example.com>님이 작성:",
    "Asha Rao <asha@example.com> 于2024年5月1日周一 10:00写道：",
    "সোম, ১ মে, ২০২৪ তারিখে ১০:০০ টায় Asha Rao <asha@example.com> লিখেছেন:",
    "सोम, 1 मई 2024 को 10:00 बजे Asha Rao <asha@example.com> ने लिखा:",
    "ಸೋಮ, ಮೇ 1, 2024 ರಂದು 10:00 ಕ್ಕೆ Asha Rao <asha@example.com> ಬರೆದಿದ್ದಾರೆ:",
    "Noong Lun, Mayo 1, 2024 nang 10:00, si Asha Rao <asha@example.com> ay nagsulat:",
    "1 May 2024 Asha Rao <asha@example.com>:",
])  # fmt: skip
def test_announced_quotes_are_folded_in_every_language(announcement):
    text = f"Thank you.\n\n{announcement}\n\n> Your order has left.\n>\n> Asha\n"
    assert fresh(text) == "Thank you."


@pytest.mark.parametrize("block", [
    "-----Original Message-----\nFrom: Asha\nSent: Monday\nTo: Ben\nSubject: Hi\n\nold words",
    "From: Asha <asha@example.com>\nSent: Monday, May 1, 2024 10:00\nTo: Ben\nSubject: Hi\n\nold words",
    "Von: Asha <asha@example.com>\nGesendet: Montag, 1. Mai 2024\nAn: Ben\nBetreff: Hallo\n\nalt",
    "De : Asha <asha@example.com>\nEnvoyé : lundi 1 mai 2024\nÀ : Ben\nObjet : Bonjour\n\nancien",
    "________________________________\nDe: Asha\nEnviado: lunes\nPara: Ben\nAsunto: Hola\n\nviejo",
    "差出人: Asha\n送信日時: 2024年5月1日\n宛先: Ben\n件名: こんにちは\n\n古い",
    "*From:* Asha <asha@example.com>\n*Sent:* Monday\n*To:* Ben\n*Subject:* Hi\n\nold",
    "Asha Rao@EXAMPLE\n05/01/2024 10:00 AM\nTo: Ben/HQ@EXAMPLE, Carol/HQ@EXAMPLE, \nDan/HQ@EXAMPLE\ncc: \n\nSubject: Hi\n\nold",
    "---------- Forwarded message ----------\nFrom: Asha\nDate: Mon\nSubject: Hi\nTo: Ben\n\nold",
])  # fmt: skip
def test_header_blocks_without_marks_are_folded(block):
    assert fresh(f"Please see below.\n\n{block}\n") == "Please see below."


def test_inline_answers_stay_with_the_lines_they_answer():
    text = "> Is it blue?\nYes.\n\n> And large?\nNo.\n\n> the rest\n> of the mail\n"
    shown = fresh(text)
    assert "> Is it blue?\nYes." in shown
    assert "> And large?\nNo." in shown
    assert "the rest" not in shown


def test_an_answer_below_the_quote_is_kept():
    assert fresh("On 1 May 2024 Asha <a@example.com> wrote:\n> old\n\nNew words") == "New words"


def test_a_signature_is_folded_above_the_history_too():
    text = "Yes.\n\n-- \nAsha\nExample Ltd\n\nOn 1 May 2024 Ben <b@example.com> wrote:\n> old\n"
    assert fresh(text) == "Yes."
    assert [kind for _, _, kind in quoted_spans(text)] == ["signature", "header", "quote"]
    assert fresh("Yes.\n\nSent from my iPhone") == "Yes."


@pytest.mark.parametrize("text", [
    "Dear team,\n\nI wrote on 3 May: no answer so far.\n\nBen",
    "To: do list\nFrom: me to you\n\nnothing else",
    "Name: Ben\nEmail: ben@example.com\nSubject: Refund\nMessage: please",
    "Steps:\n1. open\n2. close\n\nResult:\nnothing",
    "The table is below:\n\n------------\na | b\n------------",
])  # fmt: skip
def test_mail_with_nothing_to_fold_is_left_whole(text):
    assert fresh(text) == text


def test_links_of_folded_history_go_with_it():
    text = "See here [1]\n\n> old [2]\n\n[1] https://example.com/a\n[2] https://example.com/b"
    assert "[1] https://example.com/a" in fresh(text)
    assert "[2] https" not in fresh(text)


def test_a_hostile_mail_takes_no_time():
    for text in ("On 1 May 2020 x@y.z wrote:\n" * 20_000, ">\n" * 100_000, "From: x\n" * 20_000, "a" * 5_000_000,
                 "To: a\n\n" * 20_000, "________\n" * 20_000, ("a " * 190 + ":\n") * 5_000):  # fmt: skip
        begun = time.process_time()
        fresh(text)
        assert time.process_time() - begun < 3.0


@pytest.mark.skipif(SHARED is None, reason="the quote corpus is not on this machine")
def test_the_corpus_is_split_well():
    with gzip.open(SHARED / "quote_split.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]

    def same(text):
        return re.sub(r"\s+", " ", text).strip()

    replies = [row for row in rows if row["kind"] == "reply"]
    exact = sum(any(same(fresh(row["body"])) == same(one) for one in row["expected"]) for row in replies)
    assert exact / len(replies) > 0.85
