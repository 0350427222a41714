"""``agent-tui init``: sets a workspace up by asking, or adds a source to one."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui import secrets
    from agent_tui.commands.context import Context
    from agent_tui.workspace import Workspace


def arguments(parser: ArgumentParser) -> None:
    """It has none: it asks."""
    parser.add_argument("--no-sync", action="store_true", help="fetch nothing at the end")
    parser.add_argument("--lines", action="store_true", help="ask and answer in JSON Lines, for another program that shows them")


def run(context: Context, options: Namespace) -> int:
    """Answers come from the terminal, or line by line from standard input. Ends with 1 where somebody left early."""
    from agent_tui.commands.setup.dialogue import Dialogue
    from agent_tui.commands.setup.network import Internet

    if context.json:
        raise UsageError("init asks questions, so it has no --json; scripts write workspace.toml and use 'agent-tui secret set'")
    person = Lines() if options.lines else Terminal()
    dialogue = Dialogue(
        context.path, person, home=Path.home(), network=None if context.offline else Internet(), check=_check
    )
    try:
        workspace = dialogue.hold()
    except (EOFError, KeyboardInterrupt):
        there = f"what was finished is in {dialogue.file}" if dialogue.file.exists() else "nothing was written"
        person.say(f"\nLeft; {there}. 'agent-tui init' goes on from there.")
        return 1
    person.say(f"\n{dialogue.file} is yours to edit; docs/configuration.md has every key.")
    if isinstance(person, Lines):
        person.tell("done")
        return 0
    if workspace.sources and not context.offline and not options.no_sync:
        _first_list(context, person)
    person.say("Open it with: agent-tui" + (f" --workspace {context.path}" if context.chosen else ""))
    return 0


def _check(workspace: Workspace, name: str) -> dict[str, Any]:
    from agent_tui.commands.source import check_all

    return asyncio.run(check_all(workspace, [name]))[0]


def _first_list(context: Context, person: Terminal) -> None:
    """Fetch, newest first; whoever does not want to wait may leave: the workstation goes on with it."""
    from agent_tui.commands import sync
    from agent_tui.commands.progress import Bars

    person.say("Fetching, newest first. Ctrl-C ends this; the workstation goes on where it was.")
    try:
        with Bars(context) as bars:
            results = sync.rounds(context, context.source_names([]), bars)
        sync.report(context, results)
    except KeyboardInterrupt:
        person.say("")


class Lines:
    """Asks another program, which shows it to somebody: one JSON object a line, in both directions.

    It says ``{"type":"say","text":…}``, ``{"type":"ask","text":…,"default":…}``, ``{"type":"secret","text":…}`` and at the end
    ``{"type":"done"}``; it is answered ``{"answer":…}``. The end of its input is that somebody left.
    """

    def tell(self, kind: str, **values: str) -> None:
        """One line out."""
        sys.stdout.write(json.dumps({"type": kind, **values}) + "\n")
        sys.stdout.flush()

    def _answer(self) -> str:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        try:
            return str(json.loads(line)["answer"])
        except (ValueError, KeyError, TypeError):
            raise UsageError('an answer is one line such as {"answer": "yes"}') from None

    def say(self, words: str = "") -> None:
        """See ``dialogue.Person``."""
        self.tell("say", text=words.strip("\n"))

    def ask(self, question: str, default: str = "") -> str:
        """See ``dialogue.Person``."""
        self.tell("ask", text=question, default=default)
        return self._answer().strip() or default

    def secret(self, question: str) -> secrets.Secret:
        """See ``dialogue.Person``."""
        from agent_tui.secrets import Secret

        self.tell("secret", text=question)
        return Secret(self._answer())


class Terminal:
    """Asks on the terminal, or reads lines from standard input."""

    def say(self, words: str = "") -> None:
        """See ``dialogue.Person``."""
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()

    def ask(self, question: str, default: str = "") -> str:
        """See ``dialogue.Person``."""
        answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip()
        return answer or default

    def secret(self, question: str) -> secrets.Secret:
        """See ``dialogue.Person``."""
        from agent_tui.commands.secret import read

        return read(question)
