"""Folders of Markdown files with YAML front matter, read again when a file changes.

A bad file is a fault with its place, never the end of the library. Hidden files and folders are left out, and a link
that leads out of the folder is not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from agent_tui.domain.frozen import dataclass

LARGEST_FILE = 1024 * 1024
MOST_FILES = 20_000
_AT_A_TIME = 200  # files whose state is asked for before others may go on
_KEY = re.compile(r"([\w-]+)\s*:")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a library file.

    Args:
        path: relative to the library's folder; line: from 1, or 0 where it is the whole file.
        words: what is wrong and what would be right.
    """

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}" if self.line else f"{self.path}: {self.words}"


@dataclass(frozen=True, slots=True)
class Page:
    """One file: its front matter, and the text after it that begins at line ``first_line``.

    Args:
        lines: on which each key of the front matter stands, as far as that is told.
    """

    path: str
    front: Mapping[str, Any]
    body: str
    first_line: int
    lines: Mapping[str, int] = field(default_factory=dict)


class Folder(Generic[Item]):
    """Items made from the files of a folder; a file is read once for each change of it.

    Args:
        read: makes the items of one page and adds what is wrong with it to the faults.
    """

    def __init__(self, path: Path, read: Callable[[Page, list[Fault]], tuple[Item, ...]]) -> None:
        self.path = path
        self.version = 0
        self._read = read
        self._files: dict[str, tuple[tuple[int, int], tuple[Item, ...], tuple[Fault, ...]]] = {}
        self._fault: tuple[Fault, ...] = ()

    def refresh(self) -> bool:
        """Read what has changed since the last time; whether anything had."""
        before = self.version
        for _ in self.reading():
            pass
        return self.version != before

    def reading(self) -> Iterator[None]:
        """As ``refresh``, file by file: whoever has other things to do stops in between."""
        seen, self._fault = yield from self._scan()
        gone = self._files.keys() - seen.keys()
        for name in gone:
            del self._files[name]
        changed = bool(gone)
        for name in sorted(seen):
            stamp = seen[name]
            if name in self._files and self._files[name][0] == stamp:
                continue
            self._files[name] = (stamp, *self._load(name))
            changed = True
            yield
        self.version += changed

    def items(self) -> tuple[Item, ...]:
        """Every item, in the order of the files' names."""
        return tuple(item for name in sorted(self._files) for item in self._files[name][1])

    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the files, in their order."""
        return self._fault + tuple(fault for name in sorted(self._files) for fault in self._files[name][2])

    def _scan(self) -> Generator[None, None, tuple[dict[str, tuple[int, int]], tuple[Fault, ...]]]:
        found: dict[str, tuple[int, int]] = {}
        top = os.path.join(self.path, "")  # noqa: PTH118 - five thousand paths are cut, and text is cut quicker
        waiting = [top]
        while waiting:
            try:
                entries = list(os.scandir(waiting.pop()))
            except OSError:
                continue
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.lower().endswith(".md") and entry.is_file() and self._inside(entry):
                        status = entry.stat()
                        found[entry.path.removeprefix(top).replace(os.sep, "/")] = (status.st_mtime_ns, status.st_size)
                except OSError:
                    continue
                if not len(found) % _AT_A_TIME:
                    yield
                if len(found) > MOST_FILES:
                    return found, (Fault(".", 0, f"more than {MOST_FILES} files; the rest is left out"),)
        return found, ()

    def _inside(self, entry: os.DirEntry[str]) -> bool:
        return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self.path.resolve())

    def _load(self, name: str) -> tuple[tuple[Item, ...], tuple[Fault, ...]]:
        faults: list[Fault] = []
        try:
            path = self.path / name
            if path.stat().st_size > LARGEST_FILE:
                return (), (Fault(name, 0, f"is larger than {LARGEST_FILE // 1024} KB and is left out"),)
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            return (), (Fault(name, 0, f"is not UTF-8 text (byte {wrong.start}); save it as UTF-8"),)
        except OSError as wrong:
            return (), (Fault(name, 0, f"can't be read: {wrong.strerror}"),)
        page = split(name, text, faults)
        return (self._read(page, faults) if page else ()), tuple(faults)


class Library(Generic[Item]):
    """What is known from a folder. ``refresh`` looks for changed files; all else answers from memory.

    Args:
        read: makes the items of one page and adds what is wrong with it to the faults.
        at_once: the folder is read now; otherwise by ``refresh``.
    """

    def __init__(
        self, path: Path, read: Callable[[Page, list[Fault]], tuple[Item, ...]], *, at_once: bool = True
    ) -> None:
        self._folder: Folder[Item] = Folder(path, read)
        self._take(())
        if at_once:
            self.refresh()

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    @property
    def version(self) -> int:
        """Grows whenever a file has changed."""
        return self._folder.version

    def refresh(self) -> bool:
        """Read files that changed; whether any did."""
        if not self._folder.refresh():
            return False
        self._take(self._folder.items())
        return True

    def _take(self, items: tuple[Item, ...]) -> None:
        """Make ready to answer from these items; overridden."""


def split(name: str, text: str, faults: list[Fault]) -> Page | None:
    """A file's front matter and body; None where the front matter can't be understood."""
    from agent_tui.domain.words import CONTROL

    lines = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    if lines[0].rstrip() != "---":
        return Page(name, {}, "\n".join(lines), 1)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
    if not end:
        faults.append(Fault(name, 1, "the front matter is never closed; end it with a line ---"))
        return None
    front = _yaml(name, "\n".join(lines[1:end]), faults)
    if front is None:
        return None
    keys = {found[1]: number for number, line in enumerate(lines[1:end], 2) if (found := _KEY.match(line))}
    return Page(name, front, "\n".join(lines[end + 1 :]), end + 2, keys)


def _yaml(name: str, text: str, faults: list[Fault]) -> Mapping[str, Any] | None:
    import yaml

    loader: Any = type("FrontMatter", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
    if any(isinstance(token, yaml.AliasToken) for token in _tokens(text)):
        faults.append(Fault(name, 1, "the front matter refers to itself (*); write the value out"))
        return None
    try:
        front = yaml.load(text, loader)  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 2 if wrong.problem_mark else 1
        faults.append(Fault(name, line, f"the front matter is not YAML: {wrong.problem or wrong.context}"))
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        faults.append(Fault(name, 1, f"the front matter is not YAML: {wrong}"))
        return None
    if front is None:
        return {}
    if not isinstance(front, dict):
        faults.append(Fault(name, 2, "the front matter is no list of keys; write for example 'tags: [refund]'"))
        return None
    return {str(key): value for key, value in front.items()}


def _timestamp(loader: Any, node: Any) -> Any:
    """A day, or as it was written where there is no such one: its key says what is wrong with it."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return loader.construct_scalar(node)


def _tokens(text: str) -> list[Any]:
    import yaml

    if "*" not in text:
        return []
    try:
        return list(yaml.scan(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError):
        return []


class Front:
    """Reads front matter key by key; whatever is wrong becomes a fault and its default."""

    def __init__(self, page: Page, faults: list[Fault]) -> None:
        self._page = page
        self._faults = faults
        self._known: set[str] = set()

    def text(self, key: str, default: str = "") -> str:
        """One word or sentence."""
        value = self._get(key)
        if value is None:
            return default
        if isinstance(value, bool | list | dict):
            self._wrong(key, f"{key} is one text, not {_kind(value)}")
            return default
        return " ".join(str(value).split())

    def flag(self, key: str) -> bool:
        """Yes or no; no where it is not said."""
        value = self._get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self._wrong(key, f"{key} is true or false")
        return False

    def words(self, key: str) -> tuple[str, ...]:
        """A list of words; a single one may stand by itself, or several with commas."""
        value = self._get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            value = value.split(",")
        if not isinstance(value, list) or any(isinstance(one, list | dict) for one in value):
            self._wrong(key, f"{key} is a list, such as [{key}-one, {key}-two]")
            return ()
        return tuple(dict.fromkeys(text for one in value if (text := " ".join(str(one).split()))))

    def choices(self, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Words out of ``known``."""
        found = self.words(key)
        for one in found:
            if one.lower() not in known:
                self._wrong(key, f"{key}: there is no '{one}'; there are {', '.join(known)}")
        return tuple(one.lower() for one in found if one.lower() in known)

    def day(self, key: str) -> str:
        """An ISO date, or empty."""
        value = self._get(key)
        if value is None:
            return ""
        try:
            return value.isoformat()[:10] if isinstance(value, date) else date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self._wrong(key, f"{key}: '{value}' is not a date; write year-month-day, such as 2026-12-01")
            return ""

    def rest(self) -> None:
        """Complain of keys that nobody reads."""
        for key in self._page.front:
            if key not in self._known:
                self._wrong(key, f"there is no key {key}; there are {', '.join(sorted(self._known))}")

    def _get(self, key: str) -> Any:
        self._known.add(key)
        return self._page.front.get(key)

    def _wrong(self, key: str, words: str) -> None:
        self._faults.append(Fault(self._page.path, self._page.lines.get(key, 1), words))


def _kind(value: Any) -> str:
    return {bool: "yes or no", list: "a list", dict: "a table"}.get(type(value), "that")
