"""How one is told of what comes: in which way, when not, and what of a stranger's text reaches a terminal or a program."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent_tui import workspace as workspaces
from agent_tui.app import Workstation
from agent_tui.domain.clocks import parse_hours
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Channel, Priority
from agent_tui.domain.notices import Announcement, Announcer, Arrival, NoticeSettings, program, sequences
from agent_tui.screens.announcing import Announcing
from agent_tui.widgets import terminal_title
from tests.fake_desk import FakeDesk
from tests.journeys.terminal import until

NIGHT = 1_784_000_000_000  # Tue 14 Jul 2026 03:33 UTC
NOON = NIGHT + 9 * 3_600_000
QUIET = parse_hours({"timezone": "UTC", "open": ["daily 20:00-08:00"], "holidays": []})


def arrival(case: int = 1, priority: Priority = Priority.NORMAL, channel: Channel = Channel.CHAT) -> Arrival:
    return Arrival(case, 64 + case, channel, f"Customer {case}", "Where is it?", priority)


def told(settings: NoticeSettings, *arrivals: Arrival, now: int = NOON) -> list[Announcement]:
    return list(Announcer(settings).announce(arrivals, now, ()))


def test_a_priority_goes_before_its_channel() -> None:
    settings = NoticeSettings(ways={Channel.CHAT: ("bell",)}, priorities={Priority.URGENT: ("bell", "osc9"), Priority.LOW: ()})
    assert [one.ways for one in told(settings, arrival(1), arrival(2, Priority.URGENT), arrival(3, Priority.LOW))] == [
        ("bell",), ("bell", "osc9"),
    ]  # fmt: skip
    assert told(settings, arrival(4, Priority.URGENT, Channel.EMAIL))  # the mail itself would have been silent
    assert not settings.silent
    assert NoticeSettings(ways={}).silent


def test_in_quiet_hours_nothing_is_said_unless_what_is_urgent_may() -> None:
    settings = NoticeSettings(quiet=QUIET)
    both = (arrival(1), arrival(2, Priority.URGENT))
    assert told(settings, *both, now=NIGHT) == []
    assert len(told(settings, *both, now=NOON)) == 2
    (one,) = told(replace(settings, break_quiet=True), *both, now=NIGHT)
    assert one.urgent


def test_many_at_one_time_are_told_as_one() -> None:
    assert len(told(NoticeSettings(), *map(arrival, range(3)))) == 3
    (one,) = told(NoticeSettings(), *map(arrival, range(40)))
    assert one.title == "40 cases have news"
    assert one.words == "Customer 0, Customer 1 and 38 others"


def test_every_terminal_gets_its_own_sequence_whole_also_through_tmux_and_screen() -> None:
    one = Announcement(("osc9", "osc99", "osc777"), "Rina; R", "Where?", urgent=True)
    plain = sequences(one)
    assert "\x1b]9;Rina; R: Where?\a" in plain
    assert "\x1b]99;i=agent-tui:d=0:p=title:u=2;Rina; R\a\x1b]99;i=agent-tui:d=1:p=body:u=2;Where?\a" in plain
    assert "\x1b]777;notify;Rina, R;Where?\a" in plain
    assert sequences(one, tmux=True).count("\x1bPtmux;\x1b\x1b]") == 4
    assert sequences(one, screen=True).count("\x1bP\x1b]") == 4


def test_a_program_gets_what_a_stranger_wrote_as_text_and_never_as_an_option_or_a_place() -> None:
    one = Announcement(("command",), "--exec=evil", "{title} $(x) ; y")
    argv = program(one, ("notify-send", "-u", "{urgency}", "{title}", "{text}", "{title}/{text}"))
    assert argv == ("notify-send", "-u", "normal", " --exec=evil", "{title} $(x) ; y", " --exec=evil/{title} $(x) ; y")
    assert program(replace(one, ways=("bell",)), ("notify-send",)) == ()
    assert program(one, ()) == ()


class Desk:
    """What comes, and nothing else."""

    def __init__(self, settings: NoticeSettings) -> None:
        self.workspace = SimpleNamespace(notify=settings)
        self.came: tuple[Arrival, ...] = ()
        self.number = 0

    def now(self) -> int:
        return NOON

    def arrivals(self, since: int) -> tuple[Arrival, ...]:
        return self.came

    def unread(self) -> int:
        return self.number


def test_a_program_of_ones_own_is_started_and_not_waited_for(tmp_path: Path) -> None:
    out = tmp_path / "told"
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"
    command = (sys.executable, "-c", script, str(out), "{title}", "{text}")
    desk = Desk(NoticeSettings(ways={Channel.CHAT: ("command",)}, command=command))
    written: list[str] = []
    announcing = Announcing(desk, written.append)
    desk.came = (arrival(),)
    assert announcing.look(None) == ""
    assert until(lambda: out.exists() and out.read_text(), "the program ran") == "['Customer 1', 'Where is it?']"
    assert written == []


def test_a_program_that_is_not_there_is_named() -> None:
    desk = Desk(NoticeSettings(ways={Channel.CHAT: ("bell", "command")}, command=("no-such-program", "{text}")))
    written: list[str] = []
    desk.came = (arrival(),)
    words = Announcing(desk, written.append).look(None)
    assert "no-such-program" in words
    assert "workspace.toml" in words
    assert written == ["\a"]


def test_the_title_counts_is_written_when_it_changes_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("STY", raising=False)
    desk, written = Desk(NoticeSettings()), []
    announcing = Announcing(desk, written.append)
    for number in (0, 3, 3, 0):
        desk.number = number
        announcing.show_title()
    announcing.end()
    assert written == ["\x1b[22;2t\x1b]2;agent-tui\a", "\x1b]2;(3) agent-tui\a", "\x1b]2;agent-tui\a", "\x1b[23;2t"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "linux"}, ""),
        ({"TERM": "dumb"}, ""),
        ({"TERM": "screen", "STY": "1.pts"}, "\x1bk(2) agent-tui\x1b\\"),
        ({"TERM": "screen-256color", "STY": "1.pts", "TMUX": "x"}, "\x1b]2;(2) agent-tui\a"),
    ],
)
def test_each_terminal_is_named_in_its_own_way(environment: dict[str, str], expected: str) -> None:
    assert terminal_title.title(2, environment) == expected


def load(folder: Path, text: str) -> workspaces.Workspace:
    (folder / "workspace.toml").write_text(text, "utf-8")
    return workspaces.load(folder)


def test_settings_are_read_and_every_fault_is_named_with_its_remedy(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        '[notify]\nchat = ["bell"]\nurgent = ["command"]\ncommand = ["notify-send", "{text}"]\nquiet = ["daily 20:00-08:00"]\n'
        "urgent_breaks_quiet = true\ntitle = false\n",
    ).notify
    assert found.priorities[Priority.URGENT] == ("command",)
    assert found.quiet is not None
    assert found.break_quiet
    assert not found.title
    with pytest.raises(WorkspaceError) as caught:
        load(tmp_path, '[notify]\nchat = ["bel"]\nemail = ["command"]\nquiet = ["nightly"]\n')
    text = "\n".join(caught.value.faults)
    assert ":2: notify.chat" in text
    assert "did you mean 'bell'?" in text
    assert ":3: notify.email" in text
    assert 'command = ["notify-send"' in text
    assert ":4: notify.quiet" in text


async def test_the_workstation_puts_the_count_into_the_title_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Workstation, "_tell_terminal", lambda _self, sequences: written.append(sequences))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("STY", raising=False)
    desk = FakeDesk()
    async with Workstation(desk).run_test() as pilot:
        await pilot.pause()
        for _ in range(4):
            pilot.app._beat()
        assert written[-1].endswith(f"\x1b]2;({desk.unread()}) agent-tui\a")
    assert written[-1] == "\x1b[23;2t"
