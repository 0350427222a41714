"""The tests' own servers: missing ones are a reason to skip, unless they are required."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import fixtures
from tests.servers.letters import letters
from tests.servers.process import REQUIRE, Home, ServerFailed, ServerMissing, free_ports, programs


def missing() -> object:
    return programs("a-server-that-nobody-has", package="a-package")


def test_a_missing_server_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="a-package"):
        fixtures._start(missing)


def test_a_missing_server_that_is_required_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="a-package"):
        fixtures._start(missing)


def test_the_message_names_the_program() -> None:
    with pytest.raises(ServerMissing, match="a-server-that-nobody-has"):
        missing()


def test_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20


def test_closing_a_home_ends_its_processes_and_removes_it() -> None:
    home = Home("test")
    process = home.start("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
    home.close()
    assert process.poll() is not None
    assert not home.path.exists()


def test_a_server_that_ends_at_once_is_reported_with_its_words() -> None:
    home = Home("test")
    try:
        process = home.start("broken", [sys.executable, "-c", "print('no such setting', flush=True)"])
        with pytest.raises(ServerFailed, match="no such setting"):
            home.wait(lambda: False, "broken", process, seconds=20)
    finally:
        home.close()


def test_a_server_does_not_outlive_the_tests(tmp_path: Path) -> None:
    """Even if they are killed."""
    script = (
        "import sys, os\nfrom tests.servers.process import Home\nhome = Home('test')\n"
        "p = home.start('s', [sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "wanted = b'import time; time.sleep(60)'\n"  # setpriv has asked for the signal and has become the sleeper
        "while (open(f'/proc/{p.pid}/cmdline', 'rb').read().split(b'\\0') + [b'', b'', b''])[2] != wanted: pass\n"
        f"open({str(tmp_path / 'out')!r}, 'w').write(f'{{p.pid}} {{home.path}}')\nos.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False)
    pid, left = (tmp_path / "out").read_text().split()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            break
    else:
        pytest.fail("it still runs")
    for file in Path(left).iterdir():
        file.unlink()
    Path(left).rmdir()


def test_made_up_mail_is_the_same_for_the_same_seed() -> None:
    assert list(letters(20, "support@agents.test")) == list(letters(20, "support@agents.test"))
    assert list(letters(3, "x@agents.test", seed=2)) != list(letters(3, "x@agents.test"))
