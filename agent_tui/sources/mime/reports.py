"""Delivery reports: what a mail system says has become of a message of ours (RFC 3464, and what others send)."""

from __future__ import annotations

import re

from agent_tui.domain.model import DeliveryReport
from agent_tui.domain.text import clean
from agent_tui.sources.mime import headers
from agent_tui.sources.mime.charsets import decode
from agent_tui.sources.mime.structure import Part, content

_MOST_WORDS = 600
_MOST_RECIPIENTS = 100
_DAEMON = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|daemon|maildelivery|mail\.delivery)", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|report|problem|fail|has failed|incomplete)|delayed mail|mail (?:delivery )?fail|"
    r"failure notice|returned (?:mail|to sender)|not (?:be )?delivered|non remis|unzustellbar|non-delivery|bounce|"
    r"message (?:not delivered|delayed)|nicht zugestellt|no se (?:puede|pudo) entregar|devolvid|échec|warning: message",
    re.IGNORECASE,
)
_DELAY = re.compile(r"delay|warning|will retry|still being|not yet|verzögert|retard", re.IGNORECASE)
_RETURNED_ID = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_NAMED = re.compile(r"^[ \t]*<?([^\s<>@:]+@[^\s<>@:,;]+)>?:?[ \t]*(?:$|\()", re.MULTILINE)
_CODE = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b")


def delivery_report(raw: bytes, root: Part, sender: str, subject: str, text: str) -> DeliveryReport | None:
    """The report that a mail is, or None for a mail that is none.

    Args:
        sender: address of From; subject, text: as they are read.
    """
    for part in root.walk():
        if part.media_type in ("message/delivery-status", "message/global-delivery-status"):
            return _standard(raw, root, part, text)
        if part.media_type == "message/disposition-notification":
            return _receipt(raw, part)
    return _unusual(raw, root, sender, subject, text)


def _standard(raw: bytes, root: Part, status: Part, text: str) -> DeliveryReport:
    envelope = ""
    recipients: list[str] = []
    failed = False
    words: list[str] = []
    for block in _blocks(content(raw, status)):
        found = dict(reversed(block))
        envelope = envelope or found.get("original-envelope-id", "")
        recipient = _typed(found.get("original-recipient", "")) or _typed(found.get("final-recipient", ""))
        final = _typed(found.get("final-recipient", ""))
        if not recipient and not final:
            continue
        action = found.get("action", "").strip().lower()
        state = found.get("status", "").strip()
        refused = action == "failed" or (not action and state.startswith("5"))
        if refused and not failed:  # whoever was named before has it, or may get it yet
            failed = True
            recipients.clear()
            words.clear()
        if failed and not refused:
            continue
        if len(recipients) < _MOST_RECIPIENTS:
            recipients += [one for one in dict.fromkeys((recipient, final)) if one and one not in recipients]
        diagnosis = _typed(found.get("diagnostic-code", "")) or state
        if diagnosis and diagnosis not in words:
            words.append(diagnosis)
    said = "; ".join(words) or _excerpt(text)
    return DeliveryReport(
        _returned_id(raw, root) or headers.message_id(envelope), tuple(recipients), failed, _short(said)
    )


def _blocks(data: bytes) -> list[headers.Fields]:
    found = []
    for block in re.split(rb"\r?\n[ \t]*\r?\n", data):
        read, _ = headers.fields(block)
        if read:
            found.append(read)
    return found


def _typed(value: str) -> str:
    """``rfc822; someone@example.com`` without its type."""
    kind, semicolon, rest = value.partition(";")
    shown = headers.text(rest if semicolon and "@" not in kind and " " not in kind.strip() else value).strip()
    return shown.strip("<>") if "@" in shown and " " not in shown else shown


def _returned_id(raw: bytes, root: Part) -> str:
    for part in root.walk():
        if part.media_type in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            for name, value in headers.fields(content(raw, part))[0]:
                if name == "message-id":
                    return headers.message_id(value)
        elif part.media_type in ("message/rfc822", "message/global"):
            inner = part.children[0].fields if part.children else headers.fields(content(raw, part)[:20_000])[0]
            for name, value in inner:
                if name == "message-id":
                    return headers.message_id(value)
    return ""


def _receipt(raw: bytes, part: Part) -> DeliveryReport:
    found = dict(reversed(_blocks(content(raw, part))[0])) if _blocks(content(raw, part)) else {}
    recipient = _typed(found.get("final-recipient", ""))
    said = headers.text(found.get("disposition", "")).rpartition(";")[2].strip()
    return DeliveryReport(
        headers.message_id(found.get("original-message-id", "")),
        (recipient,) if recipient else (),
        failed=False,
        words=_short(f"read receipt: {said or 'no words'}"),
    )


def _unusual(raw: bytes, root: Part, sender: str, subject: str, text: str) -> DeliveryReport | None:
    """Bounces of systems that have a form of their own (qmail, Exim, gateways)."""
    empty_path = any(name == "return-path" and value.strip() == "<>" for name, value in root.fields)
    exim = [value for name, value in root.fields if name == "x-failed-recipients"]
    local = sender.partition("@")[0]
    daemon = _DAEMON.match(local) is not None or (not sender and empty_path)
    reported = root.media_type == "multipart/report" and root.parameters.get("report-type", "").lower() in (
        "delivery-status",
        "",
    )
    if not (reported or exim or (daemon and (_SUBJECT.search(subject) or "qmail-send" in text[:2000]))):
        return None
    marker = _returned_id(raw, root)
    if not marker:
        match = _RETURNED_ID.search(text) or _RETURNED_ID.search(decode(raw[root.start : root.start + 200_000])[0])
        marker = headers.message_id(match[1]) if match else ""
    listed = [one.address for value in exim for one in headers.addresses(value) if one.address]
    head = re.split(r"(?m)^-{3,}.*$|^Received:", text, maxsplit=1)[0]
    if not listed:
        listed = list(dict.fromkeys(_NAMED.findall(head[:20_000])))
    failed = not _DELAY.search(subject) and not re.search(
        r"(?i)\bwill (?:be retried|keep trying|retry)\b|no action is required", head[:4000]
    )
    coded = [line.strip() for line in head[:20_000].splitlines() if _CODE.search(line)]
    return DeliveryReport(
        marker, tuple(listed[:_MOST_RECIPIENTS]), failed, _short("; ".join(coded[:3]) or _excerpt(head))
    )


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:_MOST_WORDS]


def _short(words: str) -> str:
    return clean(words, multiline=False)[:_MOST_WORDS]
