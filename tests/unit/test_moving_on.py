"""A case goes on by e-mail: what was said goes along, it stays one case with one clock, and all of it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Author, CaseState, Channel, Direction, Marks, Promise, RemoteCase, Role, Visibility
from agent_tui.domain.operations import OperationState, SetState, Tag
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, fold
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

RINA = Address("Rina", "rina@customer.example")
MINUTE = 60_000


def chat(key: str, text: str, *, ours: bool = False, at: int = NOW - HOUR, visibility: Visibility = Visibility.PRIVATE):
    return mail(
        key, ours=ours, at=at, text=text, subject="", conversation="C1", container="C1", thread_ids=(), visibility=visibility,
        author=Author("Asha", "asha@example.com", Role.AGENT) if ours else Author("Rina", "visitor-7", Role.CUSTOMER),
    )  # fmt: skip


def both(path: Path) -> object:
    made = workspace(path, "talk", channel=Channel.CHAT)
    talk = replace(made.sources[0], promise=Promise(first_reply=MINUTE, next_reply=2 * MINUTE), undo_ms=0)
    return replace(made, sources=(talk, *workspace(path, "mail").sources))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(both(tmp_path / "w"), now=clock, offline=True)
    applying.apply(
        made.store, "talk",
        batch(
            chat("1", "My box is dead.", at=NOW - 30 * MINUTE),
            chat("2", "Careful, he is angry.", ours=True, at=NOW - 20 * MINUTE, visibility=Visibility.NOTE),
            chat("3", "I will look into it.", ours=True, at=NOW - 10 * MINUTE),
        ),
    )  # fmt: skip
    return made


def the_case(desk: Desk):
    (case,) = desk.listing("before:2100-01-01")
    return case


def moved(desk: Desk):
    draft = desk.move_draft(the_case(desk).id, RINA)
    return desk.send(desk.save_draft(replace(draft, text="I will send you a new one.\n" + draft.text)))


def copy_of(entry, *, key: str = ""):
    """Our own mail, as it comes back from Sent."""
    marker = entry.operation.marker
    return mail(key or marker, ours=True, at=NOW + 1000, subject=entry.operation.subject, text=entry.operation.text, container="Sent")


def test_the_mail_has_what_was_said_and_never_a_note(desk: Desk) -> None:
    draft = desk.move_draft(the_case(desk).id, RINA)
    assert (draft.kind, draft.source, draft.case, draft.to) == ("move", "mail", the_case(desk).id, (RINA,))
    assert "Rina: My box is dead." in draft.text
    assert "I will look into it." in draft.text
    assert "angry" not in draft.text
    gate = desk.gate(draft)
    assert (gate.channel, gate.recipients, gate.visibility) == (Channel.EMAIL, (RINA,), Visibility.PRIVATE)


def test_what_was_begun_is_gone_on_with(desk: Desk) -> None:
    first = desk.save_draft(replace(desk.move_draft(the_case(desk).id, RINA), text="Half a"))
    again = desk.move_draft(the_case(desk).id, Address("", "other@customer.example"))
    assert (again.id, again.text, again.to[0].address) == (first.id, "Half a", "other@customer.example")


def test_it_stays_one_case_before_and_after_the_mail_has_come_back(desk: Desk) -> None:
    entry = moved(desk)
    assert entry.source == "mail"
    shown = desk.thread(the_case(desk).id).messages
    assert shown[-1].text.startswith("I will send you a new one.")
    assert desk.drafts() == ()
    applying.apply(desk.store, "mail", batch(copy_of(entry)))
    assert [one.source for one in desk.thread(the_case(desk).id).messages] == ["talk", "talk", "talk", "mail"]


def test_the_customers_answer_joins_it_and_is_owed_an_answer_as_mail_is(desk: Desk) -> None:
    entry = moved(desk)
    applying.apply(desk.store, "mail", batch(copy_of(entry)))
    asked = mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR, text="Thank you!")
    applying.apply(desk.store, "mail", batch(asked))
    case = the_case(desk)
    assert case.state is CaseState.OPEN
    assert case.due_at == NOW + HOUR + 2 * HOUR  # the next reply of the mailbox's promise, not two minutes
    draft = desk.draft(case.id)
    assert (draft.source, draft.in_reply_to, draft.to[0].address) == ("mail", "a@x", "rina@customer.example")
    sent = desk.send(desk.save_draft(replace(draft, text="It left today.")))
    assert sent.operation.references == (entry.operation.marker, "a@x")
    assert sent.source == "mail"


def test_after_the_move_our_next_words_go_by_mail_and_where_the_customer_writes_in_the_chat_again_there(desk: Desk) -> None:
    entry = moved(desk)
    applying.apply(desk.store, "mail", batch(copy_of(entry)))
    assert desk.draft(the_case(desk).id).source == "mail"
    applying.apply(desk.store, "talk", batch(chat("4", "Still here?", at=NOW + 2 * HOUR)))
    assert desk.draft(the_case(desk).id).source == "talk"


def test_each_source_is_told_only_of_what_it_holds(desk: Desk) -> None:
    entry = moved(desk)
    applying.apply(desk.store, "mail", batch(copy_of(entry), mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR)))
    case = the_case(desk)
    talk, letters = (case_facts.case_ref(desk.store, case.id, one) for one in ("talk", "mail"))
    assert talk.conversation == "C1"
    assert {place for place, _ in talk.places} == {"C1"}
    assert letters.conversation == ""
    assert {place for place, _ in letters.places} == {"Sent", "INBOX"}


def test_taken_back_in_time_nothing_of_it_is_left_but_the_text(desk: Desk) -> None:
    entry = moved(desk)
    desk.undo()
    assert desk.entry(entry.id).state is OperationState.CANCELLED
    (draft,) = desk.drafts()
    assert draft.text.startswith("I will send you a new one.")
    assert (draft.kind, draft.to) == ("move", (RINA,))
    case = the_case(desk)
    assert [one.source for one in desk.thread(case.id).messages] == ["talk"] * 3
    again = desk.send(draft)
    applying.apply(desk.store, "mail", batch(copy_of(again)))
    assert len(desk.thread(the_case(desk).id).messages) == 4


def test_a_refusal_gives_the_text_back_in_the_same_case(desk: Desk) -> None:
    entry = moved(desk)
    begun = delivery.begin(desk.store, entry)
    delivery.fail(desk.store, begun, "550 no such user")
    (draft,) = desk.drafts()
    assert draft.error == "550 no such user"
    assert desk.case(draft.case).id == the_case(desk).id


def word(state: CaseState = CaseState.OPEN) -> RemoteCase:
    """What the chat's server says of the conversation."""
    return RemoteCase(conversation="C1", subject="Website", state=state)


def gone_on(desk: Desk):
    """The chat is a conversation with a state at its server, and the customer has answered by mail."""
    applying.apply(desk.store, "talk", batch(cases=(word(),)))
    entry = moved(desk)
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    applying.apply(desk.store, "mail", batch(copy_of(entry)))
    applying.apply(desk.store, "mail", batch(mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR, text="Thank you!")))
    return entry


def delivered(desk: Desk, *, after: CaseState = CaseState.CLOSED) -> None:
    """Every action reaches its server, and the servers are read again."""
    for one in desk.outbox():
        delivery.acknowledge(desk.store, delivery.begin(desk.store, one))
    applying.apply(desk.store, "talk", batch(cases=(word(after),)))
    for source in ("talk", "mail"):
        delivery.settle(desk.store, source, desk.now() + 1)
    fold.refold_all(desk.store, desk.now())


@pytest.mark.parametrize(
    "act", [lambda d, c: d.done([c]), lambda d, c: d.mark_read([c], True), lambda d, c: d.tag([c], ["vip"]),
            lambda d, c: d.take([c]), lambda d, c: d.spam([c]), lambda d, c: d.delete([c])],
    ids=["done", "read", "tag", "take", "spam", "delete"],
)  # fmt: skip
def test_what_is_decided_about_the_case_is_told_to_both_servers(desk: Desk, act) -> None:
    gone_on(desk)
    act(desk, the_case(desk).id)
    assert {one.source for one in desk.outbox()} == {"talk", "mail"}
    desk.undo()


def test_done_is_one_key_and_one_undo(desk: Desk) -> None:
    gone_on(desk)
    case = the_case(desk)
    assert desk.done([case.id]).words == "Closed 1 case"
    assert desk.case(case.id).state is CaseState.CLOSED
    desk.undo()
    assert desk.case(case.id).state is CaseState.OPEN
    assert desk.outbox() == ()


def test_before_the_customer_has_written_by_mail_there_is_nothing_to_close_there(desk: Desk) -> None:
    moved(desk)
    desk.done([the_case(desk).id])
    assert [one.source for one in desk.outbox() if one.kind == "state"] == ["talk"]


def test_a_mail_after_the_chat_was_closed_opens_the_case_although_the_chat_stays_closed(desk: Desk) -> None:
    entry = moved(desk)
    desk.done([the_case(desk).id])
    delivered(desk)
    assert the_case(desk).state is CaseState.CLOSED
    applying.apply(desk.store, "mail", batch(copy_of(entry), mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR)))
    case = the_case(desk)
    assert (case.state, case.due_at) == (CaseState.OPEN, NOW + HOUR + 2 * HOUR)


def test_it_stays_open_while_a_mail_waits_whoever_closes_the_chat(desk: Desk) -> None:
    gone_on(desk)
    applying.apply(desk.store, "talk", batch(chat("4", "Hello?", at=NOW + 2 * HOUR), cases=(word(CaseState.CLOSED),)))
    assert the_case(desk).state is CaseState.OPEN


def test_closed_stays_closed_where_the_mailbox_keeps_it_as_a_mark(desk: Desk) -> None:
    entry = gone_on(desk)
    desk.done([the_case(desk).id])
    delivered(desk)
    marked = mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR, marks=(Marks.CLOSED,))
    applying.apply(desk.store, "mail", batch(marked))
    assert the_case(desk).state is CaseState.CLOSED
    applying.apply(desk.store, "mail", batch(mail("b@x", answers=("a@x",), at=NOW + 3 * HOUR, text="One more thing")))
    assert the_case(desk).state is CaseState.OPEN


def test_answered_and_done_by_mail_closes_the_chat_too(desk: Desk) -> None:
    gone_on(desk)
    case = the_case(desk)
    draft = desk.save_draft(replace(desk.draft(case.id), text="It left today."))
    assert draft.source == "mail"
    desk.send(draft, then=(SetState(state=CaseState.CLOSED, seen=draft.seen),))
    assert {(one.source, one.kind) for one in desk.outbox()} == {("mail", "reply"), ("talk", "state"), ("mail", "state")}
    assert desk.case(case.id).state is CaseState.CLOSED


def test_merged_into_the_mail_the_chats_state_still_counts(desk: Desk) -> None:
    applying.apply(desk.store, "talk", batch(cases=(word(),)))
    applying.apply(desk.store, "mail", batch(mail("other@x", at=NOW - 2 * HOUR)))
    chatted = the_case_of(desk, "talk")
    letter = the_case_of(desk, "mail")
    desk.merge([chatted.id], letter.id)
    desk.done([letter.id])
    marked = mail("other@x", at=NOW - 2 * HOUR, marks=(Marks.CLOSED,))
    delivered(desk)
    applying.apply(desk.store, "mail", batch(marked))
    assert desk.case(letter.id).state is CaseState.CLOSED


def the_case_of(desk: Desk, source: str):
    return next(one for one in desk.listing("before:2100-01-01") if one.source == source)


def test_a_cache_that_is_made_anew_shows_the_same(desk: Desk, clock: Clock) -> None:
    entry = moved(desk)
    begun = delivery.begin(desk.store, entry)
    delivery.acknowledge(desk.store, begun)
    answer = mail("a@x", answers=(entry.operation.marker,), at=NOW + HOUR, text="Thank you!")
    applying.apply(desk.store, "mail", batch(copy_of(entry), answer))
    before = [(one.source, one.text) for one in desk.thread(the_case(desk).id).messages]
    made, path = desk.workspace, desk.workspace.path
    desk.close()
    for one in path.glob("cache.db*"):
        one.unlink()
    for order in (("mail", "talk"), ("talk", "mail")):
        for one in path.glob("cache.db*"):
            one.unlink()
        again = Desk(made, now=clock, offline=True)
        for source in order:
            if source == "mail":
                applying.apply(again.store, "mail", batch(copy_of(entry), answer))
            else:
                applying.apply(
                    again.store, "talk",
                    batch(
                        chat("1", "My box is dead.", at=NOW - 30 * MINUTE),
                        chat("2", "Careful, he is angry.", ours=True, at=NOW - 20 * MINUTE, visibility=Visibility.NOTE),
                        chat("3", "I will look into it.", ours=True, at=NOW - 10 * MINUTE),
                    ),
                )  # fmt: skip
        assert [(one.source, one.text) for one in again.thread(the_case(again).id).messages] == before
        again.close()


def test_a_case_of_a_workspace_without_mail_cannot_go_on_by_mail(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w", "talk", channel=Channel.CHAT), now=Clock(), offline=True)
    applying.apply(desk.store, "talk", batch(chat("1", "Hello?")))
    with pytest.raises(UsageError, match="e-mail source"):
        desk.move_draft(the_case(desk).id, RINA)
    assert Direction.IN in {one.direction for one in desk.thread(the_case(desk).id).messages}


def test_a_chat_that_we_began_is_the_case_that_its_staged_actions_are_about(desk: Desk, clock: Clock) -> None:
    from agent_tui.store import sources

    with pytest.raises(UsageError, match="begun by the customer"):
        desk.draft(None, "new", source="talk")
    assert desk.source_for("@rina:x.example") == ""
    sources.note_state(desk.store, "talk", capabilities='{"begins": true}', operations=frozenset({"reply"}))
    assert desk.source_for("@rina:x.example") == "talk"
    assert desk.source_for("rina@x.example") == ""
    draft = replace(desk.draft(None, "new", source="talk"), to=(Address("Rina", "@rina:x.example"),), text="Your box is ready.")
    entry = desk.send(desk.save_draft(draft), then=(Tag(add=("ready",)),))
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    copy = replace(
        chat("9", "Your box is ready.", ours=True, at=NOW + 1000), conversation="C9", container="C9", marker=entry.operation.marker,
        to=(Address("Rina", "@rina:x.example"),),
    )  # fmt: skip
    applying.apply(desk.store, "talk", batch(copy, cases=(RemoteCase(conversation="C9", subject="Box"),)))
    case = next(one for one in desk.listing("before:2100-01-01") if one.subject == "Box")
    assert (case.customer.name, case.tags) == ("Rina", ("ready",))
    assert desk.case(entry.case).id == case.id
