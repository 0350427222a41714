"""Looking into a file that came in without handing it to the desktop: text as it is, a PDF's text through poppler's pdftotext."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent_tui.desk.seat import Seat
from agent_tui.domain.errors import UsageError, one_line
from agent_tui.domain.file_types import HEAD, is_text, true_type
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.sizes import size_words

MOST = 200_000  # bytes of text that are shown
PAGES = 50
PATIENCE_S = 20
MEMORY = 1 << 30  # bytes that the reader of a PDF may take: it reads what a stranger made

# The limit is set in a process between, which then becomes the reader: no code of ours runs between fork and exec.
_LIMITED = f"""
import contextlib, os, resource, sys
with contextlib.suppress(OSError, ValueError):
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True, slots=True)
class Peeked:
    """What is in a file.

    Args:
        true: its media type by its content, or empty.
        text: cleaned of whatever could command a terminal; note: what is not shown of it.
    """

    true: str
    text: str
    note: str = ""


class Peeking(Seat):
    """The part of the desk that reads files for people."""

    def peek(self, path: Path, name: str, done: Callable[[Peeked | Exception], None]) -> None:
        """Read a file, in another thread.

        Args:
            name: as it came.
            done: gets what is in it or, in words, why that can't be shown here; in that thread.
        """
        import threading

        def work() -> None:
            try:
                done(look_into(path, name))
            except (UsageError, OSError) as error:
                done(error)

        threading.Thread(target=work, name="peeking", daemon=True).start()


def look_into(path: Path, name: str) -> Peeked:
    """The text of a file.

    Raises:
        UsageError: it has none that could be shown.
        OSError: it can't be read.
    """
    from agent_tui.domain.text import clean

    with path.open("rb") as file:
        head = file.read(MOST)
    size = path.stat().st_size
    true = true_type(head[:HEAD], name)
    if true == "application/pdf":
        raw = _of_pdf(path)
        note = f"its text, of {PAGES} pages at most"
    elif is_text(head):
        raw = head
        note = f"the first {size_words(MOST)} of {size_words(size)}" if size > MOST else ""
    else:
        raise UsageError(f"'{name}' has no text that could be shown here")
    text = clean(raw[:MOST].decode("utf-8", "replace").replace("\f", "\n"))
    if not text.strip():
        raise UsageError(f"there is no text in '{name}'" + (": it may be a scan" if true == "application/pdf" else ""))
    return Peeked(true, text.strip("\n"), note)


def _of_pdf(path: Path) -> bytes:
    import shutil
    import subprocess
    import sys

    program = shutil.which("pdftotext")
    if program is None:
        raise UsageError("the text of a PDF is shown where pdftotext is installed (Debian: poppler-utils)")
    argv = [sys.executable, "-I", "-S", "-c", _LIMITED, program, "-layout", "-enc", "UTF-8", "-l", str(PAGES), str(path), "-"]
    try:
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise UsageError(f"pdftotext took longer than {PATIENCE_S} seconds") from None
    if ended.returncode:
        why = one_line(ended.stderr.decode("utf-8", "replace"))[:200] or "no reason given"
        raise UsageError(f"pdftotext can't read it: {why}")
    return ended.stdout
