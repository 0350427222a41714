"""Header blocks: fields, encoded words, parameters, addresses, dates, ids. Whatever the bytes, nothing raises."""

from __future__ import annotations

import binascii
import calendar
import re
from email.utils import parsedate_tz
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from agent_tui.domain.model import Address
from agent_tui.domain.text import clean
from agent_tui.sources.mime.charsets import decode

MOST_FIELDS = 2_000
MOST_VALUE = 100_000  # characters of one field that are looked at
MOST_ADDRESSES = 1_000
MOST_IDS = 200

Fields = list[tuple[str, str]]

_STRAY_RETURN = re.compile(r"\r+\n?")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/]")


def find_end(raw: bytes, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Where a header block ends and its body begins: ``(end of headers, start of body)``.

    A block whose first line is no header field has no headers at all.
    """
    limit = len(raw) if end is None else end
    if raw.startswith((b"\r\n", b"\n"), start) and start < limit:
        after = start + (2 if raw[start] == 0x0D else 1)
        return start, after
    double = raw.find(b"\n\r\n", start, limit)
    plain = raw.find(b"\n\n", start, limit if double < 0 else double)
    if plain >= 0:
        return plain + 1, plain + 2
    if double >= 0:
        return double + 1, double + 3
    return limit, limit


def fields(block: bytes) -> tuple[Fields, bool]:
    """``(lower-case name, raw value)`` of every field in order, and whether the block was sound.

    Bytes beyond ASCII are read as UTF-8, or as what else they look like. Lines that are neither a field nor
    its continuation are left out.
    """
    if block.isascii():
        text = block.decode("ascii")
    else:
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError:
            text = "\n".join(decode(line)[0] for line in block.split(b"\n"))
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            text = _STRAY_RETURN.sub("\n", text)
    text = text.replace("\n ", " ").replace("\n\t", "\t")
    found: Fields = []
    sound = True
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        known = _field_name(name) if colon and len(name) < 200 else ""
        if known:
            if len(found) >= MOST_FIELDS:
                return found, False
            found.append((known, value.strip()[:MOST_VALUE]))
        elif line.strip() and not line.startswith(("From ", ">From ")):
            sound = False
    return found, sound


@lru_cache(maxsize=1024)
def _field_name(name: str) -> str:
    """The name in lower case, or empty for one that no field may have."""
    stripped = name.rstrip(" \t")
    return stripped.lower() if stripped and stripped.isascii() and " " not in stripped and "\t" not in stripped else ""


def looks_like_fields(raw: bytes, start: int = 0) -> bool:
    """Whether a block begins with a header field rather than with text."""
    line = raw[start : raw.find(b"\n", start) if raw.find(b"\n", start) >= 0 else len(raw)][:1000]
    return re.match(rb"(?:>?From [^\n]*|[!-9;-~]+[ \t]*:)", line) is not None


def words(value: str) -> str:
    """A header value with its encoded words (RFC 2047) decoded; not yet cleaned."""
    if "=?" not in value:
        return value
    value = _BETWEEN.sub(r"\1", value)
    pieces: list[str] = []
    at = 0
    pending = b""
    charset = ""
    for match in _WORD.finditer(value):
        label = match[1].partition("*")[0]
        data = _word_bytes(match[2], match[3])
        if pending and (match.start() != at or label.lower() != charset.lower()):
            pieces.append(decode(pending, charset)[0])
            pending = b""
        if match.start() != at:
            pieces.append(value[at : match.start()])
        pending += data  # a character may be split between two words
        charset = label
        at = match.end()
    if pending:
        pieces.append(decode(pending, charset)[0])
    pieces.append(value[at:])
    return "".join(pieces)


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return base64_bytes(data)


def base64_bytes(data: bytes) -> bytes:
    """Base64 however damaged: what is no digit is passed over, a cut group gives what it holds."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        digits = _BASE64_JUNK.sub(b"", data)
        rest = len(digits) % 4
        if rest == 1:
            digits = digits[:-1]
        elif rest:
            digits += b"=" * (4 - rest)
        try:
            return binascii.a2b_base64(digits)
        except binascii.Error:
            return b""


def text(value: str) -> str:
    """A header value for people: decoded, on one line, cleaned."""
    if value.isascii() and value.isprintable() and "=?" not in value and "  " not in value:
        return value
    return _decoded_text(value) if len(value) < 500 else clean(words(value), multiline=False)


@lru_cache(maxsize=2048)
def _decoded_text(value: str) -> str:
    return clean(words(value), multiline=False)


# --- parameters ---------------------------------------------------------------------------------------------------

_PARAMETER = re.compile(r";\s*([^\s=;]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)(?:\"|$)|([^;]*))", re.DOTALL)
_UNQUOTE = re.compile(r"\\(.)", re.DOTALL)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """``type/subtype`` (or a disposition) in lower case, and its parameters with RFC 2231 and RFC 2047 undone."""
    head, semicolon, _ = value.partition(";")
    kind = head.strip().lower()
    if not semicolon:
        return kind, {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(value[:MOST_VALUE], len(head)):
        name = match[1].lower()
        content = _UNQUOTE.sub(r"\1", match[2]) if match[2] is not None else (match[3] or "").strip()
        if match[2] is not None and "\\" in match[2] and re.match(r"[A-Za-z]:\\|\\\\", match[2]):
            content = match[2]  # a Windows path, not escapes
        if "*" in name:
            base, _, rest = name.partition("*")
            encoded = rest.endswith("*") or rest == ""
            number = rest.rstrip("*")
            pieces.setdefault(base, {})[int(number) if number.isdecimal() and len(number) < 4 else 0] = (
                content,
                encoded,
            )
        else:
            plain.setdefault(name, content)
    for base, numbered in pieces.items():
        plain[base] = _joined(numbered)
    return kind, plain


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    label = ""
    data = b""
    for number in sorted(numbered):
        content, encoded = numbered[number]
        if encoded:
            if number == 0 and content.count("'") >= 2:
                label, _, content = content.split("'", 2)
            data += unquote_to_bytes(content)
        else:
            data += content.encode("utf-8", "replace")
    return decode(data, label)[0]


# --- addresses ----------------------------------------------------------------------------------------------------

_SIMPLE = re.compile(r"\s*(?:\"([^\"\\]*)\"|([^<>\",;:()@]*?))\s*<([^<>\s,;:\"()]+)>\s*")
_BARE = re.compile(r"\s*([^\s<>\",;:()@]+@[^\s<>\",;:()@]+)\s*")
# A quoted name ends within RFC 5322's longest line: without an end, thousands of quotes would each be looked for to the last.
_TOKEN = re.compile(r"\"((?:[^\"\\]|\\.){0,998})\"|<([^<>]*)>|([,;:])|([^\",;:<>()]+)|(.)", re.DOTALL)


@lru_cache(maxsize=4096)
def addresses(value: str) -> tuple[Address, ...]:
    """Every mailbox of an address list; group names and comments are left out, broken ones are kept as they are."""
    if not value:
        return ()
    match = _SIMPLE.fullmatch(value)
    if match is not None:
        return (_address(match[1] if match[1] is not None else match[2], match[3]),)
    match = _BARE.fullmatch(value)
    if match is not None:
        return (_address("", match[1]),)
    return _scanned(value[:MOST_VALUE])


def _scanned(value: str) -> tuple[Address, ...]:
    found: list[Address] = []
    name: list[str] = []
    comment: list[str] = []
    route = ""
    depth = 0
    seen = False

    def finish() -> None:
        nonlocal route, seen
        phrase = " ".join("".join(name).split())
        if route or phrase or comment:
            aside = " ".join("".join(comment).split())
            if route:
                found.append(_address(phrase or aside, route))
            elif "@" in phrase and " " not in phrase:
                found.append(_address(aside, phrase))
            elif "@" in phrase:
                head, _, last = phrase.rpartition(" ")
                found.append(
                    _address(head or aside, last) if "@" in last else _address("", phrase.replace(" ", ""))
                )
            elif phrase:
                found.append(_address(phrase, ""))
        name.clear()
        comment.clear()
        route = ""
        seen = False

    for match in _TOKEN.finditer(value):
        quoted, angle, mark, plain, other = match.groups()
        if len(found) >= MOST_ADDRESSES:
            break
        if other == "(":
            depth += 1
        elif other == ")":
            depth = max(0, depth - 1)
        elif depth:
            comment.append(match[0])
        elif quoted is not None:
            name.append(_UNQUOTE.sub(r"\1", quoted))
        elif angle is not None:
            if route:
                finish()
            route = angle.rpartition(":")[2].strip() if angle.startswith("@") else angle.strip()
            seen = True
        elif mark in (",", ";"):
            finish()
        elif mark == ":":
            if not seen:
                name.clear()  # the name of a group
        elif plain is not None:
            name.append(plain)
        elif other and other not in '<>"':
            name.append(other)
    finish()
    return tuple(found)


def _address(name: str, address: str) -> Address:
    shown = text(name.strip()) if name else ""
    if len(shown) > 1 and shown[0] == shown[-1] and shown[0] in "\"'":
        shown = shown[1:-1].strip()
    address = clean(words(address) if "=?" in address else address, multiline=False).replace(" ", "")
    return Address("" if shown.lower() == address.lower() else shown[:500], address[:500])


# --- dates and ids ------------------------------------------------------------------------------------------------

_ID = re.compile(r"<([^<>]+)>")


def date_ms(value: str) -> int | None:
    """Milliseconds since the epoch of a Date header, or None where it says no time that can be."""
    if not value:
        return None
    try:
        parsed = parsedate_tz(value[:200])
        if parsed is None:
            return None
        seconds = calendar.timegm((*parsed[:6], 0, 1, 0)) - (parsed[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return seconds * 1000 if -2_208_988_800 <= seconds < 4_102_444_800 else None


def ids(value: str) -> list[str]:
    """Message ids without brackets, in order; at most the last 200."""
    if not value:
        return []
    found = _ID.findall(value) or [word.strip("<>,;\"'") for word in value.split() if "@" in word]
    return [one for one in map(_bare, found[-MOST_IDS:]) if one]


def message_id(value: str) -> str:
    """One Message-ID without brackets, or empty."""
    match = _ID.search(value)
    one = match[1] if match else value.strip().strip("<>").partition(" ")[0]
    return _bare(one)


def _bare(one: str) -> str:
    if one.isascii() and one.isprintable():
        return one.replace(" ", "")[:900]
    return clean("".join(one.split()), multiline=False)[:900]
