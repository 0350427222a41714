"""Whatever was typed and can be seen is kept, in the case where it was typed, however the program ends.

``AGENT_TUI_FAULTS_KILLS`` says how many workstations are killed (``make faults``). How late a loaded machine hands a key to the
program is not the program's: the test allows for that, the report says what was seen, and how late the least program was.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.report import SEED, report
from tests.faults.typing import Typist

KILLS = int(os.environ.get("AGENT_TUI_FAULTS_KILLS", "6"))
LOADED_MS = 5_000

pytestmark = pytest.mark.timeout(120 + 10 * KILLS)


def test_a_workstation_that_is_killed_while_somebody_types_loses_no_draft(tmp_path: Path) -> None:
    typed = Typist(tmp_path / "w", seed=SEED).go(KILLS)
    report(typed.line())
    assert typed.kills == KILLS
    assert not typed.lost_drafts, "\n".join(typed.lost_drafts)
    assert not typed.wrong, "\n".join(typed.wrong)
    assert not typed.seen_lost, "".join(typed.seen_lost)
    assert typed.seen > typed.keys // 2, "the screen was hardly read"
    assert max(typed.late) < LOADED_MS
