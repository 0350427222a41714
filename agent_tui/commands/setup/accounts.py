"""What is found out about an account before it is a source."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

IMAP_PORTS = {"tls": 993, "starttls": 143}
SMTP_PORTS = {"tls": 465, "starttls": 587}
_IMAP = {"tls": "imaps", "starttls": "imap"}
_SMTP = {"tls": "smtps", "starttls": "smtp"}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mail server listens.

    Args:
        security: ``tls`` from the first byte, or ``starttls``.
    """

    host: str
    port: int
    security: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """A mailbox as far as it is known.

    Args:
        address: whose.
        imap, smtp: None where not known.
        username: for logging in; empty: the address.
        auth: ``password``, or ``xoauth2`` where an access token of OAuth 2.0 is asked for instead.
        secret_command: a program that prints the secret, where another program already uses one.
        ca_file: a private authority.
        origin: where all this was found, for people.
    """

    address: str
    imap: Server | None = None
    smtp: Server | None = None
    username: str = ""
    smtp_username: str = ""
    auth: str = "password"
    secret_command: tuple[str, ...] = ()
    ca_file: str = ""
    origin: str = ""


def imap_url(server: Server) -> str:
    """As in ``workspace.toml``."""
    return _url(server, _IMAP, IMAP_PORTS)


def smtp_url(server: Server) -> str:
    """As in ``workspace.toml``."""
    return _url(server, _SMTP, SMTP_PORTS)


def _url(server: Server, schemes: dict[str, str], ports: dict[str, int]) -> str:
    host = f"[{server.host}]" if ":" in server.host else quote(server.host, safe=".-")
    port = "" if server.port == ports[server.security] else f":{server.port}"
    return f"{schemes[server.security]}://{host}{port}"
