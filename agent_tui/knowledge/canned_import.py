"""Canned replies of other help desks, from their exports and from plain files, as pages of this library.

Shapes, each as the vendor documents its interface or export:

- Chatwoot: ``canned_response`` with ``short_code`` and ``content`` (its OpenAPI file).
- Zammad: text modules with ``name``, ``keywords``, ``content`` (HTML), ``active``.
- FreeScout: saved replies with ``name`` and ``text`` (HTML).
- Help Scout: saved replies with ``name``, ``text`` (HTML) and ``chatText``, alone or under ``_embedded``.
- Zendesk: macros with ``title`` and ``actions`` (``comment_value``, ``status``, ``current_tags``, …).

Every one may be JSON or a CSV table with such columns. Their variables are read by ``canned_variables``.
"""

# ruff: noqa: E501 - tables of words, each row on its own line

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent_tui.domain.text import clean
from agent_tui.knowledge.canned_variables import template

KINDS = ("chatwoot", "zammad", "freescout", "helpscout", "zendesk", "plain")
LARGEST = 50 * 1024 * 1024
_MOST = 20_000

_STATES = {"solved": "close", "closed": "close", "pending": "wait", "hold": "wait", "open": "reopen"}
_COLUMNS = frozenset({"title", "active", "id", "url", "default", "position", "description", "restriction", "created_at", "updated_at"})
_TAG = re.compile(r"</?(?:p|br|div|b|i|strong|em|ul|ol|li|a|span|table|h\d)\b[^>]*>", re.IGNORECASE)


class ImportFault(ValueError):
    """An export can't be read; says what it is and what would be right."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One canned reply of another desk, with what it does besides.

    Args:
        name: as agents there call it; folder: groups it stood in, outermost first.
        body: a template of this library.
        asked: variables of the other desk that became gaps.
        left: what it did there and can't do here.
        whole: the file as it is, where it was one of this library already.
    """

    name: str
    body: str
    shortcut: str = ""
    folder: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    channels: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    whole: str = ""

    @property
    def file_name(self) -> str:
        """Where it goes below ``canned/``."""
        stem = ".".join((slug(self.name), *self.channels))
        return "/".join((*(slug(one) for one in self.folder), f"{stem}.md"))

    def page(self) -> str:
        """The whole file: front matter and body."""
        if self.whole:
            return self.whole
        front: dict[str, Any] = {"name": self.name}
        if self.shortcut:
            front["shortcut"] = self.shortcut
        if self.language:
            front["language"] = self.language
        if self.channels:
            front["channels"] = list(self.channels)
        if self.tags:
            front["tags"] = list(self.tags)
        if self.then:
            front["then"] = list(self.then)
        lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items())  # JSON is YAML
        return "---\n" + "\n".join(lines) + f"\n---\n{self.body}\n"


def slug(text: str) -> str:
    """A name as a file's, in any script."""
    whole = unicodedata.normalize("NFC", clean(text, multiline=False).casefold())
    # Vowel signs and viramas are no word characters to ``re``, and letters without them are other words.
    kept = (one if one == "_" or unicodedata.category(one)[0] in "LNM" else "-" for one in whole)
    return re.sub(r"-+", "-", "".join(kept)).strip("-")[:80] or "reply"


def read(data: bytes, name: str, kind: str = "", *, from_html: Callable[[str], str]) -> tuple[Imported, ...]:
    """The canned replies of one file.

    Args:
        name: of the file; its ending says whether it is JSON, CSV or plain text.
        kind: one of ``KINDS``, empty to tell from the fields.
        from_html: gives plain text.

    Raises:
        ImportFault: it is none of what is known, or damaged.
    """
    if len(data) > LARGEST:
        raise ImportFault(f"is larger than {LARGEST // 1024 // 1024} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ImportFault(f"is not UTF-8 text (byte {wrong.start}); save it as UTF-8") from None
    ending = name.rpartition(".")[2].casefold()
    if kind == "plain" or (not kind and ending in ("txt", "md", "markdown", "html", "htm")):
        return _plain(text, name, ending, from_html)
    rows = _json(text) if ending == "json" or text.lstrip()[:1] in ("[", "{") else _csv(text)
    found: list[Imported] = []
    for row in rows[:_MOST]:
        found.extend(one for one in _replies(row, kind or _kind(row), from_html) if one is not None)
    if rows and not found:
        raise ImportFault(f"has none of the fields known of {', '.join(KINDS[:-1])}; it has {', '.join(map(str, list(rows[0])[:8]))}")
    return _distinct(found)


def _json(text: str) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise ImportFault(f"is not JSON: {wrong}") from None
    while isinstance(found, dict) and not _kind(found):  # under "_embedded", "payload", "macros", …
        inside = [one for key, one in found.items() if key == "_embedded" or (isinstance(one, list) and one)]
        if len(inside) != 1:
            break
        found = inside[0]
    if isinstance(found, dict) and not _kind(found):
        found = list(found.values()) if found and all(isinstance(one, dict) for one in found.values()) else [found]
    elif isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise ImportFault("is JSON, but no list of canned replies")
    return [one.get("macro", one) for one in found if isinstance(one, dict)]


def _csv(text: str) -> list[Mapping[str, Any]]:
    head = text.partition("\n")[0]
    csv.field_size_limit(LARGEST)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count)))
    except csv.Error as wrong:
        raise ImportFault(f"is not a CSV table: {wrong}") from None
    return [{str(key).strip().casefold().replace(" ", "_"): value or "" for key, value in row.items() if key} for row in rows]


def _kind(row: Mapping[str, Any]) -> str:
    if "short_code" in row:
        return "chatwoot"
    if "actions" in row or "comment_value" in row:
        return "zendesk"
    if "keywords" in row or ("content" in row and "name" in row):
        return "zammad"
    return "helpscout" if {"text", "chatText", "chattext", "body"} & row.keys() else ""


def _replies(row: Mapping[str, Any], kind: str, from_html: Callable[[str], str]) -> Iterable[Imported | None]:
    """What one row holds: one reply, or its variants."""
    match kind:
        case "chatwoot":
            code = _text(row, "short_code")
            yield _made(code, _text(row, "content"), from_html, shortcut=code)
        case "zammad":
            if str(row.get("active", "true")).casefold() in ("false", "0", "no"):
                return
            words = tuple(re.split(r"[\s,;]+", _text(row, "keywords"))) if _text(row, "keywords") else ()
            yield _made(_text(row, "name"), _text(row, "content"), from_html, tags=words, language=_text(row, "locale"))
        case "freescout" | "helpscout":
            name, text = _text(row, "name") or _text(row, "title"), _text(row, "text") or _text(row, "body")
            chat = _text(row, "chatText") or _text(row, "chattext")
            both = bool(text and chat)
            yield _made(name, text, from_html, channels=("email",) if both else ())
            yield _made(name, chat, from_html, channels=("chat",) if both else ())
        case "zendesk":
            yield _macro(row, from_html)


def _macro(row: Mapping[str, Any], from_html: Callable[[str], str]) -> Imported | None:
    if str(row.get("active", "true")).casefold() in ("false", "0", "no"):
        return None
    actions = row.get("actions")
    if isinstance(actions, str):
        try:
            actions = json.loads(actions)
        except ValueError:
            actions = None
    if not isinstance(actions, list):
        actions = [{"field": key, "value": value} for key, value in row.items() if value]
    body, then = "", []
    internal, left = False, []
    for one in actions:
        if not isinstance(one, dict):
            continue
        value = one.get("value")
        value = value[-1] if isinstance(value, list) and value else value  # ["channel:all", "the text"]
        value = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else ""
        match one.get("field"):
            case "comment_value" | "comment_value_html" if value:
                body = body or value
            case "status" if value in _STATES:
                then.append(_STATES[value])
            case "current_tags" | "set_tags" if value:
                then.append("tag " + " ".join(f"+{tag}" for tag in value.split()))
            case "remove_tags" if value:
                then.append("tag " + " ".join(f"-{tag}" for tag in value.split()))
            case "priority" if value in ("low", "normal", "high", "urgent"):
                then.append(f"priority {value}")
            case "assignee_id" if value == "current_user":
                then.append("take")
            case "comment_mode_is_public":
                internal = value.casefold() == "false"
            case str() as other if other not in _COLUMNS:
                left.append(other)
    *folder, name = [part.strip() for part in _text(row, "title").split("::") if part.strip()] or [""]
    made = _made(name, body, from_html) or (Imported(clean(name, multiline=False).strip(), "") if name and then else None)
    if made is None:
        return None
    tags = (*folder, *(("internal",) if internal and made.body else ()))
    return replace(made, folder=tuple(folder), tags=tags, then=tuple(then), left=tuple(left))


def _plain(text: str, name: str, ending: str, from_html: Callable[[str], str]) -> tuple[Imported, ...]:
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    if ending in ("md", "markdown") and text.startswith("---\n"):
        return (Imported(stem, "", whole=text),)
    one = _made(stem, from_html(text) if ending in ("html", "htm") else text, lambda whole: whole)
    return (one,) if one else ()


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def _made(name: str, text: str, from_html: Callable[[str], str], **given: Any) -> Imported | None:
    name = clean(name, multiline=False).strip()
    if not name or not text.strip():
        return None
    if _TAG.search(text):
        text = from_html(text)
    body, asked = template(clean(text).strip())
    return Imported(name, body, asked=asked, **given)


def _distinct(replies: Iterable[Imported]) -> tuple[Imported, ...]:
    """Names that would be one file or one reply get a number."""
    taken: set[tuple[str, tuple[str, ...]]] = set()
    following: dict[tuple[str, tuple[str, ...]], int] = {}
    found = []
    for one in replies:
        key = one.name, one.channels
        name, number = one.name, following.get(key, 2)
        while (slug(name), one.channels) in taken:
            name, number = f"{one.name} {number}", number + 1
        following[key] = number
        taken.add((slug(name), one.channels))
        found.append(one if name == one.name else replace(one, name=name))
    return tuple(found)
