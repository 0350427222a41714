"""The contract over a simulated Discourse: topics and private messages, with an admin key and with a user key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.forum import ForumRig
from tests.contract.suite import SourceContract


class TestTopicsWithAdminKey(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[ForumRig]:
        rig = ForumRig(tmp_path, "admin")
        yield rig
        rig.close()


class TestMessagesWithUserKey(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[ForumRig]:
        rig = ForumRig(tmp_path, "user", private=True)
        yield rig
        rig.close()
