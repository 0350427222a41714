"""Verbs that open the composer: what every screen with cases offers."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case, Channel
from agent_tui.screens.base import DeskScreen


def write(
    screen: DeskScreen, kind: str, case_id: int | None = None, *, message: int | None = None, choose: bool = False,
    source: str = "",
) -> None:
    """Open the composer over a screen.

    Args:
        kind: ``reply``, ``note``, ``forward`` or ``new``.
        message: the one that is answered or forwarded; None: the customer's newest.
        choose: recipients are asked for first.

    Raises:
        AgentTuiError: there is nothing that could be answered.
    """
    from agent_tui.screens.compose import ComposeScreen

    draft = screen.desk.draft(case_id, kind, message=message, source=source)
    screen.app.push_screen(ComposeScreen(screen.bench, draft, message=message, choose=choose))


class WriteVerbs(DeskScreen):
    """Reply, note, forward, new."""

    def focused_case(self) -> Case | None:
        """The case that verbs mean."""
        raise LookupError("a screen with cases says which")

    def addresses_here(self) -> Iterable[str]:
        """Addresses that the case at hand mentions."""
        return ()

    def answered_message(self) -> int | None:
        """The message that reply and forward mean; None: the customer's newest."""
        return None

    def do_reply(self, argument: str = "") -> None:
        """Answer everybody."""
        del argument
        self._write("reply")

    def do_reply_choose(self, argument: str = "") -> None:
        """Answer those who are chosen."""
        del argument
        self._write("reply", choose=True)

    def do_note(self, argument: str = "") -> None:
        """Write to colleagues."""
        del argument
        self._write("note")

    def do_forward(self, argument: str = "") -> None:
        """Pass a message on."""
        del argument
        case = self.focused_case()
        if case is not None and case.channel is not Channel.EMAIL:
            raise UsageError(f"only e-mail can be forwarded; this case is from {case.channel.value}")
        self._write("forward", choose=True)

    def do_new(self, argument: str = "") -> None:
        """Begin a conversation, by e-mail or on the source that is named."""
        write(self, "new", choose=True, source=argument.strip())

    def _write(self, kind: str, *, choose: bool = False) -> None:
        case = self.focused_case()
        if case is None:
            self.say("There is no case here")
            return
        write(self, kind, case.id, message=self.answered_message() if kind != "note" else None, choose=choose)
