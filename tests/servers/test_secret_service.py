"""Secrets in a real keyring: stored, read by another process, forgotten, and every trouble told in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.secret_service import SecretService

pytestmark = pytest.mark.server("secret-service")

SECRET = "s3cret ਸਤ-হ"
TOML = """
[[source]]
name = "support-mail"
type = "imap"
address = "support@example.com"
imap = "imap+insecure://127.0.0.1:1"
smtp_username = "sender"
"""


@pytest.fixture
def space(tmp_path) -> Path:
    (tmp_path / "workspace.toml").write_text(TOML)
    return tmp_path


def program(space: Path, env: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AGENT_TUI_", "DBUS_", "XDG_", "DISPLAY", "PYTHON_KEYRING"))}
    return subprocess.run(
        [sys.executable, "-m", "agent_tui", "--workspace", str(space), *arguments],
        input=given, capture_output=True, text=True, check=False, timeout=60, env={**kept, **env, "HOME": str(space)},
    )  # fmt: skip


LOOK = """
import sys
from pathlib import Path
from agent_tui import secrets, workspace
found, origin = secrets.find(workspace.load(Path(sys.argv[1])), "support-mail", sys.argv[2])
print(origin, found.reveal(), found, repr(found))
"""


def look(space: Path, env: dict[str, str], part: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LOOK, str(space), part], capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **env})


@pytest.fixture
def env(secret_service_server: SecretService) -> dict[str, str]:
    secret_service_server.empty()
    return dict(secret_service_server.env)


def test_a_secret_is_stored_read_by_another_process_and_forgotten(space, env):
    stored = program(space, env, "secret", "set", "support-mail", given=f"{SECRET}\n")
    assert stored.returncode == 0, stored.stderr
    assert look(space, env).stdout.strip() == f"keyring {SECRET} Secret(…) Secret(…)"
    again = program(space, env, "secret", "forget", "support-mail")
    assert (again.returncode, "removed" in again.stdout) == (0, True)
    once_more = program(space, env, "secret", "forget", "support-mail")
    assert (once_more.returncode, "there was none" in once_more.stdout) == (0, True)
    for done in (stored, again, once_more):
        assert "s3cret" not in done.stdout + done.stderr
    assert not [path for path in space.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def test_the_key_of_an_encrypted_workspace_is_made_kept_and_changed(space, env):
    for command, given in (("on", ""), ("status", ""), ("change-key", f"{'7b' * 32}\n"), ("set-key", f"{'7b' * 32}\n")):
        done = program(space, env, "encryption", command, given=given)
        assert done.returncode == 0, done.stderr
        assert "7b7b" not in done.stdout + done.stderr
    assert "with the key from the keyring" in program(space, env, "encryption", "status").stdout
    assert program(space, env, "outbox").returncode == 0
    wrong = program(space, env, "encryption", "set-key", given=f"{'8c' * 32}\n")
    assert (wrong.returncode, "does not open" in wrong.stderr) == (1, True)
    assert not [path for path in space.rglob("*") if path.is_file() and b"7b7b7b" in path.read_bytes()]


def test_the_second_secret_and_another_workspace_have_their_own(space, env, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "workspace.toml").write_text(TOML)
    for where, option, value in ((space, [], "one"), (space, ["--smtp"], "two"), (other, [], "three")):
        assert program(where, env, "secret", "set", "support-mail", *option, given=value).returncode == 0
    assert [look(*one).stdout.split()[1] for one in ((space, env), (space, env, "smtp"), (other, env))] == ["one", "two", "three"]


def test_a_locked_keyring_says_so_at_once(space, env):
    assert program(space, env, "secret", "set", "support-mail", given="hidden-away").returncode == 0
    lock = "import secretstorage\nbus = secretstorage.dbus_init()\nsecretstorage.get_default_collection(bus).lock()"
    subprocess.run([sys.executable, "-c", lock], check=True, env={**os.environ, **env}, timeout=30)
    found = look(space, env)
    assert "is locked; unlock it" in found.stderr
    assert "hidden-away" not in found.stderr
    stored = program(space, env, "secret", "set", "support-mail", given="other-secret")
    assert stored.returncode == 1
    assert stored.stderr.startswith("agent-tui: ")
    assert len(stored.stderr.splitlines()) == 1


def test_no_keyring_at_all_says_where_else_a_secret_can_be(space):
    stored = program(space, {}, "secret", "set", "support-mail", given="x")
    assert stored.returncode == 1
    assert "no keyring" in stored.stderr
    checked = program(space, {}, "doctor", "--offline")
    assert "AGENT_TUI_SECRET_SUPPORT_MAIL" in checked.stdout


def test_a_bus_without_an_unlocked_keyring_is_told_in_words(space, env, secret_service_server):
    assert secret_service_server.daemon is not None
    secret_service_server.home.stop(secret_service_server.daemon)
    try:
        stored = program(space, env, "secret", "set", "support-mail", given="x")
        assert stored.returncode == 1
        assert "keyring" in stored.stderr
        assert len(stored.stderr.splitlines()) == 1
    finally:
        secret_service_server.empty()
