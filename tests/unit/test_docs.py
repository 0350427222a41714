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
            )
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


# ---- keys.md


def test_the_keys_are_those_of_the_command_table() -> None:
    sys.path.insert(0, str(DOCS))
    try:
        import make_keys
    finally:
        sys.path.remove(str(DOCS))
    assert page("docs/keys.md") == make_keys.page(), "run: python docs/make_keys.py"


def test_every_command_of_the_table_works_somewhere() -> None:
    from agent_tui.domain.commands.table import COMMANDS

    told = page("docs/keys.md")
    assert [one.id for one in COMMANDS if f"`{one.id}`" not in told and not re.fullmatch(r"view\.[1-9]", one.id)] == []


def test_the_keys_of_ones_own_can_be_read(tmp_path: Path) -> None:
    (example,) = blocks("docs/keys.md", "toml")
    (tmp_path / "workspace.toml").write_text(example, "utf-8")
    assert workspaces.load(tmp_path).keys["view.mine"] == ("g g",)


# ---- configuration.md

SOURCES = {
    "imap": {"address": '"support@example.com"', "imap": '"imaps://mail.example.com"'},
    "demo": {"service": '"mailbox"'},
    "archive": {},
    "bluesky": {"handle": '"support.example.com"'},
    "matrix": {"url": '"https://matrix.example.com"', "username": '"@support:example.com"'},
    "chatwoot": {"url": '"https://chat.example.com"', "account": "1"},
    "nodebb": {"url": '"https://community.example.com"', "username": '"support"'},
    "discourse": {"url": '"https://forum.example.com"', "username": '"support"'},
}


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Section to key to its default and example."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for section in page("docs/configuration.md").split("\n### ")[1:]:
        rows = re.findall(r"^\| `(\w+)` \|(.*?)\| `(.*?)` \| ", section, re.MULTILINE)
        found[section.partition("\n")[0]] = {key: (default.strip(" `"), example) for key, default, example in rows}
    return found


def table_of(kind: str) -> dict[str, tuple[str, str]]:
    return tables()[f'type = "{kind}"']


def workspace_text(section: str, values: dict[str, str]) -> str:
    """A workspace.toml with nothing but what is needed, and these values in a section of the page."""
    if section.startswith("type = "):
        kind = section.removeprefix("type = ").strip('"')
        return source_text(kind, values)
    if section.startswith("[[source]]"):
        return source_text("imap", values)
    if section == "[hours]":
        values = {"timezone": '"UTC"', "open": '["daily 00:00-24:00"]', **values}
    if section == "[[view]]":
        values = {"name": '"Refunds"', "query": '"tag:refund"', **values}
    head = section + "\n" if section.startswith("[") else ""
    return head + "".join(f"{key} = {value}\n" for key, value in values.items())


def source_text(kind: str, values: dict[str, str]) -> str:
    needed = {"name": '"one"', "type": f'"{kind}"', **SOURCES[kind]}
    if "addresses" in values:
        del needed["address"]
    return "[[source]]\n" + "".join(f"{key} = {value}\n" for key, value in (needed | values).items())


def loaded(tmp_path: Path, text: str) -> workspaces.Workspace:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "views.toml").touch()
    (tmp_path / "workspace.toml").write_text(text, "utf-8")
    return workspaces.load(tmp_path)


ROWS = [(section, key) for section, rows in tables().items() for key in rows]


def test_there_are_tables_for_every_part_of_the_settings() -> None:
    from agent_tui.settings_file import BUILT_IN

    kinds = {one.removeprefix("type = ").strip('"') for one in tables() if one.startswith("type = ")}
    assert kinds == set(BUILT_IN)
    assert len(ROWS) > 30


def test_every_theme_is_told_of_and_is_one(tmp_path: Path) -> None:
    from agent_tui.settings_file import THEMES
    from agent_tui.widgets.theme import choose

    named = [one for one in THEMES if one not in {"auto", "contrast"}]  # those that follow the terminal are one of the others
    assert len({choose(one, colours="truecolor", no_colour=False).name for one in named}) == len(named)
    assert [one for one in THEMES if f"`{one}`" not in page("docs/configuration.md")] == []
    with pytest.raises(WorkspaceError, match="theme"):
        loaded(tmp_path, 'theme = "dusk"\n')


@pytest.mark.parametrize(("section", "key"), ROWS)
def test_every_example_of_a_setting_is_right(tmp_path: Path, section: str, key: str) -> None:
    example = tables()[section][key][1]
    if (section, key) == ("[[source]], every type", "type"):
        assert example == '"imap"'
    loaded(tmp_path, workspace_text(section, {key: example}))


@pytest.mark.parametrize(("section", "key"), ROWS)
def test_every_default_is_what_leaving_the_setting_out_means(tmp_path: Path, section: str, key: str) -> None:
    default = tables()[section][key][0]
    if default == "required":
        text = workspace_text(section, {})
        with pytest.raises(WorkspaceError, match=key):
            loaded(tmp_path, re.sub(rf"^{key} = .*\n", "", text, flags=re.MULTILINE))
    elif default and default not in ("[]", "{}"):
        without, written = (loaded(tmp_path, workspace_text(section, more)) for more in ({}, {key: default}))
        if key == "theme":
            from agent_tui.widgets.theme import choose

            looks = [choose(one.theme, colours="truecolor", no_colour=False) for one in (without, written)]
            assert looks[0] is looks[1]
        else:
            assert without == written


@pytest.mark.parametrize("section", tables())
def test_every_setting_the_program_knows_is_told_of(tmp_path: Path, section: str) -> None:
    if section in {"[keys]", "[personal]", "[watch]"}:
        return
    with pytest.raises(WorkspaceError) as caught:
        loaded(tmp_path, workspace_text(section, {"holidays": "[]"} if section == "[hours]" else {}) + "qqqqqq = 1\n")
    (fault,) = (one for one in caught.value.faults if "qqqqqq" in one)
    known = set(fault.rpartition("known are ")[2].split(", "))
    common = set(tables()["[[source]], every type"])
    told = set(tables()[section])
    if section.startswith("[[source]]"):
        assert told <= known
        known -= set(table_of("imap"))
    elif section.startswith("type = "):
        assert common <= known
        known -= common
    elif not section.startswith("["):
        known -= {"agent", "hours", "keys", "source", "view", "chat", "notify", "personal", "watch", "articles",
                  "encryption"}
    assert known == told


def test_the_whole_example_and_its_names_are_right(tmp_path: Path) -> None:
    (example,) = blocks("docs/configuration.md", "toml")
    found = loaded(tmp_path, example)
    assert found.source("support-mail").promise.first_reply == 6 * 3_600_000


def test_chats_are_not_held_and_everything_else_for_fifteen_seconds(tmp_path: Path) -> None:
    held = {
        kind: loaded(tmp_path, source_text("demo", {"service": f'"{kind}"'})).source("one").undo_ms
        for kind in ("mailbox", "chat", "forum")
    }
    assert held == {"mailbox": 15_000, "chat": 0, "forum": 15_000}


# ---- commands.md


def sections(name: str) -> dict[str, str]:
    parts = re.split(r"^## ", page(name), flags=re.MULTILINE)[1:]
    return {one.partition("\n")[0]: one.partition("\n")[2] for one in parts}


def test_every_command_and_every_option_is_told_of() -> None:
    from importlib import import_module

    from agent_tui.cli import _parser
    from agent_tui.commands import COMMANDS, MODULES

    told = sections("docs/commands.md")
    names = [name for name, _usage, _summary in COMMANDS]
    assert [one for one in told if not one.startswith(("Options", "Exit", "JSON"))] == names
    for name in names:
        parser = _parser(name)
        import_module(f"agent_tui.commands.{MODULES.get(name, name)}").arguments(parser)
        hidden = "==SUPPRESS=="
        options = {text for one in parser._actions if one.help != hidden for text in one.option_strings}
        assert [one for one in sorted(options) if one not in told[name]] == [], name
        said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", told[name]))
        assert said <= options | {"--json", "--offline"}, name
        assert f"agent-tui {name}" in told[name]


def test_the_json_fields_are_those_that_are_printed(demo: Path) -> None:
    text = sections("docs/commands.md")["JSON"]
    printed = {
        "case": lines(demo, "list", "--limit", "1")[0],
        "message": lines(demo, "show", lines(demo, "list")[0]["id"])[1],
        "operation": lines(demo, "do", lines(demo, "list")[0]["id"], "tag", "+x") and lines(demo, "outbox")[0],
    }
    for kind, value in printed.items():
        (told,) = re.findall(rf"^\*\*{kind}\*\*: (.*?)\n\n", text, re.MULTILINE | re.DOTALL)
        assert ["type", *re.findall(r"`(\w+)`", told)] == list(value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("source", "list"), ("source", "check"), ("sync",), ("where",), ("policy", "search", "refund"),
        ("policy", "suggest", "CASE"), ("doctor",), ("canned", "list"), ("canned", "render", "late-parcel", "CASE"),
        ("do", "CASE", "take"), ("backup", "FILE"),
    ],
    ids=" ".join,
)
def test_the_fields_of_other_answers_are_told(demo: Path, arguments: tuple[str, ...]) -> None:
    case = lines(demo, "list", "tag:shipping")[0]["id"]
    file = str(demo.parent / "desk.zip")
    found = lines(demo, *(case if one == "CASE" else file if one == "FILE" else one for one in arguments))
    told = sections("docs/commands.md")[arguments[0]]
    missing = {name for one in found if one["type"] != "progress" for name in one} - {"type"}
    assert sorted(name for name in missing if not re.search(rf'["`]{name}["`]', told)) == []


def lines(workspace: Path, *arguments: str) -> list[dict[str, object]]:
    """What a command prints with ``--json``."""
    from contextlib import redirect_stdout
    from io import StringIO

    from agent_tui.cli import run

    out = StringIO()
    with redirect_stdout(out):
        assert run(["--workspace", str(workspace), "--json", *arguments]) == 0
    return [json.loads(one) for one in out.getvalue().splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from agent_tui.commands.context import now_ms
    from agent_tui.sources.demo.make import make_workspace

    path = tmp_path_factory.mktemp("documents") / "demo"
    make_workspace(path, now=now_ms, live=False)
    lines(path, "sync")
    return path


# ---- all pages

PAGES = ("README.md", "CHANGELOG.md", "SECURITY.md", *(str(one.relative_to(PROJECT)) for one in sorted(DOCS.rglob("*.md"))))
TO_COME = {"docs/benchmarks.md"}


def anchor(heading: str) -> str:
    """As forges make them."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    text = re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, part = target.partition("#")
        file = (PROJECT / name).parent / path if path else PROJECT / name
        if str(file.resolve().relative_to(PROJECT)) in TO_COME and not file.exists():
            continue
        assert file.exists(), target
        if part:
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
            assert part in [anchor(one) for one in headings], target


def test_the_keys_of_the_readme_are_in_the_table() -> None:
    rows = re.search(r"## Ten keys\n(.*?)\n\n\*\*", page("README.md"), re.DOTALL)
    assert rows
    keys = [key for row in rows[1].splitlines()[3:] for key in re.findall(r"`(.*?)`", row.split("|")[1])]
    told = page("docs/keys.md")
    assert len(keys) > 10
    assert [one for one in keys if f"`{one}`" not in told] == []


def test_the_mailbox_of_the_readme_can_be_read(tmp_path: Path) -> None:
    (example,) = blocks("README.md", "toml")
    found = loaded(tmp_path, example)
    assert found.source("support-mail").addresses == ("support@example.com",)


def test_every_query_of_the_page_can_be_read() -> None:
    from agent_tui.domain import query

    text = page("docs/query-language.md")
    (listed,) = blocks("docs/query-language.md", "text")
    examples = [line.split("  ")[0] for line in listed.splitlines()]
    rows = re.findall(r"^\| (`.*?) \|.*\| `(.*)` \|$", text, re.MULTILINE)
    for one in examples + [example for _fields, example in rows]:
        assert not query.parse(one).empty
    assert {name for fields, _ in rows for name in re.findall(r"(\w+):", fields)} == set(query.NAMES)


def test_every_guard_is_told_of() -> None:
    from agent_tui.domain.guards import GUARDS

    told = re.findall(r"^\| `([\w-]+)` \|", page("docs/canned-replies.md").partition("## Guards")[2], re.MULTILINE)
    assert sorted(told) == sorted(GUARDS)


def test_every_state_of_the_outbox_is_told_of() -> None:
    from agent_tui.domain.operations import OperationState

    told = re.findall(r"^\| `(\w+)` \|", page("docs/offline-and-outbox.md"), re.MULTILINE)
    assert sorted(told) == sorted(OperationState)


def test_the_examples_of_policies_and_canned_replies_have_no_fault(tmp_path: Path) -> None:
    from agent_tui.knowledge.canned import CannedLibrary
    from agent_tui.knowledge.policies import PolicyLibrary

    for folder, name in (("policies", "docs/policies.md"), ("canned", "docs/canned-replies.md")):
        (tmp_path / folder).mkdir()
        for number, text in enumerate(blocks(name, "markdown")):
            (tmp_path / folder / f"example{number or ''}.md").write_text(text, "utf-8")
    policies, replies = PolicyLibrary(tmp_path / "policies"), CannedLibrary(tmp_path / "canned")
    assert policies.check() == ()
    assert replies.check({one.id for one in policies.clauses()}) == ()
    assert [one.id for one in policies.clauses()] == ["shipping#late-parcels"]


def test_the_messages_of_the_archive_page_can_be_imported() -> None:
    from agent_tui.sources.archive import lines as archived

    (block,) = blocks("docs/sources/archive.md", "json")
    for line in block.splitlines():
        value = archived.decode(line.encode())
        assert archived.message(value, "0", "key", archived.sent_ms(value)).conversation == "C-17"


def test_pictures_are_small_and_all_are_shown_somewhere() -> None:
    from urllib.parse import unquote

    shown = {unquote(one) for name in PAGES for one in re.findall(r"!\[[^\]]*\]\(\S*?([\w-]+\.png)\)", page(name))}
    files = {one.name: one.stat().st_size for one in (DOCS / "pictures").glob("*.png")}
    assert shown == set(files)
    assert max(files.values()) < 200_000
