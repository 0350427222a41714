import asyncio

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.engine.backoff import LONGEST_MS, Backoff, delay
from agent_tui.engine.clock import Clock, SuspendWatch


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_double_from_one_second_to_five_minutes(attempts, chance):
    wait = delay(attempts, chance)
    full = min(LONGEST_MS, 1000 * 2 ** min(attempts - 1, 20))
    assert full / 2 <= wait <= full <= LONGEST_MS


@given(st.integers(1, 100), st.floats(0, 1), st.integers(0, 10_000_000))
def test_a_server_that_names_a_time_is_never_asked_earlier(attempts, chance, asked):
    assert delay(attempts, chance, asked=asked) >= asked


def test_success_makes_the_next_failure_the_first_again():
    backoff = Backoff(lambda: 1.0)
    assert [backoff.failed() for _ in range(3)] == [1000, 2000, 4000]
    backoff.reset()
    assert backoff.failed() == 1000


class Two(Clock):
    def __init__(self):
        self.wall, self.ticks = 1_000_000, 0
        super().__init__(lambda: self.wall)

    def steady(self):
        return self.ticks


def test_a_machine_that_slept_is_noticed_once():
    clock = Two()
    watch = SuspendWatch(clock)
    clock.wall += 600_000
    clock.ticks += 600_000
    assert not watch.slept(), "ten minutes awake"
    clock.wall += 60_000
    clock.ticks += 1_000
    assert watch.slept()
    assert not watch.slept()


async def test_waiting_ends_with_the_event_or_the_time():
    clock, event = Clock(), asyncio.Event()
    assert not await clock.wait(event, 1)
    event.set()
    assert await clock.wait(event, None)
