"""The contract over a simulated Chatwoot (see ``tests/servers/chatwoot.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.chatwoot_rig import ChatwootRig
from tests.contract.suite import SourceContract


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ChatwootRig]:
    rig = ChatwootRig(tmp_path)
    yield rig
    rig.there.close()


class TestChatwoot(SourceContract):
    """Simulated."""
