"""NodeBB's own HTML as good text: code, emoji, mentions and links within the forum as the plain elements of ``sources.html``."""

from __future__ import annotations

import mimetypes
import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean
from agent_tui.sources.html import to_text

_MOST = 2_000  # of each kind in one post
_UPLOADS = re.compile(r"(?:^|/)assets/uploads/|^/?uploads/")
_STAMP = re.compile(r"^\d{10,}-")  # NodeBB puts the time before a file's name


def text_of(content: str, base: str) -> str:
    """A post's HTML as readable text, uncleaned.

    Args:
        base: address of the forum, for links within it.
    """
    return to_text(content, prepare=lambda root: _prepare(root, base)) if content.strip() else ""


def _prepare(root: Any, base: str) -> None:
    for one in _all(root, "img.emoji"):
        one.replace_with(_attribute(one, "alt") or _attribute(one, "title"))
    for one in _all(root, "a.plugin-mentions-a, a.plugin-mentions-user, a.plugin-mentions-group"):
        one.replace_with(" ".join((one.text() or "").split()))
    for one in _all(root, "pre > code"):
        language = re.search(r"language-([\w+#.-]+)", _attribute(one, "class"))
        one.insert_before(f"```{language[1] if language else ''}\n")
        one.insert_after("\n```" if not (one.text() or "").endswith("\n") else "```")
    for one in _all(root, "code"):
        if one.parent is not None and one.parent.tag != "pre":
            one.insert_before("`")
            one.insert_after("`")
    for one in _all(root, "a[href]"):
        place = _attribute(one, "href")
        if _UPLOADS.search(place):
            one.replace_with(f"[{' '.join((one.text() or '').split()) or 'file'}]")
        elif place.startswith("/"):
            one.attrs["href"] = urljoin(base, place)


def files_of(content: str, base: str) -> tuple[Attachment, ...]:
    """Files and pictures that a post's HTML shows from the forum's own uploads; ``part`` is their address."""
    if "uploads/" not in content:
        return ()
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(content[:3_000_000]).root
    found: dict[str, Attachment] = {}
    for one in _all(root, "a[href], img[src]") if root is not None else ():
        place = _attribute(one, "href") or _attribute(one, "src")
        whole = urljoin(base, place)
        if urlsplit(whole).netloc != urlsplit(base).netloc or not _UPLOADS.search(urlsplit(whole).path):
            continue  # elsewhere is a link: nothing is fetched from where a stranger says
        path = urlsplit(whole).path
        said = " ".join((one.text() or "").split()) or _attribute(one, "alt")
        name = clean((said or _STAMP.sub("", unquote(path.rsplit("/", 1)[-1]))).replace("\\", "/"), multiline=False)
        name = name.rsplit("/", 1)[-1].strip() or "unnamed"
        kind = mimetypes.guess_type(name)[0] or mimetypes.guess_type(path)[0] or "application/octet-stream"
        found.setdefault(path, Attachment(name, kind, -1, clean(whole, multiline=False), inline=one.tag == "img"))
    return tuple(found.values())


def _all(root: Any, selector: str) -> list[Any]:
    return list(root.css(selector))[:_MOST]


def _attribute(node: Any, name: str) -> str:
    return (node.attributes.get(name) or "").strip()
