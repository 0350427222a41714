"""What every source promises (``agent_tui.sources.base``), checked against a real or a played server.

Subclass ``SourceContract`` in a test module and give it a fixture ``rig`` (see ``tests.contract.rig``).
"""

from __future__ import annotations

from tests.contract.reading import ReadingContract
from tests.contract.triage import TriageContract
from tests.contract.writing import WritingContract


class SourceContract(ReadingContract, WritingContract, TriageContract):
    """The whole suite."""
