"""Engines killed over and over while they fetch leave a store like that of one that was never interrupted.

``AGENT_TUI_FAULTS_KILLS`` says how many kills each world sees (``make faults``).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.report import SEED, report
from tests.faults.syncing import DemoWorld, Syncing

KILLS = int(os.environ.get("AGENT_TUI_FAULTS_KILLS", "15"))

pytestmark = pytest.mark.timeout(300 + 5 * KILLS)


def test_a_store_whose_engines_were_killed_is_like_one_that_was_fetched_in_peace(tmp_path: Path) -> None:
    world = DemoWorld(tmp_path / "servers")
    try:
        kills = Syncing(world, tmp_path, seed=SEED).go(KILLS)
    finally:
        world.end()
    report(kills.line("The demo's mailbox, chat and forum"))
    assert sum(kills.killed.values()) >= KILLS
    assert not kills.wrong, "\n".join(kills.wrong)
