"""What every test may use."""

from __future__ import annotations

from tests.servers.fixtures import mail_server, secret_service_server

__all__ = ["mail_server", "secret_service_server"]
