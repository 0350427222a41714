"""Completions for zsh, through its own ``_arguments``."""

from __future__ import annotations

from distribution.grammar import GLOBAL, Command, Kind, Option, Value, commands

HEAD = r"""#compdef agent-tui
# zsh completion of agent-tui; made by `python -m distribution` from its table of commands.

_agent_tui_ask() {  # what the workspace has, from the program itself
    local -a found=() chosen=($workspace)
    local line first
    local -i at=${words[(I)--workspace]}
    ((at)) && chosen=(--workspace ${(Q)~words[at + 1]})
    for line in ${(f)"$($agent_tui $chosen --offline $@ 2>/dev/null)"}; do
        first=${line%% *}
        found+=("${first//:/\\:}:${${line#* }//[[:space:]]##/ }")
    done
    print -rl -- $found
}
_agent_tui_case() { local -a found=(${(f)"$(_agent_tui_ask list --limit 500)"}); _describe -V -t cases case found }
_agent_tui_source() { local -a found=(${(f)"$(_agent_tui_ask source list)"}); _describe -t sources source found }
_agent_tui_canned() { local -a found=(${(f)"$(_agent_tui_ask canned list)"}); _describe -t canned 'canned reply' found }
_agent_tui_query() { compadd -S '' -M 'r:|:=*' -- FIELDS }
_agent_tui_verb() {
    _alternative 'verbs:verb:(VERBS)' 'cases:case:_agent_tui_case'
}

_agent_tui() {
    setopt localoptions extendedglob
    local agent_tui=$words[1] curcontext=$curcontext state state_descr line
    local -a commands=(
COMMANDS
    )
    local -A opt_args
    local -a workspace=()
    _arguments -C \
OPTIONS
        '1:command:->command' \
        '*::argument:->argument'
    [[ -n $opt_args[--workspace] ]] && workspace=(--workspace ${(Q)~opt_args[--workspace]})
    case $state in
        command) _describe -t commands command commands ;;
        argument)
            case $words[1] in
"""
TAIL = r"""            esac ;;
    esac
}

_agent_tui "$@"
"""


def script() -> str:
    """The whole file."""
    found = commands()
    fields = next(value.choices for one in found for value in one.words if value.kind is Kind.QUERY)
    verbs = next(one.words[1].choices for one in found if one.name == "do")
    listed = "\n".join(f"        {_quoted(f'{one.name}:{one.summary}')}" for one in found)
    options = "\n".join(f"        {_option(one)} \\" for one in GLOBAL)
    head = HEAD.replace("FIELDS", " ".join(f"'{one}'" for one in fields)).replace("VERBS", " ".join(verbs))
    head = head.replace("COMMANDS", listed).replace("OPTIONS", options)
    return head + "".join(_case(one) for one in found) + TAIL


def _case(command: Command) -> str:
    common = [one for one in GLOBAL if one.name != "--version"]
    lines = [f"                {command.name}) _arguments -S \\"]
    parts = [_option(one) for one in (*command.options, *common)]
    if command.name == "do":
        parts += ["'1:case:_agent_tui_case'", "'*:verb:_agent_tui_verb'"]
    elif command.after:
        parts += [f"'1:{command.words[0].name}:({' '.join(command.words[0].choices)})'", "'*:: :->after'"]
    else:
        for number, value in enumerate(command.words, 1):
            parts.append(f"'{'*' if value.more else number}:{value.name}:{_action(value)}'")
    lines += [f"                    {part} \\" for part in parts]
    lines[-1] = lines[-1].removesuffix(" \\")
    if command.after:
        lines += ["                    case $line[1]:$CURRENT in  # words begin with the first argument"]
        for word, value in command.after:
            lines.append(f"                        {word}:2) {_action(value)} ;;")
            if word == "render":
                lines.append("                        render:3) _agent_tui_case ;;")
        lines += ["                    esac"]
    return "\n".join(lines) + " ;;\n"


def _action(value: Value) -> str:
    match value.kind:
        case Kind.CHOICE:
            return f"({' '.join(value.choices)})"
        case Kind.FILE:
            return "_files"
        case Kind.FOLDER:
            return "_files -/"
        case Kind.FREE | Kind.NONE:
            return " "
        case _:
            return f"_agent_tui_{value.kind.value}"


def _option(one: Option) -> str:
    told = one.help.replace("[", "(").replace("]", ")")
    value = "" if one.value.kind is Kind.NONE else f":{one.value.name}:{_action(one.value)}"
    equals = "=" if value else ""
    return _quoted(f"{'*' if one.repeatable else ''}{one.name}{equals}[{told}]{value}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
