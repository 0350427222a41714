"""The short form of the soak: the same day, less than a minute of it (``make soak`` is the long one)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.report import report
from tests.faults.soak import day, soak
from tests.servers.mail import MailServer
from tests.servers.matrix import Synapse

MINUTES = 0.17
EVERY_S = 0.4
IDLE_PERCENT = 4.0  # some of what the engine does once a minute falls into so short a time

pytestmark = [pytest.mark.server("mail"), pytest.mark.server("matrix"), pytest.mark.timeout(300)]


def test_two_processes_over_four_sources_use_no_more_and_no_more(tmp_path: Path, mail_server: MailServer, matrix_server: Synapse) -> None:
    with day(tmp_path / "w", mail_server, matrix_server) as made:
        found = soak(made, MINUTES, every_s=EVERY_S, rest_s=5.0, idle_s=10.0)
    report("\n".join(found.lines()))
    for who in found.busy:
        for what in ("descriptors", "threads"):
            first, last = found.growth(who, what)
            assert last <= first + 4, f"{who}: {what} {first} -> {last}"
        assert found.idle[who] < IDLE_PERCENT
