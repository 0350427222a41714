"""Secrets: environment, then the source's command, then the system's keyring. Engine and commands only.

A secret lives in a ``Secret``, which shows itself to nobody; ``reveal()`` is called where it goes to a server
and nowhere else. A process that has looked one up leaves no core dump.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

from agent_tui import log
from agent_tui.domain.errors import AuthenticationError
from agent_tui.settings_file import environment_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent_tui.workspace import Workspace

SERVICE = "agent-tui"
COMMAND_SECONDS = 30
HIDDEN = "Secret(…)"
# Backends that ask nobody on the terminal. Others (keyrings.alt, keyrings.cryptfile) are chosen by keyring as soon
# as they are installed and read a password from the terminal, which would freeze the workstation.
QUIET_BACKENDS = (
    "keyring.backends.SecretService", "keyring.backends.libsecret", "keyring.backends.kwallet",
    "keyring.backends.macOS",
)
_PR_SET_DUMPABLE = 4


class Secret:
    """A secret that no ``repr``, format, log or traceback shows."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        log.register_secret(value)
        self.__value = value

    def reveal(self) -> str:
        """The secret itself, for the server; not to be kept."""
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__value == other.reveal()

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be pickled or copied")


def harden() -> None:
    """No core dump of this process, and no other process of this user may read its memory."""
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    with contextlib.suppress(OSError, AttributeError, ImportError):
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def lookup(workspace: Workspace, name: str, part: str = "") -> Secret:
    """The secret of a source.

    Args:
        part: a second one, ``smtp``; where none is stored and the source has no user name of its own for it,
            the main one is meant.

    Raises:
        AuthenticationError: there is none, or it cannot be had; in words that say what to do.
    """
    return find(workspace, name, part)[0]


def find(workspace: Workspace, name: str, part: str = "") -> tuple[Secret, str]:
    """The secret, and where it came from: ``environment``, ``command`` or ``keyring``.

    Raises:
        AuthenticationError: as ``lookup``.
    """
    harden()
    variable = environment_name(name, part)
    value = os.environ.get(variable)
    if value:
        return Secret(value), "environment"
    settings = workspace.source(name)
    argv = dict(settings.secret_commands).get(part)
    if argv:
        return Secret(_run(workspace, name, argv)), "command"
    trouble = ""
    try:
        value = _keyring_get(_user(workspace, name, part))
    except AuthenticationError as error:
        trouble = str(error)
    if value:
        return Secret(value), "keyring"
    if part and not getattr(settings.options, f"{part}_username", ""):
        return find(workspace, name)
    what = f"{part.upper()} secret" if part else "secret"
    raise AuthenticationError(
        f"source '{name}': there is no {what} yet{f' ({trouble})' if trouble else ''}; store one with "
        f"'agent-tui secret set {name}{f' --{part}' if part else ''}', or set {variable}, "
        f"or name a program that prints it as secret_command in workspace.toml"
    )


def store(workspace: Workspace, name: str, value: Secret, part: str = "") -> None:
    """Put a secret into the system's keyring.

    Raises:
        AuthenticationError: the keyring does not take it.
    """
    harden()
    with _keyring_words():
        _backend().set_password(SERVICE, _user(workspace, name, part), value.reveal())


def forget(workspace: Workspace, name: str, part: str = "") -> bool:
    """Remove a secret from the system's keyring; False where there was none.

    Raises:
        AuthenticationError: the keyring cannot be used.
    """
    with _keyring_words():
        backend = _backend()
        user = _user(workspace, name, part)
        if backend.get_password(SERVICE, user) is None:
            return False
        backend.delete_password(SERVICE, user)
    return True


def _user(workspace: Workspace, name: str, part: str) -> str:
    return f"{workspace.path}:{name}_{part}" if part else f"{workspace.path}:{name}"


def _run(workspace: Workspace, name: str, argv: tuple[str, ...]) -> str:
    """First line that the program prints. Whatever else it says is not repeated: it may hold the secret."""
    program = os.path.expanduser(argv[0])  # noqa: PTH111 - a program's name is not a path unless it has a slash
    where = f"source '{name}': secret_command ({argv[0]})"
    try:
        done = subprocess.run(
            (program, *argv[1:]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS, check=False, cwd=workspace.path, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        words = f"{where} gave nothing within {COMMAND_SECONDS} seconds; run it by hand, it may wait for a key"
        raise AuthenticationError(words) from None
    except OSError as error:
        raise AuthenticationError(f"{where} cannot be started: {error.strerror}; check the program's name") from None
    if done.returncode != 0:
        raise AuthenticationError(f"{where} ended with status {done.returncode}; run it by hand to see why")
    lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    if not lines or not lines[0]:
        raise AuthenticationError(f"{where} printed nothing; its first line must be the secret")
    return lines[0]


def _keyring_get(user: str) -> str | None:
    with _keyring_words():
        value = _backend().get_password(SERVICE, user)
        return None if value is None else str(value)


def _backend() -> Any:
    """The keyring to use: the one the user has configured, else the best that asks nothing on the terminal."""
    from keyring import backend, core
    from keyring.errors import NoKeyringError

    configured = core.load_env() or core.load_config()
    if configured is not None:
        return configured
    quiet = [one for one in backend.get_all_keyring() if type(one).__module__.startswith(QUIET_BACKENDS)]
    if not quiet:
        raise NoKeyringError
    return max(quiet, key=lambda one: one.priority)


@contextlib.contextmanager
def _keyring_words() -> Iterator[None]:
    """Every way a keyring fails, in words; its own exceptions may quote what they were given."""
    from keyring import errors

    try:
        yield
    except errors.NoKeyringError:
        raise AuthenticationError("this system has no keyring that works without asking on the terminal") from None
    except errors.KeyringLocked:
        raise AuthenticationError("the system's keyring is locked; unlock it and try again") from None
    except errors.InitError:
        words = "the system's keyring does not answer; log in to a desktop session or unlock it"
        raise AuthenticationError(words) from None
    except errors.PasswordSetError:
        raise AuthenticationError("the system's keyring did not take the secret") from None
    except errors.PasswordDeleteError:
        raise AuthenticationError("the system's keyring did not remove the secret") from None
    except errors.KeyringError:
        raise AuthenticationError("the system's keyring cannot be used") from None
    except Exception as error:
        if isinstance(error, AuthenticationError):
            raise
        raise AuthenticationError(f"the system's keyring cannot be used ({type(error).__name__})") from None
