"""``agent-tui canned import``: canned replies of other help desks become files of the library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import AgentTuiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent_tui.commands.context import Context
    from agent_tui.knowledge.canned_import import Imported

_ENDINGS = (".json", ".jsonl", ".csv", ".tsv", ".txt", ".md", ".markdown", ".html", ".htm")


def run(context: Context, paths: Iterable[str], kind: str, *, dry: bool) -> int:
    """Write a file for every reply; one that is there already is left as it is.

    Args:
        kind: the desk it comes from, empty to tell from the fields.
        dry: say what would be written and write nothing.
    """
    from agent_tui.knowledge.canned_import import KINDS, ImportFault, read

    if kind and kind not in KINDS:
        raise UsageError(f"there is no format '{kind}'; there are {', '.join(KINDS)}")
    there = {one.name.casefold() for one in context.desk.canned.replies()}
    written = kept = failed = 0
    for path in _files(paths):
        try:
            replies = read(path.read_bytes(), path.name, kind, from_html=_plain)
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}); check the path") from error
        except ImportFault as fault:
            failed += 1
            context.put("fault", f"{path}: {fault}", path=str(path), line=0, words=str(fault))
            continue
        for one in replies:
            target = context.workspace.canned / one.file_name
            if target.exists() or one.name.casefold() in there:
                kept += 1
                context.put("kept", f"is there already: {one.name}", name=one.name, path=one.file_name)
                continue
            if not dry:
                _write(target, one)
            written += 1
            told = {"asked": list(one.asked), "then": list(one.then), "left": list(one.left)}
            context.put("imported", f"{one.file_name}{_remarks(one)}", name=one.name, path=one.file_name, **told)
        there.update(one.name.casefold() for one in replies)
    if not context.json:
        verb = "would be written" if dry else "written"
        context.say(f"{written} {verb}, {kept} there already; 'agent-tui canned check' finds what needs a look")
    if failed:
        files = "file" if failed == 1 else "files"
        raise AgentTuiError(f"{failed} {files} could not be read, see above; --from names the desk where it can't be told")
    return 0


def _remarks(one: Imported) -> str:
    """What its author has to look at."""
    remarks = [f"gaps: {', '.join(one.asked)}"] if one.asked else []
    if "internal" in one.tags:
        remarks.append("an internal comment there, tagged 'internal'")
    if one.left:
        remarks.append(f"left out: {', '.join(one.left)}")
    return f"  ({'; '.join(remarks)})" if remarks else ""


def _plain(html: str) -> str:
    """Markup as text for a reply: lines stay lines, and a link's address stands behind its words."""
    from agent_tui.sources.html import to_text

    return to_text(html, prepare=_links_in_words)


def _links_in_words(root: Any) -> None:
    for link in root.css("a[href]"):
        words, target = " ".join(link.text().split()), (link.attributes.get("href") or "").strip()
        shown = target.removeprefix("mailto:")
        link.replace_with(shown if words in ("", shown, target) else f"{words} ({shown})")


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for name in paths:
        path = Path(name).expanduser()
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file() and one.suffix.casefold() in _ENDINGS)
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"there is no file {path}; check the path")


def _write(target: Path, one: Imported) -> None:
    """Put a file there that is whole or not there at all, and never over another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        part.write_text(one.page(), "utf-8")
        os.link(part, target)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
