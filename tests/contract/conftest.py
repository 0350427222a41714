"""Lets the shared suite's assertions explain themselves, as those in test modules do."""

import pytest

pytest.register_assert_rewrite("tests.contract.suite", "tests.contract.ledger")
