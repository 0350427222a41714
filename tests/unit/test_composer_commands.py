"""What is typed as recipients is read as meant, or refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.commands.compose import (
    COMPOSE,
    Recipients,
    audience,
    names,
    parse_recipients,
    show_recipients,
)
from agent_tui.domain.model import Address, Channel, Draft, Visibility


def mail(text):
    return parse_recipients(text, Channel.EMAIL)


def test_one_line_names_everybody():
    found = mail('Maria López <maria@example.com>, bob@example.org; cc: "Rao, Asha" <asha@example.com> bcc: x@y.zz')
    assert found == Recipients(
        (Address("Maria López", "maria@example.com"), Address("", "bob@example.org")),
        (Address("Rao, Asha", "asha@example.com"),),
        (Address("", "x@y.zz"),),
    )


def test_a_person_is_named_once():
    assert mail("a@example.com, A <A@example.com> cc: a@example.com") == Recipients((Address("", "a@example.com"),))


@pytest.mark.parametrize("text", ["maria", "maria@", "@example.com", "a@b@c.d", "Maria <maria>", "a b@example.com"])
def test_what_is_no_address_is_refused_by_name(text):
    with pytest.raises(ValueError, match="no e-mail address"):
        mail(text)


def test_nobody_is_refused():
    with pytest.raises(ValueError, match="to whom"):
        mail(" , ; cc: ")


def test_addresses_of_other_services_need_no_domain():
    assert parse_recipients("@maria:chat.example", Channel.CHAT).to == (Address("", "@maria:chat.example"),)


people = st.builds(
    Address,
    st.text(st.sampled_from('ab ,;"\\<é日'), max_size=6).map(lambda name: " ".join(name.split())),
    st.integers(0, 99).map(lambda n: f"user{n}@example.com"),
)


@given(st.lists(people, min_size=1, max_size=4, unique_by=lambda a: a.address))
def test_what_is_shown_can_be_typed(addresses):
    shown = show_recipients(Recipients(tuple(addresses[:1]), tuple(addresses[1:2]), tuple(addresses[2:])))
    assert mail(shown) == Recipients(tuple(addresses[:1]), tuple(addresses[1:2]), tuple(addresses[2:]))


def draft(visibility, **more):
    return Draft(id=1, case=1, source="mail", kind="reply", visibility=visibility, text="", **more)


def test_who_will_read_it_is_said_in_words():
    maria = Address("Maria", "maria@example.com")
    assert "only colleagues" in audience(draft(Visibility.NOTE), Channel.EMAIL)
    assert audience(draft(Visibility.PRIVATE, to=(maria,)), Channel.EMAIL) == "to Maria, by email, private"
    assert "anybody can read it" in audience(draft(Visibility.PUBLIC), Channel.COMMUNITY)
    assert "nobody" in audience(draft(Visibility.PRIVATE), Channel.EMAIL)


def test_many_people_are_counted():
    assert names([Address("", f"p{n}") for n in range(5)]) == "p0, p1, p2 +2"


def test_no_key_needs_alt_or_what_terminals_cannot_send():
    forbidden = {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket"}
    for one in COMPOSE:
        for key in one.keys:
            assert "alt" not in key
            assert key not in forbidden
