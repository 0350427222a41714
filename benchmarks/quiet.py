"""What the workstation and its engine cost while nobody writes and nobody presses a key, with four sources connected.

Mail through a real Dovecot, Matrix through a real Synapse; Chatwoot and Discourse are simulated. No live chat is on the screen.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import terminal
from benchmarks.machine import Report, busy
from tests.faults import soak
from tests.journeys.terminal import until
from tests.servers import mail, matrix

SETTLE_S = 30.0  # for what is put off until it is quiet


def measure(seconds: float = 60.0) -> Report:
    """Both processes at rest.

    Args:
        seconds: how long they are watched.
    """
    report = Report("At rest, four sources connected")
    servers: list[Any] = []
    with tempfile.TemporaryDirectory() as temporary:
        try:
            servers.append(mail.start())
            servers.append(matrix.start())
            with soak.day(Path(temporary) / "w", *servers) as day:
                screen = day.open()
                pids = {"workstation": screen.process.pid, "engine": until(day.engine, "an engine")}
                time.sleep(SETTLE_S)
                _watch(report, pids, seconds)
        finally:
            for one in servers:
                one.close()
    report.add("machine meanwhile", busy())
    return report


def _watch(report: Report, pids: dict[str, int], seconds: float) -> None:
    before = {name: (terminal.cpu_of(number), terminal.wakes_of(number)) for name, number in pids.items()}
    time.sleep(seconds)
    cpus, wakes = 0.0, 0.0
    for name, number in pids.items():
        cpu, woken = terminal.cpu_of(number) - before[name][0], terminal.wakes_of(number) - before[name][1]
        cpus, wakes = cpus + cpu, wakes + woken
        report.add(name, f"{cpu / seconds:.2%} of a core, {woken / seconds:.1f} wake-ups a second")
    report.add("both", f"{cpus / seconds:.2%} of a core, {wakes / seconds:.1f} wake-ups a second", "1 %, 5 a second")
