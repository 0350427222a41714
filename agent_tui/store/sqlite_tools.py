"""sqlite-utils without what it would load besides: pandas and numpy where they happen to be installed.

Its import looks for both. The workstation imports it to migrate; with ``agent-tui[semantic]`` installed that would load
numpy there, 20 MB and a tenth of a second for something that no table here has.
"""

from __future__ import annotations

import sys

_UNWANTED = ("numpy", "pandas")

# A name that is None in ``sys.modules`` is not importable (the import system's documentation).
_hidden = [name for name in _UNWANTED if name not in sys.modules]
for _name in _hidden:
    sys.modules[_name] = None  # type: ignore[assignment]
try:
    from sqlite_utils import Database, Migrations
finally:
    for _name in _hidden:
        if sys.modules[_name] is None:
            del sys.modules[_name]

__all__ = ["Database", "Migrations"]
