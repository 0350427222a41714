"""What the engine and its clients say to each other over ``engine.sock``: one JSON object a line.

A client asks ``{"id": 1, "ask": "sync", …}``; the engine answers any number of ``{"id": 1, "progress": {…}}`` and
then one ``{"id": 1, "result": {…}}`` or ``{"id": 1, "error": "…"}``. Besides, it tells everybody
``{"event": "changed", "cases": […]}`` (``"bulk": true`` where it is old mail that is fetched for the first time, for which
nobody waits) and ``{"event": "source", "name": …, "state": …}``. A line that is missed
costs nothing but a later repaint: the databases hold the truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LINE_LIMIT = 1 << 20
"""Bytes of the longest line that is read."""

NAME = "engine.sock"
"""The socket in the workspace, or a link to it where its path would be too long for an address."""


def encode(message: Mapping[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":"), default=str).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object in a line.

    Raises:
        ValueError: it is not a JSON object.
    """
    try:
        value = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for every line that is no question
    return value


def find(workspace: Path, address: Path) -> Path:
    """Where a client finds the socket: where the engine has left a link to, else where it belongs.

    Args:
        workspace: its directory.
        address: where it belongs as this process sees it; another process may see another runtime directory.
    """
    try:
        return workspace / (workspace / NAME).readlink()
    except OSError:
        return address
