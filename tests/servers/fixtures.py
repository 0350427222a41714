"""Fixtures that start real servers once per test run; ``tests/conftest.py`` makes them known everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.servers import bluesky, mail, matrix, secret_service
from tests.servers.process import REQUIRE, ServerMissing, required

Server = TypeVar("Server")
NOT_INSTALLED = "server not installed"


def _start(start: Callable[[], Server]) -> Server:
    try:
        return start()
    except ServerMissing as missing:
        if required():
            pytest.fail(f"{missing}, and {REQUIRE} is set")
        pytest.skip(f"{NOT_INSTALLED}: {missing}")


@pytest.fixture(scope="session")
def mail_server() -> Iterator[mail.MailServer]:
    """Dovecot and Postfix, empty; use ``fresh()`` users rather than clearing it."""
    server = _start(mail.start)
    yield server
    server.close()


@pytest.fixture(scope="session")
def secret_service_server() -> Iterator[secret_service.SecretService]:
    """A Secret Service; its ``env`` must reach the program under test."""
    server = _start(secret_service.start)
    yield server
    server.close()


@pytest.fixture(scope="session")
def matrix_server() -> Iterator[matrix.Synapse]:
    """A Matrix homeserver; make users and rooms of your own."""
    server = _start(matrix.start)
    yield server
    server.close()


@pytest.fixture(scope="session")
def bluesky_network() -> Iterator[bluesky.Network]:
    """A private Bluesky network; make users of your own."""
    network = _start(bluesky.start)
    yield network
    network.close()
