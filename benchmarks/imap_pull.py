"""How fast a mailbox comes in: pull() of the IMAP source from Dovecot on loopback, parsed but not stored.

Run as ``python -m benchmarks.imap_pull [MESSAGES]`` where Dovecot and Postfix are installed. It prints messages a
second for all of pull, for the wire alone (parsing left out), and the memory this process then holds.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from agent_tui.sources import mime
from tests.contract.ledger import Ledger
from tests.contract.mailbox import Mailbox
from tests.servers import mail
from tests.servers.letters import letters


class _Forgetful(Ledger):
    """Keeps nothing but the cursor, so that memory is that of the source."""

    def apply(self, batch) -> None:
        self.cursor = batch.cursor


async def measure(box: Mailbox) -> tuple[int, float, int]:
    box.ledger = _Forgetful()
    source = box.source()
    await source.open()
    started = time.perf_counter()
    batches = await box.pull(source)
    seconds = time.perf_counter() - started
    await source.close()
    return sum(len(batch.messages) for batch in batches), seconds, len(batches)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            box = Mailbox(server, Path(folder) / "workspace")
            started = time.perf_counter()
            pending = letters(count, box.address)
            while some := [one for _, one in zip(range(500), pending, strict=False)]:
                box.append(*some)
            print(f"seeded {count} in {time.perf_counter() - started:.1f} s")
            asyncio.run(measure(box))  # Dovecot's caches are warm from here on
            got, seconds, batches = asyncio.run(measure(box))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"pull: {got} messages in {batches} batches, {seconds:.2f} s, {got / seconds:.0f}/s, peak {peak:.0f} MB")
            one = mime.parse(next(letters(1, box.address)), container="INBOX", ref="1:1", received_at=0)
            real, mime.parse = mime.parse, lambda _raw, *, ref, **_more: replace(one, ref=ref)  # type: ignore[assignment]
            got, seconds, _ = asyncio.run(measure(box))
            mime.parse = real
            print(f"wire alone: {got / seconds:.0f}/s")
    finally:
        server.close()


if __name__ == "__main__":
    main()
