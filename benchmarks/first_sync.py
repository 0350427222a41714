"""A new mailbox from Dovecot to rows and index, beside mbsync fetching the same mails into a Maildir."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from agent_tui.domain.model import Marks
from benchmarks import generate
from benchmarks.machine import PYTHON, Ran, Report, busy, median, run
from tests.servers import mail

_ENGINE = """
import sys
from pathlib import Path
from agent_tui import engine, workspace
(result,) = engine.run(workspace.load(Path(sys.argv[1])))
sys.exit(0 if not result.error else repr(result))
"""

_MBSYNC = """
FSync no

IMAPAccount bench
Host localhost
Port {port}
User {user}
PassCmd "cat {password}"
{tls} IMAPS
CertificateFile {ca}
AuthMechs PLAIN

IMAPStore far
Account bench

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX
SubFolders Verbatim

Channel bench
Far :far:
Near :near:
Patterns INBOX Sent
Create Near
Sync Pull
SyncState *
"""


def fill(server: mail.MailServer, user: str, count: int) -> None:
    """Put a generated mailbox on the server: questions in INBOX, answers in Sent, each with the day it came."""
    client = server.client(user)
    client.create("Sent")
    letters = generate.letters(count)
    while some := list(itertools.islice(letters, 500)):
        for folder, ours in (("INBOX", False), ("Sent", True)):
            pieces: list[bytes] = []
            for letter in some:
                if letter.ours is ours:
                    raw = generate.raw(letter)
                    when = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(letter.at / 1000))
                    flags = "\\Seen" if Marks.SEEN in letter.marks else ""
                    pieces += [f' ({flags}) "{when}" {{{len(raw)}+}}\r\n'.encode(), raw]
            if pieces:
                tag = client._new_tag()
                client.send(b"".join((tag, b" APPEND ", folder.encode(), *pieces, b"\r\n")))
                while not (line := client.readline()).startswith(tag):
                    pass
                assert b" OK" in line, line
    client.logout()


def settings(server: mail.MailServer, user: str, folder: Path, *, backlog: str = "14d") -> None:
    """Write a workspace for the user's mailbox.

    Args:
        backlog: how old an unanswered case may be to come in open.
    """
    folder.mkdir(parents=True)
    (folder / "workspace.toml").write_text(
        f"""
[agent]
name = "Asha Rao"
email = "{generate.SUPPORT}"
[[source]]
name = "support-mail"
type = "imap"
address = "{generate.SUPPORT}"
imap = "imaps://localhost:{server.ports["imaps"]}"
smtp = "smtps://localhost:{server.ports["smtps"]}"
username = "{user}"
ca_file = "{server.ca}"
backlog = "{backlog}"
promise = {{ first_reply = "6h", next_reply = "6h" }}
""",
        encoding="utf-8",
    )


def engine(server: mail.MailServer, user: str, folder: Path) -> Ran:
    """One engine, from nothing to the index complete."""
    shutil.rmtree(folder, ignore_errors=True)
    settings(server, user, folder)
    return run([PYTHON, "-c", _ENGINE, str(folder)], environment={"AGENT_TUI_SECRET_SUPPORT_MAIL": server.password})


def mbsync(server: mail.MailServer, user: str, folder: Path) -> Ran:
    """One mbsync, from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "password").write_text(server.password, encoding="utf-8")
    (folder / "Maildir").mkdir()
    version = subprocess.run(["mbsync", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    tls = "TLSType" if tuple(int(n) for n in version.split(".")[:2]) >= (1, 5) else "SSLType"
    (folder / "rc").write_text(
        _MBSYNC.format(
            port=server.ports["imaps"], user=user, password=folder / "password", ca=server.ca, maildir=folder / "Maildir",
            tls=tls,
        ),
        encoding="utf-8",
    )
    return run(["mbsync", "-q", "-c", str(folder / "rc"), "bench"])


def measure(count: int = 10_000, times: int = 3) -> Report:
    """Both, in turn.

    Args:
        count: mails in the mailbox.
        times: how often; the medians count.
    """
    report = Report(f"First sync of {count:,} mails over IMAP (TLS, loopback)")
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            user, folder = server.fresh(), Path(temporary)
            fill(server, user, count)
            peers: list[Ran] = []
            ours: list[Ran] = []
            if shutil.which("mbsync"):
                mbsync(server, user, folder / "mbsync")  # the server's own caches are warm from here on
            for _ in range(times):
                if shutil.which("mbsync"):
                    peers.append(mbsync(server, user, folder / "mbsync"))
                ours.append(engine(server, user, folder / "workspace"))
            stored = sqlite3.connect(folder / "workspace" / "cache.db")
            messages, waiting = (
                stored.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("messages", "unindexed")
            )
            stored.close()
            assert messages == count, (messages, count)
            assert waiting == 0, waiting
    finally:
        server.close()
    wall, cpu = median([one.wall for one in ours]), median([one.cpu for one in ours])
    report.add("agent-tui: fetched, parsed, stored, indexed", f"{count / wall:,.0f}/s by the clock", "1,500/s on a quiet machine")
    report.add("agent-tui, processor time", f"{1000 * cpu / count:.2f} ms a mail, {cpu / wall:.1f} cores used")
    if peers:
        peer, peer_cpu = median([one.wall for one in peers]), median([one.cpu for one in peers])
        report.add("mbsync, fetched into a Maildir (FSync no)", f"{count / peer:,.0f}/s, {1000 * peer_cpu / count:.2f} ms a mail")
        report.add("agent-tui's time to mbsync's", f"{wall / peer:.1f} x")
    report.add("machine meanwhile", busy())
    return report
