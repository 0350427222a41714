"""``python -m agent_tui`` and the ``agent-tui`` command."""

from __future__ import annotations


def main() -> int:
    """Run the command line; the exit status is what INTERFACES names."""
    from agent_tui.cli import run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
