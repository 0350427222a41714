"""What is Bluesky's own, on a real network: threads of posts, pictures, sessions that end, labels, blocks, who is told of what."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain import posts
from agent_tui.domain.errors import OutcomeUnknown, Refused
from agent_tui.domain.model import Direction, Role
from agent_tui.sources.base import Found, Want
from agent_tui.sources.bluesky import records
from agent_tui.sources.bluesky.wire import OURS
from agent_tui.sources.http import Credential
from tests.contract.bluesky_rig import BlueskyRig
from tests.contract.ledger import Ledger
from tests.contract.steps import opened, pull_all, reply
from tests.servers.bluesky import POST, SECRET, Network, expired, now

pytestmark = pytest.mark.server("bluesky")

KANNADA = "ನಿಮ್ಮ ಪಾರ್ಸೆಲ್ ಇಂದು ಹೊರಡುತ್ತದೆ. ದಯವಿಟ್ಟು ಸ್ವಲ್ಪ ಕಾಯಿರಿ. "
LONG = "Your parcel left us today, and this is how it goes on from here. " * 9 + "\n\n" + KANNADA * 12


@pytest.fixture
def rig(bluesky_network: Network, tmp_path: Path) -> Iterator[BlueskyRig]:
    rig = BlueskyRig(bluesky_network, tmp_path)
    yield rig
    rig.close()


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height)) + chunk(b"IEND", b"")


async def asked(rig: BlueskyRig, text: str = "hello") -> tuple[str, Ledger]:
    token = rig.customer_writes(text)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    return token, ledger


# ---- threads


async def test_a_long_reply_is_one_commit_of_posts_that_answer_one_another(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    async with opened(rig, ledger) as (source, info):
        answer = reply(rig, info.capabilities, ledger, token, LONG)
        receipt = await source.push(answer, ledger.case_ref(token), "r")
        ours = rig.ours(answer.marker)
        assert len(ours) == len(posts.split(LONG, posts.PUBLIC)) > 3
        above = token
        for one in ours:
            assert one["value"]["reply"]["root"]["uri"] == token
            assert one["value"]["reply"]["parent"]["uri"] == above
            assert one["cid"] == records.cid(one["value"])  # as the post below names it
            above = one["uri"]
        assert [one["value"]["reply"]["parent"]["cid"] for one in ours[1:]] == [one["cid"] for one in ours[:-1]]
        await pull_all(source, ledger)
    (shown,) = [m for m in ledger.of(token) if m.direction is Direction.OUT]
    assert (shown.text, shown.marker, shown.key) == (LONG.strip(), answer.marker, receipt.remote_id)
    rig.agent.waits(lambda: len(rig.posts(token)) == len(ours) + 1)  # the app view follows a moment later


@pytest.mark.parametrize("left", [1, 3])
async def test_an_interrupted_thread_goes_on_where_it_stopped(rig: BlueskyRig, left: int) -> None:
    token, ledger = await asked(rig)
    async with opened(rig, ledger) as (source, info):
        answer, case = reply(rig, info.capabilities, ledger, token, LONG), ledger.case_ref(token)
        await source.push(answer, case, "r")
        for one in rig.ours(answer.marker)[left:]:
            rig.agent.deletes(one["uri"])
        assert (await source.find(answer, case, "r")).found is Found.ABSENT
        before = rig.ours(answer.marker)
        await source.push(answer, case, "r")
        await source.push(answer, case, "r")
        ours = rig.ours(answer.marker)
        assert ours[:left] == before
        assert [one["value"][OURS]["part"] for one in ours] == list(range(len(posts.split(LONG, posts.PUBLIC))))
        assert [one["value"]["reply"]["parent"]["cid"] for one in ours[1:]] == [one["cid"] for one in ours[:-1]]
        assert (await source.find(answer, case, "r")).found is Found.FOUND


@pytest.mark.parametrize("committed", [True, False])
async def test_a_thread_whose_answer_was_lost_is_there_whole_or_not_at_all(rig: BlueskyRig, committed: bool) -> None:
    token, ledger = await asked(rig)
    async with opened(rig, ledger) as (source, info):
        answer, case = reply(rig, info.capabilities, ledger, token, LONG), ledger.case_ref(token)
        rig.cut(committed=committed)
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, case, "r")
    count = len(posts.split(LONG, posts.PUBLIC))
    assert len(rig.ours(answer.marker)) == (count if committed else 0)
    async with opened(rig, ledger) as (source, _):
        assert (await source.find(answer, case, "r")).found is (Found.FOUND if committed else Found.ABSENT)
        await source.push(answer, case, "r")
    assert len(rig.ours(answer.marker)) == count


async def test_both_limits_are_the_servers_own(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    full = [KANNADA.strip()[:1] * 300, "👩‍👩‍👧‍👧" * 120, "ক্ষ্য" * 200, "ಸ್ತ್ರೀ" * 100, "e\u0301" * 300]
    async with opened(rig, ledger) as (source, info):
        for text in full:  # each one post that is exactly as long as a post may be, or nearly
            assert len(posts.split(text, posts.PUBLIC)) == 1
            answer = reply(rig, info.capabilities, ledger, token, text)
            await source.push(answer, ledger.case_ref(token), "r")
            assert [one["value"]["text"] for one in rig.ours(answer.marker)] == [text]


async def test_links_mentions_and_tags_can_be_followed(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    peer = rig.network.person("peer")
    text = f"ਸਤ ਸ੍ਰੀ ਅਕਾਲ @{peer.handle}, see https://example.com/ਪੰਨਾ and #ਮਦਦ; @nobody.test stays"
    async with opened(rig, ledger) as (source, info):
        answer = reply(rig, info.capabilities, ledger, token, text)
        await source.push(answer, ledger.case_ref(token), "r")
    (record,) = rig.ours(answer.marker)
    raw = text.encode()
    said = {raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): f["features"][0] for f in record["value"]["facets"]}
    assert said[f"@{peer.handle}"]["did"] == peer.did
    assert said["https://example.com/ਪੰਨਾ"]["uri"] == "https://example.com/ਪੰਨਾ"
    assert set(said) == {f"@{peer.handle}", "https://example.com/ਪੰਨਾ", "#ਮਦਦ"}
    rig.network.settle()
    assert [one["reason"] for one in peer.notifications()] == ["mention"]


async def test_a_picture_goes_with_what_it_shows_and_can_be_fetched(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    folder = rig.workspace / "attachments"
    folder.mkdir()
    (folder / "ab").write_bytes(png(640, 480))
    async with opened(rig, ledger) as (source, info):
        plain = reply(rig, info.capabilities, ledger, token, "Is it this one?\n![The meter stands at 004217](meter.png)")
        answer = replace(plain, attachments=(("ab", "meter.png", "image/png"),))
        await source.push(answer, ledger.case_ref(token), "r")
        (record,) = rig.ours(answer.marker)
        (image,) = record["value"]["embed"]["images"]
        assert (record["value"]["text"], image["alt"]) == ("Is it this one?", "The meter stands at 004217")
        assert image["aspectRatio"] == {"width": 640, "height": 480}
        assert record["cid"] == records.cid(record["value"])
        rig.network.settle()
        await pull_all(source, ledger)
        (shown,) = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        assert shown.text == "Is it this one?\n\n[image: The meter stands at 004217]"
        (file,) = shown.attachments
        want = Want(shown.container, shown.ref, file.part)
        fetched = await source.fetch((want,))
    assert fetched.parts is not None
    assert fetched.parts[want.container, want.ref, want.part].read_bytes()[:2] in (b"\xff\xd8", b"\x89P", b"RI")


# ---- sessions


async def test_an_expired_session_is_renewed_and_what_was_asked_is_done_once(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    async with opened(rig, ledger) as (source, info):
        session = source._opened  # type: ignore[attr-defined]
        session._token = Credential(expired(session._token.reveal()))
        await pull_all(source, ledger)
        session._token = Credential(expired(session._token.reveal()))
        answer = reply(rig, info.capabilities, ledger, token, "still here")
        await source.push(answer, ledger.case_ref(token), "r")
    assert rig.copies(answer.marker) == 1


async def test_a_server_that_was_restarted_and_knows_no_session_is_logged_in_to_again(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig)
    rig.secret = rig.password = rig.agent.app_password()
    try:
        async with opened(rig, ledger) as (source, info):
            rig.network.stop()
            rig.network.restart("another secret")
            answer = reply(rig, info.capabilities, ledger, token, "after the restart")
            await source.push(answer, ledger.case_ref(token), "r")
            assert (await source.find(answer, ledger.case_ref(token), "r")).found is Found.FOUND
    finally:
        rig.network.stop()
        rig.network.restart(SECRET)
    assert rig.copies(answer.marker) == 1


# ---- what is seen


async def test_peers_and_colleagues_are_told_apart_and_what_nobody_tells_us_of_is_seen(rig: BlueskyRig) -> None:
    asha = rig.network.person("asha", shown="Asha")
    rig.settings["agents"] = (asha.handle,)
    token, ledger = await asked(rig, "where is it?")
    peer = rig.network.person("peer")
    question = rig.posts(token)[0]
    peer.posts("try the depot", answers=question)
    asha.posts("It is on its way", answers=question)
    rig.agent.posts("and by another program", answers=question)
    rig.customer_writes("one more thing", token=token)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    roles = {m.text: m.author.role for m in ledger.of(token)}
    assert roles == {
        "where is it?": Role.CUSTOMER, "try the depot": Role.PEER, "It is on its way": Role.AGENT,
        "and by another program": Role.AGENT, "one more thing": Role.CUSTOMER,
    }  # fmt: skip
    assert ledger.cases[token].answer == "staff"


async def test_answers_to_an_announcement_are_cases_with_it_above(rig: BlueskyRig) -> None:
    said = rig.agent.posts("We are open on Sunday")
    robin, kim = rig.network.person("robin"), rig.network.person("kim")
    first, second = robin.posts("Until when?", answers=said), kim.posts("In Leeds too?", answers=said)
    quote = kim.posts("Finally", embed={"$type": "app.bsky.embed.record", "record": said})
    rig.network.settle()
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert set(ledger.cases) == {first["uri"], second["uri"], quote["uri"]}
    assert [(m.text, m.automatic) for m in ledger.of(first["uri"])] == [("We are open on Sunday", True), ("Until when?", False)]
    assert [m.text.split("\n")[0] for m in ledger.of(quote["uri"])] == ["Finally"]


async def test_a_deleted_post_is_gone_and_what_answers_it_says_so(rig: BlueskyRig) -> None:
    other = rig.network.person("other")
    above = other.posts("Anybody know a good host?")
    robin = rig.network.person("robin")
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": rig.agent.did}
    asks = robin.posts("they do", answers=above, facets=[{"index": {"byteStart": 0, "byteEnd": 1}, "features": [feature]}])
    rig.network.settle()
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(asks["uri"])] == ["Anybody know a good host?", "they do"]
        other.deletes(above["uri"])
        rig.network.settle()
        await pull_all(source, ledger)
        (message,) = ledger.of(asks["uri"])
        assert message.warning == "the post that it answers was deleted"
        rig.customers[asks["uri"]], rig.names[asks["uri"]] = robin, "robin"
        answer = reply(rig, info.capabilities, ledger, asks["uri"], "too late")
        robin.deletes(asks["uri"])
        rig.network.settle()
        with pytest.raises(Refused, match="was deleted"):
            await source.push(answer, ledger.case_ref(asks["uri"]), "r")
        await pull_all(source, ledger)
    assert not ledger.of(asks["uri"])


async def test_who_blocks_us_is_said_and_is_not_answered_in_vain(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig, "never again")
    robin = rig.customers[token]
    async with opened(rig, ledger) as (source, info):
        answer = reply(rig, info.capabilities, ledger, token, "sorry")
        robin.blocks(rig.agent)
        rig.network.settle()
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(token)] == [
            "never again", f"{robin.handle} blocks this account: what is posted now does not reach them."
        ]  # fmt: skip
        with pytest.raises(Refused, match="its author blocks this account"):
            await source.push(answer, ledger.case_ref(token), "r")
    assert rig.copies(answer.marker) == 0


async def test_an_author_who_limits_answers_is_respected(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig, "only my friends may answer")
    robin = rig.customers[token]
    gate = {"$type": "app.bsky.feed.threadgate", "post": token, "allow": [], "createdAt": now()}
    robin.puts("app.bsky.feed.threadgate", token.rpartition("/")[2], gate)
    rig.network.settle()
    async with opened(rig, ledger) as (source, info):
        answer = reply(rig, info.capabilities, ledger, token, "but")
        with pytest.raises(Refused, match="limited who may answer"):
            await source.push(answer, ledger.case_ref(token), "r")


async def test_labels_of_moderators_are_shown_when_they_come(rig: BlueskyRig) -> None:
    token, ledger = await asked(rig, "buy followers")
    rig.network.tell("label", uri=token, cid=rig.posts(token)[0]["cid"], value="spam")
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    (message,) = ledger.of(token)
    assert message.warning == "labelled by moderators: spam"


async def test_read_goes_as_far_as_nothing_older_is_unread(rig: BlueskyRig) -> None:
    from agent_tui.domain.operations import MarkRead

    rig.agent.call("app.bsky.notification.updateSeen", {"seenAt": "2026-01-01T00:00:00Z"})  # else only the newest is unread
    tokens = [rig.customer_writes(f"question {number}") for number in range(3)]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        seen = []
        for token in (tokens[1], tokens[0], tokens[2]):
            receipt = await source.push(MarkRead(read=True), ledger.case_ref(token), "r")
            for place, marks in (receipt.marks or {}).items():
                ledger.messages[place] = replace(ledger.messages[place], marks=marks)
            await pull_all(source, ledger)
            seen.append([rig.view(one).seen for one in tokens])
            assert ledger.view(token).seen
    assert seen == [[False, False, False], [True, True, False], [True, True, True]]


def test_the_key_of_a_post_is_one_that_a_server_takes(rig: BlueskyRig) -> None:
    for key in records.keys("any", 1_790_000_000_000, 2):
        rig.agent.puts(POST, key, {"text": "x", "createdAt": now()})


