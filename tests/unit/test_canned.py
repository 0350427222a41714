from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Address, Answer, Cached, Case, CaseState, Channel, Priority
from agent_tui.domain.templates import TemplateFault
from agent_tui.knowledge.canned import CannedLibrary, fallback_words, first_name, render, subject_of
from agent_tui.knowledge.canned_index import one_slip, slips
from agent_tui.workspace import Agent

ASHA = Agent(name="Asha Rao", email="asha@shop.example", signature="Asha, Shop Support")
CASE = Case(
    id=77, source="mail", channel=Channel.EMAIL, subject="Late parcel", customer=Address("Ana Pérez", "ana@example.org"),
    state=CaseState.OPEN, assignee=None, tags=("late",), priority=Priority.NORMAL, unread=0, messages=1, waiting_since=None,
    due_at=None, updated_at=0, snoozed_until=None, cached=Cached.FULL, public=False, answer=Answer.NONE,
)  # fmt: skip


def put(folder, path: str, front: str, body: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{front}\n---\n{body}\n")


@pytest.fixture
def folder(tmp_path):
    put(tmp_path, "refund/late.en.md", "name: refund-late\nshortcut: /rl\nlanguage: en\ntags: [refund, delay]\nclauses: [refunds#late]\n"
        'then: ["tag +refund", close]', '\nHello {{ customer.first_name }},\n\nyour order {{ ask("order number") }} is late.\n\n{{ agent.name }}')  # fmt: skip
    put(tmp_path, "refund/late.bn.md", "name: refund-late\nlanguage: bn\nshortcut: rl", "প্রিয় {{ customer.first_name }}, টাকা ফেরত দেওয়া হবে।")
    put(tmp_path, "refund/late.chat.md", "name: refund-late\nlanguage: en\nchannels: chat", "Hi {{ customer.first_name }}, one moment.")
    put(tmp_path, "greeting.md", "shortcut: hi", "Hello from {{ agent.first_name }}. Password reset, 返金の手続き。")
    put(tmp_path, "password.pt.md", "name: password-reset\nlanguage: pt-BR", "Redefina a senha.")
    return tmp_path


def test_a_reply_is_filled_from_the_case_and_keeps_its_gaps(folder):
    library = CannedLibrary(folder)
    reply = library.choose("refund-late", "en", "email")
    rendered = render(reply, CASE, CASE.customer, ASHA)
    assert rendered.text == "Hello Ana,\n\nyour order [[order number]] is late.\n\nAsha Rao"
    assert [question for _, _, question in rendered.gaps] == ["order number"]
    assert "4711" in render(reply, CASE, CASE.customer, ASHA, {"order number": "4711"}).text
    assert reply.then == ("tag +refund", "close")
    assert reply.questions == ("order number",)


def test_an_unknown_name_is_a_gap_and_never_hello_comma(folder):
    reply = CannedLibrary(folder).choose("rl", "en", "email")
    rendered = render(reply, CASE, Address("", "x@example.org"), ASHA)
    assert rendered.text.startswith("Hello [[customer's first name]],")


def test_the_variant_fits_language_first_and_then_channel(folder):
    library = CannedLibrary(folder)
    assert library.choose("refund-late", "bn", "email").path == "refund/late.bn.md"
    assert library.choose("refund-late", "bn-BD", "chat").path == "refund/late.bn.md"
    assert library.choose("refund-late", "en", "chat").path == "refund/late.chat.md"
    assert library.choose("refund-late", "en", "email").path == "refund/late.en.md"
    assert library.choose("refund-late", "kn", "email").path == "refund/late.en.md"
    assert library.choose("refund-late", "kn", "email", fallback=("bn", "en")).path == "refund/late.bn.md"
    assert library.choose("password-reset", "pt", "email").language == "pt-br"
    assert library.choose("nothing") is None
    assert library.choose("RL").name == "refund-late"


def test_a_fallback_is_told(folder):
    library = CannedLibrary(folder)
    assert fallback_words(library.choose("refund-late", "kn", "email"), "kn", "email") == "there is none in 'kn', this is 'en'"
    assert fallback_words(library.choose("refund-late", "bn", "email"), "bn", "email") == ""
    assert "this is for chat" in fallback_words(library.choose("refund-late", "en", "chat"), "en", "email")


@pytest.mark.parametrize(
    ("text", "first"),
    [("rl", "refund-late"), ("hi", "greeting"), ("refund", "refund-late"), ("late ref", "refund-late"), ("delay", "refund-late"),
     ("refnud", "refund-late"), ("pasword", "password-reset"), ("টাকা", "refund-late"), ("手続", "greeting"), ("senha", "password-reset"),
     ("reset", "password-reset"), ("order", "refund-late")],
)  # fmt: skip
def test_replies_are_found_by_shortcut_name_tag_and_content_with_slips(folder, text, first):
    assert CannedLibrary(folder).search(text)[0].name == first


def test_search_shows_one_variant_of_each_and_everything_for_nothing(folder):
    library = CannedLibrary(folder)
    assert [one.name for one in library.search("")] == ["greeting", "password-reset", "refund-late"]
    assert [one.path for one in library.search("refund-late", "bn")] == ["refund/late.bn.md"]
    assert library.search("zeppelin") == ()
    assert library.search("refund zeppelin") == ()
    assert len(library.search("", limit=2)) == 2


def test_a_good_library_has_no_faults(folder):
    assert CannedLibrary(folder).check({"refunds#late"}) == ()


def test_every_fault_is_told_with_file_and_line(folder):
    put(folder, "b1.md", "name: b1", "line one\n{{ customer.frist_name }}")
    put(folder, "b2.md", "name: b2", "a\n\n{{ ask() }}")
    put(folder, "b3.md", "name: b3\nthen: [explode, snooze]\nclauses: [gone#x]\nshortcut: hi", "text")
    put(folder, "b4.md", "name: refund-late\nlanguage: bn", "again")
    put(folder, "b5.md", "name: b5\nfrob: 1\nchannels: [fax]", "")
    put(folder, "b6.md", "name: [", "text")
    put(folder, "b7.md", "name: b7", "{% if case.subject %}x{% else %}{{ case.nothing }}{% endif %}")
    library = CannedLibrary(folder)
    words = "\n".join(str(fault) for fault in library.check({"refunds#late"}))
    for expected in ("b1.md:4: there is no fact 'customer.frist_name'", "b2.md:6: ask() takes", "there is no 'explode'", "'snooze' needs",
                     "no clause 'gone#x'", "'hi' is also that of", "late.bn.md:1: 'refund-late' is also in b4.md", "no key frob",
                     "there is no 'fax'", "b5.md:6: there is no text", "b6.md:", "there is no fact 'case.nothing'"):  # fmt: skip
        assert expected in words, words
    assert library.choose("refund-late", "en", "email")


def test_a_subject_is_a_template_on_one_line_that_is_checked_and_searched(tmp_path):
    replies = library_of(
        tmp_path,
        good="---\nsubject: 'Outage on {{ ask(\"day\") }}'\n---\nHello {{ customer.name }}",
        bad="---\nsubject: '{{ customer.shoe }}'\n---\nHello",
    )
    (fault,) = replies.check()
    assert (fault.path, fault.line) == ("bad.md", 1)
    assert fault.words.startswith("subject: there is no fact 'customer.shoe'")
    good = replies.choose("good")
    assert good is not None
    assert good.questions == ("day",)
    assert [one.name for one in replies.search("outage")] == ["good"]
    assert subject_of(good, None, Address("Rina"), ASHA) == "Outage on [[day]]"


def test_a_reply_that_cannot_be_rendered_says_where_in_the_file(folder):
    put(folder, "bad.md", "name: bad", "fine\n{{ customer.phone }}")
    library = CannedLibrary(folder)
    with pytest.raises(TemplateFault) as caught:
        render(library.choose("bad"), CASE, CASE.customer, ASHA)
    assert caught.value.line == 5


def test_a_library_that_is_made_ready_in_slices_finds_what_one_does_that_is_read_at_once(folder):
    slow = CannedLibrary(folder, at_once=False)
    assert not slow.is_read
    slices = 0
    while slow.prepare(0):
        slices += 1
    assert slices > len(slow.replies())
    whole = CannedLibrary(folder)
    assert slow.replies() == whole.replies()
    for text in ("", "late", "refnud", "hi", "手続き"):
        assert slow.search(text) == whole.search(text)
    assert not slow.prepare(1000), "nothing is left to do"


def test_a_search_before_everything_is_ready_finds_everything_too(folder):
    slow = CannedLibrary(folder, at_once=False)
    for number in range(60):
        slow.prepare(0)
        if number == 7:
            put(folder, "new.md", "name: brand-new", "Something quite new.")
            assert slow.refresh()
        if slow.is_read and number >= 7:
            assert [one.name for one in slow.search("brand")] == ["brand-new"]
    while slow.prepare(0):
        assert [one.name for one in slow.search("quite")] == ["brand-new"]
    assert [one.name for one in slow.search("quite")] == ["brand-new"]


def test_changes_are_noticed(folder):
    library = CannedLibrary(folder)
    before = library.version
    assert not library.refresh()
    put(folder, "new.md", "name: new-one", "text")
    assert library.refresh()
    assert library.version > before
    assert library.choose("new-one")


def test_the_case_is_named_as_it_is_printed(folder):
    put(folder, "id.md", "name: id", "{{ case.id }} {{ case.channel }} {% for tag in case.tags %}{{ tag }}{% endfor %}")
    assert render(CannedLibrary(folder).choose("id"), CASE, CASE.customer, ASHA).text == f"{case_code(77)} email late"


@pytest.mark.parametrize(
    ("name", "first"),
    [("Ana Pérez", "Ana"), ("Pérez, Ana", "Ana"), ("Dr. Ana Pérez", "Ana"), ("ana@example.org", ""), ("", ""), ("রহিম উদ্দিন", "রহিম"),
     ("Mr Rao", "Rao"), ("1234", "")],
)  # fmt: skip
def test_first_names(name, first):
    assert first_name(name) == first


def test_slips():
    assert slips("refnud", "refund", 1)
    assert slips("pasword", "password", 1)
    assert not slips("refund", "return", 1)
    assert not slips("a", "abcd", 1)


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_one_slip_is_what_the_general_way_finds(one, other):
    assert one_slip(one, other) is slips(one, other, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [("technicain", True), ("tehcnician", True), ("tecnhiciann", True), ("technican tommorow", True), ("technicain zebra", False),
     ("techniz", True), ("tXchnXcXan", False), ("tomo", True)],
)  # fmt: skip
def test_words_of_the_content_may_have_typing_errors_too(tmp_path, text, found):
    library = library_of(
        tmp_path, visit="---\nname: visit\n---\nA technician comes tomorrow.", other="---\nname: other\n---\nPlease wait."
    )
    assert [one.name for one in library.search(text)] == (["visit"] if found else [])


def test_a_slip_in_a_text_counts_less_than_the_word_itself_and_than_a_slip_in_a_name(tmp_path):
    library = library_of(
        tmp_path, a="---\nname: a\n---\nthe invocie", b="---\nname: b\n---\nthe invoice", c="---\nname: invoicee\n---\nnothing"
    )
    assert [one.name for one in library.search("invoice")] == ["invoicee", "b", "a"]


def library_of(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return CannedLibrary(tmp_path)


def test_a_fragment_is_put_in_in_the_replys_language_and_is_no_reply_itself(tmp_path):
    library = library_of(
        tmp_path, fragments__bye="Bye\n{{ agent.name }}", fragments__bye_de="---\nname: bye\nlanguage: de\n---\nTschüss",
        en='Hello\n{% include "bye" %}\n', de='---\nlanguage: de\n---\nHallo\n{% include "bye" %}\n',
    )  # fmt: skip
    assert {one.name: one.body for one in library.replies()} == {"en": "Hello\nBye\n{{ agent.name }}", "de": "Hallo\nTschüss"}
    assert library.check() == ()


def test_a_fragment_that_is_missing_or_includes_itself_is_a_fault_with_its_line(tmp_path):
    library = library_of(
        tmp_path, a='Hello\n{% include "nobody" %}', fragments__x='{% include "y" %}', fragments__y='{% include "x" %}', b='{% include "x" %}'
    )
    words = [str(one) for one in library.check()]
    assert "a.md:2: there is no fragment 'nobody' to include" in words
    assert any("includes itself" in one for one in words)


def test_the_tone_decides_where_language_and_channel_do_not(tmp_path):
    library = library_of(tmp_path, a="---\nname: hi\ntone: formal\n---\nGood day", b="---\nname: hi\n---\nHi")
    assert library.choose("hi", tone="formal").body == "Good day"
    assert library.choose("hi").body == "Hi"


def test_a_romanised_language_is_not_the_one_in_its_own_script(tmp_path):
    library = library_of(tmp_path, a="---\nname: hi\nlanguage: hi\n---\nनमस्ते", b="---\nname: hi\nlanguage: hi-latn\n---\nNamaste")
    assert library.choose("hi", "hi-latn").body == "Namaste"
    assert library.choose("hi", "hi").body == "नमस्ते"


def test_advice_tells_of_needless_gaps_missing_variants_ended_clauses_and_lonely_fragments(tmp_path):
    from agent_tui.knowledge.canned_advice import advice

    library = library_of(
        tmp_path, a='---\nname: late\nlanguage: en\nchannels: [email, chat]\nclauses: ["p#old"]\n---\n{{ ask("customer\'s name") }}',
        b="---\nname: late\nlanguage: de\nchannels: [email]\n---\nHallo", fragments__alone="x",
    )  # fmt: skip
    words = " | ".join(str(one) for one in advice(library, ("en", "de", "bn"), {"p#old": "2025-01-01"}))
    for part in ("is never needed: {{ customer.name }} knows it", "'late' has no variant in bn", "'late' has no variant for chat in de",
                 "'p#old' ended on 2025-01-01", "'alone' is included nowhere"):  # fmt: skip
        assert part in words


@pytest.mark.parametrize(("told", "written"), [("tl", "fil"), ("fil", "tl"), ("tl", "fil-PH"), ("he", "iw"), ("pt", "pt-BR")])
def test_a_language_with_two_tags_is_one_language(tmp_path, told, written):
    put(tmp_path, "a.en.md", "name: a\nlanguage: en", "Hello")
    put(tmp_path, "a.other.md", f"name: a\nlanguage: {written}", "Magandang araw")
    chosen = CannedLibrary(tmp_path).choose("a", told, "email")
    assert chosen.path == "a.other.md"
    assert fallback_words(chosen, told, "email") == ""
