"""The readable text of a mail, and what is attached to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean
from agent_tui.sources.mime import headers
from agent_tui.sources.mime.calendar import summary
from agent_tui.sources.mime.charsets import decode
from agent_tui.sources.mime.flowed import unflow
from agent_tui.sources.mime.structure import Budget, Part, content, safe_name, size
from agent_tui.sources.mime.tnef import unwrap

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_STUB = re.compile(
    r"(?:view|read|see|display|open) (?:this|the) (?:e-?mail|message|newsletter)|(?:support|enable|display|requires?) "
    r"html|html[- ](?:format|version|capable|compatible|e-?mail|enabled)|does not support|"
    r"im browser|dans (?:votre|un) navigateur|en (?:su|tu|el) navegador|nel browser",
    re.IGNORECASE,
)
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_EXTENSIONS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "image/jpeg": ".jpg",
    "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic", "application/pdf": ".pdf",
    "message/rfc822": ".eml", "message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
    "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
    "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml",
    "audio/mpeg": ".mp3", "video/mp4": ".mp4", "text/vcard": ".vcf", "text/x-vcard": ".vcf",
    "application/ms-tnef": ".dat",
}  # fmt: skip


@dataclass(slots=True)
class Body:
    """What was gathered. ``html``: whether there was an HTML version; ``texts``: in the order they are read."""

    texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    html: bool = False
    unnamed: int = 0


def gather(raw: bytes, root: Part, budget: Budget) -> Body:
    """Text and attachments of a tree of parts."""
    body = Body()
    _visit(raw, root, body, budget, report=root.media_type == "multipart/report")
    if not any(text.strip() for text in body.texts):
        _rescue(raw, root, body, budget)
    for event in dict.fromkeys(body.events):
        if event not in "\n".join(body.texts):
            body.texts.append(event)
    return body


def _visit(raw: bytes, part: Part, body: Body, budget: Budget, *, report: bool = False) -> None:
    kind = part.media_type
    if kind.startswith("multipart/"):
        if not part.children:
            if part.end > part.start:
                body.texts.append(_plain(raw, part, budget))
        elif kind == "multipart/alternative":
            _alternative(raw, part, body, budget, report=report)
        else:
            if kind == "multipart/encrypted":
                budget.fault("it is encrypted and can't be read here")
            for child in part.children:
                _visit(raw, child, body, budget, report=report)
    elif part.children:
        _enclosed(raw, part, body, budget, report=report)
    elif kind in _TNEF or (part.filename.lower() == "winmail.dat" and kind.startswith("application/")):
        _unwrapped(raw, part, body, budget)
    elif kind == "text/calendar" and not (part.disposition == "attachment" and body.events):
        event = clean(summary(_decoded(raw, part, budget)))
        if event:
            body.events.append(event)
        _attach(raw, part, body, inline=part.disposition != "attachment")
    elif _is_text(part):
        if kind == "text/html":
            body.html = True
            body.texts.append(_html(raw, part, budget))
        else:
            body.texts.append(_plain(raw, part, budget))
    else:
        if (
            kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")
            and part.parameters.get("smime-type") != "signed-data"
        ):
            budget.fault("it is encrypted and can't be read here")
        elif kind in ("message/partial", "message/external-body"):
            budget.fault("only a piece of it was sent, the rest is elsewhere")
        _attach(raw, part, body, inline=bool(part.content_id) and part.disposition != "attachment")


def _is_text(part: Part) -> bool:
    """Whether a part without children is to be read rather than attached."""
    if part.disposition == "attachment" or part.filename:
        return False
    return part.media_type in ("text/plain", "text/html", "text/markdown", "text/enriched", "text/richtext") or (
        not part.section and part.media_type.startswith("text/")
    )


def _alternative(raw: bytes, part: Part, body: Body, budget: Budget, *, report: bool) -> None:
    """Of several forms of the same text the plain one, unless it only says that there is a better one."""
    plain = [child for child in part.children if child.media_type == "text/plain" and _is_text(child)]
    other = [child for child in part.children if child not in plain]
    text = "\n\n".join(filter(None, (_plain(raw, child, budget).strip("\n") for child in plain)))
    markup = [child for child in other if any(leaf.media_type == "text/html" for leaf in child.walk())]
    if markup and (not text.strip() or (len(text) < 400 and _STUB.search(text))):
        text = ""
    if text.strip():
        body.texts.append(text)
        for child in other:
            _others(raw, child, body, budget, report=report)
        body.html = body.html or bool(markup)
        return
    shown = False
    for child in reversed(other):  # the last form is the richest
        if child.media_type == "text/x-amp-html":
            continue
        if not shown and (child in markup or not markup):
            _visit(raw, child, body, budget, report=report)
            shown = bool(markup)
        else:
            _others(raw, child, body, budget, report=report)


def _others(raw: bytes, part: Part, body: Body, budget: Budget, *, report: bool) -> None:
    """Attachments and events of a form that is not shown itself."""
    for leaf in part.children or [part]:
        if leaf.media_type.startswith("multipart/"):
            _others(raw, leaf, body, budget, report=report)
        elif not _is_text(leaf):
            _visit(raw, leaf, body, budget, report=report)


def _plain(raw: bytes, part: Part, budget: Budget) -> str:
    text = _decoded(raw, part, budget)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
    elif part.media_type in ("text/enriched", "text/richtext"):
        text = re.sub(r"<<", "<", re.sub(r"</?[a-zA-Z][^<>]{0,60}>", "", text))
    return clean(text)


def _html(raw: bytes, part: Part, budget: Budget) -> str:
    from agent_tui.sources.html import to_text

    return clean(to_text(_decoded(raw, part, budget)))


def _decoded(raw: bytes, part: Part, budget: Budget) -> str:
    data = content(raw, part)
    label = part.parameters.get("charset", "")
    if not label and part.media_type == "text/html":
        meta = _META.search(data[:4096])
        label = meta[1].decode("ascii") if meta else ""
    text, fault = decode(data, label)
    if fault:
        budget.fault(fault)
    return text


def _attach(raw: bytes, part: Part, body: Body, *, inline: bool) -> None:
    name = part.filename
    if not name:
        body.unnamed += 1
        name = f"part-{body.unnamed}" + _EXTENSIONS.get(part.media_type, "")
    body.attachments.append(
        Attachment(name=name, media_type=clean(part.media_type, multiline=False)[:100], size=size(raw, part),
                   part=part.section, inline=inline)
    )  # fmt: skip


def _enclosed(raw: bytes, part: Part, body: Body, budget: Budget, *, report: bool) -> None:
    """A mail within a mail: attached, and its text below ours in a form that quote folding knows."""
    inner = part.children[0]
    subject = headers.text(inner.first("subject"))
    name = part.filename or (safe_name(subject)[:100] or "message") + ".eml"
    body.attachments.append(
        Attachment(name=name, media_type=part.media_type, size=size(raw, part), part=part.section)
    )
    if report:
        return  # the mail that came back: ours, and long known
    within = Body()
    _visit(raw, inner, within, budget)
    body.attachments += within.attachments
    shown = [f"{title}: {headers.text(inner.first(title.lower()))}" for title in ("From", "Date", "Subject", "To", "Cc")
             if inner.first(title.lower())]  # fmt: skip
    text = "\n\n".join(one.strip("\n") for one in within.texts if one.strip())
    body.texts.append("---------- Forwarded message ----------\n" + "\n".join(shown) + "\n\n" + text)


def _unwrapped(raw: bytes, part: Part, body: Body, budget: Budget) -> None:
    found = unwrap(content(raw, part))
    for number, file in enumerate(found.files):
        name = safe_name(file.name) or f"file-{number + 1}"
        body.attachments.append(Attachment(name=name, media_type=clean(file.media_type, multiline=False)[:100],
                                           size=len(file.data), part=f"{part.section}!{number}"))  # fmt: skip
    if not found.sound or not (found.files or found.text or found.html):
        budget.fault("part of it is wrapped in a form only Outlook reads (winmail.dat)")
        _attach(raw, part, body, inline=False)
    if not any(text.strip() for text in body.texts):
        if found.text.strip():
            body.texts.append(clean(found.text))
        elif found.html.strip():
            from agent_tui.sources.html import to_text

            body.html = True
            body.texts.append(clean(to_text(found.html)))


def _rescue(raw: bytes, root: Part, body: Body, budget: Budget) -> None:
    """A mail whose only text is a named part: show it rather than nothing."""
    for leaf in root.walk():
        if (
            not leaf.children
            and leaf.media_type in ("text/plain", "text/html")
            and leaf.disposition != "attachment"
        ):
            text = _html(raw, leaf, budget) if leaf.media_type == "text/html" else _plain(raw, leaf, budget)
            if text.strip():
                body.html = body.html or leaf.media_type == "text/html"
                body.texts.append(text)
                return
