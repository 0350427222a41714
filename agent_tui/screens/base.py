"""What all screens share: keys become commands, commands become methods, words go to the status line.

A screen offers a command by having its method: ``view.mine`` is ``do_view_mine(argument)``. Commands without
a method have no key there and are absent from help and palette. While text is being typed (``typing``) only the
keys of the screen's own scope that the table knows are taken; everything else goes to the widget with the focus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from textual import events
from textual.geometry import Offset
from textual.screen import Screen

from agent_tui.domain.commands import Command
from agent_tui.domain.commands.keys import Keymap, KeySequence, key_name, show_sequence
from agent_tui.domain.commands.table import command
from agent_tui.domain.errors import AgentTuiError
from agent_tui.domain.operations import MESSAGES, PENDING
from agent_tui.screens.lessons import Lessons
from agent_tui.screens.showing import Showing
from agent_tui.screens.standing import standing, trouble
from agent_tui.widgets import painting
from agent_tui.widgets.prompt import Outcome, Prompt
from agent_tui.widgets.status_line import StatusLine
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells
from agent_tui.widgets.words import count, moment

if TYPE_CHECKING:
    from agent_tui.screens.drill import Exercise


@dataclass
class Bench:
    """What every screen works with.

    Args:
        desk: the facade over the store.
        keymap: the table with the workspace's keys.
        look: colours.
        zone: where days begin.
        told: what is wrong with sources and has been said.
        chats: ids of the chats in the strip, by their numbers.
        silent: ids of idle chats of which that has been said.
        places: where each case was left: lines scrolled, by case id.
    """

    desk: Any
    keymap: Keymap
    look: Look
    zone: tzinfo
    told: tuple[str, ...] = ()
    chats: tuple[int, ...] = ()
    silent: frozenset[int] = frozenset()
    places: dict[int, int] = field(default_factory=dict)
    showing: Showing = field(default_factory=Showing)
    exercise: Exercise | None = None
    """A drill under way."""

    @cached_property
    def lessons(self) -> Lessons:
        """How far a newcomer is."""
        return Lessons(self.desk)

    @classmethod
    def zone_of(cls, timezone: str) -> tzinfo:
        """The zone by its name, or this machine's."""
        return ZoneInfo(timezone) if timezone else (datetime.now().astimezone().tzinfo or ZoneInfo("UTC"))


def remaining(desk: Any, zone: tzinfo) -> str:
    """What has not reached a server yet, in words; empty if nothing.

    Args:
        desk: whose outbox is read.
        zone: for the time until which something is held.
    """
    entries = [one for one in desk.outbox() if one.state in PENDING]
    if not entries:
        return ""
    replies = sum(one.kind in MESSAGES for one in entries)
    parts = [count(replies, "message")] if replies else []
    if len(entries) > replies:
        parts.append(count(len(entries) - replies, "change"))
    words = f"{' and '.join(parts)} still on the way"
    held = max((one.held_until or 0 for one in entries), default=0)
    if held > desk.now():
        words += f", held until {moment(held, desk.now(), zone)}"
    if getattr(desk, "offline", False) or desk.engine.state != "up":
        return f"{words}; agent-tui sync delivers them."
    return f"{words}; the engine delivers them and then ends."


class DeskScreen(Screen[Any], inherit_bindings=False):
    """Base of all screens.

    Args:
        bench: desk, keys, colours.
    """

    SCOPE: ClassVar[str] = ""
    ESCAPE_TO_MINIMIZE = False
    HANDLERS: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.HANDLERS = frozenset(name for name in dir(cls) if name.startswith("do_"))

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.desk = bench.desk
        self.keys = KeySequence()
        self.status = StatusLine(bench.look)

    # where we are

    @property
    def linear(self) -> bool:
        """Whether everything stands in one column, in words."""
        return bool(self.desk.workspace.layout == "linear")

    def caret(self) -> Offset:
        """Where the terminal's own cursor stands in a linear layout: programs that read the screen aloud follow it."""
        return self.app.cursor_position

    def caret_now(self) -> Offset:
        """The same, in a question where one is asked."""
        prompt = self.status.prompt
        if prompt is None:
            return self.caret()
        before = 2 + cells(prompt.label) + cells(prompt.text[: prompt.cursor])
        return Offset(min(before, self.size.width - 1), self.status.region.y)

    @property
    def scope(self) -> str:
        """The place whose keys work now."""
        return self.SCOPE

    @property
    def typing(self) -> bool:
        """Whether keys that print belong to text that is being written."""
        return False

    def commands(self) -> tuple[Command, ...]:
        """What can be done here now: for help and palette."""
        scope = self.scope
        return tuple(one for one in self.bench.keymap.commands if scope in one.scopes and one.handler in self.HANDLERS)

    def offered(self) -> tuple[Command, ...]:
        """What help and palette show of it: overridden where the case at hand may not allow all of it."""
        return self.commands()

    def numbered_views(self) -> tuple[tuple[str, str], ...]:
        """Id and title of the views that the keys 1 to 9 show here."""
        return ()

    # keys

    def feed_key(self, event: events.Key) -> bool:
        """Take a key before any widget sees it; whether it was used."""
        prompt = self.status.prompt
        name = key_name(event.key, event.character)
        if prompt is not None:
            if not event.is_printable and self._quits(name):
                self.perform("quit")
            else:
                self._feed_prompt(prompt, event)
            return True
        if self.typing and event.is_printable:
            return False
        found = self.keys.feed(name, self.bench.keymap.table(self.scope, self.HANDLERS))
        pending = show_sequence(self.keys.pending)
        if pending != self.status.pending:
            self.status.pending = pending
            self.status.repaint()
        if isinstance(found, Command):
            self.perform(found)
            return True
        return found is True

    def _quits(self, name: str) -> bool:
        """Whether a single key quits: it does so from a question too."""
        found = self.bench.keymap.table(self.scope, self.HANDLERS).get((name,))
        return found is not None and found.id == "quit"

    def perform(self, chosen: Command | str, argument: str = "") -> bool:
        """Carry out a command; whether this screen has it. Errors become words on the status line.

        Args:
            chosen: a command or its id.
            argument: what would be typed at its prompt; empty: it asks.
        """
        one = command(chosen) if isinstance(chosen, str) else chosen
        if one is None or one.handler not in self.HANDLERS:
            return False
        if self.status.words[0]:
            self.say("")
        try:
            getattr(self, one.handler)(argument or one.given)
        except (AgentTuiError, ValueError, OSError) as error:
            self.say(str(error), "late")
        else:
            self._learnt(one.id)
        return True

    def _learnt(self, name: str) -> None:
        lessons = self.bench.lessons
        if not lessons.on:
            return
        said = lessons.performed(name)
        if said:
            self.say(said, "good")
        self.show_lesson()

    # words

    def say(self, words: str, role: str = "text") -> None:
        """Put words on the status line, where they stay until the next key."""
        self.status.words = (words.replace("\n", "; "), role)
        self.status.repaint()

    def hint(self, *names: str) -> None:
        """Show the first keys of commands on the status line while there is nothing to say."""
        hints = []
        for name in names:
            one, keys = command(name), self.bench.keymap.keys_of(name)
            if one is not None and keys and one.handler in self.HANDLERS:
                hints.append((keys[0], one.short or one.title.lower()))
        self.status.hints = hints
        self.show_lesson()
        self.status.repaint()

    def show_lesson(self) -> None:
        """Put what a newcomer may try next before the hints."""
        lessons, shown = self.bench.lessons, None
        exercise = self.bench.exercise
        if exercise is not None and exercise.drill.task is not None:
            shown = exercise.shown(self.bench.keymap.keys_of)
        elif lessons.on:
            names = {one.id: self.bench.keymap.keys_of(one.id) for one in self.commands()}
            shown = lessons.shown(self.scope, {name: keys[0].replace("ctrl+", "^") for name, keys in names.items() if keys})
        if shown != self.status.lesson:
            self.status.lesson = shown
            self.status.repaint()

    # questions

    def ask(self, prompt: Prompt) -> None:
        """Ask something on the last line."""
        self.status.prompt = prompt
        self.status.repaint()

    def confirm(self, question: str, act: Callable[[], None]) -> None:
        """Ask for ``y`` before doing something; every other key drops it."""
        self.ask(Prompt(question, lambda _text: act(), yes_no=True))

    def _feed_prompt(self, prompt: Prompt, event: events.Key) -> None:
        outcome = prompt.feed(event.key, event.character)
        if outcome is Outcome.CHANGED and prompt.changed is not None:
            self._answer(prompt, prompt.changed, prompt.text)
        elif outcome is Outcome.CANCEL:
            self.status.prompt = None
            if prompt.cancelled is not None:
                prompt.cancelled()
        elif outcome is Outcome.SUBMIT:
            self.status.prompt = None
            self._answer(prompt, prompt.submit, prompt.text)
        self.status.repaint()

    def _answer(self, prompt: Prompt, take: Callable[[str], None], text: str) -> None:
        try:
            take(text)
        except (AgentTuiError, ValueError, OSError) as error:
            if prompt.yes_no:
                self.say(str(error), "late")
            else:
                prompt.error = str(error)
                self.status.prompt = prompt

    def feed_paste(self, event: events.Paste) -> bool:
        """Take what is pasted before any widget sees it, as with keys; whether it was used."""
        if self.status.prompt is None:
            return False
        if self.status.prompt.insert(event.text) is Outcome.CHANGED and self.status.prompt.changed is not None:
            self._answer(self.status.prompt, self.status.prompt.changed, self.status.prompt.text)
        self.status.repaint()
        return True

    # things that go on by themselves

    def changed(self, what: frozenset[str]) -> None:
        """The store has changed (``cache``, ``desk``); overridden by screens that show it."""

    def on_screen_resume(self) -> None:
        """It has just come, or is seen again: what is said of the servers is of now."""
        self.show_how_it_stands()

    def second(self) -> None:
        """Once a second, and only while this screen is shown."""
        self.drill_second()
        self.show_how_it_stands()

    def show_how_it_stands(self) -> None:
        """Say how the servers are, and once what is wrong."""
        self.show_standing(standing(self.desk, 0))

    def show_standing(self, words: tuple[str, str]) -> None:
        """Say at the end of the status line how the servers are; trouble that is new is said once in full.

        Args:
            words: and their role.
        """
        if words != self.status.standing:
            self.status.standing = words
            self.status.repaint()
        now = trouble(self.desk)
        fresh = [one for one in now if one not in self.bench.told]
        self.bench.told = now
        if fresh and not self.status.words[0]:
            self.say(fresh[0], "late")

    def set_look(self, look: Look) -> None:
        """Change colours."""
        self.bench.look = look
        self.status.set_look(look)

    def do_back(self, argument: str = "") -> None:
        """Back to the screen before this one; the first screen stays."""
        del argument
        if sum(isinstance(one, DeskScreen) for one in self.app.screen_stack) > 1:
            self.dismiss()

    def do_help(self, argument: str = "") -> None:
        """Every key that works here."""
        del argument
        from agent_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.bench, self.scope, self.offered(), self.numbered_views()), self._chosen)

    def do_palette(self, argument: str = "") -> None:
        """Any command by a few letters."""
        del argument
        from agent_tui.screens.help import PaletteScreen

        self.app.push_screen(PaletteScreen(self.bench, self.offered()), self._chosen)

    def _chosen(self, name: str | None) -> None:
        if name:
            self.perform(name)

    def completions(self, name: str, typed: str) -> tuple[str, ...]:
        """What may follow a verb on the command line.

        Args:
            name: of the verb.
            typed: what stands behind it so far.
        """
        del name, typed
        return ()

    def look_at_drill(self) -> None:
        """After a key: one more is counted, and the drill goes on where its task is done."""
        exercise = self.bench.exercise
        if exercise is None:
            return
        exercise.pressed()
        before = exercise.drill.task
        over = exercise.look()
        if exercise.drill.task is not before:
            self.say("")  # what was just done is seen; what is next would be covered by its words
        self.show_lesson()
        if over:
            from agent_tui.screens.drill import DrillScreen

            self.app.push_screen(DrillScreen(self.bench, exercise))

    def drill_second(self) -> None:
        """The clock of a drill, and its task again where a verb's words have stood for a while."""
        exercise = self.bench.exercise
        if exercise is not None:
            if exercise.covered() and self.status.words[0]:
                self.say("")
            self.show_lesson()

    def do_drill(self, argument: str = "") -> None:
        """A few acts of triage on the demo's week, timed; again: off."""
        del argument
        if self.bench.exercise is not None and self.bench.exercise.drill.task is not None:
            self.bench.exercise = None
            self.say("The drill is off")
        elif not any(one.type == "demo" for one in self.desk.workspace.sources):
            self.say("A drill would change real cases: 'agent-tui drill' has a week of its own for it", "soon")
            return
        else:
            from agent_tui.screens.drill import Exercise

            self.bench.exercise = Exercise(self.desk)
            left = self.bench.exercise.drill.task is not None
            self.say("The drill begins" if left else "All of it is done here already: 'agent-tui drill' begins with a fresh week")
        self.show_lesson()

    def do_command(self, argument: str = "") -> None:
        """Any verb by its name."""
        from agent_tui.screens.command_line import open_line

        open_line(self, argument)

    def do_tour(self, argument: str = "") -> None:
        """The first ten keys, one at a time."""
        del argument
        words = self.bench.lessons.toggle()
        self.show_lesson()
        self.say(words)

    def do_redraw(self, argument: str = "") -> None:
        """All of the screen anew: another program may have written over it."""
        del argument
        painting.forget()
        self.app.refresh(layout=True)

    def do_quit(self, argument: str = "") -> None:
        """Quit; what is still on its way, and until when, is said where the shell's prompt will be."""
        del argument
        exercise = self.bench.exercise
        left = exercise.farewell if exercise is not None and exercise.fresh else remaining(self.desk, self.bench.zone)
        self.app.exit(0, message=left or None)
