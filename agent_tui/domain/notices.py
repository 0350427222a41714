"""When somebody who writes is announced by a sound or a notification, and when that would be too much. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent_tui.domain.model import Channel, Priority

if TYPE_CHECKING:
    from agent_tui.domain.clocks import Hours

WAYS = ("bell", "osc9", "osc99", "osc777", "command")
EVERY_MS = 60_000  # for one case
DEFAULT: Mapping[Channel, tuple[str, ...]] = {Channel.CHAT: ("bell",)}
LONGEST = 120  # characters: more than that no notification shows
AT_ONCE = 3
"""More than so many at one time are announced as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    """How one wants to be told.

    Args:
        ways: per channel, of ``WAYS``; a channel that is not there is silent.
        priorities: per priority of the case, instead of its channel's.
        command: a program and its arguments, for the way ``command``; ``{title}`` and ``{text}`` stand for what is told.
        quiet: while these hours are open nothing is announced.
        break_quiet: but what is urgent is.
        title: the terminal's title says how many cases are unread.
    """

    ways: Mapping[Channel, tuple[str, ...]] = field(default_factory=lambda: DEFAULT)
    priorities: Mapping[Priority, tuple[str, ...]] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    quiet: Hours | None = None
    break_quiet: bool = False
    title: bool = True

    @property
    def silent(self) -> bool:
        """Whether nothing is ever announced."""
        return not any(self.ways.values()) and not any(self.priorities.values())

    def ways_for(self, arrival: Arrival) -> tuple[str, ...]:
        """How a message is announced, quiet hours apart."""
        return self.priorities.get(arrival.priority, self.ways.get(arrival.channel, ()))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer has written.

    Args:
        message: its id; grows with the time at which the server got it.
        priority: of the case.
    """

    case: int
    message: int
    channel: Channel
    who: str
    subject: str
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced, and how."""

    ways: tuple[str, ...]
    title: str
    words: str
    urgent: bool = False


@dataclass
class Announcer:
    """Remembers what was announced.

    Args:
        settings: how one wants to be told.
    """

    settings: NoticeSettings
    _told: dict[int, int] = field(default_factory=dict)

    def announce(self, arrivals: Iterable[Arrival], now: int, in_view: Collection[int]) -> tuple[Announcement, ...]:
        """What to announce of what came: nothing of the case in view, and each case once a minute at most.

        Args:
            now: milliseconds.
            in_view: ids of the cases that are being read or answered.
        """
        self._told = {case: at for case, at in self._told.items() if now - at < EVERY_MS}
        quiet = self._quiet(now)
        found = []
        for one in arrivals:
            ways = self.settings.ways_for(one)
            urgent = one.priority is Priority.URGENT
            hushed = quiet and not (urgent and self.settings.break_quiet)
            if not ways or hushed or one.case in in_view or one.case in self._told:
                continue
            self._told[one.case] = now
            found.append(Announcement(ways, _line(one.who), _line(one.subject), urgent))
        return (_together(found),) if len(found) > AT_ONCE else tuple(found)

    def _quiet(self, now: int) -> bool:
        if self.settings.quiet is None:
            return False
        from agent_tui.domain import clocks

        return clocks.is_open(now, self.settings.quiet)


def _together(found: Sequence[Announcement]) -> Announcement:
    """Many as one: after a sync nobody wants forty sounds."""
    names = list(dict.fromkeys(one.title for one in found))
    others = f" and {len(names) - 2} others" if len(names) > 2 else ""
    ways = tuple(way for way in WAYS if any(way in one.ways for one in found))
    words = f"{', '.join(names[:2])}{others}"[:LONGEST]
    return Announcement(ways, f"{len(found)} cases have news", words, any(one.urgent for one in found))


def sequences(announcement: Announcement, *, tmux: bool = False, screen: bool = False) -> str:
    """What the terminal is sent.

    Args:
        tmux: notifications are passed through to the terminal outside.
        screen: the same for GNU screen.

    Sources: OSC 9 as in iTerm2's documentation of escape codes, OSC 99 as in kitty's desktop notifications, OSC 777 as in
    rxvt-unicode's notify extension.
    """
    out = "\a" if "bell" in announcement.ways else ""
    title, words = announcement.title, announcement.words
    for way in announcement.ways:
        if way == "osc9":
            out += _passed(f"\x1b]9;{title}: {words}\a", tmux, screen)
        elif way == "osc777":
            out += _passed(f"\x1b]777;notify;{title.replace(';', ',')};{words}\a", tmux, screen)
        elif way == "osc99":
            urgency = ":u=2" if announcement.urgent else ""
            out += _passed(f"\x1b]99;i=agent-tui:d=0:p=title{urgency};{title}\a", tmux, screen)
            out += _passed(f"\x1b]99;i=agent-tui:d=1:p=body{urgency};{words}\a", tmux, screen)
    return out


def program(announcement: Announcement, command: Sequence[str]) -> tuple[str, ...]:
    """The program to start for an announcement, without a shell; empty where it asks for none.

    What a stranger is called never becomes an option: a text that begins with a hyphen gets a space before it.
    """
    if "command" not in announcement.ways or not command:
        return ()
    title, words = (f" {one}" if one.startswith("-") else one for one in (announcement.title, announcement.words))
    urgency = "critical" if announcement.urgent else "normal"
    replaced = (one.replace("{urgency}", urgency) for one in command[1:])
    return (command[0], *("".join(_filled(one, title, words)) for one in replaced))


def _filled(argument: str, title: str, words: str) -> Iterable[str]:
    """An argument with its places filled, in one pass, so that nothing in a text is taken for a place."""
    for at, part in enumerate(argument.split("{title}")):
        yield (title if at else "") + words.join(part.split("{text}"))


def _line(text: str) -> str:
    from agent_tui.domain.text import clean

    return " ".join(clean(text, multiline=False).split())[:LONGEST]


def _passed(sequence: str, tmux: bool, screen: bool) -> str:
    if tmux:
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    return f"\x1bP{sequence}\x1b\\" if screen else sequence
