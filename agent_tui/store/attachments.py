"""The attachment cache: files named by the SHA-256 of what they hold, 0600, never by what a stranger called them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from agent_tui.store.database import Store

CHUNK = 1 << 20
NAMED = 16  # so many digits of a digest name the folder of its given names


def put(store: Store, path: Path) -> str:
    """Take a copy of a file into the cache.

    Args:
        path: read in pieces; left where it is.

    Returns:
        hex digest.
    """
    import hashlib
    import tempfile

    digest = hashlib.sha256()
    folder = store.workspace.attachments
    with path.open("rb") as source:
        _directory(folder / "new")
        # Copied and counted in one reading: a file that somebody saves meanwhile must not lie under a wrong digest.
        descriptor, partial = tempfile.mkstemp(prefix="part-", dir=folder / "new")
        try:
            with os.fdopen(descriptor, "wb") as copy:
                while piece := source.read(CHUNK):
                    digest.update(piece)
                    copy.write(piece)
                copy.flush()
                os.fsync(copy.fileno())
            name = digest.hexdigest()
            target = path_of(store, name)
            _directory(target.parent)
            with locked(store):
                Path(partial).replace(target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    return name


def path_of(store: Store, digest: str) -> Path:
    """Where the file with this digest is, or would be."""
    return store.workspace.attachments / digest[:2] / digest


def named(store: Store, digest: str, name: str) -> Path:
    """A cached file under the name its sender gave it, so that it can be sent on: a link, no second copy.

    Args:
        name: cleaned by the source; a folder in it is dropped here again.
    """
    safe = _short(Path(name.replace("\\", "/")).name.lstrip(".")) or "file"
    target = store.workspace.attachments / "named" / digest[:NAMED] / safe
    _directory(target.parent.parent)
    with locked(store):
        _directory(target.parent)
        if target.exists():
            os.utime(target.parent)  # in use again: not to be swept away before the draft that has it is saved
        else:
            partial = target.with_name(f".{os.getpid()}.part")
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
            os.link(path_of(store, digest), partial)
            partial.replace(target)
    return target


@contextlib.contextmanager
def locked(store: Store) -> Iterator[None]:
    """Whether a file is swept away and whether it is put in place are decided one at a time, whichever process does it."""
    import fcntl

    descriptor = os.open(store.workspace.attachments / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _short(name: str) -> str:
    """A name that every file system takes, with its ending."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    return stem.encode("utf-8", "replace")[:150].decode("utf-8", "ignore") + dot + ending


def relative(digest: str) -> str:
    """The path of a digest below the attachments directory, as operations carry it."""
    return f"{digest[:2]}/{digest}"


def note_cached(store: Store, message_id: int, part: str, digest: str, size: int) -> None:
    """Remember that a part of a message is in the cache."""
    store.cache.execute("INSERT OR REPLACE INTO cached_files VALUES (?, ?, ?, ?)", (message_id, part, digest, size))


def digests(store: Store, message_id: int) -> dict[str, str]:
    """Digest by part of what is cached of a message and still on disk."""
    found = store.cache.execute("SELECT part, digest FROM cached_files WHERE message_id = ?", (message_id,)).fetchall()
    return {part: digest for part, digest in found if path_of(store, digest).exists()}


def _directory(path: Path) -> None:
    for one in (path.parent, path):
        with contextlib.suppress(FileExistsError):
            one.mkdir(mode=0o700)
