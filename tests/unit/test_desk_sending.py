"""From a draft to the outbox and back: nothing is lost, nothing leaves twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StopError, UsageError
from agent_tui.domain.model import Address, CaseState, DeliveryReport, MessageState, Visibility
from agent_tui.domain.operations import OperationState, SetState
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, operations, sources
from tests.unit.workspaces import HOUR, NOW, SUPPORT, Clock, batch, mail, workspace

UNDO = 15_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path), now=clock, offline=True)
    sources.note_state(made.store, "mail", operations=frozenset({"state", "reply", "read"}))
    applying.apply(made.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    return made


def case_of(desk: Desk) -> int:
    window = desk.window("all")
    return next(window.row(place).id for place in range(len(window)) if window.row(place).subject != "Other")


def written(desk: Desk, text: str = "It left yesterday, Rina."):
    return desk.save_draft(replace(desk.draft(case_of(desk)), text=text))


def deliver(desk: Desk, clock: Clock):
    clock.tick(UNDO)
    (entry,) = delivery.due(desk.store, clock())
    return delivery.begin(desk.store, entry)


def test_a_reply_goes_to_who_wrote_from_the_address_written_to(desk: Desk) -> None:
    draft = desk.draft(case_of(desk))
    assert [a.address for a in draft.to] == ["rina@customer.example"]
    assert draft.sender == SUPPORT
    assert draft.subject == "Re: Where is my parcel?"
    assert draft.in_reply_to == "a@x"


def test_everyone_is_answered_but_we_are_not(tmp_path: Path, clock: Clock) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    message = mail("a@x", to=(Address("", SUPPORT), Address("", "boss@customer.example")), cc=(Address("", "asha@example.com"),))
    applying.apply(desk.store, "mail", batch(message))
    assert [a.address for a in desk.draft(case_of(desk)).cc] == ["boss@customer.example"]
    assert desk.draft(case_of(desk), everyone=False).cc == ()


def test_reply_to_is_honoured(tmp_path: Path, clock: Clock) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x", reply_to=(Address("", "desk@customer.example"),))))
    assert [a.address for a in desk.draft(case_of(desk)).to] == ["desk@customer.example"]


def test_a_sent_draft_is_held_then_due_and_the_case_waits_for_the_customer(desk: Desk, clock: Clock) -> None:
    entry = desk.send(written(desk))
    assert entry.state is OperationState.HELD
    assert delivery.due(desk.store, clock()) == ()
    assert desk.case(case_of(desk)).state is CaseState.WAITING
    assert desk.drafts() == ()
    assert [m.state for m in desk.thread(case_of(desk)).messages] == [MessageState.RECEIVED, MessageState.HELD]
    clock.tick(UNDO)
    assert [e.id for e in delivery.due(desk.store, clock())] == [entry.id]


def test_undo_within_the_window_gives_the_text_back(desk: Desk) -> None:
    desk.send(written(desk))
    assert desk.undo() is not None
    (draft,) = desk.drafts()
    assert draft.text == "It left yesterday, Rina."
    assert desk.outbox() == ()
    assert desk.case(case_of(desk)).state is CaseState.NEW


def test_undo_after_it_has_left_says_so(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    delivery.acknowledge(desk.store, deliver(desk, clock))
    with pytest.raises(UsageError, match="too late"):
        desk.undo()


def test_nothing_begins_twice(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    assert delivery.begin(desk.store, entry).attempts == 1
    assert delivery.due(desk.store, clock()) == ()


def test_the_pulled_copy_takes_the_place_of_the_local_one(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.acknowledge(desk.store, entry)
    assert desk.case(case_of(desk)).state is CaseState.WAITING
    copy = mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock(), text=entry.operation.text)
    applying.apply(desk.store, "mail", batch(copy))
    shown = desk.thread(case_of(desk)).messages
    assert [m.text for m in shown] == ["Hello, where is my parcel?", "It left yesterday, Rina."]
    assert desk.case(case_of(desk)).state is CaseState.WAITING


def test_a_copy_that_is_pulled_settles_a_doubt(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk), then=[SetState(state=CaseState.CLOSED)])
    entry = deliver(desk, clock)
    delivery.unknown(desk.store, entry, "the connection broke after the last line")
    assert desk.case(case_of(desk)).notice == "reply perhaps sent"
    applying.apply(desk.store, "mail", batch(mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())))
    assert desk.case(case_of(desk)).notice == ""
    assert operations.get(desk.store, entry.id).state is OperationState.SENT


def test_refusal_gives_the_text_back_with_the_servers_words(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    delivery.fail(desk.store, deliver(desk, clock), "550 5.1.1 no such user")
    (draft,) = desk.drafts()
    assert (draft.text, draft.error) == ("It left yesterday, Rina.", "550 5.1.1 no such user")
    case = desk.case(case_of(desk))
    assert (case.state, case.notice) == (CaseState.NEW, "reply not sent")


def test_a_retry_sends_what_its_draft_says_or_nothing(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.fail(desk.store, entry, "451 later")
    (back,) = desk.drafts()
    changed = desk.save_draft(replace(back, text="It left on Monday, Rina."))
    with pytest.raises(UsageError, match="its draft has been changed since"):
        desk.retry(entry.id)
    assert desk.entry(entry.id).state is OperationState.FAILED
    assert [d.text for d in desk.drafts()] == ["It left on Monday, Rina."]
    desk.save_draft(replace(changed, text=back.text, to=()))
    with pytest.raises(UsageError, match="its draft has been changed since"):
        desk.retry(entry.id)
    desk.save_draft(replace(desk.drafts()[0], to=back.to))
    assert desk.retry(entry.id).state is OperationState.QUEUED
    assert desk.drafts() == ()


def test_what_a_retry_would_send_is_one_thing_also_where_it_came_back_as_a_new_draft(desk: Desk, clock: Clock) -> None:
    desk.send(replace(desk.draft(case_of(desk)), text="From a script, Rina."))
    entry = deliver(desk, clock)
    delivery.fail(desk.store, entry, "451 later")
    assert desk.retry(entry.id).state is OperationState.QUEUED
    assert desk.drafts() == ()


def test_what_was_written_since_is_not_touched_when_a_text_comes_back(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    second = written(desk, "A second thought, Rina.")
    delivery.fail(desk.store, entry, "550 no")
    assert {d.text for d in desk.drafts()} == {"It left yesterday, Rina.", "A second thought, Rina."}
    assert desk.drafts()[0].case == second.case


def test_staged_actions_wait_for_the_message(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk), then=[SetState(state=CaseState.CLOSED, seen=1 << 60)])
    entry = deliver(desk, clock)
    assert delivery.due(desk.store, clock()) == ()
    delivery.acknowledge(desk.store, entry)
    (staged,) = delivery.due(desk.store, clock())
    assert staged.kind == "state"


def test_staged_actions_do_not_follow_a_failure(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk), then=[SetState(state=CaseState.CLOSED, seen=1 << 60)])
    delivery.fail(desk.store, deliver(desk, clock), "550 no")
    assert delivery.due(desk.store, clock()) == ()
    assert desk.case(case_of(desk)).state is CaseState.NEW


def test_messages_of_a_case_leave_in_order_and_other_cases_do_not_wait(desk: Desk, clock: Clock) -> None:
    applying.apply(desk.store, "mail", batch(mail("other@x", who="li@customer.example", subject="Other")))
    first = desk.send(written(desk))
    second = desk.send(written(desk, "And one more thing, Rina."))
    other_case = next(c.id for c in desk.listing() if c.subject == "Other")
    other = desk.send(desk.save_draft(replace(desk.draft(other_case), text="Hello Li, yes.")))
    clock.tick(UNDO)
    assert [e.id for e in delivery.due(desk.store, clock())] == [first.id, other.id]
    delivery.unknown(desk.store, delivery.begin(desk.store, first), "cut")
    assert [e.id for e in delivery.due(desk.store, clock())] == [other.id]
    desk.settle(first.id, arrived=True)
    assert [e.id for e in delivery.due(desk.store, clock())] == [second.id, other.id]


def test_a_newer_customer_message_is_told_before_delivery_and_while_writing(desk: Desk, clock: Clock) -> None:
    draft = written(desk)
    entry = desk.send(draft)
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW + 5)))
    assert "Rina wrote again" in case_facts.newer_than_seen(desk.store, entry)
    assert [m.key for m in desk.newer_than(draft)] == ["c@x"]


def test_a_customer_message_that_is_pulled_after_a_later_answer_still_counts(desk: Desk) -> None:
    applying.apply(desk.store, "mail", batch(mail("ours@x", ours=True, answers=["a@x"], at=NOW - 60_000)))
    entry = desk.send(written(desk))
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW - 120_000)))
    assert "wrote again" in case_facts.newer_than_seen(desk.store, entry)


def test_a_colleagues_answer_is_told_and_our_own_is_not(desk: Desk, clock: Clock) -> None:
    first = desk.send(written(desk))
    second = desk.send(written(desk, "And more, Rina."))
    sent = delivery.begin(desk.store, first)
    delivery.acknowledge(desk.store, sent)
    applying.apply(desk.store, "mail", batch(mail(sent.operation.marker, ours=True, answers=["a@x"], at=NOW + 1)))
    assert case_facts.newer_than_seen(desk.store, second) == ""
    applying.apply(desk.store, "mail", batch(mail("colleague@x", ours=True, answers=["a@x"], at=NOW + 2)))
    assert "a colleague" in case_facts.newer_than_seen(desk.store, second)


def test_a_close_by_a_colleague_is_told(desk: Desk) -> None:
    entry = desk.send(written(desk))
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW - HOUR, marks=["closed"])))
    assert "was closed" in case_facts.newer_than_seen(desk.store, entry)


def test_a_conflict_asks_and_goes_when_the_agent_says_so(desk: Desk, clock: Clock) -> None:
    entry = desk.send(written(desk))
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW + 5)))
    delivery.conflict(desk.store, entry, "Rina wrote again")
    assert desk.case(case_of(desk)).notice == "reply held back"
    desk.retry(entry.id)
    clock.tick(UNDO)
    (again,) = delivery.due(desk.store, clock())
    assert case_facts.newer_than_seen(desk.store, again) == ""


def test_a_report_of_failure_calls_a_sent_message_back(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.acknowledge(desk.store, entry)
    applying.apply(desk.store, "mail", batch(mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())))
    report = DeliveryReport(entry.operation.marker, ("rina@customer.example",), True, "550 mailbox is gone")
    applied = applying.apply(desk.store, "mail", batch(mail("bounce@x", who="mailer-daemon@x", report=report)))
    assert applied.reports == (report,)
    assert len(desk.window("all")) == 1, "a report is never a case"
    assert desk.thread(case_of(desk)).messages[-1].state is MessageState.FAILED
    (draft,) = desk.drafts()
    assert "550 mailbox is gone" in draft.error
    assert desk.case(case_of(desk)).notice == "reply not sent"


def test_a_message_that_was_called_back_is_no_answer(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.acknowledge(desk.store, entry)
    copy = mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())
    asked = mail("a@x", at=NOW - HOUR, marks=["answered"])
    applying.apply(desk.store, "mail", batch(asked, copy))
    assert desk.case(case_of(desk)).state is CaseState.WAITING
    report = DeliveryReport(entry.operation.marker, ("rina@customer.example",), True, "550 mailbox is gone")
    applying.apply(desk.store, "mail", batch(mail("bounce@x", who="mailer-daemon@x", report=report)))
    case = desk.case(case_of(desk))
    assert (case.state, case.waiting_since) == (CaseState.NEW, NOW - HOUR)
    assert case.due_at is not None
    (draft,) = desk.drafts()
    second = desk.send(draft)
    assert desk.case(case.id).state is CaseState.WAITING
    assert desk.case(case.id).notice == ""
    assert second.id != entry.id


@pytest.mark.parametrize(
    ("names_it", "recipients"),
    [(True, ()), (True, ("stranger@elsewhere.example",)), (False, ("RINA@customer.example",))],
    ids=["no recipient", "somebody else", "no Message-ID"],
)
@pytest.mark.parametrize("pulled", [True, False])
def test_a_report_that_proves_nothing_warns_and_changes_nothing(
    desk: Desk, clock: Clock, names_it: bool, recipients: tuple[str, ...], pulled: bool
) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.acknowledge(desk.store, entry)
    if pulled:
        applying.apply(desk.store, "mail", batch(mail(entry.operation.marker, ours=True, answers=["a@x"], at=clock())))
    report = DeliveryReport(entry.operation.marker if names_it else "", recipients, True, "550 no such user")
    for _ in range(2):  # read again, it says nothing new
        applying.apply(desk.store, "mail", batch(mail("bounce@x", report=report)))
    after = desk.entry(entry.id)
    assert after is not None
    assert after.state is OperationState.SENT
    assert after.error.count("550 no such user") == 1
    assert "does not prove" in after.error
    assert desk.drafts() == ()
    shown = desk.thread(case_of(desk)).messages[-1]
    assert shown.state is not MessageState.FAILED
    assert "550 no such user" in shown.warning
    believed = DeliveryReport(entry.operation.marker, ("rina@customer.example",), True, "552 full")
    applying.apply(desk.store, "mail", batch(mail("bounce2@x", report=believed)))
    assert [d.text for d in desk.drafts()] == ["It left yesterday, Rina."], "a real one is heeded all the same"


def test_a_service_that_says_so_itself_needs_no_recipient(desk: Desk, clock: Clock) -> None:
    desk.send(written(desk))
    entry = deliver(desk, clock)
    delivery.acknowledge(desk.store, entry)
    report = DeliveryReport(entry.operation.marker, (), True, "the channel refused it", certain=True)
    applying.apply(desk.store, "mail", batch(mail("report-1", report=report)))
    assert [d.text for d in desk.drafts()] == ["It left yesterday, Rina."]


@pytest.mark.parametrize("draft_kept", [True, False])
def test_what_reached_some_comes_back_for_the_others_alone(desk: Desk, clock: Clock, draft_kept: bool) -> None:
    rina, boss, cfo = (Address("", f"{name}@customer.example") for name in ("rina", "boss", "cfo"))
    draft = replace(desk.draft(case_of(desk), fresh=not draft_kept), text="It left.", to=(rina,), cc=(boss, cfo))
    entry = desk.send(desk.save_draft(draft) if draft_kept else draft, overrides=["recipients"])
    delivery.acknowledge(desk.store, deliver(desk, clock))
    first = DeliveryReport(entry.operation.marker, ("BOSS@customer.example",), True, "550 no such user")
    applying.apply(desk.store, "mail", batch(mail("bounce@x", report=first)))
    (back,) = desk.drafts()
    assert (back.to, back.cc, back.bcc) == ((boss,), (), ())
    assert "550 no such user" in back.error
    assert "the others have it" in back.error
    second = DeliveryReport(entry.operation.marker, ("cfo@customer.example",), True, "552 full")
    applying.apply(desk.store, "mail", batch(mail("bounce2@x", report=second)))
    (back,) = desk.drafts()
    assert {*back.to, *back.cc} == {boss, cfo}
    third = DeliveryReport(entry.operation.marker, (rina.address,), True, "552 full")
    applying.apply(desk.store, "mail", batch(mail("bounce3@x", report=third)))
    (back,) = desk.drafts()
    assert {*back.to, *back.cc} == {rina, boss, cfo}
    assert "the others have it" not in back.error


def test_what_reached_nobody_comes_back_for_everybody(desk: Desk, clock: Clock) -> None:
    both = (Address("", "rina@customer.example"), Address("", "boss@customer.example"))
    entry = desk.send(desk.save_draft(replace(desk.draft(case_of(desk)), text="It left.", to=both)), overrides=["recipients"])
    delivery.acknowledge(desk.store, deliver(desk, clock))
    report = DeliveryReport(entry.operation.marker, tuple(a.address for a in both), True, "550 no")
    applying.apply(desk.store, "mail", batch(mail("bounce@x", report=report)))
    (back,) = desk.drafts()
    assert back.to == both
    assert "the others" not in back.error


def test_a_guard_stops_and_can_be_passed_where_it_may(desk: Desk) -> None:
    with pytest.raises(StopError) as stopped:
        desk.send(written(desk, "Dear Rina, your order [[order number]] left."), overrides=["gap"])
    assert (stopped.value.guard, stopped.value.passable) == ("gap", False)
    with pytest.raises(StopError, match="attach"):
        desk.send(written(desk, "Dear Rina, see the attached invoice."))
    assert desk.send(written(desk, "Dear Rina, see the attached invoice."), overrides=["attachment"])


def test_a_note_stays_here_where_the_source_has_none(desk: Desk) -> None:
    note = desk.draft(case_of(desk), "note")
    entry = desk.send(desk.save_draft(replace(note, text="She called twice.")))
    assert (entry.state, entry.local) == (OperationState.DONE, True)
    shown = desk.thread(case_of(desk)).messages[-1]
    assert (shown.visibility, shown.text) == (Visibility.NOTE, "She called twice.")
    assert desk.case(case_of(desk)).state is CaseState.NEW, "a note is no answer"


def test_a_draft_remembers_which_of_it_is_canned(desk: Desk) -> None:
    kept = desk.save_draft(replace(desk.draft(case_of(desk)), text="Hello, it left.", origins=((0, 6, "greeting"),)))
    assert desk.draft(case_of(desk)).origins == kept.origins == ((0, 6, "greeting"),)


def test_drafts_survive_and_stay_with_their_case(desk: Desk, clock: Clock) -> None:
    draft = written(desk, "half a sent")
    desk.close()
    again = Desk(desk.workspace, now=clock, offline=True)
    assert again.draft(case_of(again)).text == "half a sent"
    assert again.case(case_of(again)).draft
    assert again.draft(case_of(again)).id == draft.id


def test_saving_a_draft_that_has_left_makes_a_new_one(desk: Desk) -> None:
    draft = written(desk)
    desk.send(draft)
    saved = desk.save_draft(replace(draft, text="typed on"))
    assert saved.id != draft.id
    assert [d.text for d in desk.drafts()] == ["typed on"]


def test_attachments_are_frozen_with_the_message(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "invoice.txt"
    file.write_text("one")
    draft = desk.attach(written(desk), file)
    entry = desk.send(draft)
    file.write_text("two")
    path, name, media_type = entry.operation.attachments[0]
    assert (name, media_type) == ("invoice.txt", "text/plain")
    assert (desk.workspace.attachments / path).read_text() == "one"
    with pytest.raises(UsageError, match="not a file"):
        desk.attach(draft, tmp_path / "missing")


def test_a_reply_on_a_closed_case_moves_it_to_waiting(desk: Desk, clock: Clock) -> None:
    desk.done([case_of(desk)])
    desk.send(written(desk))
    entry = next(e for e in delivery.due(desk.store, clock() + UNDO) if e.kind == "reply")
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    assert desk.case(case_of(desk)).state is CaseState.WAITING


def test_a_fresh_mail_ends_with_the_signature_and_that_alone_is_not_sent(tmp_path: Path, clock: Clock) -> None:
    where = workspace(tmp_path / "w")
    where = replace(where, agent=replace(where.agent, signature="Asha, Example Support"))
    desk = Desk(where, now=clock, offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    draft = desk.draft(case_of(desk))
    assert (draft.text, draft.cursor) == ("\n\nAsha, Example Support", 0)
    with pytest.raises(StopError, match="empty"):
        desk.send(desk.save_draft(draft))


def test_a_forward_carries_the_files_that_are_here_and_asks_about_the_others(desk: Desk, tmp_path: Path) -> None:
    from agent_tui.domain.model import Attachment
    from agent_tui.store import attachments

    files = (Attachment("../bill.pdf", "application/pdf", 3, "2"), Attachment("photo.png", "image/png", 9, "3"))
    applying.apply(desk.store, "mail", batch(mail("f@x", answers=["a@x"], at=NOW, attachments=files)))
    message = desk.thread(case_of(desk)).messages[-1]
    (tmp_path / "fetched").write_bytes(b"pdf")
    attachments.note_cached(desk.store, message.id, "2", attachments.put(desk.store, tmp_path / "fetched"), 3)
    draft = desk.draft(case_of(desk), "forward", message=message.id)
    assert [Path(p).name for p in draft.attachments] == ["bill.pdf"]
    assert Path(draft.attachments[0]).read_bytes() == b"pdf"
    assert "[[photo.png: attach it, or delete this line]]" in draft.text
    assert "bill.pdf" not in draft.text


def test_what_a_canned_reply_stages_is_shown_at_the_gate_and_runs_after_it_is_sent(desk: Desk, clock: Clock) -> None:
    folder = desk.workspace.canned
    folder.mkdir()
    (folder / "late.md").write_text('---\nname: late\nthen: ["tag +late", "close", "fly away"]\n---\nIt is late, sorry.\n')
    draft = replace(written(desk, "It is late, Rina, sorry. It comes tomorrow."), canned=("late",))
    assert desk.gate(draft).then == ("tag +late", "close")
    desk.send(draft)
    delivery.acknowledge(desk.store, deliver(desk, clock))
    case = desk.case(case_of(desk))
    assert (case.state, case.tags) == (CaseState.CLOSED, ("late",))


def begun(tmp_path: Path, clock: Clock, **more) -> tuple[Desk, str]:
    """A desk whose mailbox has settings of its own, and what a reply there begins with."""
    made = workspace(tmp_path / "w", "mail", **more)
    desk = Desk(replace(made, agent=replace(made.agent, signature="Asha, Support")), now=clock, offline=True)
    text = "It is late.\nWhere is it?\n\nOn Monday Asha wrote:\n> Soon."
    applying.apply(desk.store, "mail", batch(mail("a@x", text=text, fresh_text="It is late.\nWhere is it?", at=NOW)))
    (case,) = desk.listing()
    return desk, desk.draft(case.id).text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "\n\nAsha, Support"),
        ({"signature": "The team"}, "\n\nThe team"),
        ({"signature": ""}, ""),
        ({"quote": "below"}, "\n\nAsha, Support\n\nOn 2025-10-09 08:53, Rina wrote:\n> It is late.\n> Where is it?"),
        ({"quote": "above"}, "On 2025-10-09 08:53, Rina wrote:\n> It is late.\n> Where is it?\n\n\n\nAsha, Support"),
    ],
)
def test_signature_and_quotation_are_as_the_source_wants_them(tmp_path: Path, clock: Clock, settings: dict, text: str) -> None:
    desk, found = begun(tmp_path, clock, **settings)
    assert found == text
    (case,) = desk.listing()
    written = found[: (at := desk.draft(case.id).cursor)] + "It left." + found[at:]
    assert ("> Where is it?\n\nIt left." in written) is (settings.get("quote") == "above")
    assert written.startswith("It left.") is (settings.get("quote") != "above")
    desk.close()


def test_a_quotation_alone_is_nothing_to_send(tmp_path: Path, clock: Clock) -> None:
    desk, text = begun(tmp_path, clock, quote="below")
    (case,) = desk.listing()
    draft = desk.draft(case.id)
    assert "empty" in [one.guard for one in desk.gate(draft).stops]
    assert "empty" not in [one.guard for one in desk.gate(replace(draft, text="It left today.\n" + text)).stops]
    desk.close()
