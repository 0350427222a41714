"""The picture of what things cost against how much there is."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from benchmarks.curves import NAMES_APART, TOP, Panel, picture

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(**lines: list[float | None]) -> ET.Element:
    return ET.fromstring(picture(SIZES, [Panel("A key & more, ms", lines)]))


def heights(image: ET.Element) -> list[list[float]]:
    paths = [one.get("d") or "" for one in image.iter(f"{SVG}path") if one.get("fill") == "none"]
    return [[float(y) for y in re.findall(r"[ML][0-9.]+ ([0-9.]+)", path)] for path in paths]


def test_what_costs_the_same_is_level_and_what_costs_ten_times_as_much_is_one_line_of_the_scale_higher() -> None:
    level, rising = heights(drawn(level=[5.0] * 4, rising=[1.0, 10.0, 100.0, 1_000.0]))
    assert len(set(level)) == 1
    steps = {round(below - above, 1) for below, above in itertools.pairwise(rising)}
    assert len(steps) == 1
    assert rising == sorted(rising, reverse=True)


def test_what_was_not_measured_is_left_out_and_no_name_covers_another() -> None:
    image = drawn(first=[5.0, None, 5.0, 5.0], second=[5.0, 5.1, 5.2, 5.0], third=[1.0, 1.0, 1.0, 5.05])
    assert [len(one) for one in heights(image)] == [3, 4, 4]
    names = {one.text: float(one.get("y") or 0) for one in image.iter(f"{SVG}text") if one.text in {"first", "second", "third"}}
    placed = sorted(names.values())
    assert len(placed) == 3
    assert all(after - before >= NAMES_APART for before, after in itertools.pairwise(placed))
    assert placed[0] > TOP


def test_titles_and_sizes_are_written_as_people_write_them() -> None:
    words = [one.text for one in drawn(only=[1.0] * 4).iter(f"{SVG}text")]
    assert words[0] == "A key & more, ms"
    assert {"1 k", "10 k", "100 k", "1 M"} <= set(words)
