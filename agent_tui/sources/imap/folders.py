"""Which folder is which: by special use (RFC 6154), else by the names that mail programs give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NAMES = {
    "sent": ("sent", "sent items", "sent mail", "sent messages", "gesendet", "gesendete elemente", "gesendete objekte",
             "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "posta inviata",
             "inviati", "verzonden items", "verzonden", "odeslané", "отправленные", "送信済み", "已发送"),
    "archive": ("archive", "archives", "all mail", "archiv", "archivo", "archivio"),
    "junk": ("junk", "spam", "junk email", "junk e-mail", "bulk mail", "junk-e-mail", "courrier indésirable"),
    "trash": ("trash", "deleted items", "deleted messages", "bin", "papierkorb", "gelöschte elemente", "corbeille",
              "papelera", "cestino", "prullenbak"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Names of folders as the server has them, decoded; an empty name: there is none.

    Args:
        names: every folder that can be opened.
        delimiter: between the levels of a name.
    """

    names: tuple[str, ...] = ()
    delimiter: str = "/"
    sent: str = ""
    archive: str = ""
    junk: str = ""
    trash: str = ""

    def real(self, wanted: str) -> str:
        """The server's spelling of a folder's name, or empty where there is no such folder."""
        if wanted.upper() == "INBOX":
            return "INBOX"
        if wanted in self.names:
            return wanted
        same = [name for name in self.names if name.casefold() == wanted.casefold()]
        return same[0] if len(same) == 1 else ""

    def missing(self, use: str) -> str:
        """The name to make a folder by that is not there: beside INBOX, or below it where others are."""
        name = {"sent": "Sent", "archive": "Archive", "junk": "Junk", "trash": "Trash"}[use]
        prefix = f"INBOX{self.delimiter}"
        below = [one for one in self.names if one.upper() != "INBOX"]
        return prefix + name if below and all(one.startswith(prefix) for one in below) else name


def recognise(listing: Iterable[tuple[Iterable[bytes], bytes | None, str]]) -> Folders:
    """Sort out what LIST answered: ``(flags, delimiter, name)`` of each folder."""
    names: list[str] = []
    uses: dict[str, str] = {}
    delimiter = "/"
    for flags, separator, name in listing:
        lowered = {bytes(flag).lower() for flag in flags}
        if lowered & {b"\\noselect", b"\\nonexistent"}:
            continue
        names.append(name)
        if separator:
            delimiter = separator.decode("ascii", "replace")
        for use in _NAMES:
            if f"\\{use}".encode() in lowered:
                uses.setdefault(use, name)
        if b"\\all" in lowered:
            uses.setdefault("all", name)
    for use, common in _NAMES.items():
        if use not in uses:
            # The shortest name wins: a folder "Sent" rather than "Projects/Old/Sent".
            alike = [name for name in names if name.split(delimiter)[-1].casefold() in common]
            shallow = [name for name in alike if name.count(delimiter) <= 1]
            if shallow:
                uses[use] = min(shallow, key=lambda name: (name.count(delimiter), len(name), name))
    if "archive" not in uses and "all" in uses:
        uses["archive"] = uses["all"]
    uses.pop("all", None)
    return Folders(names=tuple(names), delimiter=delimiter, **uses)
