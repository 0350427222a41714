"""Calendar parts as a few readable lines: what, when, where, who asks."""

from __future__ import annotations

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d{0,2}(Z?))?")
_TITLES = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation",
           "COUNTER": "Other time proposed", "PUBLISH": "Event"}  # fmt: skip
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "perhaps", "NEEDS-ACTION": ""}
_MOST_EVENTS = 5
_MOST_CHARACTERS = 500_000


def summary(calendar: str) -> str:
    """Readable lines for the events of an iCalendar text, or empty if it has none."""
    method = "PUBLISH"
    events: list[dict[str, tuple[str, str]]] = []
    inside: list[str] = []
    for line in _FOLD.sub("", calendar[:_MOST_CHARACTERS]).splitlines():
        head, _, value = line.partition(":") if '"' not in line else _past_quotes(line)
        name, _, options = head.partition(";")
        name = name.upper().strip()
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] in ("VEVENT", "VTODO"):
                events.append({})
        elif name == "END":
            if inside:
                inside.pop()
        elif name == "METHOD":
            method = value.strip().upper()
        elif inside and inside[-1] in ("VEVENT", "VTODO") and events:
            events[-1].setdefault(name, (options, value.strip()))
    shown = ["\n".join(_event(method, event)) for event in events[:_MOST_EVENTS]]
    if len(events) > _MOST_EVENTS:
        shown.append(f"(and {len(events) - _MOST_EVENTS} more)")
    return "\n\n".join(shown)


def _past_quotes(line: str) -> tuple[str, str, str]:
    quoted = False
    for at, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return line[:at], ":", line[at + 1 :]
    return line.partition(":")


def _event(method: str, event: dict[str, tuple[str, str]]) -> list[str]:
    title = _TITLES.get(method, "Event")
    lines = [f"{title}: {_text(event.get('SUMMARY', ('', ''))[1]) or '(no title)'}"]
    when = _time(*event.get("DTSTART", ("", "")))
    until = _time(*event.get("DTEND", event.get("DUE", ("", ""))))
    if when:
        if until and until.partition(" ")[0] == when.partition(" ")[0] and " " in until:
            until = until.partition(" ")[2]
            when = when.partition(" (")[0] if "(" in until else when
        lines.append(f"When: {when}" + (f" – {until}" if until and until != when else ""))
    if "RRULE" in event:
        lines[-1] += ", repeated"
    place = _text(event.get("LOCATION", ("", ""))[1])
    if place:
        lines.append(f"Where: {place}")
    options, organizer = event.get("ORGANIZER", ("", ""))
    if organizer:
        name = re.search(r'CN=(?:"([^"]*)"|([^;:]*))', options, re.IGNORECASE)
        address = re.sub(r"(?i)^mailto:", "", organizer)
        shown = (name[1] or name[2] or "").strip() if name else ""
        lines.append(f"From: {shown} <{address}>" if shown and shown != address else f"From: {address}")
    if method == "REPLY":
        answer = re.search(r"PARTSTAT=([A-Z-]+)", event.get("ATTENDEE", ("", ""))[0], re.IGNORECASE)
        said = _ANSWERS.get(answer[1].upper(), answer[1].lower()) if answer else ""
        if said:
            lines.append(f"Answer: {said}")
    return lines


def _text(value: str) -> str:
    return " ".join(_ESCAPE.sub(lambda match: " " if match[1] in "nN" else match[1], value).split())


def _time(options: str, value: str) -> str:
    match = _STAMP.match(value)
    if not match:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if match[4] is None:
        return day
    zone = re.search(r'TZID=(?:"([^"]*)"|([^;:]*))', options, re.IGNORECASE)
    where = "UTC" if match[6] else ((zone[1] or zone[2] or "").strip() if zone else "")
    return f"{day} {match[4]}:{match[5]}" + (f" ({where})" if where else "")
