"""Asking the forum as one account: who we are, what is allowed, and one post after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from agent_tui.domain.errors import AuthenticationError, Refused
from agent_tui.sources.answers import Answer, Forbidden, Missing, entries, number, text
from agent_tui.sources.base import Access
from agent_tui.sources.http import Credential, HttpClient, Params
from agent_tui.sources.nodebb.settings import NodebbSettings
from agent_tui.sources.nodebb.wire import Ourselves, line, plain

WRITE = "api/v3/"
_LOCKS: dict[str, asyncio.Lock] = {}


class Account:
    """One account's way to its forum.

    Attributes:
        ours: who we are; ``title``: of the forum.
        shortest, longest, longest_chat: characters of a post and of a chat message; 0 where not known.
        watched: number -> slug of the categories that are watched; empty: all. ``names``: titles of all.
        uids: numbers of users that were asked for, by name.
        note_markers: by what notes on flags of ours are known, by ``flag.milliseconds``: the forum keeps no field of ours.

    Raises:
        AuthenticationError: there is no secret.
        Refused: the address cannot be used.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.settings: NodebbSettings = access.settings
        self._secret = Credential(access.secret(""))
        self.http = HttpClient(self.settings.url, now=access.now, authorize=self._headers, ca_file=self.settings.ca_file)
        self.base = f"{self.http.base}/"
        self.ours = Ourselves(0, self.settings.username.lower())
        self.title = ""
        self.shortest = self.longest = self.longest_chat = 0
        self.watched: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.uids: dict[str, int] = {}
        self.note_markers: dict[str, str] = {}

    def _headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._secret.reveal()}"}

    def _params(self, params: Params) -> Params:
        """A master token says in each request as whom it acts."""
        return {**(params or {}), "_uid": self.settings.uid} if self.settings.uid else params

    @property
    def lock(self) -> asyncio.Lock:
        """Whoever posts as this user holds it: the forum refuses two posts of one user at once."""
        return _LOCKS.setdefault(f"{self.base} {self.ours.id} {id(asyncio.get_running_loop())}", asyncio.Lock())

    async def close(self) -> None:
        """Let go of every connection."""
        await self.http.close()

    async def get(self, path: str, params: Params = None) -> Any:
        """The JSON at a path; of the write API (``api/v3``) what it answered with.

        Raises:
            TryLater, Refused, AuthenticationError
        """
        try:
            found = (await self.http.get(path, params=self._params(params))).json()
        except Forbidden:
            await self.confirm()
            raise
        return found.get("response") if path.startswith(WRITE) and isinstance(found, dict) else found

    async def change(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """Ask for a change, once; what is answered.

        Raises:
            TryLater, OutcomeUnknown, Refused, AuthenticationError
        """
        try:
            answer: Answer = await self.http.change(method, path, json=json, params=self._params(None), **more)
        except Forbidden:
            await self.confirm()
            raise
        found = answer.json()
        return found.get("response") if isinstance(found, dict) else found

    async def confirm(self) -> None:
        """Make sure that the token is good: a forum says 403 both to a bad one and to what is not for us.

        Raises:
            AuthenticationError: it is not.
        """
        try:
            await self.http.get("api/self", params=self._params(None))
        except (AuthenticationError, Forbidden, Missing):
            raise AuthenticationError(self._no_login()) from None

    def _no_login(self) -> str:
        return (
            f"{self.settings.url.host} does not accept the token for the user '{self.settings.username}'; make one in its "
            "administration under Settings, API access, and store it with 'agent-tui secret set'"
        )

    async def identify(self) -> None:
        """Learn who we are and what the account may do.

        Raises:
            AuthenticationError, TryLater, Refused
        """
        try:
            user = (await self.http.get("api/self", params=self._params(None))).json()
        except (AuthenticationError, Forbidden, Missing):
            raise AuthenticationError(self._no_login()) from None
        name = text(user, "username")
        if not name or number(user, "uid") <= 0:
            raise AuthenticationError(self._no_login())
        if plain(name).lower() != self.settings.username.lower():
            wrong = "uid" if self.settings.uid else "username"
            raise Refused(f"the token acts as '{plain(name)}', not as '{self.settings.username}'; correct {wrong}")
        moderates = any(
            user.get(key) is True
            for key in ("isAdmin", "isGlobalModerator", "isModerator", "isAdminOrGlobalModeratorOrModerator")
        )
        self.ours = Ourselves(
            id=number(user, "uid"), username=plain(name).lower(), name=plain(text(user, "displayname")) or plain(name),
            slug=line(text(user, "userslug")), moderates=moderates, team=self.settings.team, base=self.base,
        )  # fmt: skip
        config = await self.get("api/config")
        self.title = plain(text(config, "siteTitle")) or plain(text(config, "browserTitle"))
        self.shortest, self.longest = number(config, "minimumPostLength"), number(config, "maximumPostLength")
        self.longest_chat = number(config, "maximumChatMessageLength")

    async def categories(self) -> None:
        """Learn the watched categories, and who moderates them.

        Raises:
            Refused: one of them does not exist, or is not for us.
        """
        found = entries(await self.get(f"{WRITE}categories"), "categories")
        slugs = {number(one, "cid"): line(text(one, "slug")) for one in found if number(one, "cid") > 0}
        self.names = {number(one, "cid"): plain(text(one, "name")) for one in found if number(one, "cid") > 0}
        known: dict[str, int] = {}
        for cid, slug in slugs.items():
            for name in (str(cid), slug, slug.partition("/")[2]):
                known.setdefault(name.lower(), cid)
        missing = [one for one in self.settings.categories if one.lower() not in known]
        if missing:
            there = ", ".join(sorted(slugs.values())[:12])
            raise Refused(f"there is no category '{missing[0]}' that this account can see; there are: {there}")
        self.watched = {known[one.lower()]: slugs[known[one.lower()]] for one in self.settings.categories}
        staff: set[int] = set()
        for cid in self.watched:
            try:
                staff |= {number(one, "uid") for one in entries(await self.get(f"api/categories/{cid}/moderators"), "moderators")}
            except (Forbidden, Missing):
                continue
        self.ours = self.ours.with_staff(staff - {0})

    async def uid(self, username: str) -> int:
        """The number of a user.

        Raises:
            Refused: there is no such user.
        """
        name = username.strip().lower()
        if name == self.ours.username:
            return self.ours.id
        if name not in self.uids:
            try:
                found = await self.get(f"api/user/username/{quote(username.strip(), safe='')}")
            except Missing:
                raise Refused(f"the forum has no user '{line(username)}'") from None
            if number(found, "uid") <= 0:
                raise Refused(f"the forum has no user '{line(username)}'")
            self.uids[name] = number(found, "uid")
        return self.uids[name]

    def category(self, name: str) -> int:
        """The number of a category by number, slug or title; 0 where there is none."""
        wanted = name.strip().lower()
        for cid, title in self.names.items():
            slug = self.watched.get(cid, "")
            if wanted in (str(cid), title.lower(), slug.lower(), slug.partition("/")[2].lower()):
                return cid
        return 0
