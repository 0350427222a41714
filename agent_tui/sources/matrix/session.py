"""One account's login: the device that stays the same, tokens that are renewed, and calls that go with them.

Nothing of it is ever written to a file. The device id is worked out anew each time from what names this computer and
workspace, because Synapse knows a transaction id again for the device that used it.
"""

from __future__ import annotations

import asyncio
import hashlib
import platform
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.sources.answers import Answer, Forbidden, Missing, Unauthorized, entry, failure, text
from agent_tui.sources.base import Access
from agent_tui.sources.http import READ_S, Credential, HttpClient
from agent_tui.sources.matrix.settings import MatrixSettings
from agent_tui.sources.rate_limits import wait_ms

V3 = "_matrix/client/v3"
V1 = "_matrix/client/v1"
MACHINE = Path("/etc/machine-id")
RENEWABLE = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")
LOCKED = ("M_USER_LOCKED", "M_USER_SUSPENDED", "M_USER_DEACTIVATED")


def device_id(access: Access) -> str:
    """The same for this computer, workspace and source, however often the engine starts."""
    try:
        machine = MACHINE.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = platform.node()
    words = f"{machine}\0{access.workspace}\0{access.name}"
    return f"AGENTTUI{hashlib.blake2b(words.encode('utf-8', 'surrogatepass'), digest_size=5).hexdigest().upper()}"


def code(answer: Answer) -> str:
    """The ``errcode`` of an answer, or nothing."""
    try:
        return text(answer.json(), "errcode")
    except SourceError:
        return ""


def judge(answer: Answer, now: int) -> SourceError | None:
    """What an answer means (client-server API, "Standard error response"); the rest is as with any service."""
    if answer.status < 300:
        return None
    words = f"{answer.url} answered {answer.status}: {answer.said()}"
    match code(answer):
        case "M_LIMIT_EXCEEDED":
            return TryLater(words, retry_after_ms=wait_ms(answer.headers, answer.body, now))
        case "M_RESOURCE_LIMIT_EXCEEDED":
            return TryLater(words)
        case errcode if errcode in LOCKED:
            return AuthenticationError(words)
        case errcode if errcode in RENEWABLE:
            return Unauthorized(words, answer)
    return failure(answer, now)


class Session:
    """A login, and what is asked with it.

    Args:
        access: what the source lives with.
        http: to the homeserver; its ``authorize`` must be ``Session.authorization``.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._settings: MatrixSettings = access.settings
        self._token = Credential("")
        self._refresh = Credential("")
        self._renewing = asyncio.Lock()
        self.device = device_id(access)
        self.user_id = ""
        self.http = HttpClient(
            self._settings.url, now=access.now, authorize=self._authorization, ca_file=self._settings.ca_file, judge=judge,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Session {self._access.name}>"

    def _authorization(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token.reveal()}"} if self._token else {}

    async def close(self) -> None:
        """Let go of the connections. The device stays logged in, so that it is known again."""
        await self.http.close()

    async def versions(self) -> tuple[str, ...]:
        """Versions of the specification that the server speaks; needs no login.

        Raises:
            Refused: no homeserver answers there.
        """
        try:
            answer = (await self.http.get("_matrix/client/versions")).json()
        except (Missing, Forbidden):
            raise Refused(
                f"no Matrix homeserver answers at {self.http.base}; name the address that "
                "/.well-known/matrix/client of your server gives as its base_url"
            ) from None
        found = entry(answer).get("versions")
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    async def login(self) -> None:
        """Log in, or with a token see whose it is.

        Raises:
            AuthenticationError, TryLater, Refused
        """
        secret = Credential(await asyncio.to_thread(self._access.secret, ""))
        if self._settings.auth == "token":
            self._token = secret
            answer = await self._own(self.http.get(f"{V3}/account/whoami"))
        else:
            self._token = Credential("")
            body = {
                "type": "m.login.password", "identifier": {"type": "m.id.user", "user": self._settings.username},
                "password": secret.reveal(), "device_id": self.device, "refresh_token": True,
                "initial_device_display_name": "agent-tui",
            }  # fmt: skip
            answer = await self._own(self.http.change("POST", f"{V3}/login", json=body))
            self._keep(answer)
        self.user_id = text(answer, "user_id")
        self.device = text(answer, "device_id") or self.device
        if self.user_id.lower() != self._settings.username.lower():
            raise AuthenticationError(
                f"{self._access.name}: the secret belongs to {self.user_id or 'nobody'}, not to {self._settings.username}"
            )

    async def _own(self, asking: Awaitable[Answer]) -> Any:
        """The answer to a question about ourselves: a refusal means that the secret is wrong.

        A login that may have happened is simply made again.
        """
        try:
            return (await asking).json()
        except Forbidden as error:
            raise AuthenticationError(str(error)) from None
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from None

    def _keep(self, answer: Any) -> None:
        self._token = Credential(text(answer, "access_token"))
        self._refresh = Credential(text(answer, "refresh_token"))

    async def _renew(self, used: Credential) -> None:
        """Get a token that works, once for everybody who waits: by the refresh token, else by logging in again."""
        async with self._renewing:
            if self._token is not used:
                return
            if self._refresh:
                try:
                    body = {"refresh_token": self._refresh.reveal()}
                    self._token = Credential("")
                    answer = await self.http.change("POST", f"{V3}/refresh", json=body)
                    refreshed = answer.json()
                    self._token = Credential(text(refreshed, "access_token"))
                    self._refresh = Credential(text(refreshed, "refresh_token")) or self._refresh
                    return
                except OutcomeUnknown as error:
                    self._token = used
                    raise TryLater(str(error)) from None
                except TryLater:
                    self._token = used
                    raise
                except (AuthenticationError, Refused):
                    self._refresh = Credential("")
            if self._settings.auth == "token":
                self._token = used
                raise AuthenticationError(
                    f"{self._access.name}: the homeserver does not accept this access token any more; store a new one"
                )
            await self.login()

    async def _with_token(self, ask: Callable[[], Awaitable[Answer]]) -> Any:
        used = self._token
        try:
            return (await ask()).json()
        except Unauthorized:  # certainly not done, so that even a change may be asked for again
            await self._renew(used)
            return (await ask()).json()

    async def get(self, path: str, *, api: str = V3, params: Mapping[str, Any] | None = None, wait_s: float = READ_S) -> Any:
        """Read something; its JSON."""
        return await self._with_token(lambda: self.http.get(f"{api}/{path}", params=params, wait_s=wait_s))

    async def put(self, path: str, body: Any, *, method: str = "PUT", api: str = V3) -> Any:
        """Change something, once; the server's answer."""
        return await self._with_token(lambda: self.http.change(method, f"{api}/{path}", json=body))

    async def upload(self, name: str, media_type: str, content: bytes) -> str:
        """Put a file on the server; its ``mxc://`` address. Nobody is told of it, so it may be put there twice.

        Raises:
            TryLater, Refused
        """
        async def ask() -> Answer:
            return await self.http.change(
                "POST", "_matrix/media/v3/upload", params={"filename": name}, content=content,
                headers={"content-type": media_type}, wait_s=READ_S * 3,
            )  # fmt: skip

        try:
            found = text(await self._with_token(ask), "content_uri")
        except OutcomeUnknown as error:
            raise TryLater(str(error)) from None
        if not found:
            raise TryLater("the homeserver took a file and did not say where it is")
        return found

    async def download(self, server: str, media: str, target: Path) -> None:
        """Fetch a file, with our token (since 1.11), or without from a server that is older."""
        used = self._token
        path = f"{quote(server)}/{quote(media)}"
        try:
            await self.http.save(f"{V1}/media/download/{path}", target, elsewhere=True)
        except Unauthorized:
            await self._renew(used)
            await self.http.save(f"{V1}/media/download/{path}", target, elsewhere=True)
        except Missing as error:
            if "M_UNRECOGNIZED" not in str(error) and "nrecognized" not in str(error):
                raise
            await self.http.save(f"_matrix/media/v3/download/{path}", target, elsewhere=True)
