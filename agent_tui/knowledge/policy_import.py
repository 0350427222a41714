"""Takes over a folder of policies that others keep, as HTML, Markdown or Word files, as Markdown of the library.

What is taken over is read only: it is changed where it is kept, and taken over again.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.knowledge.files import LARGEST_FILE, MOST_FILES
from agent_tui.knowledge.policy_files import slug

KINDS = (".md", ".markdown", ".txt", ".html", ".htm", ".docx")
MARK = ".imported"  # in a folder of the library that was taken over: where from
_LARGEST = 32 * LARGEST_FILE
_LARGEST_PAGE = 2 * LARGEST_FILE
"""Bytes of HTML: a policy has some thousand words, and markup that is nested without end takes time."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = "script, style, template, noscript, nav, header, footer, aside, form, iframe, svg, button"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it.

    Args:
        files: of the library, relative to it.
        left: files that could not be taken over, and why.
    """

    files: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def take_over(folder: Path, library: Path, name: str = "") -> Imported:
    """Take a folder over into ``library/NAME``, in place of what was taken over under that name before.

    Args:
        folder: with ``.html``, ``.md``, ``.txt`` or ``.docx`` files, at any depth.
        library: the policies' folder.
        name: of the folder in the library; by default the folder's own.

    Raises:
        UsageError: there is no such folder, or the name belongs to policies that are kept here.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; name the folder of the exported files")
    if library.resolve().is_relative_to(folder.resolve()) or folder.resolve().is_relative_to(library.resolve()):
        raise UsageError(f"{folder} and the library {library} are one inside the other; nothing to take over")
    found: list[tuple[Path, str]] = []
    left: list[tuple[str, str]] = []
    for path in _files(folder):
        inside = path.relative_to(folder)
        try:
            text = _markdown(path)
        except (zipfile.BadZipFile, ET.ParseError, KeyError):
            left.append((inside.as_posix(), "it is no Word file, or a damaged one; save it again as .docx"))
            continue
        except (OSError, ValueError) as error:
            left.append((inside.as_posix(), str(error) or type(error).__name__))
            continue
        if not text.strip():
            left.append((inside.as_posix(), "there is no text in it"))
            continue
        found.append((inside.parent / f"{inside.stem}.md", text))
    return Imported(put(library, folder_name(library, name or folder.resolve().name), str(folder.resolve()), found), tuple(left))


def folder_name(library: Path, name: str) -> str:
    """The name of a folder of the library that may be filled from elsewhere.

    Raises:
        UsageError: it has no letter or digit, or belongs to policies that are kept here.
    """
    found = slug(name)
    if not found:
        raise UsageError("the folder in the library needs a name with a letter or digit: --into NAME")
    target = library / found
    if target.exists() and not (target / MARK).is_file():
        raise UsageError(f"{target} holds policies that are kept there; choose another name with --into")
    return found


def put(library: Path, name: str, origin: str, texts: Iterable[tuple[Path, str]]) -> tuple[str, ...]:
    """Fill a folder of the library, read only, in place of what was taken over into it before: all of it or nothing.

    Args:
        name: from ``folder_name``.
        origin: where it comes from.
        texts: place within the folder, ending in ``.md``, and text.

    Returns:
        The files, relative to the library.
    """
    target, work = library / name, library / f".{name}.new"
    _remove(work)
    work.mkdir(parents=True)
    files: list[str] = []
    for inside, text in texts:
        place = _free(work / inside)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(0o444)
        files.append(f"{name}/{place.relative_to(work).as_posix()}")
    (work / MARK).write_text(f"{origin}\n", encoding="utf-8")
    _remove(target)
    work.rename(target)
    return tuple(files)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _free(path: Path) -> Path:
    number, found = 2, path
    while found.exists():
        found, number = path.with_name(f"{path.stem}-{number}.md"), number + 1
    return found


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in KINDS:
                count += 1
                if count > MOST_FILES:
                    return
                yield Path(root) / name


def _markdown(path: Path) -> str:
    if path.is_symlink():
        raise ValueError("is a link to another file")
    kind = path.suffix.lower()
    largest = _LARGEST_PAGE if kind in {".html", ".htm"} else _LARGEST
    if path.stat().st_size > largest:
        raise ValueError(f"is larger than {largest // 1024 // 1024} MB")
    if kind == ".docx":
        return docx_to_markdown(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    return html_to_markdown(text) if kind in {".html", ".htm"} else text


def html_to_markdown(text: str) -> str:
    """The main text of a page, with its headings, lists, tables and links. What frames a page is left out."""
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(text)
    title_node = page.css_first("title")
    title = " ".join((title_node.text() if title_node else "").split())
    body = page.css_first("main") or page.css_first("article") or page.body
    if body is None:
        return ""
    for node in body.css(_LEFT_OUT):
        node.decompose()
    lines: list[str] = []
    try:
        _block(body, lines, "")
    except RecursionError:  # nobody writes lists in lists a thousand deep; what they say stays, their shape goes
        lines = [" ".join(body.text(separator=" ").split())]
    result = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
    if title and not re.match(r"#{1,6} ", result):
        result = f"# {title}\n\n{result}"
    return result + "\n"


_HEADS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = {"p", "div", "section", "article", "main", "ul", "ol", "li", "table", "blockquote", "pre", "dl", "dt", "dd", "figure",
           "figcaption", "details", "summary", "address", "hr", *_HEADS}  # fmt: skip


def _block(node: Any, lines: list[str], indent: str) -> None:
    """Add the lines of a block, one element after the other."""
    run = ""

    def end() -> None:
        nonlocal run
        text = " ".join(run.split())
        if text:
            lines.extend([f"{indent}{_safe(text)}", ""])
        run = ""

    for child in node.iter(include_text=True):
        tag = child.tag
        if tag not in _BLOCKS:
            run += _inline(child)
            continue
        end()
        if tag in _HEADS:
            words = " ".join(child.text().split())
            if words:
                anchor = child.attributes.get("id") or ""
                lines.extend([f"{_HEADS[tag]}{words}" + (f" {{#{anchor}}}" if re.fullmatch(r"[\w\-.]+", anchor) else ""), ""])
        elif tag in {"ul", "ol"}:
            _list(child, lines, indent, numbered=tag == "ol")
        elif tag == "table":
            _table(child, lines)
        elif tag == "pre":
            lines.extend(["```", *child.text().strip("\n").split("\n"), "```", ""])
        elif tag == "blockquote":
            inner: list[str] = []
            _block(child, inner, "")
            lines.extend([*(f"> {line}".rstrip() for line in "\n".join(inner).strip().split("\n")), ""])
        else:
            _block(child, lines, indent)
    end()


def _list(node: Any, lines: list[str], indent: str, *, numbered: bool) -> None:
    number = 0
    for item in node.iter():
        if item.tag != "li":
            continue
        number += 1
        inner: list[str] = []
        _block(item, inner, "")
        text = re.sub(r"\n{2,}", "\n", "\n".join(inner).strip()).split("\n")
        sign = f"{number}. " if numbered else "- "
        lines.append(f"{indent}{sign}{text[0]}")
        lines.extend(f"{indent}{' ' * len(sign)}{line}" for line in text[1:])
    lines.append("")


def _table(node: Any, lines: list[str]) -> None:
    rows = [[" ".join(cell.text().split()).replace("|", "\\|") for cell in row.css("th, td")] for row in node.css("tr")]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    width = max(map(len, rows))
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    lines.extend([_row(full[0]), _row(["---"] * width), *map(_row, full[1:]), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inline(node: Any) -> str:
    if node.tag == "-text":
        return str(node.text_content or "")
    if node.tag == "br":
        return " "
    inside = "".join(_inline(child) for child in node.iter(include_text=True))
    match node.tag:
        case "strong" | "b" if inside.strip():
            return f"**{inside.strip()}**" + (" " if inside.endswith(" ") else "")
        case "em" | "i" if inside.strip():
            return f"*{inside.strip()}*" + (" " if inside.endswith(" ") else "")
        case "a" if inside.strip():
            target = str(node.attributes.get("href") or "").strip()
            web = re.match(r"https?://|mailto:", target)
            return f"[{inside.strip()}]({target})" if web and not re.search(r"[\s()]", target) else inside
    return inside


def _safe(text: str) -> str:
    """A paragraph that begins like a heading or a fence is one all the same."""
    return f"\\{text}" if re.match(r"(#{1,6}(\s|$)|`{3}|~{3})", text) else text


def docx_to_markdown(path: Path) -> str:
    """A Word file's headings, paragraphs, lists and tables.

    Raises:
        ValueError, zipfile.BadZipFile, ET.ParseError, KeyError: it is no Word file.
    """
    with zipfile.ZipFile(path) as archive:
        names = _style_names(_part(archive, "word/styles.xml")) if "word/styles.xml" in archive.namelist() else {}
        body = _part(archive, "word/document.xml").find(f"{_WORD}body")
    lines: list[str] = []
    for node in body if body is not None else ():
        if node.tag == f"{_WORD}p":
            _paragraph(node, names, lines)
        elif node.tag == f"{_WORD}tbl":
            rows = [[" ".join(_text(cell).split()) for cell in row.iter(f"{_WORD}tc")] for row in node.iter(f"{_WORD}tr")]
            if rows:
                lines.extend([_row(rows[0]), _row(["---"] * len(rows[0])), *map(_row, rows[1:]), ""])
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _part(archive: zipfile.ZipFile, name: str) -> ET.Element:
    if archive.getinfo(name).file_size > _LARGEST:
        raise ValueError("is too large when unpacked")
    with archive.open(name) as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST or b"<!DOCTYPE" in raw[:4096]:
        raise ValueError("is no Word file as programs write them")
    return ET.fromstring(raw)  # noqa: S314 - no document type, so nothing can be expanded or fetched


def _style_names(styles: ET.Element) -> dict[str, str]:
    found = {}
    for style in styles.iter(f"{_WORD}style"):
        name = style.find(f"{_WORD}name")
        if name is not None:
            found[style.get(f"{_WORD}styleId", "")] = name.get(f"{_WORD}val", "").lower()
    return found


def _paragraph(node: ET.Element, names: dict[str, str], lines: list[str]) -> None:
    text = " ".join(_text(node).split())
    if not text:
        return
    properties = node.find(f"{_WORD}pPr")
    style = properties.find(f"{_WORD}pStyle") if properties is not None else None
    identity = style.get(f"{_WORD}val", "") if style is not None else ""
    name = names.get(identity, identity.lower())
    level = re.fullmatch(r"heading ?([1-6])", name)
    if name == "title" or level:
        lines.extend(["", f"{'#' * (int(level[1]) if level else 1)} {text}", ""])
    elif properties is not None and properties.find(f"{_WORD}numPr") is not None:
        lines.append(f"- {text}")
    else:
        lines.extend(["", _safe(text), ""])


def _text(node: ET.Element) -> str:
    found = []
    for one in node.iter():
        if one.tag == f"{_WORD}t":
            found.append(one.text or "")
        elif one.tag in {f"{_WORD}tab", f"{_WORD}br"}:
            found.append(" ")
    return "".join(found)
