"""Which lines of a mail are new, and which are quoted history or a signature. Folded, never deleted.

Losing what somebody wrote is worse than showing too much, so a line is folded only where its form says what it
is: quote marks, a line that announces a quote, a block of mail headers, a signature mark. Forms are told by
structure (a date and an address before a colon) more than by words, because the words come in every language.
"""

from __future__ import annotations

import re

from agent_tui.domain.quote_words import DIVIDERS, ROLES, SENT_FROM, VERBS

Span = tuple[int, int, str]

MOST_LINES = 20_000  # beyond, nothing is looked for
_LONGEST_LINE = 400  # of a line that could be an announcement or a header
_MOST_CANDIDATES = 500  # lines that end with a colon and are looked at closely
_MOST_SIGNATURE = 20  # lines
_MOST_CONTEXT = 8  # quoted lines that stay in sight above an answer written between quotes
_HEADER_REACH = 30  # lines in which the headers of a quoted mail must all be found

_DATE = re.compile(
    r"\b\d{4}\b|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[:.h]\d\d|\d\s?[年년]"
    r"|\b\d{1,2}\.? \w{3,12}\b|\b\w{3,12}\.? \d{1,2}\b"
)
_FULL_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?\s+(?:\w{2}\s+)?\d{1,2}[:.]\d\d|\b\d{1,2} \w+ \d{4} \d{1,2}:\d\d"
)
_ADDRESS = re.compile(r"[^\s<>@\"'(]+@[^\s<>@\"')]+\.[^\s<>@\"')]+|<\s*$")
_OPENING = re.compile(
    r"\W{0,3}(?:on|am|le|el|il|em|op|den|dnia|w dniu|dana|dne|på|pe|la|a|al|в|во|у|на|in data|vào|pada|noong|"
    r"στις|tarihinde|date|\d|[^\W\d_]{2,12}[,.]? \d|[^\W\d_]{2,12}[.,] )",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"\s*-{3,}\s*(?:Forwarded by|Weitergeleitet von|Transféré par|Reenviado por)\b", re.IGNORECASE)
_RULED = re.compile(r"\s*(?:[-_=*–—]{2,}\s*)(\S.{2,60}?\S)(?:\s*[-_=*–—]{2,})\s*$")
_RULE = re.compile(r"\s*(?:_{8,}|-{8,}|={8,}|\*{8,}|─{4,}|—{4,})\s*$")
_RULED_BY = frozenset("-_=*–—─")
_FOOTNOTE = re.compile(r"\[\d{1,3}\] \S+$")
_MORE_PEOPLE = re.compile("[,@;/]")
_LETTERS = re.compile(r"[^\W\d_]")
_NOT_A_NAME = re.compile(r"[.!?;]\s*$|^\s*[-*•]")


def fresh(text: str) -> str:
    """The text without quoted history and signature; all of it where nothing else would remain."""
    spans = quoted_spans(text)
    if not spans:
        return text.strip("\n")
    lines = text.split("\n")
    kept: list[str] = []
    at = 0
    for start, end, _ in spans:
        kept += lines[at:start]
        at = end
    tail = lines[at:]
    if any(_FOOTNOTE.match(line) for line in tail):  # links of what was folded go with it
        said = "\n".join(kept)
        tail = [line for line in tail if not _FOOTNOTE.match(line) or f" {line.partition(' ')[0]}" in said]
    shown = "\n".join([*kept, *tail])
    return shown.strip("\n") if shown.strip() else text.strip("\n")


def quoted_spans(text: str) -> tuple[Span, ...]:
    """``(first line, line after the last, kind)`` of what may be folded, in order.

    Kind is ``quote``, ``header`` (the announcement or the headers above a quote) or ``signature``.
    """
    lines = text.split("\n", MOST_LINES)
    count = len(lines)
    end = count
    while end and (not lines[end - 1].strip() or _FOOTNOTE.match(lines[end - 1])):
        end -= 1
    quoting = ">" in text
    marked = [line[:4].lstrip().startswith(">") for line in lines] if quoting else [False] * count
    cut, body = _history(lines, marked, end)
    spans = _marked_spans(lines, marked, min(cut, end)) if quoting else []
    spans = _signatures(lines, spans, min(cut, end))
    if cut < end:
        if body > cut:
            spans.append((cut, body, "header"))
        if body < end:
            spans.append((body, end, "quote"))
    return tuple(spans)


# --- history without marks ------------------------------------------------------------------------------------------


def _history(lines: list[str], marked: list[bool], end: int) -> tuple[int, int]:
    """Where unmarked history begins and where its own text begins; the number of lines where there is none."""
    candidates = _MOST_CANDIDATES
    for at, line in enumerate(lines):
        if at >= end:
            break
        if ":" not in line and "：" not in line and line.lstrip()[:1] not in _RULED_BY:
            continue  # nothing of it could be what is looked for
        stripped = line.strip()
        if not stripped or marked[at] or len(line) > _LONGEST_LINE:
            continue
        first = stripped[0]
        if first in _RULED_BY and len(stripped) > 4:
            begun = _divided(lines, at, end)
            if begun:
                return at, begun
        if ":" in stripped or "：" in stripped:
            role = _role(stripped)
            if role:
                begun = _header_block(lines, at, end)
                if begun:
                    return _above(lines, at, role), begun
            elif stripped[-1] in ":：*" and stripped.casefold().strip("*：:\u0020") in DIVIDERS:
                return at, at + 1
            elif stripped.rstrip("*_ ")[-1:] in (":", "：") and candidates:
                candidates -= 1
                start = _announcement(lines, at, marked)
                if start is not None and not _next_is_marked(lines, marked, at, end) and _strict(lines, start, at):
                    return start, at + 1
    return len(lines), len(lines)


def _divided(lines: list[str], at: int, end: int) -> int:
    """The line after a divider such as ``-----Original Message-----``, or 0 where there is none."""
    line = lines[at]
    if _FORWARDED.match(line):
        return min(at + (1 if line.rstrip().endswith("--") else 2), end)
    match = _RULED.match(line)
    if match and match[1].strip("-_=*–— ").casefold() in DIVIDERS:
        return at + 1
    if _RULE.match(line):
        following = at + 1
        while following < end and not lines[following].strip():
            following += 1
        if following < end and following - at <= 3 and _role(lines[following].strip()):
            return _header_block(lines, following, end, above=True)
    return 0


def _role(line: str) -> str:
    """Which header of a quoted mail a line is: from, sent, to, subject; empty for none."""
    head, colon, _ = line.partition(":")
    if not colon or len(head) > 30:
        head, colon, _ = line.partition("：")
        if not colon or len(head) > 30:
            return ""
    return ROLES.get(head.strip("*_> \u00a0\t").casefold(), "")


def _header_block(lines: list[str], at: int, end: int, *, above: bool = False) -> int:
    """The line after a block of headers that begins here, or 0 where it is none.

    Args:
        above: a divider stands above, so that two headers are enough.
    """
    found: dict[str, int] = {}
    last = at
    gap = 0
    for number in range(at, min(end, at + _HEADER_REACH)):
        stripped = lines[number].strip()
        role = _role(stripped) if stripped else ""
        if role:
            if role in found and role != "cc":
                break
            found[role] = number
            last = number
            gap = 0
            if len(found.keys() & {"from", "sent", "to", "subject"}) == 4:
                break
        elif stripped:
            gap += 1
            if gap > 2 and not ("to" in found and _MORE_PEOPLE.search(stripped)):
                break
        elif "subject" in found:
            break
    main = found.keys() & {"from", "sent", "to", "subject"}
    if "from" in main and (len(main) >= 3 or (above and len(main) >= 2)):
        return last + 1
    if "from" in main and len(main) == 2 and _FULL_DATE.search(lines[found["from"]]):
        return last + 1
    if len(main) >= 2 and "to" in main and found["to"] == at and _dated_above(lines, at):
        return last + 1
    return 0


def _dated_above(lines: list[str], at: int) -> bool:
    seen = 0
    for number in range(at - 1, max(-1, at - 6), -1):
        stripped = lines[number].strip()
        if not stripped:
            continue
        if len(stripped) < 100 and _FULL_DATE.search(stripped):
            return True
        seen += 1
        if seen > 2:
            break
    return False


def _above(lines: list[str], at: int, role: str) -> int:
    """The first line that belongs to a header block: a rule above it, or name and date in the manner of Lotus Notes."""
    start = at
    if role == "to":
        number = at - 1
        while number >= 0 and at - number < 7:
            stripped = lines[number].strip()
            if not stripped:
                if start < at and _FULL_DATE.search(lines[start]):
                    break
                number -= 1
                continue
            if len(stripped) > 100:
                break
            if _FULL_DATE.search(stripped):
                start = number
                bare = _FULL_DATE.sub("", stripped)
                if len(_LETTERS.findall(bare)) > 8:  # the name stands on the same line
                    break
            elif start < at and not _NOT_A_NAME.search(stripped) and len(stripped.split()) <= 6:
                start = number
                if not stripped.casefold().startswith("sent by"):
                    break
            elif not (stripped.casefold().startswith(("please respond to", "sent by")) or "@" in stripped):
                break
            number -= 1
    number = start - 1
    while number >= 0 and start - number < 3 and not lines[number].strip():
        number -= 1
    if number >= 0 and _RULE.match(lines[number]):
        start = number
    return start


# --- announcements ("On Monday, Asha wrote:") -----------------------------------------------------------------------


def _announcement(lines: list[str], at: int, marked: list[bool]) -> int | None:
    """The first line of the announcement that ends at this line, or None where it is none."""
    joined = ""
    best: int | None = None
    for number in range(at, max(-1, at - 4), -1):
        stripped = lines[number].strip()
        if not stripped or stripped == "--" or marked[number] or len(stripped) > _LONGEST_LINE:
            break
        joined = f"{stripped} {joined}"
        if len(joined) > _LONGEST_LINE:
            break
        dated = _DATE.search(joined) is not None
        named = _ADDRESS.search(joined) is not None
        said = _says(joined)
        if (said and (dated or named)) or (dated and named):
            best = number
            if dated and (_OPENING.match(stripped) or number == at):
                break
        elif best is not None:
            break
    if best is None and len(lines[at]) < 120 and _says(lines[at]):
        best = at
    return best


def _says(text: str) -> bool:
    folded = text.casefold()
    return any(verb in folded for verb in VERBS)


def _strict(lines: list[str], start: int, at: int) -> bool:
    """Whether an announcement may fold what follows though nothing marks it as quoted."""
    joined = " ".join(line.strip() for line in lines[start : at + 1])
    dated = _DATE.search(joined) is not None
    named = _ADDRESS.search(joined) is not None
    said = _says(joined)
    opening = _OPENING.match(joined) is not None
    return (dated and named and (said or opening)) or (said and opening and dated) or (
        said and named and joined.casefold().rstrip(": ").endswith(VERBS)
    )


def _next_is_marked(lines: list[str], marked: list[bool], at: int, end: int) -> bool:
    for number in range(at + 1, min(end, at + 4)):
        if lines[number].strip():
            return marked[number]
    return False


# --- quotes with marks ----------------------------------------------------------------------------------------------


def _marked_spans(lines: list[str], marked: list[bool], end: int) -> list[Span]:
    """Runs of ``>`` lines with what announces them. Between answers, short ones stay in sight as their context."""
    runs: list[tuple[int, int, int]] = []
    at = 0
    while at < end:
        if not marked[at]:
            at += 1
            continue
        start = at
        stop = at + 1
        while at < end and (marked[at] or not lines[at].strip()):
            if marked[at]:
                stop = at + 1
            at += 1
        first = start
        above = start - 1
        while above >= 0 and start - above < 3 and not lines[above].strip():
            above -= 1
        if above >= 0 and not marked[above] and lines[above].rstrip(" *_").endswith((":", "：")):
            begun = _announcement(lines, above, marked)
            if begun is not None:
                first = begun
        runs.append((first, start, stop))
    answered = [any(line.strip() for line in lines[stop : (runs[number + 1][0] if number + 1 < len(runs) else end)])
                for number, (_, _, stop) in enumerate(runs)]  # fmt: skip
    interleaved = sum(answered) > 1
    spans: list[Span] = []
    for (first, start, stop), has_answer in zip(runs, answered, strict=True):
        if interleaved and has_answer and stop - start <= _MOST_CONTEXT:
            continue
        if first < start:
            spans.append((first, start, "header"))
        spans.append((start, stop, "quote"))
    return spans


# --- signatures -----------------------------------------------------------------------------------------------------


def _signatures(lines: list[str], spans: list[Span], end: int) -> list[Span]:
    """Add the signature: what follows ``-- ``, or a line a telephone added."""
    written = end
    while written > 0 and not lines[written - 1].strip():
        written -= 1
    last = max((stop for _, stop, _ in spans if stop >= written), default=-1)
    limit = end
    if last >= 0:  # only quotes stand below: look above them
        limit = min(end, last)
        begun: dict[int, int] = {}  # by the line after a span's last
        for start, stop, _ in spans:
            begun[stop] = max(start, begun.get(stop, start))
        while limit in begun:
            limit = begun[limit]
            while limit > 0 and not lines[limit - 1].strip() and limit not in begun:
                limit -= 1
    floor = max((stop for _, stop, _ in spans if stop <= limit), default=0)
    at = limit - 1
    while at >= floor and at >= limit - _MOST_SIGNATURE:
        if lines[at].startswith("--") and lines[at].rstrip(" \u00a0") == "--":
            return sorted([*spans, (at, limit, "signature")])
        at -= 1
    at = limit - 1
    while at >= floor and not lines[at].strip():
        at -= 1
    if at >= max(floor, 1) and len(lines[at]) < 120 and lines[at].strip().casefold().startswith(SENT_FROM):
        start = at
        if start > floor and _RULE.match(lines[at - 1]):
            start -= 1
        return sorted([*spans, (start, limit, "signature")])
    return spans
