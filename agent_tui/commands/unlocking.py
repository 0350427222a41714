"""Opens an encrypted workspace to this process, before anything in it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.domain.errors import AgentTuiError, WorkspaceError

if TYPE_CHECKING:
    from agent_tui.workspace import Workspace


def unlock(workspace: Workspace) -> None:
    """Have everything of a workspace opened with its key.

    Args:
        workspace: whose settings say that it is encrypted.

    Raises:
        WorkspaceError: there is no key, it is not the right one, or the library is not installed; nothing was changed.
    """
    from agent_tui import secrets
    from agent_tui.store import connections, encryption

    try:
        connections.library()
        key, _ = secrets.find_key(workspace)
        words = encryption.trouble(workspace, key)
    except AgentTuiError as error:
        raise WorkspaceError(str(error)) from None
    if words:
        raise WorkspaceError(words)
    connections.use_key(workspace.path, key)


def in_use(workspace: Workspace) -> tuple[int, ...]:
    """The processes that have a workspace open, by number, as far as that can be told; never this one."""
    from agent_tui import running
    from agent_tui.store.mending import opened_elsewhere

    open_there = {one for path in (workspace.desk_path, workspace.cache_path) for one in opened_elsewhere(path)}
    # A process that has looked a secret up lets nobody see which files it has open.
    return tuple(sorted(open_there | set(running.alive(workspace.path))))
