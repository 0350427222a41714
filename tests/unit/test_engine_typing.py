"""That somebody writes is shown to the customer at once where the server can, and harms nothing where it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_tui.domain.errors import TryLater
from agent_tui.sources.base import ShowsTyping
from tests.engine_bench import Bench


class Chatting:
    """A source that can show it, around one that cannot."""

    def __init__(self, source, told, *, fails: bool = False) -> None:
        self._source, self._told, self._fails = source, told, fails

    def __getattr__(self, name):
        return getattr(self._source, name)

    async def open(self):
        info = await self._source.open()
        return replace(info, capabilities=replace(info.capabilities, typing=True))

    def hints(self):
        return self._source.hints()

    async def typing(self, conversation: str, on: bool) -> None:
        self._told.append((conversation, on))
        if self._fails:
            raise TryLater("not now")


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path / "w", "mail", "chat")
    yield bench
    await bench.stop()
    bench.close()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_customer_sees_that_somebody_writes(bench, fails):
    told: list[tuple[str, bool]] = []
    conversation = bench.customer("Hello?", "chat")
    bench.customer("Where is it?")
    wrap = lambda name, source: Chatting(source, told, fails=fails) if name == "chat" else source  # noqa: E731
    bench.start(wrap=wrap)
    await bench.until(lambda: bench.engine._lines["chat"].status.state == "idle")
    await bench.quiet()
    case, mail = bench.case("chat", conversation), bench.case("mail")
    for number in (case, mail, 999):
        assert await bench.engine._answer({"ask": "typing", "case": number, "on": True}, print) == {}
        await bench.until(lambda: told)
    await bench.engine._answer({"ask": "typing", "case": case, "on": False}, print)
    await bench.until(lambda: len(told) == 2)
    assert told == [(conversation, True), (conversation, False)]
    assert bench.engine._lines["chat"].status.state == "idle"


def test_every_source_that_says_so_can():
    from agent_tui.sources.chatwoot.source import ChatwootSource
    from agent_tui.sources.matrix.source import MatrixSource

    assert all(issubclass(one, ShowsTyping) for one in (ChatwootSource, MatrixSource))
