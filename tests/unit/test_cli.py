"""What scripts rely on: exit statuses, one line for every error, exactly the documented fields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_tui import cli, log, workspace
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Attachment
from agent_tui.store import apply as applying
from agent_tui.store.database import Store
from tests.unit.workspaces import HOUR, batch, mail

TOML = """
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "mail"
type = "imap"
address = "support@example.com"
imap = "imap+insecure://127.0.0.1:1"
smtp = "smtp+insecure://127.0.0.1:1"
promise = { first_reply = "6h", next_reply = "2h" }
"""
CASE = {
    "type", "id", "source", "channel", "subject", "customer", "state", "assignee", "tags", "priority", "unread", "messages",
    "waiting_since", "due_at", "updated_at", "snoozed_until", "cached", "public", "answer",
}  # fmt: skip
MESSAGE = {
    "type", "id", "case", "remote_id", "direction", "visibility", "author", "to", "cc", "subject", "channel", "sent_at",
    "text", "fresh_text", "attachments", "state",
}  # fmt: skip
OPERATION = {
    "type", "id", "case", "source", "kind", "state", "to", "summary", "attempts", "error", "held_until", "updated_at",
}  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    hook = sys.excepthook
    monkeypatch.setattr(os, "umask", lambda _mask: 0o022)
    yield
    log.stop()
    sys.excepthook = hook


@pytest.fixture
def space(tmp_path) -> Path:
    """A workspace with two cases, as a sync would leave it."""
    (tmp_path / "workspace.toml").write_text(TOML)
    loaded = workspace.load(tmp_path)
    now = time.time_ns() // 1_000_000
    store = Store.open(loaded, role="engine", now=lambda: now)
    file = Attachment("bill.pdf", "application/pdf", 1234, "2")
    applying.apply(store, "mail", batch(
        mail("parcel@x", at=now - 3 * HOUR, attachments=(file,)),
        mail("refund@x", at=now - HOUR, subject="ਪੈਸੇ ਵਾਪਸ", text="When do I get my refund?", who="harpreet@customer.example"),
    ))  # fmt: skip
    store.close()
    return tmp_path


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def tui(space, capsys):
    def run(*arguments, expect=0):
        status = cli.run(["--workspace", str(space), *arguments])
        result = Result(status, *capsys.readouterr())
        assert status == expect, result.err
        if status not in (0, 130):
            assert result.err.startswith("agent-tui: ")
            assert len(result.err.splitlines()) == 1
        return result

    return run


@pytest.fixture
def codes(tui):
    """Ids of the parcel's case and the refund's."""
    return [one["id"] for one in tui("list", "--json").lines]


# --- the door itself ----------------------------------------------------------------------------------------------


def program(*arguments, **more):
    return subprocess.run([sys.executable, "-m", "agent_tui", *arguments], capture_output=True, text=True, check=False, timeout=60, **more)


@pytest.mark.parametrize("argument", ["--version", "--help", "help"])
def test_version_and_help_import_next_to_nothing(argument):
    code = f"import sys\nfrom agent_tui.cli import run\nrun([{argument!r}])\nprint(len(sys.modules), [m for m in ('argparse', 'json', 'dataclasses', 'textual') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=Path(cli.__file__).parents[1])
    assert done.stdout.splitlines()[-1].endswith("[]")


def test_every_command_has_help_of_its_own(tui):
    from agent_tui.commands import COMMANDS

    overview = tui("--help").out
    for name, _, summary in COMMANDS:
        assert summary in overview
        assert f"usage: agent-tui {name}" in tui(name, "--help").out


def test_global_options_stand_before_or_after_the_command(space, capsys):
    for arguments in (["--json", "--workspace", str(space), "list"], ["list", f"--workspace={space}", "--json"]):
        assert cli.run(arguments) == 0
        assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["--nonsense"], ["list", "--nonsense"], ["show"], ["show", "zzzzzzz"], ["do", "x"], ["--workspace"], ["list", "is:nonsense"],
     ["search", "("], ["secret", "set", "nobody"], ["sync", "nobody"], ["reply", "x"], ["list", "--view", "nonsense"], ["--json"]],
)  # fmt: skip
def test_bad_usage_is_status_2_and_one_line(tui, arguments):
    tui(*arguments, expect=2)


def test_a_bad_workspace_is_status_2_and_one_line_for_each_fault(tmp_path, capsys):
    (tmp_path / "workspace.toml").write_text("a = 1\nb = 2\n")
    assert cli.run(["list", "--workspace", str(tmp_path)]) == 2
    assert [line.split(":")[2] for line in capsys.readouterr().err.splitlines()] == ["1", "2"]


def test_the_workstation_without_a_terminal_says_so(tui):
    assert "terminal" in tui(expect=2).err


def test_whoever_stops_reading_ends_it_quietly(space):
    script = f"{sys.executable} -m agent_tui --workspace {space} list --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_what_it_makes_is_for_its_user_alone(space):
    done = program("--workspace", str(space), "list")
    assert done.returncode == 0
    made = [path for path in space.iterdir() if path.name != "workspace.toml" and path.is_file()]
    assert space / "agent-tui.log" not in made or (space / "agent-tui.log").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


def test_where_works_without_a_workspace(tmp_path, capsys):
    assert cli.run(["where", "--json", "--workspace", str(tmp_path / "none")]) == 0
    found = {one["name"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["settings"] == {"type": "path", "name": "settings", "path": str(tmp_path / "none/workspace.toml"), "exists": False}


# --- reading ------------------------------------------------------------------------------------------------------


def test_list_gives_cases_in_inbox_order_with_the_documented_fields(tui):
    found = tui("list", "--json").lines
    assert [one["subject"] for one in found] == ["Where is my parcel?", "ਪੈਸੇ ਵਾਪਸ"]
    for one in found:
        assert set(one) == CASE
        assert one["type"] == "case"
    first = found[0]
    assert first["customer"] == {"name": "Rina", "address": "rina@customer.example"}
    assert (first["state"], first["channel"], first["unread"], first["messages"], first["cached"]) == ("new", "email", 1, 1, "full")
    assert first["due_at"] > first["waiting_since"]
    assert first["due_at"].endswith("Z")
    assert first["snoozed_until"] is None


def test_a_query_finds_cases_in_every_state_and_may_begin_with_a_minus(tui, codes):
    tui("do", codes[0], "close")
    tui("do", codes[1], "tag", "+refund")
    assert [one["id"] for one in tui("list", "--json").lines] == [codes[1]]
    assert [one["id"] for one in tui("list", "state:closed", "--json").lines] == [codes[0]]
    assert [one["id"] for one in tui("list", "-tag:refund", "--json").lines] == [codes[0]]
    assert tui("list", "--limit", "1", "source:mail", "--json").lines[0]["id"] in codes


def test_a_wrong_query_points_at_the_place(tui):
    assert "▸" in tui("list", "tag:x AND (is:nonsense", expect=2).err


def test_show_gives_the_case_then_its_messages(tui, codes):
    case, message = tui("show", codes[0][:4], "--json").lines
    assert set(case) == CASE
    assert set(message) == MESSAGE
    assert (message["case"], message["direction"], message["visibility"], message["state"]) == (codes[0], "in", "private", "received")
    assert message["author"] == {"name": "Rina", "address": "rina@customer.example", "role": "customer"}
    assert message["attachments"] == [{"name": "bill.pdf", "media_type": "application/pdf", "size": 1234, "cached": False}]
    assert "Hello, where is my parcel?" in tui("show", codes[0]).out


def test_search_gives_messages_with_their_case_and_a_snippet(tui, codes):
    (found,) = tui("search", "refund", "--json").lines
    assert set(found) == MESSAGE | {"case_subject", "snippet"}
    assert found["case"] == codes[1]
    assert "refund" in found["snippet"]
    assert tui("search", "nowhere", "--json").lines == []


# --- doing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "field", "value"),
    [
        (["close"], "state", "closed"), (["spam"], "state", "spam"), (["assign", "marek"], "assignee", "marek"),
        (["assign", "me"], "assignee", "asha@example.com"), (["take"], "assignee", "asha@example.com"),
        (["tag", "+vip", "+late"], "tags", ["late", "vip"]), (["priority", "urgent"], "priority", "urgent"),
        (["read"], "unread", 0), (["snooze", "2h"], "state", "snoozed"), (["customer", "Robin <robin@x.example>"], "customer", {"name": "Robin", "address": "robin@x.example"}),
    ],
)  # fmt: skip
def test_verbs_and_their_undo(tui, codes, verb, field, value):
    before = tui("show", codes[0], "--json").lines[0][field]
    done = tui("do", codes[0], *verb, "--json").lines
    assert [one["type"] for one in done] == ["done"]
    after = tui("show", codes[0], "--json").lines[0][field]
    assert (sorted(after) if field == "tags" else after) == value
    tui("do", codes[0], "undo")
    assert tui("show", codes[0], "--json").lines[0][field] == before


def test_several_cases_are_one_step(tui, codes):
    tui("do", *codes, "close")
    assert tui("list", "--json").lines == []
    tui("do", "undo")
    assert len(tui("list", "--json").lines) == 2


def test_merging_shows_two_cases_as_one(tui, codes):
    tui("do", codes[1], "merge", codes[0])
    assert len(tui("list", "--json").lines) == 1
    assert len(tui("show", codes[0], "--json").lines) == 3


@pytest.mark.parametrize("words", [["snooze"], ["snooze", "yesterday"], ["priority", "huge"], ["tag"], ["close", "now"], ["assign"], ["merge"], ["split"], ["split", "x"]])
def test_a_wrong_argument_of_a_verb_is_bad_usage(tui, codes, words):
    tui("do", codes[0], *words, expect=2)


def test_nothing_to_undo_is_status_1(space, capsys):
    assert cli.run(["do", "undo", "--workspace", str(space)]) == 1
    assert "nothing to undo" in capsys.readouterr().out


# --- replying -----------------------------------------------------------------------------------------------------


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "reply.txt"
    path.write_text("Hello Rina,\n\nyour parcel left on Monday and arrives tomorrow.\n\nAsha\n")
    return str(path)


def test_a_reply_is_held_and_shown_in_outbox_and_case(tui, codes, text):
    (operation,) = tui("reply", codes[0], "--text-file", text, "--json").lines
    assert set(operation) == OPERATION
    assert (operation["kind"], operation["state"], operation["case"]) == ("reply", "held", codes[0])
    assert operation["to"] == [{"name": "Rina", "address": "rina@customer.example"}]
    assert operation["held_until"].endswith("Z")
    assert [one["id"] for one in tui("outbox", "--json").lines] == [operation["id"]]
    last = tui("show", codes[0], "--json").lines[-1]
    assert (last["direction"], last["state"]) == ("out", "held")


def test_now_means_no_undo_window_and_close_follows(tui, codes, text):
    (operation,) = tui("reply", codes[0], "--text-file", text, "--now", "--close", "--json").lines
    assert operation["state"] == "queued"
    assert operation["held_until"] is None
    assert [one["kind"] for one in tui("outbox", "--json").lines] == ["reply", "state"]


def test_a_note_is_a_note(tui, codes, tmp_path):
    (tmp_path / "note.txt").write_text("She called twice.")
    (operation,) = tui("reply", codes[0], "--text-file", str(tmp_path / "note.txt"), "--note", "--json").lines
    assert (operation["kind"], operation["to"]) == ("note", [])
    assert tui("show", codes[0], "--json").lines[-1]["visibility"] == "note"


def test_a_guard_stops_with_status_3_and_can_be_passed_where_it_may(tui, codes, tmp_path):
    (tmp_path / "text").write_text("Hello Marcus,\n\nhere is {{ order }}.\n")
    stopped = tui("reply", codes[0], "--text-file", str(tmp_path / "text"), "--json", expect=3)
    (guard,) = stopped.lines
    assert set(guard) == {"type", "guard", "reason", "passable"}
    assert guard["guard"] == "template"
    assert tui("outbox", "--json").lines == []
    empty = tmp_path / "empty"
    empty.write_text(" \n")
    assert tui("reply", codes[0], "--text-file", str(empty), "--json", expect=3).lines[0]["guard"] == "empty"


def test_the_guards_that_were_gone_past_are_listed_newest_first(tui, codes, tmp_path):
    assert tui("outbox", "--passes").out == "no guard was gone past\n"
    assert tui("outbox", "--passes", "--json").lines == []
    path = tmp_path / "text"
    path.write_text("Hello,\n\nplease see the attached invoice.\n")
    assert tui("reply", codes[0], "--text-file", str(path), "--json", expect=3).lines[0]["guard"] == "attachment"
    assert tui("outbox", "--passes", "--json").lines == [], "a stop that was heeded is no pass"
    sent = [
        tui("reply", code, "--text-file", str(path), "--override", "attachment", "--json").lines[0]
        for code in codes
    ]
    passes = tui("outbox", "--passes", "--json").lines
    attached = [one for one in passes if one["guard"] == "attachment"]
    assert [(one["operation"], one["case"]) for one in attached] == [(one["id"], one["case"]) for one in reversed(sent)]
    assert set(passes[0]) == {"type", "operation", "guard", "at", "case", "summary"}
    assert (passes[0]["type"], attached[0]["summary"]) == ("pass", sent[-1]["summary"])
    assert attached[0]["at"].endswith("Z")
    shown = tui("outbox", "--passes").out.splitlines()
    assert len(shown) == len(passes)
    assert "attachment" in shown[0]
    assert sent[-1]["case"] in shown[0]


def test_an_unknown_guard_to_pass_is_bad_usage(tui, codes, text):
    assert "did you mean 'empty'?" in tui("reply", codes[0], "--text-file", text, "--override", "emtpy", expect=2).err


def test_what_somebody_is_writing_stays_as_it_is(tui, codes, space, text):
    from agent_tui.desk import Desk

    desk = Desk(workspace.load(space), role="desk", offline=True)
    number = desk.find_case(codes[0])
    from dataclasses import replace

    draft = desk.save_draft(replace(desk.draft(number), text="half a sentence", to=()))
    (operation,) = tui("reply", codes[0], "--text-file", text, "--json").lines
    assert operation["to"]
    assert [one.text for one in desk.drafts()] == ["half a sentence"]
    assert desk.draft(number).id == draft.id
    desk.close()


# --- files --------------------------------------------------------------------------------------------------------


def test_export_as_json_is_what_show_prints(tui, codes):
    assert tui("export", codes[0], "--format", "json").lines == tui("show", codes[0], "--json").lines


def test_export_as_markdown_quotes_what_people_wrote(tui, codes):
    text = tui("export", codes[0], "--format", "md").out
    assert text.startswith("# Where is my parcel?\n")
    assert "\n> Hello, where is my parcel?\n" in text


def test_export_as_mail_can_be_read_by_a_mail_program(space, codes, tui, text):
    import email.policy

    tui("reply", codes[0], "--text-file", text)
    done = subprocess.run([sys.executable, "-m", "agent_tui", "--workspace", str(space), "export", codes[0], "--format", "eml"], capture_output=True, check=True)
    mail_ = email.message_from_bytes(done.stdout, policy=email.policy.default)
    inner = [part.get_content() for part in mail_.iter_attachments()]
    assert [one["From"] for one in inner] == ["Rina <rina@customer.example>", "Asha Rao <support@example.com>"]
    assert "parcel left on Monday" in inner[1].get_content()


def test_a_backup_brings_back_what_exists_only_here(tui, codes, space, tmp_path):
    tui("do", codes[0], "tag", "+vip")
    tui("backup", str(tmp_path / "b.zip"))
    tui("do", codes[0], "tag", "-vip", "+lost")
    (space / "workspace.toml").write_text(TOML + "# changed\n")
    tui("restore", str(tmp_path / "b.zip"))
    assert (space / "workspace.toml").read_text() == TOML
    assert (space / "workspace.toml.before-restore").read_text().endswith("# changed\n")
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    tui("backup", str(tmp_path / "b.zip"), expect=2)
    assert [one["summary"] for one in tui("outbox", "--json").lines] == ["tag +vip"]


def test_a_damaged_backup_changes_nothing(tui, space, tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4 nothing")
    tui("restore", str(tmp_path / "bad.zip"), expect=2)
    assert (space / "workspace.toml").read_text() == TOML


# --- servers, secrets, health ---------------------------------------------------------------------------------------


def test_source_list_names_what_is_configured(tui):
    (found,) = tui("source", "list", "--json").lines
    assert (found["name"], found["kind"], found["channel"], found["addresses"], found["undo"]) == ("mail", "imap", "email", ["support@example.com"], "15s")
    assert found["promise"] == {"first_reply": "6h", "next_reply": "2h"}


def test_offline_forbids_what_needs_a_server(tui):
    for arguments in (["sync"], ["source", "check"]):
        tui(*arguments, "--offline", expect=2)


def test_a_secret_is_read_from_standard_input_and_never_shown(tui, monkeypatch):
    import io

    from agent_tui import secrets

    held = {}

    class Ring:
        def set_password(self, service, user, value):
            held[service, user] = value

        def get_password(self, service, user):
            return held.get((service, user))

        def delete_password(self, service, user):
            del held[service, user]

    monkeypatch.setattr(secrets, "harden", lambda: None)
    monkeypatch.setattr(secrets, "_backend", Ring)
    monkeypatch.setattr(sys, "stdin", io.StringIO("hunter2-hunter2\n"))
    shown = tui("secret", "set", "mail")
    assert list(held.values()) == ["hunter2-hunter2"]
    assert "hunter2" not in shown.out + shown.err
    tui("secret", "forget", "mail")
    assert held == {}
    log._secrets.clear()


def test_doctor_says_what_is_wrong_and_what_to_do(tui, space, monkeypatch):
    from agent_tui import secrets

    monkeypatch.setattr(secrets, "harden", lambda: None)
    monkeypatch.setenv("AGENT_TUI_SECRET_MAIL", "hunter2-hunter2")
    space.chmod(0o700)
    good = tui("doctor", "--offline", "--json").lines
    assert {one["status"] for one in good} <= {"ok", "note"}
    assert {(one["area"], one["name"]) for one in good} >= {("workspace", "settings"), ("database", "desk.db"), ("secret", "mail")}
    space.chmod(0o755)
    found = [json.loads(line) for line in run_status(space, "doctor", "--offline", "--json", expect=0).splitlines()]
    assert [one["name"] for one in found if one["status"] == "mended"] == ["directory"]
    assert space.stat().st_mode & 0o777 == 0o700
    (space / "attachments").mkdir()
    (space / "attachments" / "letter").touch()
    (space / "attachments" / "letter").chmod(0o644)  # whatever this process may be told to leave out
    bad = [json.loads(line) for line in run_status(space, "doctor", "--offline", "--json", expect=1).splitlines()]
    assert [(one["name"], "doctor --mend" in one["words"]) for one in bad if one["status"] == "wrong"] == [("files", True)]
    run_status(space, "doctor", "--offline", "--mend", expect=0)
    assert (space / "attachments" / "letter").stat().st_mode & 0o777 == 0o600
    log._secrets.clear()


def run_status(space, *arguments, expect):
    done = program("--workspace", str(space), *arguments)
    assert done.returncode == expect, done.stderr
    return done.stdout


def test_doctor_finds_a_damaged_database(space):
    path = space / "cache.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    out = run_status(space, "doctor", "--offline", expect=1)
    assert "WRONG  database  cache.db" in out
    assert "agent-tui doctor --mend" in out


def test_ids_are_printed_as_they_are_typed(tui, codes, space):
    from agent_tui.desk import Desk

    desk = Desk(workspace.load(space), role="command", offline=True)
    assert [case_code(one.id) for one in desk.listing()] == codes
    desk.close()
