"""Discourse's own HTML ("cooked" posts) as good text.

What a post is made of: ``aside.quote`` (quotes with their author), ``aside.onebox`` (previews of links),
``a.mention``, ``a.hashtag-cooked``, ``img.emoji``, ``div.lightbox-wrapper`` (pictures with their sizes),
``a.attachment``, ``div.poll``, ``pre > code.lang-…``, ``details`` and ``.spoiler``. Each becomes the plain elements
that ``sources.html`` writes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from agent_tui.sources.html import to_text

_MOST = 2_000  # of each kind in one post
_DROPPED = (
    ".quote-controls", ".lightbox-wrapper .meta", ".poll-info", ".poll-buttons", ".onebox-metadata", ".badge-wrapper",
    "img.avatar", "img.site-icon", "img.onebox-avatar", "img.thumbnail", "svg", "a.anchor", ".cooked-selection-barrier",
)  # fmt: skip


def text_of(cooked: str, base: str = "") -> str:
    """A post's HTML as readable text, uncleaned.

    Args:
        base: address of the forum, for links within it.
    """
    if not cooked.strip():
        return ""
    return to_text(cooked, prepare=lambda root: _prepare(root, base))


def _prepare(root: Any, base: str) -> None:
    for one in _all(root, ", ".join(_DROPPED)):
        one.decompose()
    for one in _all(root, "img.emoji"):
        one.replace_with(_attribute(one, "alt") or _attribute(one, "title"))
    for one in _all(root, "a.mention, a.mention-group, a.hashtag-cooked, a.hashtag"):
        one.replace_with(_named(one))
    for one in _all(root, "aside.quote"):
        _quote(one)
    for one in _all(root, "aside.onebox"):
        _onebox(one, base)
    for one in _all(root, "div.poll"):
        _poll(one)
    for one in _all(root, "pre > code"):
        _code(one)
    for one in _all(root, "code"):
        if one.parent is not None and one.parent.tag != "pre":
            one.insert_before("`")
            one.insert_after("`")
    for one in _all(root, ".spoiler, .spoiled"):
        one.insert_before("[spoiler: ")
        one.insert_after("]")
    for one in _all(root, "summary"):
        one.insert_child(" ▾")
    for one in _all(root, "iframe, video, audio, source"):
        place = _attribute(one, "src")
        if place and one.tag != "source":
            one.insert_before(f" {urljoin(base, place)} ")
    for one in _all(root, "a[href]"):
        place = _attribute(one, "href")
        if base and place.startswith("/"):
            one.attrs["href"] = urljoin(base, place)


def _all(root: Any, selector: str) -> list[Any]:
    return list(root.css(selector))[:_MOST]


def _attribute(node: Any, name: str) -> str:
    return (node.attributes.get(name) or "").strip()


def _line(node: Any) -> str:
    return " ".join((node.text() or "").split())


def _named(node: Any) -> str:
    words = _line(node)
    if "hashtag-cooked" in _attribute(node, "class") and not words.startswith("#"):
        return f"#{words}"
    return words


def _quote(node: Any) -> None:
    """``Ravi wrote:`` above the quotation, or the title of the topic that it is from."""
    title = node.css_first(".title")
    words = _line(title).rstrip(":") if title is not None else ""
    words = words or _attribute(node, "data-username")
    if title is not None:
        title.decompose()
    if words:
        node.insert_before(f"{words}:")


def _onebox(node: Any, base: str) -> None:
    """The title of what is linked, its address, and what is said of it, as a quotation."""
    place = _attribute(node, "data-onebox-src")
    link = node.css_first("h3 a, h4 a, header a")
    place = place or (_attribute(link, "href") if link is not None else "")
    title = node.css_first("h3, h4")
    words = _line(title) if title is not None else ""
    about = " ".join(filter(None, (_line(one) for one in node.css("article p, article pre")[:3])))
    shown = urljoin(base, place) if base and place.startswith("/") else place
    lines = [one for one in (" ".join(filter(None, (words, shown))), about[:400]) if one]
    for child in list(node.iter(include_text=True)):
        child.decompose()
    for number, one in enumerate(lines):
        node.insert_child(("\n" if number else "") + f"[{one}]" if not number else f" {one}")


def _poll(node: Any) -> None:
    title = node.css_first(".poll-title")
    name = _attribute(node, "data-poll-title")
    words = _line(title) if title is not None else name
    if title is not None:
        title.decompose()
    node.insert_before(f"[poll{': ' + words if words else ''}]")


def _code(node: Any) -> None:
    """Fences, as the author wrote them."""
    language = next(
        (one.removeprefix("lang-") for one in _attribute(node, "class").split() if one.startswith("lang-")), ""
    )
    content = (node.text() or "").rstrip("\n")
    fence = "```" if "```" not in content else "````"
    node.replace_with(f"{fence}{'' if language in ('auto', 'plaintext', 'nohighlight') else language}\n{content}\n{fence}")
