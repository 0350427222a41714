"""Bytes to text where the label lies, is unknown, or is missing."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Labels seen in real mail that Python does not know, or knows as something narrower than what writers use.
_MEANT = {
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252",
    "latin1": "cp1252", "latin-1": "cp1252", "iso_8859-1": "cp1252", "windows-1252": "cp1252", "ansi": "cp1252",
    "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8", "iso-8859-6-i": "iso8859-6", "visual": "iso8859-8",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030",
    "chinese": "gb18030", "x-euc-cn": "gb18030", "euc-cn": "gb18030", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949",
    "euc-kr": "cp949", "korean": "cp949", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932", "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "utf8mb4": "utf-8", "utf-8-mac": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "utf_8": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic", "koi8": "koi8-r", "koi": "koi8-r", "x-koi8-r": "koi8-r",
    "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "x-cp1251": "cp1251", "x-cp1250": "cp1250",
}  # fmt: skip
# Codecs that Python calls text but that are no character set anybody sends on purpose.
_REFUSED = frozenset({"unicode_escape", "raw-unicode-escape", "unicode-escape", "idna", "punycode", "undefined", "mbcs",
                      "oem", "rot-13"})  # fmt: skip
_NARROW = re.compile(r"iso2022|utf-7|utf-16|utf-32|hz")
_MULTIBYTE = frozenset({"gb18030", "cp949", "cp932", "euc_jp", "big5hkscs", "big5", "johab", "euc_jis_2004",
                        "shift_jis_2004", "shift_jisx0213", "euc_jisx0213", "gb2312", "gbk", "euc_kr",
                        "cp950"})  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]")


@lru_cache(maxsize=256)
def known(label: str) -> str:
    """The codec for a charset label, or empty where there is none that may be used."""
    name = label.strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    if not name or len(name) > 40 or "\0" in name:
        return ""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        trimmed = re.sub(r"^(?:x-|cs)|[^a-z0-9]+$", "", name).replace("windows", "cp").replace("cp-", "cp")
        return known(trimmed) if trimmed != name else ""
    if info.name in _REFUSED or not getattr(info, "_is_text_encoding", True):
        return ""
    return _MEANT.get(info.name, info.name)


def decode(data: bytes, label: str = "") -> tuple[str, str]:
    """Text of some bytes, and in plain words what was wrong with their label (empty: nothing).

    A label that its bytes contradict is not believed: bytes that are valid UTF-8 beyond ASCII are UTF-8
    whatever they claim, except for East Asian charsets that decode without fault.
    """
    codec = known(label) if label else ""
    if data.isascii() and not (codec and _NARROW.match(codec)):
        if not label and b"\x1b$" in data:
            return _guess(data), ""
        return data.decode("ascii"), ""
    fault = f"unknown character set “{label[:40]}”; read as best it could be" if label and not codec else ""
    if codec and (codec in _MULTIBYTE or _NARROW.match(codec)):
        try:
            return data.decode(codec), ""
        except (UnicodeError, ValueError):
            pass
    try:
        return data.decode("utf-8-sig"), fault
    except UnicodeDecodeError:
        pass
    if codec and codec not in ("utf-8", "utf-8-sig"):
        text = data.decode(codec, "replace")
        damaged = text.count("\ufffd")
        if damaged == 0:
            return text, ""
        if codec in _MULTIBYTE or _NARROW.match(codec):
            if damaged * 10 <= len(text):
                return text, "some characters could not be read"
        elif damaged * 4 <= len(text):
            return data.decode("latin-1") if codec == "cp1252" and damaged * 20 > len(text) else text, ""
    text = data.decode("utf-8", "replace")
    high = len(_HIGH.findall(data))
    if text.count("\ufffd") * 5 <= high:  # mostly UTF-8, cut or damaged somewhere
        return text, "some characters could not be read"
    guessed = _guess(data)
    return guessed, fault or ("its character set is wrong or missing; read as best it could be" if label or guessed
                              else "")  # fmt: skip


def _guess(data: bytes) -> str:
    """Text of bytes that are no UTF-8 and say nothing true about themselves."""
    if b"\x1b$" in data or b"\x1b(" in data:
        try:
            return data.decode("iso2022_jp_ext")
        except (UnicodeError, ValueError):
            pass
    sample = data[:20_000]
    high = len(_HIGH.findall(sample))
    letters = sum(1 for byte in sample if byte > 0x20) or 1
    if high * 3 > letters:  # a third beyond ASCII: not a Latin script with some accents
        best, score = "", 0.0
        for codec in (
            "cp932",
            "euc_jp",
            "gb18030",
            "cp949",
            "big5hkscs",
            "cp1251",
            "koi8-r",
            "cp1256",
            "cp1255",
            "cp1253",
        ):
            text = sample.decode(codec, "replace")
            mark = _likeness(text, codec)
            if mark > score:
                best, score = codec, mark
        if score > 0.5:
            return data.decode(best, "replace")
    return data.decode("cp1252", "replace") if b"\x81" not in data else data.decode("latin-1")


_USUAL = {
    "cp932": re.compile("[\u3040-\u30ff]"), "euc_jp": re.compile("[\u3040-\u30ff]"),
    "gb18030": re.compile("[的一是不了在有我他这个们来到时大地为子中你说生国年着就那和要出也得里后自以会]"),
    "cp949": re.compile("[\uac00-\ud7a3]"),
    "big5hkscs": re.compile("[的一是不了在有我他這個們來到時大地為子中你說生國年著就那和要出也得裡後自以會]"),
    "cp1251": re.compile("[а-яё]"), "koi8-r": re.compile("[а-яё]"), "cp1256": re.compile("[\u0621-\u064a]"),
    "cp1255": re.compile("[\u05d0-\u05ea]"), "cp1253": re.compile("[α-ωά-ώ]"),
}  # fmt: skip


def _likeness(text: str, codec: str) -> float:
    """From 0 to about 1: how much a text looks like one that was written in this charset."""
    beyond = [character for character in text if character > "\x7f"]
    if not beyond:
        return 0.0
    usual = len(_USUAL[codec].findall(text)) / len(beyond)
    if codec in ("gb18030", "big5hkscs"):
        usual = min(1.0, usual * 6)  # these few are a sixth of any running Chinese text
    elif codec in ("cp932", "euc_jp"):
        usual = min(1.0, usual * 2)
    return usual - 4 * (text.count("\ufffd") / len(beyond))
