"""Where each key of a TOML text stands, which ``tomllib`` does not tell.

Only texts that ``tomllib`` has accepted are scanned, so nothing here judges; it only counts lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Where = tuple[str | int, ...]

_TOKEN = re.compile(
    r'(?P<comment>\#[^\n]*)'
    r'|(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'(?:[^\'])*(?:\'{1,2}[^\']+)*\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<newline>\n)"
    r"|(?P<mark>[\[\]{}=,])"
    r"|(?P<word>[^\s\[\]{}=,\#\"']+)"
    r"|(?P<space>[^\S\n]+)",
    re.DOTALL,
)


def key_lines(text: str) -> dict[Where, int]:
    """The line (from 1) of every table, key and array item: ``("source", 0, "address") -> 17``.

    Keys of inline tables are found on the line of the key that holds them.
    """
    lines: dict[Where, int] = {}
    counts: dict[Where, int] = {}
    table: Where = ()
    for statement in _statements(text):
        line, tokens = statement[0][0], [token for _, token in statement]
        if tokens[0] == "[":
            double = tokens[1:2] == ["["]
            inner = tokens[2:-2] if double else tokens[1:-1]
            table = _resolve(_split_key("".join(inner)), counts)
            if double:
                number = counts.get(table, 0)
                counts[table] = number + 1
                table = (*table, number)
            lines.setdefault(table, line)
            continue
        if "=" not in tokens:
            continue
        equals = tokens.index("=")
        key = (*table, *_split_key("".join(tokens[:equals])))
        for end in range(len(table) + 1, len(key) + 1):
            lines.setdefault(key[:end], line)
        _items(key, statement[equals + 1 :], lines)
    return lines


def line_of(lines: Mapping[Where, int], where: Where) -> int:
    """The line of a key, or of the nearest thing around it that has one; 1 where nothing has."""
    while where:
        if where in lines:
            return lines[where]
        where = where[:-1]
    return 1


def _statements(text: str) -> Iterator[list[tuple[int, str]]]:
    """``(line, token)`` lists, one for each key or table header; comments and blanks are gone."""
    line, depth = 1, 0
    current: list[tuple[int, str]] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        match match.lastgroup:
            case "newline":
                if depth == 0 and current:
                    yield current
                    current = []
            case "mark" | "word" | "string":
                current.append((line, token))
                depth += (token in ("[", "{")) - (token in ("]", "}"))
            case _:
                pass
        line += token.count("\n")
    if current:
        yield current


def _split_key(text: str) -> Where:
    parts = re.findall(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^.\s"\']+', text)
    return tuple(part[1:-1] if part[:1] in ("'", '"') else part for part in parts)


def _resolve(names: Where, counts: Mapping[Where, int]) -> Where:
    """A header below an array of tables means its newest element: ``[source.hours]`` is of the last source."""
    found: Where = ()
    for position, name in enumerate(names):
        found = (*found, name)
        if position < len(names) - 1 and found in counts:
            found = (*found, counts[found] - 1)
    return found


def _items(key: Where, value: list[tuple[int, str]], lines: dict[Where, int]) -> None:
    """Lines of an array's own items."""
    if not value or value[0][1] != "[":
        return
    depth, number, fresh = 0, 0, True
    for line, mark in value:
        if depth == 1 and mark == ",":
            number, fresh = number + 1, True
            continue
        if depth == 1 and fresh and mark != "]":
            lines[(*key, number)] = line
            fresh = False
        depth += (mark in ("[", "{")) - (mark in ("]", "}"))
