"""Completions for bash, which need nothing but bash 4."""

from __future__ import annotations

from collections.abc import Iterable

from distribution.grammar import GLOBAL, Command, Kind, Value

HEAD = r"""# bash completion of agent-tui; made by `python -m distribution` from its table of commands.

_agent_tui_words() {  # what the workspace has, from the program itself: cases, sources, canned
    local -a asked
    case $1 in
        cases) asked=(list --limit 500) ;;
        sources) asked=(source list) ;;
        canned) asked=(canned list) ;;
    esac
    "$program" "${workspace[@]}" --offline "${asked[@]}" 2>/dev/null |
        while IFS=' ' read -r first _; do printf '%s\n' "$first"; done
}

_agent_tui_offer() {  # KIND WORDS: fills COMPREPLY
    local IFS=$'\n'
    case $1 in
        file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
        folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
        case) COMPREPLY=($(compgen -W "$(_agent_tui_words cases)" -- "$current")) ;;
        source) COMPREPLY=($(compgen -W "$(_agent_tui_words sources)" -- "$current")) ;;
        canned) COMPREPLY=($(compgen -W "$(_agent_tui_words canned)" -- "$current")) ;;
        query) compopt -o nospace 2>/dev/null; COMPREPLY=($(compgen -W "${2// /$'\n'}" -- "$current")) ;;
        choice) COMPREPLY=($(compgen -W "${2// /$'\n'}" -- "$current")) ;;
    esac
}

_agent_tui() {
    COMPREPLY=()
    local program=${COMP_WORDS[0]} before=${COMP_LINE:0:COMP_POINT} current previous= command= one
    local -a workspace=() words=()
    # bash cuts words at : and = too: what is being written is everything after the last space.
    current=${before##*[[:space:]]}
    local -i index=1 last=COMP_CWORD
    while ((last > 1)) && [[ ${COMP_WORDS[last]} == [:=] || ${COMP_WORDS[last - 1]} == [:=] ]]; do last+=-1; done
    while ((index < last)); do
        one=${COMP_WORDS[index]}
        index+=1
        if [[ $one == --workspace ]]; then
            [[ ${COMP_WORDS[index]} == = ]] && index+=1
            ((index < last)) && workspace=(--workspace "${COMP_WORDS[index]/#\~\//$HOME/}")
            ((index < last)) || previous=--workspace
            index+=1
        elif [[ -z $command && $one != -* ]]; then
            command=$one
        else
            [[ -n $command ]] && words+=("$one")
        fi
    done
    ((${#words[@]})) && previous=${words[-1]}
    [[ $current == --*=* ]] && previous=${current%%=*} current=${current#*=}
    local takes= first= asked= count=0
"""
TAIL = r"""
    # The words before, without options and their values.
    local skip=
    for one in "${words[@]}"; do
        if [[ $skip ]]; then skip=; continue; fi
        if [[ $one == --* ]]; then [[ " $takes " == *" $one "* ]] && skip=1; continue; fi
        [[ $count == 0 ]] && first=$one
        count=$((count + 1))
    done
    _agent_tui_argument
    # bash puts the answer in place of what follows the last : or =, where it cuts words there.
    local cut=${current%"${current##*:}"}
    if [[ $cut && $COMP_WORDBREAKS == *:* ]]; then COMPREPLY=("${COMPREPLY[@]#"$cut"}"); fi
}

complete -F _agent_tui agent-tui
"""


def script() -> str:
    """The whole file."""
    from distribution.grammar import commands

    found = commands()
    return HEAD + _options(found) + TAIL.replace("    _agent_tui_argument\n", _arguments(found))


def _offer(value: Value) -> str:
    words = f" '{' '.join(value.choices)}'" if value.choices else ""
    return "return" if value.kind in (Kind.FREE, Kind.NONE) else f"_agent_tui_offer {value.kind.value}{words}; return"


def _options(found: Iterable[Command]) -> str:
    lines = ["    case $command:$previous in"]
    lines += [f"        *:{one.name}) {_offer(one.value)} ;;" for one in GLOBAL if one.value.kind is not Kind.NONE]
    for command in found:
        for one in command.options:
            if one.value.kind is not Kind.NONE:
                lines.append(f"        {command.name}:{one.name}) {_offer(one.value)} ;;")
    lines += ["    esac", "    case $command in"]
    common = " ".join(one.name for one in GLOBAL)
    lines.append(f"        '') if [[ $current == -* ]]; then _agent_tui_offer choice '{common}'; "
                 f"else _agent_tui_offer choice '{' '.join(one.name for one in found)} help'; fi; return ;;")  # fmt: skip
    for command in found:
        names = " ".join([*(one.name for one in command.options), *(one.name for one in GLOBAL if one.name != "--version")])
        takes = " ".join(one.name for one in command.options if one.value.kind is not Kind.NONE)
        lines.append(f"        {command.name}) takes='{takes}' asked='{names}' ;;")
    lines += ["    esac", '    if [[ $current == -* && $command ]]; then _agent_tui_offer choice "$asked"; return; fi', ""]
    return "\n".join(lines)


def _arguments(found: Iterable[Command]) -> str:
    lines = ["    case $command:$count:$first in"]
    for command in found:
        for word, value in command.after:
            lines.append(f"        {command.name}:1:{word}) {_plain(value)} ;;")
        if any(word == "render" for word, _ in command.after):
            lines.append(f"        {command.name}:2:render) _agent_tui_offer case ;;")
        if command.name == "do":
            verbs = " ".join(command.words[1].choices)
            lines.append("        do:0:*) _agent_tui_offer case ;;")
            lines.append(f"        do:*) _agent_tui_offer choice \"{verbs} $(_agent_tui_words cases | tr '\\n' ' ')\" ;;")
            continue
        for number, value in enumerate(command.words):
            if value.kind is Kind.FREE or (number and command.after):
                continue
            at = (f"[{number}-9]*" if number else "*") if value.more else number
            lines.append(f"        {command.name}:{at}:*) {_plain(value)} ;;")
    return "\n".join([*lines, "    esac", ""])


def _plain(value: Value) -> str:
    words = f" '{' '.join(value.choices)}'" if value.choices else ""
    return f"_agent_tui_offer {value.kind.value}{words}"
