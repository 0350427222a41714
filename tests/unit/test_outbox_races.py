"""Two processes on one workspace: whoever comes second sees what the first did, and nothing leaves twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import CaseState, DeliveryReport
from agent_tui.domain.operations import Entry, OperationState
from agent_tui.store import apply as applying
from agent_tui.store import delivery, drafts, operations, sources
from agent_tui.store.database import Store
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

UNDO = 15_000
TEXT = "It left yesterday, Rina."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path), now=clock, offline=True)
    sources.note_state(made.store, "mail", operations=frozenset({"state", "reply", "read", "tag", "delete"}))
    applying.apply(made.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    return made


@pytest.fixture
def engine(desk: Desk, clock: Clock) -> Store:
    """The other process's connections."""
    return Store.open(desk.workspace, role="engine", now=clock)


def case_of(desk: Desk) -> int:
    return desk.window("all").row(0).id


def sent(desk: Desk, text: str = TEXT) -> Entry:
    return desk.send(desk.save_draft(replace(desk.draft(case_of(desk)), text=text)))


def head(engine: Store, clock: Clock) -> Entry:
    clock.tick(UNDO)
    (entry,) = delivery.due(engine, clock())
    return entry


def state(desk: Desk, entry: Entry) -> OperationState:
    found = desk.entry(entry.id)
    assert found is not None
    return found.state


# -- taken back while the engine has its hand on it ---------------------------------------------------------------


@pytest.mark.parametrize("verb", ["conflict", "fail", "later"])
def test_what_was_taken_back_stays_taken_back_whatever_the_engine_concludes(desk, engine, clock, verb) -> None:
    sent(desk)
    entry = head(engine, clock)
    desk.cancel(entry.id)
    more = (clock(),) if verb == "later" else ()
    getattr(delivery, verb)(engine, entry, "words", *more)
    assert state(desk, entry) is OperationState.CANCELLED
    assert [d.text for d in desk.drafts()] == [TEXT]
    assert delivery.due(engine, clock() + HOUR) == ()


def test_what_the_agent_says_did_not_arrive_is_not_sent_again_by_the_engine(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.unknown(engine, entry, "the line broke")
    (doubtful,) = delivery.unknown_entries(engine)
    desk.settle(entry.id, arrived=False)  # the text is a draft again, and may be sent from there
    delivery.requeue(engine, doubtful)  # the server has just said that it does not have it
    assert state(desk, entry) is OperationState.CANCELLED
    assert delivery.due(engine, clock() + HOUR) == ()


def test_what_the_agent_knows_to_have_arrived_is_not_in_doubt_again(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.unknown(engine, entry, "the line broke")
    (doubtful,) = delivery.unknown_entries(engine)
    desk.settle(entry.id, arrived=True)
    delivery.unknown(engine, doubtful, "the server cannot tell")
    assert state(desk, entry) is OperationState.SENT


def test_the_agent_cannot_settle_what_is_on_its_way_again(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.unknown(engine, entry, "the line broke")
    seen_by_agent = desk.entry(entry.id)
    (doubtful,) = delivery.unknown_entries(engine)
    delivery.requeue(engine, doubtful)
    (again,) = delivery.due(engine, clock())
    delivery.begin(engine, again)
    delivery.settle_unknown(desk.store, seen_by_agent, arrived_there=False)
    assert state(desk, entry) is OperationState.SENDING
    assert desk.drafts() == ()


def test_retrying_what_just_began_does_not_send_it_a_second_time(desk, engine, clock) -> None:
    sent(desk)
    stale = head(engine, clock)
    delivery.later(engine, delivery.begin(engine, stale), "busy", clock())
    (again,) = delivery.due(engine, clock())
    before = desk.entry(again.id)
    delivery.begin(engine, again)
    assert delivery.requeue(desk.store, before) == frozenset()
    assert state(desk, again) is OperationState.SENDING
    assert delivery.due(engine, clock() + HOUR) == ()


def test_retry_says_that_it_has_begun(desk, engine, clock, monkeypatch) -> None:
    sent(desk)
    entry = head(engine, clock)
    stale = desk.entry(entry.id)
    delivery.later(engine, delivery.begin(engine, entry), "busy", clock())
    stale = desk.entry(entry.id)
    delivery.begin(engine, delivery.due(engine, clock())[0])
    monkeypatch.setattr(desk, "_entry", lambda _number: stale)
    with pytest.raises(UsageError, match="on its way"):
        desk.retry(entry.id)


def test_cancelling_what_was_just_refused_leaves_one_draft(desk, engine, clock) -> None:
    sent(desk)
    entry = head(engine, clock)
    seen_by_agent = desk.entry(entry.id)
    delivery.fail(engine, delivery.begin(engine, entry), "550 no such user")
    assert delivery.cancel(desk.store, seen_by_agent)
    assert [(d.text, d.error) for d in desk.drafts()] == [(TEXT, "550 no such user")]


# -- the server's copy settles a doubt ----------------------------------------------------------------------------


def test_a_copy_that_turns_up_after_all_stops_the_second_attempt(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.unknown(engine, entry, "the line broke")
    delivery.requeue(engine, delivery.unknown_entries(engine)[0])  # the server did not have it at that moment
    copy = mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())
    applying.apply(engine, "mail", batch(copy))
    assert state(desk, entry) is OperationState.SENT
    assert delivery.due(engine, clock() + HOUR) == ()


def test_a_copy_of_what_never_left_settles_nothing(desk, engine, clock) -> None:
    entry = sent(desk)
    forged = mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())
    applying.apply(engine, "mail", batch(forged))
    assert state(desk, entry) is OperationState.HELD


# -- delivery reports ---------------------------------------------------------------------------------------------


def report_on(entry: Entry) -> DeliveryReport:
    return DeliveryReport(entry.operation.marker, ("rina@customer.example",), True, "550 mailbox full")


def test_a_report_that_was_read_is_heeded_even_if_the_engine_dies_at_once(desk, engine, clock, monkeypatch) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.acknowledge(engine, entry)
    real, dead = delivery.report, False

    def dies_first(store, source, report):
        nonlocal dead
        if not dead:
            dead = True
            raise KeyboardInterrupt
        return real(store, source, report)

    monkeypatch.setattr(delivery, "report", dies_first)
    bounce = batch(mail("bounce@mx", automatic=True, report=report_on(entry)), cursor='{"n": 9}')
    with pytest.raises(KeyboardInterrupt):
        applying.apply(engine, "mail", bounce)
    if sources.cursor(engine, "mail") != '{"n": 9}':  # what was not taken in is pulled again
        applying.apply(engine, "mail", bounce)
    assert state(desk, entry) is OperationState.FAILED
    assert [d.text for d in desk.drafts()] == [TEXT]


@pytest.mark.parametrize("before", ["held", "cancelled"])
def test_a_report_on_what_never_left_is_not_believed(desk, engine, clock, before) -> None:
    entry = sent(desk)
    if before == "cancelled":
        desk.cancel(entry.id)
    applying.apply(engine, "mail", batch(mail("bounce@mx", automatic=True, report=report_on(entry))))
    assert state(desk, entry).value == before
    assert len(desk.drafts()) == (before == "cancelled")


# -- drafts -------------------------------------------------------------------------------------------------------


def test_a_draft_is_sent_once_however_many_workstations_send_it(desk, clock) -> None:
    draft = desk.save_draft(replace(desk.draft(case_of(desk)), text=TEXT))
    other = Desk(desk.workspace, now=clock, offline=True)
    desk.send(draft)
    with pytest.raises(UsageError, match="outbox"):
        other.send(draft)
    assert len(desk.outbox()) == 1


def test_text_typed_while_another_workstation_sends_the_draft_is_kept(desk, clock, monkeypatch) -> None:
    draft = desk.save_draft(replace(desk.draft(case_of(desk)), text=TEXT))
    other = Desk(desk.workspace, now=clock, offline=True)

    def still_open(store: Store, number: int) -> bool:
        desk.send(draft)  # between the look and the write
        return True

    monkeypatch.setattr(drafts, "is_open", still_open)
    other.save_draft(replace(draft, text=TEXT + " And one more thing."))
    assert [d.text for d in desk.drafts()] == [TEXT + " And one more thing."]


def test_two_workstations_writing_one_draft_lose_neither_text(desk, clock) -> None:
    draft = desk.save_draft(replace(desk.draft(case_of(desk)), text="Dear"))
    other = Desk(desk.workspace, now=clock, offline=True)
    here, there = draft, other.draft(case_of(desk))
    clock.tick(300)
    here = desk.save_draft(replace(here, text="Dear Rina, it left yesterday."))
    clock.tick(300)
    there = other.save_draft(replace(there, text="Dear customer,"))
    clock.tick(300)
    here = desk.save_draft(replace(here, text="Dear Rina, it left yesterday. Greetings"))
    assert {d.text for d in desk.drafts()} == {"Dear Rina, it left yesterday. Greetings", "Dear customer,"}
    assert here.id != there.id


def test_a_draft_that_comes_back_keeps_its_files_under_their_names(desk, engine, clock, tmp_path) -> None:
    file = tmp_path / "label.pdf"
    file.write_bytes(b"%PDF-1.7 label")
    draft = replace(desk.draft(case_of(desk), fresh=True), text=TEXT, attachments=(str(file),))
    entry = desk.send(draft, hold=False)  # as a command does: it was never stored as a draft
    file.unlink()
    (ready,) = delivery.due(engine, clock())
    delivery.fail(engine, delivery.begin(engine, ready), "552 too large")
    (back,) = desk.drafts()
    again = desk.send(back, hold=False)
    assert [(name, kind) for _, name, kind in again.operation.attachments] == [("label.pdf", "application/pdf")]
    assert again.operation.attachments[0][0] == entry.operation.attachments[0][0]


@pytest.mark.parametrize("name", ["../../.ssh/authorized_keys", "..", "", "বাংলা" * 80 + ".pdf", "\udcff.txt", "a\\..\\b.exe"])
def test_a_file_s_name_never_leads_out_of_its_folder(desk, tmp_path, name) -> None:
    from agent_tui.store import attachments

    file = tmp_path / "x"
    file.write_bytes(b"x")
    found = attachments.named(desk.store, attachments.put(desk.store, file), name)
    inside = desk.workspace.attachments / "named"
    assert found.resolve().is_relative_to(inside.resolve())
    assert found.parent.parent == inside
    assert found.read_bytes() == b"x"
    assert found.name.endswith((".pdf", ".txt", ".exe", "file", "keys"))


def test_a_file_saved_while_it_is_attached_is_not_stored_under_a_wrong_digest(desk, tmp_path, monkeypatch) -> None:
    import hashlib

    from agent_tui.store import attachments

    file = tmp_path / "offer.txt"
    file.write_bytes(b"1" * 64)
    monkeypatch.setattr(attachments, "CHUNK", 16)
    real = Path.open

    class Saved:
        """Somebody saves the file after its first reading."""

        def __init__(self, opened) -> None:
            self.opened = opened

        def __getattr__(self, name):
            return getattr(self.opened, name)

        def __enter__(self):
            return self

        def __exit__(self, *_rest) -> None:
            self.opened.close()
            with real(file, "wb") as again:
                again.write(b"2" * 64)

    monkeypatch.setattr(Path, "open", lambda self, mode="r", **more: Saved(real(self, mode, **more)))
    digest = attachments.put(desk.store, file)
    monkeypatch.undo()
    stored = attachments.path_of(desk.store, digest)
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == digest
    assert stored.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_said_in_words_and_loses_nothing(desk) -> None:
    from agent_tui.domain.errors import StoreError

    draft = desk.save_draft(replace(desk.draft(case_of(desk)), text="Dear"))
    pages = desk.store.desk.execute("PRAGMA page_count").fetchone()[0]
    desk.store.desk.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full: make room"):
        desk.save_draft(replace(draft, text="Dear Rina, " + "it left. " * 10_000))
    desk.store.desk.execute("PRAGMA max_page_count = 100000")
    assert [d.text for d in desk.drafts()] == ["Dear"]
    assert desk.save_draft(replace(draft, text="Dear Rina")).text == "Dear Rina"


def test_a_database_that_another_process_holds_is_said_in_words(desk, engine, monkeypatch) -> None:
    from agent_tui.domain.errors import StoreError

    desk.store.desk.execute("PRAGMA busy_timeout = 1")
    with engine.writing_desk(), pytest.raises(StoreError, match="another process is writing"):
        desk.tag([case_of(desk)], add=["x"])
    desk.tag([case_of(desk)], add=["x"])


def test_a_second_report_on_one_message_is_told_too(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.acknowledge(engine, entry)
    other = DeliveryReport(entry.operation.marker, ("boss@customer.example",), True, "550 no such user")
    applying.apply(engine, "mail", batch(mail("bounce1@mx", automatic=True, report=report_on(entry))))
    applying.apply(engine, "mail", batch(mail("bounce2@mx", automatic=True, report=other)))
    applying.apply(engine, "mail", batch(mail("bounce2@mx", automatic=True, report=other)))  # read again
    (draft,) = desk.drafts()
    words = "rina@customer.example: 550 mailbox full; boss@customer.example: 550 no such user"
    assert draft.error == words
    assert desk.entry(entry.id).error == words


def test_undo_takes_back_a_reply_that_the_server_put_off(desk, engine, clock) -> None:
    sent(desk)
    entry = delivery.begin(engine, head(engine, clock))
    delivery.later(engine, entry, "421 busy", clock() + HOUR)
    assert desk.undo() is not None
    assert state(desk, entry) is OperationState.CANCELLED
    assert [d.text for d in desk.drafts()] == [TEXT]
    assert desk.case(case_of(desk)).state is CaseState.NEW


def test_thousands_of_queued_actions_are_not_read_again_for_each_that_leaves(desk, engine, clock) -> None:
    from agent_tui.domain.operations import Tag

    many = [mail(f"m{n}@x", at=NOW - HOUR + n) for n in range(60)]
    applying.apply(desk.store, "mail", batch(*many))
    desk.tag([c.id for c in desk.listing()], add=["refund"])
    loaded = []
    real = operations._entry

    def counted(row):
        loaded.append(row[0])
        return real(row)

    operations._entry = counted
    try:
        found = delivery.due(engine, clock(), source="mail", limit=5)
    finally:
        operations._entry = real
    assert len(found) == 5
    assert all(isinstance(e.operation, Tag) for e in found)
    assert len(loaded) == 5
    assert delivery.due(engine, clock(), source="chat") == ()
