"""Where secrets come from, in which order, and that nothing shows one."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import keyring
import keyring.backend
import pytest
from keyring import errors

from agent_tui import log, secrets
from agent_tui.domain.errors import AuthenticationError
from agent_tui.domain.model import Channel
from agent_tui.secrets import Secret
from agent_tui.sources.imap.settings import Endpoint, ImapSettings
from agent_tui.workspace import SourceSettings, Workspace

VARIABLE = "AGENT_TUI_SECRET_SUPPORT_MAIL"


@pytest.fixture(autouse=True)
def no_lasting_effect(monkeypatch):
    monkeypatch.setattr(secrets, "harden", lambda: None)
    monkeypatch.delenv(VARIABLE, raising=False)
    yield
    log._secrets.clear()


class Ring:
    """A keyring in memory."""

    def __init__(self, trouble=None):
        self.held = {}
        self.trouble = trouble

    def get_password(self, service, user):
        if self.trouble:
            raise self.trouble
        return self.held.get((service, user))

    def set_password(self, service, user, value):
        if self.trouble:
            raise self.trouble
        self.held[service, user] = value

    def delete_password(self, service, user):
        del self.held[service, user]


@pytest.fixture
def ring(monkeypatch):
    made = Ring()
    monkeypatch.setattr(secrets, "_backend", lambda: made)
    return made


def make(command=(), smtp_username="", smtp_command=()):
    options = ImapSettings(addresses=("s@x",), imap=Endpoint("h", 993, "tls"), smtp_username=smtp_username)
    commands = tuple(one for one in (("", tuple(command)), ("smtp", tuple(smtp_command))) if one[1])
    source = SourceSettings(name="support-mail", type="imap", channel=Channel.EMAIL, options=options, secret_commands=commands)
    return Workspace(path=Path("/"), sources=(source,))


def test_the_environment_comes_before_the_command_and_that_before_the_keyring(ring, monkeypatch):
    ring.held["agent-tui", "/:support-mail"] = "from the ring"
    assert secrets.find(make(), "support-mail") == (Secret("from the ring"), "keyring")
    with_command = make(("echo", "from the command"))
    assert secrets.find(with_command, "support-mail") == (Secret("from the command"), "command")
    monkeypatch.setenv(VARIABLE, "from the environment")
    assert secrets.find(with_command, "support-mail") == (Secret("from the environment"), "environment")


def test_the_second_secret_has_places_of_its_own(ring, monkeypatch):
    workspace = make(smtp_username="sender", smtp_command=("echo", "by command"))
    assert secrets.lookup(workspace, "support-mail", "smtp").reveal() == "by command"
    monkeypatch.setenv(f"{VARIABLE}_SMTP", "by variable")
    assert secrets.lookup(workspace, "support-mail", "smtp").reveal() == "by variable"
    monkeypatch.delenv(f"{VARIABLE}_SMTP")
    ring.held["agent-tui", "/:support-mail_smtp"] = "by ring"
    assert secrets.lookup(make(smtp_username="sender"), "support-mail", "smtp").reveal() == "by ring"


def test_the_main_secret_serves_smtp_only_where_smtp_has_no_user_of_its_own(ring):
    ring.held["agent-tui", "/:support-mail"] = "main"
    assert secrets.lookup(make(), "support-mail", "smtp").reveal() == "main"
    with pytest.raises(AuthenticationError, match=f"{VARIABLE}_SMTP"):
        secrets.lookup(make(smtp_username="sender"), "support-mail", "smtp")


def test_no_secret_says_where_to_put_one(ring):
    with pytest.raises(AuthenticationError) as caught:
        secrets.lookup(make(), "support-mail")
    assert "agent-tui secret set support-mail" in str(caught.value)
    assert VARIABLE in str(caught.value)


def test_a_command_runs_without_a_shell_and_gives_its_first_line(ring):
    assert secrets.lookup(make(("printf", "%s\\n", "$HOME;x", "login: me")), "support-mail").reveal() == "$HOME;x"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("sh", "-c", "echo hunter2; exit 3"), "status 3"),
        (("sh", "-c", "echo hunter2 >&2"), "printed nothing"),
        (("no-such-program-here",), "cannot be started"),
        (("sleep", "9"), "within 0.1 seconds"),
    ],
)
def test_a_command_that_fails_is_told_without_what_it_printed(ring, monkeypatch, capfd, command, words):
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.1 if command[0] == "sleep" else 30)
    with pytest.raises(AuthenticationError, match=words) as caught:
        secrets.lookup(make(command), "support-mail")
    told = "".join((*traceback.format_exception(caught.value), *capfd.readouterr()))
    assert "hunter2" not in told.replace("echo hunter2", "")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (errors.NoKeyringError("x"), "no keyring that works"),
        (errors.KeyringLocked("x"), "locked"),
        (errors.InitError("x"), "does not answer"),
        (errors.PasswordSetError("x"), "did not take"),
        (errors.KeyringError("x"), "cannot be used"),
        (RuntimeError("hunter2"), r"cannot be used \(RuntimeError\)"),
    ],
)
def test_every_trouble_of_a_keyring_is_told_in_words(monkeypatch, trouble, words):
    monkeypatch.setattr(secrets, "_backend", lambda: Ring(trouble))
    with pytest.raises(AuthenticationError, match=words) as caught:
        secrets.store(make(), "support-mail", Secret("hunter2"))
    assert "hunter2" not in str(caught.value)
    with pytest.raises(AuthenticationError, match=words):
        secrets.lookup(make(), "support-mail")


def test_forgetting_says_whether_there_was_one(ring):
    secrets.store(make(), "support-mail", Secret("x"))
    assert ring.held == {("agent-tui", "/:support-mail"): "x"}
    assert secrets.forget(make(), "support-mail") is True
    assert secrets.forget(make(), "support-mail") is False


def test_a_keyring_that_asks_on_the_terminal_is_never_chosen_by_itself(monkeypatch):
    class Asking(keyring.backend.KeyringBackend):
        priority = 99

        def get_password(self, service, username):
            raise AssertionError("asked")

        set_password = delete_password = get_password

    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [Asking()])
    monkeypatch.setattr(keyring.core, "load_env", lambda: None)
    monkeypatch.setattr(keyring.core, "load_config", lambda: None)
    with pytest.raises(errors.NoKeyringError):
        secrets._backend()


def test_nothing_shows_a_secret():
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {secret:>20} {secret} {[secret]} {secret}"
    assert "hunter2" not in shown
    assert not hasattr(secret, "__dict__")
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(secret)


def test_a_process_that_looks_a_secret_up_leaves_no_core_dump():
    code = """
import os, resource
from agent_tui import secrets
secrets.harden()
import ctypes
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]
