"""``agent-tui secret``: put a secret into the system's keyring, or take it out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent_tui.domain.errors import AuthenticationError, UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui import secrets
    from agent_tui.commands.context import Context


def arguments(parser: ArgumentParser) -> None:
    """``set|forget SOURCE [--smtp]``."""
    parser.add_argument("action", choices=("set", "forget"), metavar="set|forget")
    parser.add_argument("source", metavar="SOURCE", help="name of a source in workspace.toml")
    parser.add_argument("--smtp", action="store_true", help="the second secret, where SMTP has a user name of its own")


def run(context: Context, options: Namespace) -> int:
    """Reads the secret from a prompt, or from standard input where that is no terminal."""
    from agent_tui import secrets

    (name,) = context.source_names([options.source])
    part = "smtp" if options.smtp else ""
    where = f"the keyring, for source '{name}' of {context.workspace.path}"
    if options.action == "set":
        secrets.store(context.workspace, name, read(f"Secret for {name} (not shown)"), part)
        context.put("secret", f"stored in {where}", source=name, part=part, action="set", done=True)
        return 0
    done = secrets.forget(context.workspace, name, part)
    words = f"removed from {where}" if done else f"there was none in {where}"
    context.put("secret", words, source=name, part=part, action="forget", done=done)
    return 0


def read(question: str) -> secrets.Secret:
    """A secret from a prompt that does not show it, or from standard input where that is no terminal.

    Raises:
        AuthenticationError: this terminal cannot hide what is typed.
        UsageError: nothing was typed.
    """
    from agent_tui import secrets

    secrets.harden()
    if sys.stdin.isatty():
        from getpass import GetPassWarning, getpass
        from warnings import catch_warnings, simplefilter

        with catch_warnings():
            simplefilter("error", GetPassWarning)  # a terminal that cannot hide what is typed would show it
            try:
                value = getpass(f"{question}: ")
            except GetPassWarning:
                words = "this terminal cannot hide what is typed; pass the secret on standard input"
                raise AuthenticationError(words) from None
            except EOFError:
                value = ""
    else:
        value = sys.stdin.readline()
    value = value.rstrip("\r\n")
    if not value:
        raise UsageError("the secret is empty; nothing was stored")
    return secrets.Secret(value)
