"""Chatwoot's JSON, cursor, template engine and canned responses: the parts that need no server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_tui import workspace
from agent_tui.commands.canned_import import page
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.fold import MessageFacts, server_case
from agent_tui.domain.model import CaseState, Direction, Marks, Priority, Role, Visibility
from agent_tui.domain.templates import check
from agent_tui.domain.text import clean
from agent_tui.knowledge.canned import CannedLibrary
from agent_tui.sources.chatwoot import cable, read
from agent_tui.sources.chatwoot.canned import parse
from agent_tui.sources.chatwoot.cursor import Cursor, Walk
from agent_tui.sources.chatwoot.liquid import protect
from agent_tui.sources.chatwoot.pace import Pace
from tests.servers.liquid import liquid

SERVICES = Path(__file__).parents[3] / "shared" / "services" / "chatwoot"
recordings = pytest.mark.skipif(not SERVICES.is_dir(), reason="the recordings are not here")
CONTACT = {"id": 597, "name": "Robin", "email": "Robin@Mail.example", "phone_number": "+91", "identifier": None}
ABOUT = read.Around(43, 1_732_195_700, CONTACT, "Website")


def recorded(name: str) -> list[dict[str, Any]]:
    return list(json.loads((SERVICES / "recorded" / f"messages_{name}.json").read_text()))


# --- recordings -----------------------------------------------------------------------------------------------------


@recordings
@pytest.mark.parametrize("name", ["textOnly", "textWithMedia", "simpleEmail", "emailConversation"])
def test_every_recorded_message_is_read(name: str) -> None:
    for raw in recorded(name):
        message = read.message(raw, ABOUT)
        assert message.key == str(raw["id"])
        assert message.received_at == raw["created_at"] * 1000
        assert message.text or message.attachments
        assert (message.visibility is Visibility.NOTE) == (raw["private"] or raw["message_type"] == 2)


@recordings
def test_a_recorded_chat_reads_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    by_id = {raw["id"]: read.message(raw, ABOUT) for raw in recorded("textOnly")}
    asked, form, activity, mention, failed = (by_id[one] for one in (5272, 5274, 5276, 5281, 5286))
    assert (asked.direction, asked.author.role, asked.author.address) == (Direction.IN, Role.CUSTOMER, "robin@mail.example")
    assert form.text == "Get notified by email\n→ hey@example.com"
    assert (form.author.role, form.automatic) == (Role.BOT, True)
    assert (activity.text, activity.author.role) == ("John self-assigned this conversation", Role.SYSTEM)
    assert mention.text.startswith("@Bruce should we")
    assert failed.warning == "not delivered: Business account is restricted from messaging users in this country."
    assert Marks.FAILED in failed.marks
    assert Marks.SEEN in asked.marks
    assert Marks.SEEN not in by_id[5275].marks


@recordings
def test_recorded_attachments_places_and_cards(capsys: pytest.CaptureFixture[str]) -> None:
    messages = [read.message(raw, ABOUT) for raw in recorded("textWithMedia")]
    texts = [one.text for one in messages]
    assert any(one.startswith("[location] Chatwoot Inc 37.79") for one in texts)
    assert "Person One\n[contact] +919999999999" in texts
    names = {a.name: a.media_type for one in messages for a in one.attachments}
    assert names["registrations.xls"] == "application/vnd.ms-excel"
    assert names["CleanShot 2024-11-26 at 18.07.56.mp4"] == "video/mp4"
    assert names["500"] == "image/*"


@recordings
def test_a_recorded_mail_keeps_subject_people_and_quotes() -> None:
    messages = [read.message(raw, ABOUT) for raw in recorded("emailConversation")]
    assert messages[0].subject == "Inquiry and Quotation for Cotton Fabric"
    assert [one.address for one in messages[0].to] == ["sam@cottonmart.test"]
    assert "\r" not in messages[-1].text
    assert len(messages[-1].fresh_text) < len(messages[-1].text)
    assert messages[0].sent_at == 1733312633000


@recordings
def test_a_recorded_conversation_is_read() -> None:
    raw = json.loads((SERVICES / "recorded" / "conversation_examples.json").read_text())["conversationData"]
    case = read.case(raw, "Website")
    assert (case.conversation, case.state, case.assignee) == ("5815", CaseState.OPEN, "agent2@example.com")
    assert (case.subject, case.priority, case.tags) == ("Website", Priority.NORMAL, frozenset())
    assert read.activity(raw) == 1621144123


@recordings
def test_every_agent_event_of_the_cable_is_understood() -> None:
    events = json.loads((SERVICES / "cable_events.json").read_text())
    for name in (*events["agent_events"], *events["account_stream_events"]):
        data = {"id": 5, "conversation_id": 7, "conversation": {"id": 7}, "user": {"name": "Robin", "type": "contact"}}
        found = cable.event({"event": name, "data": data})
        assert found.name == name
        if name.startswith("message."):
            assert (found.conversation, found.message) == (7, 5)
        elif name.startswith("conversation.typing"):
            assert (found.conversation, found.who) == (7, "Robin")
        elif name.startswith(("conversation.", "assignee.", "team.")):
            assert found.conversation == 5


def test_an_answer_without_a_sender_is_an_answer_and_a_bots_is_not() -> None:
    raw = {"id": 5, "message_type": 1, "created_at": 1732195656, "content": "hello"}
    left = read.message(raw, ABOUT)
    bot = read.message({**raw, "sender": {"id": 1, "name": "Helper", "type": "agent_bot"}}, ABOUT)
    assert (left.author.role, left.automatic) == (Role.AGENT, False)
    assert (bot.author.role, bot.automatic) == (Role.BOT, True)


# --- lenient reading ------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6,
)  # fmt: skip
FIELDS = st.fixed_dictionaries(
    {"id": st.integers(1, 10**9), "created_at": st.integers(1, 4 * 10**9) | st.floats() | st.text(max_size=20), "message_type": st.integers(0, 3)},
    optional=dict.fromkeys(
        ("content", "content_type", "content_attributes", "sender", "attachments", "private", "status", "source_id"), JSON
    ),
)


@given(FIELDS, JSON)
def test_whatever_comes_is_a_message_or_said_to_be_unreadable(raw: dict[str, Any], contact: Any) -> None:
    about = read.Around(1, 5, contact if isinstance(contact, dict) else {})
    try:
        message = read.message(raw, about)
    except read.Unreadable:
        return
    assert message.visibility in (Visibility.PRIVATE, Visibility.NOTE)
    assert clean(message.text) == message.text
    read.report(raw, about)


@given(st.dictionaries(st.sampled_from(["status", "labels", "priority", "meta", "snoozed_until", "additional_attributes"]), JSON))
def test_whatever_a_conversation_says_it_is_a_case(raw: dict[str, Any]) -> None:
    assert read.case({"id": 3, **raw}, "Website").conversation == "3"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(1732195656, 1732195656), ("1732195656", 1732195656), ("2024-11-21T13:27:36.000Z", 1732195656), (1.5, 1.5), (None, 0),
     ("2024-11-21 13:27:36 UTC", 1732195656), ("2024-11-21T18:57:36+05:30", 1732195656), ("soon", 0), (True, 0), ([], 0)],
)  # fmt: skip
def test_times_come_in_every_shape(value: Any, seconds: float) -> None:
    assert read.seconds(value) == seconds


@given(st.builds(
    Cursor, since=st.floats(0, 1e10), recent=st.dictionaries(st.integers(1), st.tuples(st.floats(0, 1e10), st.integers())),
    walk=st.none() | st.builds(Walk, at=st.none() | st.floats(0, 1e10), ids=st.lists(st.integers(1)), page=st.integers(1),
                               inside=st.none() | st.tuples(st.integers(1), st.integers(1), st.integers(1))),
))  # fmt: skip
def test_a_cursor_is_what_it_was(cursor: Cursor) -> None:
    assert Cursor.load(cursor.dump()) == cursor


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"since": "x"}', '{"since":1,"recent":{},"walk":{"who":1}}'])
def test_a_cursor_that_is_none_is_the_beginning(text: str) -> None:
    assert Cursor.load(text) == Cursor()


# --- Liquid ---------------------------------------------------------------------------------------------------------


@given(st.text(alphabet="{}%`x \nraw/end-", max_size=40) | st.text(max_size=40))
@example("`{% raw %}` {{ x }} `{% endraw %}`")
@example("` {{ x }} ` {{ y }} ` {% z %}")
def test_a_template_engine_gives_back_what_was_written(text: str) -> None:
    assert clean(liquid(protect(text), {"x": "something"})) == clean(text)


def test_code_is_left_alone_so_that_it_can_be_copied() -> None:
    text = "Use `{{ name }}` in\n```\n{% if x %}\n```\n"
    assert protect(text) == text


# --- pace -----------------------------------------------------------------------------------------------------------


async def test_a_first_sync_stays_below_what_an_office_may_ask() -> None:
    clock = [0.0]
    times: list[float] = []

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    pace = Pace(steady=lambda: clock[0], sleep=sleep)
    for _ in range(10_000):
        await pace.take()
        times.append(clock[0])
        clock[0] += 0.001
    assert times[500] < 1
    assert max(sum(start <= at < start + 60 for at in times) for start in range(0, int(times[-1]), 20)) < 2_000


# --- canned responses -----------------------------------------------------------------------------------------------


def test_canned_responses_become_files_of_the_library(tmp_path: Path) -> None:
    answer = [
        {"id": 1, "short_code": "hello", "content": "Hi {{ contact.first_name | capitalize }}, I am {{agent.name}}."},
        {"id": 2, "short_code": "Hello", "content": "Your order {{ conversation.custom_attribute.order_id }} {% is %} here"},
        {"id": 3, "short_code": 'quo"te', "content": "{{ broken"},
        {"id": 4, "short_code": "", "content": "nobody finds it"},
        {"id": 5, "short_code": "empty", "content": None},
        "not even a record",
    ]
    replies = parse(answer)
    assert [(one.name, one.shortcut) for one in replies] == [("hello", "hello"), ("hello-2", "Hello"), ("quo-te", 'quo"te')]
    assert replies[0].body == "Hi {{ customer.first_name }}, I am {{ agent.name }}."
    assert replies[1].asked == ("conversation custom attribute order id",)
    for one in replies:
        (tmp_path / f"{one.name}.md").write_text(page(one, one.name), "utf-8")
    library = CannedLibrary(tmp_path)
    library.refresh()
    assert [(one.name, one.shortcut) for one in library.replies()] == [(one.name, one.shortcut) for one in replies]
    assert library.choose("hello-2").questions == ("conversation custom attribute order id",)  # type: ignore[union-attr]
    assert parse({"error": "no"}) == ()


@given(st.text(max_size=60) | st.text(alphabet="{}%#a.|\"'\\ \n", max_size=40))
def test_every_canned_text_can_be_rendered(text: str) -> None:
    for one in parse([{"short_code": "x", "content": text}]):
        check(one.body)


# --- settings -------------------------------------------------------------------------------------------------------


def load(tmp_path: Path, lines: str) -> Any:
    (tmp_path / "workspace.toml").write_text(f'[[source]]\nname = "desk"\ntype = "chatwoot"\n{lines}', "utf-8")
    return workspace.load(tmp_path).sources[0]


def test_settings_are_read(tmp_path: Path) -> None:
    source = load(tmp_path, 'url = "https://chat.example.com/sub"\naccount = 3\ninboxes = ["Website", 2]\n')
    settings = source.options
    assert (settings.url.host, settings.url.path, settings.account) == ("chat.example.com", "/sub", 3)
    assert settings.inboxes == ("Website", 2)
    assert source.channel == "chat"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('url = "http://chat.example.com"\naccount = 1\n', "in the open"),
        ('url = "https://chat.example.com"\n', "account: is missing"),
        ('url = "https://x.example"\naccount = "1"\n', "account: must be a whole number"),
        ('url = "https://x.example"\naccount = 1\ninboxes = "Website"\n', "must be a list"),
        ('url = "https://x.example"\naccount = 1\ninboxes = []\n', "leave it out"),
        ('url = "https://x.example"\naccount = 1\ninboxes = [true, 0]\n', "neither the number nor the name"),
        ('url = "https://x.example"\naccount = 1\ntoken = "abc"\n', "a secret never stands in this file"),
    ],
)
def test_wrong_settings_are_said_in_words(tmp_path: Path, lines: str, words: str) -> None:
    with pytest.raises(WorkspaceError, match=words):
        load(tmp_path, lines)


# --- what a failed delivery means -----------------------------------------------------------------------------------


def test_an_answer_that_never_arrived_stops_no_clock() -> None:
    asked = MessageFacts(1, Direction.IN, Visibility.PRIVATE, Role.CUSTOMER, False, 1_000, frozenset())
    answer = MessageFacts(2, Direction.OUT, Visibility.PRIVATE, Role.AGENT, False, 2_000, frozenset())
    failed = replace(answer, marks=frozenset({Marks.FAILED}))
    assert (server_case(None, [asked, answer], None).waiting_since, server_case(None, [asked, failed], None).waiting_since) == (
        None, 1_000,
    )  # fmt: skip
    assert server_case(None, [asked, failed, replace(answer, id=3)], None).state is CaseState.WAITING
