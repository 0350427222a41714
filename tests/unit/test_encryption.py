"""Encrypted workspaces: nothing of anybody's stands on the disk, and turning them into such and back loses nothing, whenever it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from agent_tui import cli, secrets
from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError, WorkspaceError
from agent_tui.settings_desk import KEY_VARIABLE
from agent_tui.store import apply as applying
from agent_tui.store import backups, connections, encrypting, encryption
from agent_tui.store.encryption import Kind
from agent_tui.workspace import load
from tests.faults.process import in_child
from tests.unit.workspaces import Clock, batch, mail

KEY, OTHER = "a1" * 32, "b2" * 32
SETTINGS = """# Mine
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "mail"
type = "archive"   # nothing to fetch
"""
FROM_A_CUSTOMER = "The blue teapot has a crack"
WRITTEN_HERE = "We send another teapot at once"
SUBJECT = "Order 48213 arrived broken"
SAID = (FROM_A_CUSTOMER, WRITTEN_HERE, SUBJECT, "rina@customer.example", "teapot")


@pytest.fixture(autouse=True)
def key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrets, "harden", lambda: None)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    yield
    connections._keys.clear()


class Ring:
    """A keyring in a file, which outlives whoever writes to it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def held(self) -> dict[str, str]:
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.held().get(f"{service} {user}")

    def set_password(self, service: str, user: str, value: str) -> None:
        self._file.write_text(json.dumps({**self.held(), f"{service} {user}": value}))

    def delete_password(self, service: str, user: str) -> None:
        self._file.write_text(json.dumps({one: value for one, value in self.held().items() if one != f"{service} {user}"}))


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ring:
    """A keyring instead of the environment."""
    made = Ring(tmp_path / "ring.json")
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setattr(secrets, "_backend", lambda: made)
    return made


def types(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """What stands on standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False, readline=lambda: f"{line}\n"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace that somebody has worked in, with a backup and keys that are not in a draft yet."""
    folder = tmp_path / "w"
    (folder / "archives" / "old").mkdir(parents=True)
    (folder / "workspace.toml").write_text(SETTINGS, "utf-8")
    fill(folder)
    return folder


def desk_of(folder: Path) -> Desk:
    return Desk(load(folder), now=Clock(), offline=True)


def fill(folder: Path) -> None:
    with contextlib.closing(desk_of(folder)) as desk:
        applying.apply(desk.store, "mail", batch(mail("a@x", subject=SUBJECT, text=FROM_A_CUSTOMER)))
        case = desk.window("all").row(0).id
        desk.save_draft(replace(desk.draft(case, fresh=True), text=WRITTEN_HERE))
        backups.rotate(desk.store)
    from agent_tui.store import mending
    from agent_tui.store.database import Store

    store = Store.open(load(folder), role="engine", now=Clock())
    mending.build_index(store)
    store.close()

    def dies() -> None:
        desk = desk_of(folder)
        desk.keep_keys(replace(desk.draft(desk.window("all").row(0).id, "note"), text=WRITTEN_HERE))
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(dies)


def run(folder: Path, *arguments: str) -> int:
    connections._keys.clear()  # every command is a process of its own
    return cli.run(["--workspace", str(folder), *arguments])


def kinds(folder: Path, key: str = KEY) -> set[Kind]:
    return {encryption.kind(one, secrets.Secret(key)) for one in encrypting.databases(load(folder))}


def texts(folder: Path) -> set[str]:
    """Every text of customers and ours, as the next start finds them, and that the index finds them too."""
    workspace = load(folder)
    if workspace.encryption.enabled:
        connections.use_key(folder, secrets.known_key(workspace)[0])
    with contextlib.closing(desk_of(folder)) as desk:
        case = desk.window("all").row(0).id
        found = {one.text for one in desk.thread(case).messages} | {one.text for one in desk.drafts()}
        assert {hit.message.text for hit in desk.search("teapot").hits} == {FROM_A_CUSTOMER}
    return found


def in_the_clear(folder: Path) -> list[str]:
    """Files that anybody can read something in; in zip files too."""
    found = []
    for one in sorted(folder.rglob("*")):
        if one.is_file():
            held = one.read_bytes()
            if one.suffix == ".zip":
                with ZipFile(one) as file:
                    held += b"".join(file.read(name) for name in file.namelist())
            if any(words.encode() in held for words in SAID):
                found.append(str(one.relative_to(folder)))
    return found


def test_before_everything_can_be_read_and_after_it_nothing(place: Path, capfd) -> None:
    assert {"desk.db", "cache.db"} <= set(in_the_clear(place))
    assert [one for one in in_the_clear(place) if one.startswith("backups/")]
    assert [one for one in in_the_clear(place) if one.startswith("typing/")]
    assert run(place, "encryption", "on") == 0
    assert kinds(place) == {Kind.ENCRYPTED}
    assert in_the_clear(place) == []
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
    assert in_the_clear(place) == [], "nor after work: no log, no file beside"
    assert KEY not in "".join(one.read_text("latin-1") for one in place.rglob("*") if one.is_file())
    assert KEY not in "".join(capfd.readouterr())
    assert run(place, "encryption", "off") == 0
    assert kinds(place) == {Kind.PLAIN}
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
    assert load(place).encryption.enabled is False


def test_the_settings_stay_what_they_were_but_for_one_table(place: Path) -> None:
    run(place, "encryption", "on")
    text = (place / "workspace.toml").read_text("utf-8")
    assert text.startswith(SETTINGS)
    assert load(place).encryption.enabled
    run(place, "encryption", "off")
    assert (place / "workspace.toml").read_text("utf-8") == text.replace("enabled = true", "enabled = false")


def test_what_is_on_is_on_and_what_is_off_is_off(place: Path) -> None:
    for _ in range(2):
        assert run(place, "encryption", "on") == 0
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
    for _ in range(2):
        assert run(place, "encryption", "off") == 0
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}


def test_a_workspace_may_be_encrypted_before_there_is_anything_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    (folder / "archives" / "old").mkdir(parents=True)
    (folder / "workspace.toml").write_text(SETTINGS, "utf-8")
    assert run(folder, "encryption", "on") == 0
    assert run(folder, "list") == 0
    assert kinds(folder) == {Kind.ENCRYPTED}
    connections.use_key(folder, secrets.Secret(KEY))
    fill(folder)
    assert in_the_clear(folder) == []


def test_the_doctor_says_how_it_is_and_what_is_not_encrypted(place: Path, capfd) -> None:
    run(place, "doctor", "--offline")
    assert "encryption: off" in capfd.readouterr().out
    run(place, "encryption", "on")
    run(place, "doctor", "--offline")
    told = capfd.readouterr().out
    assert "encryption: of the databases and their backups, with the key from the environment; attachments, archives" in told
    assert "desk.db: whole" in told
    assert "cache.db: whole" in told


# ---- ended in the middle


def steps(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """The process is killed at its nth step: before and after each file is put in its place."""
    left = iter(range(nth, -1, -1))
    replace_file = Path.replace

    def step() -> None:
        if next(left, 1) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(self: Path, target: Path) -> Path:
        step()
        done = replace_file(self, target)
        step()
        return done

    monkeypatch.setattr(Path, "replace", watched)


def killed_at(folder: Path, monkeypatch: pytest.MonkeyPatch, nth: int, *arguments: str) -> bool:
    """Whether the command was killed; False where it has fewer steps."""

    def work() -> None:
        steps(monkeypatch, nth)
        os._exit(run(folder, *arguments))

    with monkeypatch.context():
        return in_child(work) == signal.SIGKILL


@pytest.mark.parametrize("nth", range(12))
def test_a_conversion_that_is_killed_is_gone_on_with_and_loses_nothing(place: Path, monkeypatch, capfd, nth: int) -> None:
    for first, then in (("on", "on"), ("off", "off"), ("on", "off")):
        died = killed_at(place, monkeypatch, nth, "encryption", first)
        if died and load(place).encryption.enabled and kinds(place) != {Kind.ENCRYPTED}:
            assert run(place, "list") == 2, "nobody works in what is half one and half the other"
            assert "'agent-tui encryption on' goes on with it" in capfd.readouterr().err
        assert run(place, "encryption", then) == 0
        assert kinds(place) == {Kind.ENCRYPTED if then == "on" else Kind.PLAIN}
        assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
        assert list(place.glob(f"{encrypting.FOLDER}*")) == []
        connections._keys.clear()


@pytest.mark.parametrize("nth", range(0, 12, 2))
def test_a_change_of_the_key_that_is_killed_is_gone_on_with(place: Path, monkeypatch, ring, capfd, nth: int) -> None:
    assert run(place, "encryption", "on") == 0
    (first,) = ring.held().values()
    types(monkeypatch, OTHER)
    if killed_at(place, monkeypatch, nth, "encryption", "change-key"):
        assert first in ring.held().values(), "until every file has the new one"
        if kinds(place, OTHER) != {Kind.STRANGE}:
            assert run(place, "list") == 2
            assert "'agent-tui encryption change-key' goes on" in capfd.readouterr().err
        types(monkeypatch, "the new key is known: nobody is asked for it")
        assert run(place, "encryption", "change-key") == 0
    assert kinds(place, OTHER) == {Kind.ENCRYPTED}
    assert kinds(place, first) == {Kind.STRANGE}
    assert list(ring.held().values()) == [OTHER]
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
    assert in_the_clear(place) == []


# ---- keys


def test_a_key_is_made_and_kept_in_the_keyring(place: Path, ring, capfd) -> None:
    assert run(place, "encryption", "on") == 0
    ((user, key),) = ring.held().items()
    assert connections.is_key(key)
    told = "".join(capfd.readouterr())
    assert user.partition(" ")[2] in told, "whoever wants a copy finds it"
    assert key not in told
    assert run(place, "list") == 0


@pytest.mark.parametrize(
    ("value", "words"), [("", "its key is not there"), (OTHER, "does not open"), ("horse", "64 hexadecimal digits"), (KEY[:-1] + "g", "is no key")]
)
def test_without_the_right_key_nothing_is_done(place: Path, monkeypatch, capfd, value: str, words: str) -> None:
    run(place, "encryption", "on")
    before = {one: one.read_bytes() for one in encrypting.databases(load(place))}
    monkeypatch.setenv(KEY_VARIABLE, value)
    capfd.readouterr()
    for arguments in (("list",), ("doctor", "--mend", "--offline"), ("sync",), ("encryption", "off"), ("backup", str(place / "b.zip"))):
        assert run(place, *arguments) in (1, 2), arguments
        told = "".join(capfd.readouterr())
        assert words in told or "damaged, or has another key" in told, arguments
        assert value in ("", "horse") or value not in told
        assert "Traceback" not in told
    assert {one: one.read_bytes() for one in before} == before
    assert not (place / "b.zip").exists()


def test_the_exit_status_is_that_of_a_workspace_that_cannot_be_used(place: Path, monkeypatch) -> None:
    run(place, "encryption", "on")
    monkeypatch.delenv(KEY_VARIABLE)
    assert run(place, "list") == 2


def test_a_program_may_print_the_key(place: Path, monkeypatch, tmp_path: Path) -> None:
    run(place, "encryption", "on")
    monkeypatch.delenv(KEY_VARIABLE)
    (tmp_path / "key").write_text(f"{KEY}\n")
    settings = place / "workspace.toml"
    settings.write_text(settings.read_text("utf-8") + f'secret_command = ["cat", "{tmp_path / "key"}"]\n', "utf-8")
    assert run(place, "list") == 0
    (tmp_path / "key").write_text("")
    assert run(place, "list") == 2


def test_a_key_that_one_has_goes_into_the_keyring_if_it_is_the_right_one(place: Path, monkeypatch, ring) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    run(place, "encryption", "on")
    monkeypatch.delenv(KEY_VARIABLE)
    types(monkeypatch, OTHER)
    assert run(place, "encryption", "set-key") == 1
    assert ring.held() == {}
    types(monkeypatch, KEY)
    assert run(place, "encryption", "set-key") == 0
    assert run(place, "list") == 0


def test_without_the_library_it_says_what_to_install(place: Path, monkeypatch, capfd) -> None:
    run(place, "encryption", "on")
    for name in ("sqlcipher3", "sqlcipher3.dbapi2"):
        monkeypatch.setitem(sys.modules, name, None)
    for arguments in (("list",), ("encryption", "status"), ("encryption", "off")):
        assert run(place, *arguments) in (1, 2)
        assert "pip install 'agent-tui[encryption]'" in capfd.readouterr().err


# ---- what does not fit together


def test_a_setting_that_was_taken_away_damages_nothing(place: Path, capfd) -> None:
    run(place, "encryption", "on")
    (place / "workspace.toml").write_text(SETTINGS, "utf-8")
    before = {one: one.read_bytes() for one in encrypting.databases(load(place))}
    assert run(place, "list") == 1
    assert "put that back" in capfd.readouterr().err
    assert run(place, "doctor", "--mend", "--offline") == 1
    assert "it is encrypted, and the settings have no [encryption]" in capfd.readouterr().out
    assert {one: one.read_bytes() for one in before} == before
    assert run(place, "encryption", "on") == 0, "which puts the setting back"
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}


def test_a_cache_that_is_not_encrypted_is_not_taken_for_damaged(place: Path, capfd) -> None:
    plain = (place / "cache.db").read_bytes()
    run(place, "encryption", "on")
    for end in ("-wal", "-shm"):
        (place / f"cache.db{end}").unlink(missing_ok=True)
    (place / "cache.db").write_bytes(plain)
    assert run(place, "list") == 1
    assert "'agent-tui encryption on' encrypts it" in capfd.readouterr().err
    assert run(place, "doctor", "--mend", "--offline") == 1
    assert (place / "cache.db").read_bytes() == plain
    assert run(place, "encryption", "on") == 0
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}


def test_nobody_may_have_the_workspace_open(place: Path) -> None:
    with contextlib.closing(sqlite3.connect(place / "desk.db")) as other:
        other.execute("SELECT count(*) FROM drafts").fetchone()  # and now it only has the file open

        def convert() -> None:
            with pytest.raises(StoreError, match="close every agent-tui"):
                encrypting.convert_file(place / "desk.db", None, secrets.Secret(KEY), place / "archives")

        assert in_child(convert) == 0
    assert encryption.kind(place / "desk.db", secrets.Secret(KEY)) is Kind.PLAIN


def test_while_an_engine_or_a_workstation_runs_it_is_refused(place: Path, capfd) -> None:
    from agent_tui.engine.lock import EngineLock

    lock = EngineLock(place / "engine.lock")
    assert run(place, "encryption", "on") == 1
    assert "an engine already runs" in capfd.readouterr().err
    lock.release()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        from agent_tui import running

        running.begin(place, running.WORKSTATION)
        os.write(told, b".")
        signal.pause()
    os.read(ready, 1)
    try:
        assert run(place, "encryption", "on") == 1
        assert f"in use (process {child})" in capfd.readouterr().err
        assert kinds(place) == {Kind.PLAIN}
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert run(place, "encryption", "on") == 0


def test_without_room_for_a_copy_nothing_is_begun(place: Path, monkeypatch, capfd) -> None:
    monkeypatch.setattr(encrypting.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1_000_000))
    assert run(place, "encryption", "on") == 1
    assert "make room" in capfd.readouterr().err
    assert load(place).encryption.enabled is False


# ---- backups


@pytest.mark.parametrize("then", ["on", "off"])
@pytest.mark.parametrize("made", ["on", "off"])
def test_a_backup_of_either_kind_is_put_back_into_either(place: Path, tmp_path: Path, made: str, then: str) -> None:
    backup = tmp_path / "b.zip"
    run(place, "encryption", made)
    assert run(place, "backup", str(backup)) == 0
    with ZipFile(backup) as file:
        assert (WRITTEN_HERE.encode() in file.read("desk.db")) == (made == "off")
    run(place, "encryption", then)
    assert run(place, "restore", str(backup)) == 0
    assert load(place).encryption.enabled == (then == "on")
    assert kinds(place) == {Kind.ENCRYPTED if then == "on" else Kind.PLAIN}
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}
    if then == "on":
        assert in_the_clear(place) == []


def test_a_backup_goes_with_its_key_to_another_computer(place: Path, tmp_path: Path, monkeypatch, capfd) -> None:
    run(place, "encryption", "on")
    run(place, "backup", str(tmp_path / "b.zip"))
    there = tmp_path / "there"
    monkeypatch.setenv(KEY_VARIABLE, OTHER)
    assert run(there, "restore", str(tmp_path / "b.zip")) == 1
    assert "encrypted with another key" in capfd.readouterr().err
    assert not (there / "desk.db").exists()
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert run(there, "restore", str(tmp_path / "b.zip")) == 0
    connections.use_key(there, secrets.Secret(KEY))
    with contextlib.closing(desk_of(there)) as desk:
        assert {one.text for one in desk.drafts()} == {WRITTEN_HERE}


def test_backups_of_a_day_are_encrypted_and_keep_their_day(place: Path) -> None:
    (made,) = (place / "backups").glob("*.zip")
    before = made.stat().st_mtime_ns
    (place / "backups" / "2020-01-01.zip").write_bytes(b"no backup")
    run(place, "encryption", "on")
    assert made.stat().st_mtime_ns == before
    assert made.stat().st_mode & 0o777 == 0o600
    assert (place / "backups" / "2020-01-01.zip").read_bytes() == b"no backup"


def test_what_a_killed_restore_left_goes_with_the_next_step(place: Path) -> None:
    left = place / ".restore-abc"
    left.mkdir()
    (left / "desk.db").write_text(WRITTEN_HERE)
    run(place, "encryption", "on")
    assert in_the_clear(place) == []


def test_a_desk_that_is_no_database_is_not_written_over(place: Path, tmp_path: Path, capfd) -> None:
    run(place, "encryption", "on")
    run(place, "backup", str(tmp_path / "b.zip"))
    for end in ("-wal", "-shm"):
        (place / f"desk.db{end}").unlink(missing_ok=True)
    (place / "desk.db").write_bytes(b"this is no database " * 5000)
    assert run(place, "restore", str(tmp_path / "b.zip")) == 1
    assert "move it away" in capfd.readouterr().err
    (place / "desk.db").rename(place / "desk.away")
    assert run(place, "restore", str(tmp_path / "b.zip")) == 0
    assert texts(place) == {FROM_A_CUSTOMER, WRITTEN_HERE}


def test_who_reads_mail_for_the_engine_does_not_get_the_key() -> None:
    from agent_tui.sources.imap import spare

    process = spare.start([sys.executable, "-c", f"import os; print({KEY_VARIABLE!r} in os.environ)"])
    assert process.communicate()[0].strip() == b"False"


# ---- settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[encryption]\nenabled = 1\n", ":2: encryption.enabled"),
        ("[encryption]\nenabled = true\nsecret_command = []\n", ":3: encryption.secret_command: is empty"),
        ("[encryption]\nsecret_command = 'pass'\n", ":2: encryption.secret_command"),
        (f'[encryption]\nkey = "{KEY}"\n', ":2: encryption.key: a key never stands in this file"),
        ("[encryption]\npassword = 'x'\n", ":2: encryption.password: a secret never stands in this file"),
        ("[encryption]\nenabel = true\n", ":2: encryption.enabel: there is no such setting; did you mean 'enabled'"),
        ("encryption = true\n", ":1: encryption"),
    ],
)
def test_every_wrong_setting_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "workspace.toml").write_text(text, "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        load(tmp_path)
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "[agent]\nname = 'A'", "[encryption]\n", "[encryption] # here\nsecret_command = ['x']\n", "[encryption]\nenabled=false # not yet\n",
        "encryption = { enabled = false }\n", "[agent]\nname = 'A'\n\n[encryption]\nenabled = true\n\n[chat]\nlimit = 2\n",
    ],
)  # fmt: skip
def test_the_setting_is_written_wherever_it_stands(text: str) -> None:
    import tomllib

    from agent_tui.commands.setup.settings_text import with_encryption

    on = with_encryption(text, enabled=True)
    assert tomllib.loads(on)["encryption"]["enabled"] is True
    off = with_encryption(on, enabled=False)
    assert tomllib.loads(off)["encryption"]["enabled"] is False
    assert [line for line in text.splitlines() if "enabled" not in line] == [
        line for line in off.splitlines() if "enabled" not in line and not line.startswith("# The databases")
    ][: len([line for line in text.splitlines() if "enabled" not in line])]
