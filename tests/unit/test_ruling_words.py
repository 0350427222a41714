"""What a reply rules is told from its own words, and only where they say it plainly."""

from __future__ import annotations

import pytest

from agent_tui.domain.ruling_words import read_ruling
from benchmarks import rulings

FACTS = ("days since purchase", "orders")


@pytest.mark.parametrize(("text", "outcome"), [
    ("We have refunded the amount to your card.", "granted"),
    ("I'll refund you today.", "granted"),
    ("Good news: you will receive a full refund.", "granted"),
    ("Your replacement is on its way.", "granted"),
    ("We’ve credited your account.", "granted"),
    ("We are happy to exchange it.", "granted"),
    ("Unfortunately we cannot refund used gloves.", "refused"),
    ("We can't offer you a refund here.", "refused"),
    ("We are unable to replace it.", "refused"),
    ("This is not covered by the warranty.", "refused"),
    ("The fee cannot be waived.", "refused"),
    ("I won’t be able to extend the period.", "refused"),
    ("A refund is not possible after the course has begun.", "refused"),
])
def test_a_plain_ruling_is_read(text, outcome):
    assert read_ruling(text).outcome == outcome


@pytest.mark.parametrize("text", [
    "", "Could you send me your order number?", "How do refunds work? They are described on our page.",
    "We cannot refund the fee. We have refunded the rest.", "> We have refunded the amount.\nIs that what you were told?",
    "If you send it back we have refunded it by then.", "We can refund the postage but the goods cannot be refunded, I have refunded half.",
    "Have we refunded you?", "हम आपके मामले को देख रहे हैं।", "ফেরত দিলে টাকা পাওয়া যায়।", "Natanggap na po ba ninyo ang refund?",
    "Thank you for your patience.", "নমস্কার, আমরা দেখছি।", "Would you like a refund or a credit note?",
])
def test_what_is_not_plain_is_left_alone(text):
    assert read_ruling(text) is None


def test_amount_and_facts_are_taken_from_the_reply_and_then_from_the_customer():
    told = ("I bought it 12 days ago for €48,50.", "Twenty days since purchase")
    found = read_ruling("We have refunded it.", FACTS, told)
    assert (found.amount, found.facts) == ("48.50", {"days since purchase": "12"})
    assert read_ruling("We have refunded $1,234.50.", FACTS, told).amount == "1234.50"
    assert read_ruling("We have refunded 20 EUR. Orders: 3", FACTS).facts == {"orders": "3"}


def test_two_amounts_are_none():
    assert read_ruling("We have refunded $5 of the $20.").amount == ""


@pytest.mark.parametrize("text", ["$" * 5000, "9" * 5000, "we can " * 3000, "can't " + "a " * 5000 + "refund", "1,2,3,4," * 2000 + "EUR"])
def test_odd_texts_take_no_time(text):
    read_ruling(text, FACTS, (text,))


@pytest.mark.parametrize("half", ["open", "kept"])
def test_rulings_are_read_in_the_languages_of_the_agents(half):
    """Made-up replies in six languages; ``kept`` was not looked at while the words were chosen."""
    found = rulings.measure(half)
    assert set(found) == {"en", "hi", "bn", "pa", "kn", "tl"}
    every = sum(found.values(), rulings.Counter())
    assert every["right"] >= 0.75 * every["rules"]
    assert every["wrong"] == 0  # a draft must not be compared with the opposite of what it says
    assert every["alarms"] <= 0.05 * every["open"]


def test_amounts_stand_beside_a_ruling_in_any_script():
    found = read_ruling("আমরা আপনার ₹450 ফেরত দিয়েছি।")
    assert (found.outcome, found.amount) == ("granted", "450")
