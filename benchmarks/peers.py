"""The same mailbox in the programs people use for it: mbsync, notmuch, neomutt and aerc, each beside agent-tui in one run.

First fetch of an IMAP mailbox, the list usable (over IMAP as a new account, and over what is there already), search. What is
not installed is left out and named. neomutt counts as usable when the newest mail's subject is on the screen, aerc and
agent-tui when the screen is full of mails or cases.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from benchmarks import first_sync, generate, resync
from benchmarks.machine import PYTHON, Ran, Report, busy, run
from benchmarks.store import SEARCHES
from benchmarks.terminal import Terminal
from tests.servers import mail

PROGRAMS = ("mbsync", "notmuch", "neomutt", "aerc")
ROWS, COLUMNS = 40, 140
PATIENCE_S = 300.0
_OURS = r"1 of (?:[2-9]\d|[\d,]{3,}) +(?!opening)[a-z\d]"  # so many cases that the screen is full
_AERC = r"(?:.*\d{4}-\d\d-\d\d \d\d:\d\d [AP]M.*\n){20}"  # it does not put a Maildir in order, so any mails count
_NOTMUCH = """
[database]
path={maildir}
[user]
name=Asha Rao
primary_email={support}
[new]
tags=inbox
ignore=
"""
_NEOMUTT = """
set folder='{folder}'
set spoolfile='{spool}'
set sort=reverse-date-received
set certificate_file='{ca}'
set ssl_verify_host=no
set ssl_force_tls=yes
set imap_user='{user}'
set imap_pass='{password}'
set header_cache='{cache}'
set sleep_time=0
set mail_check=600
"""
_AERC_ACCOUNT = """
[support]
source = {source}
{more}
default = INBOX
from = Asha Rao <{support}>
cache-headers = true
"""


def missing() -> list[str]:
    """The programs that this machine has not."""
    return [one for one in PROGRAMS if shutil.which(one) is None]


def newest_subject(count: int) -> str:
    """Words that show the newest mail of the inbox whose subject every terminal draws alike."""
    found = ""
    for letter in generate.letters(count):
        if not letter.ours and letter.subject.isascii() and letter.customer.name.isascii():
            found = letter.subject
    return found.removeprefix("Re: ")[:24]


class Peers:
    """Configured programs over one user's mailbox.

    Args:
        server: where the mailbox is.
        user: whose.
        folder: for their files; the Maildir that mbsync made is ``mbsync/Maildir`` in it.
        subject: see ``newest_subject``.
    """

    def __init__(self, server: mail.MailServer, user: str, folder: Path, subject: str) -> None:
        self.folder = folder
        self._server, self._user = server, user
        self._shown = re.escape(subject)
        self.maildir = folder / "mbsync" / "Maildir"
        (folder / "password").write_text(server.password, encoding="utf-8")
        self.environment = {
            "NOTMUCH_CONFIG": str(folder / "notmuch.rc"), "SSL_CERT_FILE": str(server.ca), "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"), "XDG_CACHE_HOME": str(folder / "cache"),
        }  # fmt: skip
        (folder / "notmuch.rc").write_text(_NOTMUCH.format(maildir=self.maildir, support=generate.SUPPORT), encoding="utf-8")

    def notmuch_new(self) -> Ran:
        """Index the Maildir from nothing."""
        shutil.rmtree(self.maildir / ".notmuch", ignore_errors=True)
        return run(["notmuch", "new", "--quiet"], environment=self.environment)

    def notmuch_search(self, query: str) -> Ran:
        """The newest 50 messages of a query, and what the bare program costs taken off."""
        return run(["notmuch", "search", "--limit=50", query], environment=self.environment)

    def neomutt(self, *, over_imap: bool, kept: bool) -> list[str]:
        """Its command.

        Args:
            over_imap: read from the server, rather than the Maildir.
            kept: with the header cache of the time before, rather than none.
        """
        cache = self.folder / ("headers-imap" if over_imap else "headers")
        if not kept:
            shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(exist_ok=True)
        place = f"imaps://localhost:{self._server.ports['imaps']}/" if over_imap else str(self.maildir)
        spool = f"{place}INBOX" if over_imap else f"{place}/INBOX"
        settings = self.folder / "neomutt.rc"
        settings.write_text(
            _NEOMUTT.format(folder=place, spool=spool, ca=self._server.ca, user=self._user, password=self._server.password,
                            cache=cache),
            encoding="utf-8",
        )  # fmt: skip
        return ["neomutt", "-n", "-R", "-F", str(settings), "-f", spool]

    def aerc(self, *, over_imap: bool, kept: bool) -> list[str]:
        """Its command; as ``neomutt``."""
        if not kept:
            shutil.rmtree(self.folder / "cache" / "aerc", ignore_errors=True)
        folder = self.folder / "config" / "aerc"
        folder.mkdir(parents=True, exist_ok=True)
        source, more = f"maildir://{self.maildir}", ""
        if over_imap:
            source = f"imaps://{self._user}@localhost:{self._server.ports['imaps']}"
            more = f'source-cred-cmd = cat "{self.folder / "password"}"'
        accounts = folder / "accounts.conf"
        accounts.write_text(_AERC_ACCOUNT.format(source=source, more=more, support=generate.SUPPORT), encoding="utf-8")
        accounts.chmod(0o600)
        return ["aerc"]

    def usable(self, program: str, *, over_imap: bool, kept: bool) -> tuple[float, float]:
        """Seconds by the clock and processor seconds until the list is on the screen.

        Args:
            program: ``aerc`` or ``neomutt``.
        """
        if program == "aerc":
            return usable(self.aerc(over_imap=over_imap, kept=kept), _AERC, self.environment)
        return usable(self.neomutt(over_imap=over_imap, kept=kept), self._shown, self.environment)


def usable(command: Sequence[str], pattern: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds by the clock and processor seconds of a terminal program until a pattern is on the screen."""
    screen = Terminal(command, rows=ROWS, columns=COLUMNS, environment=environment, spending=True,
                      controlling=True)  # fmt: skip
    try:
        seconds = screen.ready(pattern, patience=PATIENCE_S)
        return seconds, screen.spent[seconds]
    finally:
        screen.close()


def _least(work: Callable[[], tuple[float, float]], times: int) -> str:
    found = [work() for _ in range(times)]
    return f"{min(one[0] for one in found) * 1000:,.0f} ms, {min(one[1] for one in found) * 1000:,.0f} ms of processor time"


def measure(count: int = 10_000, times: int = 3, *, searched: bool = True) -> Report:
    """All of them over one mailbox.

    Args:
        count: mails in it.
        times: starts and searches of each; the least counts.
        searched: with notmuch, which takes five minutes for 100,000 mails.
    """
    report = Report(f"The same {count:,} mails in other programs, in one run")
    for one in missing():
        report.add(one, "not installed, not run")
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory(dir=os.environ.get("AGENT_TUI_BENCH")) as temporary:
            user, folder = server.fresh(), Path(temporary)
            first_sync.fill(server, user, count)
            _fetch(report, server, user, folder, count, searched=searched)
            peers = Peers(server, user, folder, newest_subject(count))
            kept = generate.workspace(count)
            _lists(report, server, user, peers, kept, times)
            if searched and shutil.which("notmuch"):
                _search(report, peers, kept, times)
            if shutil.which("mbsync"):
                resync.rounds(report, server, user, folder)
    finally:
        server.close()
    report.add("machine meanwhile", busy())
    return report


def _fetch(report: Report, server: mail.MailServer, user: str, folder: Path, count: int, *, searched: bool) -> None:
    """A new mailbox: fetched, and searchable."""

    def figure(ran: Ran) -> str:
        return f"{count / ran.wall:,.0f}/s, {1000 * ran.cpu / count:.2f} ms of processor time a mail"

    ours = first_sync.engine(server, user, folder / "workspace")
    report.add("first sync, fetched, stored and searchable: agent-tui", figure(ours))
    if shutil.which("mbsync") is None:
        return
    fetched = first_sync.mbsync(server, user, folder / "mbsync")
    report.add("first sync, fetched into a Maildir: mbsync (FSync no)", figure(fetched))
    if not searched or shutil.which("notmuch") is None:
        return
    indexed = Peers(server, user, folder, "").notmuch_new()
    both = Ran(fetched.wall + indexed.wall, fetched.cpu + indexed.cpu, "")
    report.add("first sync, fetched and searchable: mbsync, then notmuch new", figure(both))
    report.add("agent-tui's rate to that of mbsync and notmuch", f"{both.wall / ours.wall:.1f} x", "16 x")


def _lists(report: Report, server: mail.MailServer, user: str, peers: Peers, kept: Path, times: int) -> None:
    """Start to a usable list: of a new account, and of what is there."""
    secret = {"AGENT_TUI_SECRET_SUPPORT_MAIL": server.password}

    numbers = itertools.count()

    def new_account() -> tuple[float, float]:
        place = peers.folder / f"new-{next(numbers)}"  # the engine of the one before may still be about to end
        first_sync.settings(server, user, place, backlog="3650d")
        return usable([PYTHON, "-m", "agent_tui", "--workspace", str(place)], _OURS, secret)

    def here() -> tuple[float, float]:
        return usable([PYTHON, "-m", "agent_tui", "--workspace", str(kept), "--offline"], _OURS, {})

    report.add("a new account, start to the newest painted: agent-tui", _least(new_account, times))
    there = [one for one in ("aerc", "neomutt") if shutil.which(one)]
    for program in there:
        figure = _least(lambda program=program: peers.usable(program, over_imap=True, kept=False), times)
        report.add(f"a new account, start to the newest painted: {program}", figure)
    report.add("what is there, start to a usable list: agent-tui", _least(here, times))
    for program in there:
        figure = _least(lambda program=program: peers.usable(program, over_imap=False, kept=True), times)
        report.add(f"what is there, start to a usable list: {program}, from mbsync's Maildir", figure)


def _search(report: Report, peers: Peers, kept: Path, times: int) -> None:
    """The newest 50 of some searches: the store's own time beside the whole command of notmuch."""
    desk = Desk(workspaces.load(kept), offline=True)
    for name, query in (*SEARCHES.items(), ("a first letter, as typed", "r*")):
        if any(sign in query for sign in ("state:", "届", "-")):
            continue  # notmuch has no states, no words where no spaces are written, and other signs
        asked = query.removesuffix("*")
        theirs = f"{asked}*" if len(asked) <= 2 else asked
        spent = []
        for _ in range(times):
            before = time.process_time()
            desk.search(asked)
            spent.append(time.process_time() - before)
        peer = min(peers.notmuch_search(theirs).cpu for _ in range(times))
        ours = min(spent)
        report.add(
            f"search: {name} (`{asked}`), processor time: agent-tui's store; notmuch (`{theirs}`)",
            f"{ours * 1000:.1f} ms; {peer * 1000:.0f} ms: {ours / peer:.2f} x", "0.2 x",
        )
    desk.close()
