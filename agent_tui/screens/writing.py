"""Verbs that open the composer: what every screen with cases offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent_tui.domain.commands.triage import suggestions
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case, Channel
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.prompt import Prompt


def write(
    screen: DeskScreen, kind: str, case_id: int | None = None, *, message: int | None = None, choose: bool = False,
    source: str = "", canned: bool = False,
) -> None:
    """Open the composer over a screen.

    Args:
        kind: ``reply``, ``note``, ``forward`` or ``new``.
        message: the one that is answered or forwarded; None: the customer's newest.
        choose: recipients are asked for first.
        canned: the canned replies are shown at once.

    Raises:
        AgentTuiError: there is nothing that could be answered.
    """
    from agent_tui.screens.compose import ComposeScreen

    draft = screen.desk.draft(case_id, kind, message=message, source=source)
    screen.app.push_screen(ComposeScreen(screen.bench, draft, message=message, choose=choose, canned=canned))


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

    def do_reply_canned(self, argument: str = "") -> None:
        """Answer everybody, with a canned reply to start from."""
        del argument
        self._write("reply", canned=True)

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

    def do_topic(self, argument: str = "") -> None:
        """Begin a topic that everybody reads."""
        from agent_tui.screens.compose import ComposeScreen

        case = self.focused_case()
        source = case.source if case is not None and case.channel is Channel.COMMUNITY else ""
        settings = [s for s in self.desk.workspace.sources if s.channel is Channel.COMMUNITY]
        known = tuple(dict.fromkeys(
            str(one).rpartition("/")[2] for s in settings for one in getattr(s.options, "categories", ())
        ))  # fmt: skip

        def take(text: str) -> None:
            draft = self.desk.topic_draft(text, source)

            def begin(subject: str) -> None:
                if not subject.strip():
                    raise ValueError("a topic needs a subject")
                self.app.push_screen(ComposeScreen(self.bench, replace(draft, subject=" ".join(subject.split()))))

            if draft.subject:
                begin(draft.subject)
            else:
                self.ask(Prompt("what the topic is about", begin))

        if argument:
            take(argument)
        else:
            self.ask(Prompt("new PUBLIC topic in category", take, text=known[0] if known else "", whole=True,
                            choices=lambda text: suggestions(text, known)))  # fmt: skip

    def do_new(self, argument: str = "") -> None:
        """Begin a conversation, by e-mail or on the source that is named."""
        write(self, "new", choose=True, source=argument.strip())

    def _write(self, kind: str, *, choose: bool = False, canned: bool = False) -> None:
        case = self.focused_case()
        if case is None:
            self.say("There is no case here")
            return
        message = self.answered_message() if kind != "note" else None
        write(self, kind, case.id, message=message, choose=choose, canned=canned)
