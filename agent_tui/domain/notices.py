"""When somebody who writes is announced by a sound or a notification, and when that would be too much. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from agent_tui.domain.model import Channel

WAYS = ("bell", "osc9", "osc777")
EVERY_MS = 60_000  # for one case
DEFAULT: Mapping[Channel, tuple[str, ...]] = {Channel.CHAT: ("bell",)}
LONGEST = 120  # characters: more than that no notification shows


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer has written.

    Args:
        message: its id; grows with the time at which the server got it.
    """

    case: int
    message: int
    channel: Channel
    who: str
    subject: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced, and how."""

    ways: tuple[str, ...]
    title: str
    words: str


@dataclass
class Announcer:
    """Remembers what was announced.

    Args:
        ways: per channel, of ``WAYS``; a channel that is not there is silent.
    """

    ways: Mapping[Channel, tuple[str, ...]]
    _told: dict[int, int] = field(default_factory=dict)

    def announce(self, arrivals: Iterable[Arrival], now: int, in_view: Collection[int]) -> tuple[Announcement, ...]:
        """What to announce of what came: nothing of the case in view, and each case once a minute at most.

        Args:
            now: milliseconds.
            in_view: ids of the cases that are being read or answered.
        """
        self._told = {case: at for case, at in self._told.items() if now - at < EVERY_MS}
        found = []
        for one in arrivals:
            ways = self.ways.get(one.channel, ())
            if not ways or one.case in in_view or one.case in self._told:
                continue
            self._told[one.case] = now
            found.append(Announcement(ways, _line(one.who), _line(one.subject)))
        return tuple(found)


def sequences(announcement: Announcement, *, tmux: bool) -> str:
    """What the terminal is sent.

    Args:
        tmux: notifications are passed through to the terminal outside.

    Sources: OSC 9 as in iTerm2's documentation of escape codes, OSC 777 as in rxvt-unicode's notify extension.
    """
    out = "\a" if "bell" in announcement.ways else ""
    for way in announcement.ways:
        if way == "osc9":
            out += _passed(f"\x1b]9;{announcement.title}: {announcement.words}\a", tmux)
        elif way == "osc777":
            title = announcement.title.replace(";", ",")
            out += _passed(f"\x1b]777;notify;{title};{announcement.words}\a", tmux)
    return out


def _line(text: str) -> str:
    from agent_tui.domain.text import clean


    return " ".join(clean(text, multiline=False).split())[:LONGEST]


def _passed(sequence: str, tmux: bool) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\" if tmux else sequence
