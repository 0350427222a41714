"""Where the long runs say what came of them."""

from __future__ import annotations

import os
from pathlib import Path

SEED = int(os.environ.get("AGENT_TUI_FAULTS_SEED", "1"))


def report(line: str) -> None:
    """Print a line, and add it to the file that ``AGENT_TUI_FAULTS_REPORT`` names."""
    print(line)
    if path := os.environ.get("AGENT_TUI_FAULTS_REPORT", ""):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
