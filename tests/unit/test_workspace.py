"""What a workspace promises: every fault at once with its line, and sensible values for the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent_tui import workspace
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Channel, Promise
from agent_tui.sources.imap.settings import Endpoint

MAIL = """
[[source]]
name = "support-mail"
type = "imap"
address = "support@example.com"
imap = "imaps://mail.example.com"
"""
HOUR = 3_600_000


def write(folder: Path, text: str) -> Path:
    (folder / "workspace.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(WorkspaceError) as caught:
        workspace.load(write(folder, text))
    prefix = f"{folder / 'workspace.toml'}:"
    assert all(one.startswith(prefix) and "\n" not in one for one in caught.value.faults)
    return [one.removeprefix(prefix) for one in caught.value.faults]


def test_a_mailbox_needs_four_lines_and_gets_careful_defaults(tmp_path):
    source = workspace.load(write(tmp_path, MAIL)).source("support-mail")
    assert source.channel is Channel.EMAIL
    assert source.undo_ms == 15_000
    assert source.backlog_ms == 14 * 24 * HOUR
    assert source.promise == Promise()
    options = source.options
    assert options.imap == Endpoint("mail.example.com", 993, "tls")
    assert options.smtp is None
    assert (options.username, options.folders, options.auth, options.fetch_ms) == ("support@example.com", ("INBOX",), "password", None)


def test_every_setting_of_a_mailbox_is_read(tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    text = MAIL + """
smtp = "smtp+insecure://127.0.0.1:2525"
username = "me"
smtp_username = "me-too"
auth = "xoauth2"
ca_file = "ca.pem"
folders = ["inbox", "Billing"]
fetch = "30d"
confirm = "bcc-self"
archive = true
undo = "0s"
priority = 5
backlog = "2w"
promise = { first_reply = "6h", next_reply = "1h30m" }
secret_command = ["pass", "show", "x"]
smtp_secret_command = ["pass", "show", "y"]
"""
    source = workspace.load(write(tmp_path, text)).source("support-mail")
    options = source.options
    assert options.smtp == Endpoint("127.0.0.1", 2525, "plain")
    assert (options.username, options.smtp_username, options.auth) == ("me", "me-too", "xoauth2")
    assert options.ca_file == tmp_path / "ca.pem"
    assert options.folders == ("INBOX", "Billing")
    assert (options.fetch, options.fetch_ms, options.confirm_bcc_self, options.archive) == ("30d", 720 * HOUR, True, True)
    assert (source.undo_ms, source.priority, source.backlog_ms) == (0, 5, 336 * HOUR)
    assert source.promise == Promise(6 * HOUR, HOUR * 3 // 2)
    assert dict(source.secret_commands) == {"": ("pass", "show", "x"), "smtp": ("pass", "show", "y")}


def test_the_default_undo_is_that_of_the_channel(tmp_path):
    text = "".join(f'[[source]]\nname = "{one}"\ntype = "demo"\nservice = "{one}"\n' for one in ("mailbox", "chat", "forum"))
    loaded = workspace.load(write(tmp_path, text))
    assert [(one.channel.value, one.undo_ms) for one in loaded.sources] == [("email", 15_000), ("chat", 0), ("community", 15_000)]


def test_every_fault_is_told_at_once_with_its_line_and_a_remedy(tmp_path):
    found = faults(tmp_path, """theem = "x"
[agent]
email = "asha"
languages = [
  "en",
  "english language",
]

[[source]]
name = "Support Mail"
type = "imap"
adress = "support@example.com"
imap = "mail.example.com"
undo = 15
promise = { first_reply = "6 hours" }
archive = "yes"
priority = 1000
""")
    expected = [
        ("1: theem:", "did you mean 'theme'?"), ("3: agent.email:", "e-mail address"), ("6: agent.languages:", "language tag"),
        ("9: source 1, address:", 'add address = "support@example.com"'), ("10: source 1, name:", "small letters"),
        ("12: source 1, adress:", "did you mean 'address'?"), ("13: source 1, imap:", "imaps:// or"),
        ("14: source 1, undo:", '"15s"'), ("15: source 1, promise.first_reply:", '"6h"'),
        ("16: source 1, archive:", "true or false"), ("17: source 1, priority:", "whole number"),
    ]
    assert len(found) == len(expected)
    for fault, (start, part) in zip(found, expected, strict=True):
        assert fault.startswith(start)
        assert part in fault


def test_a_secret_in_the_file_is_refused_and_never_repeated(tmp_path):
    found = faults(tmp_path, MAIL.replace("imaps://", "imaps://me:hunter2@") + 'password = "hunter2"\nsmtp_password = "hunter2"\n[agent]\ntoken = "hunter2"\n')
    assert len(found) == 4
    assert "hunter2" not in "".join(found)
    assert sum("agent-tui secret set support-mail" in one for one in found) == 3


def test_a_password_in_an_address_is_never_repeated_however_odd(tmp_path):
    (fault,) = faults(tmp_path, MAIL.replace("imaps://", "imaps://me:hunter2#x@"))
    assert "hunter2" not in fault


def test_names_are_unique(tmp_path):
    found = faults(tmp_path, MAIL + MAIL)
    assert found == ["9: source 'support-mail', name: is already the name of the source in line 3; give each its own"]


def test_names_whose_secrets_would_share_a_variable_are_refused(tmp_path):
    (fault,) = faults(tmp_path, MAIL + MAIL.replace("support-mail", "support-mail-smtp"))
    assert fault.startswith("9: ")
    assert "share an environment variable" in fault


@pytest.mark.parametrize("url", ["imap+insecure://mail.example.com", "imap+insecure://10.0.0.1", "imap+insecure://localhost.evil.example"])
def test_an_open_connection_is_for_this_machine_only(tmp_path, url):
    (fault,) = faults(tmp_path, MAIL.replace("imaps://mail.example.com", url))
    assert "this machine only" in fault


@pytest.mark.parametrize("url", ["imap+insecure://localhost", "imap+insecure://127.0.0.2:1143", "imap+insecure://[::1]:1143"])
def test_an_open_connection_to_this_machine_is_taken(tmp_path, url):
    loaded = workspace.load(write(tmp_path, MAIL.replace("imaps://mail.example.com", url)))
    assert loaded.sources[0].options.imap.security == "plain"


@pytest.mark.parametrize("url", ["imaps://", "imaps://a b", "imaps://x:99999", "imaps://x/folder", "https://x", "imaps:x", "imaps://x:secret", "imaps://[::1"])
def test_a_wrong_address_of_a_server_is_one_fault(tmp_path, url):
    (fault,) = faults(tmp_path, MAIL.replace("imaps://mail.example.com", url))
    assert fault.startswith("6: source 'support-mail', imap:")
    assert "imaps://" in fault


@pytest.mark.parametrize(("text", "place"), [("a = \n", ":1:5: "), ('[agent]\nname = "x\nb = 1', ":2:10: "), ("[agent", ":1:7: ")])
def test_what_is_no_toml_is_named_by_line_and_column(tmp_path, text, place):
    with pytest.raises(WorkspaceError) as caught:
        workspace.load(write(tmp_path, text))
    (fault,) = caught.value.faults
    assert f"workspace.toml{place}" in fault


def test_text_in_another_encoding_is_named_by_line(tmp_path):
    (tmp_path / "workspace.toml").write_bytes(b'[agent]\nname = "J\xf6rg"\n')
    with pytest.raises(WorkspaceError, match=r"workspace\.toml:2: is not UTF-8"):
        workspace.load(tmp_path)


def test_a_missing_workspace_says_what_to_do_next(tmp_path):
    with pytest.raises(WorkspaceError, match=r"agent-tui demo"):
        workspace.load(tmp_path / "nowhere")


def test_a_type_this_version_does_not_have_names_those_it_has(tmp_path):
    (fault,) = faults(tmp_path, '[[source]]\nname = "a"\ntype = "imapp"\n')
    assert "did you mean 'imap'?" in fault
    known = fault.rpartition("known are ")[2].split(", ")
    assert {"archive", "demo", "imap"} <= set(known)
    assert known == sorted(known)


def test_faults_hold_nothing_a_terminal_would_act_on(tmp_path):
    (fault,) = faults(tmp_path, '[agent]\nemail = "a\\u001b]0;x\\u0007\\nb"\n')
    assert fault.isprintable()


def test_windows_line_ends_and_a_byte_order_mark_are_no_fault(tmp_path):
    (tmp_path / "workspace.toml").write_bytes(b"\xef\xbb\xbf" + MAIL.replace("\n", "\r\n").encode())
    assert workspace.load(tmp_path).sources[0].name == "support-mail"


def test_archives_are_sources_without_a_line_in_the_users_file(tmp_path):
    write(tmp_path, MAIL)
    (tmp_path / "archives/old-desk").mkdir(parents=True)
    (tmp_path / "archives/old-desk/archive.toml").write_text('channel = "chat"\n')
    loaded = workspace.load(tmp_path)
    assert [(one.name, one.type, one.channel.value) for one in loaded.sources] == [("support-mail", "imap", "email"), ("old-desk", "archive", "chat")]
    assert loaded.source("old-desk").backlog_ms is None


def test_keys_can_be_rebound_to_one_or_several_or_none(tmp_path):
    loaded = workspace.load(write(tmp_path, '[keys]\nreply = ["r", "ctrl+y"]\nview.mine = "g y"\n"view.waiting" = "g z"\nstar = []\n'))
    assert dict(loaded.keys) == {"reply": ("r", "ctrl+y"), "view.mine": ("g y",), "view.waiting": ("g z",), "star": ()}


def test_a_wrong_binding_is_named_with_its_line(tmp_path):
    found = faults(tmp_path, '[keys]\nrepyl = "r"\nview.mien = "g y"\ndone = "f5"\ntake = "f5"\n')
    assert [one.split(": ")[:2] for one in found] == [["2", "keys.repyl"], ["3", "keys.view.mien"], ["5", "keys.take"]]
    assert "did you mean reply?" in found[0]


def test_working_hours_are_read_for_all_and_for_one_source(tmp_path):
    text = """[hours]
timezone = "Asia/Kolkata"
open = ["mon-fri 09:00-18:00", "sat 10:00-14:00"]
holidays = ["2026-12-25", 2026-12-26]
""" + MAIL + MAIL.replace("support-mail", "other") + """
[source.hours]
timezone = "UTC"
open = ["fri 22:00-06:00"]
"""
    loaded = workspace.load(write(tmp_path, text))
    assert loaded.hours.holidays == ("2026-12-25", "2026-12-26")
    assert loaded.source("support-mail").hours == loaded.hours
    assert loaded.source("other").hours.open == ((4, 22 * 60, 30 * 60),)


def test_every_wrong_hour_is_named_with_its_own_line(tmp_path):
    found = faults(tmp_path, """[hours]
timezone = "Asia/Kolkatta"
open = [
  "mon-fri 09:00-18:00",
  "sat 25:00-14:00",
  7,
]
holidays = [
  "2026-13-25",
]
lunch = "12:00"
""")
    assert [one.split(": ")[0] + one.split(": ")[1].removeprefix("hours") for one in found] == ["2.timezone", "5.open", "6.open", "9.holidays", "11.lunch"]
    assert "Asia/Kolkata" in found[0]


def test_hours_without_a_word_on_when_are_a_fault(tmp_path):
    found = faults(tmp_path, "[hours]\n")
    assert [one.split(": ")[1] for one in found] == ["hours.timezone", "hours.open"]


def test_our_addresses_are_those_of_every_source_and_of_the_agent(tmp_path):
    text = MAIL.replace('address = "support@example.com"', 'addresses = ["Support@example.com", "sales@example.com"]')
    loaded = workspace.load(write(tmp_path, f'[agent]\nemail = "Asha@example.com"\n{text}'))
    assert loaded.agent_addresses == {"support@example.com", "sales@example.com", "asha@example.com"}
    assert loaded.agent.handle == "Asha@example.com"


def test_the_workspace_is_the_argument_then_the_variable_then_the_platforms(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENT_TUI_WORKSPACE", str(tmp_path / "variable"))
    assert workspace.locate(tmp_path / "argument") == tmp_path / "argument"
    assert workspace.locate() == tmp_path / "variable"
    monkeypatch.setenv("AGENT_TUI_WORKSPACE", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert workspace.locate() == tmp_path / "data" / "agent-tui"
    monkeypatch.chdir(tmp_path)
    assert workspace.locate("here") == tmp_path / "here"


def test_a_new_directory_is_its_owners_alone_and_an_old_one_keeps_its_mode(tmp_path):
    made = workspace.create_directory(tmp_path / "new")
    assert made.stat().st_mode & 0o777 == 0o700
    (tmp_path / "old").mkdir()
    (tmp_path / "old").chmod(0o750)
    assert workspace.create_directory(tmp_path / "old").stat().st_mode & 0o777 == 0o750


def test_a_socket_whose_path_is_too_long_goes_to_the_runtime_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run")
    assert workspace.Workspace(path=Path("/w")).socket_path == Path("/w/engine.sock")
    long = workspace.Workspace(path=Path("/w" * 60))
    other = workspace.Workspace(path=Path("/w" * 61))
    assert str(long.socket_path).startswith("/run/agent-tui/")
    assert len(os.fsencode(long.socket_path)) < 108
    assert long.socket_path != other.socket_path


def test_what_is_personal_here_is_an_expression_that_can_be_used(tmp_path):
    (tmp_path / "workspace.toml").write_text("[personal]\n\"an order number\" = 'TW-[0-9]{5}'\n", "utf-8")
    assert workspace.load(tmp_path).personal == (("an order number", "TW-[0-9]{5}"),)
    (tmp_path / "workspace.toml").write_text("[personal]\nopen = '('\nempty = 'a*'\nnumber = 5\n", "utf-8")
    with pytest.raises(WorkspaceError) as told:
        workspace.load(tmp_path)
    lines = [line.partition("workspace.toml:")[2] for line in told.value.faults]
    assert [line[:2] for line in lines] == ["2:", "3:", "4:"]
    assert "no regular expression" in lines[0]
    assert "fits an empty text" in lines[1]
