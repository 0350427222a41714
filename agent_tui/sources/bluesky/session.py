"""One account's login: tokens that are renewed and never written down, and XRPC calls that go with them.

Logging in is limited to 300 times a day for each account (docs.bsky.app, "Rate Limits"), so a session is kept while the
source is open and renewed by its refresh token; the password is used again only when that is no longer accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.sources.answers import Answer, Forbidden, Missing, Unauthorized, failure, number, text
from agent_tui.sources.base import Access
from agent_tui.sources.bluesky.settings import BlueskySettings
from agent_tui.sources.http import Credential, HttpClient, Params
from agent_tui.sources.rate_limits import LONGEST_MS, wait_ms

LOGIN = "com.atproto.server.createSession"
RENEW = "com.atproto.server.refreshSession"
ENDED = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
CLOSED = frozenset({"AccountTakedown", "AccountSuspended", "AccountDeactivated", "RepoTakendown", "RepoDeactivated"})
GONE = frozenset({"NotFound", "RecordNotFound", "RepoNotFound", "BlobNotFound", "InvalidConvo", "HandleNotFound"})
BLOCKED = frozenset(
    {"BlockedActor", "BlockedByActor", "BlockedSubject", "MessagesDisabled", "NotFollowedBySender", "ConvoLocked"}
)
RESERVE = 10  # of a hundred requests, those that are left for what an agent does


def judge(answer: Answer, now: int) -> SourceError | None:
    """What an answer means by its ``error`` (atproto.com/specs/xrpc, "Error Responses"); the rest is as with any service."""
    if answer.status < 300:
        return None
    name, message = _error(answer)
    words = f"{answer.url} answered {answer.status}: {name or 'no reason'}" + (f": {message}" if message else "")
    if name == "RateLimitExceeded":
        return TryLater(words, retry_after_ms=wait_ms(answer.headers, answer.body, now))
    if name == "AuthFactorTokenRequired":
        return AuthenticationError(f"{words}; the account asks for a code by e-mail: use an app password, which needs none")
    if name == "InvalidToken" and message.startswith("Bad token"):  # a good session that may not do this
        return Forbidden(words)
    if name in ENDED:
        return Unauthorized(words, answer)
    if name in CLOSED:
        return AuthenticationError(words)
    if name in GONE:
        return Missing(words)
    if name in BLOCKED:
        return Forbidden(words)
    if name == "InvalidSwap":
        return Conflict(words)
    return failure(answer, now)


def _error(answer: Answer) -> tuple[str, str]:
    try:
        said = answer.json()
    except SourceError:
        return "", answer.said()
    name, message = text(said, "error"), text(said, "message")
    for secret in answer.hidden:
        name, message = name.replace(secret, "…"), message.replace(secret, "…")
    return name[:60], message[:300]


class Session:
    """A login, and what is asked with it.

    Args:
        access: what the source lives with.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.settings: BlueskySettings = access.settings
        self.did = ""
        self.handle = self.settings.handle
        self._token = Credential("")
        self._refresh = Credential("")
        self._renewing = asyncio.Lock()
        self._held_until = 0
        self.http = HttpClient(
            self.settings.url, now=access.now, authorize=self._authorization, ca_file=self.settings.ca_file, judge=judge
        )

    def __repr__(self) -> str:
        return f"<Session {self.access.name}>"

    def _authorization(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token.reveal()}"} if self._token else {}

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.close()

    # -- logging in

    async def login(self) -> None:
        """Begin a session.

        Raises:
            AuthenticationError, TryLater, Refused
        """
        secret = Credential(await asyncio.to_thread(self.access.secret, ""))
        self._token = self._refresh = Credential("")
        body = {"identifier": self.settings.handle, "password": secret.reveal()}
        try:
            answer = (await self.http.change("POST", f"xrpc/{LOGIN}", json=body)).json()
        except OutcomeUnknown as error:  # a login that may have happened is simply made again
            raise TryLater(str(error)) from None
        except Missing as error:
            raise Refused(f"{error}; no PDS answers there: url names the account's server, usually https://bsky.social") from None
        except Unauthorized as error:
            raise AuthenticationError(
                f"{self.settings.url.host} does not accept the app password of {self.settings.handle}; make one there "
                f"under Settings, Privacy and security, and store it with 'agent-tui secret set' ({error})"
            ) from None
        self._keep(answer)
        self.did, self.handle = text(answer, "did"), text(answer, "handle") or self.settings.handle
        if not self.did.startswith("did:") or not self._token:
            raise Refused(f"{self.settings.url.host} answered a login without an account; url must name a PDS")
        if answer.get("active") is False:
            raise AuthenticationError(f"the account {self.handle} is not active ({text(answer, 'status') or 'no reason given'})")

    def _keep(self, answer: Any) -> None:
        self._token = Credential(text(answer, "accessJwt"))
        self._refresh = Credential(text(answer, "refreshJwt"))

    async def _renew(self, used: Credential) -> None:
        """Get a token that works, once for everybody who waits: by the refresh token, else by the password."""
        async with self._renewing:
            if self._token is not used:
                return
            if self._refresh:
                self._token = self._refresh  # this one call shows the refresh token instead
                try:
                    answer = (await self.http.change("POST", f"xrpc/{RENEW}")).json()
                    self._keep(answer)
                    if self._token:
                        return
                except OutcomeUnknown as error:
                    self._token = used
                    raise TryLater(str(error)) from None
                except TryLater:
                    self._token = used
                    raise
                except (AuthenticationError, Refused):
                    pass
            try:
                await self.login()
            except SourceError:
                self._token = used
                raise

    # -- asking

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> Any:
        used = self._token
        try:
            answer = await ask()
        except Unauthorized:  # certainly not done, so that even a change may be asked for again
            await self._renew(used)
            answer = await ask()
        self._note(answer)
        return answer.json()

    def _note(self, answer: Answer) -> None:
        """Remember how much may still be asked (``RateLimit-*`` headers)."""
        try:
            limit, left = int(answer.headers["ratelimit-limit"]), int(answer.headers["ratelimit-remaining"])
            until = int(answer.headers["ratelimit-reset"]) * 1000
        except (KeyError, ValueError):
            return
        now = self.access.now()
        if left * 100 < limit * RESERVE and now < until < now + LONGEST_MS:
            self._held_until = until

    def spare(self) -> None:
        """To be called before reading what nobody waits for: the last requests of a window are kept for replies.

        Raises:
            TryLater: until the window ends.
        """
        now = self.access.now()
        if now < self._held_until:
            raise TryLater("few requests are left; they are kept for replies", retry_after_ms=self._held_until - now)

    def _headers(self, *, chat: bool) -> dict[str, str]:
        headers = {"atproto-proxy": f"{self.settings.chat}#bsky_chat"} if chat else {}
        if self.settings.labelers and not chat:
            headers["atproto-accept-labelers"] = ", ".join(self.settings.labelers)
        return headers

    async def get(self, method: str, params: Params = None, *, chat: bool = False) -> Any:
        """Ask a query of the PDS or, through it, of the network; its JSON.

        Args:
            method: NSID of the query.
            chat: it is one of the chat service.

        Raises:
            TryLater, Refused, AuthenticationError
        """
        return await self._asked(lambda: self.http.get(f"xrpc/{method}", params=params, headers=self._headers(chat=chat)))

    async def post(self, method: str, body: Any, *, chat: bool = False) -> Any:
        """Ask for a change, once; its JSON.

        Raises:
            TryLater, OutcomeUnknown, Refused, AuthenticationError
        """
        return await self._asked(
            lambda: self.http.change("POST", f"xrpc/{method}", json=body, headers=self._headers(chat=chat))
        )

    async def upload(self, content: bytes, media_type: str) -> dict[str, Any]:
        """Put a picture on the PDS; the blob that names it. Nobody sees it until a post shows it.

        Raises:
            TryLater, Refused, AuthenticationError
        """
        headers = {"content-type": media_type}
        try:
            answer = await self._asked(
                lambda: self.http.change("POST", "xrpc/com.atproto.repo.uploadBlob", content=content, headers=headers)
            )
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from None
        blob = answer.get("blob") if isinstance(answer, dict) else None
        if not isinstance(blob, dict) or number(blob, "size", default=-1) != len(content):
            raise TryLater("the server took a picture and did not say where it is")
        return blob

    async def save(self, address: str, target: Path) -> None:
        """Fetch a picture from where the network keeps it; our token is shown to our own server only.

        Raises:
            TryLater, Refused
        """
        await self.http.save(address, target, elsewhere=True)
