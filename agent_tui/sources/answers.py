"""What a server answered over HTTP, what that means in the words of ``domain.errors``, and JSON read without trust."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.domain.text import clean
from agent_tui.sources.rate_limits import wait_ms

NOT_DONE = frozenset({408, 425, 429})  # statuses that say the request was not even looked at
BUSY = frozenset({500, 502, 503, 504, 507, 508, 520, 521, 522, 523, 524, 525, 526, 527, 530, 598, 599})


class Missing(Refused):
    """There is no such thing on the server, or this account may not know of it (404, 410)."""


class Forbidden(Refused):
    """The account may not do this (403)."""


class Unauthorized(AuthenticationError):
    """The credential is not, or no longer, accepted (401). A source may renew it and ask again.

    Args:
        answer: what the server said, for those whose body says what to do.
    """

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Args:
        changing: whether the request could have changed something, which decides what an unreadable answer means.
        url: without query, for messages.
        hidden: texts that no error may repeat (what the server was given as a credential).
        saved: bytes written to a file instead of ``body``.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = ""
    changing: bool = False
    hidden: tuple[str, ...] = field(default=(), repr=False)
    saved: int = 0

    def json(self) -> Any:
        """The body as JSON, None where it is empty.

        Raises:
            OutcomeUnknown, TryLater: it is not JSON: a proxy's page, or cut off.
        """
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            words = f"{self.url} answered something that is not JSON"
            raise (OutcomeUnknown(words) if self.changing else TryLater(words)) from None

    def said(self) -> str:
        """The server's own words about what is wrong, in one line, or nothing."""
        found = ""
        with contextlib.suppress(ValueError, RecursionError):
            found = _words(json.loads(self.body))
        if not found and self.headers.get("content-type", "").startswith("text/plain"):
            found = self.body[:400].decode("utf-8", "replace")
        for secret in self.hidden:
            found = found.replace(secret, "…")
        return clean(found[:400], multiline=False)


Judge = Callable[[Answer, int], SourceError | None]
"""Says what an answer means: an error, or None. The number is the time now in milliseconds."""


def failure(answer: Answer, now: int) -> SourceError | None:
    """What a status means, by RFC 9110 and the habits of the services here.

    Args:
        now: milliseconds since the epoch, for waits that are given as a date.
    """
    status = answer.status
    if status < 300 or status == 304:
        return None
    said = answer.said()
    words = f"{answer.url} answered {status}" + (f": {said}" if said else "")
    wait = wait_ms(answer.headers, answer.body, now) if status in {403, *NOT_DONE, *BUSY} else None
    if status in NOT_DONE or (status == 403 and wait is not None):
        return TryLater(words, retry_after_ms=wait)
    if status in BUSY:
        return OutcomeUnknown(words) if answer.changing else TryLater(words, retry_after_ms=wait)
    match status:
        case 401:
            return Unauthorized(words, answer)
        case 403:
            return Forbidden(words)
        case 404 | 410:
            return Missing(words)
        case 409 | 412:
            return Conflict(words)
        case _ if status < 400:
            return Refused(f"{words}; it points to {shown(answer.headers.get('location', 'nowhere'))}, which is not followed")
        case _:
            return Refused(words)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def shown(words: str) -> str:
    """A stranger's words, short, on one line and harmless."""
    return clean(words[:120], multiline=False)


# -- reading JSON without trust


def entry(value: Any, *path: str) -> dict[str, Any]:
    """The object at a path of keys, or an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in the list at a path of keys; whatever else is in it is left out."""
    *above, last = path or ("",)
    found = entry(value, *above).get(last) if path else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(value: Any, *path: str) -> str:
    """The text at a path of keys, uncleaned, or empty."""
    *above, last = path
    found = entry(value, *above).get(last)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str, default: int = 0, largest: int = 1 << 53) -> int:
    """The whole number at a path of keys (a fraction is cut off), or ``default`` where there is none in range."""
    *above, last = path
    found = entry(value, *above).get(last)
    if isinstance(found, bool) or not isinstance(found, int | float) or not -largest <= found <= largest:
        return default
    return int(found)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(one) for one in value[:5])))
    if isinstance(value, dict):
        for key in ("errors", "error", "message", "msg", "description", "detail", "status"):
            if key in value and (found := _words(value[key])):
                return found
    return ""
