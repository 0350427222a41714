"""The contract over a real Synapse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.matrix_rig import MatrixRig
from tests.contract.suite import SourceContract
from tests.servers.matrix import Synapse

pytestmark = pytest.mark.server("matrix")


class TestMatrix(SourceContract):
    @pytest.fixture
    def rig(self, matrix_server: Synapse, tmp_path: Path) -> Iterator[MatrixRig]:
        rig = MatrixRig(matrix_server, tmp_path)
        yield rig
        rig.close()
