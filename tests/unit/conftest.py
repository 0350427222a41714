"""What holds of the store holds of an encrypted one: the tests of some modules run over both."""

from __future__ import annotations

import pytest

from agent_tui.secrets import Secret
from agent_tui.store import connections

BOTH = {
    "test_damage", "test_decisions", "test_indexing", "test_mending", "test_narrowed_lists", "test_outbox_races", "test_query_plans",
    "test_store_apply", "test_typing",
}  # fmt: skip
KEY = Secret("5e" * 32)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in BOTH:
        metafunc.parametrize("kept", ["plain", "encrypted"], indirect=True)


@pytest.fixture(autouse=True)
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How every workspace's databases are kept."""
    if vars(request).get("param") == "encrypted":
        monkeypatch.setattr(connections, "key_of", lambda folder: KEY)
