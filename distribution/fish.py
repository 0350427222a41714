"""Completions for fish."""

from __future__ import annotations

from distribution.grammar import GLOBAL, Command, Kind, Option, Value, commands

HEAD = r"""# fish completion of agent-tui; made by `python -m distribution` from its table of commands.

function __agent_tui_words --description 'the words after the options that stand before the command'
    set -l skip
    set -l command
    for one in (commandline -opc)[2..]
        if set -q skip[1]
            set -e skip
        else if test $one = --workspace
            set skip 1
        else if set -q command[1]; or not string match -q -- '-*' $one
            set command 1
            echo -- $one
        end
    end
end

function __agent_tui_bare
    test (count (__agent_tui_words)) = 0
end

function __agent_tui_in
    set -l words (__agent_tui_words)
    set -q words[1]; and contains -- $words[1] $argv
end

function __agent_tui_at --description 'COMMAND NUMBER [FIRST]: that many arguments are there'
    set -l words (string match -v -- '--*' (__agent_tui_words))
    set -q words[1]; and test $words[1] = $argv[1]; and test (math (count $words) - 1) = $argv[2]; or return 1
    set -q argv[3]; or return 0
    contains -- $words[2] $argv[3..]
end

function __agent_tui_ask --description 'what the workspace has, from the program itself'
    set -l words (commandline -opc)
    set -l chosen
    if set -l at (contains -i -- --workspace $words); and set -q words[(math $at + 1)]
        set chosen --workspace (string replace -r '^~/' $HOME/ -- $words[(math $at + 1)])
    end
    $words[1] $chosen --offline $argv 2>/dev/null | string replace -r '^(\S+)\s+' '$1\t' | string replace -ra ' +' ' '
end

complete -c agent-tui -f
"""
ACTIONS = {
    Kind.CASE: "(__agent_tui_ask list --limit 500)",
    Kind.SOURCE: "(__agent_tui_ask source list)",
    Kind.CANNED: "(__agent_tui_ask canned list)",
    Kind.FOLDER: "(__fish_complete_directories)",
}


def script() -> str:
    """The whole file."""
    found = commands()
    lines = [_option(one, "" if one.name != "--version" else "-n __agent_tui_bare ") for one in GLOBAL]
    for one in found:
        lines += ["", f"complete -c agent-tui -n __agent_tui_bare -a {one.name} -d {_quoted(one.summary)}"]
        lines += _command(one)
    return HEAD + "\n".join(lines) + "\n"


def _command(one: Command) -> list[str]:
    lines = [_option(option, f"-n '__agent_tui_in {one.name}' ") for option in one.options]
    if one.name == "do":
        return [*lines, _argument("__agent_tui_in do", "case", one.words[0], keep=True),
                _argument("__agent_tui_in do; and not __agent_tui_at do 0", "verb", one.words[1])]  # fmt: skip
    for number, value in enumerate(one.words):
        if not (number and one.after):
            where = f"__agent_tui_in {one.name}" if value.more else f"__agent_tui_at {one.name} {number}"
            where += f"; and not __agent_tui_at {one.name} 0" if value.more and number else ""
            lines.append(_argument(where, value.name, value, keep=value.kind is Kind.CASE))
    for word, value in one.after:
        lines.append(_argument(f"__agent_tui_at {one.name} 1 {word}", value.name, value))
        if word == "render":
            case = Value(Kind.CASE, "CASE")
            lines.append(_argument(f"__agent_tui_at {one.name} 2 {word}", "CASE", case, keep=True))
    return [line for line in lines if line]


def _argument(where: str, told: str, value: Value, *, keep: bool = False) -> str:
    """A line for an argument; ``keep`` leaves the order as the program gives it."""
    if value.kind in (Kind.FREE, Kind.NONE):
        return ""
    head = f"complete -c agent-tui -n {_quoted(where)} "
    if value.kind is Kind.FILE:
        return head + "-F"
    words = ACTIONS.get(value.kind) or " ".join(value.choices)
    return head + ("-k " if keep else "") + f"-a {_quoted(words)} -d {_quoted(told)}"


def _option(one: Option, where: str) -> str:
    head = f"complete -c agent-tui {where}-l {one.name[2:]} -d {_quoted(one.help)}"
    match one.value.kind:
        case Kind.NONE:
            return head
        case Kind.FREE:
            return f"{head} -x"
        case Kind.FILE:
            return f"{head} -r -F"
        case kind:
            return f"{head} -x -a {_quoted(ACTIONS.get(kind) or ' '.join(one.value.choices))}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
