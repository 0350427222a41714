"""Chatwoot's canned responses come into the canned library by a command (simulated server)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_tui import cli
from tests.contract.chatwoot_rig import ChatwootRig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ChatwootRig]:
    rig = ChatwootRig(tmp_path / "rig")
    rig.there.canned = [
        {"id": 1, "short_code": "hello", "content": "Hi {{ contact.first_name }}, I am {{ agent.name }}."},
        {"id": 2, "short_code": "order", "content": "Order {{ conversation.order }} is on its way."},
    ]
    yield rig
    rig.there.close()


@pytest.fixture
def space(tmp_path: Path, rig: ChatwootRig, monkeypatch: pytest.MonkeyPatch) -> Path:
    space = tmp_path / "space"
    (space / "canned").mkdir(parents=True)
    (space / "canned" / "hello.md").write_text("---\nname: hello\n---\nHello from here\n")
    (space / "workspace.toml").write_text(
        '[agent]\nname = "Asha Rao"\nemail = "asha@example.com"\n\n'
        f'[[source]]\nname = "desk"\ntype = "chatwoot"\nurl = "{rig.there.server.url}"\naccount = 7\n\n'
        '[[source]]\nname = "shop"\ntype = "demo"\nservice = "chat"\n'
    )
    monkeypatch.setenv("AGENT_TUI_SECRET_DESK", rig.secret)
    monkeypatch.setattr(os, "umask", lambda _mask: 0o022)
    return space


def tui(space: Path, capsys: pytest.CaptureFixture[str], *arguments: str, expect: int = 0) -> tuple[list[dict[str, object]], str]:
    status = cli.run(["--workspace", str(space), *arguments, "--json"])
    out, err = capsys.readouterr()
    assert status == expect, err
    return [json.loads(line) for line in out.splitlines()], err


def test_canned_responses_are_imported_once_and_what_was_changed_is_kept(
    space: Path, rig: ChatwootRig, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = tui(space, capsys, "canned", "import", "desk")
    assert [(one["name"], one["state"], one["questions"]) for one in first] == [
        ("hello-desk", "new", []), ("order", "new", ["conversation order"]),
    ]  # fmt: skip
    (space / "canned" / "desk" / "order.md").write_text("---\nname: order\n---\nmine\n")
    rig.there.canned.append({"id": 3, "short_code": "bye", "content": "Bye"})
    again, _ = tui(space, capsys, "canned", "import", "desk")
    assert [one["state"] for one in again] == ["unchanged", "kept as it is here", "new"]
    listed, _ = tui(space, capsys, "canned", "list")
    assert {one["name"]: one["shortcut"] for one in listed} == {"hello": "", "hello-desk": "hello", "order": "", "bye": "bye"}
    tui(space, capsys, "canned", "check")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "needs a source, or files"), (("shop",), "keeps no canned replies"), (("nowhere",), "nowhere"),
     (("desk", "--offline"), "--offline")],
)  # fmt: skip
def test_what_cannot_be_imported_is_said(
    space: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    _, err = tui(space, capsys, "canned", "import", *arguments, expect=2)
    assert words in err
