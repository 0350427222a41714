"""The stage on which journeys are played."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.demo_scene import DemoScene, demo_scene
from tests.journeys.scene import Scene, scene
from tests.servers.mail import MailServer


@pytest.fixture
def stage(mail_server: MailServer, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Makes a support desk on the real mail server."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(scene(mail_server, tmp_path / "desk", **settings))


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Callable[..., DemoScene]]:
    """Makes a desk over the demo's week."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(demo_scene(tmp_path / "week", **settings))
