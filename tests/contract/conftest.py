"""Lets the shared suite's assertions explain themselves, as those in test modules do."""

import pytest

pytest.register_assert_rewrite(
    *(f"tests.contract.{name}" for name in ("steps", "ledger", "reading", "writing", "triage"))
)
