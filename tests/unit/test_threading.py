"""What subjects say about conversations: never more than a suggestion."""

import pytest

from agent_tui.domain.threading import Sighting, base_subject, is_answer, suggests

DAY = 24 * 3600 * 1000


@pytest.mark.parametrize("subject", [
    "Invoice 12", "Re: Invoice 12", "RE: RE: Invoice 12", "AW: Invoice 12", "Antw: Invoice 12", "SV: Invoice 12", "VS: Invoice 12",
    "Fwd: Re: Invoice 12", "Re: [EXTERNAL] Invoice 12", "[EXTERNAL] Re: Invoice 12", "[list] Re: Invoice 12", "回复：Invoice 12",
    "回复: Invoice 12", "Re[2]: Invoice 12", "Re (3): Invoice 12", "WG: AW: invoice  12", "Invoice 12 (fwd)", "TR : Invoice 12",
    "RV: Invoice 12", "Odp: Invoice 12", "YNT: Invoice 12", "답장: Invoice 12", "رد: Invoice 12", "उत्तर: Invoice 12",
])  # fmt: skip
def test_answer_marks_and_tags_do_not_part_subjects(subject):
    assert base_subject(subject) == "invoice 12"


@pytest.mark.parametrize("subject", ["[Ticket 5]", "Region: north", "Rebate", "Re:", "12"])
def test_what_is_no_mark_stays(subject):
    assert base_subject(subject)


def test_an_endless_row_of_marks_ends():
    assert base_subject("Re: " * 100_000)


def test_answers_are_told():
    assert is_answer("[list] AW: x")
    assert not is_answer("[list] x")


def test_suggested_only_with_subject_people_and_time_in_common():
    one = Sighting("Invoice", ("c@example.com", "us@example.com"), 0)
    assert suggests(one, Sighting("Re: Invoice", ("C@example.com",), DAY))
    assert not suggests(one, Sighting("Re: Other", ("c@example.com",), DAY))
    assert not suggests(one, Sighting("Re: Invoice", ("x@example.com",), DAY))
    assert not suggests(one, Sighting("Re: Invoice", ("c@example.com",), 60 * DAY))
    assert not suggests(one, Sighting("Re: Invoice", ("us@example.com",), DAY), ours=("us@example.com",))
    assert not suggests(Sighting("", ("c@example.com",), 0), Sighting("Re:", ("c@example.com",), 0)) or base_subject("Re:")
