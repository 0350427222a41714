"""The documents say what the program does: tables are compared with the code, examples are run."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent_tui import workspace as workspaces
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Address
from agent_tui.sources.base import Access, Mirror, Source
from tests.contract.rig import NewFile, View
from tests.contract.suite import SourceContract

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
START = 1_790_000_000_000


def page(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


# ---- writing-a-source.md: the letterbox is a real package


@pytest.fixture(scope="module")
def letterbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package of the page, installed as pip would install it."""
    site = tmp_path_factory.mktemp("site")
    text = page("docs/writing-a-source.md")
    package = site / "agent_tui_letterbox"
    package.mkdir()
    for name in ("__init__.py", "settings.py", "source.py"):
        found = re.search(rf"^`agent_tui_letterbox/{re.escape(name)}`.*?^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        assert found, name
        (package / name).write_text(found[1], "utf-8")
    entry = re.search(r'^\[project\.entry-points\."agent_tui\.source"\]\n(.*?)\n```', text, re.MULTILINE | re.DOTALL)
    assert entry
    facts = site / "agent_tui_letterbox-0.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: agent-tui-letterbox\nVersion: 0.1\n", "utf-8")
    (facts / "entry_points.txt").write_text(f"[agent_tui.source]\n{entry[1].replace(chr(34), '')}\n", "utf-8")
    sys.path.insert(0, str(site))
    yield
    sys.path.remove(str(site))
    for name in [one for one in sys.modules if one.startswith("agent_tui_letterbox")]:
        del sys.modules[name]


class LetterboxRig:
    """Customers who put letters into a folder, and a look into it that does not go through the source."""

    me = Address("Asha Rao", "help@tamarind.example")
    secret = ""
    can = frozenset({"offline", "damage"})

    def __init__(self, folder: Path) -> None:
        self.box = folder / "letters"
        self.away = folder / "away"
        self.box.mkdir()
        self.time = START

    def build(self, mirror: Mirror) -> Source:
        from agent_tui_letterbox import build

        return build(
            Access(
                name="letters", settings=SimpleNamespace(folder=self.box, addresses=(self.me.address,)),
                secret=lambda _: "", now=lambda: self.time, mirror=mirror,
                agent_addresses=frozenset({self.me.address}), workspace=self.box, downloads=self.box,
            )  # fmt: skip
        )

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        self.time += 1000
        token = token or f"case-{self.time}"
        letter = {"name": name, "address": "robin@mail.example", "subject": subject, "text": text}
        self.put(token, json.dumps(letter))
        return token

    def put(self, token: str, content: str) -> None:
        (self.box / token).mkdir(exist_ok=True)
        (self.box / token / f"{self.time}.in.json").write_text(content, "utf-8")

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin@mail.example")

    def view(self, token: str) -> View:
        return View(texts=tuple(json.loads(one.read_text("utf-8"))["text"] for one in sorted((self.box / token).iterdir())))

    def copies(self, marker: str) -> int:
        return sum(marker in one.read_text("utf-8") for one in self.box.glob("*/*.out.json"))

    def erase(self, token: str) -> None:
        for one in (self.box / token).iterdir():
            one.unlink()

    def damage(self) -> None:
        self.time += 1000
        self.put("damaged", "{")

    def offline(self, off: bool) -> None:
        (self.box.rename(self.away)) if off else self.away.rename(self.box)


@pytest.mark.usefixtures("letterbox")
class TestLetterbox(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> LetterboxRig:
        return LetterboxRig(tmp_path)


@pytest.mark.usefixtures("letterbox")
def test_the_letterbox_is_found_configured_and_synced_like_any_source(tmp_path: Path) -> None:
    from agent_tui import engine
    from agent_tui.desk import Desk

    rig = LetterboxRig(tmp_path)
    rig.customer_writes("Where is my parcel?", subject="Parcel")
    here = tmp_path / "workspace"
    here.mkdir()
    settings = next(one for one in blocks("docs/writing-a-source.md", "toml") if "[[source]]" in one)
    (here / "workspace.toml").write_text(settings.replace("/srv/letters", str(rig.box)), "utf-8")
    workspace = workspaces.load(here)
    results = engine.run(workspace, now=lambda: rig.time)
    assert [(one.wire()["source"], one.ok) for one in results] == [("letters", True)]
    desk = Desk(workspace, now=lambda: rig.time, offline=True, role="command")
    try:
        (case,) = desk.listing("", 10)
        assert case.subject == "Parcel"
        draft = desk.draft(case.id, "reply")
        entry = desk.send(type(draft)(**{**_values(draft), "text": "On its way, Robin."}), hold=False, overrides=("hours",))
    finally:
        desk.close()
    engine.run(workspace, now=lambda: rig.time)
    (sent,) = rig.box.glob("*/*.out.json")
    assert json.loads(sent.read_text("utf-8"))["text"] == "On its way, Robin."
    assert entry.kind == "reply"


def _values(value: object) -> dict[str, object]:
    from dataclasses import fields

    return {one.name: getattr(value, one.name) for one in fields(value)}  # type: ignore[arg-type]


@pytest.mark.usefixtures("letterbox")
def test_the_letterbox_names_each_setting_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "workspace.toml").write_text('[[source]]\nname = "letters"\ntype = "letterbox"\n', "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        workspaces.load(tmp_path)
    assert ["folder: is missing" in one or "address: is missing" in one for one in caught.value.faults] == [True, True]
