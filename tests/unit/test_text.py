"""Text from outside: what may reach a terminal, and what the search index holds."""

import sys
import time
import unicodedata

from hypothesis import assume, example, given
from hypothesis import strategies as st

from agent_tui.domain import text as module
from agent_tui.domain.text import clean, fold, index_texts, search_terms, snippet

DANGEROUS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
                                    0x200B, 0x200E, 0x200F, 0xFEFF, 0xAD, 0x61C, 0x2028, 0x2029)} - {"\n", "\t"}

MIXED = st.text(alphabet=st.one_of(
    st.characters(), st.sampled_from("ab \n\t\r\x1b\x9b\x9d[]m0;\x07\\\u200c\u200d\u202e\u2066\ufe0f\U0001f3f4\U000e0067\U000e007f"
                                     "\u0301\u2764\U0001f468কষ্ی")), max_size=60)  # fmt: skip


@given(MIXED)
def test_nothing_that_commands_a_terminal_survives(text):
    cleaned = clean(text)
    assert not DANGEROUS & set(cleaned)
    assert not any("\ud800" <= character <= "\udfff" for character in cleaned)
    cleaned.encode()


@given(MIXED)
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)
    assert clean(clean(text, multiline=False), multiline=False) == clean(text, multiline=False)


@given(MIXED)
def test_one_line_is_one_line(text):
    assert "\n" not in clean(text, multiline=False)
    assert "\t" not in clean(text, multiline=False)


@given(st.text(alphabet="abc xyz ÄÖ আমি ਮੈਂ 漢字 عربي", max_size=80))
def test_ordinary_text_is_left_alone(text):
    assert clean(text) == text


def test_escape_sequences_go_whole_and_their_text_stays():
    assert clean("\x1b[31mred\x1b[0m") == "red"
    assert clean("\x1b]0;owned\x07hello") == "hello"
    assert clean("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\") == "link"
    assert clean("\x9b31mred") == "red"
    assert clean("\x1b]0;never ended") == "]0;never ended"


def test_joiners_stay_where_they_are_spelling():
    for word in ("ಪಾಸ್\u200cವರ್ಡ್", "می\u200cخواهم", "ক্\u200dষ", "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥"):
        assert clean(word) == word
    assert clean("pay\u200dpal\u200c") == "paypal"


def test_flags_of_regions_keep_their_tags_and_nothing_else_does():
    england = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert clean(england) == england
    assert clean("hi\U000e0068\U000e0069") == "hi"


def test_line_ends_become_line_feeds():
    assert clean("a\r\nb\rc\u2028d\x0be\x85f") == "a\nb\nc\nd\ne\nf"


def test_ten_megabytes_on_one_line_are_cleaned_at_once():
    for text in ("a" * 10_000_000, "আমি " * 800_000, "a\x1b" * 5_000_000):
        begun = time.process_time()
        clean(text)
        assert time.process_time() - begun < 2.0  # about 0.4 s at worst on a quiet machine


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_fold_drops_every_format_character():
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) == "Cf" and not 0x13430 <= code <= 0x1345F:
            assert fold(f"a{chr(code)}b") == "ab", hex(code)


def test_spellings_of_one_word_meet():
    assert fold("ＡＢＣ") == fold("abc")
    assert fold("Straße") == fold("STRASSE")
    assert fold("مُحَمَّد") == fold("محمد")
    assert fold("ಪಾಸ್\u200cವರ್ಡ್") == fold("ಪಾಸ್ವರ್ಡ್")
    assert fold("café") != fold("cafe")


def indexed(text):
    return index_texts([text])[0][0]


def unaccented(text):
    return index_texts([text])[1]


def test_scripts_without_spaces_are_indexed_in_pairs():
    assert indexed("返金する").split() == ["返金", "金す", "する", "る"]
    assert search_terms("返金する") == [["返金", "金す", "する"]]
    assert indexed("Hello") == "hello"


@given(st.lists(st.sampled_from(["返金する", "注文", "hello", "o'neil", "ধন্যবাদ", "ปัญหา", "Ünïcode", "3月"]), min_size=1, max_size=6))
def test_what_is_indexed_is_found_by_its_own_words(words):
    text = " ".join(words)
    index = "".join(c if unicodedata.category(c)[0] in "LN" or unicodedata.category(c) in ("Mn", "Mc", "Co") else " "
                    for c in indexed(text)).split()  # fmt: skip
    for term in search_terms(text):
        places = [at for at in range(len(index)) if index[at : at + len(term)] == term]
        assert places or (len(term) == 1 and any(token.startswith(term[0]) for token in index)), term


def test_a_query_word_with_a_mark_inside_is_a_phrase():
    assert search_terms("O'Neil asha@example.com") == [["o", "neil"], ["asha", "example", "com"]]
    assert search_terms("?! --") == []


def test_only_words_with_accents_are_stripped():
    assert unaccented("Où est le café") == "ou cafe"
    assert unaccented("đường") == "duong"
    assert unaccented("plain words") == ""
    assert unaccented("আমি ধন্যবাদ हिन्दी ਪੰਜਾਬੀ") == ""


@given(st.lists(MIXED, min_size=1, max_size=3))
@example(["Où est le café, le café", "ＡＢＣ ſtraße"])
@example(["Pâ" * 60 + " İstanbul"])
def test_a_message_is_indexed_word_by_word_as_its_texts_are_folded(texts):
    assume(not module._UNSPACED.search(fold(" ".join(texts))))  # those come in pairs
    for _ in range(2):  # made, and remembered
        assert [one.split() for one in index_texts(texts)[0]] == [fold(one).split() for one in texts]


def test_texts_of_one_message_give_each_word_without_accents_once():
    indexed, plain = index_texts(["Le café", "café à Orléans, 返金するé"])
    assert [one.split() for one in indexed] == [["le", "café"], ["café", "à", "orléans,", "返金", "金す", "する", "る", "é"]]
    assert plain.split() == ["cafe", "a", "orleans", "返金", "金す", "する", "る", "e"]


@given(MIXED, st.integers(min_value=5, max_value=60))
def test_a_snippet_is_short_and_on_one_line(text, length):
    short = snippet(text, length)
    assert len(short) <= length
    assert "\n" not in short


def test_a_snippet_does_not_part_a_letter_from_its_marks():
    word = "কি" * 40
    for length in range(5, 40):
        cut = snippet(word, length)
        assert word.startswith(cut.removesuffix("…"))
        following = word[len(cut) - 1 : len(cut)]
        assert unicodedata.category(following)[0] != "M"


def test_the_module_knows_its_public_names():
    for name in ("clean", "fold", "index_texts", "search_terms", "snippet"):
        assert callable(getattr(module, name))
