"""Keys for people who come from somewhere else: what their fingers know, laid over the table's own keys. Pure.

A preset names only what differs. Where a key has another meaning there (``u`` undoes in vim, goes back in Gmail), the verb
that loses it is given one that is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Preset = Mapping[str, tuple[str, ...]]

GMAIL: Preset = MappingProxyType({
    "open": ("o", "enter", "right"),
    "outside": ("ctrl+o",),
    "reply": ("r", "a"),
    "assign": ("@",),
    "message.next": ("n", "J"),
    "message.previous": ("p", "K"),
    "note": ("ctrl+n",),
    "priority": ("^",),
    "star": ("s",),
    "state": ("$",),
    "tag": ("l", "t"),
    "select.all": ("* a", "X"),
})  # fmt: skip

VIM: Preset = MappingProxyType({
    "page.down": ("ctrl+d", "ctrl+f", "pagedown"),
    "page.up": ("ctrl+u", "ctrl+b", "pageup"),
    "back": ("h", "q", "ctrl+o", "escape", "left"),
    "undo": ("u",),
    "redo": ("ctrl+r",),
    "sync": ("g r",),
    "done": ("d d", "e"),
    "select": ("v", "x"),
    "copy.id": ("y y",),
    "copy.link": ("y l", "Y"),
    "quit": ("ctrl+q", "Z Z"),
})  # fmt: skip

MUTT: Preset = MappingProxyType({
    "back": ("q", "i", "escape", "left"),
    "headers": ("h", "H"),
    "done": ("d", "e"),
    "undo": ("u", "z"),
    "new": ("m",),
    "macro": (";",),
    "reply.canned": ("ctrl+t",),
    "reply.choose": ("L", "R"),
    "filter": ("l", "\\"),
    "open": ("enter", "right"),
    "select": ("t", "x"),
    "tag": ("Y",),
    "copy.link": ("ctrl+y",),
    "star": ("F", "*"),
    "look": ("ctrl+v",),
    "attachments": ("v", "O"),
    "sync": ("$", "ctrl+r"),
})  # fmt: skip

PRESETS: Mapping[str, Preset] = MappingProxyType({"gmail": GMAIL, "vim": VIM, "mutt": MUTT})
