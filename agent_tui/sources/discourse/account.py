"""Asking the forum as one account: who we are, what is allowed, at what pace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, TryLater
from agent_tui.sources.answers import Answer, Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.base import Access
from agent_tui.sources.discourse.pace import Pace, shared
from agent_tui.sources.discourse.settings import DiscourseSettings
from agent_tui.sources.discourse.wire import Ourselves, line
from agent_tui.sources.http import Credential, HttpClient, Params

LONGEST_WAIT_MS = 600_000
LOOK_AGAIN_S = 1.0  # while waiting until the forum may be asked


class Account:
    """One account's way to its forum.

    Raises:
        AuthenticationError: there is no secret.
        Refused: the address cannot be used.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.settings: DiscourseSettings = access.settings
        secret = access.secret("")
        self._secret = Credential(secret)
        self.http = HttpClient(self.settings.url, now=access.now, authorize=self._headers, ca_file=self.settings.ca_file)
        self.base = f"{self.http.base}/"
        admin = self.settings.key == "admin"
        asks = self.settings.requests_per_minute, self.settings.requests_per_day
        self.pace: Pace = shared(self.http.base, secret, *asks, admin=admin)
        self.ours = Ourselves(0, self.settings.username.lower())
        self.title = ""

    def _headers(self) -> Mapping[str, str]:
        if self.settings.key == "user":
            return {"user-api-key": self._secret.reveal()}
        return {"api-key": self._secret.reveal(), "api-username": self.settings.username}

    async def close(self) -> None:
        """Let go of every connection."""
        await self.http.close()

    async def get(self, path: str, params: Params = None, *, urgent: bool = True) -> Any:
        """The JSON at a path.

        Args:
            urgent: an agent waits for it; else the caller has waited as ``pace`` asks.

        Raises:
            TryLater, Refused, AuthenticationError
        """
        await self._before(urgent=urgent)
        try:
            return (await self.http.get(path, params=params)).json()
        except TryLater as error:
            self._hold(error)
            raise
        except Forbidden:
            await self.confirm()
            raise

    async def change(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """Ask for a change, once; the JSON that is answered.

        Raises:
            TryLater, OutcomeUnknown, Refused, AuthenticationError
        """
        await self._before(urgent=True)
        try:
            answer: Answer = await self.http.change(method, path, json=json, **more)
        except TryLater as error:
            self._hold(error)
            raise
        except Forbidden:
            await self.confirm()
            raise
        try:
            return answer.json()
        except OutcomeUnknown:
            if method == "DELETE":  # answers nothing of use
                return None
            raise

    async def _before(self, *, urgent: bool) -> None:
        now = self.access.now()
        wait = self.pace.wait_ms(now, urgent=urgent)
        if urgent and wait:
            raise TryLater("the forum may not be asked more often by this key", retry_after_ms=wait)
        self.pace.asked(now, urgent=urgent)

    async def listen(self, path: str, *, json: Any, params: Params, headers: Mapping[str, str], wait_s: float) -> Any:
        """Wait at the message bus, where the forum may be asked; it counts as reading in bulk.

        Args:
            wait_s: longest wait for an answer.

        Raises:
            TryLater, OutcomeUnknown, Refused, AuthenticationError
        """
        while (wait := self.pace.wait_ms(self.access.now(), urgent=False)) > 0:  # noqa: ASYNC110 - time, not an event
            await asyncio.sleep(min(LOOK_AGAIN_S, wait / 1000))
        self.pace.asked(self.access.now(), urgent=False)
        try:
            return (await self.http.change("POST", path, json=json, params=params, headers=headers, wait_s=wait_s)).json()
        except TryLater as error:
            self._hold(error)
            raise

    def _hold(self, error: TryLater) -> None:
        if error.retry_after_ms:
            self.pace.hold(self.access.now() + min(error.retry_after_ms, LONGEST_WAIT_MS))

    async def confirm(self) -> None:
        """Make sure that the key is good: a forum says 403 both to a bad key and to a page that is not for us.

        Raises:
            AuthenticationError: it is not.
        """
        self.pace.asked(self.access.now())
        try:
            await self.http.get("session/current.json")
        except (Forbidden, Missing):
            raise AuthenticationError(self._no_login()) from None

    def _no_login(self) -> str:
        if self.settings.key == "user":
            return f"{self.settings.url.host} does not accept the user API key; it may have been revoked"
        return (
            f"{self.settings.url.host} does not accept the API key for the user '{self.settings.username}'; "
            "make one under Admin, API, and see that the user exists"
        )

    async def identify(self) -> None:
        """Learn who we are and what the account may do.

        Raises:
            AuthenticationError, TryLater, Refused
        """
        try:
            user = entry(await self._first("session/current.json"), "current_user")
        except (Forbidden, Missing):
            raise AuthenticationError(self._no_login()) from None
        name = text(user, "username")
        if not name:
            raise AuthenticationError(self._no_login())
        if name.lower() != self.settings.username.lower():
            raise Refused(f"the key is that of '{line(name)}', not of '{self.settings.username}'; correct username")
        staff = any(user.get(key) is True for key in ("staff", "admin", "moderator"))
        self.ours = Ourselves(
            id=number(user, "id"), username=name.lower(), name=line(text(user, "name")),
            whispers=user.get("whisperer") is True, staff=staff, reviews=staff or user.get("can_review") is True,
            assigns=user.get("can_assign") is True, team=self.settings.team,
        )  # fmt: skip
        self.title = line(text(await self._first("site/basic-info.json"), "title"))

    async def _first(self, path: str) -> Any:
        await self._before(urgent=True)
        return (await self.http.get(path)).json()

    async def categories(self) -> dict[str, int]:
        """Numbers of the watched categories by the name they have in the settings.

        Raises:
            Refused: one of them does not exist, or is not for us.
        """
        if not self.settings.categories:
            return {}
        paths = await self._paths()
        missing = [name for name in self.settings.categories if name not in paths]
        if missing:
            known = ", ".join(sorted(line(one) for one in paths)[:12])
            raise Refused(f"there is no category '{missing[0]}' that this account can see; there are: {known}")
        return {name: paths[name] for name in self.settings.categories}

    async def category(self, name: str) -> int:
        """The number of a category by its slug, or ``parent/child``.

        Raises:
            Refused: there is none that this account can see.
        """
        paths = await self._paths()
        if name not in paths:
            known = ", ".join(f"#{line(one)}" for one in sorted(paths)[:12])
            raise Refused(f"a topic is begun in one category, and there is no '#{line(name)}'; there are: {known}")
        return paths[name]

    async def _paths(self) -> dict[str, int]:
        """Numbers of all categories, by slug and by ``parent/child``."""
        found = entries(await self._first("site.json"), "categories")
        slugs = {number(one, "id"): text(one, "slug") for one in found}
        paths: dict[str, int] = {}
        for one in found:
            parent = slugs.get(number(one, "parent_category_id"), "")
            paths[f"{parent}/{text(one, 'slug')}" if parent else text(one, "slug")] = number(one, "id")
            paths.setdefault(text(one, "slug"), number(one, "id"))
        return paths
