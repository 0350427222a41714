"""The demo's world hangs together: its cases, policies and canned replies."""

from __future__ import annotations

import re
import stat
import unicodedata
from pathlib import Path

import pytest
import yaml

from agent_tui.domain.actions import VERBS
from agent_tui.domain.commands.table import command
from agent_tui.knowledge.canned import CannedLibrary
from agent_tui.knowledge.policies import PolicyLibrary
from agent_tui.sources.demo import scenario
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.make import make_workspace
from agent_tui.sources.demo.server import DemoServer

NOW = 1_790_000_000_000
SERVICES = ("mailbox", "chat", "forum")
SCRIPTS = {"bn": "BENGALI", "pa": "GURMUKHI", "kn": "KANNADA", "hi": "DEVANAGARI"}


def cases() -> list[tuple[str, dict]]:
    return [(service, case) for service in SERVICES for case in scenario.table(service)["case"]]


def front_matter(folder: str) -> list[tuple[str, dict, str]]:
    found = []
    for path in sorted((scenario.FOLDER / folder).iterdir(), key=lambda p: p.name):
        _, head, body = path.read_text("utf-8").split("---\n", 2)
        found.append((path.name, yaml.safe_load(head), body))
    return found


def scripts_in(text: str) -> set[str]:
    names = {unicodedata.name(c, "").split()[0] for c in text if unicodedata.category(c)[0] in "LM"}
    return names & set(SCRIPTS.values())


def test_it_is_a_week_of_believable_size_in_many_languages() -> None:
    assert 45 <= len(cases()) <= 65
    languages = {case.get("language", "en") for _, case in cases()}
    assert languages >= {"en", "bn", "pa", "kn", "fil", "de", "es", "hi"}
    for service in SERVICES:
        here = {case.get("language", "en") for kind, case in cases() if kind == service}
        assert len(here) >= 5, service


def test_ids_are_unique_and_times_ascend_within_a_case() -> None:
    for service in SERVICES:
        ids = [case["id"] for case in scenario.table(service)["case"]]
        assert len(ids) == len(set(ids))
    for _, case in cases():
        ages = [scenario.span(message["ago"]) for message in case["message"]]
        assert ages == sorted(ages, reverse=True), case["id"]
        assert max(ages) < 8 * scenario.UNITS["d"]


def test_every_text_keeps_to_the_script_of_its_language() -> None:
    items = [case | {"text": message["text"]} for _, case in cases() for message in case["message"]]
    for item in items + scenario.pool():
        language = item.get("language", "en")
        answers = " ".join(a if isinstance(a, str) else a["text"] for a in item.get("answers", ()))
        found = scripts_in(item["text"] + item.get("subject", "") + answers)
        assert found <= {SCRIPTS.get(language, "")}, item["text"]
        if language in SCRIPTS:
            assert found, item["text"]
    for language, talk in scenario.table("live")["small_talk"].items():
        assert scripts_in(" ".join(talk)) <= {SCRIPTS.get(language, "")}


def test_nobody_real_can_be_written_to() -> None:
    addresses = [address for _, address in scenario.table("company")["staff"].values()]
    for item in [case for _, case in cases()] + scenario.pool():
        addresses.append(item["address"])
        addresses += re.findall(r"[\w.]+@[\w.-]+\w", " ".join(m["text"] for m in item.get("message", ())))
    for address in addresses:
        if "@" in address:
            assert address.endswith((".example", ".invalid", "@example.com")), address


def test_the_first_mail_names_ten_keys_and_fits_an_old_screen() -> None:
    (start,) = [case for _, case in cases() if case["id"] == "start-here"]
    text = start["message"][0]["text"]
    assert re.findall(r"^ ?(\d+)  ", text, re.MULTILINE) == [str(n) for n in range(1, 11)]
    numbered = [line for line in text.splitlines() if re.match(r" ?\d+  ", line)]
    assert max(map(len, numbered)) <= 100


def test_the_keys_of_the_first_mail_are_the_keys_of_the_program() -> None:
    (start,) = [case for _, case in cases() if case["id"] == "start-here"]
    text = start["message"][0]["text"]
    taught = {
        "move.down": "j", "move.up": "k", "open": "enter", "reply": "r", "compose.canned": "ctrl+t",
        "compose.gap": "ctrl+g", "compose.send": "ctrl+s", "gate.send": "y", "gate.done": "e", "done": "e",
        "undo": "z", "snooze": "b", "note": "n", "search": "/", "help": "?", "palette": "ctrl+p", "quit": "ctrl+q",
    }  # fmt: skip
    for name, key in taught.items():
        found = command(name)
        assert found is not None, name
        assert key in found.keys, name
        assert re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text), key


def test_a_clock_will_do_for_a_time(tmp_path: Path) -> None:
    make_workspace(tmp_path, lambda: NOW)
    with DemoServer(tmp_path / FILE_NAME, now=lambda: NOW) as server:
        assert max(m.received_at for m in server.messages("chat")) == NOW - 15_000


def test_the_same_person_asks_on_three_channels() -> None:
    assert {service for service, case in cases() if case["name"] == "Imelda Cruz"} == set(SERVICES)


def test_every_attached_file_exists() -> None:
    for _, case in cases():
        for message in case["message"]:
            for name in message.get("files", ()):
                assert scenario.attached(name).content
    assert scenario.attached("bent-port.png").content.startswith(b"\x89PNG")


def test_the_libraries_have_no_fault_and_canned_replies_rely_on_real_clauses(tmp_path: Path) -> None:
    make_workspace(tmp_path, NOW)
    policies, canned = PolicyLibrary(tmp_path / "policies"), CannedLibrary(tmp_path / "canned")
    policies.refresh()
    canned.refresh()
    clauses = {clause.id for clause in policies.clauses()}
    assert len({name.split("#")[0] for name in clauses}) >= 6
    assert len(clauses) >= 30
    assert policies.check() == ()
    assert canned.check(clauses) == ()
    assert any(head.get("clauses") for _, head, _ in front_matter("canned"))
    assert {action.split()[0] for _, head, _ in front_matter("canned") for action in head.get("then", ())} <= set(VERBS)
    macros = [head for _, head, body in front_matter("canned") if not body.strip()]
    assert len(macros) >= 3, "what changes several things at once, without a text of its own"


def test_canned_replies_come_in_the_languages_of_the_customers_and_are_meant_to_be_edited() -> None:
    replies = [one for one in front_matter("canned") if one[2].strip()]
    names = {head["name"] for _, head, _ in replies}
    assert 10 <= len(names) <= 16
    for language in ("bn", "pa", "kn", "fil"):
        assert len([1 for _, head, _ in replies if head["language"] == language]) >= 4
    asking = {head["name"] for _, head, body in replies if "ask(" in body}
    assert len(asking) >= 8
    for name, head, body in replies:
        plain = re.sub(r"\{\{.*?\}\}", "", body)
        assert scripts_in(plain) <= {SCRIPTS.get(head["language"], "")}, name
    for shared in names:  # variants ask the same facts, so an answer fits all of them
        asked = {tuple(re.findall(r'ask\("(.+?)"\)', body)) for _, head, body in replies if head["name"] == shared}
        assert len({frozenset(one) for one in asked}) == 1, shared


def test_making_a_workspace_leaves_one_private_file_of_servers(tmp_path: Path) -> None:
    make_workspace(tmp_path / "demo", NOW)
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {"workspace.toml", "policies", "canned", FILE_NAME}
    assert stat.S_IMODE((tmp_path / "demo" / FILE_NAME).stat().st_mode) == 0o600
    with DemoServer(tmp_path / "demo" / FILE_NAME, now=lambda: NOW) as server:
        for service in SERVICES:
            kept = server.messages(service)
            assert {m.conversation for m in kept} == {case["id"] for case in scenario.table(service)["case"]}
            assert all(m.received_at < NOW for m in kept)


def test_a_workspace_is_never_overwritten(tmp_path: Path) -> None:
    make_workspace(tmp_path, NOW)
    (tmp_path / "canned" / "mine.md").write_text("mine")
    with pytest.raises(FileExistsError):
        make_workspace(tmp_path, NOW)
    assert (tmp_path / "canned" / "mine.md").read_text() == "mine"


def test_a_span_that_is_none_is_refused() -> None:
    assert scenario.span("1d2h3m4s") == 93_784_000
    with pytest.raises(ValueError, match="no span"):
        scenario.span("soon")
