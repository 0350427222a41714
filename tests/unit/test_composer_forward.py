"""A forward never leaves without the files of its message in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StopError
from agent_tui.domain.model import Address, Attachment
from agent_tui.store import apply as applying
from tests.unit.workspaces import Clock, batch, mail, workspace

BOB = (Address("", "bob@example.com"),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    files = (
        Attachment("scan [2].png", "image/png", 3, "1"),
        Attachment("logo.png", "image/png", 3, "2", inline=True),
    )
    applying.apply(made.store, "mail", batch(mail("a@x", attachments=files)))
    return made


def test_a_file_that_is_not_carried_along_is_a_gap(desk: Desk) -> None:
    draft = desk.draft(desk.window("all").row(0).id, "forward")
    assert "[[scan (2).png: attach it, or delete this line]]" in draft.text
    assert "logo.png" not in draft.text
    draft = desk.save_draft(replace(draft, to=BOB, text="See below." + draft.text))
    with pytest.raises(StopError) as stopped:
        desk.send(draft)
    assert stopped.value.guard == "gap"


def test_once_the_line_is_gone_it_leaves(desk: Desk) -> None:
    draft = desk.draft(desk.window("all").row(0).id, "forward")
    text = "See below." + draft.text.replace("[[scan (2).png: attach it, or delete this line]]", "")
    desk.send(desk.save_draft(replace(draft, to=BOB, text=text)))
    assert len(desk.outbox()) == 1
