"""``python -m distribution`` writes what is made from the table of commands into ``share/``."""

from __future__ import annotations

from pathlib import Path

from distribution import bash, fish, manual, zsh

SHARE = Path(__file__).parents[1] / "share"
MADE = {
    "bash-completion/completions/agent-tui": bash.script,
    "zsh/site-functions/_agent-tui": zsh.script,
    "fish/vendor_completions.d/agent-tui.fish": fish.script,
    "man/man1/agent-tui.1": manual.page,
}


def main() -> None:
    """Write them all."""
    for name, make in MADE.items():
        path = SHARE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), "utf-8")


if __name__ == "__main__":
    main()
