"""Work in public: a peer thanked or corrected, a matter of one person taken private as one case, an article drafted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain import articles
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Answer, Author, CaseState, Channel, RemoteCase, RemoteMessage, Role, Visibility
from agent_tui.domain.operations import OperationState
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, operations, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

NAMES = {Role.CUSTOMER: ("Robin Bell", "robin"), Role.PEER: ("Lena Fox", "lena"), Role.AGENT: ("Asha Rao", "support")}
QUESTION = "Hello,\nWhy does my box not sync? I am Robin Bell, robin.bell@customer.example.\n\nThanks, Robin"
PEER = "Hi Robin,\nhold the button for ten seconds, Robin. It worked for my order TW-48213.\n\nCheers\nLena"


def post(number: int, role: Role, text: str, *marks: str, topic: str = "7", marker: str = "", visibility: Visibility = Visibility.PUBLIC,
         at: int = 0) -> RemoteMessage:  # fmt: skip
    """A post of a topic."""
    return mail(
        f"p{number}", ref=str(number), container=f"t/{topic}", conversation=topic, text=text, at=at or NOW - 5 * HOUR + number * 1000,
        author=Author(*NAMES[role], role), visibility=visibility, marks=marks, ours=role is Role.AGENT, thread_ids=(),
        subject="My box, Robin's, does not sync", marker=marker,
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    forum = workspace(tmp_path, "forum", channel=Channel.COMMUNITY)
    both = replace(forum, sources=(*forum.sources, *workspace(tmp_path, "mail").sources), personal=(("an order number", r"TW-\d{5}"),))
    made = Desk(both, now=Clock(), offline=True)
    sources.note_state(made.store, "forum", operations=frozenset({"reply", "solution", "state"}))
    sources.note_state(made.store, "mail", operations=frozenset({"reply"}))
    topic = RemoteCase(conversation="7", subject="My box, Robin's, does not sync", public=True, answer=Answer.UNVERIFIED)
    applying.apply(made.store, "forum", batch(post(1, Role.CUSTOMER, QUESTION), post(2, Role.PEER, PEER), cases=(topic,)))
    return made


def case(desk: Desk) -> int:
    (found,) = desk.listing("before:2100-01-01")
    return found.id


def begins_private(desk: Desk) -> None:
    sources.note_state(desk.store, "forum", capabilities=json.dumps({"begins": True, "visibilities": ["private", "public"]}))


# ---- a peer is right, or wrong


def test_a_right_answer_is_marked_and_thanked_for_in_one_go(desk):
    draft = desk.right(case(desk))
    assert desk.case(case(desk)).answer is Answer.SOLVED
    assert (draft.visibility, draft.source, draft.text) == (Visibility.PUBLIC, "forum", "Lena Fox is right, thank you for helping!")
    entry = desk.send(desk.save_draft(draft))
    assert entry.operation.answered == ("t/7", "2")  # to the peer's own post
    assert [one.kind for one in desk.outbox()] == ["solution", "reply"]


def test_thanks_are_the_librarys_own_where_it_has_some(desk):
    desk.workspace.canned.mkdir()
    (desk.workspace.canned / "right.md").write_text("---\nname: peer-right\n---\nThat is it, {{ peer.name }}!\n")
    draft = desk.right(case(desk))
    assert (draft.text, draft.canned) == ("That is it, Lena Fox!", ("peer-right",))


def test_a_service_without_such_a_mark_gets_the_thanks_alone(desk):
    sources.note_state(desk.store, "forum", operations=frozenset({"reply"}))
    assert "thank you" in desk.right(case(desk)).text
    assert desk.outbox() == ()


def test_thanking_again_does_not_take_the_mark_off(desk):
    desk.right(case(desk))
    desk.right(case(desk))
    assert desk.case(case(desk)).answer is Answer.SOLVED


def test_a_correction_thanks_credits_and_cites(desk):
    desk.workspace.policies.mkdir()
    (desk.workspace.policies / "box.md").write_text("---\nid: box\ntitle: The box\n---\n\n# Resetting\n\nNever hold the **button** while it syncs.\n")
    draft = desk.correction(case(desk), clause="box#resetting")
    assert draft.visibility is Visibility.PUBLIC
    assert draft.text.startswith("Thank you for helping, Lena Fox. You are right that [[")
    assert draft.text.endswith("The reason is our rule “Resetting”:\n\n> Never hold the button while it syncs.")
    assert [one.guard for one in desk.gate(draft).stops] == ["gap", "gap"]  # it can't leave before both are said


def test_a_correction_without_a_clause_asks_for_one(desk):
    assert "[[why, with the clause]]" in desk.correction(case(desk)).text
    with pytest.raises(UsageError, match="no clause box#none"):
        desk.correction(case(desk), clause="box#none")


def test_at_the_question_the_only_answer_is_meant_and_of_several_none(desk):
    question = desk.thread(case(desk)).messages[0].id
    assert desk.peer_answer(case(desk), question).author.name == "Lena Fox"
    applying.apply(desk.store, "forum", batch(post(3, Role.PEER, "No, update it.")))
    for act in (desk.right, desk.correction):
        with pytest.raises(UsageError, match="several peers' answers"):
            act(case(desk), question)
    assert desk.right(case(desk), desk.thread(case(desk)).messages[1].id).in_reply_to == "p2"


def test_text_that_is_being_written_stays(desk):
    desk.save_draft(replace(desk.draft(case(desk)), text="Half a"))
    desk.save_draft(desk.right(case(desk)))
    assert sorted(one.text for one in desk.drafts()) == ["Half a", "Lena Fox is right, thank you for helping!"]


# ---- in private


def test_a_question_goes_on_by_mail_and_everybody_hears_only_that_it_does(desk):
    number = case(desk)
    private = desk.move_to(number, Address("Robin Bell", "robin.bell@customer.example"))
    assert (private.source, private.visibility) == ("mail", Visibility.PRIVATE)
    sent = desk.send(desk.save_draft(replace(private, text=f"Your order is on its way.\n{private.text}")))
    line = desk.public_line(number)
    assert (line.source, line.visibility) == ("forum", Visibility.PUBLIC)
    assert line.text == "Robin Bell, I have written to you privately about this."
    assert desk.gate(line).stops == ()
    said = desk.send(desk.save_draft(line), after=sent.id)
    assert case(desk) == number  # one case
    now = NOW + HOUR
    assert said.id not in [one.id for one in delivery.due(desk.store, now)]  # it would not be true yet
    begun = delivery.begin(desk.store, operations.get(desk.store, sent.id))
    delivery.acknowledge(desk.store, begun)
    assert said.id in [one.id for one in delivery.due(desk.store, now)]


def test_a_private_message_that_did_not_leave_takes_the_public_line_with_it(desk):
    number = case(desk)
    sent = desk.send(desk.save_draft(desk.move_to(number, Address("", "robin.bell@customer.example"))))
    line = desk.send(desk.save_draft(desk.public_line(number)), after=sent.id)
    desk.cancel(sent.id)
    assert desk.entry(line.id).state is OperationState.CANCELLED


def test_after_both_the_next_words_are_private_until_the_asker_writes_in_public_again(desk):
    number = case(desk)
    sent = desk.send(desk.save_draft(desk.move_to(number, Address("Robin Bell", "robin.bell@customer.example"))))
    marker = sent.operation.marker
    applying.apply(desk.store, "mail", batch(mail(marker, ours=True, at=NOW + 1000, container="Sent", text="In private.")))
    applying.apply(desk.store, "forum", batch(post(3, Role.AGENT, "I have written to you.", at=NOW + 2000)))
    assert (desk.case(number).state, desk.case(number).waiting_since) == (CaseState.WAITING, None)  # one clock
    assert desk.draft(number).source == "mail"
    applying.apply(desk.store, "mail", batch(mail("a@x", answers=(marker,), at=NOW + HOUR, who="robin.bell@customer.example", text="Thank you!")))
    assert case(desk) == number
    draft = desk.draft(number)
    assert (draft.source, draft.visibility) == ("mail", Visibility.PRIVATE)
    applying.apply(desk.store, "forum", batch(post(4, Role.CUSTOMER, "And in public?", at=NOW + 2 * HOUR)))
    assert (desk.draft(number).source, desk.draft(number).visibility) == ("forum", Visibility.PUBLIC)


def test_where_the_service_has_private_messages_it_is_one_and_still_the_same_case(desk):
    assert desk.ways_on(case(desk)) == ()
    begins_private(desk)
    number = case(desk)
    assert desk.ways_on(number) == ("robin",)
    private = desk.move_to(number, Address("Robin Bell", "robin"))
    assert (private.source, private.visibility, private.to) == ("forum", Visibility.PRIVATE, (Address("Robin Bell", "robin"),))
    entry = desk.send(desk.save_draft(private))
    assert entry.operation.mode == "move"
    ours = post(5, Role.AGENT, "In private.", topic="9", marker=entry.operation.marker, visibility=Visibility.PRIVATE, at=NOW + 1000)
    theirs = post(6, Role.CUSTOMER, "Thank you!", topic="9", visibility=Visibility.PRIVATE, at=NOW + HOUR)
    line = post(7, Role.AGENT, "I have written to you.", at=NOW + 2000)
    newest_first = batch(theirs, line, ours, cases=(RemoteCase(conversation="9", subject="In private"),))
    applying.apply(desk.store, "forum", newest_first)
    assert case(desk) == number
    assert desk.case(number).public
    draft = desk.draft(number)
    assert draft.visibility is Visibility.PRIVATE
    reply = desk.send(desk.save_draft(replace(draft, text="Gladly.")))
    assert case_facts.case_ref(desk.store, number, "forum", reply.operation).conversation == "9"
    line = next(one for one in desk.thread(number).messages if one.text == "I have written to you.")
    assert desk.draft(number, message=line.id, fresh=True).visibility is Visibility.PRIVATE  # our own words are no question
    public = desk.send(desk.save_draft(desk.public_line(number)))
    assert case_facts.case_ref(desk.store, number, "forum", public.operation).conversation == "7"


# ---- articles


def test_an_article_has_question_and_answer_and_nobodys_name(desk):
    desk.right(case(desk))
    text = desk.article(case(desk)).read_text("utf-8")
    assert text.startswith('---\ntitle: "My box, [name]\'s, does not sync"\nstatus: draft\nsource: "forum ')
    assert "solved: true" in text
    assert "## Question\n\nWhy does my box not sync? I am [name], [removed]." in text
    assert "## Answer\n\nhold the button for ten seconds, [name]. It worked for my order [removed]." in text
    for gone in ("Robin", "Lena", "Bell", "customer.example", "48213", "Cheers"):
        assert gone not in text


def test_an_article_goes_where_the_settings_say_and_overwrites_nothing(desk, tmp_path):
    desk.workspace = replace(desk.workspace, articles_folder=str(tmp_path / "kb" / "drafts"))
    desk.right(case(desk))
    path = desk.article(case(desk), "ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ")
    assert path.parent == tmp_path / "kb" / "drafts"
    assert path.name.startswith("ಸಿಂಕ್-ಆಗುತ್ತಿಲ್ಲ-")
    path.write_text("mended")
    with pytest.raises(UsageError, match="there already is"):
        desk.article(case(desk), "ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ")
    assert path.read_text() == "mended"


def test_a_question_that_nobody_of_us_answered_makes_no_article(desk):
    with pytest.raises(UsageError, match="nobody has answered"):
        desk.article(case(desk))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hi Robin,\nIt works.", "It works."),
        ("Hello, my printer is dead and\nsmells.", "My printer is dead and\nsmells."),
        ("Hi all\nwhy?\n\nThanks in advance!\nRobin", "why?"),
        ("Dear support team, the box is dead.\nWhat now?", "The box is dead.\nWhat now?"),
        ("প্রিয় দল,\nকাজ করছে না।\n\nধন্যবাদ", "কাজ করছে না।"),
        ("ನಮಸ್ಕಾರ,\nಕೆಲಸ ಮಾಡುತ್ತಿಲ್ಲ.", "ಕೆಲಸ ಮಾಡುತ್ತಿಲ್ಲ."),
        ("Run this:\n\n```\nhello --name\n```", "Run this:\n\n```\nhello --name\n```"),
        ("thanks to the new version it works.", "thanks to the new version it works."),
    ],
)
def test_greeting_and_closing_are_left_out(text, kept):
    assert articles.body(text) == kept


def test_names_are_taken_out_as_words_in_any_script():
    people = ("রহিমা খাতুন", "Ann Bo Lee", "ravi.k@example.com")
    assert articles.without_people("রহিমা বলেছেন, Ann and Annex and @lee_x, ravi.k too", people) == (
        "[name] বলেছেন, [name] and Annex and [name], [name] too"
    )


def test_in_public_people_have_the_name_that_everybody_knows_also_where_their_mail_was_joined(desk):
    letter = mail("m@x", subject="My box", text="It is me again.", who="dora.winter@private.example", at=NOW - 9 * HOUR)
    applying.apply(desk.store, "mail", batch(letter))
    (topic,) = (one.id for one in desk.listing("before:2100-01-01") if one.public)
    (by_mail,) = (one.id for one in desk.listing() if one.subject == "My box")
    desk.merge([topic], by_mail)
    joined = desk.case(by_mail)
    assert "dora" in joined.customer.address
    asked = next(one for one in desk.thread(by_mail).messages if one.author.address == "robin")
    desk.workspace.canned.mkdir()
    (desk.workspace.canned / "hello.md").write_text("---\nname: hello\n---\nHello {{ customer.name }}.\n")
    desk.canned.refresh()
    (hello,) = desk.canned.replies()
    public = desk.draft(by_mail, message=asked.id)
    assert (public.visibility, public.source) == (Visibility.PUBLIC, "forum")
    assert desk.canned_text(hello, public).text == "Hello Robin Bell."
    private = replace(public, visibility=Visibility.PRIVATE, source="mail")
    assert "Dora" in desk.canned_text(hello, private).text
