"""Handing one message to an SMTP server, and saying exactly how far it came.

The one moment that matters is the final dot: before it nothing has been sent and everything may be tried again;
from it until the answer nobody knows. So the text is written out first, and the dot goes by itself.
"""

from __future__ import annotations

import asyncio
import fcntl
import re
import ssl
import struct
import termios
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTP

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.sources.imap.connection import plain_allowed, tls_context, words
from agent_tui.sources.imap.settings import Endpoint, ImapSettings

CONNECT_S = 20.0
COMMAND_S = 120.0
ANSWER_S = 300.0  # after the final dot: servers scan for viruses then
HANG_UP_S = 0.03
SLOWEST = 20_000  # bytes a second while the text is written

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the message.

    Args:
        refused: ``(address, the server's words)`` of recipients it did not take.
    """

    refused: tuple[tuple[str, str], ...] = ()

    @property
    def warning(self) -> str:
        """What the sender should know, or empty."""
        if not self.refused:
            return ""
        return "not sent to " + "; ".join(f"{address} ({said})" for address, said in self.refused)


async def send(
    settings: ImapSettings,
    secret: Callable[[str], str],
    sender: str,
    recipients: Sequence[str],
    raw: bytes,
    *,
    answer_s: float = ANSWER_S,
) -> Taken:
    """Send one message.

    Args:
        settings: of the source; ``settings.smtp`` must be there.
        secret: gives the password or token.
        sender: envelope sender.
        recipients: envelope recipients.
        raw: the message.
        answer_s: seconds to wait for the answer to the final dot.

    Raises:
        TryLater: certainly not sent.
        AuthenticationError: certainly not sent.
        Refused: certainly not sent, and the server will not take it; ``recipients`` where it was about them.
        OutcomeUnknown: perhaps sent.
    """
    endpoint = settings.smtp
    if endpoint is None:
        raise Refused('this mailbox has no smtp server; add smtp = "smtps://…" to be able to send')
    raw = _LINE_END.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    client = await _connect(settings, endpoint, secret)
    try:
        return await _transfer(client, endpoint, sender, list(dict.fromkeys(recipients)), raw, answer_s=answer_s)
    finally:
        await _leave(client)


async def check(settings: ImapSettings, secret: Callable[[str], str]) -> str:
    """Connect, log in and leave: what the server calls itself.

    Raises:
        TryLater, AuthenticationError, Refused
    """
    assert settings.smtp is not None
    client = await _connect(settings, settings.smtp, secret)
    response = client.last_ehlo_response
    await _leave(client)
    return words(response.message.split("\n")[0]) if response else settings.smtp.host


async def _connect(settings: ImapSettings, endpoint: Endpoint, secret: Callable[[str], str]) -> SMTP:
    plain_allowed(endpoint)
    where = f"{endpoint.host}:{endpoint.port}"
    client = SMTP(
        hostname=endpoint.host,
        port=endpoint.port,
        use_tls=endpoint.security == "tls",
        start_tls=endpoint.security == "starttls",
        tls_context=tls_context(settings),
        timeout=CONNECT_S,
        local_hostname="localhost.localdomain",  # the name of an agent's machine is nobody's business
    )
    try:
        await client.connect()
        await _login(client, settings, endpoint, secret)
    except SourceError:
        client.close()
        raise
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        client.close()
        untrusted = _certificate_error(error)
        if untrusted is not None:
            raise Refused(
                f"{endpoint.host}: its certificate is not trusted ({words(untrusted.verify_message)}); "
                "if it has a private authority, name its file as ca_file"
            ) from None
        if isinstance(error, aiosmtplib.SMTPNotSupported) or "STARTTLS" in str(error):
            raise Refused(f"{where} does not offer STARTTLS; use smtps://") from None
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500:
            raise Refused(f"{where} refuses: {_said(error)}") from None
        raise TryLater(f"{where} cannot be reached: {_said(error)}") from None
    return client


async def _login(client: SMTP, settings: ImapSettings, endpoint: Endpoint, secret: Callable[[str], str]) -> None:
    username = settings.smtp_username or settings.username
    if not username:
        return
    if not client.is_ehlo_or_helo_needed and not client.supports_extension("auth"):
        return  # a relay on this machine may want no login
    await client.ehlo()
    if not client.supports_extension("auth"):
        if endpoint.security == "plain":
            return
        raise Refused(f"{endpoint.host} takes no login on port {endpoint.port}; use its submission port")
    word = secret("smtp" if settings.smtp_username else "")
    try:
        if settings.auth == "xoauth2":
            if "xoauth2" not in client.server_auth_methods:
                raise Refused(f'{endpoint.host} does not offer XOAUTH2; use auth = "password"')
            await client.auth_xoauth2(username.encode(), word.encode())
        else:
            await client.login(username.encode(), word.encode())
    except aiosmtplib.SMTPAuthenticationError as error:
        said = _said(error).replace(word, "…")
        if error.code < 500:
            raise TryLater(f"{endpoint.host} does not let {username} in now: {said}") from None
        raise AuthenticationError(
            f"{endpoint.host} does not accept the secret for {username}: {said}; set it with 'agent-tui secret set'"
        ) from None
    finally:
        del word


async def _transfer(
    client: SMTP, endpoint: Endpoint, sender: str, recipients: list[str], raw: bytes, *, answer_s: float
) -> Taken:
    host = endpoint.host
    client.timeout = COMMAND_S
    options, encoding = _options(client, host, [sender, *recipients], raw)
    try:
        await client.mail(sender, options=options, encoding=encoding)
        refused = await _recipients(client, recipients, encoding, host)
        answer = await client.execute_command(b"DATA")
    except ValueError as error:
        raise Refused(f"an address cannot be used: {words(error)}") from None
    except aiosmtplib.SMTPSenderRefused as error:
        if error.code == 530:
            raise AuthenticationError(f"{host} wants a login first: {_said(error)}") from None
        raise _final(error.code, f"{host} does not take mail from {sender}: {_said(error)}") from None
    except aiosmtplib.SMTPResponseException as error:
        raise _final(error.code, f"{host} refuses: {_said(error)}") from None
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise TryLater(f"{host}: the connection was lost before the message was sent ({_said(error)})") from None
    if answer.code != 354:
        raise _final(answer.code, f"{host} refuses the message: {answer.code} {words(answer.message)}")
    await _write(client, host, _DOT.sub(b"..", raw))
    try:
        answer = await client.execute_command(b".", timeout=answer_s)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise OutcomeUnknown(
            f"the message went to {host} and no answer came ({_said(error)}); it may have been delivered"
        ) from None
    if answer.code != 250:
        if 400 <= answer.code < 600:
            raise _final(answer.code, f"{host} refuses the message: {answer.code} {words(answer.message)}")
        raise OutcomeUnknown(f"{host} answered '{answer.code} {words(answer.message)}', which nobody expects here")
    return Taken(refused)


def _options(client: SMTP, host: str, addresses: list[str], raw: bytes) -> tuple[list[str], str]:
    """Parameters of MAIL FROM, and how addresses are written.

    Raises:
        Refused: the message is too big, or its addresses cannot be carried.
    """
    options = []
    limit = client.esmtp_extensions.get("size", "") if client.supports_extension("size") else ""
    if limit.isdecimal() and 0 < int(limit) < len(raw):
        raise Refused(
            f"the message has {len(raw) / 1e6:.1f} MB and {host} takes at most {int(limit) / 1e6:.1f} MB; "
            "send a smaller attachment"
        )
    if client.supports_extension("size"):
        options.append(f"SIZE={len(raw)}")
    foreign = [address for address in addresses if not address.isascii()]
    header = raw.partition(b"\r\n\r\n")[0]
    if foreign or not header.isascii():
        if not client.supports_extension("smtputf8"):
            names = ", ".join(foreign) or "a header"
            raise Refused(f"{host} cannot carry {names}: it does not offer SMTPUTF8", recipients=tuple(foreign))
        options.append("SMTPUTF8")
    if not raw.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    return options, "utf-8" if "SMTPUTF8" in options else "ascii"


async def _recipients(
    client: SMTP, recipients: list[str], encoding: str, host: str
) -> tuple[tuple[str, str], ...]:
    refused: list[tuple[str, int, str]] = []
    for recipient in recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            if error.code == 421:
                raise
            refused.append((recipient, error.code, _said(error)))
    if len(refused) == len(recipients):
        told = "; ".join(f"{address}: {said}" for address, _code, said in refused) or "there is no recipient"
        if any(code < 500 for _address, code, _said_ in refused):
            raise TryLater(f"{host} does not take it now: {told}")
        raise Refused(f"{host} refuses {told}", recipients=tuple(address for address, _code, _said_ in refused))
    return tuple((address, said) for address, _code, said in refused)


async def _write(client: SMTP, host: str, text: bytes) -> None:
    """Everything but the final dot, until the last byte has left this process.

    Raises:
        TryLater: the connection broke; without its dot a server drops what it has.
    """
    transport = client.transport
    if not isinstance(transport, asyncio.WriteTransport) and not hasattr(transport, "write"):
        raise TryLater(f"{host}: the connection was lost before the message was sent")
    transport.set_write_buffer_limits(high=65_536, low=0)  # type: ignore[union-attr]
    try:
        async with asyncio.timeout(COMMAND_S + len(text) / SLOWEST):
            for start in range(0, len(text), 65_536):
                if not client.is_connected:
                    raise ConnectionResetError("closed by the server")
                transport.write(text[start : start + 65_536])  # type: ignore[union-attr]
                await _drained(client)
            await _acknowledged(client)
    except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        raise TryLater(f"{host}: the connection was lost before the message was complete ({_said(error)})") from None
    if not client.is_connected:
        raise TryLater(f"{host}: the connection was lost before the message was complete")


async def _drained(client: SMTP) -> None:
    protocol = client.protocol
    if protocol is None:
        raise ConnectionResetError("closed by the server")
    await protocol._drain_helper()


async def _acknowledged(client: SMTP) -> None:
    """Until the other machine has confirmed every byte, where the system can tell; then a moment for it to hang up.
    A server that has gone is so noticed before the dot, and not in the moment that nobody can judge.
    """
    while client.is_connected and _under_way(client):  # noqa: ASYNC110 - the kernel tells nobody
        await asyncio.sleep(0.005)
    await asyncio.sleep(HANG_UP_S)


def _under_way(client: SMTP) -> int:
    """Bytes that this process or the kernel still has; 0 where the system does not say."""
    here: int = client.transport.get_write_buffer_size() if client.transport is not None else 0  # type: ignore[attr-defined]
    try:
        number = client.get_transport_info("socket").fileno()
        return here + int(struct.unpack("i", fcntl.ioctl(number, termios.TIOCOUTQ, b"\0\0\0\0"))[0])
    except (OSError, AttributeError):
        return here


async def _leave(client: SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        pass
    client.close()


def _final(code: int, text: str) -> SourceError:
    return Refused(text) if 500 <= code < 600 else TryLater(text)


def _said(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return words(f"{error.code} {error.message}")
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    return words(str(getattr(error, "message", "") or error or type(error).__name__))


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None
