"""What a file really is, by its first bytes rather than by what a stranger called it.

Signatures are those of the file(1) database and of https://www.iana.org/assignments/media-types registrations.
"""

from __future__ import annotations

import re

HEAD = 4_096
"""Bytes that are looked at."""

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/bmp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"PK\x03\x04", 0, "application/zip"),
    (b"\x1f\x8b", 0, "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage"),
    (b"MZ", 0, "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", 0, "application/x-elf"),
    (b"\xcf\xfa\xed\xfe", 0, "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", 0, "application/java-vm"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", 0, "application/x-ms-shortcut"),
    (b"#!", 0, "text/x-script"),
    (b"{\\rtf", 0, "application/rtf"),
)
_RUNS = frozenset((
    "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary", "application/java-vm",
    "application/x-ms-shortcut", "text/x-script", "text/html", "image/svg+xml",
))  # fmt: skip
_RUNNING_NAMES = frozenset((
    ".app", ".appimage", ".apk", ".bash", ".bat", ".chm", ".cmd", ".com", ".command", ".cpl", ".deb", ".desktop", ".dmg", ".docm",
    ".exe", ".hta", ".htm", ".html", ".img", ".inf", ".iso", ".jar", ".js", ".jse", ".lnk", ".msc", ".msi", ".pif", ".pkg", ".pl",
    ".pptm", ".ps1", ".py", ".rb", ".reg", ".rpm", ".run", ".scr", ".sh", ".svg", ".url", ".vbe", ".vbs", ".webloc", ".wsf",
    ".xhtml", ".xll", ".xlsm",
))  # fmt: skip
_PACKED = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_MARKUP = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+)?(html|svg)\b", re.IGNORECASE | re.DOTALL)


def true_type(head: bytes, name: str) -> str:
    """The media type of a file by its content; empty where nothing tells.

    Args:
        head: its first ``HEAD`` bytes.
        name: as it was sent; only which kind of document a zip file is, is believed of it.
    """
    for signature, at, media_type in _SIGNATURES:
        if head[at : at + len(signature)] == signature:
            if media_type == "application/zip":
                return _PACKED.get(_ending(name), media_type)
            return media_type
    if (markup := _MARKUP.match(head)) is not None:
        return "text/html" if markup[1].lower() == b"html" else "image/svg+xml"
    return "text/plain" if head and is_text(head) else ""


def is_text(head: bytes) -> bool:
    """Whether these bytes are UTF-8 text; the last letter may be cut off."""
    if b"\x00" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return wrong.reason == "unexpected end of data" and wrong.start >= len(head) - 3
    return True


def can_run(true: str, name: str) -> bool:
    """Whether opening it may run code: by its content, or because the desktop goes by its name.

    Args:
        true: of ``true_type``.
    """
    return true in _RUNS or _ending(name) in _RUNNING_NAMES


def _ending(name: str) -> str:
    stem, dot, ending = name.strip().rpartition(".")
    return f".{ending.strip().lower()}" if dot and stem else ""
