"""``agent-tui encryption``: the databases encrypted at rest or not, turned from one into the other while nobody works in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent_tui.domain.errors import AgentTuiError, AuthenticationError, UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.secrets import Secret
    from agent_tui.store.connections import Key
    from agent_tui.workspace import Workspace

ACTIONS = ("status", "on", "off", "change-key", "set-key")
CLEAR = "attachments, archives, articles, canned replies, policies, workspace.toml and the log are not encrypted"
KEEP = "keep a copy of it elsewhere: without it nobody can read this workspace or its backups"


def arguments(parser: ArgumentParser) -> None:
    """``status|on|off|change-key|set-key``."""
    parser.add_argument(
        "action", choices=ACTIONS, metavar="|".join(ACTIONS),
        help="how it is; encrypt the databases; decrypt them; encrypt them with another key; put a key that you have into the "
             "system's keyring. Keys are read from a prompt or standard input",
    )  # fmt: skip


def run(context: Context, options: Namespace) -> int:
    """For all but ``status`` and ``set-key`` nobody else may have the workspace open."""
    from agent_tui.store import connections

    connections.library()
    {"status": _status, "on": _on, "off": _off, "change-key": _change, "set-key": _set}[options.action](context)
    return 0


def _status(context: Context) -> None:
    from agent_tui import secrets
    from agent_tui.store import encrypting, encryption

    workspace, key, words = context.settings, None, "off"
    if workspace.encryption.enabled:
        try:
            key, origin = secrets.find_key(workspace)
            words = f"on, with the key from the {origin}"
        except AuthenticationError as error:
            words = f"on, but {error}"
    context.put("encryption", f"encryption is {words}", enabled=workspace.encryption.enabled, words=words)
    for path in encrypting.databases(workspace):
        kept = encryption.kind(path, key)
        told = {encryption.Kind.STRANGE: "damaged, or encrypted with a key that is not known"}.get(kept, kept.value)
        context.put("database", f"{path.name}: {told}", name=path.name, kept=kept.value)
    _tell(context, CLEAR)


def _on(context: Context) -> None:
    from agent_tui.store import encrypting

    workspace = context.settings
    with _alone(workspace):
        key = _first_key(context, workspace)
        encrypting.refuse(workspace, None, key)
        _write(workspace, enabled=True)  # from here on whoever opens the workspace is told to have this ended first
        _convert(context, workspace, None, key)
    context.put("done", f"{workspace.path}: the databases and their backups are encrypted; {CLEAR}. What they were before may "
                "still be found on the disk, in blocks that are free now", enabled=True)  # fmt: skip


def _off(context: Context) -> None:
    from agent_tui import secrets
    from agent_tui.store import encrypting

    workspace = context.settings
    with _alone(workspace):
        key, _ = secrets.find_key(workspace)
        encrypting.refuse(workspace, key, None)
        _convert(context, workspace, key, None)
        _write(workspace, enabled=False)
    context.put("done", f"{workspace.path}: nothing is encrypted any more. The key stays where it is: backups that you made "
                "before need it", enabled=False)  # fmt: skip


def _change(context: Context) -> None:
    from agent_tui import secrets
    from agent_tui.store import encrypting

    workspace = context.settings
    if not workspace.encryption.enabled:
        raise UsageError(f"{workspace.path} is not encrypted; 'agent-tui encryption on' does that")
    with _alone(workspace):
        old, origin = secrets.find_key(workspace)
        kept = origin == secrets.KEYRING
        new = secrets.following_key(workspace) if kept else None
        if new is None:
            new = _typed("New key")
            encrypting.refuse(workspace, old, new)
            if kept:  # beside the old one until every file has it, or a kill would leave files whose key nobody has
                secrets.store_key(workspace, new, following=True)
        else:
            _tell(context, "A change of the key was broken off; this goes on with it, to the key that was given then.")
        _convert(context, workspace, old, new)
        if kept:
            secrets.store_key(workspace, new)
            secrets.forget_following_key(workspace)
    where = "" if kept else f", which you must put now where the {origin} has the old one"
    context.put("done", f"{workspace.path} has the new key{where}; {KEEP}", enabled=True)


def _set(context: Context) -> None:
    from agent_tui import secrets
    from agent_tui.store import encryption

    workspace = context.settings
    key = _typed("Key")
    words = encryption.trouble(workspace, key) if workspace.encryption.enabled else ""
    if words:
        raise AgentTuiError(f"{words}. Nothing was stored")
    secrets.store_key(workspace, key)
    context.put("done", f"the key is in the system's keyring; {KEEP}", enabled=workspace.encryption.enabled)


def _first_key(context: Context, workspace: Workspace) -> Secret:
    """The key that there is, or a new one in the system's keyring.

    Raises:
        AuthenticationError: there is none, and no keyring to keep one in; or what there is is no key.
    """
    import secrets as random_numbers

    from agent_tui import secrets
    from agent_tui.settings_desk import KEY_REMEDY
    from agent_tui.store.connections import DIGITS

    found = secrets.known_key(workspace)
    if found is not None:
        return found[0]
    made = secrets.Secret(random_numbers.token_hex(DIGITS // 2))
    try:
        secrets.store_key(workspace, made)
    except AuthenticationError as error:
        raise AuthenticationError(f"there is no key yet, and none can be kept here ({error}): {KEY_REMEDY}") from None
    where = f"service {secrets.SERVICE}, user {secrets.key_user(workspace)}"
    _tell(context, f"a key was made and is in the system's keyring ({where}); {KEEP}")
    return made


def _tell(context: Context, words: str) -> None:
    context.put("note", words, words=words)


def _typed(what: str) -> Secret:
    from agent_tui.commands.secret import read
    from agent_tui.store.connections import DIGITS, is_key

    key = read(f"{what}, {DIGITS} hexadecimal digits (not shown)")
    if not is_key(key.reveal()):
        raise UsageError(f"nothing was changed: a key is {DIGITS} hexadecimal digits, as 'openssl rand -hex 32' makes one")
    return key


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """No engine runs and none begins, and no workstation is open.

    Raises:
        AgentTuiError: one is.
    """
    from agent_tui.commands.unlocking import in_use
    from agent_tui.engine.lock import EngineLock

    lock = EngineLock(workspace.lock_path)
    try:
        others = in_use(workspace)
        if others:
            listed = ", ".join(map(str, others))
            raise AgentTuiError(f"{workspace.path} is in use (process {listed}); close the workstation and do it again")
        yield
    finally:
        lock.release()


def _convert(context: Context, workspace: Workspace, old: Key | None, new: Key | None) -> None:
    from agent_tui.store import encrypting

    for path, left in encrypting.convert(workspace, old, new):
        name = str(path.relative_to(workspace.path))
        context.put("converted", f"{name}: {left or 'done'}", name=name, done=not left, words=left)
        context.flush()


def _write(workspace: Workspace, *, enabled: bool) -> None:
    import shutil

    from agent_tui.commands.setup.settings_text import with_encryption

    file = workspace.settings_path
    partial = file.with_name(f".{file.name}.new")
    partial.write_text(with_encryption(file.read_text("utf-8"), enabled=enabled), "utf-8", newline="")
    shutil.copymode(file, partial)
    partial.replace(file)
