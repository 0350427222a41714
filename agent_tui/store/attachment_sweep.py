"""Attachment files that nothing refers to any more are deleted: a cache that only grows is not one.

A file can lose what refers to it: the server removed its message, the cache was made anew, a draft is gone for good, or
the process ended between writing the file and the row that names it. None of that is known to the file, so all of
them are compared with all that is referred to, now and then, while nobody waits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from agent_tui.store import attachments
from agent_tui.store.database import Store

EVERY_MS = 86_400_000
# A file is written before the row that names it is committed, and a person may look at what was opened for a while.
KEPT_MS = 7 * 86_400_000
DIGEST = 64
ANY_AGE = 1 << 62


def due(store: Store) -> bool:
    """Whether a day has gone by since the last sweep."""
    return store.now() - _changed(store.workspace.attachments / "swept") >= EVERY_MS


def sweep(store: Store) -> int:
    """Delete what nothing refers to and nobody has written within a week.

    What is in the folder and was not put there by the cache stays.

    Returns:
        how many bytes are free again; files that share theirs with a kept one count too.
    """
    folder = store.workspace.attachments
    if not folder.is_dir():
        return 0
    # What is referred to is read before any file is looked at. Whoever refers to one from here on has written it anew
    # (``put`` replaces it) or marked it (``named``), and then it is too young.
    digests, given = _referred(store)
    oldest = store.now() - KEPT_MS
    freed = 0
    for one in folder.glob("[0-9a-f][0-9a-f]/*"):
        if len(one.name) == DIGEST and one.name not in digests:
            freed += _drop(store, (one,), one, oldest)
    for one in (folder / "new").glob("part-*"):
        freed += _drop(store, (one,), one, oldest)
    for one in (folder / "named").glob("?" * attachments.NAMED):
        if one.is_dir() and one.name not in given:
            freed += _drop(store, tuple(one.iterdir()), one, oldest)
    mark = folder / "swept"
    mark.touch(mode=0o600)
    os.utime(mark, (store.now() / 1000,) * 2)
    return freed


def drop(store: Store, digests: Iterable[str]) -> int:
    """Delete those of these files that nothing refers to any more, at once and under every name.

    Returns:
        how many.
    """
    kept, given = _referred(store)
    count = 0
    for digest in digests:
        if digest not in kept:
            path = attachments.path_of(store, digest)
            count += path.exists()
            _drop(store, (path,) if path.exists() else (), path, ANY_AGE)
        folder = store.workspace.attachments / "named" / digest[: attachments.NAMED]
        if folder.is_dir() and folder.name not in given:
            _drop(store, tuple(folder.iterdir()), folder, ANY_AGE)
    return count


def named_by_desk(store: Store) -> set[str]:
    """Digests, and what may be some, of the files that operations and drafts have."""
    return _of_desk(store)[0]


def _referred(store: Store) -> tuple[set[str], set[str]]:
    """Digests, and folders of ``named``, that a message, an operation or a draft (whatever its state) has."""
    digests, given = _of_desk(store)
    digests.update(row[0] for row in store.cache.execute("SELECT DISTINCT digest FROM cached_files"))
    return digests, given


def _of_desk(store: Store) -> tuple[set[str], set[str]]:
    digests: set[str] = set()
    given: set[str] = set()
    for (body,) in store.desk.execute("SELECT body FROM operations WHERE body LIKE '%\"attachments\"%'"):
        digests.update(str(path).rpartition("/")[2] for path, *_ in json.loads(body).get("attachments") or ())
    for (fields,) in store.desk.execute("SELECT fields FROM drafts WHERE fields LIKE '%\"attachments\"%'"):
        for name in json.loads(fields).get("attachments") or ():
            # By the last two names alone, wherever the file is: a workspace may be reached by several paths.
            path = Path(name)
            digests.add(path.name)
            given.add(path.parent.name)
    return digests, given


def _drop(store: Store, files: Iterable[Path], holder: Path, oldest: int) -> int:
    """Delete files, and the folder that holds them if that is the holder, if the holder has not changed since."""
    freed = 0
    with attachments.locked(store):
        if _changed(holder) > oldest:
            return 0
        for one in files:
            freed += one.stat().st_size
            one.unlink()
        if holder.is_dir():
            holder.rmdir()
    return freed


def _changed(path: Path) -> int:
    try:
        return int(path.stat().st_mtime * 1000)
    except FileNotFoundError:
        return 0
