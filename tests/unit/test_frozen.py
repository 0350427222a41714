"""Dataclasses that are made late are, from outside, the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest

import agent_tui
from agent_tui.domain import frozen

PACKAGE = Path(agent_tui.__file__).parent
Decorator = Callable[[type], type]


def family(decorator: Callable[..., Decorator]) -> tuple[Any, Any, Any]:
    """A class, one derived from it, and one with its own equality, made by one decorator."""
    field: Any = frozen.field if decorator is frozen.dataclass else dataclasses.field

    @decorator(frozen=True, slots=True)
    class Place:
        """A place."""

        kind: ClassVar[str] = "place"
        name: str
        near: tuple[str, ...] = ()
        notes: dict[str, int] = field(default_factory=dict)

        def __post_init__(self) -> None:
            if not self.name:
                raise ValueError("a place has a name")

        @property
        def loud(self) -> str:
            return self.name.upper()

    @decorator(frozen=True, slots=True, kw_only=True)
    class Town(Place):
        """A town."""

        kind: ClassVar[str] = "town"
        people: int = 0

    @decorator(frozen=True, slots=True)
    class Odd:
        """Says itself what equal means."""

        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Odd)

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "odd"

    return Place, Town, Odd


def plain_family(decorator: Callable[..., Decorator]) -> tuple[Any, Any]:
    """Classes without anything that instances need the standard library for."""

    @decorator(frozen=True, slots=True)
    class Point:
        """A point."""

        kind: ClassVar[str] = "point"
        x: int
        y: int = 2

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("left of everything")

    @decorator(frozen=True, slots=True, kw_only=True)
    class Odd:  # noqa: PLW1641 - what becomes of it is asked
        """Says itself what equal means."""

        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Odd)

    return Point, Odd


QUESTIONS: tuple[Callable[[Any, Any], object], ...] = (
    lambda point, odd: repr(point(1)), lambda point, odd: point(1) == point(1, 2), lambda point, odd: point(1) == (1, 2),
    lambda point, odd: {point(1): 3}[point(1)], lambda point, odd: point(1) != point(2), lambda point, odd: point.__match_args__,
    lambda point, odd: odd.__match_args__, lambda point, odd: dataclasses.replace(point(1), y=5).y,
    lambda point, odd: dataclasses.asdict(point(3)), lambda point, odd: odd(name="a") == odd(name="b"),
    lambda point, odd: repr(odd(name="a")), lambda point, odd: point(y=1, x=0).y, lambda point, odd: kind_of_point(point(7)),
    lambda point, odd: copy.copy(point(4)) == point(4), lambda point, odd: hash(odd(name="a")) == hash(odd(name="a")),
    lambda point, odd: [one.name for one in dataclasses.fields(point(1))], lambda point, odd: point(-1), lambda point, odd: point(),
    lambda point, odd: odd("a"), lambda point, odd: point(1, z=2), lambda point, odd: setattr(point(1), "x", 2),
    lambda point, odd: point(1) < point(2),
)  # fmt: skip


def kind_of_point(value: Any) -> object:
    point: Any = type(value)
    match value:
        case point(x, y):
            return x, y
    return None


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
@pytest.mark.parametrize("before", [False, True])
def test_a_plain_class_answers_its_first_question_as_the_standard_one(number: int, before: bool) -> None:
    """Each question is the first that a class is asked, or the first after one of its instances was made."""
    found = []
    for decorator in (frozen.dataclass, dataclasses.dataclass):
        point, odd = plain_family(decorator)
        if before:
            point(1), odd(name="x")
        try:
            found.append(QUESTIONS[number](point, odd))
        except Exception as error:
            found.append((type(error), str(error).replace("plain_family.<locals>.", "")))
    assert found[0] == found[1]


def answers(decorator: Callable[..., Decorator]) -> list[object]:
    """What somebody can find out about such classes."""
    place, town, odd = family(decorator)
    first: Any = town("Puri", ("sea",), people=3)
    found: list[object] = [repr(first), first.loud, first.kind, first == town("Puri", ("sea",), people=3)]
    found += [first == place("Puri", ("sea",)), first != town("Puri"), repr(place("Ujjain")), place("x").notes is place("x").notes]
    found += [[(one.name, one.kw_only) for one in dataclasses.fields(kind)] for kind in (place, town, odd)]
    found += [kind.__slots__ for kind in (place, town, odd)] + [kind.__match_args__ for kind in (place, town, odd)]
    found += [dataclasses.asdict(first), repr(dataclasses.replace(first, name="Gaya")), dataclasses.is_dataclass(town)]
    found += [odd("a") == odd("b"), hash(odd("a")), repr(odd("a")), town.__doc__, hasattr(first, "__dict__"), kind_of(place("Pune"))]
    found += [copy.copy(first) == first, copy.deepcopy(first) == first, copy.deepcopy(first).notes is first.notes]
    for wrong in (
        place, lambda: place(""), lambda: town("a", (), {}, 3), lambda: place("a", far=1), lambda: hash(first),
        lambda: setattr(first, "name", "b"), lambda: delattr(first, "name"), lambda: dataclasses.replace(first, nothing=1),
    ):  # fmt: skip
        with pytest.raises(Exception) as raised:
            wrong()
        found.append((raised.type, str(raised.value).replace("family.<locals>.", "")))
    return found


def kind_of(value: Any) -> str:
    """By ``match``, before anything else has asked for the class's arguments."""
    place: Any = type(value)
    match value:
        case place(name, near):
            return f"{name} {near}"
    return ""


def test_late_and_standard_dataclasses_answer_alike() -> None:
    assert answers(frozen.dataclass) == answers(dataclasses.dataclass)


def test_nothing_is_made_before_an_instance_or_a_question() -> None:
    place, _, _ = family(frozen.dataclass)
    assert "__repr__" not in place.__dict__
    place("Puri")
    assert "__repr__" in place.__dict__
    _, town, _ = family(frozen.dataclass)
    assert len(dataclasses.fields(town)) == 4
    assert "__repr__" in town.__dict__


def test_threads_that_make_the_first_instances_together_get_whole_ones() -> None:
    for _ in range(20):
        _, town, _ = family(frozen.dataclass)
        gate = threading.Barrier(6)
        made: list[Any] = []

        def make(town: Any = town, gate: threading.Barrier = gate, made: list[Any] = made) -> None:
            gate.wait()
            made.append(town("Puri", people=1))

        threads = [threading.Thread(target=make) for _ in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(made) == 6
        assert all(one == made[0] and one.notes == {} for one in made)


def test_a_pickle_of_a_late_dataclass_can_be_read_by_a_process_that_has_made_none() -> None:
    from agent_tui.domain.model import Address

    data = pickle.dumps([Address("a@example.org", "Asha")])
    code = (
        "import pickle, sys; found = pickle.loads(sys.stdin.buffer.read()); "
        "from agent_tui.domain.model import Address; print(found == [Address('a@example.org', 'Asha')])"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.strip() == b"True"


def test_only_frozen_slotted_ones_are_made_late() -> None:
    with pytest.raises(TypeError):
        frozen.dataclass(frozen=True, slots=False)


def test_every_late_dataclass_of_the_program_can_be_made() -> None:
    """A field without a default after one with a default is found here, not at the first instance."""
    number = 0
    for file in sorted(PACKAGE.rglob("*.py")):
        if "agent_tui.domain.frozen import" not in file.read_text(encoding="utf-8"):
            continue
        name = ".".join(("agent_tui", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for one in vars(import_module(name)).values():
            if isinstance(one, type) and one.__module__ == name and "__dataclass_fields__" in one.__dict__:
                assert dataclasses.fields(one) is not None
                number += 1
    assert number > 100
