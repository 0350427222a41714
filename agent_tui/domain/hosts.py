"""Where a link really goes: its true host, and whether that host is dressed up as another.

After Unicode Technical Standard 39 (mixed scripts, confusables), as far as a reader needs it: a host is shown in letters that
cannot be taken for others wherever it is written in any that can. What is marked is marked in words beside the link, never by
changing it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LINK = re.compile(r"https?:[/\\]{2}[^\s<>\"'⟨⟩]+", re.IGNORECASE)
SHOWN = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[^\W\d_]{2,})(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
MOST = 200
"""Links of one text that are looked at; nobody reads more."""
LONGEST_HOST = 253

_LOOKS = str.maketrans({
    **dict(zip("авеѕіјһԁԛԝорсухкмнтгпьӏүґдёїӧ", "abesijhdqwopcyxkmhtrnblyrgeio", strict=True)),  # Cyrillic
    **dict(zip("αβικνορτυχγωησϲϳέίόύή", "abikvoptuxywnocjeioun", strict=True)),  # Greek
    **dict(zip("ցհոօսզյլ", "ghnouqjl", strict=True)),  # Armenian
    **dict(zip("ıȷɩʟƅɑɡøđłħŧɔʀꞵ", "ijilbagodlhtcrb", strict=True)),  # Latin
})  # fmt: skip
"""What letters look like; enough to name the host that is aped, not to judge by."""
_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "LATIN", "KATAKANA-HIRAGANA"})
"""Scripts that are written together in one word (Japanese, Korean, Chinese)."""


def host(link: str) -> str:
    """The host that a browser goes to, in lower case and as it is written; empty where there is none."""
    rest = re.split(r"[/\\]{2}", link, maxsplit=1)[-1]
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    name = authority.rpartition("@")[2]
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].replace("。", ".").rstrip(".").lower()


def plain(name: str) -> str:
    """A host in ASCII, as the network knows it; as it is where it cannot be written so."""
    if name.isascii():
        return name
    labels = []
    for label in unicodedata.normalize("NFKC", name).casefold().replace("。", ".").split("."):
        try:
            labels.append(label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}")
        except UnicodeError:
            return name
    return ".".join(labels)


@lru_cache(maxsize=1024)
def doubts(link: str) -> str:
    """What a reader should know of where a link goes, in words; empty where it goes where it seems to.

    Args:
        link: from its scheme on.
    """
    name = host(link)
    found = []
    before = re.split(r"[/\\?#]", re.split(r"[/\\]{2}", link, maxsplit=1)[-1], maxsplit=1)[0].rpartition("@")[0]
    if before:
        found.append(f"goes to {plain(name)}, not to {before.partition(':')[0][:60]}")
    if len(name) > LONGEST_HOST or not name:
        found.append("has no host that there could be")
    elif re.fullmatch(r"[\d.]+|0x[\da-f.x]+|\[.*", name):
        found.append(f"a bare number for a host{_dotted(name)}")
    else:
        found += _spelling(name)
    return "; ".join(found)


def marked(text: str) -> str:
    """A text with words in ⟨brackets⟩ after each link that does not go where it seems to."""
    if "://" not in text and "\\" not in text:
        return text
    left = MOST

    def mark(found: re.Match[str]) -> str:
        nonlocal left
        left -= 1
        words = doubts(found[0]) if left >= 0 else ""
        return f"{found[0]} ⟨{words}⟩" if words else found[0]

    return LINK.sub(mark, text)


def elsewhere(shown: str, target: str) -> str:
    """The host of a link whose words name another one; empty where they name none, or that one.

    Args:
        shown: the words that are the link.
        target: where it goes.
    """
    found = SHOWN.fullmatch(shown.strip())
    if found is None or not LINK.match(target):
        return ""
    said, true = found[1].lower().removeprefix("www."), host(target).removeprefix("www.")
    return "" if true == said or true.endswith(f".{said}") else plain(true)


def _spelling(name: str) -> list[str]:
    readable = ".".join(_label(one) for one in name.split("."))
    unified = unicodedata.normalize("NFKC", readable).casefold()
    if unified.isascii():
        return [] if unified == name else [f"goes to {unified}"]
    true = plain(unified)
    aped = _aped(unified)
    mixed = any(_is_mixed(one) for one in unified.split("."))
    if aped:
        return [f"LOOKS LIKE {aped} and is {true}"]
    if mixed:
        return [f"MIXES ALPHABETS and is {true}"]
    return [f"{unified} is {true}"] if "xn--" in name else [f"is {true}"]


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode") or label
    except (UnicodeError, ValueError, OverflowError):
        return label


def _aped(name: str) -> str:
    """The ASCII host that a name could be taken for, or nothing."""
    bare = "".join(one for one in unicodedata.normalize("NFD", name.translate(_LOOKS)) if not unicodedata.combining(one))
    marks_only = all(_script(one) in ("LATIN", "") for one in name)
    return bare if bare.isascii() and not marks_only else ""


def _is_mixed(label: str) -> bool:
    scripts = {_script(one) for one in label} - {""}
    return len(scripts) > 1 and not scripts <= _TOGETHER


@lru_cache(maxsize=1024)
def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "?").partition(" ")[0].removesuffix("-")


def _dotted(name: str) -> str:
    """Where a number goes that is not written as four."""
    try:
        number = int(name, 0) if not name.startswith("[") and name.count(".") == 0 else -1
    except ValueError:
        return ""
    if 0 <= number < 1 << 32:
        return f", {'.'.join(str(number >> shift & 255) for shift in (24, 16, 8, 0))}"
    return ""
