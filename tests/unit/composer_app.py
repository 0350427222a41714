"""The composer's screen over an empty one, in an app that hands keys to screens as the workstation does."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from textual.app import App

from agent_tui.screens.base import Bench, DeskScreen
from agent_tui.screens.writing import WriteVerbs, write
from agent_tui.widgets import theme, width
from tests.unit.composer_desk import FakeDesk, a_case, keymap


class Below(WriteVerbs):
    """What the composer returns to."""

    SCOPE = "inbox"

    def compose(self):
        yield self.status

    def focused_case(self):
        return a_case(self.desk.channel)


class ComposerApp(App):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, desk=None, kind="reply", look=theme.DARK, case=7, **more):
        width.install()
        super().__init__()
        for one in theme.LOOKS.values():
            self.register_theme(one.theme())
        self.theme = look
        self.desk = desk or FakeDesk()
        self.bench = Bench(self.desk, keymap(), theme.LOOKS[look], ZoneInfo("Asia/Kolkata"))
        self.kind = kind
        self.case = case
        self.more = more

    def on_mount(self):
        self.below = Below(self.bench)
        self.push_screen(self.below)
        self.call_later(write, self.below, self.kind, self.case, **self.more)

    async def on_event(self, event):
        from textual import events

        if isinstance(event, events.Key) and not event.is_forwarded:
            screen = self.screen
            if isinstance(screen, DeskScreen) and screen.feed_key(event):
                return
        await super().on_event(event)
