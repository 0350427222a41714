"""The log tells what happened and never what people wrote, nor any secret."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from agent_tui import log


@pytest.fixture
def file(tmp_path):
    hook = sys.excepthook
    path = tmp_path / "agent-tui.log"
    log.start(path)
    yield path
    log.stop()
    sys.excepthook = hook
    log._secrets.clear()


def test_an_event_is_one_line_of_keys_and_values(file):
    log.Log("engine.pull").info("pulled", source="support-mail", messages=7, note_of="two words", none=None)
    (line,) = file.read_text().splitlines()
    assert line.endswith('engine.pull: pulled source=support-mail messages=7 note_of="two words" none=None')
    assert line[:2] == "20"
    assert " INFO " in line


def test_the_log_is_its_owners_alone(file):
    log.Log("x").info("hello")
    assert file.stat().st_mode & 0o777 == 0o600


def test_bodies_are_replaced_by_their_length(file):
    log.Log("x").info("got", text="Dear Asha, my card number is", subject="Card", body=b"123")
    assert file.read_text().rstrip().endswith("got text=<28 long> subject=<4 long> body=<3 long>")


def test_a_registered_secret_is_struck_out_everywhere(file):
    log.register_secret("hunter2-hunter2")
    log.Log("x").info("login with hunter2-hunter2", server="imap://me:hunter2-hunter2@host", long="x" * 190 + "hunter2-hunter2")
    logging.getLogger("agent_tui.other").warning("%s", "hunter2-hunter2")
    try:
        raise OSError(5, "hunter2-hunter2")
    except OSError as error:
        log.Log("x").crash("failed", error)
    text = file.read_text()
    assert "hunter2" not in text
    assert text.count("[secret]") >= 4


def test_a_line_cannot_be_forged_or_reach_the_terminal(file):
    log.Log("x").info("got", name="a\nb\x1b[2J\u202e")
    (line,) = file.read_text().splitlines()
    assert line.isprintable()


def test_a_crash_names_types_and_places_but_no_words_of_messages(file):
    try:
        try:
            {}["Dear Asha"]
        except KeyError as error:
            raise ValueError("Dear Asha, my card") from error
    except ValueError as error:
        log.Log("x").crash("failed", error)
    text = file.read_text()
    assert "ValueError at unit/test_log.py:" in text
    assert "KeyError" in text
    assert "Dear" not in text


def test_an_uncaught_exception_leaves_a_report_and_one_line(tmp_path):
    code = f"""
from pathlib import Path
from agent_tui import log
from agent_tui.secrets import Secret
log.start(Path({str(tmp_path / "log")!r}))
def fail(secret):
    plain = secret.reveal()
    raise RuntimeError(plain + " Dear Asha")
fail(Secret("hunter2-hunter2"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    report = (tmp_path / "log").read_text()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "RuntimeError" in done.stderr
    assert "RuntimeError" in report
    assert "fail" in report
    for text in (done.stderr, report):
        assert "hunter2" not in text
        assert "Dear" not in text


def test_a_full_log_is_turned_over_once_and_the_other_process_follows(tmp_path):
    path = tmp_path / "log"
    one, two = (log.SharedFileHandler(path, limit=2000) for _ in range(2))
    record = logging.LogRecord("agent_tui.x", logging.INFO, "", 0, "%s", ("x" * 100,), None)
    for _ in range(40):
        one.emit(record)
        two.emit(record)
    one.close()
    two.close()
    kept = sorted(tmp_path.iterdir())
    assert [one.name for one in kept] == ["log", "log.1", "log.2", "log.3"]
    assert all(one.stat().st_size < 2400 for one in kept)
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in kept)
    assert sum(len(one.read_text().splitlines()) for one in kept) > 45


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    handler = log.SharedFileHandler(tmp_path / "missing" / "log")
    handler.emit(logging.LogRecord("agent_tui.x", logging.INFO, "", 0, "x", (), None))
    handler.close()


def test_words_of_our_own_errors_and_of_the_system_are_told():
    from agent_tui.domain.errors import TryLater

    with pytest.raises(TryLater) as caught:
        raise TryLater("the server is away")
    assert "(the server is away)" in log.describe(caught.value)
