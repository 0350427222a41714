"""``workspace.toml`` as a person would be glad to keep it: what was answered, with a word on each, and what else there is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

from agent_tui.commands.setup.accounts import MailAccount, imap_url, smtp_url
from agent_tui.domain.errors import UsageError
from agent_tui.domain.toml_lines import key_lines

Value = str | int | tuple[str, ...]


def head(name: str, email: str, languages: Iterable[str], timezone: str) -> str:
    """Everything before the first source."""
    zone = timezone or "Europe/Paris"
    you = _table({
        "name": (name, "signs replies, and is what colleagues see"),
        "email": (email, "your own address: how your messages are recognised"),
        "languages": (tuple(languages), "that you answer in, the first is your own"),
    }, heading="[agent]") + f"# signature = {_value(f'{name}, Support')}\n"  # fmt: skip
    return f"""# Settings of agent-tui. No secret belongs in here, so the file can be kept in git and shared.
# All keys: docs/configuration.md. 'agent-tui doctor' says what is wrong with it, all at once.
{you}
# Promises are counted in these hours only. Without this table the clocks never stop.
# [hours]
# timezone = {_value(zone)}
# open = ["mon-fri 09:00-18:00"]
# holidays = ["2026-12-25"]
"""


def mailbox(name: str, account: MailAccount, *, answer_within: str = "6h") -> str:
    """A source of type ``imap``."""
    assert account.imap is not None
    values: dict[str, tuple[Value, str]] = {
        "name": (name, "also names its secret"),
        "type": ("imap", ""),
        "address": (account.address, 'more than one: addresses = ["…", "…"]'),
        "imap": (imap_url(account.imap), account.origin and f"from {account.origin}"),
    }
    if account.smtp is not None:
        values["smtp"] = (smtp_url(account.smtp), "")
    values["username"] = (account.username or account.address, "")
    if account.smtp_username:
        values["smtp_username"] = (account.smtp_username, "with a secret of its own: agent-tui secret set NAME --smtp")
    if account.auth == "xoauth2":
        values["auth"] = (account.auth, "the secret is an access token (OAuth 2.0)")
    if account.secret_command:
        prints = "prints an access token" if account.auth == "xoauth2" else "prints the password"
        values["secret_command"] = (account.secret_command, prints)
    if account.ca_file:
        values["ca_file"] = (account.ca_file, "")
    rest = '# smtp = "smtps://…"                  # without it, mail is only read\n' if account.smtp is None else ""
    return _table(values) + rest + _promise(answer_within, "6h") + '# folders = ["INBOX"]                 # watched folders\n'


def service(name: str, kind: str, values: Mapping[str, Value], *, answer_within: str) -> str:
    """A source of another type."""
    every: dict[str, tuple[Value, str]] = {"name": (name, "also names its secret"), "type": (kind, "")}
    every |= {key: (value, "") for key, value in values.items()}
    return _table(every) + _promise(answer_within, answer_within)


def source_name(wanted: str, taken: Iterable[str]) -> str:
    """A name in the form that settings ask for, which nobody has yet."""
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-") or "source"
    base = base.removesuffix("-smtp") or "source"
    taken = set(taken)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def with_encryption(text: str, *, enabled: bool, command: tuple[str, ...] = ()) -> str:
    """Settings that say whether the databases are encrypted, every other line as it is.

    Args:
        text: settings without a fault.
        command: prints the key; only for a table that is not there yet.

    Raises:
        UsageError: they are written in a way that has to be changed by hand.
    """
    value = "true" if enabled else "false"
    lines = key_lines(text)
    rows = text.splitlines(keepends=True)
    line = lines.get(("encryption", "enabled")) or lines.get(("encryption",))
    if line:
        row = rows[line - 1]
        there = re.sub(r"(\benabled\s*=\s*)(?:true|false)", rf"\g<1>{value}", row, count=1)
        rows[line - 1] = row.rstrip("\r\n") + f"\nenabled = {value}\n" if row.lstrip().startswith("[") else there
    elif enabled:
        program = f"secret_command = {_value(command)}\n" if command else ""
        ending = "" if not rows or rows[-1].endswith("\n") else "\n"
        rows.append(f"{ending}\n# The databases are encrypted: docs/security.md\n[encryption]\nenabled = true\n{program}")
    made = "".join(rows)
    try:
        done = tomllib.loads(made).get("encryption", {}).get("enabled", False) is enabled
    except tomllib.TOMLDecodeError:
        done = False
    if not done:
        raise UsageError(f"write enabled = {value} into [encryption] of workspace.toml by hand, and do it again")
    return made


def _promise(first: str, following: str) -> str:
    return f'promise = {{ first_reply = "{first}", next_reply = "{following}" }}   # what customers are told\n'


def _table(values: Mapping[str, tuple[Value, str]], *, heading: str = "[[source]]") -> str:
    lines = [heading]
    for key, (value, words) in values.items():
        line = f"{key} = {_value(value)}"
        lines.append(f"{line:<38} # {words}" if words else line)
    return "\n" + "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    """TOML's basic strings are JSON's, but for a character that JSON leaves as it is."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
