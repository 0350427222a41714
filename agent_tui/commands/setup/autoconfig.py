"""Mail settings as providers publish them: Thunderbird's autoconfig format, version 1.1.

https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from agent_tui.commands.setup.accounts import MailAccount, Server

LARGEST = 200_000
_SECURITY = {"SSL": "tls", "STARTTLS": "starttls"}


def read(raw: bytes, address: str, origin: str) -> MailAccount | None:
    """The first IMAP and SMTP server of a file that are reached encrypted.

    Args:
        raw: the file as it came.
        address: put in where the file has a placeholder.
        origin: where it came from.

    Returns:
        None where it is no such file, or names no IMAP server that can be used.
    """
    if len(raw) > LARGEST or b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        return None  # such a file needs neither, and an entity could make it grow without bound
    try:
        root = ET.fromstring(raw)  # noqa: S314 - without entities, which are refused above, it cannot grow
    except (ET.ParseError, ValueError, LookupError):
        return None
    imap, username, auth = _server(root.iter("incomingServer"), "imap", address)
    smtp, smtp_username, _ = _server(root.iter("outgoingServer"), "smtp", address)
    if imap is None:
        return None
    return MailAccount(
        address=address, imap=imap, smtp=smtp, username=username, auth=auth,
        smtp_username=smtp_username if smtp_username not in ("", username) else "", origin=origin,
    )  # fmt: skip


def _server(found: Iterable[ET.Element], kind: str, address: str) -> tuple[Server | None, str, str]:
    """``(server, user name, auth)``: a token where the server takes no password."""
    for one in found:
        security = _SECURITY.get(_text(one, "socketType"))
        host, port = _filled(_text(one, "hostname"), address), _text(one, "port")
        if one.get("type") == kind and security and host and port.isdecimal() and 0 < int(port) < 65536:
            ways = {(way.text or "").strip() for way in one.findall("authentication")}
            auth = "xoauth2" if ways == {"OAuth2"} else "password"
            return Server(host, int(port), security), _filled(_text(one, "username"), address), auth
    return None, "", "password"


def _text(one: ET.Element, name: str) -> str:
    return (one.findtext(name) or "").strip()


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for place, value in (("%EMAILADDRESS%", address), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)):
        text = text.replace(place, value)
    return text
