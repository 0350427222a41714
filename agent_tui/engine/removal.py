"""Removing a person from every file of a workspace, and saying in words where else they may be."""

from __future__ import annotations

from typing import Any

from agent_tui import log
from agent_tui.sources.archive import folder
from agent_tui.store import backups, forgetting
from agent_tui.store.database import Store

ARCHIVE = "archive"


def forget(store: Store, address: str) -> dict[str, Any]:
    """Everything of a person: store, archives, attachments, logs, automatic backups and copies of old desks.

    Returns:
        what ``Forgotten.wire`` gives, and ``left``: a line for each place that still has, or may have, something.

    Raises:
        UsageError: one of our own addresses, or something is on its way to them.
        StoreError: the disk or another process is in the way; asking again goes on.
        OSError: an archive, a log or a backup cannot be written; asking again goes on.
    """
    address = address.strip().casefold()
    workspace = store.workspace
    # First of all, because afterwards nothing says any more which items were theirs.
    places = dict(forgetting.look(store, address).places)
    archives = {one.name: one for one in workspace.sources if one.type == ARCHIVE}
    for name, source in archives.items():
        where = source.options.folder or workspace.archives / name
        numbers = [int(ref) for _, ref in places.get(name, ()) if ref.isdecimal()]
        folder.forget(where, numbers, address)
    found = forgetting.forget(store, address)
    log.forget(workspace.log_path, address)
    old = (*backups.every(workspace), *workspace.path.glob("desk.db.before-*"), *workspace.path.glob("cache.db.before-*"))
    for one in old:
        one.unlink(missing_ok=True)
    if any(one.parent == workspace.backups for one in old):
        backups.rotate(store)
    return {**found.wire(), "left": _left(store, found, archives, address)}


def _left(store: Store, found: forgetting.Forgotten, archives: dict[str, Any], address: str) -> list[str]:
    """Where else they are, as far as this program can know."""
    words = [
        f"{source}: the server still has {len(places)} of the messages ({_where(places)}); delete them there. They do not come "
        "in here again"
        for source, places in found.places
        if source not in archives
    ]
    if found.mentions:
        words.append(f"the address stands in other people's cases: {', '.join(found.mentions[:20])}")
    needle = address.encode("utf-8", "surrogatepass")
    yours = (store.workspace.settings_path, *store.workspace.canned.rglob("*.md"), *store.workspace.policies.rglob("*.md"))
    words += [f"{one} names the address" for one in yours if one.is_file() and needle in one.read_bytes().lower()]
    words.append("backups that you made, exports, and attachments that were saved elsewhere are not known here")
    return words


def _where(places: tuple[tuple[str, str], ...]) -> str:
    containers = list(dict.fromkeys(container for container, _ in places))
    more = f" and {len(containers) - 3} more" if len(containers) > 3 else ""
    return ", ".join(containers[:3]) + more
