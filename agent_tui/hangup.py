"""Ends the workstation when its terminal is gone: a window that was closed, a connection that broke.

The kernel tells a program in the foreground by a signal, but not one whose terminal was never its own (under some
supervisors and recorders). Textual would go on then, reading nothing as fast as it can.
"""

from __future__ import annotations

import os
import select
import threading
import time

STATUS = 129  # as a shell reports a program that was hung up on
SAVE_S = 1.0  # a draft is on disk 200 ms after its last key


def watch(descriptor: int) -> threading.Thread:
    """End this process once the terminal at a descriptor is gone. Costs nothing until then: the kernel wakes the thread.

    Args:
        descriptor: of the terminal, open for reading.
    """
    thread = threading.Thread(target=_wait, args=(descriptor,), name="hangup", daemon=True)
    thread.start()
    return thread


def _wait(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, 0)  # being hung up on is told of without being asked for
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poller.poll()):
        pass
    time.sleep(SAVE_S)
    os._exit(STATUS)  # an orderly end would write to the terminal and wait for it for ever
