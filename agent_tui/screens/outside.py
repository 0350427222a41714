"""What is handed to the desktop's own programs, files and links: one argument each, never a shell's line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from agent_tui.domain import file_types, hosts
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Attachment
from agent_tui.widgets import words

MOST = 50
_TRAILING = ".,;:!?)]}"


def links(text: str) -> tuple[str, ...]:
    """The web links of a text, once each, in their order."""
    found = (one[0].rstrip(_TRAILING) for one in hosts.LINK.finditer(text))
    return tuple(dict.fromkeys(one for one in found if hosts.host(one)))[:MOST]


def about_link(link: str) -> str:
    """The question before a link is opened: where it truly goes, and what is odd about it."""
    doubts = hosts.doubts(link)
    return f"Open a page at {hosts.plain(hosts.host(link))}{f' ({doubts})' if doubts else ''} in the browser?"


def about_file(path: Path, one: Attachment) -> str:
    """The question before a file is opened: what its name, its sender and its own first bytes say it is."""
    name = Path(one.name).name or "unnamed"
    with path.open("rb") as file:
        true = file_types.true_type(file.read(file_types.HEAD), name)
    truly = words.media(true) if true not in {"", "text/plain"} else ""
    runs = file_types.can_run(true, name)
    kinds = ", ".join(filter(None, (words.media(one.media_type), truly and f"truly {truly}", words.size(one.size))))
    return f"Open outside{', WHICH CAN RUN CODE,' if runs else ''} '{name}' ({kinds})?"


def open_file(path: Path, name: str) -> None:
    """Hand a copy of a file, for this user alone, to the desktop.

    Raises:
        UsageError: there is no desktop.
    """
    opener = _opener()
    copy = Path(tempfile.mkdtemp(prefix="agent-tui-")) / (Path(name).name or "unnamed")
    handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target, path.open("rb") as source:
        shutil.copyfileobj(source, target)
    _start(opener, str(copy))


def open_link(link: str) -> None:
    """Hand a web link to the desktop.

    Raises:
        UsageError: there is no desktop, or it is no web link.
    """
    if not hosts.LINK.fullmatch(link):
        raise UsageError("only links to web pages are opened")
    _start(_opener(), link)


def _opener() -> str:
    found = shutil.which("xdg-open") or shutil.which("open")
    if found is None:
        raise UsageError("no xdg-open here; save the file, or copy the link, instead")
    return found


def _start(opener: str, what: str) -> None:
    # Its output must not reach the screen.
    subprocess.Popen([opener, what], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     start_new_session=True)  # fmt: skip
