"""What holds of the store holds of an encrypted one: the tests of some modules run over both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent_tui.secrets import Secret
from agent_tui.settings_desk import KEY_VARIABLE
from agent_tui.store import connections

BOTH = {
    "test_damage", "test_decisions", "test_indexing", "test_mending", "test_migrations", "test_narrowed_lists", "test_outbox_races",
    "test_query_plans", "test_store_apply", "test_typing",
}  # fmt: skip
KEY = Secret("5e" * 32)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in BOTH:
        metafunc.parametrize("kept", ["plain", "encrypted"], indirect=True)


@pytest.fixture(autouse=True)
def kept(request: pytest.FixtureRequest) -> Iterator[str]:
    """How every workspace's databases are kept; gives what settings of one say of it to another process."""
    if vars(request).get("param") != "encrypted":
        yield ""
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "key_of", lambda folder: KEY)
        patch.setenv(KEY_VARIABLE, KEY.reveal())
        yield "[encryption]\nenabled = true\n"
