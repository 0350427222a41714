"""What every test may use."""

from __future__ import annotations

import pytest

from tests.servers.fixtures import mail_server, secret_service_server

__all__ = ["mail_server", "secret_service_server"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one server run in one process (``--dist loadgroup``), so that it is started once."""
    for item in items:
        marker = item.get_closest_marker("server")
        if marker is not None:
            item.add_marker(pytest.mark.xdist_group(str(marker.args[0])))
