"""What a NodeBB does that others do not: a queue, a posting lock, flags, read marks, translated errors; simulated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, TryLater, Unsupported
from agent_tui.domain.model import Address, Answer, CaseState, Direction, Marks, Role, Visibility
from agent_tui.domain.operations import Assign, EditMessage, MarkRead, Moderate, Note, RemoveMessage, Reply, SetState, Tag
from agent_tui.sources.base import Found, Want
from agent_tui.sources.nodebb import marker as marking
from tests.contract.ledger import Ledger
from tests.contract.nodebb_rig import NodebbRig
from tests.contract.steps import marker, opened, pull_all, reply
from tests.servers.http_server import as_json, as_text

MEMBER = {"moderator": False}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[NodebbRig]:
    rig = NodebbRig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def member(rig: NodebbRig) -> NodebbRig:
    """An account that moderates nothing."""
    rig.support.moderator = False
    return rig


async def answered(rig: NodebbRig, source, info, ledger: Ledger, token: str, text: str = "Please update first.") -> Reply:
    await pull_all(source, ledger)
    made = replace(reply(rig, info.capabilities, ledger, token, text), created_at=rig.time)
    await source.push(made, ledger.case_ref(token), "reference")
    return made


# -- posting, one after the other


async def test_what_comes_too_soon_waits_whatever_the_words_say(member):
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await answered(member, source, info, ledger, token)
        member.time += 3_000
        second = replace(reply(member, info.capabilities, ledger, token, "And restart it."), created_at=member.time)
        with pytest.raises(TryLater) as caught:
            await source.push(second, ledger.case_ref(token), "second")
        assert caught.value.retry_after_ms == 7_000
        assert member.copies(second.marker) == 0
        member.time += 7_000
        await source.push(second, ledger.case_ref(token), "second")
    assert member.copies(second.marker) == 1


async def test_a_newcomer_waits_longer(member):
    member.support.newcomer = True
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await answered(member, source, info, ledger, token)
        member.time += 60_000
        second = replace(reply(member, info.capabilities, ledger, token, "And restart it."), created_at=member.time)
        with pytest.raises(TryLater):
            await source.push(second, ledger.case_ref(token), "second")
        member.time += 60_000
        await source.push(second, ledger.case_ref(token), "second")
    assert member.copies(second.marker) == 1


async def test_a_refusal_that_waiting_does_not_heal_is_a_refusal(member):
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        member.forum.shortest = 500  # since we were told
        member.time += 600_000
        with pytest.raises(Refused, match="Inhalt zu kurz"):
            await source.push(reply(member, info.capabilities, ledger, token, "short"), ledger.case_ref(token), "a")


async def test_posts_of_one_account_leave_one_after_the_other(rig):
    tokens = [rig.customer_writes(f"question {n}") for n in range(4)]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info), opened(rig, ledger) as (other, _):
        await pull_all(source, ledger)
        answers = [reply(rig, info.capabilities, ledger, token, f"answer to {token}") for token in tokens]
        await asyncio.gather(*(
            one.push(answer, ledger.case_ref(token), token)
            for one, answer, token in zip((source, other) * 2, answers, tokens, strict=True)
        ))  # fmt: skip
    assert [rig.copies(one.marker) for one in answers] == [1, 1, 1, 1]
    assert len(rig.sent()) == 4, "none was refused because another was being taken"


async def test_a_post_that_another_program_is_making_is_waited_for(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        rig.forum.posting.add(rig.support.uid)
        rig.support.last_post = rig.time
        rig.forum.add(rig.topic(rig.customer_writes("another")), rig.support, "by another program")
        answer = reply(rig, info.capabilities, ledger, token, "hello")
        with pytest.raises(TryLater):
            await source.push(answer, ledger.case_ref(token), "a")
        rig.forum.posting.clear()
        await source.push(answer, ledger.case_ref(token), "a")
    assert rig.copies(answer.marker) == 1


# -- the queue


async def test_what_waits_in_the_queue_is_in_review_until_it_appears(member):
    member.support.queued = True
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = replace(reply(member, info.capabilities, ledger, token, "Use <b> & `code`/\\ here."), created_at=member.time)
        receipt = await source.push(answer, ledger.case_ref(token), "a")
        assert receipt.in_review
        assert not receipt.remote_id
        assert (await source.find(answer, ledger.case_ref(token), "a")).found is Found.IN_REVIEW
        (waiting,) = member.forum.queue
        member.forum.review(waiting, True)
        assert (await source.find(answer, ledger.case_ref(token), "a")).found is Found.FOUND
        await pull_all(source, ledger)
    assert [m.marker for m in ledger.of(token) if m.direction is Direction.OUT] == [answer.marker]


async def test_what_a_moderator_refuses_is_absent(member):
    member.support.queued = True
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        answer = await answered(member, source, info, ledger, token)
        (waiting,) = member.forum.queue
        member.forum.review(waiting, False)
        assert (await source.find(answer, ledger.case_ref(token), "a")).found is Found.ABSENT


@pytest.mark.parametrize("queued", [True, False])
async def test_a_lost_answer_is_found_wherever_it_went_and_never_repeated(member, queued):
    member.support.queued = queued
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = replace(reply(member, info.capabilities, ledger, token, "hello to you"), created_at=member.time)
        member.cut(committed=True)
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, ledger.case_ref(token), "a")
        expected = Found.IN_REVIEW if queued else Found.FOUND
        assert (await source.find(answer, ledger.case_ref(token), "a")).found is expected
        member.time += 2_000
        again = await source.push(answer, ledger.case_ref(token), "a")  # refused as too soon, so it looks, and knows it again
        assert again.in_review is queued
    assert member.copies(answer.marker) + len(member.forum.queue) == 1


async def test_the_same_words_twice_are_two_messages(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        first = await answered(rig, source, info, ledger, token, "Thank you!")
        second = replace(first, marker=marker())
        assert (await source.find(second, ledger.case_ref(token), "b")).found is Found.ABSENT
        await source.push(second, ledger.case_ref(token), "b")
    assert [rig.copies(one.marker) for one in (first, second)] == [1, 1]


async def test_where_one_of_ours_can_no_longer_be_read_nothing_is_said_for_certain(member):
    token = member.customer_writes("hello")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        answer = await answered(member, source, info, ledger, token)
        member.topic(token).posts[-1].deleted = True  # by a moderator
        assert (await source.find(answer, ledger.case_ref(token), "a")).found is Found.CANNOT_TELL


async def test_moderators_let_through_what_waits_or_not(rig):
    robin = rig.forum.user("robin", "Robin Bell", queued=True)
    topic = rig.topic(rig.customer_writes("hello"))
    for text in ("first <script>", "second"):
        rig.time += 1000
        rig.forum._enqueue(robin, text, tid=topic.tid)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        waiting = sorted((m for m in ledger.messages.values() if m.container == "queue"), key=lambda m: m.received_at)
        assert ["first <script>" in m.text for m in waiting] == [True, False]
        assert {m.visibility for m in waiting} == {Visibility.NOTE}
        assert all(Marks.QUEUED in m.marks for m in waiting)
        case = ledger.case_ref(waiting[0].conversation)
        await source.push(Moderate(place=("queue", waiting[0].ref), action="approve"), case, "a")
        await source.push(Moderate(place=("queue", waiting[1].ref), action="reject"), case, "b")
        with pytest.raises(Conflict, match="decided already"):
            await source.push(Moderate(place=("queue", waiting[1].ref), action="reject"), case, "c")
        await pull_all(source, ledger)
    assert [one.raw for one in topic.posts][1:] == ["first <script>"]
    assert not [m for m in ledger.messages.values() if m.container == "queue"]


# -- flags


async def test_a_flag_has_a_state_an_assignee_and_notes(rig):
    topic = rig.topic(rig.customer_writes("buy cheap watches"))
    flag = rig.forum.flag(topic.posts[0], rig.forum.user("lena", "Lena Fischer"), "This is <b>spam</b>")
    token, ledger = f"flag-{flag.id}", Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        (report,) = ledger.of(token)
        assert (report.visibility, report.author.name, report.automatic) == (Visibility.NOTE, "lena", True)
        assert "Lena Fischer: This is <b>spam</b>" in report.text
        assert "buy cheap watches" in report.text
        case = ledger.case_ref(token)
        await source.push(Assign(assignee="marek@tamarind.example"), case, "a")
        note = Note(text="seen before", marker=marker(), created_at=rig.time, author=rig.me)
        await source.push(note, case, "b")
        await source.push(note, case, "b")  # an answer that was lost: it is one note all the same
        assert (await source.find(note, case, "b")).found is Found.FOUND
        assert (await source.find(replace(note, created_at=5), case, "c")).found is Found.ABSENT
        await pull_all(source, ledger)
        assert (flag.state, flag.assignee, [one["content"] for one in flag.notes]) == ("wip", rig.marek.uid, ["seen before"])
        assert ledger.cases[token].assignee == "marek@tamarind.example"
        assert ledger.cases[token].tags == {"flag", "wip"}
        assert [(m.text, m.marker) for m in ledger.of(token)][1:] == [("seen before", note.marker)]
        await source.push(SetState(state=CaseState.CLOSED), case, "d")
        await pull_all(source, ledger)
        assert (flag.state, ledger.cases[token].state) == ("resolved", CaseState.CLOSED)
        await source.push(Assign(assignee=None), case, "e")
        await source.push(SetState(state=CaseState.OPEN), case, "f")
        await pull_all(source, ledger)
        assert (flag.state, flag.assignee, ledger.cases[token].state) == ("open", None, None)
        await source.push(Moderate(place=(report.container, report.ref), action="reject"), case, "g")
        with pytest.raises(Conflict, match="rejected"):
            await source.push(Moderate(place=(report.container, report.ref), action="approve"), case, "h")
    assert flag.state == "rejected"


async def test_a_flag_that_a_colleague_settles_is_closed_here(rig):
    flag = rig.forum.flag(rig.topic(rig.customer_writes("hello")).posts[0], rig.forum.user("lena"), "spam")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        flag.state = "resolved"
        await pull_all(source, ledger)
        assert ledger.cases[f"flag-{flag.id}"].state is CaseState.CLOSED
        del rig.forum.flags[flag.id]
        await pull_all(source, ledger)


async def test_who_moderates_nothing_sees_no_flags_and_keeps_the_rest_here(member):
    member.forum.flag(member.topic(member.customer_writes("hello")).posts[0], member.forum.user("lena"), "spam")
    ledger = Ledger()
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        assert not info.capabilities.operations & {"state", "moderate", "assign", "note", "delete"}
        assert any("no moderator" in one for one in info.capabilities.limits)
    assert {m.container.partition("/")[0] for m in ledger.messages.values()} == {"t"}


async def test_notes_and_assignees_of_topics_stay_here(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        for operation in (Note(text="x", marker="m", created_at=1, author=rig.me), Assign(assignee="asha")):
            with pytest.raises(Unsupported):
                await source.push(operation, ledger.case_ref(token), "a")
    assert len(rig.topic(token).posts) == 1


# -- reading


async def test_looking_at_a_topic_leaves_it_unread(rig):
    token = rig.customer_writes("hello")
    read = rig.customer_writes("seen elsewhere")
    rig.topic(read).read_by.add(rig.support.uid)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        for _ in range(2):
            await pull_all(source, ledger)
            assert rig.view(token).seen is False
            assert (ledger.view(token).seen, ledger.view(read).seen) == (False, True)
        await source.push(MarkRead(read=True), ledger.case_ref(token), "a")
        await pull_all(source, ledger)
        assert (rig.view(token).seen, ledger.view(token).seen) == (True, True)
        rig.customer_writes("again", token=token)
        await pull_all(source, ledger)
        assert [Marks.SEEN in m.marks for m in ledger.of(token)] == [True, False]


@pytest.mark.parametrize("budget", [1000, 7])
async def test_a_long_topic_is_read_page_by_page_from_its_end_and_goes_on_after_a_break(rig, budget):
    token = rig.customer_writes("post 0")
    for number in range(1, 205):
        rig.customer_writes(f"post {number}", token=token)
    ledger = Ledger()
    rounds = 0
    while True:
        async with opened(rig, ledger) as (source, _):  # a new source each time, as after a kill
            more, order = False, []
            async for batch in source.pull(ledger.cursor, budget):
                ledger.apply(batch)
                order += [m.text for m in batch.messages]
                more = batch.more
        rounds += 1
        if rounds == 1:
            assert order[0] == "post 204"
        if not more:
            break
    assert [m.text for m in ledger.of(token)] == [f"post {n}" for n in range(205)]
    asked = len(rig.server.asked("GET", f"/api/topic/{token}"))
    assert asked <= (11 if budget == 1000 else rounds * 4)
    rig.customer_writes("the newest", token=token)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert ledger.of(token)[-1].text == "the newest"
    assert len(rig.server.asked("GET", f"/api/topic/{token}")) - asked <= 2


async def test_a_purged_post_is_gone_and_an_edit_is_read(rig):
    token = rig.customer_writes("post 0")
    for number in range(1, 45):
        rig.customer_writes(f"post {number}", token=token)
    topic, ledger = rig.topic(token), Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        del topic.posts[25]
        topic.posts[-1].deleted = True
        rig.time += 1000
        rig.forum.edit(topic.posts[0], "post 0, edited")
        rig.customer_writes("something new", token=token)
        await pull_all(source, ledger)
    texts = [m.text for m in ledger.of(token)]
    assert texts[0] == "post 0, edited"
    assert "post 25" not in texts
    assert "post 44" not in texts
    assert len(texts) == 44


async def test_an_edit_that_changes_no_list_is_seen_within_the_half_hour(rig):
    token = rig.customer_writes("before")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.time += 1000
        rig.forum.edit(rig.topic(token).posts[0], "after")
        await pull_all(source, ledger)
        assert ledger.of(token)[0].text == "before"
        rig.time += 31 * 60_000
        await pull_all(source, ledger)
    assert ledger.of(token)[0].text == "after"


async def test_who_answers_and_how_far_a_question_is_answered(rig):
    token = rig.customer_writes("Why does it not sync?")
    topic, ledger, stages = rig.topic(token), Ledger(), []
    rig.settings = replace(rig.settings, team=frozenset({"tomas"}))
    speakers = (rig.forum.user("lena"), rig.forum.user("tomas"), rig.forum.user("gil", group="Global Moderators"))
    async with opened(rig, ledger) as (source, _):
        for speaker in speakers:
            await pull_all(source, ledger)
            stages.append(ledger.cases[token].answer)
            rig.time += 1000
            rig.forum.add(topic, speaker, "Restart it.")
        await pull_all(source, ledger)
        stages.append(ledger.cases[token].answer)
    assert stages == [Answer.NONE, Answer.UNVERIFIED, Answer.STAFF, Answer.STAFF]
    assert [m.author.role for m in ledger.of(token)] == [Role.CUSTOMER, Role.PEER, Role.AGENT, Role.AGENT]
    assert ledger.cases[token].public


async def test_only_the_chosen_categories_are_watched(rig):
    kept = rig.customer_writes("hello")
    other = rig.forum.topic(rig.forum.user("robin"), "elsewhere", "in the lounge", category=3)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert (bool(ledger.of(kept)), bool(ledger.of(str(other.tid)))) == (True, False)
        rig.topic(kept).cid = 3  # a moderator moves it away
        await pull_all(source, ledger)
        assert not ledger.of(kept)


@pytest.mark.parametrize("name", ["2", "support", "2/support"])
async def test_a_category_is_named_as_its_address_shows_it(rig, name):
    rig.settings = replace(rig.settings, categories=(name,))
    token, ledger = rig.customer_writes("hello"), Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert ledger.of(token)


# -- what is refused before it is sent


async def test_what_is_private_is_not_posted_where_everybody_reads(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = replace(reply(rig, info.capabilities, ledger, token, "private"), visibility=Visibility.PRIVATE)
        with pytest.raises(Conflict, match="everybody can read"):
            await source.push(answer, ledger.case_ref(token), "a")
    assert rig.sent() == []


async def test_a_locked_or_purged_topic_and_words_that_do_not_fit_are_told_apart(member):
    locked, purged = member.customer_writes("hello"), member.customer_writes("hello")
    ledger = Ledger()
    member.forum.shortest, member.forum.longest = 8, 200
    async with opened(member, ledger) as (source, info):
        await pull_all(source, ledger)
        answers = {token: reply(member, info.capabilities, ledger, token, "long enough") for token in (locked, purged)}
        cases = {token: ledger.case_ref(token) for token in (locked, purged)}
        member.forum.lock_topic(member.topic(locked))
        member.forum.purge(member.topic(purged))
        with pytest.raises(Conflict, match="is locked"):
            await source.push(answers[locked], cases[locked], "a")
        with pytest.raises(Conflict, match="no longer in the forum"):
            await source.push(answers[purged], cases[purged], "b")
        with pytest.raises(Refused, match="at least 8"):
            await source.push(replace(answers[locked], text="short"), cases[locked], "c")
        with pytest.raises(Refused, match="the forum takes"):
            await source.push(replace(answers[locked], text="x" * 201), cases[locked], "d")
    assert member.sent() == []


# -- beginning, changing


async def test_a_topic_is_begun_in_a_category_and_a_chat_with_people(rig):
    rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        announced = Reply(
            text="We are here until 18:00.", visibility=Visibility.PUBLIC, marker=marker(), created_at=rig.time, sender=rig.me,
            to=(Address("Support", "#support"),), subject="Open today", mode="new",
        )  # fmt: skip
        case = ledger.case_ref("nothing")
        receipt = await source.push(announced, case, "a")
        assert (await source.find(announced, case, "a")).found is Found.FOUND
        asked = replace(announced, visibility=Visibility.PRIVATE, marker=marker(), to=(Address("Robin", "robin"),), subject="")
        assert (await source.find(asked, case, "b")).found is Found.ABSENT
        await source.push(asked, case, "b")
        assert (await source.find(asked, case, "b")).found is Found.FOUND
        with pytest.raises(Refused, match="#nowhere"):
            await source.push(replace(announced, to=(Address("", "#nowhere"),), marker=marker()), case, "c")
        with pytest.raises(Refused, match="no user"):
            await source.push(replace(asked, to=(Address("", "nobody"),), marker=marker()), case, "d")
        await pull_all(source, ledger)
    topic = next(one for one in rig.forum.topics.values() if one.user is rig.support)
    assert (topic.title, topic.cid, receipt.remote_id) == ("Open today", 2, f"p{topic.posts[0].pid}")
    (room,) = rig.forum.rooms.values()
    assert [one.username for one in room.users] == ["support", "robin"]
    assert [m.visibility for m in ledger.of(f"chat-{room.id}")] == [Visibility.PRIVATE]


async def test_an_edit_overwrites_nobody(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        answer = await answered(rig, source, info, ledger, token, "Restrat it.")
        await pull_all(source, ledger)
        (ours,) = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        edit = EditMessage(place=(ours.container, ours.ref), text="Restart it.", original="Restrat it.")
        for _ in range(2):
            await source.push(edit, ledger.case_ref(token), "a")
        post = rig.topic(token).posts[-1]
        assert marking.split(post.raw) == ("Restart it.", answer.marker)
        rig.time += 1000
        rig.forum.edit(post, "Switch it off.")
        with pytest.raises(Conflict, match=r"Switch it off.*Restart it, please"):
            await source.push(replace(edit, text="Restart it, please.", original="Restart it."), ledger.case_ref(token), "b")
    assert post.raw == "Switch it off."


async def test_tags_that_others_gave_stay(rig):
    token = rig.customer_writes("hello")
    rig.topic(token).tags = ["theirs", "old"]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        await source.push(Tag(add=("new",), remove=("old",)), ledger.case_ref(token), "a")
        rig.topic(token).tags.append("meanwhile")
        await source.push(Tag(add=("more",)), ledger.case_ref(token), "b")
    assert rig.topic(token).tags == ["theirs", "new", "meanwhile", "more"]


async def test_a_file_goes_along_and_comes_back(rig):
    token = rig.customer_writes("hello")
    folder = rig.workspace / "attachments"
    folder.mkdir()
    (folder / "log.bin").write_bytes(b"\x00log")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        answer = reply(rig, info.capabilities, ledger, token, "see the log")
        answer = replace(answer, attachments=(("log.bin", "log [1].bin", "application/octet-stream"),))
        await source.push(answer, ledger.case_ref(token), "a")
        await pull_all(source, ledger)
        ours = ledger.of(token)[-1]
        (file,) = ours.attachments
        fetched = await source.fetch((Want(ours.container, ours.ref, file.part),))
    assert file.name == "log (1).bin"
    assert fetched.parts[ours.container, ours.ref, file.part].read_bytes() == b"\x00log"


# -- trouble


async def test_a_token_that_is_no_longer_good_is_told_from_what_is_not_for_us(rig):
    rig.customer_writes("hello")
    async with opened(rig, Ledger()) as (source, _):
        rig.forum.tokens.clear()
        with pytest.raises(AuthenticationError):
            await pull_all(source, Ledger())
    with pytest.raises(AuthenticationError):
        async with opened(rig, Ledger()):
            pass


async def test_a_token_of_somebody_else_is_refused(rig):
    rig.settings = replace(rig.settings, username="asha")
    with pytest.raises(Refused, match="acts as 'support', not as 'asha'"):
        async with opened(rig, Ledger()):
            pass


async def test_a_category_that_is_not_there_is_named_with_those_that_are(rig):
    rig.settings = replace(rig.settings, categories=("suport",))
    with pytest.raises(Refused, match=r"no category 'suport'.*2/support"):
        async with opened(rig, Ledger()):
            pass


@pytest.mark.parametrize(
    ("answer", "wait"),
    [(as_text("slow down", 429, {"Retry-After": "9"}), 9_000), (as_json({}, 429), None), (as_text("<html>", 503), None)],
)
async def test_a_proxy_s_limit_is_waited_for(rig, answer, wait):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        made = reply(rig, info.capabilities, ledger, token, "hello")
        rig.server.fault(path="/api/recent", answer=answer)
        with pytest.raises(TryLater) as caught:
            await pull_all(source, ledger)
        assert caught.value.retry_after_ms == wait
        if answer.status == 429:
            rig.server.fault(method="POST", path="/api/v3/topics/", answer=answer)
            with pytest.raises(TryLater):
                await source.push(made, ledger.case_ref(token), "a")
        assert rig.copies(made.marker) == 0


@pytest.mark.parametrize("damage", [[], {}, "nonsense", None, {"posts": [None, 5, {"pid": "x"}], "tid": "no"}])
async def test_answers_that_are_no_topic_end_in_errors_of_ours(rig, damage):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customer_writes("again", token=token)
        rig.server.fault(path=f"/api/topic/{token}", answer=as_json(damage))
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(token)] == ["hello"], "nothing is lost by it"
        await pull_all(source, ledger)
    assert [m.text for m in ledger.of(token)] == ["hello", "again"]


async def test_a_chat_that_cannot_be_read_loses_nothing(tmp_path):
    rig = NodebbRig(tmp_path, private=True)
    try:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            rig.customer_writes("again", token=token)
            rig.server.fault(path="/messages", answer=as_json({"status": {}, "response": []}))
            await pull_all(source, ledger)
            assert [m.text for m in ledger.of(token)] == ["hello"]
            await pull_all(source, ledger)
        assert [m.text for m in ledger.of(token)] == ["hello", "again"]
    finally:
        rig.close()


async def test_a_list_that_is_none_is_no_reason_to_forget_anything(rig):
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.server.fault(path="/api/recent", answer=as_json({}))
        with pytest.raises(TryLater):
            await pull_all(source, ledger)
    assert ledger.of(token)


@pytest.mark.parametrize("private", [False, True])
async def test_a_message_is_deleted_and_restored_and_never_purged(tmp_path, private):
    rig = NodebbRig(tmp_path, private=private)
    try:
        token = rig.customer_writes("hello")
        rig.customer_writes("Buy cheap watches.", token=token)
        said = (rig.room(token).said if private else rig.topic(token).posts)[-1]
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            message = ledger.of(token)[-1]
            gone = RemoveMessage(place=(message.container, message.ref), removed=True)
            for _ in range(2):
                await source.push(gone, ledger.case_ref(token), "a")
            await pull_all(source, ledger)
            assert (said.deleted, [m.text for m in ledger.of(token)]) == (True, ["hello"])
            for _ in range(2):
                await source.push(replace(gone, removed=False), ledger.case_ref(token), "b")
            await pull_all(source, ledger)
            assert (said.deleted, [m.text for m in ledger.of(token)]) == (False, ["hello", "Buy cheap watches."])
            if not private:
                first = ledger.of(token)[0]
                with pytest.raises(Refused, match="first post"):
                    await source.push(replace(gone, place=(first.container, first.ref)), ledger.case_ref(token), "c")
        assert [one.path for one in rig.server.requests if one.method == "DELETE" and one.path.endswith(f"/posts/{message.ref}")] == []
    finally:
        rig.close()
