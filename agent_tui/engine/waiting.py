"""Who waits for a source's line: for a round of fetching and delivering, or for something that is to be fetched."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from agent_tui.engine.status import SourceResult
from agent_tui.sources.base import Want

_Value = TypeVar("_Value")


@dataclass(slots=True)
class Round:
    """Somebody waits for everything to be fetched and delivered once."""

    done: asyncio.Future[SourceResult]
    pulled: bool = False
    messages: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(slots=True)
class Request:
    """Somebody waits for a body or an attachment."""

    message: int
    want: Want
    done: asyncio.Future[str]


def resolve(future: asyncio.Future[_Value], value: _Value | Exception) -> None:
    """Tell whoever waits; nobody is told twice."""
    if future.done():
        return
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
