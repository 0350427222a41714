"""Leaves out of the workstation's start what Textual and asyncio import and the workstation never uses.

* Textual's command palette, with the six widgets it is made of: the workstation has its own.
* TLS: the workstation never speaks to a network, and asyncio can do without, as in a Python that is built without it.

Each takes more time than the list does. A Textual that asks more of the palette than is known here gets the real one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_PALETTE = "textual.command"
_NAMES = ("CommandListItem", "CommandPalette", "DiscoveryHit", "Hit", "Hits", "Provider", "SimpleProvider")
"""What Textual's other modules import of it, for its annotations, its bases and what the palette's key would do."""


class _Palette(ModuleType):
    """Stands for the palette while Textual is imported."""

    def __init__(self) -> None:
        super().__init__(_PALETTE)
        self.__dict__.update({name: type(name, (), {}) for name in _NAMES})

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        from importlib import import_module

        sys.modules.pop(_PALETTE, None)
        return getattr(import_module(_PALETTE), name)


@contextmanager
def spared() -> Iterator[None]:
    """Within, ``textual.app`` and ``asyncio`` are imported without it; afterwards whoever wants it gets the real one."""
    put: dict[str, ModuleType | None] = {}
    if "asyncio" not in sys.modules and "ssl" not in sys.modules:
        put["ssl"] = None
    if "textual.app" not in sys.modules and _PALETTE not in sys.modules:
        put[_PALETTE] = _Palette()
    sys.modules.update(put)  # type: ignore[arg-type]  # None: "there is none"
    try:
        yield
    finally:
        for name, module in put.items():
            if name in sys.modules and sys.modules[name] is module:
                del sys.modules[name]
