"""Where an archive keeps what was imported: two files that only grow.

``items`` holds the imported mails and JSON lines one after the other, byte for byte. ``index`` holds a line of
fixed width for each, so that the n-th is found without reading the others::

    offset length kind received_ms key

A line of the index is written only after its item is on the disk. Whatever a crash leaves behind the last whole
line is cut off when the next import begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

INDEX = "index"
ITEMS = "items"
MAIL = "m"
MESSAGE = "j"
CASE = "c"
FORGOTTEN = "x"
_WIDTH = 15 + 1 + 12 + 1 + 1 + 1 + 15 + 1 + 16 + 1


@dataclass(frozen=True, slots=True)
class Item:
    """One imported thing.

    Args:
        kind: ``MAIL`` (a whole e-mail), ``MESSAGE`` or ``CASE`` (a JSON line), or ``FORGOTTEN``: nothing is left of it.
        received_ms: when it was received, as far as it tells.
        key: hash of its identity; the same thing is imported once.
    """

    kind: str
    raw: bytes
    received_ms: int
    key: str


def key_hash(identity: str) -> str:
    """Sixteen hexadecimal digits of an identity."""
    return blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Reader:
    """Reads items by number. The files may grow meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __len__(self) -> int:
        try:
            return (self.folder / INDEX).stat().st_size // _WIDTH
        except FileNotFoundError:
            return 0

    def items(self, numbers: Sequence[int]) -> Iterator[tuple[int, Item]]:
        """These items, in the order asked for; a number that there is not is left out."""
        with (self.folder / INDEX).open("rb") as index, (self.folder / ITEMS).open("rb") as items:
            for number in numbers:
                index.seek(number * _WIDTH)
                line = index.read(_WIDTH)
                if len(line) == _WIDTH:
                    offset, length, kind, received, key = line.decode("ascii").split()
                    items.seek(int(offset))
                    yield number, Item(kind, items.read(int(length)), int(received), key)

    def keys(self) -> set[int]:
        """Every key, as a number."""
        try:
            data = (self.folder / INDEX).read_bytes()
        except FileNotFoundError:
            return set()
        return {int(data[start - 17 : start - 1], 16) for start in range(_WIDTH, len(data) + 1, _WIDTH)}


class Writer:
    """Adds items that are not there yet. One process at a time: the index is locked while it is open."""

    BATCH = 1_000
    BATCH_BYTES = 16 * 1024 * 1024

    def __init__(self, folder: Path) -> None:
        """Open for adding.

        Raises:
            BlockingIOError: another import into this archive runs.
        """
        import fcntl

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reader = Reader(folder)
        self._index = os.open(folder / INDEX, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._index, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._items = os.open(folder / ITEMS, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        count = len(self._reader)
        os.ftruncate(self._index, count * _WIDTH)
        self._end = 0
        if count:
            offset, length = os.pread(self._index, _WIDTH, (count - 1) * _WIDTH).split()[:2]
            self._end = int(offset) + int(length)
        os.ftruncate(self._items, self._end)
        self._keys = self._reader.keys()
        self._waiting: list[Item] = []
        self._waiting_bytes = 0

    def add(self, item: Item) -> bool:
        """Add one; False where it is there already."""
        number = int(item.key, 16)
        if number in self._keys:
            return False
        self._keys.add(number)
        self._waiting.append(item)
        self._waiting_bytes += len(item.raw)
        if len(self._waiting) >= self.BATCH or self._waiting_bytes >= self.BATCH_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        """What was added is on the disk when this returns."""
        lines = []
        for item in self._waiting:
            lines.append(f"{self._end:015d} {len(item.raw):012d} {item.kind} {item.received_ms:+015d} {item.key}\n")
            self._end += len(item.raw)
        _write(self._items, b"".join(item.raw for item in self._waiting))
        os.fsync(self._items)
        _write(self._index, "".join(lines).encode("ascii"))
        os.fsync(self._index)
        self._waiting.clear()
        self._waiting_bytes = 0

    def close(self) -> None:
        """Write what waits and let go."""
        try:
            self.flush()
        finally:
            os.close(self._items)
            os.close(self._index)


def forget(folder: Path, numbers: Iterable[int], address: str) -> int:
    """Overwrite items, and every ``CASE`` line that names an address. Their places stay, so nothing else moves.

    The items go first: stopped half way, they are read as broken ones, and asking again ends it.

    Args:
        numbers: of messages.
        address: in lower case.

    Returns:
        how many items.

    Raises:
        OSError: the files cannot be written, or an import runs (``BlockingIOError``).
    """
    import fcntl

    reader = Reader(folder)
    count = len(reader)
    if not count:
        return 0
    chosen = {number for number in numbers if 0 <= number < count}
    needle = address.encode("utf-8", "surrogatepass")
    chosen |= {
        number for number, item in reader.items(range(count)) if item.kind == CASE and needle in item.raw.lower()
    }
    with (folder / INDEX).open("r+b") as index, (folder / ITEMS).open("r+b") as items:
        fcntl.flock(index, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lines = []
        for number in sorted(chosen):
            index.seek(number * _WIDTH)
            offset, length, _kind, received, _key = index.read(_WIDTH).decode("ascii").split()
            items.seek(int(offset))
            left = int(length)
            while left:
                left -= items.write(b" " * min(left, 1 << 20))
            lines.append((number, f"{offset} {length} {FORGOTTEN} {received} {0:016x}\n"))
        items.flush()
        os.fsync(items.fileno())
        for number, line in lines:
            index.seek(number * _WIDTH)
            index.write(line.encode("ascii"))
        index.flush()
        os.fsync(index.fileno())
    return len(chosen)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
