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
from agent_tui.settings_desk import KEY_REMEDY, KEY_VARIABLE
from agent_tui.settings_file import environment_name
from agent_tui.store.connections import DIGITS, is_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent_tui.workspace import Workspace

SERVICE = "agent-tui"
COMMAND_SECONDS = 30
HIDDEN = "Secret(…)"
KEYRING = "keyring"
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
        return Secret(_run(workspace, f"source '{name}'", argv)), "command"
    trouble = ""
    try:
        value = _keyring_get(_user(workspace, name, part))
    except AuthenticationError as error:
        trouble = str(error)
    if value:
        return Secret(value), KEYRING
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


def find_key(workspace: Workspace) -> tuple[Secret, str]:
    """The key of an encrypted workspace, and where it came from, as ``find``.

    Raises:
        AuthenticationError: there is none, it cannot be had, or it has another form than a key.
    """
    found = known_key(workspace)
    if found is None:
        trouble = _keyring_trouble(workspace)
        raise AuthenticationError(f"{workspace.path} is encrypted, and its key is not there{trouble}; {KEY_REMEDY}")
    return found


def known_key(workspace: Workspace) -> tuple[Secret, str] | None:
    """As ``find_key``; None where no place has one, or there is no keyring to ask.

    Raises:
        AuthenticationError: the program that should print it does not, or what there is has another form than a key.
    """
    harden()
    value = os.environ.get(KEY_VARIABLE)
    argv = workspace.encryption.secret_command
    if value:
        return _key(Secret(value), f"the value of {KEY_VARIABLE}"), "environment"
    if argv:
        return _key(Secret(_run(workspace, "[encryption]", argv)), f"what {argv[0]} prints"), "command"
    try:
        value = _keyring_get(key_user(workspace))
    except AuthenticationError:
        return None
    return (_key(Secret(value), "what the keyring holds"), KEYRING) if value else None


def key_user(workspace: Workspace, *, following: bool = False) -> str:
    """Under which name the system's keyring has the key, or the one that is to follow it. No source can have this name."""
    return f"{workspace.path}:[encryption]{' next' if following else ''}"


def following_key(workspace: Workspace) -> Secret | None:
    """The key that was to follow when a change of it was broken off; None where none was.

    Raises:
        AuthenticationError: the keyring cannot be used.
    """
    value = _keyring_get(key_user(workspace, following=True))
    return Secret(value) if value else None


def store_key(workspace: Workspace, key: Secret, *, following: bool = False) -> None:
    """Put a key into the system's keyring, and see that it is there.

    Raises:
        AuthenticationError: the keyring does not take it.
    """
    harden()
    user = key_user(workspace, following=following)
    with _keyring_words():
        _backend().set_password(SERVICE, user, key.reveal())
    if _keyring_get(user) != key.reveal():
        raise AuthenticationError("the system's keyring does not give back what it was given")


def forget_following_key(workspace: Workspace) -> None:
    """The key that was to follow is the key now.

    Raises:
        AuthenticationError: the keyring cannot be used.
    """
    with _keyring_words():
        _backend().delete_password(SERVICE, key_user(workspace, following=True))


def _keyring_trouble(workspace: Workspace) -> str:
    try:
        _keyring_get(key_user(workspace))
    except AuthenticationError as error:
        return f" ({error})"
    return ""


def _key(secret: Secret, where: str) -> Secret:
    if not is_key(secret.reveal()):
        raise AuthenticationError(f"{where} is no key: a key is {DIGITS} hexadecimal digits, as 'openssl rand -hex 32' makes one")
    return secret


def _user(workspace: Workspace, name: str, part: str) -> str:
    return f"{workspace.path}:{name}_{part}" if part else f"{workspace.path}:{name}"


def _run(workspace: Workspace, whose: str, argv: tuple[str, ...]) -> str:
    """First line that the program prints. Whatever else it says is not repeated: it may hold the secret."""
    program = os.path.expanduser(argv[0])  # noqa: PTH111 - a program's name is not a path unless it has a slash
    where = f"{whose}: secret_command ({argv[0]})"
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
