"""What a power cut may take: the end of a write-ahead log that was not yet forced to the disk."""

from __future__ import annotations

import random
import struct
from pathlib import Path

HEADER, FRAME_HEADER = 32, 24  # bytes, https://www.sqlite.org/fileformat2.html#walformat
PAGE_SIZE_AT = 8
ATTEMPTED_AT = 128  # of the frames that a checkpoint may have copied, https://www.sqlite.org/walformat.html#ckptinfo


def cut_log(path: Path, chance: random.Random) -> bool:
    """Cut off the end of a database's log, at any byte; nobody may have it open.

    A checkpoint forces the log to the disk before it copies anything from it, so what one may have copied stays.

    Args:
        path: of the database.

    Returns:
        whether there was anything to cut.
    """
    log, shared = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if not log.exists() or not shared.exists() or (size := log.stat().st_size) <= HEADER:
        return False
    with log.open("rb") as file:
        (page,) = struct.unpack_from(">I", file.read(HEADER), PAGE_SIZE_AT)
    (forced,) = struct.unpack_from("=I", shared.read_bytes(), ATTEMPTED_AT)
    least = min(size, HEADER + forced * (FRAME_HEADER + page))
    with log.open("r+b") as file:
        file.truncate(chance.randint(least, size))
    shared.unlink()  # memory that processes shared is gone with them
    return True
