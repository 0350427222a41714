"""The stage on which journeys are played."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.chat_scene import ChatScene, chat_scene
from tests.journeys.demo_scene import DemoScene, demo_scene
from tests.journeys.scene import Scene, scene
from tests.journeys.social_scene import SocialScene, social_scene
from tests.servers.bluesky import Network
from tests.servers.mail import MailServer
from tests.servers.matrix import Synapse


@pytest.fixture
def stage(mail_server: MailServer, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Makes a support desk on the real mail server."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(scene(mail_server, tmp_path / "desk", **settings))


@pytest.fixture
def chat(matrix_server: Synapse, tmp_path: Path) -> Iterator[Callable[..., ChatScene]]:
    """Makes a live chat on the real homeserver."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(chat_scene(matrix_server, tmp_path / "desk", **settings))


@pytest.fixture
def social(bluesky_network: Network, tmp_path: Path) -> Iterator[Callable[..., SocialScene]]:
    """Makes a desk over the real social network."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(social_scene(bluesky_network, tmp_path / "desk", **settings))


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Callable[..., DemoScene]]:
    """Makes a desk over the demo's week."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(demo_scene(tmp_path / "week", **settings))
