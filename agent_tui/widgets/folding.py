"""Which lines of a text are quoted or a signature."""

from __future__ import annotations


def quoted_spans(text: str) -> tuple[tuple[int, int, str], ...]:
    """``(first line, line after the last, kind)`` of quoted lines and of the signature."""
    spans: list[tuple[int, int, str]] = []
    lines = text.rstrip().split("\n")
    number = 0
    while number < len(lines):
        start = number
        while number < len(lines) and lines[number].startswith(">"):
            number += 1
        if number > start:
            attribution = start and lines[start - 1].rstrip().endswith(":")
            spans.append((start - 1 if attribution else start, number, "quote"))
        elif lines[number].rstrip() == "--" and len(lines) - number < 12:
            end = number
            while end < len(lines) and not lines[end].startswith(">") and not lines[end].endswith("wrote:"):
                end += 1
            spans.append((number, end, "signature"))
            number = end
        else:
            number += 1
    return tuple(spans)
