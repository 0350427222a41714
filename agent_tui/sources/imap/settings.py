"""Settings of a mailbox: pure, so that a workspace is read without importing anything that talks IMAP."""

from __future__ import annotations

from pathlib import Path

from agent_tui.domain import durations
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url, shown

IMAP_PORTS = {"imaps": 993, "imap": 143, "imap+insecure": 143}
SMTP_PORTS = {"smtps": 465, "smtp": 587, "smtp+insecure": 25}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens.

    Args:
        security: ``tls`` from the first byte, ``starttls`` (required, never optional), or ``plain`` (loopback only).
    """

    host: str
    port: int
    security: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """One mailbox.

    Args:
        addresses: ours, the first is the usual sender.
        smtp: None for a mailbox that is only read.
        smtp_username: where SMTP has an account of its own (its secret is ``<NAME>_SMTP``), else empty.
        auth: ``password`` or ``xoauth2`` (the secret is the token).
        ca_file: private CA beside the system's, or None.
        folders: watched ones.
        fetch: ``all``, ``headers``, or a length of time: bodies of messages younger than that.
        fetch_ms: the same as milliseconds; None: all, 0: headers only.
        confirm_bcc_self: replies go to ourselves as well, so that an unknown outcome can be told.
        archive: done moves messages to the Archive folder.
    """

    addresses: tuple[str, ...]
    imap: Endpoint
    smtp: Endpoint | None = None
    username: str = ""
    smtp_username: str = ""
    auth: str = "password"
    ca_file: Path | None = None
    folders: tuple[str, ...] = ("INBOX",)
    fetch: str = "all"
    fetch_ms: int | None = None
    confirm_bcc_self: bool = False
    archive: bool = False


def channel(_settings: ImapSettings) -> Channel:
    """A mailbox is always e-mail."""
    return Channel.EMAIL


def read(table: TableReader) -> ImapSettings:
    """The settings in a ``[[source]]`` table of type ``imap``; faults go to the reader."""
    addresses = _addresses(table)
    imap = table.url("imap", IMAP_PORTS, required=True, example="imaps://mail.example.com")
    smtp = table.url("smtp", SMTP_PORTS, example="smtps://mail.example.com")
    fetch, fetch_ms = _fetch(table)
    return ImapSettings(
        addresses=addresses,
        imap=_endpoint(imap) or Endpoint("localhost", 993, "tls"),
        smtp=_endpoint(smtp),
        username=table.text("username", example="support@example.com") or next(iter(addresses), ""),
        smtp_username=table.text("smtp_username", example="support@example.com"),
        auth=table.choice("auth", ("password", "xoauth2"), "password"),
        ca_file=table.path("ca_file", must_exist=True),
        folders=_folders(table),
        fetch=fetch,
        fetch_ms=fetch_ms,
        confirm_bcc_self=table.choice("confirm", ("bcc-self",)) == "bcc-self",
        archive=table.flag("archive"),
    )


def _addresses(table: TableReader) -> tuple[str, ...]:
    example = 'address = "support@example.com"'
    one = table.text("address", example="support@example.com")
    many = table.text_list("addresses", example='["support@example.com", "billing@example.com"]')
    if one and table.has("addresses"):
        table.fault("addresses", "stands beside address; keep one of the two")
    if not table.has("address") and not table.has("addresses"):
        table.fault("address", f"is missing; add {example}")
        return ()
    if table.has("addresses") and table.values["addresses"] == []:
        table.fault("addresses", f"is empty; write {example}")
    key = "address" if one else "addresses"
    return tuple(dict.fromkeys(table.addresses(key, (one,) if one else many)))


def _folders(table: TableReader) -> tuple[str, ...]:
    folders = table.text_list("folders", ("INBOX",), example='["INBOX"]')
    if table.has("folders") and table.values["folders"] == []:
        table.fault("folders", 'is empty; write folders = ["INBOX"], or leave it out')
    return tuple(dict.fromkeys("INBOX" if one.upper() == "INBOX" else one for one in folders))


def _fetch(table: TableReader) -> tuple[str, int | None]:
    text = table.text("fetch", "all", example="30d")
    match text:
        case "all":
            return text, None
        case "headers":
            return text, 0
        case _:
            try:
                return text, durations.parse(text)
            except ValueError:
                table.fault("fetch", f'{shown(text)} must be "all", "headers" or a length of time such as "30d"')
                return "all", None


def _endpoint(url: Url | None) -> Endpoint | None:
    if url is None:
        return None
    security = "plain" if url.scheme.endswith("+insecure") else "tls" if url.scheme.endswith("s") else "starttls"
    return Endpoint(url.host, url.port, security)
