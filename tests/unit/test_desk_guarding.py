"""What the guards are given to look at: the store's other cases, the clauses of canned replies, the case's subject."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import Visibility
from agent_tui.store import apply as applying
from agent_tui.store import indexing, search, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

ORDER = "AB-2048817"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path), now=Clock(), offline=True)
    sources.note_state(made.store, "mail", operations=frozenset({"state", "reply", "read"}))
    applying.apply(made.store, "mail", batch(
        mail("a@x", at=NOW - HOUR, text="Where is my parcel?"),
        mail("b@x", at=NOW - 2 * HOUR, who="marcus@other.example", subject="Refund", text=f"My order {ORDER} is broken."),
    ))  # fmt: skip
    while indexing.index(made.store):
        pass
    return made


def case_of(desk: Desk, subject: str = "Where is my parcel?"):
    return next(one for one in desk.listing() if one.subject == subject)


def context(desk: Desk, text: str, subject: str = "Where is my parcel?", **more: object):
    case = case_of(desk, subject)
    draft = replace(desk.draft(case.id), text=text, **more)
    return desk.guard_context(draft, case, desk.workspace.source("mail"), None)


def test_a_number_that_stands_in_another_case_is_found_with_its_owner(desk: Desk) -> None:
    (found,) = context(desk, f"Dear Rina, your order {ORDER} left.").elsewhere
    assert found.customer.address == "marcus@other.example"
    assert found.text == f"Refund\nMy order {ORDER} is broken."


def test_the_case_that_is_answered_is_no_other_case(desk: Desk) -> None:
    assert context(desk, f"Dear Marcus, your order {ORDER} left.", "Refund").elsewhere == ()


def test_what_is_in_no_other_case_finds_nothing(desk: Desk) -> None:
    assert context(desk, "Dear Rina, your order ZZ-9911223 left.").elsewhere == ()
    assert context(desk, "Dear Rina, it left.").elsewhere == ()


def test_a_note_to_colleagues_may_name_other_cases(desk: Desk) -> None:
    assert context(desk, f"Same as {ORDER}", kind="note").elsewhere == ()


def test_what_colleagues_noted_elsewhere_belongs_to_nobody(desk: Desk) -> None:
    note = mail("n@x", answers=["b@x"], ours=True, text="See account QX-7755331.", visibility=Visibility.NOTE)
    applying.apply(desk.store, "mail", batch(note))
    while indexing.index(desk.store):
        pass
    assert context(desk, "Dear Rina, your account is QX-7755331.").elsewhere == ()


def test_an_index_that_cannot_be_read_stops_no_reply(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the search index is damaged")

    monkeypatch.setattr(search, "hits", broken)
    assert context(desk, f"Dear Rina, your order {ORDER} left.").elsewhere == ()


def test_the_gate_stops_another_customers_number(desk: Desk) -> None:
    gate = desk.gate(replace(desk.draft(case_of(desk).id), text=f"Your order {ORDER} left."))
    assert any(one.guard == "leak" and ORDER in one.reason for one in gate.stops)


def test_the_subject_is_the_case_s_and_not_the_draft_s(desk: Desk) -> None:
    found = context(desk, "It left.")
    assert (found.case_subject, found.subject) == ("Where is my parcel?", "Re: Where is my parcel?")
    draft = replace(desk.draft(case_of(desk).id), text="It left.")
    assert desk.guard_context(draft, None, desk.workspace.source("mail"), None).case_subject == ""


def test_the_clauses_are_those_that_the_draft_s_canned_replies_rely_on(desk: Desk) -> None:
    desk.workspace.policies.mkdir()
    (desk.workspace.policies / "refunds.md").write_text(
        "---\nid: refunds\ntitle: Refunds\neffective: 2026-01-01\nuntil: 2026-12-31\n---\n\n"
        "# Late requests\n\nAfter 30 days the manager decides.\n\n# Gift cards\n\nNever in cash.\n"
    )
    desk.workspace.canned.mkdir()
    (desk.workspace.canned / "late.md").write_text("---\nname: late\nclauses: [refunds#late-requests]\n---\nIt is late.\n")
    (desk.workspace.canned / "hello.md").write_text("---\nname: hello\n---\nHello.\n")
    (rule,) = context(desk, "It is late.", canned=("late",)).clauses
    assert (rule.id, rule.title, rule.effective, rule.until) == (
        "refunds#late-requests", "Late requests", "2026-01-01", "2026-12-31",
    )  # fmt: skip
    assert "the manager decides" in rule.text
    assert context(desk, "Hello.", canned=("hello",)).clauses == ()
    assert context(desk, "It is late.").clauses == ()


def test_a_public_reply_is_compared_with_what_was_said_in_private_elsewhere(desk: Desk) -> None:
    words = "My wife is in hospital until Sunday and nobody can open the door."
    private = mail("p@x", subject="Delivery", text=words, who="marcus@other.example")
    applying.apply(desk.store, "mail", batch(private))
    while indexing.index(desk.store):
        pass
    draft = replace(desk.draft(case_of(desk).id), text="Since your wife is in hospital until Sunday and nobody can open the door, it waits.")
    assert desk.guard_context(draft, case_of(desk), desk.workspace.source("mail"), None).elsewhere == ()
    public = replace(draft, visibility=Visibility.PUBLIC)
    (found,) = desk.guard_context(public, case_of(desk), desk.workspace.source("mail"), None).elsewhere
    assert words in found.text
    assert [one.reason for one in desk.gate(public).stops if one.guard == "leak"] == [
        "words of the private case of Marcus, which everybody could read then"
    ]


NOTED = "This is a known fault of the boxes from May, promise no date."


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE, Visibility.PUBLIC])
def test_words_of_a_note_that_was_there_before_the_draft_do_not_leave(desk: Desk, visibility: Visibility) -> None:
    case = case_of(desk).id
    note = mail("n@x", answers=["a@x"], ours=True, text=NOTED, visibility=Visibility.NOTE, at=NOW - HOUR // 2)
    applying.apply(desk.store, "mail", batch(note))
    draft = replace(desk.draft(case), text="Sorry, this is a known fault of the boxes from May.", visibility=visibility)
    assert draft.seen_ours, "it was on the screen"
    (found,) = (one for one in desk.gate(draft).stops if one.guard == "leak")
    assert "which customers must not read" in found.reason


def test_words_of_a_private_answer_of_ours_do_not_go_public(desk: Desk) -> None:
    case = case_of(desk).id
    answer = mail("o@x", answers=["a@x"], ours=True, text="We cancelled the second invoice of your flat in Leeds.", at=NOW - HOUR // 2)
    applying.apply(desk.store, "mail", batch(answer))
    text = "As said, we cancelled the second invoice of your flat in Leeds."
    draft = replace(desk.draft(case), text=text, visibility=Visibility.PUBLIC)
    assert any(one.guard == "leak" and "private message by" in one.reason for one in desk.gate(draft).stops)
    assert not any(one.guard == "changed" for one in desk.gate(draft).stops), "it was there when the draft began"


def test_the_canned_reply_that_is_used_is_no_secret(desk: Desk) -> None:
    text = "Please hold the power button for ten seconds and then plug the cable in again."
    applying.apply(desk.store, "mail", batch(mail("q@x", subject="Power", text=text, ours=True, answers=["m@x"])))
    while indexing.index(desk.store):
        pass
    desk.workspace.canned.mkdir()
    (desk.workspace.canned / "power.md").write_text(f"---\nname: power\n---\n{text}\n")
    public = replace(desk.draft(case_of(desk).id), text=text, visibility=Visibility.PUBLIC)
    assert any(one.guard == "leak" for one in desk.gate(public).stops)
    assert not any(one.guard == "leak" for one in desk.gate(replace(public, canned=("power",))).stops)


def test_what_the_settings_call_personal_stops_in_public(desk: Desk) -> None:
    desk.workspace = replace(desk.workspace, personal=(("an order number", r"TW-\d{5}"), ("an endless one", r"(a+)+b")))
    public = replace(desk.draft(case_of(desk).id), text=f"TW-48213 left. {'a' * 5_000}", visibility=Visibility.PUBLIC)
    assert any("an order number" in one.reason for one in desk.gate(public).stops)
    assert not any(one.guard == "personal-data" for one in desk.gate(replace(public, visibility=Visibility.PRIVATE)).stops)


def parcel(desk: Desk) -> int:
    """The first case, answered or not."""
    return next(one.id for one in desk.listing("from:rina") if one.subject.endswith("Where is my parcel?"))


def ours(desk: Desk, key: str, text: str, at: int = NOW - HOUR // 2, **more: object) -> None:
    """A message of ours in the first case, as a sync brings it."""
    applying.apply(desk.store, "mail", batch(mail(key, answers=["a@x"], ours=True, text=text, at=at, **more)))


def stopped(desk: Desk, text: str, draft=None, **more: object) -> dict[str, str]:
    draft = replace(draft or desk.draft(parcel(desk)), text=text, **more)
    return {one.guard: one.reason for one in desk.gate(draft).stops}


def test_the_words_of_a_note_that_was_there_before_the_reply_was_begun_stop_it(desk: Desk) -> None:
    note = "Third delivery that this customer claims to be missing, please check with the fraud team first."
    ours(desk, "n@x", note, visibility=Visibility.NOTE)
    assert "leak" in stopped(desk, f"Hello Rina,\n\n{note}\n\nAsha")
    assert not stopped(desk, "Hello Rina,\n\nwe are looking for your parcel.\n\nAsha")


def test_nearly_the_text_that_a_colleague_sent_from_elsewhere_stops(desk: Desk) -> None:
    text = "heavy rain has slowed the courier down, and your parcel should move again within two working days from now on."
    ours(desk, "o@x", f"Hello Rina,\n\n{text}\n\nHarpreet")
    assert "repeat" in stopped(desk, f"Hello Rina,\n\n{text}\n\nAsha")


def test_whom_we_wrote_to_before_is_in_the_case(desk: Desk) -> None:
    from agent_tui.domain.model import Address

    carrier = Address("", "tracing@carrier.example")
    assert "recipients" in stopped(desk, "Where is it?", cc=(carrier,))
    ours(desk, "o@x", "I ask the carrier.", cc=(carrier,))
    assert "recipients" not in stopped(desk, "Where is it?", cc=(carrier,))


def test_what_a_colleague_answered_before_the_reply_was_begun_is_no_change_and_after_it_is_one(desk: Desk) -> None:
    ours(desk, "o@x", "We are looking.")
    begun = desk.draft(parcel(desk))
    assert "changed" not in stopped(desk, "It left today.", begun)
    ours(desk, "p@x", "It left.", at=NOW)
    assert "It left." in stopped(desk, "It left today.", begun)["changed"]


def test_a_case_that_was_closed_since_the_reply_was_begun_stops_it_until_that_was_seen(desk: Desk) -> None:
    begun = desk.save_draft(replace(desk.draft(case_of(desk).id), text="It left today."))
    desk.done((begun.case,))
    begun = desk.draft(begun.case)
    assert "closed" in stopped(desk, "It left today.", begun)["changed"]
    assert "changed" not in stopped(desk, "It left today.", desk.seen_now(begun))


def test_a_bcc_stops_and_stands_at_the_gate(desk: Desk) -> None:
    from agent_tui.domain.model import Address

    case = case_of(desk)
    draft = replace(desk.draft(case.id), text="It left today.", bcc=(case.customer,), to=(Address("", "own@x.example"),))
    gate = desk.gate(draft)
    assert any("bcc" in one.reason and case.customer.address in one.reason for one in gate.stops)
    assert f"unseen by the others {case.customer.label}" in gate.headline


def test_a_customer_who_writes_filipino_gets_the_filipino_variant_of_the_demo(tmp_path: Path) -> None:
    from agent_tui.knowledge.canned import CannedLibrary
    from agent_tui.sources import demo

    library = CannedLibrary(Path(demo.__file__).parent / "content" / "canned")
    made = Desk(workspace(tmp_path), now=Clock(), offline=True)
    text = "Dalawang beses po akong nasingil para sa order ko. Paki-balik naman po ang bayad."
    applying.apply(made.store, "mail", batch(mail("f@x", text=text)))
    (case,) = made.listing()
    language, fallback = made.languages_for(case.id)
    assert library.choose("late-parcel", language, "email", fallback=fallback).language == "fil"
    made.close()
