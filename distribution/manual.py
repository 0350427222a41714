"""The manual, as a page for ``man``."""

from __future__ import annotations

import re

from agent_tui import __version__
from distribution.grammar import GLOBAL, Command, Kind, Option, commands

HEAD = r""".\" Made by `python -m distribution` from the program's table of commands.
.TH AGENT-TUI 1 "{day}" "agent-tui {version}" "User Commands"
.SH NAME
agent-tui \- one keyboard-driven inbox for e-mail, chat and community, kept for offline use
.SH SYNOPSIS
.B agent-tui
[\fB\-\-workspace\fR \fIDIR\fR] [\fB\-\-offline\fR]
.br
.B agent-tui
\fICOMMAND\fR [\fIARGUMENT\fR ...] [\fIOPTION\fR ...]
.SH DESCRIPTION
Without a command
.B agent-tui
opens the workstation: the cases of every source in one list, ordered by the promise that breaks first.
.B ?
shows the keys that work where one is,
.B ctrl+q
quits.
.PP
Every command works without a terminal, reads and writes the same workspace, and is safe to run while the workstation is
open.
To look around without an account, run
.BR "agent-tui demo" .
To set up a first mailbox, run
.BR "agent-tui init" .
.SH OPTIONS
They stand before or after the command.
"""
TAIL = r""".SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed
.TP
.B 2
bad usage or a bad workspace
.TP
.B 3
stopped by a guard
.TP
.B 4
finished, but some source failed
.PP
An error is one line on standard error: what happened, where, and what to do.
.SH ENVIRONMENT
.TP
.B AGENT_TUI_WORKSPACE
the workspace where
.B \-\-workspace
is not given
.TP
.BI AGENT_TUI_SECRET_ NAME
the secret of the source
.IR name ,
in upper case, with _ for \-
.TP
.B NO_COLOR
no colours
.TP
.B AGENT_TUI_PLAIN_START
no list before the program is loaded
.SH FILES
All in the workspace, by default
.IR ~/.local/share/agent\-tui :
.TP
.I workspace.toml
settings and sources, never a secret
.TP
.I desk.db
what exists only here: operations, drafts, notes, tags, decisions
.TP
.IR cache.db ", " search.db
the mirror of the servers and its index; both may be deleted
.TP
.IR policies/ ", " canned/
Markdown files: the policy library and the canned replies
.TP
.I agent\-tui.log
no bodies, no secrets
.SH EXAMPLES
.nf
agent\-tui list state:open older:2h
agent\-tui show 81kyztx
agent\-tui reply 81kyztx \-\-canned refund \-\-set 'order number'=1234 \-\-close
agent\-tui do 81kyztx jxtb4wv tag +shipping
agent\-tui search 'from:asha refund' \-\-json
.fi
"""


def page() -> str:
    """The whole page in man(7) macros."""
    parts = [HEAD.format(version=__version__, day=""), *(_option(one) for one in GLOBAL), ".SH COMMANDS\n"]
    parts += [_command(one) for one in commands()]
    return "".join([*parts, TAIL])


def _command(one: Command) -> str:
    title = f"agent-tui {one.name} {one.usage}".strip()
    summary = one.summary[0].upper() + one.summary[1:]
    parts = [f".SS {_text(title)}\n{_text(summary)}.\n"]
    if one.name == "do":
        parts.append(f"Verbs: {_text(', '.join(one.words[1].choices))}.\n")
    return "".join([*parts, *(_option(option) for option in one.options)])


def _option(one: Option) -> str:
    value = "" if one.value.kind is Kind.NONE else f" \\fI{_text(one.value.name)}\\fR"
    return f".TP\n\\fB{_text(one.name)}\\fR{value}\n{_text(one.help)}\n"


def _text(text: str) -> str:
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("…", " ...").replace("×", "x")
    plain = re.sub(r"  +", " ", plain)
    return "\\&" + plain if plain.startswith((".", "'")) else plain
