"""What the audit says is what was asked."""

from __future__ import annotations

import runpy
from pathlib import Path

judged = runpy.run_path(str(Path(__file__).parents[2] / "requirements" / "audit.py"))["judged"]
WELL = {"name": "rich", "version": "15.0", "vulns": []}
FAULTY = {"name": "httpx", "version": "0.1", "vulns": [{"id": "PYSEC-1"}]}
LEFT_OUT = {"name": "x", "skip_reason": "Dependency not found"}


def test_a_known_fault_fails() -> None:
    assert judged("run.txt", [WELL, FAULTY, LEFT_OUT]) == ("run.txt has known faults: httpx 0.1: PYSEC-1", False)


def test_what_could_not_be_asked_is_never_called_well() -> None:
    assert "NOT DONE for 1 of 2" in judged("run.txt", [WELL, LEFT_OUT])[0]
    assert "NOT DONE for 0 of 0" in judged("run.txt", [])[0]
    assert judged("run.txt", [WELL]) == ("run.txt has no known fault (1 libraries)", True)
