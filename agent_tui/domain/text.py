"""Text from outside made safe for a terminal, and folded for search.

Everything a customer, a server or a file says passes through ``clean`` before it is stored or shown.
``fold`` and what is built on it never reaches a screen: it is what the index holds and what a query is
turned into, so that both sides meet whatever keyboard the words came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from operator import add

# --- cleaning ---------------------------------------------------------------------------------------------------

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Invisible characters that have no honest use in a terminal: soft hyphen, grapheme joiner, fillers, zero-width
# space, directional marks and overrides, invisible operators, byte order marks, annotation anchors.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f"
)
_SURROGATES = "\ud800-\udfff"
_NONCHARACTERS = "\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe\U0010ffff"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0020-\U000e007f"

# Scripts whose letters take different shapes around a joiner, so that joiners are spelling there.
_JOINING = (
    "\u0600-\u061b\u061d-\u07ff\u0840-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u17b3\u17b6-\u18af"
    "\ua840-\ua87f\ua8e0-\ua8ff\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U000114ff"
)
_PICTURES = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"

_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI: colours and cursor moves in pasted terminal output
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,2048}(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    "|\x1b[()*+][0-9A-Za-z]"  # character sets
)
_INTRODUCER = re.compile("[\x1b\x9b\x9d\x90\x98\x9e\x9f]")
_BAD = re.compile(f"[{_CONTROLS}{_UNSEEN}{_NONCHARACTERS}]+")
_LONE = re.compile(f"[{_SURROGATES}]")
_ANY_BREAK = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_STRAY_SELECTOR = re.compile(f"(?:(?<=[\\sA-Za-z\u200c\u200d{_SELECTORS}{_TAGS}])|^)[{_SELECTORS}]+", re.MULTILINE)
_JOINER = re.compile("[\u200c\u200d]")
_STRAY_JOINER = re.compile(
    f"(?<![{_JOINING}{_PICTURES}\ufe0f])[\u200c\u200d]|(?<=[{_PICTURES}\ufe0f])(?:\u200c|\u200d(?![{_PICTURES}]))"
)
_TAG_RUN = re.compile(f"[{_TAGS}]+")
_FLAG = re.compile("(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
_STACKING = re.compile("[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_PILE = re.compile("([\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{8})"
                   "[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")  # fmt: skip
_SUSPECT = re.compile(
    f"[{_CONTROLS}{_UNSEEN}{_NONCHARACTERS}{_SURROGATES}{_SELECTORS}{_TAGS}\u200c\u200d\u2028\u2029"
    "\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)

_ASCII_DROP: dict[int, int | None] = {code: None for code in (*range(0x20), 0x7F) if code not in (0x09, 0x0A)}


def clean(text: str, *, multiline: bool = True) -> str:
    r"""Text without anything that could command a terminal or hide from its reader.

    Control characters, escape sequences, direction overrides, invisible characters and lone surrogates go;
    joiners and variation selectors stay only where a script or a picture needs them. Line ends become ``\\n``.
    Cleaning twice changes nothing.

    Args:
        multiline: keep line feeds and tabs; otherwise every run of white space becomes one space.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        if not text.isprintable():
            text = _ascii(text)
    else:
        text = _full(text)
    if not multiline:
        text = " ".join(text.split())
    return text


def _ascii(text: str) -> str:
    if "\x1b" in text:
        text = _SEQUENCE.sub("", text)
    if "\x0b" in text or "\x0c" in text:
        text = text.replace("\x0b", "\n").replace("\x0c", "\n")
    return text.translate(_ASCII_DROP)


def _full(text: str) -> str:
    present = "".join(set(text))  # a few hundred characters stand for ten million when deciding what to look for
    if not _SUSPECT.search(present):
        return text
    if _INTRODUCER.search(present):
        text = _SEQUENCE.sub("", text)
    if _ANY_BREAK.search(present):
        text = _ANY_BREAK.sub("\n", text)
    if _LONE.search(present):
        text = _LONE.sub("\ufffd", text)
    if _BAD.search(present):
        text = _BAD.sub("", text)
    if _TAG_RUN.search(present):
        text = _TAG_RUN.sub(_keep_flag, text)
    if _SELECTOR.search(present):
        text = _STRAY_SELECTOR.sub("", text)
    if _JOINER.search(present):
        text = _STRAY_JOINER.sub("", text)
    if _STACKING.search(present):
        text = _PILE.sub(r"\1", text)
    return text


def _keep_flag(match: re.Match[str]) -> str:
    flag = _FLAG.match(match.string, match.start())
    return flag[0] if flag else ""


def snippet(text: str, length: int = 160) -> str:
    """The beginning of a text on one line.

    Args:
        length: most characters, the ellipsis included. A character is never parted from its marks.
    """
    return beginning(clean(text[: 8 * length + 400]), length)


def beginning(text: str, length: int = 160) -> str:
    """The beginning, on one line, of a text that has been cleaned; see ``snippet``."""
    line = " ".join(text[: 2 * length].split())
    if len(line) <= length:
        line = " ".join(text[: 8 * length + 400].split())
        if len(line) <= length:
            return line
    cut = length - 1
    while cut > 0 and (line[cut] in "\u200c\u200d" or line[cut - 1] == "\u200d"
                       or unicodedata.category(line[cut])[0] == "M"):  # fmt: skip
        cut -= 1
    return line[:cut].rstrip() + "…"


# --- folding for search -------------------------------------------------------------------------------------------

_FORMAT = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U00013438\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]+"
)
# Vowel points that Arabic and Hebrew writers put in or leave out at will, and the stretching kashida.
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+")
_UNSPACED_RANGES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_UNSPACED_RANGES}]+")
_MARKED_RANGES = "\u00c0-\u024f\u0300-\u052f\u1e00-\u1fff"
_MARKED = re.compile(f"[{_MARKED_RANGES}]")
_WORD = re.compile("[\\w\u0300-\u036f]+")
_STROKED = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d",
                          "þ": "th", "ƒ": "f"})  # fmt: skip
_COMBINING = re.compile("[\u0300-\u036f]+")
# Where these are in a unified text, folding its case may leave pairs that unify further.
_UNSETTLED = re.compile("[\u0300-\u036f\u01f0\u0390\u03b0\u1e96-\u1e99\u1f50-\u1f56\u1fb6\u1fb7\u1fc6\u1fc7\u1fd2\u1fd3"
                        "\u1fd6\u1fd7\u1fe2-\u1fe7\u1ff6\u1ff7]")  # fmt: skip
# What folding has to look at besides the case of letters.
_PECULIAR = re.compile("|".join([one.pattern for one in (_FORMAT, _POINTS, _UNSETTLED, _UNSPACED, _MARKED)]))
_MOST_REMEMBERED = 65_536
_LONGEST_REMEMBERED = 40  # characters: what is longer hardly comes twice


def fold(text: str) -> str:
    """What two spellings of the same words have in common.

    Compatibility forms are unified, joiners and directional marks dropped, Arabic and Hebrew vowel points
    dropped, letters folded to one case. Accents stay: Vietnamese tones carry meaning (see ``index_texts``).
    """
    return _folded(text)[0]


def _folded(text: str) -> tuple[str, str]:
    """A text folded, and each of its characters once (before letters were folded): enough to know what to look for."""
    if text.isascii():
        return text.lower(), ""
    folded, present, settled = _fold_once(text)
    if not settled and not unicodedata.is_normalized("NFKC", folded):  # dropping and folding may bring new pairs together
        folded, more, _ = _fold_once(folded)
        present += more
    return folded, present


def _fold_once(text: str) -> tuple[str, str, bool]:
    """The text folded, its characters, and whether it is certain that folding it again would change nothing."""
    text = unicodedata.normalize("NFKC", text)
    present = "".join(set(text))
    settled = not _UNSETTLED.search(present)
    if _FORMAT.search(present):
        text = _FORMAT.sub("", text)
        settled = False
    if _POINTS.search(present):
        text = _POINTS.sub("", text)
        settled = False
    return text.casefold(), present, settled


def index_texts(texts: Sequence[str]) -> tuple[list[str], str]:
    """What the index holds for the texts of one message.

    The same words come in every mail, so what each becomes is remembered.

    Returns:
        each text folded, scripts without spaces as overlapping pairs of characters (the last character of such a run
        stands by itself too, so that a query of one character finds it); and those words of all texts that bear
        accents, without them, for people who type none: ``Où est le café`` gives ``ou cafe``. Vowel signs of Indic
        and other scripts are letters, not accents.
    """
    folded: list[str] = []
    plain: dict[tuple[str, str], None] = {}
    for text in texts:
        if text.isascii():
            folded.append(text.lower())
            continue
        words = [word.lower() if word.isascii() else _REMEMBERED[word] for word in text.split()]
        folded.append(" ".join(words))
        for word in [word for word in words if type(word) is _Accented]:
            for pair in word.plain:
                plain[pair] = None
    return folded, " ".join([bare for _, bare in plain])


class _Accented(str):
    """What the index holds for a word in which accents are.

    Args:
        plain: words with accents in it, each with its form without them.
    """

    __slots__ = ("plain",)
    plain: tuple[tuple[str, str], ...]


class _Words(dict[str, str]):
    """What the index holds for words, made when it is first asked for and forgotten when there are too many."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        indexed = _indexed(word)
        if len(word) <= _LONGEST_REMEMBERED:
            self[word] = indexed
        return indexed


def _indexed(word: str) -> str:
    unified = unicodedata.normalize("NFKC", word)
    if not _PECULIAR.search(unified):  # as nearly every word of most scripts
        return unified.casefold()
    folded, present = _folded(word)
    unspaced = _UNSPACED.search(present) is not None
    indexed = _UNSPACED.sub(_indexed_pairs, folded) if unspaced else folded
    if _MARKED.search(present):
        accented = _Accented(indexed)
        bare = [(one, _plain(one)) for piece in folded.split() if not piece.isascii() for one in _WORD.findall(piece)]
        accented.plain = tuple(
            [(one, _UNSPACED.sub(_indexed_pairs, other) if unspaced else other) for one, other in bare if other]
        )
        return accented
    return indexed


_REMEMBERED = _Words()


def _indexed_pairs(match: re.Match[str]) -> str:
    run = match[0]
    return f" {' '.join(map(add, run, run[1:]))} {run[-1]} " if len(run) > 1 else f" {run} "


def search_terms(text: str) -> list[list[str]]:
    """A query's words as the index knows them, one list of tokens per word, to be matched as a phrase.

    ``o'neil`` is ``["o", "neil"]``, three Han characters are two pairs. A single unspaced character is found
    as the beginning of a token (ask for it as a prefix).
    """
    terms: list[list[str]] = []
    for word in fold(text).split():
        parts: list[list[str]] = []
        for run in _runs(word):
            if _UNSPACED.fullmatch(run):
                if len(run) > 1:
                    parts.append([run[at : at + 2] for at in range(len(run) - 1)])
                else:
                    parts.append([run])
            elif parts and not _UNSPACED.match(parts[-1][-1]):
                parts[-1].append(run)
            else:
                parts.append([run])
        if len(parts) > 1:  # in a mixed word ("3月") a lone character says too little to insist on
            longer = [
                part for part in parts if len(part) > 1 or not (_UNSPACED.match(part[0]) and len(part[0]) == 1)
            ]
            parts = longer or parts
        terms += parts
    return terms


def _runs(word: str) -> list[str]:
    """Runs of characters that the index takes for one token: letters, numbers, marks."""
    runs: list[str] = []
    previous, start = "", 0
    for place, character in enumerate(f"{word} "):
        category = unicodedata.category(character)
        kind = ""
        if category[0] in "LN" or category in ("Mn", "Mc", "Co"):
            kind = "unspaced" if _UNSPACED.match(character) else "spaced"
        if kind != previous:
            if previous:
                runs.append(word[start:place])
            previous, start = kind, place
    return runs


@lru_cache(maxsize=32_768)  # the same words come in every mail
def _plain(word: str) -> str:
    """A word without its accents; empty where it has none."""
    if not _MARKED.search(word):
        return ""
    plain = unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFD", word))).translate(_STROKED)
    return plain if plain != word else ""
