"""The contract over a real Bluesky network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.bluesky_chat_rig import BlueskyChatRig
from tests.contract.bluesky_rig import BlueskyRig
from tests.contract.suite import SourceContract
from tests.servers.bluesky import Network

pytestmark = pytest.mark.server("bluesky")


class TestPosts(SourceContract):
    @pytest.fixture
    def rig(self, bluesky_network: Network, tmp_path: Path) -> Iterator[BlueskyRig]:
        rig = BlueskyRig(bluesky_network, tmp_path)
        yield rig
        rig.close()


class TestDirectMessages(SourceContract):
    @pytest.fixture
    def rig(self, bluesky_network: Network, tmp_path: Path) -> Iterator[BlueskyChatRig]:
        rig = BlueskyChatRig(bluesky_network, tmp_path)
        yield rig
        rig.close()
