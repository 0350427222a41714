"""A first sync from the real Dovecot, killed while the next batches are already fetched and read but not stored."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers.letters import letters
from tests.servers.mail import MailServer

pytestmark = pytest.mark.server("mail")

ROOT = Path(__file__).resolve().parents[2]
MAILS = 950
MOST_DEATHS = 40

DRIVER = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from agent_tui import engine, workspace
from agent_tui.sources.imap.parser import Parser

begun, ended, read, stored, asked, parsed = 0, 0, 0, 0, Parser.parse, Parser._parse

async def ask(self, fetched):
    global begun
    begun += 1
    return await asked(self, fetched)

def parse(self, fetched):
    global ended, read
    chunk = parsed(self, fetched)
    read += bool(chunk.messages)
    ended += 1
    return chunk

def probe(step):
    global stored
    if step == {step!r} and stored >= {after}:
        while ended < begun:  # the threads that read go on while the loop stands still here, with what they were given
            time.sleep(0.005)
        if read >= stored + 2:
            print(read - stored, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    stored += step == "applied"

Parser.parse, Parser._parse = ask, parse
(result,) = engine.run(workspace.load(Path({folder!r})), probe=probe)
assert not result.error, result
"""

SETTINGS = """
[agent]
name = "Asha Rao"
email = "{address}"
[[source]]
name = "mail"
type = "imap"
address = "{address}"
imap = "imaps://localhost:{imaps}"
smtp = "smtps://localhost:{smtps}"
username = "{user}"
ca_file = "{ca}"
"""


def engine(server: MailServer, folder: Path, step: str, after: int) -> tuple[int, str]:
    """Run one until it is done or has killed itself; gives how it ended, and how many batches were read ahead then."""
    script = DRIVER.format(root=str(ROOT), folder=str(folder), step=step, after=after)
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "AGENT_TUI_SECRET_MAIL": server.password}, cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout.strip()


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    cache = sqlite3.connect(folder / "cache.db")
    try:
        return cache.execute(sql).fetchall()
    finally:
        cache.close()


@pytest.mark.parametrize("step", ["pulled", "applied"])
def test_what_was_read_ahead_is_fetched_again_and_nothing_twice(mail_server: MailServer, tmp_path: Path, step: str) -> None:
    user = mail_server.fresh()
    address, folder = mail_server.address(user), tmp_path / "w"
    sent = list(letters(MAILS, address, seed=7))
    mail_server.append(user, "INBOX", tuple(sent), "")
    folder.mkdir()
    ports = mail_server.ports
    (folder / "workspace.toml").write_text(
        SETTINGS.format(address=address, imaps=ports["imaps"], smtps=ports["smtps"], user=user, ca=mail_server.ca)
    )
    deaths: list[int] = []
    kept = 0
    while len(deaths) < MOST_DEATHS:
        code, ahead = engine(mail_server, folder, step, after=1)
        if code == 0:
            break
        deaths.append(int(ahead))
        here = Counter(ref for (ref,) in rows(folder, "SELECT ref FROM places"))
        assert set(here.values()) == {1}
        assert len(here) > kept  # each life takes the sync further, and what it had stored stays
        kept = len(here)
    assert deaths, "no batch was ever read ahead"
    assert min(deaths) >= 2
    assert code == 0
    ((messages, keys, waiting),) = rows(
        folder, "SELECT count(*), count(DISTINCT key), (SELECT count(*) FROM unindexed) FROM messages"
    )
    assert (messages, keys, waiting) == (MAILS, MAILS, 0)
    assert {marker for (marker,) in rows(folder, "SELECT marker FROM messages")} == {
        f"letter.7.{number}@outside.example" for number in range(MAILS)
    }
    assert rows(folder, "SELECT count(*), count(DISTINCT ref) FROM places") == [(MAILS, MAILS)]
    assert rows(folder, "SELECT sum(messages) FROM cases WHERE bucket != 9") == [(MAILS,)]
    assert rows(folder, "SELECT count(*) FROM bad_items") == [(0,)]
