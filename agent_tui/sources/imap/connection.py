"""One IMAP connection, used from one thread of its own.

IMAPClient blocks and is not thread-safe, so each connection owns a single worker thread and every call goes
through ``run``. A call that is cancelled or takes too long leaves the socket in the middle of a command: the
connection is then shut and the next call opens a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from agent_tui.domain.errors import AuthenticationError, Refused, SourceError, TryLater
from agent_tui.domain.text import clean
from agent_tui.sources.imap.settings import Endpoint, ImapSettings

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

log = logging.getLogger("agent_tui.imap")

CONNECT_S = 20.0
READ_S = 60.0
LINE_LIMIT = 32_000_000  # SEARCH of a mailbox with millions of messages answers in one line


class _Wire(imaplib.IMAP4):
    """imaplib without its log of recent commands (which holds passwords), with long lines and a keepalive."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), CONNECT_S)
        try:
            keep_alive(plain)
            if self._context is None:
                return plain
            return self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def readline(self) -> bytes:
        stream: Any = getattr(self, "_file", None) or self.file
        line: bytes = stream.readline(LINE_LIMIT + 1)
        if len(line) > LINE_LIMIT:
            raise self.abort(f"the server sent a line of more than {LINE_LIMIT} bytes")
        return line

    def _log(self, line: str) -> None:
        """Nothing is kept."""


class QuietClient(IMAPClient):  # type: ignore[misc]  # IMAPClient is not fully typed
    """IMAPClient that logs nothing of what it says: the traffic holds secrets and customers' words."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
        self._context = context
        self.opened: tuple[str, int] | None = None  # the folder that is open, with its UIDVALIDITY
        super().__init__(
            endpoint.host, endpoint.port, ssl=endpoint.security == "tls", timeout=SocketTimeout(CONNECT_S, READ_S)
        )
        self._imap.debug = 0
        self._imap._mesg = lambda *_: None
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the name that IMAPClient calls
        return _Wire(self.host, self.port, self._context if self.ssl else None)


def keep_alive(plain: socket.socket) -> None:
    """Let the kernel notice within about two minutes that the other end has gone, even while nothing is said, and let a
    command of two pieces leave at once rather than wait for the other end to confirm the first.
    """
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    options = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 90_000}
    for option, value in options.items():
        if hasattr(socket, option):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def tls_context(settings: ImapSettings) -> ssl.SSLContext:
    """Verification is always on; ``ca_file`` is trusted beside the system's authorities.

    Raises:
        Refused: the file cannot be read as certificates.
    """
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Refused(
                f"ca_file {settings.ca_file} cannot be used: {error.strerror or error}; it must hold PEM certificates"
            ) from None
    return context


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def plain_allowed(endpoint: Endpoint) -> None:
    """Refuse to speak without TLS to anything but this machine.

    Raises:
        Refused: the server is elsewhere.
    """
    if endpoint.security == "plain" and not is_loopback(endpoint.host):
        raise Refused(
            f"{endpoint.host}: a connection without TLS would show the password to everybody on the way; "
            "use imaps:// or imap:// (STARTTLS)"
        )


def words(error: BaseException | bytes | str) -> str:
    """A server's words in one clean line."""
    if isinstance(error, bytes):
        text = error.decode("utf-8", "replace")
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    else:
        text = str(error)
    return " ".join(clean(text, multiline=False).split())[:500]


class Connection:
    """A logged-in connection that opens itself when it is needed.

    Args:
        settings: of the source.
        secret: gives the password or token; asked at each login and never kept.
        label: for the thread's name.
    """

    def __init__(self, settings: ImapSettings, secret: Callable[[str], str], label: str) -> None:
        self._settings = settings
        self._secret = secret
        self._label = label
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"imap-{label}")
        self._client: QuietClient | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self.capabilities: frozenset[str] = frozenset()
        self.server = ""

    def __repr__(self) -> str:
        return f"<Connection {self._label} to {self._settings.imap.host}>"

    async def run(
        self,
        call: Callable[Concatenate[QuietClient, Arguments], Result],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Result:
        """Run ``call(client, …)`` in the connection's thread, logging in first where that is needed.

        Raises:
            TryLater, AuthenticationError, Refused
        """
        async with self._lock:
            if self._closed:
                raise TryLater(f"{self._settings.imap.host}: the connection has been closed")
            job = asyncio.get_running_loop().run_in_executor(
                self._thread, partial(self._call, call, *arguments, **keywords)
            )
            try:
                return await asyncio.shield(job)
            except asyncio.CancelledError:
                self.abort()
                await asyncio.wait([job])
                if not job.cancelled():
                    job.exception()
                raise

    def _call(self, call: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
        host = self._settings.imap.host
        try:
            if self._client is None:
                self._client = self._login()
            return call(self._client, *arguments, **keywords)
        except SourceError:
            raise
        except (OSError, IMAPClientAbortError, EOFError) as error:
            self._drop()
            raise TryLater(f"{host}: the connection was lost ({words(error)}); it is tried again") from None
        except IMAPClientError as error:
            raise Refused(f"{host} refuses: {words(error)}") from None
        except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
            # Shut from another thread in the middle of a command, or an answer that makes no sense.
            self._drop()
            if not self._closed:
                log.warning("%s: an answer could not be read", host, exc_info=error)
            raise TryLater(f"{host}: the server's answer cannot be read ({type(error).__name__})") from None

    def _login(self) -> QuietClient:
        settings, endpoint = self._settings, self._settings.imap
        plain_allowed(endpoint)
        context = tls_context(settings)
        try:
            client = QuietClient(endpoint, context)
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted(error) from None
        except (OSError, IMAPClientError) as error:
            raise TryLater(f"{endpoint.host}:{endpoint.port} cannot be reached: {words(error)}") from None
        try:
            self._authenticate(client, context)
        except BaseException:
            _shut(client)
            raise
        return client

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> Refused:
        return Refused(
            f"{self._settings.imap.host}: its certificate is not trusted ({words(error.verify_message)}); "
            "if it has a private authority, name its file as ca_file"
        )

    def _authenticate(self, client: QuietClient, context: ssl.SSLContext) -> None:
        settings, host = self._settings, self._settings.imap.host
        if settings.imap.security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise Refused(f"{host} does not offer STARTTLS on port {settings.imap.port}; use imaps://")
            try:
                client.starttls(context)
            except ssl.SSLCertVerificationError as error:
                raise self._untrusted(error) from None
        greeting = re.sub(r"\[[^\]]*\]", "", words(client.welcome or b""))
        self.server = greeting.removeprefix("* OK").strip()
        secret = self._secret("")
        try:
            login(client, settings.username, secret, oauth=settings.auth == "xoauth2", host=host)
        except LoginError as error:
            raise _refused_login(host, settings.username, words(error).replace(secret, "…")) from None
        finally:
            del secret
        client._cached_capabilities = None
        self.capabilities = frozenset(one.decode("ascii", "replace").upper() for one in client.capabilities())
        if "CONDSTORE" in self.capabilities and "ENABLE" in self.capabilities:
            client.enable("CONDSTORE")

    def abort(self) -> None:
        """Shut the socket from another thread; what is running there ends with ``TryLater``."""
        client = self._client
        if client is not None:
            try:
                client._imap.sock.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                pass

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _shut(client)

    async def close(self) -> None:
        """Log out if that is quick, and let the thread go; never raises."""
        self._closed = True
        loop = asyncio.get_running_loop()
        if self._lock.locked():
            self.abort()
        try:
            async with asyncio.timeout(3):
                await loop.run_in_executor(self._thread, self._leave)
        except (TimeoutError, RuntimeError):
            self.abort()
        self._thread.shutdown(wait=False)

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.socket().settimeout(2)
            client.logout()
        except Exception:
            _shut(client)


def login(client: QuietClient, username: str, secret: str, *, oauth: bool, host: str) -> None:
    """Authenticate by the best way that the server offers.

    Raises:
        LoginError: the server said no.
        Refused: it offers no way that we speak.
    """
    if oauth:
        if not client.has_capability("AUTH=XOAUTH2"):
            raise Refused(f'{host} does not offer XOAUTH2; use auth = "password"')
        pending = [f"user={username}\1auth=Bearer {secret}\1\1".encode()]
        # The server explains a failure in a challenge, which wants an empty answer.
        _sasl(client, "XOAUTH2", lambda _challenge: pending.pop() if pending else b"")
    elif client.has_capability("AUTH=PLAIN"):
        _sasl(client, "PLAIN", lambda _challenge: f"\0{username}\0{secret}".encode())
    elif client.has_capability("LOGINDISABLED"):
        raise Refused(f"{host} takes no password on this connection (LOGINDISABLED); use imaps:// or imap://")
    elif not (username.isascii() and secret.isascii()):
        raise Refused(f"{host} offers only LOGIN, which cannot carry this name or password; use letters of ASCII")
    else:
        client.login(username, secret)


def _sasl(client: QuietClient, mechanism: str, answer: Callable[[bytes], bytes]) -> None:
    try:
        client._imap.authenticate(mechanism, answer)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise LoginError(str(error)) from None


def _refused_login(host: str, username: str, said: str) -> SourceError:
    lowered = said.lower()
    if any(code in lowered for code in ("[unavailable]", "[inuse]", "[limit]", "too many", "try again later")):
        return TryLater(f"{host} does not let {username} in now: {said}")
    return AuthenticationError(
        f"{host} does not accept the secret for {username}: {said}; set it with 'agent-tui secret set'"
    )


def _shut(client: QuietClient) -> None:
    with contextlib.suppress(Exception):  # it is being thrown away, whatever state it is in
        client.shutdown()
