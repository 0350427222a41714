"""What leaves: the same bytes for the same reply, readable by anybody, with nothing in it that was not meant."""

import email
import email.policy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.model import Address, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.domain.text import clean
from agent_tui.sources.mime import compose, parse, part_bytes
from agent_tui.sources.mime.flowed import flow, unflow

SCRIPTS = st.text(alphabet=st.one_of(
    st.characters(exclude_categories=("Cs", "Cc", "Cn")), st.sampled_from("abc >-.\n\n\t আমিਮੈਂಪಾ漢字ทعر")), max_size=300)  # fmt: skip
NAMES = st.text(alphabet=st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from('ab",<>()\\:;\r\n=?')), max_size=80)


def reply(**more) -> Reply:
    values = {
        "text": "Hello,\n\nyour order has left.\n", "visibility": Visibility.PRIVATE, "marker": "m1@example.com",
        "created_at": 1_760_000_000_000, "sender": Address("Asha Rao", "asha@example.com"),
        "to": (Address("Kiran", "kiran@example.org"),), "subject": "Re: lamp",
    }  # fmt: skip
    return Reply(**{**values, **more})


def read(raw: bytes):
    return parse(raw, container="Sent", ref="1:1", received_at=1)


def settled(text: str) -> str:
    """Text as it can arrive: cleaned, and without spaces at the ends of lines."""
    lines = [line if line == "-- " else line.rstrip(" ") for line in clean(text).split("\n")]
    return "\n".join(lines).strip("\n")


def test_the_same_reply_has_the_same_bytes():
    one = reply(html=True, attachments=(("a", "x.pdf", "application/pdf"),))
    assert compose(one, read=lambda _: b"PDF") == compose(one, read=lambda _: b"PDF")


@given(SCRIPTS, st.booleans())
def test_any_text_in_any_script_comes_back(text, html):
    sent = settled(text)
    raw = compose(reply(text=sent, html=html))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert re.search(rb"[^\r]\n|\r[^\n]", raw) is None
    raw.decode("ascii")
    if sent.strip():
        assert settled(read(raw).text) == sent
    else:  # a reply of nothing but spaces never leaves; here it must only not become something
        assert not read(raw).text.strip()


@given(SCRIPTS)
def test_a_plain_reader_sees_lines_of_bearable_length(text):
    for line in flow(clean(text)).split("\n"):
        assert len(line) <= 80 or " " not in line[1:75]


@given(SCRIPTS)
def test_flowed_paragraphs_come_back_whole(text):
    assert settled(unflow(flow(settled(text)))) == settled(text)


def test_long_paragraphs_are_one_line_again():
    text = "word " * 100 + "end\n> " + "quoted " * 60 + "end\n> > deep\n From here\n-- \nAsha"
    assert read(compose(reply(text=text))).text == text


@given(NAMES, NAMES)
def test_names_and_subjects_come_back_and_inject_nothing(name, subject):
    raw = compose(reply(to=(Address(name, "kiran@example.org"), Address("", "second@example.org")), subject=subject))
    head = raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^(bcc|x-evil)", head)
    assert [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")] == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"User-Agent", b"MIME-Version", b"Content-Type",
        b"Content-Transfer-Encoding"]  # fmt: skip
    message = read(raw)
    assert message.subject == clean(subject, multiline=False)
    assert [one.address for one in message.to] == ["kiran@example.org", "second@example.org"]


@pytest.mark.parametrize("name", ["Rao, Asha", 'A "B" \\ C', "অনিক রহমান", "x" * 150, "Dr. O'Neil (Support)", "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ " * 8])
def test_names_come_back(name):
    assert read(compose(reply(to=(Address(name, "k@example.org"),)))).to == (Address(name.strip(), "k@example.org"),)


@pytest.mark.parametrize("field", ["subject", "marker", "in_reply_to"])
def test_no_header_can_be_slipped_in(field):
    raw = compose(reply(**{field: "x@y\r\nBcc: evil@example.net\r\n\r\nbody"}))
    assert b"\nBcc:" not in raw
    evil = compose(reply(to=(Address("a\r\nBcc: e@e", "k@example.org\r\nBcc: e@e"),), references=("a\r\nBcc: e@e",)))
    assert b"\nBcc:" not in evil


def test_blind_copies_are_not_in_the_bytes():
    raw = compose(reply(bcc=(Address("Boss", "boss@example.com"),)))
    assert b"boss" not in raw.lower()
    only = compose(reply(to=(), bcc=(Address("", "hidden@example.com"),)))
    assert b"To: undisclosed-recipients:;" in only
    assert b"hidden" not in only


def test_a_reply_is_tied_to_its_thread():
    message = read(compose(reply(in_reply_to="b@x", references=("a@x", "b@x"), cc=(Address("", "c@example.org"),))))
    assert message.thread_ids == ("m1@example.com", "b@x", "a@x")
    assert message.marker == "m1@example.com"
    assert message.sent_at == 1_760_000_000_000
    assert message.cc == (Address("", "c@example.org"),)
    many = compose(reply(in_reply_to="z@x", references=tuple(f"{n}@x" for n in range(500))))
    ids = read(many).thread_ids
    assert (ids[1], ids[-1], len(ids)) == ("z@x", "0@x", 41)


def test_nothing_says_that_a_program_wrote_it():
    raw = compose(reply()).lower()
    assert b"auto-submitted" not in raw
    assert not read(raw).automatic


def test_attachments_arrive_as_they_were():
    data = bytes(range(256)) * 50
    names = ("রসিদ ও বিল (২০২৬) একটি খুব দীর্ঘ নাম.pdf", "plain name.txt", 'quo"te.bin')
    raw = compose(reply(html=True, attachments=tuple((f"p{n}", name, "application/x-y") for n, name in enumerate(names))),
                  read=lambda _: data)  # fmt: skip
    message = read(raw)
    assert [one.name for one in message.attachments] == [names[0], names[1], "quo_te.bin"]
    assert all(part_bytes(raw, one.part) == data and one.size == len(data) for one in message.attachments)
    with pytest.raises(ValueError, match="nothing to read"):
        compose(reply(attachments=(("p", "x", "text/plain"),)))


def test_where_the_case_was_html_both_forms_say_the_same():
    raw = compose(reply(html=True, text="Hello <b>,\n\nsee https://example.com/a?b=1&c=2.\n\n> old\n> > older\n\nAsha"))
    parts = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.get_content_type() for part in parts.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    html = parts.get_body(("html",)).get_content()
    assert '<a href="https://example.com/a?b=1&amp;c=2">' in html
    assert "Hello &lt;b&gt;," in html
    assert html.count("<blockquote>") == html.count("</blockquote>") == 2


def test_the_standard_library_reads_what_we_write():
    raw = compose(reply(subject="বিষয় " * 30, to=(Address("José, Núñez", "jose@example.org"),), text="ধন্যবাদ\n"))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == ("বিষয় " * 30).strip()
    assert message["To"].addresses[0].display_name == "José, Núñez"
    assert message.get_content().strip() == "ধন্যবাদ"
    assert not message.defects


def test_addresses_beyond_ascii_are_kept_for_servers_that_take_them():
    raw = compose(reply(to=(Address("Jürgen", "jürgen@beispiel.example"),)))
    assert read(raw).to == (Address("Jürgen", "jürgen@beispiel.example"),)
