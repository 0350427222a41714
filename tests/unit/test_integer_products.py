"""A model's products become ones in whole numbers, as far as its weights are such; everything else stays as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.knowledge import integer_products
from agent_tui.knowledge.integer_products import in_whole_numbers


def field(number, value):
    """A field, as protocol buffers write it, for numbers below 16 and 128, and lengths below 16,384."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    length = [len(value)] if len(value) < 128 else [len(value) & 127 | 128, len(value) >> 7]
    return bytes([number << 3 | 2, *length]) + value


def node(kind, inputs, output):
    return field(1, b"".join([*(field(1, one) for one in inputs), field(2, output), field(4, kind)]))


def tensor(name, *sizes):
    return field(5, b"".join([*(field(1, one) for one in sizes), field(8, name)]))


CAST = node(b"Cast", (b"w_q",), b"w_f")
SCALED = node(b"Mul", (b"w_f", b"w_scale"), b"w")
OTHER = node(b"MatMul", (b"x", b"v"), b"y")
WEIGHTS = tensor(b"w_q", 4, 3)


def model(*graph):
    return field(1, 8) + field(7, b"".join(graph)) + field(8, field(2, 17))


def test_a_product_with_scaled_weights_takes_them_as_they_are_and_the_rest_is_untouched():
    before = model(CAST, SCALED, node(b"MatMul", (b"x", b"w"), b"z"), OTHER, WEIGHTS, tensor(b"w_scale", 1, 3), tensor(b"v", 1, 3))
    asked = (field(1, b"x"), field(1, b"w_q"), field(1, b"w_scale"))
    quick = field(1, b"".join([*asked, field(2, b"z"), field(4, b"DynamicQuantizeMatMul"), field(7, b"com.microsoft")]))
    after = model(CAST, SCALED, quick, OTHER, WEIGHTS, tensor(b"w_scale", 3), tensor(b"v", 1, 3))
    assert in_whole_numbers(before) == after + field(8, field(1, b"com.microsoft") + field(2, 1))


@pytest.mark.parametrize("there", [(), (WEIGHTS,), (tensor(b"w_scale", 1, 3),)])
def test_a_model_without_such_weights_is_the_same(there):
    whole = model(CAST, SCALED, node(b"MatMul", (b"x", b"w"), b"z"), OTHER, *there)
    assert in_whole_numbers(whole) == whole


@pytest.mark.parametrize("text", [b"no model at all", b"\x3a\xff", b"\x3a\x05\x0a", b"\xff", b"\x3a\x02\x0a\x7f"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ValueError, match="no ONNX model"):
        in_whole_numbers(text)


@given(st.lists(st.tuples(st.integers(1, 500), st.one_of(st.integers(0, 2**63), st.binary(max_size=300)))))
def test_what_is_read_is_written_as_it_was(fields):
    typed = [(number, 0 if isinstance(value, int) else 2, value) for number, value in fields]
    data = integer_products._written(typed)
    assert list(integer_products._fields(data)) == typed
    assert integer_products._written(list(integer_products._fields(data))) == data
