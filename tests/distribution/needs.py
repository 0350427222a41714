"""Tools that a test needs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.servers.fixtures import NOT_INSTALLED
from tests.servers.process import REQUIRE, required


def needs(tool: str) -> str:
    """The tool's path; the test is not run, and said so at the end, where it is not installed."""
    found = shutil.which(tool, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        if required():
            pytest.fail(f"{tool} is not installed, and {REQUIRE} is set")
        pytest.skip(f"{NOT_INSTALLED}: {tool}")
    return found
