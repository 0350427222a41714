"""The files of a case: what they are, from whom, whether they are here. Closed with what to do with which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_tui.domain.commands import FILES
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.screens.wanting import File
from agent_tui.widgets import spoken, words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.width import fit

LOOK, SAVE, OUTSIDE = "look", "attachments", "outside"
"""Commands that it is closed with."""
_NAME = 60  # cells of a name at most


class FilesScreen(ListScreen):
    """One line a file. Closed with a command and the name of a file.

    Args:
        bench: desk, keys, colours.
        files: by the name that each is called here.
        at: where the cursor stands at first.
    """

    SCOPE = FILES

    def __init__(self, bench: Bench, files: Mapping[str, File], at: str = "") -> None:
        self._files = files
        self._at = at
        super().__init__(bench)

    def make_list(self) -> ItemList[str]:
        """Names."""
        return ItemList(self.bench.look, self._paint)

    def on_mount(self) -> None:
        """Show them."""
        sizes = [one.size for _, one in self._files.values()]
        whole = f", {words.size(sum(sizes))}" if min(sizes) >= 0 else ""
        self.titled("Files of this case", f"{words.count(len(sizes), 'file')}{whole}")
        self.hint("open", LOOK, SAVE, OUTSIDE, "back", "help")
        names = tuple(self._files)
        self.list.show(names)
        if self._at in names:
            self.list.move(names.index(self._at))

    def _paint(self, name: str, width: int) -> Sequence[Painted]:
        message, one = self._files[name]
        age = words.span(self.desk.now() - message.sent_at)
        who = message.author.name or message.author.address
        where = "here" if one.cached else "on the server"
        what = f"{words.media(one.media_type)}, {words.size(one.size)}"
        if self.linear:
            aloud = spoken.span(self.desk.now() - message.sent_at)
            return [([(f"{name}, {what}, {where}, from {who}, {aloud} ago.", "text")], ())]
        room = max(12, min(_NAME, width - 52))
        left = [(f"{fit(name, room)} ", "strong"), (f"{fit(what, 20)} ", "muted")]
        left.append((fit(where, 14), "muted" if one.cached else "soon"))
        return [(left, [(f"{fit(who, 10)} ", "muted"), (f"{age:>4} ", "muted")])]

    def do_open(self, argument: str = "") -> None:
        """Look into it."""
        self.do_look(argument)

    def do_look(self, argument: str = "") -> None:
        """Show it here."""
        self._close(LOOK, argument)

    def do_attachments(self, argument: str = "") -> None:
        """Save it."""
        self._close(SAVE, argument)

    def do_outside(self, argument: str = "") -> None:
        """Open it with the desktop's own program."""
        self._close(OUTSIDE, argument)

    def _close(self, command: str, argument: str) -> None:
        name = argument or self.list.item
        if name:
            self.dismiss((command, name))
