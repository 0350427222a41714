"""The terminal's title: how many cases are unread, where one looks while working elsewhere. Pure.

Sources: OSC 2 and the window title stack (``CSI 22 t``, ``CSI 23 t``) as in xterm's control sequences; ``ESC k`` as in GNU
screen's manual, "Naming Windows".
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "agent-tui"


def begin(environment: Mapping[str, str]) -> str:
    """Keep the title that there was."""
    return "\x1b[22;2t" if _kind(environment) == "osc" else ""


def title(unread: int, environment: Mapping[str, str]) -> str:
    """Set it."""
    words = f"({unread}) {NAME}" if unread else NAME
    kind = _kind(environment)
    if kind == "screen":
        return f"\x1bk{words}\x1b\\"
    return f"\x1b]2;{words}\a" if kind == "osc" else ""


def end(environment: Mapping[str, str]) -> str:
    """Put back what there was; GNU screen, which keeps none, gets the shell's name."""
    kind = _kind(environment)
    if kind == "screen":
        return f"\x1bk{environment.get('SHELL', '').rpartition('/')[2] or 'sh'}\x1b\\"
    return "\x1b[23;2t" if kind == "osc" else ""


def _kind(environment: Mapping[str, str]) -> str:
    """``osc``, ``screen`` or nothing where there is no title."""
    term = environment.get("TERM", "")
    if term in {"", "dumb", "unknown", "linux", "cons25"}:
        return ""
    return "screen" if "STY" in environment and "TMUX" not in environment else "osc"
