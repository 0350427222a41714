"""How quick the program has been here is kept as numbers, for a month, and told."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from agent_tui import performance
from agent_tui.app import Workstation
from agent_tui.cli import run
from agent_tui.desk import Desk
from agent_tui.performance import KEY, NEWS, QUIET, RATE, START, Figures, read
from agent_tui.store import apply as applying
from tests.engine_bench import Bench
from tests.unit.workspaces import NOW, Clock, batch, mail, workspace


def test_half_and_most_of_what_was_measured_are_told_to_five_percent(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    for value in range(1, 1001):
        figures.add(KEY, value)
    figures.save()
    _, spreads = read(tmp_path)
    spread = spreads[KEY, ""]
    assert spread.count == 1000
    for told, true in ((spread.low, 50), (spread.median, 500), (spread.p95, 950), (spread.p99, 990)):
        assert told == pytest.approx(true, rel=0.05)
    assert (tmp_path / performance.NAME).stat().st_size < 2_000


def test_nothing_and_far_too_much_are_counted_too(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    for value in (0.0, -3.0, 1e30):
        figures.add(START, value)
    figures.save()
    assert read(tmp_path)[1][START, ""].count == 3


def test_several_processes_add_to_one_file_and_a_month_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for days, value in ((40, 8.0), (20, 16.0), (0, 32.0)):
        monkeypatch.setattr(performance.time, "time", lambda days=days: now - days * 86_400)
        engine, workstation = Figures(tmp_path), Figures(tmp_path)
        engine.add(QUIET, value, "mail")
        workstation.add(KEY, value)
        engine.save()
        workstation.save()
    since, spreads = read(tmp_path)
    assert since == time.strftime("%Y-%m-%d", time.localtime(now - 20 * 86_400))
    assert {name: spread.count for name, spread in spreads.items()} == {(QUIET, "mail"): 2, (KEY, ""): 2}


@pytest.mark.parametrize("there", ["", "{", "[]", '{"2026-01-01": 3}', '{"2026-01-01": {"key": {"a": 1}}}', "\x00"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, there: str) -> None:
    (tmp_path / performance.NAME).write_text(there)
    assert read(tmp_path) == ("", {})
    figures = Figures(tmp_path)
    figures.add(KEY, 5)
    figures.save()
    assert read(tmp_path)[1][KEY, ""].count == 1


def test_that_it_cannot_be_kept_troubles_nobody(tmp_path: Path) -> None:
    figures = Figures(tmp_path / "nowhere")
    figures.add(KEY, 5)
    figures.save()
    assert read(tmp_path / "nowhere") == ("", {})


def test_it_is_written_down_every_ten_minutes_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(performance.time, "monotonic", lambda: now[0])
    figures, engine = Figures(tmp_path), Figures(tmp_path, saves=True)
    for one in (figures, engine):
        one.add(KEY, 5)
    assert not figures.due()
    now[0] += performance.SAVE_AFTER_S
    assert figures.due()
    assert read(tmp_path)[1] == {}
    engine.add(KEY, 5)
    assert read(tmp_path)[1][KEY, ""].count == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell when a process was started")
def test_the_time_since_the_start_is_that_of_this_process() -> None:
    first = performance.since_start_ms()
    second = performance.since_start_ms()
    assert first is not None
    assert second is not None
    assert 0 < first <= second


def test_a_running_engine_times_its_rounds(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    for messages, took in ((0, 4), (3, 16), (100, 50), (2_000, 1_000)):
        figures.round("mail", messages, took)
    figures.save()
    spreads = read(tmp_path)[1]
    assert {what: spread.count for (what, _), spread in spreads.items()} == {QUIET: 1, NEWS: 1, RATE: 2}
    assert spreads[RATE, "mail"].median == pytest.approx(2_000, rel=0.05)


async def test_rounds_of_an_engine_are_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.start()
    await bench.quiet()
    await bench.stop()
    assert any(source == "mail" for _, source in read(tmp_path)[1])


async def test_the_workstation_times_its_start_and_some_of_its_keys(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path), now=Clock(), offline=True)
    applying.apply(desk.store, "mail", batch(*(mail(f"n{number}@x", at=NOW - number * 1000) for number in range(9))))
    figures = Figures(tmp_path)
    app = Workstation(desk, figures=figures, started=True)
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        for _ in range(8):
            await pilot.press("j")
        await pilot.pause()
    figures.save()
    spreads = read(tmp_path)[1]
    assert spreads[START, ""].count == 1
    assert spreads[KEY, ""].count == 2
    desk.close()


def test_the_command_tells_it_in_words_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "workspace.toml").write_text('[agent]\nname = "Asha Rao"\nemail = "asha@shop.example"\n')
    options = ["--workspace", str(tmp_path), "--offline", "stats", "--performance"]
    assert run(options) == 0
    assert "nothing has been measured here yet" in capsys.readouterr().out
    figures = Figures(tmp_path)
    for what, value, source in ((START, 480, ""), (KEY, 5, ""), (QUIET, 40, "mail"), (NEWS, 90, "mail"), (RATE, 1_200, "mail")):
        figures.add(what, value, source)
    figures.save()
    assert run(options) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in told] == [
        "start, to the list", "a key, to the screen", "mail: a round with nothing new", "mail: a round with news",
        "mail: much at once",
    ]  # fmt: skip
    assert "messages/s" in told[-1]
    assert run([*options, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[2].keys() == {"type", "what", "source", "unit", "since", "count", "median", "p95", "p99"}
    assert [(row["what"], row["source"], row["unit"]) for row in rows] == [
        (START, "", "ms"), (KEY, "", "ms"), (QUIET, "mail", "ms"), (NEWS, "mail", "ms"), (RATE, "mail", "messages/s"),
    ]  # fmt: skip
    assert run(options[:-1]) == 2
