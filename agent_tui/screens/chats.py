"""Going from one live chat to another: what every screen that shows the chats offers."""

from __future__ import annotations

from typing import Any

from agent_tui.domain import chats, clocks
from agent_tui.domain.model import Case
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.chat_strip import ChatStrip


class ChatVerbs(DeskScreen):
    """The strip of chats and the keys that go there. A screen says which case is at hand and how to go to another."""

    strip: ChatStrip

    def make_strip(self) -> ChatStrip:
        """The strip, to be mounted by the screen."""
        hours = {one.name: one.hours for one in self.desk.workspace.sources}

        def left(case: Case, now: int) -> int | None:
            if case.due_at is None:
                return None
            return clocks.left(case.due_at, now, hours.get(case.source) or self.desk.workspace.hours)

        strip = ChatStrip(self.bench.look, self.desk.now, left, self.desk.workspace.chat)
        strip.chosen = self.go_to_place
        return strip

    def case_at_hand(self) -> int | None:
        """The case that is being read or answered, if any."""
        return None

    def go_to_chat(self, case_id: int) -> None:
        """Answer in this chat."""
        raise LookupError("a screen with chats goes there")

    def look_at_chats(self) -> None:
        """Show the chats as they stand now."""
        standing = self.desk.chats(self.bench.chats)
        self.bench.chats = tuple(one.id for one in standing.mine)
        self.strip.show(standing, self.case_at_hand())

    def go_to_place(self, place: int) -> None:
        """Answer in the chat with this place in the strip."""
        self.look_at_chats()
        mine = self.strip.standing.mine
        if place < len(mine):
            self.go_to_chat(mine[place].id)
        else:
            self.say(f"There is no chat {place + 1}; you hold {len(mine) or 'none'}")

    def _go(self, step: int) -> None:
        self.look_at_chats()
        found = chats.following(self.strip.standing.mine, self.case_at_hand(), step, self._silent())
        if found is not None:
            self.go_to_chat(found.id)
        elif self.strip.standing.mine:
            self.say("This is the only chat you hold")
        else:
            queue = self.strip.standing.queue
            self.say(f"You hold no chat{f'; {queue} wait, and an answer takes one' if queue else ''}")

    def _silent(self) -> tuple[Case, ...]:
        return chats.silent(self.strip.standing.mine, self.desk.now(), self.desk.workspace.chat)

    def bring_up_idle(self) -> None:
        """Say it once when a chat that is not at hand has gone silent; the strip goes on showing it."""
        silent = self._silent()
        fresh = [one for one in silent if one.id not in self.bench.silent and one.id != self.case_at_hand()]
        if fresh and (self.status.words[0] or self.status.prompt is not None):
            return  # it can wait until that has been read
        self.bench.silent = frozenset(one.id for one in silent)
        if fresh:
            others = f" and {len(fresh) - 1} more" if len(fresh) > 1 else ""
            length = (self.desk.now() - fresh[0].updated_at) // 60_000
            keys = self.bench.keymap.keys_of("chat.next" if self.typing else "chat.idle")
            goes = f"; {keys[0]} goes there" if keys else ""
            self.say(f"{fresh[0].customer.label or 'A customer'}{others}: silent for {length}m{goes}", "soon")

    def do_chat_idle(self, argument: str = "") -> None:
        """The chat whose customer has been silent longest, then the others that are."""
        del argument
        self.look_at_chats()
        silent = self._silent()
        ids = [one.id for one in silent]
        here = self.case_at_hand()
        place = (ids.index(here) + 1) % len(ids) if here in ids else 0
        if silent and ids[place] != here:
            self.go_to_chat(ids[place])
        else:
            self.say("This is the only chat that is idle" if silent else "No chat of yours is idle")

    def do_chat_next(self, argument: str = "") -> None:
        """The chat that waits longest, then the others."""
        del argument
        self._go(1)

    def do_chat_previous(self, argument: str = "") -> None:
        """The other way round."""
        del argument
        self._go(-1)


def _place_handler(place: int) -> Any:
    def go(self: ChatVerbs, argument: str = "") -> None:
        del argument
        self.go_to_place(place - 1)

    go.__doc__ = f"Chat {place}."
    return go


for _place in range(1, 6):
    setattr(ChatVerbs, f"do_chat_{_place}", _place_handler(_place))
