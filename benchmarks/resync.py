"""A mailbox that has been fetched before, fetched again: by an engine that runs, by a command, and by mbsync, in turn.

Once with nothing new, and once with ten new mails and ten flags changed. The running engine is asked for a round over its
socket when the last change is at the server; as it also idles there, it may have begun a moment earlier.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent_tui import workspace
from agent_tui.desk.engine_link import request
from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy, median, run
from benchmarks.pushed import LETTER
from tests.servers import mail

CHANGES = 10
CHANGED = f"{CHANGES} new and {CHANGES} flags changed"
START_S = 120.0


def _nothing() -> None:
    """No change."""


def _clocked(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class _Changes:
    """Somebody else at the mailbox: new mails, and flags set or taken away."""

    def __init__(self, server: mail.MailServer, user: str) -> None:
        self._server, self._user = server, user
        self._made = 0

    def make(self) -> None:
        """Ten of each."""
        self._server.append(self._user, "INBOX", [self._letter() for _ in range(CHANGES)])
        client = self._server.client(self._user)
        client.select("INBOX")
        following = client.response("UIDNEXT")[1][0]
        assert isinstance(following, bytes)
        highest = int(following) - CHANGES - 1  # an older mail
        sign = "+" if self._made // CHANGES % 2 else "-"
        status, _ = client.uid("STORE", f"{highest - CHANGES + 1}:{highest}", f"{sign}FLAGS", "(\\Flagged)")
        assert status == "OK"
        client.logout()

    def _letter(self) -> bytes:
        self._made += 1
        return LETTER.format(number=self._made, subject=f"Again-{self._made:04}").encode()


def _engine(server: mail.MailServer, folder: Path) -> subprocess.Popen[bytes]:
    command = [PYTHON, "-m", "agent_tui", "--workspace", str(folder), "sync", "--watch"]
    environment = {**os.environ, "AGENT_TUI_SECRET_SUPPORT_MAIL": server.password}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = workspace.load(folder)
    end = time.perf_counter() + START_S
    while request(place, "ping") is None:
        if time.perf_counter() > end or process.poll() is not None:
            raise RuntimeError("the engine did not start")
        time.sleep(0.05)
    request(place, "sync")
    return process


def measure(count: int = 100_000, times: int = 5) -> Report:
    """Rounds of each in turn.

    Args:
        count: mails in the mailbox.
        times: rounds; the medians count.
    """
    report = Report(f"Fetching again: {count:,} mails on the server (Dovecot, CONDSTORE, TLS, loopback)")
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            user, folder = server.fresh(), Path(temporary)
            first_sync.fill(server, user, count)
            first_sync.engine(server, user, folder / "workspace")
            first_sync.mbsync(server, user, folder / "mbsync")
            rounds(report, server, user, folder, times)
    finally:
        server.close()
    report.add("machine meanwhile", busy())
    return report


def rounds(report: Report, server: mail.MailServer, user: str, folder: Path, times: int = 5) -> None:
    """Rounds over what has been fetched into ``workspace`` and ``mbsync`` of a folder."""
    place = workspace.load(folder / "workspace")
    peer = ["mbsync", "-q", "-c", str(folder / "mbsync" / "rc"), "bench"]
    alone = [PYTHON, "-m", "agent_tui", "--workspace", str(folder / "workspace"), "sync"]
    secret = {"AGENT_TUI_SECRET_SUPPORT_MAIL": server.password}
    process = _engine(server, folder / "workspace")
    changes = _Changes(server, user)
    figures: dict[str, list[float]] = {}
    try:
        for title, change, goal in (("nothing new", _nothing, 0.03), (CHANGED, changes.make, 0.5)):
            ours, theirs = [], []
            for _ in range(times):
                change()
                ours.append(_clocked(lambda: request(place, "sync")))
                theirs.append(run(peer).wall)
            figures[title] = theirs
            report.add(
                f"{title}: a round of the running engine; mbsync",
                f"{median(ours) * 1000:,.0f} ms; {median(theirs) * 1000:,.0f} ms: {median(ours) / median(theirs):.3f} x",
                f"{goal} x",
            )
    finally:
        process.terminate()
        process.wait()
    for title, change in (("nothing new", _nothing), (CHANGED, changes.make)):
        spent = []
        for _ in range(times):
            change()
            spent.append(run(alone, environment=secret).wall)
        ratio = median(spent) / median(figures[title])
        report.add(f"{title}: 'agent-tui sync' where no engine runs", f"{median(spent) * 1000:,.0f} ms: {ratio:.2f} x")
