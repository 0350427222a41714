"""The calls of Chatwoot's application API that are needed here, each once (``/api/v1/accounts/{account}``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

from agent_tui.domain.errors import Refused, SourceError, TryLater
from agent_tui.sources.answers import Answer, Forbidden, Unauthorized, entries, entry, failure, number, text
from agent_tui.sources.base import Access
from agent_tui.sources.chatwoot.pace import Pace
from agent_tui.sources.chatwoot.read import Json, handle
from agent_tui.sources.chatwoot.settings import ChatwootSettings
from agent_tui.sources.http import Credential, HttpClient, Params

MINUTE_MS = 60_000
BETWEEN = 1000  # messages at most when both ends are named (``MessageFinder``)
LAST = 1 << 53  # greater than the number of any message
HEADER_LOST = "; a proxy may drop headers with an underscore (nginx: underscores_in_headers on)"

Value = TypeVar("Value")


def judge(answer: Answer, now: int) -> SourceError | None:
    """What an answer means. Chatwoot counts by the minute and says nothing of when to come again (rack-attack)."""
    error = failure(answer, now)
    if answer.status == 429 and isinstance(error, TryLater) and error.retry_after_ms is None:
        return TryLater(str(error), retry_after_ms=MINUTE_MS)
    return error


class Api:
    """One account of one server.

    Args:
        access: whose settings are ``ChatwootSettings``.

    Attributes:
        me: the user whose token it is, as the profile says.
        inboxes: name and channel of each inbox, by number.
        follow: inboxes that are followed; empty: all.
    """

    def __init__(self, access: Access) -> None:
        settings: ChatwootSettings = access.settings
        self._access = access
        self._settings = settings
        self._token = Credential("")
        self._agents: dict[str, int] = {}
        self._skew_ms = 0
        self._pace = Pace()
        self.account = settings.account
        self.me: Json = {}
        self.inboxes: dict[int, tuple[str, str]] = {}
        self.follow: frozenset[int] = frozenset()
        self.http = HttpClient(
            settings.url, now=access.now, authorize=self._authorize, ca_file=settings.ca_file, judge=judge
        )

    def __repr__(self) -> str:
        return f"<Api {self.http.base} account {self.account}>"

    def _authorize(self) -> Mapping[str, str]:
        return {"api_access_token": self._token.reveal()}

    def server_now(self) -> float:
        """Seconds by the server's clock, as its last answer showed it."""
        return (self._access.now() + self._skew_ms) / 1000

    # -- asking

    async def _ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """One request; where the token has been renewed since, once more with the new one (a 401 did nothing)."""
        try:
            answer = await call()
        except Unauthorized as error:
            token = self._access.secret("")
            if token == self._token.reveal():
                raise await self._meant(error) from None
            self._token = Credential(token)
            answer = await call()
        self._look_at_clock(answer)
        return answer

    async def _meant(self, error: Unauthorized) -> SourceError:
        """Chatwoot says 401 as well to a good token whose user may not do this one thing."""
        try:
            await self.http.get("api/v1/profile")
        except Unauthorized:
            return Unauthorized(f"{error}{HEADER_LOST}", error.answer)
        return Forbidden(f"{error}; the token is good, but its user may not do this (is it a member of the inbox?)")

    def _look_at_clock(self, answer: Answer) -> None:
        try:
            there = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, IndexError):
            return
        self._skew_ms = int(there * 1000) - self._access.now()

    def _path(self, path: str) -> str:
        return f"api/v1/accounts/{self.account}/{path}"

    async def get(self, path: str, params: Params = None) -> Any:
        """Read something of the account, not too fast."""
        await self._pace.take()
        return (await self._ask(lambda: self.http.get(self._path(path), params=params))).json()

    async def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Change something of the account, once. What it answers besides success is not always JSON.

        Args:
            body: sent as JSON; ``more``: ``data`` and ``files`` instead.
        """
        answer = await self._ask(lambda: self.http.change("POST", self._path(path), json=body, **more))
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    async def save(self, url: str, target: Path) -> None:
        """Read an attachment to disk. Where files lie elsewhere, that server is not shown the token."""
        await self.http.save(url, target, elsewhere=True)

    # -- who and where

    async def open(self) -> None:
        """Who we are and which inboxes there are.

        Raises:
            AuthenticationError, TryLater, Refused
        """
        self._token = Credential(self._access.secret(""))
        answer = await self._ask(lambda: self.http.get("api/v1/profile"))
        self.me = entry(answer.json())
        if not text(self.me, "pubsub_token"):
            raise Refused(f"{self.http.base} does not answer like Chatwoot; check url")
        accounts = {number(one, "id") for one in entries(self.me, "accounts")}
        if accounts and self.account not in accounts:
            there = ", ".join(str(one) for one in sorted(accounts))
            raise Refused(f"this user is in no account {self.account} but in {there}; set account")
        found = entries(await self.get("inboxes"), "payload")
        self.inboxes = {number(one, "id"): (text(one, "name"), text(one, "channel_type")) for one in found}
        self.follow = self._chosen()

    def _chosen(self) -> frozenset[int]:
        names = {name.casefold(): one for one, (name, _) in self.inboxes.items()}
        chosen = set()
        for wanted in self._settings.inboxes:
            one = wanted if isinstance(wanted, int) else names.get(wanted.casefold(), 0)
            if one not in self.inboxes:
                there = ", ".join(f"{name} ({at})" for at, (name, _) in sorted(self.inboxes.items())) or "none"
                raise Refused(f"no inbox {wanted!r} that this user is a member of; there are {there}")
            chosen.add(one)
        return frozenset(chosen)

    def inbox_name(self, conversation: Json) -> str:
        """By which inbox a conversation came in."""
        return self.inboxes.get(number(conversation, "inbox_id"), ("", ""))[0]

    async def agent(self, name: str) -> int:
        """The number of an agent by the handle that cases show.

        Raises:
            Refused: nobody of that name.
        """
        if name not in self._agents:
            raw = await self.get("agents")
            self._agents = {key: number(one, "id") for one in entries(raw) for key in _keys(one)}
        if name.casefold() in self._agents:
            return self._agents[name.casefold()]
        there = ", ".join(sorted(self._agents)[:20]) or "nobody"
        raise Refused(f"there is no agent {name} in this account; there are {there}")

    # -- conversations and messages

    async def conversations(self, **params: str | int) -> list[Json]:
        """A page of conversations in every state, or with ``updated_within`` (seconds) all that changed since."""
        asked: dict[str, str | int] = {"status": "all", "assignee_type": "all", "sort_by": "last_activity_at_desc", **params}
        if len(self.follow) == 1:
            asked["inbox_id"] = next(iter(self.follow))
        return entries(await self.get("conversations", asked), "data", "payload")

    def followed(self, conversation: Json) -> bool:
        """Whether a conversation is in an inbox that is followed."""
        return not self.follow or number(conversation, "inbox_id") in self.follow

    async def conversation(self, conversation: int) -> Json:
        """One conversation.

        Raises:
            Missing: it is gone.
        """
        return entry(await self.get(f"conversations/{conversation}"))

    async def latest(self, conversation: int) -> list[Json]:
        """The twenty newest messages, or all where there are fewer."""
        return entries(await self.get(f"conversations/{conversation}/messages"), "payload")

    async def between(self, conversation: int, low: int, high: int) -> list[Json]:
        """Messages whose numbers are from ``low`` to below ``high``, at most ``BETWEEN`` of them.

        Fewer than that are all there are. Of more, Chatwoot gives the earliest by their time, not by their number,
        so that nothing can be said of what is missing: ask for less.
        """
        params = {"after": max(1, low), "before": high}
        return entries(await self.get(f"conversations/{conversation}/messages", params), "payload")


def _keys(agent: Json) -> set[str]:
    return {one.casefold() for one in (handle(agent), text(agent, "name"), text(agent, "email")) if one}
