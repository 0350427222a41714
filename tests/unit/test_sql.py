"""SQL is put together from words of ours alone: whatever anybody wrote is a parameter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent_tui

PACKAGE = Path(agent_tui.__file__).parent
SQL = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WHERE|ORDER BY|PRAGMA|ATTACH|VALUES)\b")
CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*")


def built() -> Iterator[tuple[str, str]]:
    """Where a statement has a value put into it, and what is put there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(PACKAGE).as_posix()}"
            if isinstance(node, ast.JoinedStr):
                text = "".join(one.value for one in node.values if isinstance(one, ast.Constant) and isinstance(one.value, str))
                if SQL.search(text):
                    yield from ((where, ast.unparse(one.value)) for one in node.values if isinstance(one, ast.FormattedValue))
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
                for side in (node.left, node.right):
                    if isinstance(side, ast.Constant) and isinstance(side.value, str) and SQL.search(side.value):
                        yield where, ast.unparse(node)


# Each has been read: names of columns and tables, conditions out of the query compiler, question marks. A new one has to be, too.
KNOWN: dict[str, set[str]] = {
    "desk/triage.py": {"','.join('?' * len(ids))", "condition"},
    "store/candidates.py": {"column", "marks", "where"},
    "store/cases.py": {"columns", "marks", "picked.index", "picked.where", "reverse", "table", "there"},
    "store/clause_index.py": {"self._rank"},
    "store/clauses.py": {"marks"},
    "store/connections.py": {"literal(key)"},  # hexadecimal digits, or it refuses them
    "store/database.py": {"'FULL' if name == 'desk' else 'NORMAL'", "-4000 if name == 'desk' else -16000", "0 if role == 'desk' else 4000", "CURRENT[name]"},
    "store/delivery.py": {"where"},
    "store/drafts.py": {"where"},
    "store/encrypting.py": {"name", "number", "side", "table"},
    "store/forgetting.py": {"chosen", "column", "identity", "select", "table"},
    "store/fold.py": {"changed"},
    "store/health.py": {"'integrity' if thorough else 'quick'", "wanted"},
    "store/live.py": {"marks"},
    "store/messages.py": {"among", "columns", "marks"},
    "store/narrowing.py": {"condition", "picked.index", "picked.order", "picked.ordered", "self._picked.ordered", "self._where", "there", "where"},
    "store/operations.py": {"marks", "names", "where"},
    "store/scheduled.py": {"','.join('?' * len(names))"},
    "store/search.py": {"_spam(asked.query)", "compiler.condition(asked.query.root)", "condition", "only"},
    "store/search_sql.py": {"condition"},
    "store/sources.py": {"', '.join((f'{name} = ?' for name in values))"},
    "store/threads.py": {"marks"},
}  # fmt: skip


@pytest.fixture(scope="module")
def placed() -> frozenset[tuple[str, str]]:
    return frozenset(built())


def test_what_is_put_into_a_statement_is_known_to_be_ours(placed) -> None:
    strange = sorted({
        (where, what) for where, what in placed
        if not CONSTANT.fullmatch(what.rpartition(".")[2]) and what not in KNOWN.get(where, ())
    })  # fmt: skip
    assert strange == [], "use a parameter; where that cannot be, show that no value of anybody's gets there, and add it to KNOWN"


def test_nothing_is_known_that_is_no_longer_there(placed) -> None:
    assert [(where, what) for where, found in KNOWN.items() for what in found if (where, what) not in placed] == []


def test_no_statement_takes_a_value_by_format_or_percent() -> None:
    """``"... %s" % value`` and ``"... {}".format(value)`` are used nowhere for SQL."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                held = node.func.value
                assert not (isinstance(held, ast.Constant) and isinstance(held.value, str) and re.search(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", held.value)), path
