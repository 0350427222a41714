"""The one place that opens databases: as SQLite has them or, where this process has a workspace's key, encrypted.

Encryption is SQLCipher's (``agent-tui[encryption]``, https://www.zetetic.net/sqlcipher/design/): each page of a file and of its
write-ahead log by AES-256, with a checksum. The key is 256 random bits, so nothing is derived from it slowly. SQLCipher's
connections are used as Python's own are: they have the same methods, and their errors are made kinds of ``sqlite3``'s here.

SQLite and SQLCipher are two libraries, each with its own list of the files that it has locked. A process has a file open by
one of the two, never by both at once: closing it in one would drop the locks of the other.
"""

from __future__ import annotations

import os
import sqlite3

from agent_tui.domain.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Protocol

    class Key(Protocol):
        """What opens a workspace, and shows itself to nobody."""

        def reveal(self) -> str:
            """64 hexadecimal digits."""


MISSING = "the library for encrypted databases is not installed; install it: pip install 'agent-tui[encryption]'"
DIGITS = 64
"""Hexadecimal ones of a key."""
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_PLAIN = b"SQLite format 3\x00"
_PAGE = 4096
_VALUES = 200  # of 256 that a byte can have; a page of random bytes has nearly all of them
_ERRORS = (
    "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError",
    "NotSupportedError",
)  # fmt: skip

_keys: dict[str, Key] = {}


def use_key(folder: str | os.PathLike[str], key: Key | None) -> None:
    """From now on this process opens what is in a workspace with this key; None: as SQLite has it."""
    _keys.pop(os.fspath(folder), None)
    if key is not None:
        _keys[os.fspath(folder)] = key


def key_of(folder: str | os.PathLike[str]) -> Key | None:
    """The key of a workspace; None where it is not encrypted."""
    return _keys.get(os.fspath(folder))


def uri(path: str | os.PathLike[str], mode: str) -> str:
    """A file as SQLite's URIs name it (https://www.sqlite.org/uri.html).

    Args:
        mode: ``ro``, ``rw`` or ``rwc``.
    """
    name = os.fspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{name}?mode={mode}"


def connect(
    path: str | os.PathLike[str], key: Key | None, *, mode: str = "rw", timeout: float = 10.0, **more: Any
) -> sqlite3.Connection:
    """Open a database; every statement is its own transaction where none is begun.

    Args:
        key: None: it is not encrypted.
        mode: as in ``uri``.
        timeout: seconds to wait for whoever has it locked.
        more: for ``sqlite3.connect``.

    Raises:
        StoreError: there is a key, and the library is not installed.
        sqlite3.Error: it cannot be opened. That a key is wrong shows only in the first statement.
    """
    if key is None:
        plain: sqlite3.Connection = sqlite3.connect(uri(path, mode), uri=True, isolation_level=None, timeout=timeout, **more)
        return plain
    return connect_cipher(path, key, mode=mode, timeout=timeout, **more)


def connect_cipher(
    path: str | os.PathLike[str], key: Key | None, *, mode: str = "rw", timeout: float = 10.0, **more: Any
) -> sqlite3.Connection:
    """As ``connect``, by SQLCipher also where there is no key: for what turns one kind into the other.

    Raises:
        StoreError: the library is not installed.
        sqlite3.Error: it cannot be opened.
    """
    made: sqlite3.Connection = library().connect(uri(path, mode), uri=True, isolation_level=None, timeout=timeout, **more)
    made.execute("PRAGMA cipher_log_level = NONE").close()  # it would write on standard error, where Textual paints
    if key is not None:
        # No parameter can stand here. What is put in is hexadecimal digits, which has been looked at.
        made.execute(f'PRAGMA key = "{literal(key)}"').close()
    return made


def attach(connection: sqlite3.Connection, path: str | os.PathLike[str], key: Key | None) -> None:
    """Make ``search.db`` readable from a connection to another file of the workspace, as ``search``.

    Args:
        key: that both are encrypted with, or None.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if key is None:
        connection.execute("ATTACH DATABASE ? AS search", (uri(path, "rw"),))
    else:
        connection.execute("ATTACH DATABASE ? AS search KEY ?", (uri(path, "rw"), literal(key)))


def literal(key: Key) -> str:
    """A key as SQLCipher takes it when nothing is to be derived (https://www.zetetic.net/sqlcipher/sqlcipher-api/#key).

    Raises:
        StoreError: it has another form.
    """
    digits = key.reveal()
    if not is_key(digits):
        raise StoreError(f"the key has another form than {DIGITS} hexadecimal digits")
    return f"x'{digits}'"


def is_key(text: str) -> bool:
    """Whether a text has the form of a key."""
    return len(text) == DIGITS and _HEXADECIMAL.issuperset(text)


def library() -> ModuleType:
    """SQLCipher's module.

    Raises:
        StoreError: it is not installed.
    """
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        raise StoreError(MISSING) from None
    module: ModuleType = dbapi2  # of which no types are known
    if not issubclass(module.DatabaseError, sqlite3.DatabaseError):
        # Whoever catches an error of SQLite's means that of either library. A class of a C module can be given one more base,
        # so no connection has to be wrapped: its calls cost what they do.
        for name in _ERRORS:
            kind = vars(module)[name]
            kind.__bases__ = (*kind.__bases__, vars(sqlite3)[name])
    return module


def no_database(error: BaseException) -> bool:
    """Whether SQLite says that a file is none of its own: it is damaged at its beginning, or encrypted."""
    return isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB"


def memory(*, check_same_thread: bool = True) -> sqlite3.Connection:
    """A database in memory alone."""
    return sqlite3.connect(":memory:", check_same_thread=check_same_thread, isolation_level=None)


def looks_encrypted(path: str | os.PathLike[str]) -> bool:
    """Whether a file that is no database begins with a page that could be anything. Nobody may have it open in this process."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is not imported before the first frame
            first = file.read(_PAGE)
    except OSError:
        return False
    return len(first) == _PAGE and not first.startswith(_PLAIN) and len(set(first)) > _VALUES
