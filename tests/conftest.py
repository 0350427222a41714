"""What every test may use."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from textual import _wait

from tests.servers.fixtures import NOT_INSTALLED, bluesky_network, mail_server, matrix_server, secret_service_server

__all__ = ["bluesky_network", "mail_server", "matrix_server", "secret_service_server"]

# How long an example takes, or the making of it, says how busy the machine is. CI's own profile stays below this one.
settings.register_profile(
    "patient", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("AGENT_TUI_EXAMPLES") or settings().max_examples),
)  # fmt: skip
settings.load_profile("patient")


# Textual's pilot looks twice after each key whether the program rests, for 20 ms of sleep each, which is four fifths of what
# such tests take. Looked at every 5 ms, the same rest is seen sooner.
_wait.SLEEP_GRANULARITY = 1 / 200
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one server run in one process (``--dist loadgroup``), so that it is started once."""
    for item in items:
        marker = item.get_closest_marker("server")
        if marker is not None:
            item.add_marker(pytest.mark.xdist_group(str(marker.args[0])))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which servers were not there, and how many tests did not run for it."""
    absent: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if NOT_INSTALLED in reason:
            absent[reason.removeprefix("Skipped: ")] += 1
    for reason, number in absent.items():
        terminalreporter.write_line(f"NOT RUN: {number} tests ({reason})", yellow=True)
