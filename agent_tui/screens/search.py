"""Search over every cached message as one types."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from textual import events

from agent_tui.domain.commands import SEARCH
from agent_tui.domain.errors import AgentTuiError
from agent_tui.domain.model import Case, Direction, Visibility
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.screens.triage import TriageVerbs
from agent_tui.widgets import words
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.width import fit

LABEL = "search"
LIMIT = 100
TYPED = 30  # while one types and the screen is not there yet; then as many as it shows. The first move fetches the others
STEPS = 400_000  # of the store while one types: about 20 ms; what takes longer is looked for when no key comes for a while
PAUSE = 0.15
"""Seconds without a key until a search that takes long is made."""
EXAMPLES = 'words  "a phrase"  from:rina  subject:parcel  tag:refund  is:unread  has:attachment  newer:7d  -newsletter'


class SearchScreen(TriageVerbs, ListScreen):
    """What is found, newest first, two lines a message; enter goes to it in its case, and verbs act on that case.

    Args:
        bench: desk, keys, colours.
        text: what to search for at once.
    """

    SCOPE = SEARCH

    def __init__(self, bench: Bench, text: str = "") -> None:
        self._text = text
        self._more = False
        self._later: asyncio.TimerHandle | None = None
        self._part = False  # the list holds only the newest of what was found
        self.selected: dict[int, None] = {}
        """Cases that verbs act on, in the order they were selected."""
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
            self._hints()
        else:
            self._ask()

    def _hints(self) -> None:
        self.hint("open", "search", "done", "tag", "select", "undo", "back", "help")

    def feed_key(self, event: events.Key) -> bool:
        """While one types, arrows move in what is found."""
        prompt = self.status.prompt
        if prompt is not None and prompt.label == LABEL and event.key in {"down", "up", "pagedown", "pageup"}:
            self._fetch_all()
            step = 1 if event.key in {"down", "pagedown"} else -1
            if event.key.startswith("page"):
                self.list.page(step)
            else:
                self.list.move(step)
            return True
        return super().feed_key(event)

    def _ask(self) -> None:
        self.ask(Prompt(LABEL, self._settled, text=self._text, changed=self._search, cancelled=self._left))

    def _left(self) -> None:
        if self._later is not None:
            self._search(self._text, keep=True)
        if self.list.items:
            self._fetch_all()
            self._hints()
        else:
            self.dismiss(None)

    def _fetch_all(self) -> None:
        if self._part:
            self._search(self._text, keep=True)

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

    def _search(self, text: str, *, keep: bool = False, patient: bool = False) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if text != self._text:
            self.selected.clear()
        self._text = text
        if not text.strip():
            self.list.empty = EXAMPLES
            self.list.show(())
            self.titled("Search every message")
            return
        typing = self.status.prompt is not None and not keep
        steps = STEPS if typing and not patient else None
        found = self.desk.search(text, self._shown_at_once() if typing else LIMIT, steps=steps)
        if found.error:
            raise ValueError(f"{found.error} (at {found.position + 1})")
        if found.unfinished:
            self._later = asyncio.get_running_loop().call_later(PAUSE, self._search_patiently, text)
        self.list.empty = "Looking …" if found.unfinished else "Nothing found"
        self._part = typing and found.more
        self.list.show(found.hits, keep=keep)
        self._more = found.more
        self._count()

    def _search_patiently(self, text: str) -> None:
        self._later = None
        if self.is_attached:
            try:
                self._search(text, patient=True)
            except (AgentTuiError, ValueError) as error:
                self.say(str(error), "late")

    def _shown_at_once(self) -> int:
        """How many hits fit on the screen."""
        return -(-self.list.size.height // 2) or TYPED

    def changed(self, what: frozenset[str]) -> None:
        """The store has changed: what is found now, with the cursor on the message it was on, on the line it was on."""
        del what
        if not self._text.strip() or self._later is not None:
            return
        try:
            found = self.desk.search(self._text, max(self._shown_at_once() if self._part else LIMIT, len(self.list.items)))
        except AgentTuiError as error:
            self.say(str(error), "late")
            return
        if found.error:  # what is shown belongs to the last text that could be read
            return
        self._part, self._more = self._part and found.more, found.more
        self.list.replace(found.hits, lambda hit: hit.message.id)
        self._count()

    def _count(self) -> None:
        number = words.count(len(self.list.items), "message")
        chosen = f"{words.count(len(self.selected), 'case')} selected, " if self.selected else ""
        self.titled("Search every message", f"{chosen}{number}{' and more' if self._more else ''}, newest first")

    def _paint(self, hit: Any, width: int) -> Sequence[Painted]:
        message, case = hit.message, hit.case
        who = message.author.label if message.direction is Direction.IN else f"we to {case.customer.label}"
        note = "note " if message.visibility is Visibility.NOTE else ""
        age = words.span(self.desk.now() - message.received_at)
        state, role = words.status(case)
        named = 10 if width >= 100 else 0
        mark = "✓" if case.id in self.selected else " "
        left = [(mark, "accent+bold"), (fit(str(case.channel), named), "muted"), (fit(who, 22) + " ", "strong")]
        left.append((message.subject or case.subject or "(no subject)", "text"))
        right = [(f"  {note}", "note"), (fit(state, 8), role), (fit(age, 5, right=True) + " ", "muted")]
        return [(left, right), (_marked(hit.snippet, hit.spans, named + 1), ())]

    # verbs

    def focused_case(self) -> Case | None:
        """The case of the message under the cursor."""
        hit = self.list.item
        return hit.case if hit is not None else None

    def targets(self) -> tuple[int, ...]:
        """The selected cases, else the one of the message under the cursor."""
        here = self.focused_case()
        return tuple(self.selected) or ((here.id,) if here is not None else ())

    def cases_shown(self) -> Iterable[Case]:
        """Cases of what was found."""
        return {hit.case.id: hit.case for hit in self.list.items}.values()

    def addresses_here(self) -> Iterable[str]:
        """Who wrote the message under the cursor, and to whom."""
        hit = self.list.item
        people = (hit.message.author, *hit.message.reply_to, *hit.message.to) if hit is not None else ()
        return dict.fromkeys(f"{one.name} <{one.address}>" if one.name else one.address for one in people if one.address)

    def settled(self, ids: tuple[int, ...], *, onward: bool) -> None:
        """The same messages with what has become of their cases, and on to the next case where the verb leads there."""
        self.selected.clear()
        before, place = self.focused_case(), self.list.cursor
        now = {one: self.desk.case(one) for one in {hit.case.id for hit in self.list.items}}
        hits = [replace(hit, case=now[hit.case.id]) for hit in self.list.items if now[hit.case.id] is not None]
        self.list.show(hits, keep=True)
        if onward and before is not None and before.id in ids:
            later = (at for at in range(place + 1, len(hits)) if hits[at].case.id not in ids)
            self.list.move(next(later, place) - self.list.cursor)
        self._count()

    def do_select(self, argument: str = "") -> None:
        """Select the case and go on."""
        del argument
        here = self.focused_case()
        if here is None:
            return
        if here.id in self.selected:
            del self.selected[here.id]
        else:
            self.selected[here.id] = None
        self.list.refresh()
        self.list.move(1)
        self._count()

    def do_select_all(self, argument: str = "") -> None:
        """Select the case of every message found, or drop the selection."""
        del argument
        if self.selected:
            self.selected.clear()
        else:
            self._fetch_all()
            self.selected = dict.fromkeys(hit.case.id for hit in self.list.items)
            if self._more:
                self.say(f"The cases of the newest {LIMIT} messages are selected; more words narrow the search", "soon")
        self.list.refresh()
        self._count()

    def do_back(self, argument: str = "") -> None:
        """Drop the selection, or leave."""
        if self.selected:
            self.do_select_all()
        else:
            super().do_back(argument)

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
