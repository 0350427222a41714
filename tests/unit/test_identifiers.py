"""Numbers that name cases and messages."""

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain import identifiers


@given(st.text(), st.text())
def test_a_case_code_is_seven_characters_and_its_prefixes_find_it(source: str, root: str) -> None:
    number = identifiers.case_id(source, root)
    code = identifiers.case_code(number)
    assert len(code) == identifiers.WIDTH
    for length in range(1, len(code) + 1):
        low, high = identifiers.case_range(code[:length]) or (1, 0)
        assert low <= number <= high
    assert identifiers.case_range(code) == (number, number)


def test_nothing_is_found_by_what_cannot_be_a_code() -> None:
    assert identifiers.case_range("") is None
    assert identifiers.case_range("aeiou") is None
    assert identifiers.case_range("00000000") is None


@given(st.integers(0, 2**42), st.integers(0, 2**42))
def test_message_ids_follow_the_time_of_receipt(one: int, other: int) -> None:
    if one <= other:
        assert identifiers.first_message_id(one) <= identifiers.first_message_id(other)


def test_a_printed_message_id_is_read_back() -> None:
    assert identifiers.message_number(identifiers.message_code(12)) == 12
    assert identifiers.message_number("12") is None
    assert identifiers.message_number("mx") is None
