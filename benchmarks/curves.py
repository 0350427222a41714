"""A picture of what things cost against how much there is: lines over two logarithmic scales, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 330  # of one panel, in pixels
LEFT, TOP, BOTTOM = 52, 44, 40
PLOT = (210, HEIGHT - TOP - BOTTOM)
NAMES_APART = 15
COLOURS = ("#1668c7", "#b4470b", "#1b7f4b", "#8a3ab9", "#a8680a", "#c0265f", "#0f7c86", "#5c6470")
STYLE = (
    "text{font:12px sans-serif;fill:#24292f}.quiet{fill:#6a737d}.grid{stroke:#d0d7de}.page{fill:#ffffff}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#8b949e}.grid{stroke:#30363d}.page{fill:#0d1117}}"
)


@dataclass(frozen=True)
class Panel:
    """One picture of several beside each other.

    Args:
        title: what is measured, with its unit.
        lines: values by name, one for each size; None where it was not measured.
    """

    title: str
    lines: Mapping[str, Sequence[float | None]]


def picture(sizes: Sequence[int], panels: Sequence[Panel]) -> str:
    """All panels as one SVG.

    Args:
        sizes: from the smallest on.
    """
    body = [_panel(sizes, one, number * WIDTH) for number, one in enumerate(panels)]
    width = WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}">'
        f'<style>{STYLE}</style><rect class="page" width="{width}" height="{HEIGHT}"/>\n{"".join(body)}</svg>\n'
    )


def _panel(sizes: Sequence[int], panel: Panel, left: int) -> str:
    known = [value for line in panel.lines.values() for value in line if value]
    lowest, highest = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    highest = max(highest, lowest + 1)

    def across(size: int) -> float:
        whole = math.log10(sizes[-1] / sizes[0]) or 1
        return left + LEFT + PLOT[0] * math.log10(size / sizes[0]) / whole

    def down(value: float) -> float:
        return TOP + PLOT[1] * (highest - math.log10(value)) / (highest - lowest)

    found = [f'<text x="{left + LEFT}" y="24" font-weight="bold">{escape(panel.title)}</text>\n']
    for power in range(lowest, highest + 1):
        y = down(10**power)
        found.append(f'<path class="grid" d="M{left + LEFT} {y:.1f}h{PLOT[0]}"/>')
        found.append(f'<text class="quiet" x="{left + LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>\n')
    for size in sizes:
        words = f"{size // 1_000_000} M" if size >= 1_000_000 else f"{size // 1_000} k"
        found.append(
            f'<text class="quiet" x="{across(size):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{words}</text>\n'
        )
    lines = {name: [(across(size), down(value)) for size, value in zip(sizes, line, strict=True) if value]
             for name, line in panel.lines.items()}  # fmt: skip
    places = _apart({name: points[-1][1] for name, points in lines.items() if points})
    for number, (name, points) in enumerate(lines.items()):
        if not points:
            continue
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        found.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        found += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
        found.append(
            f'<text x="{left + LEFT + PLOT[0] + 8}" y="{places[name] + 4:.1f}" style="fill:{colour}">{escape(name)}</text>\n'
        )
    return "".join(found)


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Where names stand so that none covers another, as near to where their lines end as can be."""
    placed: dict[str, float] = {}
    above = -math.inf
    for name, y in sorted(wanted.items(), key=lambda pair: pair[1]):
        above = placed[name] = max(y, above + NAMES_APART)
    over = max(0.0, above - (TOP + PLOT[1]))
    below = math.inf
    for name in sorted(placed, key=lambda one: -placed[one]):
        below = placed[name] = min(placed[name] - over, below - NAMES_APART)
    return placed
