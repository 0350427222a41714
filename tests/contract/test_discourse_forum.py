"""What a forum does that others do not: moderators, whispers, solutions, edits, limits; on a simulated Discourse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, TryLater, Unsupported
from agent_tui.domain.model import Address, Answer, CaseState, Direction, Marks, Role, Visibility
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    EditMessage,
    MarkRead,
    Moderate,
    Note,
    RemoveMessage,
    Reply,
    SetState,
    Snooze,
    Tag,
)  # fmt: skip
from agent_tui.sources.base import Found
from tests.contract.forum import ForumRig
from tests.contract.ledger import Ledger
from tests.contract.steps import CREATED_AT, FAR_AWAY, marker, opened, pull_all, reply
from tests.servers.discourse_world import slow_down, too_many
from tests.servers.http_server import Response, as_json, as_text


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ForumRig]:
    rig = ForumRig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def member(tmp_path: Path) -> Iterator[ForumRig]:
    """An account that is no staff, with a key of its own."""
    rig = ForumRig(tmp_path, "user")
    rig.support.moderator = rig.support.whisperer = False
    yield rig
    rig.close()


# -- who answers


async def test_a_question_is_answered_by_peers_by_staff_or_solved(rig):
    token = rig.customer_writes("Why does it not sync?")
    topic, ledger = rig.topic(token), Ledger()
    stages = []
    async with opened(rig, ledger) as (source, _):
        async def stage():
            rig.time += 1000
            await pull_all(source, ledger)
            stages.append(ledger.cases[token].answer)

        await stage()
        rig.customer_writes("Nobody?", token=token)
        await stage()
        rig.forum.add(topic, rig.support, "a whisper is no answer", type=4)
        await stage()
        peer = rig.forum.add(topic, rig.forum.user("lena"), "Restart it, that helped me.")
        await stage()
        rig.answer_elsewhere(token, "Please update first.")
        await stage()
        await source.push(AcceptAnswer(place=(f"t/{token}", str(peer.id)), accepted=True), ledger.case_ref(token), "a")
        await stage()
        await source.push(AcceptAnswer(place=(f"t/{token}", str(peer.id)), accepted=False), ledger.case_ref(token), "b")
        await stage()
        await source.push(AcceptAnswer(place=(f"t/{token}", str(peer.id)), accepted=True), ledger.case_ref(token), "c")
        await pull_all(source, ledger)
        marked = [m.ref for m in ledger.of(token) if Marks.SOLUTION in m.marks]
        ours = topic.posts[-1]
        await source.push(AcceptAnswer(place=(f"t/{token}", str(ours.id)), accepted=True), ledger.case_ref(token), "d")
        rig.time += 1000
        await pull_all(source, ledger)
        assert (marked, [m.ref for m in ledger.of(token) if Marks.SOLUTION in m.marks]) == ([str(peer.id)], [str(ours.id)])
    none, peers, staff, solved = Answer.NONE, Answer.UNVERIFIED, Answer.STAFF, Answer.SOLVED
    assert stages == [none, none, none, peers, staff, solved, staff]
    assert [m.author.role for m in ledger.of(token)] == [Role.CUSTOMER, Role.CUSTOMER, Role.AGENT, Role.PEER, Role.AGENT]


async def test_the_team_is_ours_without_being_staff(rig):
    rig.settings = replace(rig.settings, team=frozenset({"asha"}))
    token = rig.customer_writes("hello")
    rig.forum.add(rig.topic(token), rig.forum.user("asha"), "Hello, how can I help?")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert [m.direction for m in ledger.of(token)] == [Direction.IN, Direction.OUT]
    assert ledger.cases[token].answer is Answer.STAFF


async def test_a_deleted_answer_no_longer_counts(rig):
    token = rig.customer_writes("hello")
    rig.time += 1000
    peer = rig.forum.add(rig.topic(token), rig.forum.user("lena"), "Try this.")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert ledger.cases[token].answer is Answer.UNVERIFIED
        peer.deleted = True
        await pull_all(source, ledger)
    assert ledger.cases[token].answer is Answer.NONE
    assert len(ledger.of(token)) == 1


# -- moderators


@pytest.mark.parametrize("approved", [True, False])
async def test_what_waits_for_a_moderator_is_in_review_until_it_appears_or_is_refused(member, approved):
    member.support.approve = True
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(member, info.capabilities, ledger, token, "Please try the new version.")
        case = ledger.case_ref(token)
        receipt = await source.push(answer, case, "r")
        assert receipt.in_review
        assert member.copies(answer.marker) == 0
        assert (await source.find(answer, case, "r")).found is Found.IN_REVIEW
        (kept,) = member.forum.reviewables.values()
        member.time += 1000
        member.forum.review(kept, approved)
        assert (await source.find(answer, case, "r")).found is (Found.FOUND if approved else Found.ABSENT)
        await pull_all(source, ledger)
    ours = [m for m in ledger.of(token) if m.direction is Direction.OUT]
    assert [m.marker for m in ours] == ([answer.marker] if approved else [])


async def test_flags_and_posts_that_wait_are_cases_that_only_we_see_and_decide(rig):
    token = rig.customer_writes("hello")
    rig.forum.user("newcomer", approve=True)
    bad = rig.forum.add(rig.topic(token), rig.forum.user("spammer"), "Buy cheap watches")
    flag = rig.forum.flag(bad, rig.forum.user("lena"), "It's spam")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.carries("moderate")
        await pull_all(source, ledger)
        (message,) = ledger.of(f"review-{flag.id}")
        assert message.visibility is Visibility.NOTE
        assert "Buy cheap watches" in message.text
        assert "It's spam" in message.text
        assert "Reported by lena\nWritten by spammer" in message.text
        assert message.subject == f"Reported: {rig.topic(token).title}"
        assert not ledger.cases[f"review-{flag.id}"].public
        decision = Moderate(place=("review", str(flag.id)), action="approve")
        await source.push(decision, ledger.case_ref(f"review-{flag.id}"), "m")
        with pytest.raises(Conflict):
            await source.push(decision, ledger.case_ref(f"review-{flag.id}"), "m2")
        await pull_all(source, ledger)
    assert flag.status == 1
    assert not ledger.of(f"review-{flag.id}")


@pytest.mark.parametrize(
    "operation",
    [MarkRead(read=True), SetState(state=CaseState.CLOSED), Tag(add=("late",)), Assign(assignee=None), Snooze(until=1 << 50),
     Note(text="Known.", marker=marker(), created_at=CREATED_AT, author=Address("Asha Rao", "support"))],
    ids=lambda one: one.kind,
)
async def test_what_is_done_to_a_report_is_kept_here_and_refused_without_traffic(rig, operation):
    flag = rig.forum.flag(rig.topic(rig.customer_writes("hello")).posts[0], rig.forum.user("lena"), "It's spam")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        before = len(rig.server.requests)
        with pytest.raises(Unsupported):
            await source.push(operation, ledger.case_ref(f"review-{flag.id}"), "o")
        assert len(rig.server.requests) == before


@pytest.mark.parametrize(("action", "status"), [("approve", 1), ("reject", 2)])
async def test_what_waits_in_a_closed_topic_is_decided_about_as_anywhere(rig, action, status):
    token = rig.customer_writes("hello")
    waits = rig.forum.wait(rig.forum.user("newcomer"), "It works for me now, thank you.", rig.topic(token))
    rig.forum.close(rig.topic(token), rig.forum.user("mod", moderator=True))
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        (message,) = ledger.of(f"review-{waits.id}")
        assert message.text == f"Written by newcomer\nReason: Watched words\nIn topic {waits.topic}\n\nIt works for me now, thank you."
        assert message.author.name == "newcomer"  # not who made it wait
        await source.push(Moderate(place=("review", str(waits.id)), action=action), ledger.case_ref(f"review-{waits.id}"), "m")
    assert waits.status == status


async def test_a_long_review_queue_is_read_to_its_end_and_asked_for_as_a_whole_only_when_it_changes(rig):
    topic = rig.topic(rig.customer_writes("hello"))
    waiting = [rig.forum.wait(rig.forum.user(f"new{number}"), f"Answer {number} of many", topic) for number in range(23)]
    ledger = Ledger()
    pages = lambda: len(rig.server.asked("GET", "/review.json"))  # noqa: E731
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert all(ledger.of(f"review-{one.id}") for one in waiting)
        before = pages()
        await pull_all(source, ledger)
        assert pages() - before == 1
        rig.forum.review(waiting[20], False)
        await pull_all(source, ledger)
    assert [one.id for one in waiting if not ledger.of(f"review-{one.id}")] == [waiting[20].id]


async def test_a_post_of_ours_is_known_again_where_the_forum_shows_html_only(rig):
    rig.forum.shows_raw = False
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(rig, info.capabilities, ledger, token, "Please try the new version.")
        await source.push(answer, ledger.case_ref(token), "r")
        await pull_all(source, ledger)
        (ours,) = (one for one in ledger.of(token) if one.direction is Direction.OUT)
        assert (ours.marker, ours.text) == (answer.marker, "Please try the new version.")
        asked = len(rig.server.asked("GET", "/posts/"))
        rig.customer_writes("It works now, thank you.", token=token)
        await pull_all(source, ledger)
        assert len(rig.server.asked("GET", "/posts/")) == asked, "once for each post of ours"


# -- nothing twice, nothing to the wrong people


async def test_too_similar_after_a_lost_answer_is_looked_at_and_not_repeated(member):
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        answer, case = reply(member, info.capabilities, ledger, token, "It is fixed."), ledger.case_ref(token)
        member.cut(committed=True)
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, case, "r")
        receipt = await source.push(answer, case, "r")  # as if somebody had said: send again
    assert receipt.remote_id == str(member.topic(token).posts[-1].id)
    assert member.copies(answer.marker) == 1


async def test_a_refusal_that_is_none_of_ours_stays_a_refusal(member):
    member.forum.min_length = 500
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        with pytest.raises(Refused, match="troppo corto"):
            await source.push(reply(member, info.capabilities, ledger, token, "short"), ledger.case_ref(token), "r")


async def test_the_same_text_may_go_to_two_topics(member):
    tokens = [member.customer_writes("hello"), member.customer_writes("hello too")]
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        for token in tokens:
            await source.push(reply(member, info.capabilities, ledger, token, "It is fixed."), ledger.case_ref(token), token)
    assert len(member.sent()) == 2


async def test_a_private_reply_is_never_posted_where_everybody_reads(rig):
    token = str(rig.forum.topic(rig.forum.user("robin"), "My invoice", "See my address", to=("support",)).id)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer, case = reply(rig, info.capabilities, ledger, token, "Your address is …"), ledger.case_ref(token)
        assert answer.visibility is Visibility.PRIVATE
        rig.topic(token).archetype, rig.topic(token).category = "regular", 4  # an administrator made it public
        with pytest.raises(Conflict):
            await source.push(answer, case, "r")
    assert not rig.sent()


async def test_a_whisper_is_a_note_and_without_the_right_stays_here(rig, tmp_path):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    note = Note(text="Known bug, do not promise a date.", marker=marker(), created_at=CREATED_AT, author=rig.me)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        await source.push(note, ledger.case_ref(token), "n")
        await pull_all(source, ledger)
    assert rig.topic(token).posts[-1].type == 4
    assert [m.visibility for m in ledger.of(token)] == [Visibility.PUBLIC, Visibility.NOTE]
    rig.support.whisperer = False
    async with opened(rig, Ledger()) as (source, info):
        assert not info.capabilities.carries("note")
        assert Visibility.NOTE not in info.capabilities.visibilities
        with pytest.raises(Unsupported):
            await source.push(note, ledger.case_ref(token), "n2")


async def test_a_note_that_a_forum_makes_public_is_taken_back_at_once(rig, monkeypatch):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    note = Note(text="only for us", marker=marker(), created_at=CREATED_AT, author=rig.me)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        before = rig.forum._create
        monkeypatch.setattr(rig.forum, "_create", lambda body, user: before({**body, "whisper": ""}, user))
        with pytest.raises(Refused, match="deleted at once"):
            await source.push(note, ledger.case_ref(token), "n")
    assert rig.topic(token).posts[-1].deleted


async def test_a_stranger_cannot_pass_a_post_off_as_ours(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(rig, info.capabilities, ledger, token, "Here you are.")
        await source.push(answer, ledger.case_ref(token), "r")
        rig.customer_writes(rig.topic(token).posts[-1].raw.replace("Here you are", "Copied"), token=token)
        await pull_all(source, ledger)
        mine = ledger.of(token)
        rig.topic(token).posts[-2].deleted = True
        assert (await source.find(answer, ledger.case_ref(token), "r")).found is Found.ABSENT
    assert [bool(m.marker) for m in mine] == [False, True, False]
    assert all("agent-tui" not in m.text for m in mine)


async def test_a_private_message_is_begun_once(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = replace(
            reply(rig, info.capabilities, ledger, token, "Let us look at your account here."),
            mode="new", visibility=Visibility.PRIVATE, subject="Your account", to=(rig.customer(token),),
        )  # fmt: skip
        case = replace(ledger.case_ref(token), conversation="")
        assert (await source.find(answer, case, "r")).found is Found.ABSENT
        rig.cut(committed=True)
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, case, "r")
        assert (await source.find(answer, case, "r")).found is Found.FOUND
        with pytest.raises(Refused, match="one category"):
            await source.push(replace(answer, visibility=Visibility.PUBLIC), case, "r2")
    (begun,) = [t for t in rig.forum.topics.values() if t.archetype == "private_message"]
    assert begun.allowed == {"support", "robin"}


async def test_an_attachment_is_brought_before_the_post_and_only_from_the_workspace(rig, tmp_path):
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "a1").write_bytes(b"%PDF")
    (tmp_path / "secret").write_bytes(b"x")
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer, case = reply(rig, info.capabilities, ledger, token, "See the manual."), ledger.case_ref(token)
        with pytest.raises(Refused):
            await source.push(replace(answer, attachments=(("../secret", "x", "text/plain"),)), case, "r0")
        rig.server.fault(method="POST", path="/uploads.json", cut=True, committed=True)
        attached = replace(answer, attachments=(("a1", "manual.pdf", "application/pdf"),))
        with pytest.raises(TryLater):
            await source.push(attached, case, "r")
        await source.push(attached, case, "r")
        await pull_all(source, ledger)
    assert rig.copies(answer.marker) == 1
    ours = ledger.of(token)[-1]
    assert [(one.name, one.media_type) for one in ours.attachments] == [("manual.pdf", "application/pdf")]
    assert "upload://" not in ours.text


async def test_an_answer_to_one_post_says_which(rig):
    token = rig.customer_writes("hello")
    rig.time += 1000
    rig.forum.add(rig.topic(token), rig.forum.user("lena"), "Same here.")
    rig.customer_writes("It broke again", token=token)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        await source.push(reply(rig, info.capabilities, ledger, token, "Thank you."), ledger.case_ref(token), "r")
    assert rig.sent()[-1]["reply_to_post_number"] == 3


# -- edits


async def test_an_edit_is_made_once_and_shows_both_texts_where_somebody_was_faster(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(rig, info.capabilities, ledger, token, "Version 4 has it.")
        receipt = await source.push(answer, ledger.case_ref(token), "r")
        place, case = (f"t/{token}", receipt.remote_id), ledger.case_ref(token)
        edit = EditMessage(place=place, text="Version 5 has it.", original="Version 4 has it.")
        for _ in range(2):
            await source.push(edit, case, "e")
        await pull_all(source, ledger)
        post = rig.topic(token).posts[-1]
        assert post.version == 2
        assert [(m.text, m.marker) for m in ledger.of(token) if m.ref == receipt.remote_id] == [("Version 5 has it.", answer.marker)]
        rig.forum.edit(post, "Version 6 has it.")
        with pytest.raises(Conflict, match=r"Version 6 has it\..*Version 7 has it\."):
            await source.push(EditMessage(place=place, text="Version 7 has it.", original="Version 5 has it."), case, "f")
        before = rig.forum.find_post

        def meanwhile(number):  # somebody edits between our look and our edit
            if rig.server.asked("PUT", "/posts/"):
                post.raw = "Version 8 has it."
            return before(number)

        rig.forum.find_post = meanwhile
        asked = len(rig.server.asked("PUT"))
        with pytest.raises(Conflict, match="Version 8"):
            await source.push(EditMessage(place=place, text="Version 9 has it.", original="Version 6 has it."), case, "g")
        assert len(rig.server.asked("PUT")) - asked <= 1


async def test_an_edit_elsewhere_is_seen(rig):
    token = rig.customer_writes("helo")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.forum.edit(rig.topic(token).posts[0], "hello, edited")
        rig.time += 31 * 60_000
        await pull_all(source, ledger)
    assert [m.text for m in ledger.of(token)] == ["hello, edited"]


# -- state


async def test_a_snoozed_case_wakes_when_the_customer_writes(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        await source.push(Snooze(until=FAR_AWAY), ledger.case_ref(token), "s")
        await pull_all(source, ledger)
        assert (ledger.cases[token].state, ledger.cases[token].snoozed_until) == (CaseState.SNOOZED, FAR_AWAY)
        rig.customer_writes("any news?", token=token)
        await pull_all(source, ledger)
        assert ledger.cases[token].state is None
        await source.push(Snooze(until=FAR_AWAY + 1000), ledger.case_ref(token), "s2")
        await pull_all(source, ledger)
        assert ledger.cases[token].state is CaseState.SNOOZED


@pytest.mark.parametrize("old", [True, False])
async def test_tags_come_and_go_in_the_form_the_forum_has(rig, old):
    rig.forum.old_tags = old
    token = rig.customer_writes("hello")
    rig.topic(token).tags = ["bug"]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.topic(token).tags.append("by-a-colleague")
        await source.push(Tag(add=("vip",), remove=("bug",)), ledger.case_ref(token), "t")
    assert rig.topic(token).tags == ["by-a-colleague", "vip"]
    (asked,) = rig.server.asked("PUT", "/t/-/")
    assert all(isinstance(one, str) is old for one in asked.json["tags"])


async def test_who_may_not_close_keeps_it_here(member):
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, _):
        await pull_all(source, ledger)
        with pytest.raises(Unsupported):
            await source.push(SetState(state=CaseState.CLOSED), ledger.case_ref(token), "c")
    member.settings = replace(member.settings, close="local")
    async with opened(member, Ledger()) as (_, info):
        assert not info.capabilities.carries("state")


# -- what is watched


async def test_only_what_was_chosen_is_watched(rig):
    robin = rig.forum.user("robin")
    rig.settings = replace(rig.settings, tags=("bug",), groups=("helpdesk",))
    topics = {
        "category": rig.forum.topic(robin, "In the category", "x"),
        "tag": rig.forum.topic(robin, "With the tag", "x", category=5, tags=("bug",)),
        "message": rig.forum.topic(robin, "To us", "x", to=("support",)),
        "group": rig.forum.topic(robin, "To the group", "x", groups=("helpdesk",)),
    }
    others = [
        rig.forum.topic(robin, "Elsewhere", "x", category=5), rig.forum.topic(robin, "To another", "x", to=("marek",)),
        rig.forum.topic(robin, "To another group", "x", groups=("board",)),
    ]  # fmt: skip
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    seen = {m.conversation: m.visibility for m in ledger.messages.values()}
    assert seen == {
        str(topics["category"].id): Visibility.PUBLIC, str(topics["tag"].id): Visibility.PUBLIC,
        str(topics["message"].id): Visibility.PRIVATE, str(topics["group"].id): Visibility.PRIVATE,
    }  # fmt: skip
    assert not {str(one.id) for one in others} & set(seen)
    assert {one: ledger.cases[one].public for one in seen} == {one: seen[one] is Visibility.PUBLIC for one in seen}


async def test_a_category_that_does_not_exist_is_said_with_those_that_do(rig):
    rig.settings = replace(rig.settings, categories=("suport",))
    with pytest.raises(Refused, match=r"'suport'.*lounge, support"):
        async with opened(rig, Ledger()):
            pass


async def test_pages_and_topics_that_move_away(rig):
    tokens = [rig.customer_writes(f"question {n}") for n in range(75)]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert [one for one in tokens if not ledger.of(one)] == []
        rig.topic(tokens[-1]).category = 5
        rig.customer_writes("back", token=tokens[0])
        asked = len(rig.server.requests)
        await pull_all(source, ledger)
    assert not ledger.of(tokens[-1])
    assert len(ledger.of(tokens[0])) == 2
    assert len(rig.server.requests) - asked < 12


async def test_without_markdown_html_is_made_readable(rig):
    rig.forum.shows_raw = False
    token = rig.customer_writes("hello @support, `sync` fails <script>")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(rig, info.capabilities, ledger, token, "Please **update**.")
        await source.push(answer, ledger.case_ref(token), "r")
        assert (await source.find(answer, ledger.case_ref(token), "r")).found is Found.FOUND
    assert [m.text for m in ledger.of(token)] == ["hello @support, `sync` fails <script>"]


# -- trouble

SHAPES = {
    "action": (too_many(12), 12_000), "middleware": (slow_down(8), 8_000), "busy": (slow_down(150, "admin_api"), 150_000),
    "bare": (as_text("Too many", 429), None), "body": (as_json({"extras": {"wait_seconds": 7}}, 429), 7_000),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_of_a_limit_is_a_reason_to_wait(rig, shape):
    response, wait = SHAPES[shape]
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer, case = reply(rig, info.capabilities, ledger, token, "hello"), ledger.case_ref(token)
        rig.server.fault(method="POST", path="/posts.json", answer=response)
        with pytest.raises(TryLater) as caught:
            await source.push(answer, case, "r")
        assert caught.value.retry_after_ms == wait
        assert rig.copies(answer.marker) == 0
        rig.server.fault(path="/c/support", answer=response)
        rig.time += 200_000
        with pytest.raises(TryLater):
            await pull_all(source, ledger)


async def test_admin_keys_share_one_allowance_and_bulk_reading_leaves_some_of_it(rig, tmp_path):
    rig.settings = replace(rig.settings, requests_per_minute=60)
    rig.forum.admin_limit = 60
    for number in range(70):
        rig.customer_writes(f"question {number}")
    rig.time += 60_000
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        other = rig.build(Ledger())
        await other.open()
        async for batch in source.pull("", 1000):
            ledger.apply(batch)
            if not batch.messages and not batch.cases:
                break  # it waits, and lets others do something
        read = len(ledger.messages)
        assert 10 < read < 60
        token = str(next(iter(ledger.cases)))
        await other.push(reply(rig, info.capabilities, ledger, token, "at once"), ledger.case_ref(token), "r")
        assert not any(b"rate_limit" in one.body for one in rig.server.requests)
        await other.close()
        assert len(rig.server.requests) <= 60
        rig.time += 61_000
        async for batch in source.pull(ledger.cursor, 1000):
            ledger.apply(batch)
            if not batch.messages and not batch.cases:
                break
        assert len(ledger.messages) > read


async def test_reading_and_listening_leave_a_third_of_a_user_keys_day_for_answers(tmp_path):
    rig = ForumRig(tmp_path, "user", requests_per_day=60)
    try:
        rig.forum.user_day_limit = 60
        for number in range(70):
            rig.customer_writes(f"question {number}")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            async for batch in source.pull("", 1000):
                ledger.apply(batch)
                if not batch.messages and not batch.cases:
                    break  # the day's share of reading is used up
            assert "60 times in a day" in batch.held_back, "it is said why nothing comes any more"
            read = len(ledger.messages)
            assert 10 < read < 40
            for token in list(ledger.cases)[:8]:
                answer = reply(rig, info.capabilities, ledger, str(token), f"at once, {token}")
                await source.push(answer, ledger.case_ref(str(token)), "r")
            assert not any(b"rate_limit" in one.body for one in rig.server.requests)
            rig.time += 24 * 60 * 60 * 1000
            async for batch in source.pull(ledger.cursor, 1000):
                ledger.apply(batch)
                if not batch.messages and not batch.cases:
                    break
            assert len(ledger.messages) > read, "the share has filled again"
    finally:
        rig.close()


async def test_a_key_that_was_withdrawn_takes_nothing_away(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer, case = reply(rig, info.capabilities, ledger, token, "hello"), ledger.case_ref(token)
        rig.customer_writes("more", token=token)
        rig.forum.admin_key = "another"
        with pytest.raises(AuthenticationError):
            await pull_all(source, ledger)
        with pytest.raises(AuthenticationError):
            await source.push(answer, case, "r")
    with pytest.raises(AuthenticationError, match="API key"):
        async with opened(rig, Ledger()):
            pass
    assert ledger.of(token)


async def test_a_topic_that_is_forbidden_is_gone_and_the_rest_goes_on(rig):
    tokens = [rig.customer_writes("one"), rig.customer_writes("two")]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customer_writes("more", token=tokens[0])
        rig.customer_writes("more", token=tokens[1])
        rig.server.fault(path=f"/t/{tokens[0]}.json", answer=as_json({"errors": ["no"]}, 403))
        await pull_all(source, ledger)
    assert not ledger.of(tokens[0])
    assert len(ledger.of(tokens[1])) == 2


async def test_a_restart_in_the_middle_of_a_long_topic_loses_nothing(rig):
    token = rig.customer_writes("hello")
    rig.settings = replace(rig.settings, requests_per_minute=6000)
    for number in range(10_000):
        rig.time += 1
        rig.forum.add(rig.topic(token), rig.forum.user("robin" if number % 3 else "lena"), f"post {number}")
    rig.forum._bus.clear()
    ledger = Ledger()

    async def interrupted(source):
        batches = 0
        async for batch in source.pull("", 100_000):
            ledger.apply(batch)
            batches += 1
            assert len(batch.messages) <= 100
            if batches == 40:
                rig.server.stop()

    async with opened(rig, ledger) as (source, _):
        with pytest.raises(TryLater):
            await interrupted(source)
    rig.server.start()
    half = len(ledger.messages)
    assert 1000 < half < 9_000
    assert max(int(m.ref) for m in ledger.messages.values()) == rig.topic(token).posts[-1].id, "newest first"
    async with opened(rig, ledger) as (source, _):
        before = len(rig.server.asked("GET", f"/t/{token}/posts.json"))
        await pull_all(source, ledger, 100_000)
        asked = len(rig.server.asked("GET", f"/t/{token}/posts.json")) - before
        assert len(ledger.of(token)) == 10_001
        assert asked <= (10_001 - half) // 50 + 2
        assert len(ledger.cursor) < 2_000, "what is here is known from the store"
        rig.time += 1000
        rig.customer_writes("one more", token=token)
        (fresh,) = [m for batch in await pull_all(source, ledger) for m in batch.messages]
    assert fresh.text == "one more"
    assert ledger.cases[token].answer is Answer.UNVERIFIED


async def test_a_forum_that_gives_fewer_posts_than_asked_for_is_asked_again(rig, monkeypatch):
    token = rig.customer_writes("hello")
    for number in range(80):
        rig.forum.add(rig.topic(token), rig.forum.user("robin"), f"post {number}")
    whole = rig.forum.posts_of

    def scarce(request, user, admin, number):
        answer = json.loads(whole(request, user, admin, number).body)
        answer["post_stream"]["posts"] = answer["post_stream"]["posts"][:7]
        return as_json(answer)

    from tests.servers import discourse

    monkeypatch.setattr(discourse, "ROUTES", [
        (method, pattern, (lambda _f, *more: scarce(*more)) if "posts" in pattern and "t/" in pattern else handler)
        for method, pattern, handler in discourse.ROUTES
    ])  # fmt: skip
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert len(ledger.of(token)) == 81


@pytest.mark.parametrize("damage", [
    as_text("<html>proxy</html>"), as_json([]), as_json({"post_stream": {"stream": "x", "posts": [3]}, "id": "7"}),
    Response(200, {"content-type": "application/json"}, b'{"post_stream": {'), as_json({"id": 9**30}),
])  # fmt: skip
async def test_answers_that_are_no_topic_end_in_errors_of_ours(rig, damage):
    rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        rig.server.fault(path="/t/", answer=damage, times=5)
        try:
            await pull_all(source, ledger)
        except TryLater:
            pass


async def test_a_line_of_a_million_letters_and_a_slow_server(rig):
    token = rig.customer_writes("x" * 1_000_000 + "\x1b]0;owned\x07\u202e")
    rig.server.fault(path="/t/", delay_s=0.3)
    rig.server.fault(path="/c/support", half=True)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    (message,) = ledger.of(token)
    assert len(message.text) >= 1_000_000
    assert "\x1b" not in message.text


async def test_a_forum_whose_bus_lets_no_key_in_is_polled(rig):
    rig.forum.has_bus = False
    async with opened(rig, Ledger()) as (source, info):
        assert not info.capabilities.live
        hints = source.hints()
        waiting = asyncio.ensure_future(anext(hints))
        await asyncio.wait((waiting,), timeout=0.05)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_post_is_deleted_and_recovered_and_the_first_one_is_not(rig):
    token = rig.customer_writes("hello")
    topic, ledger = rig.topic(token), Ledger()
    spam = rig.forum.add(topic, rig.forum.user("lena"), "Buy cheap watches.")
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        gone = RemoveMessage(place=(f"t/{token}", str(spam.id)), removed=True)
        for _ in range(2):  # an answer that was lost
            await source.push(gone, ledger.case_ref(token), "a")
        await pull_all(source, ledger)
        assert (spam.deleted, [m.text for m in ledger.of(token)]) == (True, ["hello"])
        for _ in range(2):
            await source.push(replace(gone, removed=False), ledger.case_ref(token), "b")
        await pull_all(source, ledger)
        assert (spam.deleted, [m.text for m in ledger.of(token)]) == (False, ["hello", "Buy cheap watches."])
        with pytest.raises(Refused, match="first post"):
            await source.push(replace(gone, place=(f"t/{token}", str(topic.posts[0].id))), ledger.case_ref(token), "c")
    assert not topic.posts[0].deleted


async def test_an_edit_keeps_files_and_quotations(rig):
    token = rig.customer_writes("hello")
    raw = '[quote="robin, post:1"]\nhello\n[/quote]\nSee [log.txt|attachment](upload://ab.txt) (3 Bytes), it is al there.'
    post = rig.forum.add(rig.topic(token), rig.support, raw)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        shown = ledger.of(token)[-1].text
        edit = EditMessage(place=(f"t/{token}", str(post.id)), text=shown.replace("al there", "all there"), original=shown)
        for _ in range(2):
            await source.push(edit, ledger.case_ref(token), "a")
    assert post.raw == raw.replace("al there", "all there")
    assert post.version == 2


async def test_what_comes_after_it_was_read_stays_unread_and_reading_elsewhere_is_seen_here(rig):
    token = rig.customer_writes("hello")
    topic, ledger = rig.topic(token), Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customer_writes("this is not here yet", token=token)
        await source.push(MarkRead(read=True), ledger.case_ref(token), "a")
        assert topic.read["support"] == 1
        await pull_all(source, ledger)
        assert [Marks.SEEN in m.marks for m in ledger.of(token)] == [True, False]
        topic.read["support"] = 2  # in the browser
        rig.time += 1000
        await pull_all(source, ledger)
        assert [Marks.SEEN in m.marks for m in ledger.of(token)] == [True, True]
        await source.push(MarkRead(read=False), ledger.case_ref(token), "b")
        await pull_all(source, ledger)
        assert [Marks.SEEN in m.marks for m in ledger.of(token)] == [True, False]


async def test_a_topic_is_begun_in_a_category_once(rig):
    rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        case = ledger.case_ref("nothing")
        news = Reply(
            text="We are here until 18:00.", visibility=Visibility.PUBLIC, marker=marker(), created_at=CREATED_AT, sender=rig.me,
            to=(Address("", "#support"),), subject="Open today", mode="new",
        )  # fmt: skip
        assert (await source.find(news, case, "a")).found is Found.ABSENT
        rig.server.fault(method="POST", path="/posts.json", cut=True, committed=True)
        with pytest.raises(OutcomeUnknown):
            await source.push(news, case, "a")
        assert (await source.find(news, case, "a")).found is Found.FOUND
        with pytest.raises(Refused, match=r"no '#nowhere'.*#support"):
            await source.push(replace(news, to=(Address("", "#nowhere"),), marker=marker()), case, "b")
        with pytest.raises(Refused, match="needs a subject"):
            await source.push(replace(news, subject=" ", marker=marker()), case, "c")
    (topic,) = [one for one in rig.forum.topics.values() if one.user is rig.support]
    assert (topic.title, topic.category, topic.archetype) == ("Open today", 4, "regular")
    assert rig.copies(news.marker) == 1
