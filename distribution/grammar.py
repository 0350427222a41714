"""The command line as values: every command with its options and words, read from the program's own table and parsers."""

from __future__ import annotations

from argparse import SUPPRESS, Action
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

from agent_tui.cli import _parser
from agent_tui.commands import COMMANDS, MODULES
from agent_tui.commands.do import VERBS
from agent_tui.domain.guards import GUARDS
from agent_tui.domain.query import CHOICES, NAMES
from agent_tui.domain.views import VIEWS


class Kind(StrEnum):
    """What a word of the command line is, so that a shell can offer the right ones."""

    NONE = "none"
    FREE = "free"
    CHOICE = "choice"
    FILE = "file"
    FOLDER = "folder"
    CASE = "case"
    SOURCE = "source"
    CANNED = "canned"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Value:
    """A word: an option's value, or a command's argument.

    Args:
        kind: where the words to offer come from.
        name: what the help calls it, empty for an option without a value.
        choices: the words of ``Kind.CHOICE``, and the fields of ``Kind.QUERY``.
        more: it may be repeated.
    """

    kind: Kind
    name: str = ""
    choices: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One option: ``--limit``, what it does, and its value."""

    name: str
    help: str
    value: Value
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Args:
        usage: its arguments as the overview shows them.
        words: its arguments in order.
        after: what may follow a word of the first argument, such as CASE after ``render``; empty for no such rule.
    """

    name: str
    usage: str
    summary: str
    options: tuple[Option, ...]
    words: tuple[Value, ...]
    after: tuple[tuple[str, Value], ...] = ()


GLOBAL = (
    Option("--workspace", "the workspace; else AGENT_TUI_WORKSPACE, else the user's data directory", Value(Kind.FOLDER, "DIR")),
    Option("--offline", "never contact a server", Value(Kind.NONE)),
    Option("--json", "JSON Lines instead of text", Value(Kind.NONE)),
    Option("--help", "the command's own help", Value(Kind.NONE)),
    Option("--version", "the version", Value(Kind.NONE)),
)
QUERIES = tuple(f"{name}:" for name in NAMES if name not in CHOICES) + tuple(
    f"{name}:{one}" for name, values in CHOICES.items() for one in values
)
NAMED = {
    "CASE": Value(Kind.CASE, "CASE"),
    "SOURCE": Value(Kind.SOURCE, "SOURCE"),
    "FILE": Value(Kind.FILE, "FILE"),
    "F": Value(Kind.FILE, "F"),
    "PATH": Value(Kind.FILE, "PATH"),
    "DIR": Value(Kind.FOLDER, "DIR"),
    "FOLDER": Value(Kind.FOLDER, "FOLDER"),
    "QUERY": Value(Kind.QUERY, "QUERY", QUERIES),
    "GUARD": Value(Kind.CHOICE, "GUARD", GUARDS),
}
# What the name of an argument does not say.
PLACED = {
    ("source", "names"): Value(Kind.SOURCE, "NAME"),
    ("reply", "canned"): Value(Kind.CANNED, "NAME"),
    ("list", "view"): Value(Kind.CHOICE, "NAME", tuple(one.id for one in VIEWS if one.id not in ("drafts", "outbox"))),
    ("canned", "kind"): Value(Kind.CHOICE, "DESK", ("chatwoot", "zammad", "freescout", "helpscout", "zendesk", "plain")),
}
AFTER = {
    "canned": (("render", Value(Kind.CANNED, "NAME")), ("import", Value(Kind.SOURCE, "SOURCE"))),
    "policy": (("suggest", Value(Kind.CASE, "CASE")), ("import", Value(Kind.FOLDER, "FOLDER"))),
}


def commands() -> tuple[Command, ...]:
    """Every command, in the order of ``agent-tui --help``."""
    return tuple(_command(*one) for one in COMMANDS)


def _command(name: str, usage: str, summary: str) -> Command:
    parser = _parser(name)
    import_module(f"agent_tui.commands.{MODULES.get(name, name)}").arguments(parser)
    options, words = [], []
    for action in parser._actions:
        if action.help == SUPPRESS:
            continue
        value = _value(name, action)
        if action.option_strings:
            repeatable = type(action).__name__ == "_AppendAction"
            options.append(Option(action.option_strings[-1], action.help or "", value, repeatable))
        else:
            words.append(value)
    if name == "do":
        words = [Value(Kind.CASE, "CASE", more=True), Value(Kind.CHOICE, "VERB", tuple(VERBS))]
    return Command(name, usage, summary, tuple(options), tuple(words), AFTER.get(name, ()))


def _value(command: str, action: Action) -> Value:
    more = action.nargs in ("*", "+")
    if action.nargs == 0:
        return Value(Kind.NONE)
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None:
        return Value(Kind.CHOICE, name, tuple(action.choices), more)
    found = PLACED.get((command, action.dest)) or NAMED.get(name) or Value(Kind.FREE, name)
    return Value(found.kind, found.name, found.choices, more)
