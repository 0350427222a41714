"""Records of a repository: their keys, and the content identifiers that tie a reply to what it answers.

A thread is written in one commit, so the identifier of each part has to be known before the server has seen it. It is
the SHA-256 of the record as DAG-CBOR (ipld.io/specs/codecs/dag-cbor; atproto.com/specs/data-model), in base32.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Any

POST = "app.bsky.feed.post"
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_CID_HEAD = b"\x01\x71\x12\x20"  # version 1, DAG-CBOR, SHA-256 of 32 bytes


def tid(microseconds: int, clock: int) -> str:
    """A record key that sorts by time (atproto.com/specs/tid).

    Args:
        microseconds: since the epoch.
        clock: 0 to 1023, what tells writers apart.
    """
    value = (microseconds & ((1 << 53) - 1)) << 10 | (clock & 1023)
    return "".join(LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


def keys(reference: str, created_at: int, count: int) -> tuple[str, ...]:
    """Record keys of the parts of one message: always the same for the same message, in order of the parts.

    Args:
        reference: the message's marker, unique for ever.
        created_at: when it was written, in milliseconds.
    """
    digest = hashlib.blake2b(reference.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    noise, clock = struct.unpack(">IH", digest[:6])
    begin = created_at * 1000 + noise % 900
    return tuple(tid(begin + part, clock) for part in range(count))


def cid(record: Any) -> str:
    """The content identifier that the server will give a record."""
    digest = hashlib.sha256(cbor(record)).digest()
    return "b" + base64.b32encode(_CID_HEAD + digest).decode("ascii").lower().rstrip("=")


def cbor(value: Any) -> bytes:
    """A value of the data model as DAG-CBOR. ``{"$link": …}`` is a link to other content."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case str():
            encoded = value.encode("utf-8")
            return _head(3, len(encoded)) + encoded
        case list() | tuple():
            return _head(4, len(value)) + b"".join(cbor(one) for one in value)
        case {"$link": str(link)} if len(value) == 1:
            return b"\xd8\x2a" + _bytes(b"\0" + _unbase32(link))
        case dict():
            pairs = sorted(((key.encode("utf-8"), one) for key, one in value.items()), key=lambda pair: (len(pair[0]), pair[0]))
            return _head(5, len(pairs)) + b"".join(_head(3, len(key)) + key + cbor(one) for key, one in pairs)
        case _:
            raise TypeError(type(value).__name__)


def _bytes(value: bytes) -> bytes:
    return _head(2, len(value)) + value


def _unbase32(link: str) -> bytes:
    body = link[1:].upper()
    return base64.b32decode(body + "=" * (-len(body) % 8))


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def did_of(uri: str) -> str:
    """Whose repository an ``at://`` address is in."""
    return uri.removeprefix("at://").partition("/")[0] if uri.startswith("at://") else ""


def key_of(uri: str) -> str:
    """The record key in an ``at://`` address."""
    return uri.rpartition("/")[2]
