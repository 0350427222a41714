"""Help for here, and the palette: both show the command table, so neither can be out of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent_tui.domain.commands import HELP, Command
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.width import cells, fit


class HelpScreen(ListScreen):
    """Every key that works where one came from, by group; enter does it.

    Args:
        bench: desk, keys, colours.
        place: where one came from.
        commands: what works there.
        views: id and title of the views that the keys 1 to 9 show there.
    """

    SCOPE = HELP

    def __init__(
        self, bench: Bench, place: str, commands: Sequence[Command], views: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._commands = commands
        self._place = place
        self._views = views
        self._keys: dict[str, str] = {}
        self._columns = (0, 0)
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Headings and commands."""
        return ItemList(self.bench.look, self._paint, skip=lambda item: isinstance(item, str))

    def on_mount(self) -> None:
        """Show the keys by group."""
        groups: dict[str, list[Command]] = {}
        for one, keys in self._lines():
            self._keys[one.id] = keys
            groups.setdefault(one.group, []).append(one)
        self._columns = (
            max((cells(keys) for keys in self._keys.values()), default=0) + 3,
            max((len(one.title) for members in groups.values() for one in members), default=0) + 2,
        )
        items: list[str | Command] = []
        for name, members in groups.items():
            items += ["", name, *members] if items else [name, *members]
        self.list.show(items)
        self.titled(f"Keys: {self._place}", "enter does it, esc goes back")
        self._explain()

    def _lines(self) -> list[tuple[Command, str]]:
        """Commands and their keys; the key of a numbered view stands with the view's own, under the view's name."""
        found: dict[str, tuple[Command, list[str]]] = {}
        for one in self._commands:
            keys = list(self.bench.keymap.keys_of(one.id))
            number = one.id.removeprefix("view.")
            if number.isdigit():
                if int(number) > len(self._views):
                    continue
                view, title = self._views[int(number) - 1]
                if f"view.{view}" in found:
                    found[f"view.{view}"][1].extend(keys)
                    continue
                one = replace(one, title=title, help="")
            found[one.id] = (one, keys)
        return [(one, "  ".join(keys)) for one, keys in found.values() if keys]

    def _explain(self) -> None:
        """The whole help of what is under the cursor, where its line has no room for it."""
        item = self.list.item
        self.say(item.help if isinstance(item, Command) else "", "muted")

    def feed_key(self, event: Any) -> bool:
        """Keys move; what the cursor comes to is explained."""
        used = super().feed_key(event)
        if used and self.is_current and self.status.prompt is None:
            self._explain()
        return used

    def _paint(self, item: str | Command, width: int) -> Sequence[Painted]:
        if isinstance(item, str):
            return [([(f" {item}", "accent+bold")], ())]
        first, second = self._columns
        pieces = [(fit(f"  {self._keys[item.id]}", first + 1), "strong"), (fit(item.title, second), "text")]
        return [([*pieces, (item.help, "muted")], ())]

    def do_open(self, argument: str = "") -> None:
        """Do what is under the cursor."""
        del argument
        item = self.list.item
        if isinstance(item, Command):
            self.dismiss(item.id)

    def do_help(self, argument: str = "") -> None:
        """Back again."""
        del argument
        self.dismiss(None)


class PaletteScreen(ListScreen):
    """Any command by a few letters of its name; its keys stand beside it, so that one learns them.

    Args:
        bench: desk, keys, colours.
        commands: what works where one came from.
    """

    SCOPE = HELP

    def __init__(self, bench: Bench, commands: Sequence[Command]) -> None:
        self._commands = [one for one in commands if one.id != "palette" and not one.id.removeprefix("view.").isdigit()]
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Commands."""
        return ItemList(self.bench.look, self._paint)

    def on_mount(self) -> None:
        """Ask for letters."""
        self.list.empty = "No command has these letters"
        self.titled("Commands", "enter does it, esc goes back")
        self._found("")
        self._ask("")

    def feed_key(self, event: Any) -> bool:
        """Arrows move in the list while letters go to the prompt."""
        if event.key in {"down", "up", "ctrl+n", "ctrl+p", "tab", "shift+tab", "pagedown", "pageup"}:
            step = 1 if event.key in {"down", "ctrl+n", "tab", "pagedown"} else -1
            if event.key.startswith("page"):
                self.list.page(step)
            else:
                self.list.move(step)
            return True
        return super().feed_key(event)

    def _ask(self, text: str) -> None:
        self.ask(Prompt(">", self._take, text=text, changed=self._found, cancelled=self._leave))

    def _leave(self) -> None:
        self.dismiss(None)

    def _take(self, text: str) -> None:
        item = self.list.item
        if item is None:
            self._ask(text)
        else:
            self.dismiss(item.id)

    def _found(self, text: str) -> None:
        ranked = [(rank, place, one) for place, one in enumerate(self._commands) if (rank := _rank(text, one)) is not None]
        self.list.show([one for _, _, one in sorted(ranked, key=lambda r: r[:2])])

    def _paint(self, item: Command, width: int) -> Sequence[Painted]:
        keys = "  ".join(self.bench.keymap.keys_of(item.id))
        room = max(0, width - 28 - cells(keys))
        left = [(fit(f" {item.title}", 25), "strong"), (fit(item.help, room), "muted")]
        return [(left, [(f"{keys} ", "accent")])]


def _rank(text: str, one: Command) -> int | None:
    """How well letters fit a command: 0 best, None not at all."""
    wanted = text.casefold().split()
    title, words = one.title.casefold(), f"{one.title} {one.help} {one.group} {one.id}".casefold()
    if not wanted:
        return 0
    if all(title.startswith(w) for w in wanted):
        return 0
    if all(any(part.startswith(w) for part in title.split()) for w in wanted):
        return 1
    if all(w in title for w in wanted):
        return 2
    if all(w in words for w in wanted):
        return 3
    letters = iter(title)
    return 4 if len(wanted) == 1 and all(c in letters for c in wanted[0]) else None
