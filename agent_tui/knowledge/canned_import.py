"""Canned replies of other help desks, from their exports and from plain files, as pages of this library.

Shapes, each as the vendor documents its interface or export:

- Chatwoot: ``canned_response`` with ``short_code`` and ``content`` (its OpenAPI file), variables ``{{ contact.name }}``.
- Zammad: text modules with ``name``, ``keywords``, ``content`` (HTML), ``active``; variables ``#{ticket.customer.firstname}``.
- FreeScout: saved replies with ``name`` and ``text`` (HTML); variables ``{%customer.firstName,fallback=there%}``.
- Help Scout: saved replies with ``name`` and ``text`` (HTML), alone or under ``_embedded.replies``; FreeScout's variables.
- Zendesk: macros with ``title`` and ``actions`` (``comment_value``, ``status``, ``current_tags``, …); ``{{ticket.requester.first_name}}``.

Every one may be JSON or a CSV table with such columns. A variable that is not known here becomes a gap.
"""

# ruff: noqa: E501 - tables of words, each row on its own line

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_tui.domain.text import clean

KINDS = ("chatwoot", "zammad", "freescout", "helpscout", "zendesk", "plain")
LARGEST = 50 * 1024 * 1024
_MOST = 20_000

_VARIABLES = {
    "contact.name": "customer.name", "contact.first_name": "customer.first_name", "contact.email": "customer.address",
    "agent.name": "agent.name", "agent.available_name": "agent.name", "agent.first_name": "agent.first_name", "agent.email": "agent.email",
    "conversation.id": "case.id", "conversation.display_id": "case.id", "conversation.number": "case.id", "conversation.subject": "case.subject",
    "ticket.customer.fullname": "customer.name", "ticket.customer.firstname": "customer.first_name", "ticket.customer.email": "customer.address",
    "ticket.title": "case.subject", "ticket.number": "case.id", "user.fullname": "agent.name", "user.firstname": "agent.first_name",
    "user.email": "agent.email", "user.first_name": "agent.first_name", "user.name": "agent.name",
    "customer.fullname": "customer.name", "customer.firstname": "customer.first_name", "customer.email": "customer.address",
    "customer.name": "customer.name", "customer.first_name": "customer.first_name", "customer.address": "customer.address",
    "subject": "case.subject", "ticket.requester.first_name": "customer.first_name", "ticket.requester.name": "customer.name",
    "ticket.requester.email": "customer.address", "ticket.id": "case.id", "ticket.subject": "case.subject", "ticket.ticket_field.subject": "case.subject",
    "current_user.name": "agent.name", "current_user.first_name": "agent.first_name", "current_user.email": "agent.email",
    "current_user.signature": "agent.signature", "agent.signature": "agent.signature",
}  # fmt: skip
_VARIABLE = re.compile(
    r"\{\{-?\s*(?P<a>[^\W\d][\w.]*)\s*(?:\|[^{}]*)?-?\}\}|#\{\s*(?P<b>[^\W\d][\w.]*)\s*\}|\{%\s*(?P<c>[^\W\d][\w.]*)(?:,\s*fallback=(?P<fallback>[^%]*))?\s*%\}"
)
_SYNTAX = re.compile(r"\{[{%#]")
_STATES = {"solved": "close", "closed": "close", "pending": "wait", "hold": "wait", "open": "reopen"}
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
    """

    name: str
    body: str
    shortcut: str = ""
    folder: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    then: tuple[str, ...] = ()
    asked: tuple[str, ...] = field(default=())

    @property
    def file_name(self) -> str:
        """Where it goes below ``canned/``."""
        return "/".join((*(slug(one) for one in self.folder), f"{slug(self.name)}.md"))

    def page(self) -> str:
        """The whole file: front matter and body."""
        front: dict[str, Any] = {"name": self.name}
        if self.shortcut:
            front["shortcut"] = self.shortcut
        if self.language:
            front["language"] = self.language
        if self.tags:
            front["tags"] = list(self.tags)
        if self.then:
            front["then"] = list(self.then)
        lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items())  # JSON is YAML
        return "---\n" + "\n".join(lines) + f"\n---\n{self.body}\n"


def slug(text: str) -> str:
    """A name as a file's, in any script."""
    return re.sub(r"[^\w]+", "-", clean(text, multiline=False).casefold()).strip("-")[:80] or "reply"


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
    found = []
    for row in rows[:_MOST]:
        one = _reply(row, kind or _kind(row), from_html)
        if one is not None:
            found.append(one)
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
    for key in ("_embedded", "payload", "replies", "saved_replies", "macros", "text_modules", "data", "canned_responses"):
        while isinstance(found, dict) and key in found:
            found = found[key]
    if isinstance(found, dict):
        found = list(found.values()) if found and all(isinstance(one, dict) for one in found.values()) else [found]
    if not isinstance(found, list):
        raise ImportFault("is JSON, but no list of canned replies")
    return [one.get("macro", one) for one in found if isinstance(one, dict)]


def _csv(text: str) -> list[Mapping[str, Any]]:
    try:
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    csv.field_size_limit(LARGEST)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), dialect=dialect))
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
    return "helpscout" if "text" in row or "chatText" in row or "body" in row else ""


def _reply(row: Mapping[str, Any], kind: str, from_html: Callable[[str], str]) -> Imported | None:
    match kind:
        case "chatwoot":
            code = _text(row, "short_code")
            return _made(code, _text(row, "content"), from_html, shortcut=code)
        case "zammad":
            if str(row.get("active", "true")).casefold() in ("false", "0", "no"):
                return None
            words = tuple(re.split(r"[\s,;]+", _text(row, "keywords"))) if _text(row, "keywords") else ()
            return _made(_text(row, "name"), _text(row, "content"), from_html, tags=words, language=_text(row, "locale"))
        case "freescout" | "helpscout":
            body = _text(row, "text") or _text(row, "chatText") or _text(row, "body")
            return _made(_text(row, "name") or _text(row, "title"), body, from_html)
        case "zendesk":
            return _macro(row, from_html)
        case _:
            return None


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
    for one in actions:
        if not isinstance(one, dict):
            continue
        value = one.get("value")
        value = value[-1] if isinstance(value, list) and value else value  # ["channel:all", "the text"]
        value = value if isinstance(value, str) else ""
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
    *folder, name = [part.strip() for part in _text(row, "title").split("::") if part.strip()] or [""]
    made = _made(name, body, from_html) or (Imported(clean(name, multiline=False).strip(), "") if name and then else None)
    if made is None:
        return None
    return Imported(made.name, made.body, folder=tuple(folder), tags=tuple(folder), then=tuple(then), asked=made.asked)


def _plain(text: str, name: str, ending: str, from_html: Callable[[str], str]) -> tuple[Imported, ...]:
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
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


def template(text: str) -> tuple[str, tuple[str, ...]]:
    """A text of another desk as a template of this library, and the variables of it that became gaps."""
    pieces: list[str] = []
    asked: dict[str, None] = {}
    end = 0
    for one in _VARIABLE.finditer(text):
        pieces.append(_literal(text[end : one.start()]))
        variable = one["a"] or one["b"] or one["c"]
        known = _VARIABLES.get(variable.casefold())
        if known and one["fallback"]:
            fallback = re.sub(r"[\"'\\{}%]", "", one["fallback"]).strip()
            pieces.append(f'{{{{ {known} or "{fallback}" }}}}')
        elif known:
            pieces.append(f"{{{{ {known} }}}}")
        else:
            question = re.sub(r"[._]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", variable)).strip().casefold()
            asked[question] = None
            pieces.append(f'{{{{ ask("{question}") }}}}')
        end = one.end()
    pieces.append(_literal(text[end:]))
    return "".join(pieces), tuple(asked)


def _literal(text: str) -> str:
    """Braces that only look like ours, as text."""
    return _SYNTAX.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)


def _distinct(replies: Iterable[Imported]) -> tuple[Imported, ...]:
    """Names that would be one file or one reply get a number."""
    taken: set[str] = set()
    following: dict[str, int] = {}
    found = []
    for one in replies:
        name, number = one.name, following.get(one.name, 2)
        while slug(name) in taken:
            name, number = f"{one.name} {number}", number + 1
        following[one.name] = number
        taken.add(slug(name))
        found.append(one if name == one.name else Imported(name, one.body, one.shortcut, one.folder, one.tags, one.language, one.then, one.asked))
    return tuple(found)
