"""Accounts of other mail programs, as their own settings name them. A password that stands in one is never taken over.

An account that logs in with OAuth 2.0 is one here too. A program that prints access tokens is taken over; where the other program
renews the token itself there is none, and one has to be named.

Each reader takes the text of a file and gives what it finds; what it does not understand is left out, because the
account is tested afterwards anyway.
"""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from agent_tui.commands.setup.accounts import IMAP_PORTS, SMTP_PORTS, MailAccount, Server

LARGEST = 1_000_000
_TOKENS = frozenset({"xoauth2", "oauthbearer"})
"""The SASL mechanisms that take an access token."""
_OAUTH2 = "10"  # nsMsgAuthMethod.OAuth2
Reader = Callable[[str], Iterator[MailAccount]]


def found(home: Path) -> tuple[MailAccount, ...]:
    """Every account in the settings of aerc, himalaya, mbsync, neomutt and Thunderbird of a user.

    Args:
        home: the user's directory.
    """
    accounts: list[MailAccount] = []
    for name, reader, patterns in _PLACES:
        for pattern in patterns:
            for path in sorted(home.glob(pattern)):
                text = _text(path)
                origin = f"{name} (~/{path.relative_to(home)})"
                accounts += [replace(one, origin=origin) for one in (_safely(reader, text) if text else ())]
    return _joined(accounts)


def aerc(text: str) -> Iterator[MailAccount]:
    """``accounts.conf``: aerc-accounts(5)."""
    settings = configparser.RawConfigParser(strict=False)
    settings.read_string(text)
    for name in settings.sections():
        one = settings[name]
        source = one.get("source", "")
        imap, user = _url(source, {"imaps": "tls", "imap": "starttls"}, IMAP_PORTS)
        smtp, smtp_user = _url(one.get("outgoing", ""), {"smtps": "tls", "smtp": "starttls"}, SMTP_PORTS)
        address = parseaddr(one.get("from", ""))[1] or user
        auth = _auth(source.partition("://")[0].split("+"))
        renews = auth == "xoauth2" and "token_endpoint=" in source  # then its command prints what tokens are renewed with
        if imap and address:
            yield MailAccount(
                address=address, imap=imap, smtp=smtp, username=user, smtp_username=smtp_user if smtp_user != user else "",
                auth=auth, secret_command=() if renews else _command(one.get("source-cred-cmd", "")),
            )  # fmt: skip


def neomutt(text: str) -> Iterator[MailAccount]:
    """``neomuttrc`` or ``muttrc``: one account."""
    values = {
        name: value.strip().strip("'\"")
        for name, value in re.findall(r"^\s*set\s+(\w+)\s*=\s*(.+?)\s*$", text, re.MULTILINE)
    }
    imap, user = _url(values.get("folder", ""), {"imaps": "tls", "imap": "starttls"}, IMAP_PORTS)
    smtp, smtp_user = _url(values.get("smtp_url", ""), {"smtps": "tls", "smtp": "starttls"}, SMTP_PORTS)
    user = values.get("imap_user", user)
    address = parseaddr(values.get("from", ""))[1] or (user if "@" in user else "")
    if imap and address:
        command = re.fullmatch(r"`(.+)`", values.get("imap_pass", ""))
        tokens = values.get("imap_oauth_refresh_command", "")
        ways = values.get("imap_authenticators", "oauthbearer" if tokens else "").lower().split(":")  # tried in this order
        auth = _auth(ways[:1])
        yield MailAccount(
            address=address, imap=imap, smtp=smtp, username=user, smtp_username=smtp_user if smtp_user != user else "",
            auth=auth, secret_command=_command(tokens if auth == "xoauth2" else command[1] if command else ""),
        )  # fmt: skip


def mbsync(text: str) -> Iterator[MailAccount]:
    """``.mbsyncrc``: it reads mail and sends none, so a server for sending has to be found."""
    for block in re.split(r"^\s*(?=IMAPAccount\s)", text, flags=re.MULTILINE)[1:]:
        block = re.split(r"^\s*(?:IMAPStore|MaildirStore|Channel|Group)\s", block, flags=re.MULTILINE)[0]
        values = {name.lower(): value.strip() for name, value in re.findall(r"^\s*(\w+)\s+(.+?)\s*$", block, re.MULTILINE)}
        kind = values.get("tlstype", values.get("ssltype", "IMAPS")).upper()
        security = {"IMAPS": "tls", "STARTTLS": "starttls"}.get(kind)
        host, user = _unquoted(values.get("host", "")), _unquoted(values.get("user", ""))
        port = values.get("port", "")
        if host and security and "@" in user:
            command = _unquoted(values.get("passcmd", "")).removeprefix("+")
            ways = [_unquoted(one).lower() for one in values.get("authmechs", values.get("authmech", "")).split()]
            yield MailAccount(
                address=user, username=user, secret_command=_command(command),
                auth=_auth(ways) if set(ways) <= _TOKENS else "password",
                imap=Server(host, int(port) if port.isdecimal() else IMAP_PORTS[security], security),
                ca_file=_unquoted(values.get("certificatefile", "")) if "system" not in values.get("certificatefile", "") else "",
            )  # fmt: skip


def himalaya(text: str) -> Iterator[MailAccount]:
    """``config.toml`` of himalaya, 1.x and 2.x."""
    accounts = tomllib.loads(text).get("accounts")
    for one in accounts.values() if isinstance(accounts, dict) else ():
        if not isinstance(one, dict):
            continue
        if _inner(one, "imap", "server"):
            imap, user, auth, command = _himalaya_2(one["imap"], "imap", IMAP_PORTS)
            smtp, smtp_user, _, _ = _himalaya_2(one.get("smtp"), "smtp", SMTP_PORTS)
        else:
            imap, user, auth, command = _himalaya_1(one.get("backend"), "imap", IMAP_PORTS)
            smtp, smtp_user, _, _ = _himalaya_1(_inner(one, "message", "send", "backend"), "smtp", SMTP_PORTS)
        address = str(one.get("email") or (user if "@" in user else ""))
        if imap and address:
            yield MailAccount(
                address=address, imap=imap, smtp=smtp, username=user, auth=auth, secret_command=command,
                smtp_username=smtp_user if smtp_user != user else "",
            )  # fmt: skip


def thunderbird(text: str) -> Iterator[MailAccount]:
    """``prefs.js`` of a profile."""
    values = {
        name: _unquoted(value)
        for name, value in re.findall(r'^user_pref\("(mail\.[^"]+)",\s*("(?:[^"\\]|\\.)*"|-?\w+)\);', text, re.MULTILINE)
    }
    for account in _split(values.get("mail.accountmanager.accounts", "")):
        server = f"mail.server.{values.get(f'mail.account.{account}.server')}"
        identity = next(iter(_split(values.get(f"mail.account.{account}.identities", ""))), "")
        address = values.get(f"mail.identity.{identity}.useremail", "")
        if values.get(f"{server}.type") != "imap" or not address:
            continue
        outgoing = values.get(f"mail.identity.{identity}.smtpServer") or values.get("mail.smtp.defaultserver", "")
        imap = _thunderbird(values, server, "socketType", IMAP_PORTS)
        if imap:
            yield MailAccount(
                address=address, imap=imap, smtp=_thunderbird(values, f"mail.smtpserver.{outgoing}", "try_ssl", SMTP_PORTS),
                username=values.get(f"{server}.userName", ""),
                auth="xoauth2" if values.get(f"{server}.authMethod") == _OAUTH2 else "password",
            )  # fmt: skip


def _thunderbird(values: dict[str, str], prefix: str, kind: str, ports: dict[str, int]) -> Server | None:
    security = {"3": "tls", "2": "starttls"}.get(values.get(f"{prefix}.{kind}", "3"))
    host, port = values.get(f"{prefix}.hostname", ""), values.get(f"{prefix}.port", "")
    if not (security and host):
        return None
    return Server(host, int(port) if port.isdecimal() else ports[security], security)


def _himalaya_1(backend: object, kind: str, ports: dict[str, int]) -> tuple[Server | None, str, str, tuple[str, ...]]:
    """``(server, user, auth, command)`` of a backend of 1.x. A token that it renews itself is in no program."""
    if not isinstance(backend, dict) or backend.get("type") != kind or not backend.get("host"):
        return None, "", "password", ()
    encryption = backend.get("encryption", "tls")
    encryption = encryption.get("type", "tls") if isinstance(encryption, dict) else encryption
    security = {"tls": "tls", "start-tls": "starttls"}.get(str(encryption))
    if security is None:
        return None, "", "password", ()
    port = backend.get("port")
    server = Server(str(backend["host"]), port if isinstance(port, int) else ports[security], security)
    user = str(backend.get("login") or "")
    if _inner(backend, "auth", "type") == "oauth2":
        tokens = _inner(backend, "auth", "access-token", "cmd") or _inner(backend, "auth", "access-token", "command")
        return server, user, "xoauth2", () if _inner(backend, "auth", "refresh-token") else _words(tokens)
    command = _inner(backend, "auth", "cmd") or _inner(backend, "auth", "command") or _inner(backend, "passwd", "cmd")
    return server, user, "password", _words(command)


def _himalaya_2(table: object, kind: str, ports: dict[str, int]) -> tuple[Server | None, str, str, tuple[str, ...]]:
    """The same of a table of 2.x: a URL or a host, and one SASL mechanism."""
    address = str(_inner(table, "server") or "")
    if not address:
        return None, "", "password", ()
    plain = "starttls" if _inner(table, "starttls") is True else ""
    server, _ = _url(address if "://" in address else f"{kind}s://{address}", {f"{kind}s": "tls", kind: plain}, ports)
    ways = _inner(table, "sasl")
    way = next(iter(ways), "") if isinstance(ways, dict) else ""
    secret = _inner(ways, way, "token") or _inner(ways, way, "password")
    return server, str(_inner(ways, way, "username") or ""), _auth([way]), _words(_inner(secret, "command"))


def _auth(ways: Sequence[str]) -> str:
    """As ``auth`` of a source says it, for SASL mechanisms or parts of a URL's scheme."""
    return "xoauth2" if _TOKENS.intersection(ways) else "password"


def _inner(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _url(text: str, schemes: dict[str, str], ports: dict[str, int]) -> tuple[Server | None, str]:
    try:
        parts = urlsplit(text.strip())
        security = schemes.get(parts.scheme.partition("+")[0]) if "insecure" not in parts.scheme else None
        if not (security and parts.hostname):
            return None, ""
        return Server(parts.hostname, parts.port or ports[security], security), unquote(parts.username or "")
    except ValueError:
        return None, ""


def _words(command: object) -> tuple[str, ...]:
    """A command that may be a line or a list of words."""
    return tuple(map(str, command)) if isinstance(command, list) else _command(str(command or ""))


def _command(text: str) -> tuple[str, ...]:
    """The words of a shell's command line; one that needs a shell is run by one, as the other program did."""
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        return ()
    return ("sh", "-c", text) if words and re.search(r"[|;&<>$`~*?!(){}\[\]]", text) else words


def _unquoted(text: str) -> str:
    text = text.strip()
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= LARGEST else ""
    except OSError:
        return ""


def _safely(reader: Reader, text: str) -> list[MailAccount]:
    try:
        return list(reader(text))
    except (configparser.Error, tomllib.TOMLDecodeError, ValueError, KeyError):
        return []


def _joined(accounts: list[MailAccount]) -> tuple[MailAccount, ...]:
    """One for each address: the first, with what only later ones know."""
    kept: dict[str, MailAccount] = {}
    for one in accounts:
        first = kept.setdefault(one.address.lower(), one)
        if first is not one and first.imap == one.imap:
            command = first.secret_command or (one.secret_command if one.auth == first.auth else ())
            kept[one.address.lower()] = replace(first, smtp=first.smtp or one.smtp, secret_command=command)
    return tuple(kept.values())


_PLACES: tuple[tuple[str, Reader, tuple[str, ...]], ...] = (
    ("aerc", aerc, (".config/aerc/accounts.conf", "Library/Preferences/aerc/accounts.conf")),
    ("himalaya", himalaya, (".config/himalaya/config.toml", ".himalayarc")),
    ("mbsync", mbsync, (".mbsyncrc", ".config/isyncrc")),
    ("neomutt", neomutt, (".config/neomutt/neomuttrc", ".neomuttrc", ".config/mutt/muttrc", ".muttrc", ".mutt/muttrc")),
    ("Thunderbird", thunderbird, (".thunderbird/*/prefs.js", "snap/thunderbird/common/.thunderbird/*/prefs.js",
                                  "Library/Thunderbird/Profiles/*/prefs.js")),
)  # fmt: skip
