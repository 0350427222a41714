"""What is done with sources as a whole: fetch and deliver now, add one more."""

from __future__ import annotations

from agent_tui.screens.base import DeskScreen

REOPEN = 75
"""What the workstation ends with when its settings have changed and are to be read again; no exit status of ours."""


class SourceVerbs(DeskScreen):
    """The verbs."""

    def do_sync(self, argument: str = "") -> None:
        """Fetch and deliver now."""
        del argument
        if getattr(self.desk, "offline", False):
            self.say("Offline, as started; nothing is fetched or sent", "soon")
            return
        self.desk.engine.start()
        self.desk.engine.ask("sync", sources=[])
        self.say("Asked the engine for a round")

    def do_setup(self, argument: str = "") -> None:
        """Add a source; what was added is there when the workstation has opened itself anew."""
        del argument
        from agent_tui.screens.setup import SetupScreen

        self.app.push_screen(SetupScreen(self.desk.workspace.path, self.bench.look), self._set_up)

    def _set_up(self, changed: bool | None) -> None:
        if changed:
            self.desk.engine.ask("stop")  # the next one reads the new settings
            self.app.exit(REOPEN)
