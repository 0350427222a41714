"""Search over every cached message as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events

from agent_tui.domain.commands import SEARCH
from agent_tui.domain.model import Direction, Visibility
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets import words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.width import fit

LIMIT = 100
TYPED = 30  # while one types: about what fits on a screen; the first move among them fetches the others
EXAMPLES = 'words  "a phrase"  from:rina  subject:parcel  tag:refund  is:unread  has:attachment  newer:7d  -newsletter'


class SearchScreen(ListScreen):
    """What is found, newest first, two lines a message; enter goes to it in its case.

    Args:
        bench: desk, keys, colours.
        text: what to search for at once.
    """

    SCOPE = SEARCH

    def __init__(self, bench: Bench, text: str = "") -> None:
        self._text = text
        self._part = False  # the list holds only the newest of what was found
        super().__init__(bench)

    def make_list(self) -> ItemList[Any]:
        """Hits."""
        return ItemList(self.bench.look, self._paint, tall=2)

    def on_mount(self) -> None:
        """Ask what for."""
        self.list.empty = EXAMPLES
        self.titled("Search every message")
        if self._text:
            self._search(self._text)
            self.hint("open", "search", "back", "help")
        else:
            self._ask()

    def feed_key(self, event: events.Key) -> bool:
        """While one types, arrows move in what is found."""
        if self.status.prompt is not None and event.key in {"down", "up", "pagedown", "pageup"}:
            if self._part:
                self._search(self._text, keep=True)
            step = 1 if event.key in {"down", "pagedown"} else -1
            if event.key.startswith("page"):
                self.list.page(step)
            else:
                self.list.move(step)
            return True
        return super().feed_key(event)

    def _ask(self) -> None:
        self.ask(Prompt("search", self._settled, text=self._text, changed=self._search, cancelled=self._left))

    def _left(self) -> None:
        if self.list.items:
            self.hint("open", "search", "back", "help")
        else:
            self.dismiss(None)

    def _settled(self, text: str) -> None:
        """Enter while typing goes to what is under the cursor."""
        self._search(text, keep=True)
        if self.list.item is not None:
            self.do_open()
        elif text:
            self._ask()
            self.say("Nothing found", "muted")
        else:
            self.dismiss(None)

    def _search(self, text: str, *, keep: bool = False) -> None:
        self._text = text
        if not text.strip():
            self.list.empty = EXAMPLES
            self.list.show(())
            self.titled("Search every message")
            return
        typing = self.status.prompt is not None and not keep
        found = self.desk.search(text, TYPED if typing else LIMIT)
        if found.error:
            raise ValueError(f"{found.error} (at {found.position + 1})")
        self.list.empty = "Nothing found"
        self._part = typing and found.more
        self.list.show(found.hits, keep=keep)
        number = words.count(len(found.hits), "message")
        self.titled("Search every message", f"{number}{' and more' if found.more else ''}, newest first")

    def _paint(self, hit: Any, width: int) -> Sequence[Painted]:
        message, case = hit.message, hit.case
        who = message.author.label if message.direction is Direction.IN else f"we to {case.customer.label}"
        note = "note " if message.visibility is Visibility.NOTE else ""
        age = words.span(self.desk.now() - message.received_at)
        state, role = words.status(case)
        named = 10 if width >= 100 else 0
        left = [(fit(who, 22) + " ", "strong"), (message.subject or case.subject or "(no subject)", "text")]
        if named:
            left.insert(0, (fit(str(case.channel), named), "muted"))
        right = [(f"  {note}", "note"), (fit(state, 8), role), (fit(age, 5, right=True) + " ", "muted")]
        return [(left, right), (_marked(hit.snippet, hit.spans, named), ())]

    def do_open(self, argument: str = "") -> None:
        """Go to the message in its case."""
        del argument
        hit = self.list.item
        if hit is not None:
            self.dismiss((hit.case.id, hit.message.id))

    def do_search(self, argument: str = "") -> None:
        """Change what is searched for."""
        if argument:
            self._search(argument)
        else:
            self._ask()


def _marked(snippet: str, spans: Sequence[tuple[int, int]], indent: int) -> list[tuple[str, str]]:
    pieces = [(" " * indent, "text")] if indent else []
    place = 0
    for start, end in spans:
        if start < place:
            continue
        pieces += [(snippet[place:start], "muted"), (snippet[start:end], "accent+underline")]
        place = end
    pieces.append((snippet[place:], "muted"))
    return pieces
