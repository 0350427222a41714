import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest

from agent_tui.desk import engine_link
from agent_tui.desk.engine_link import EngineLink, SourceStatus, request, ring, status_of
from agent_tui.domain.errors import AgentTuiError, UsageError
from agent_tui.engine.doorbell import Doorbell
from agent_tui.workspace import Workspace


class FakeEngine:
    """A doorbell in a thread of its own, that answers as an engine would."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.asked = []
        self.loop = asyncio.new_event_loop()
        self.bell = Doorbell(workspace.socket_path, workspace.path / "engine.sock", self.answer)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.call(self.bell.open())

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def answer(self, message, progress):
        self.asked.append(message)
        match message.get("ask"):
            case "status":
                return {"sources": {"mail": {"state": "idle", "synced_at": 5}}}
            case "sync":
                progress({"source": "mail", "done": 1})
                return {"sources": [{"source": "mail", "ok": True}]}
            case "hang":
                await asyncio.Event().wait()
            case "kick":
                return {}
        raise UsageError("what?")

    def broadcast(self, event):
        self.loop.call_soon_threadsafe(self.bell.broadcast, event)

    def end(self):
        self.call(self.bell.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(path=tmp_path)


@pytest.fixture
def engine(workspace):
    engine = FakeEngine(workspace)
    yield engine
    engine.end()


@pytest.fixture
def link(workspace):
    link = EngineLink(workspace, start_engine=False)
    yield link
    link.close()


def test_a_command_asks_and_gets_progress_and_result(workspace, engine):
    seen = []
    assert request(workspace, "sync", sources=["mail"], progress=seen.append) == {"sources": [{"source": "mail", "ok": True}]}
    assert seen == [{"source": "mail", "done": 1}]
    assert engine.asked[0]["sources"] == ["mail"]


def test_a_command_learns_that_no_engine_runs(workspace):
    assert request(workspace, "sync") is None
    assert ring(workspace) is False


def test_a_command_gets_the_engines_refusal_in_words(workspace, engine):
    with pytest.raises(AgentTuiError, match="what"):
        request(workspace, "dance")


def test_a_command_does_not_wait_for_ever(workspace, engine):
    with pytest.raises(AgentTuiError, match="does not answer"):
        request(workspace, "hang", timeout=0.05)


def test_ringing_is_heard(workspace, engine):
    assert ring(workspace)
    until(lambda: [one["ask"] for one in engine.asked] == ["kick"])


def test_the_link_learns_how_every_source_is(engine, link):
    link.start()
    until(lambda: link.sources)
    assert link.state == "up"
    assert link.sources["mail"].words == "up to date"
    engine.broadcast({"event": "source", "name": "mail", "state": "pulling", "done": 120, "total": 4000})
    until(lambda: link.sources["mail"].busy)
    assert link.sources["mail"].words == "fetching 120 of 4,000"


def test_questions_do_not_wait_for_their_answers(engine, link):
    answers, progress = [], []
    link.start()
    until(lambda: link.state == "up")
    assert link.ask("sync", done=answers.append, progress=progress.append)
    until(lambda: answers)
    assert answers[0]["sources"][0]["ok"]
    assert progress


def test_nothing_is_promised_while_no_engine_is_there(link):
    assert link.ask("sync") is False
    link.start()
    assert link.state == "connecting"
    assert link.ask("sync") is False


def test_an_engine_that_goes_leaves_no_question_open_and_its_successor_is_found(workspace, link):
    first = FakeEngine(workspace)
    answers, states = [], []
    link.events = lambda event: states.append(event["state"]) if event["event"] == "link" else None
    link.start()
    until(lambda: link.state == "up")
    link.ask("hang", done=answers.append)
    until(lambda: any(one.get("ask") == "hang" for one in first.asked))
    first.end()
    until(lambda: answers)
    assert "error" in answers[0]
    until(lambda: link.state == "connecting")
    second = FakeEngine(workspace)
    until(lambda: link.state == "up")
    assert states == ["up", "connecting", "up"]
    second.end()


def test_an_engine_is_started_where_none_answers(workspace, tmp_path):
    mark = tmp_path / "started"
    command = (sys.executable, "-c", f"import os; open({str(mark)!r}, 'w').write(f'{{os.getppid()}} {{os.getsid(0)}} {{os.getpid()}}')")
    link = EngineLink(workspace, command=command)
    link.start()
    try:
        until(lambda: mark.exists() and len(mark.read_text().split()) == 3)
        parent, session, process = map(int, mark.read_text().split())
        assert parent == os.getpid()
        assert session == process, "ctrl+c in the terminal is not for the engine"
    finally:
        link.close()


def test_what_an_engine_says_on_its_standard_error_goes_to_the_log(workspace):
    command = (sys.executable, "-c", "import sys; sys.stderr.write('broken\\n')")
    assert engine_link.spawn(workspace, command=command).wait(20) == 0
    assert "broken" in workspace.log_path.read_text()


def test_an_engine_that_cannot_start_is_said_and_not_started_over_and_over(workspace, tmp_path):
    count = tmp_path / "count"
    command = (sys.executable, "-c", f"import sys; open({str(count)!r}, 'a').write('x'); sys.exit(3)")
    link = EngineLink(workspace, command=command)
    link.start()
    try:
        until(lambda: link.trouble)
        assert "status 3" in link.trouble
        time.sleep(0.3)
        assert count.read_text() == "x"
    finally:
        link.close()


def test_the_workstation_waits_for_nothing(link):
    before = time.monotonic()
    link.start()
    for _ in range(100):
        link.kick()
    link.close()
    assert time.monotonic() - before < 2


@pytest.mark.parametrize("odd", [{}, {"state": 5, "done": "x", "total": None}, {"retry_at": []}])
def test_an_odd_status_is_taken_for_what_it_has(odd):
    assert isinstance(status_of(odd), SourceStatus)


def test_importing_the_link_brings_in_no_network_library():
    script = "import sys; import agent_tui.desk.engine_link; print([m for m in ('httpx','imapclient','keyring','agent_tui.sources') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_listener_with_a_mistake_in_it_does_not_cut_the_link(engine, link):
    heard = []

    def listen(event):
        heard.append(event)
        raise ZeroDivisionError

    link.events = listen
    link.start()
    until(lambda: link.state == "up" and engine.bell.clients)
    engine.broadcast({"event": "changed", "cases": [1]})
    engine.broadcast({"event": "changed", "cases": [2]})
    until(lambda: {"event": "changed", "cases": [2]} in heard)
