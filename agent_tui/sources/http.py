"""HTTP for sources: one client for each account, whose answers and failures are in the words of ``domain.errors``.

What it promises, so that no source has to:

* certificates are verified always; a private authority is trusted beside the system's; plain http is for loopback;
* a credential is sent to the account's own server and nowhere else, and is in no representation, error or log;
* a reading that a dead connection spoilt is tried once more; nothing that changes anything is ever repeated here;
* whether a change was certainly not made (``TryLater``), is refused (``Refused``) or may have been made
  (``OutcomeUnknown``) is decided in one place, ``answers.failure``;
* an answer has a largest size; ``sources.answers`` reads its JSON without trust.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from agent_tui.domain.errors import OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.domain.settings import Url
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Answer, Judge, failure, shown

CONNECT_S = 20.0
READ_S = 60.0  # between two pieces of an answer
WHOLE_S = 240.0  # for a whole answer, however slowly its pieces come
LARGEST = 64 * 1024 * 1024  # bytes of an answer that is read into memory
LARGEST_FILE = 2 * 1024 * 1024 * 1024
HOPS = 5
PIECE = 256 * 1024
HIDDEN = "<credential>"

Authorize = Callable[[], Mapping[str, str]]
"""Gives the headers that show who we are; called for each request, so that they may be renewed in between."""


class Credential:
    """A secret kept while a connection is open; no ``repr``, ``str`` or format shows it."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The secret, for a header and nothing else."""
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__value)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification is always on; ``ca_file`` is trusted beside the system's authorities.

    Raises:
        Refused: the file cannot be read as certificates.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or error
            raise Refused(f"ca_file {ca_file} cannot be used: {reason}; it must hold PEM certificates") from None
    return context


class HttpClient:
    """Speaks with one server as one account.

    Args:
        base: where it is; a path in it is put before every path asked for.
        now: milliseconds since the epoch.
        authorize: headers that show who we are; they go to this server only.
        ca_file: private authority, or None.
        judge: what an answer means; a source that knows better asks ``answers.failure`` for the rest.
        transport: for tests; None: the network.

    Raises:
        Refused: plain http to another machine, or an unusable ``ca_file``.
    """

    def __init__(
        self, base: Url, *, now: Callable[[], int], authorize: Authorize = dict, ca_file: Path | None = None,
        judge: Judge = failure, transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        if base.scheme != "https" and not base.loopback:
            raise Refused(f"{base.host}: without TLS the secret would be shown to everybody on the way; use https://")
        host = f"[{base.host}]" if ":" in base.host else base.host
        self.base = f"{base.scheme}://{host}:{base.port}{base.path}"
        self._origin = httpx.URL(self.base)
        self._local = base.loopback
        self._now = now
        self._authorize = authorize
        self._judge = judge
        self._client = httpx.AsyncClient(
            verify=tls_context(ca_file),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=5),
            follow_redirects=False,
            trust_env=not base.loopback,
            transport=transport,
            headers={"user-agent": "agent-tui", "accept": "application/json"},
        )

    def __repr__(self) -> str:
        return f"<HttpClient {self.base}>"

    async def close(self) -> None:
        """End every connection; may be called twice."""
        with contextlib.suppress(Exception):
            await self._client.aclose()

    async def get(
        self, path: str, *, params: Params = None, headers: Mapping[str, str] | None = None, wait_s: float = READ_S,
    ) -> Answer:  # fmt: skip
        """Read something. Redirects are followed within the server; a connection that had died is opened anew once.

        Args:
            wait_s: longest silence; a long poll needs more than its own time.

        Raises:
            TryLater, AuthenticationError, Refused: see ``answers.failure``.
        """
        ask = _Ask("GET", path, params=params, headers=headers or {}, wait_s=wait_s)
        try:
            return await self._follow(ask)
        except _Broken:
            try:
                return await self._follow(ask)
            except _Broken as error:
                raise TryLater(str(error)) from None

    async def change(
        self, method: str, path: str, *, json: Any = None, params: Params = None, data: Mapping[str, str] | None = None,
        files: Any = None, content: Any = None, headers: Mapping[str, str] | None = None, wait_s: float = READ_S,
    ) -> Answer:  # fmt: skip
        """Ask for a change, once.

        Args:
            json, data, files, content: the body, as httpx takes them.

        Raises:
            TryLater: certainly not done.
            OutcomeUnknown: perhaps done.
            AuthenticationError, Refused
        """
        body = {"json": json, "data": data, "files": files, "content": content}
        ask = _Ask(
            method, path, params=params, headers=headers or {}, wait_s=wait_s, changing=True,
            body={name: value for name, value in body.items() if value is not None},
        )  # fmt: skip
        try:
            return self._judged(await self._once(ask))
        except _Broken as error:
            raise OutcomeUnknown(str(error)) from None

    async def save(
        self, path: str, target: Path, *, params: Params = None, largest: int = LARGEST_FILE, elsewhere: bool = False,
    ) -> int:  # fmt: skip
        """Read a file to disk, piece by piece; ``target`` is there whole or not at all.

        Args:
            path: below the server, or a whole address.
            largest: bytes; a longer file is refused.
            elsewhere: follow to other servers over https, where the service keeps its files there. They are
                never shown the credential.

        Returns:
            How many bytes it has.
        """
        ask = _Ask("GET", path, params=params, headers={"accept": "*/*"}, largest=largest, target=target, elsewhere=elsewhere)
        try:
            answer = await self._follow(ask)
        except _Broken as error:
            raise TryLater(str(error)) from None
        if answer.status != 200:
            raise TryLater(f"{answer.url} answered {answer.status} instead of a file")
        return answer.saved

    # -- one request after the other

    async def _follow(self, ask: _Ask) -> Answer:
        url = self._url(ask.path)
        for _ in range(HOPS):
            answer = await self._once(ask, url)
            place = answer.headers.get("location", "")
            if answer.status not in {301, 302, 303, 307, 308} or not place:
                return self._judged(answer)
            further = httpx.URL(urljoin(str(url), place))
            if not self._may_go(further, ask):
                return self._judged(answer)
            url, ask = further, replace(ask, params=None)
        raise Refused(f"{answer.url} leads from one address to the next without an end")

    def _may_go(self, url: httpx.URL, ask: _Ask) -> bool:
        return self._ours(url) or (ask.elsewhere and (url.scheme == "https" or (self._local and _loopback(url))))

    async def _refuse_inside(self, url: httpx.URL) -> None:
        """A stranger's link to a file must not make this machine ask what only this machine can reach.

        Raises:
            Refused: the host is in a private network or this computer, and the account's own server is not.
        """
        if self._local or await _is_inside(self._origin.host):
            return
        if await _is_inside(url.host):
            raise Refused(f"{url.host} is inside a private network and is not asked for a file that somebody linked to")

    def _ours(self, url: httpx.URL) -> bool:
        return (url.scheme, url.host, _port(url)) == (self._origin.scheme, self._origin.host, _port(self._origin))

    def _url(self, path: str) -> httpx.URL:
        try:
            return httpx.URL(path if "://" in path else f"{self.base}/{path.lstrip('/')}")
        except httpx.InvalidURL:
            raise Refused(f"{shown(path)} is not an address that can be asked for") from None

    def _judged(self, answer: Answer) -> Answer:
        error = self._judge(answer, self._now())
        if error is not None:
            raise error
        return answer

    async def _once(self, ask: _Ask, url: httpx.URL | None = None) -> Answer:
        """One request on the wire.

        Raises:
            TryLater: the server was not reached.
            Refused: it cannot be trusted, or says too much.
            _Broken: it was reached, and no whole answer came back.
        """
        url = url or self._url(ask.path)
        if not self._may_go(url, ask):
            raise Refused(f"{url.host} is not the server of this account and is not asked")
        if not self._ours(url):
            await self._refuse_inside(url)
        secrets = dict(self._authorize()) if self._ours(url) else {}
        name = f"{url.host}{clean(url.path, multiline=False)[:80]}"
        try:
            async with asyncio.timeout(max(WHOLE_S, ask.wait_s)), self._client.stream(
                ask.method, url, params=ask.params, headers={**ask.headers, **secrets},
                timeout=httpx.Timeout(ask.wait_s, connect=CONNECT_S), **ask.body,
            ) as response:  # fmt: skip
                body, saved = await _read(response, ask, name)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise _unreached(url.host, error) from None
        except TimeoutError:
            raise _Broken(f"{name} did not answer to the end within {WHOLE_S:.0f} s") from None
        except httpx.TimeoutException:
            raise _Broken(f"{name} did not answer within {ask.wait_s:.0f} s") from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise Refused(f"{name} cannot be asked for: {type(error).__name__}") from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise _Broken(f"the connection to {name} broke ({type(error).__name__})") from None
        hidden = tuple(part for value in secrets.values() for part in (value, value.rpartition(" ")[2]) if part)
        headers = {key.lower(): value for key, value in response.headers.items()}
        return Answer(response.status_code, headers, body, url=name, changing=ask.changing, hidden=hidden, saved=saved)


Params = Mapping[str, str | int | list[str] | list[int]] | None


class _Broken(Exception):
    """The server was reached and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class _Ask:
    method: str
    path: str
    params: Params
    headers: Mapping[str, str]
    wait_s: float = READ_S
    changing: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    largest: int = LARGEST
    target: Path | None = None
    elsewhere: bool = False


async def _read(response: httpx.Response, ask: _Ask, name: str) -> tuple[bytes, int]:
    if ask.target is not None and response.status_code == 200:
        draft = ask.target.with_name(f"{ask.target.name}.part")
        size = 0
        try:
            with draft.open("wb") as file:
                async for piece in response.aiter_bytes(PIECE):
                    size += len(piece)
                    if size > ask.largest:
                        raise Refused(f"{name} is larger than {ask.largest} bytes and is not fetched")
                    file.write(piece)
            draft.replace(ask.target)
        finally:
            draft.unlink(missing_ok=True)
        return b"", size
    pieces = bytearray()
    async for piece in response.aiter_bytes():
        pieces += piece
        if len(pieces) > LARGEST:
            words = f"{name} answered more than {LARGEST} bytes"
            raise OutcomeUnknown(words) if ask.changing else Refused(words)
    return bytes(pieces), 0


def _unreached(host: str, error: httpx.HTTPError) -> SourceError:
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, ssl.SSLCertVerificationError):
            why = reason.verify_message or "it cannot be verified"
            return Refused(f"the certificate of {host} is not trusted: {why}; if it is your own, name its authority with ca_file")
        reason = reason.__cause__ or reason.__context__
    if isinstance(error, httpx.TimeoutException):
        return TryLater(f"{host} cannot be reached within {CONNECT_S:.0f} s")
    return TryLater(f"{host} cannot be reached")


async def _is_inside(host: str) -> bool:
    """Whether a host is, or is known here as, an address that is not on the public internet."""
    try:
        found = [host.strip("[]")] if _address(host) else await _resolve(host)
    except OSError:  # not known here: a proxy may know it, or the connection says so
        return False
    return any(not known.is_global or known.is_multicast for one in found if (known := _address(one)) is not None)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


async def _resolve(host: str) -> list[str]:
    answers = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in answers]


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _loopback(url: httpx.URL) -> bool:
    return url.scheme == "http" and Url(scheme=url.scheme, host=url.host, port=0).loopback
