"""Frozen dataclasses whose methods are made when the first instance is.

The standard decorator compiles six methods for each class, more than half a millisecond, and the workstation knows
eighty classes before it shows a list that uses twenty: a quarter of its start. This one does the same, with the same
results, at the first instance (or when somebody asks for the fields). Everything here rests on one fact: there is no
instance before ``__init__`` or ``__setstate__`` has run.

A plain class (no dataclass among its bases, no ``field(…)``) gets at its first instance only what makes instances: the
module ``dataclasses`` alone takes longer to import than the first frame takes to paint. The rest follows when an instance
is compared, hashed or printed.
"""

from __future__ import annotations

import sys
from _thread import RLock  # threading's own, without the rest of it
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:

    class field:  # noqa: N801 - as the standard library's
        """As ``dataclasses.field``, which it becomes when the class is made."""

        def __init__(self, **values: Any) -> None:
            self.values = values

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """As ``dataclasses.dataclass(frozen=True, slots=True)``.

        Args:
            frozen, slots: true, both; they stand there so that the class says what it is.
            kw_only: all fields are keyword-only.

        Raises:
            TypeError: not frozen, or without slots.
        """
        if not (frozen and slots):
            raise TypeError("only frozen dataclasses with slots are made late")
        return lambda written: _late(written, kw_only=kw_only)


_MADE = ("__repr__", "__eq__", "__hash__", "__match_args__", "__dataclass_params__", "__replace__", "__doc__",
         "__dataclass_fields__", "__init__")  # fmt: skip
"""What is taken over, ``__init__`` last: who finds it, in whatever thread, finds everything else too."""

_lock = RLock()


def _late(written: type, *, kw_only: bool) -> type:
    """The class with its slots, and what makes the rest of it.

    Args:
        written: the class as it stands in the source. It becomes the ordinary dataclass that is copied from.
        kw_only: as above.
    """
    names = [name for name, kind in written.__annotations__.items() if not str(kind).startswith("ClassVar")]
    taken = {slot for base in written.__mro__[1:-1] for slot in base.__dict__.get("__slots__", ())}
    inside = {name: value for name, value in written.__dict__.items() if name not in {*names, "__dict__", "__weakref__"}}
    waiting = [written]

    def make() -> None:
        with _lock:
            if not waiting:
                return
            from dataclasses import dataclass as standard
            from dataclasses import field as standard_field

            for name in names:
                late: Any = written.__dict__.get(name)
                if type(late).__module__ == __name__:
                    setattr(written, name, standard_field(**late.values))
            plain: type = standard(frozen=True, kw_only=kw_only)(written)
            for name in _MADE:
                if name in plain.__dict__ and not (name == "__init__" and own):
                    setattr(made, name, plain.__dict__[name])
            waiting.clear()

    own = _is_plain(written, names)

    def start(self: Any, *values: Any, **named: Any) -> None:
        if own:
            with _lock:
                if made.__dict__["__init__"] is start:
                    made.__init__ = _initializer(written, names, kw_only=kw_only)
        else:
            make()
        made.__init__(self, *values, **named)

    if own:
        inside.update({name: stub for name, stub in _stubs(make).items() if inside.get(name) is None})
        inside["__match_args__"] = () if kw_only else tuple(names)
    inside.update(
        __slots__=tuple(name for name in names if name not in taken), __qualname__=written.__qualname__, __init__=start,
        __dataclass_fields__=_Fields(make), __setattr__=_refuse_setting, __delattr__=_refuse_deleting,
        __getstate__=_state, __setstate__=_set_state,
    )  # fmt: skip
    made: Any = type(written)(written.__name__, written.__bases__, inside)
    kept: type = made
    return kept


def _is_plain(written: type, names: list[str]) -> bool:
    """Whether instances can be made without the standard library: its own fields only, each with a value or none."""
    return all("__dataclass_fields__" not in base.__dict__ for base in written.__mro__[1:]) and not any(
        type(written.__dict__.get(name)).__module__ in ("dataclasses", __name__) for name in names
    )


def _initializer(written: type, names: list[str], *, kw_only: bool) -> Any:
    """``__init__`` as the standard library makes it."""
    defaults = {f"_default_{name}": written.__dict__[name] for name in names if name in written.__dict__}
    head = ", ".join(f"{name}=_default_{name}" if f"_default_{name}" in defaults else name for name in names)
    star = "*, " if kw_only and names else ""
    body = [f"  _set(self, {name!r}, {name})" for name in names]
    if hasattr(written, "__post_init__"):
        body.append("  self.__post_init__()")
    space: dict[str, Any] = {"_set": object.__setattr__, **defaults}
    exec(f"def __init__(self, {star}{head}):\n" + "\n".join(body or ["  pass"]), space)  # noqa: S102 - as the standard library
    made = space["__init__"]
    made.__qualname__ = f"{written.__qualname__}.__init__"
    return made


def _stubs(make: Callable[[], None]) -> dict[str, Any]:
    """What instances of a plain class need made before it can be answered; the answer is then the real one's."""

    def stub(name: str) -> Callable[..., Any]:
        def answer(self: Any, *values: Any, **named: Any) -> Any:
            make()
            return getattr(type(self), name)(self, *values, **named)

        return answer

    names = ("__repr__", "__eq__", "__hash__", *(("__replace__",) if sys.version_info >= (3, 13) else ()))
    return {name: stub(name) for name in names}


class _Fields:
    """Stands for the fields until somebody asks: ``dataclasses.fields``, ``replace``, a class derived from this one."""

    def __init__(self, make: Callable[[], None]) -> None:
        self._make = make

    def __get__(self, instance: object, owner: type) -> Any:
        self._make()
        return owner.__dataclass_fields__  # type: ignore[attr-defined]


def _refuse_setting(_self: object, name: str, _value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    from dataclasses import fields

    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    from dataclasses import fields

    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
