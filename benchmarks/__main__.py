"""``python -m benchmarks [--mails N] [NAMES]``: run the measurements and print a table for docs/benchmarks.md.

Names: ``sync`` (first sync beside mbsync), ``resync`` (fetching again beside it), ``live`` (keys while one runs) and ``chat``
(a live chat meanwhile), ``idle`` (new mail that is pushed), ``agents`` (what two hundred would cost), which need Dovecot and
root, ``chat`` and ``agents`` Synapse as well, as does ``quiet`` (four sources at rest); ``peers`` (the same mailbox in mbsync,
notmuch, neomutt and aerc); ``store`` (the store alone); ``large`` (a case of 1,000 messages, a newsletter);
``encrypted`` (the databases encrypted at rest beside the same in the clear); ``sizes`` (from 1,000 to 1,000,000 mails, with a
picture); and of the workstation ``disk start keys bulk typing rest busy``. Without names all but
``sizes``. ``--mails``: how many the cache of the store and of the workstation, and the mailbox of ``peers`` holds: 100,000 and
10,000 if not said.
"""

from __future__ import annotations

import sys

from benchmarks import (
    agents,
    encrypted,
    first_sync,
    large,
    live_chat,
    live_sync,
    peers,
    pushed,
    quiet,
    resync,
    sizes,
    store,
    workstation,
)
from benchmarks.machine import Report, about
from tests.servers.process import ServerMissing

WORKSTATION = ("disk", "start", "keys", "bulk", "typing", "rest", "busy")


def main(names: list[str]) -> int:
    """Run what is named, or all."""
    count, mailbox = 100_000, 10_000
    if names[:1] == ["--mails"]:
        count, names = int(names[1]), names[2:]
        mailbox = count
    alone = ("peers", "store", "large", "encrypted", *WORKSTATION, "sizes")
    known = ("sync", "resync", "live", "chat", "idle", "agents", "quiet", *alone)
    wrong = [one for one in names if one not in known]
    if wrong:
        sys.stderr.write(f"no measurement '{wrong[0]}'; there are {', '.join(known)}\n")
        return 2
    wanted = names or list(known[:-1])
    reports: list[Report] = []
    with_servers = (
        ("sync", first_sync.measure), ("resync", resync.measure), ("live", live_sync.measure), ("chat", live_chat.measure),
        ("idle", pushed.measure), ("agents", agents.measure), ("quiet", quiet.measure), ("peers", lambda: peers.measure(mailbox)),
    )  # fmt: skip
    for name, measure in with_servers:
        if name in wanted:
            try:
                reports.append(measure())
            except ServerMissing as missing:
                sys.stdout.write(f"{name} not run: {missing}\n")
    if "store" in wanted:
        reports.append(store.measure(count))
    if "large" in wanted:
        reports.append(large.measure())
    if "encrypted" in wanted:
        reports.append(encrypted.measure(count))
    if "sizes" in wanted:
        reports.append(sizes.measure(place=sizes.PICTURE))
    parts = [one for one in wanted if one in WORKSTATION]
    if parts:
        reports.append(workstation.measure(count, only=parts))
    sys.stdout.write(f"\n{about()}\n")
    for report in reports:
        sys.stdout.write(f"\n### {report.title}\n\n| what | figure | goal |\n|---|---|---|\n")
        for what, figure, goal in report.rows:
            sys.stdout.write(f"| {what} | {figure} | {goal} |\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
