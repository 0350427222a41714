"""Where the workspace is, found before anything else is loaded."""

from __future__ import annotations

import os
import sys

VARIABLE = "AGENT_TUI_WORKSPACE"


def folder(chosen: str | os.PathLike[str] | None = None) -> str:
    """The workspace to use, absolute: what was chosen, else ``AGENT_TUI_WORKSPACE``, else the platform's user data."""
    return os.path.realpath(os.path.expanduser(chosen or os.environ.get(VARIABLE) or _user_data()))


def _user_data() -> str:
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:  # as platformdirs has it, without its start
        base = os.environ.get("XDG_DATA_HOME", "").strip() or "~/.local/share"
        return f"{base}/agent-tui"
    import platformdirs

    return platformdirs.user_data_dir("agent-tui", appauthor=False)
