"""The contract over a simulated NodeBB: topics with a user's token, chats with a master token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.nodebb_rig import NodebbRig
from tests.contract.suite import SourceContract


class TestTopicsWithUserToken(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[NodebbRig]:
        rig = NodebbRig(tmp_path)
        yield rig
        rig.close()


class TestChatsWithMasterToken(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[NodebbRig]:
        rig = NodebbRig(tmp_path, master=True, private=True)
        yield rig
        rig.close()
