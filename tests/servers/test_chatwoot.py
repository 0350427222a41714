"""The simulated Chatwoot speaks as the published specification says, except where the vendor's own recordings differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.chatwoot import Chatwoot
from tests.servers.liquid import liquid
from tests.servers.openapi import Document

SERVICES = Path(__file__).parents[3] / "shared" / "services" / "chatwoot"
pytestmark = pytest.mark.skipif(not SERVICES.is_dir(), reason="the published specification is not here")
ACCOUNT = "/api/v1/accounts/{account_id}"
ONE = f"{ACCOUNT}/conversations/{{conversation_id}}"

# Where answers may differ from the specification, and why that is right. Ends of paths.
DIFFERENCES = {
    ".content_type: 'incoming_email' not in enum": "recorded (messages_emailConversation.json)",
    ".source_id: null": "recorded",
    ".sender_type: 'User' not in enum": "recorded",
    ".sender_type: 'Contact' not in enum": "recorded",
    ".sender_type: null": "recorded",
    ".sender_id: null": "recorded",
    ".updated_at: str for integer": "recorded: ISO 8601 in what the cable and the lists give of a message",
    ".message_type: 3 not in enum": "recorded",
    ".phone_number: null": "recorded",
    ".identifier: null": "recorded",
    ".email: null": "recorded",
    ".assignee_id: null": "recorded",
    ".timestamp: int for string": "recorded (conversation_examples.json)",
    ".priority: null": "the column may be null (conversation.rb)",
    ".sla_policy_id: null": "the column may be null",
    ".snoozed_until: null": "the column may be null",
    ".snoozed_until: str for number": "the view gives a Time without to_i",
    ".status: 'snoozed' not in enum": "toggle_status and the list's own parameter have it",
    ".availability_status: 'offline' not in enum": "recorded",
    ".assignee_last_seen_at: null": "the column may be null",
}
# Fields that answers have and the specification does not name; each is in a recording or a view of the source.
UNNAMED = {
    ".account_id", ".availability_status", ".thumbnail", ".auto_offline", ".attachments", ".type", ".hmac_verified",
    ".display_name", ".identifier", ".phone_number", ".additional_attributes", ".blocked", ".contact", ".email", ".name",
    ".id", ".custom_attributes",
}  # fmt: skip


@pytest.fixture
def there() -> Iterator[Chatwoot]:
    clock = iter(range(1_790_000_000, 1_790_100_000))
    there = Chatwoot(lambda: float(next(clock)))
    yield there
    there.close()


@pytest.fixture
def scene(there: Chatwoot) -> Chatwoot:
    """Conversations in every state, with everything a message may be."""
    mail = {"subject": "Cotton", "from": ["a@b.example"], "to": ["c@d.example"], "text_content": {"full": "x", "reply": "x"}}
    for number, status in enumerate(("open", "resolved", "pending", "snoozed"), 1):
        case = there.begin(there.contact("Robin", None if number == 2 else "robin@mail.example"), 1 + number % 2)
        there.write(case.id, "hello", files=[("a.png", "image/png", b"png")])
        there.write(case.id, "mail", content_type="incoming_email", content_attributes={"email": mail})
        there.answer_as(2, case.id, "an answer")
        there.answer_as(2, case.id, "a note", private=True)
        there.deliver(there.of(case.id)[-2].id, "failed", "not allowed")
        if status != "open":
            there.set_status(case.id, status, until=1_800_000_000.0)
        case.labels = ["billing"]
        case.assignee = there.agents[1] if number % 2 else None
    there.canned = [{"id": 1, "account_id": 7, "short_code": "hi", "content": "Hello", "created_at": "2024-01-01T00:00:00Z",
                     "updated_at": "2024-01-01T00:00:00Z"}]  # fmt: skip
    return there


def ask(there: Chatwoot, method: str, path: str, **more: Any) -> Any:
    for name, value in (("{account_id}", there.account), ("{conversation_id}", 1)):
        path = path.replace(name, str(value))
    answer = httpx.request(method, f"{there.server.url}{path}", headers={"api_access_token": there.token}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json() if answer.content else None


CALLS = [
    ("GET", "/api/v1/profile", {}),
    ("GET", f"{ACCOUNT}/agents", {}),
    ("GET", f"{ACCOUNT}/inboxes", {}),
    ("GET", f"{ACCOUNT}/canned_responses", {}),
    ("GET", f"{ACCOUNT}/conversations", {"params": {"status": "all"}}),
    ("GET", f"{ACCOUNT}/conversations", {"params": {"status": "all", "updated_within": "999999"}}),
    ("GET", ONE, {}),
    ("GET", f"{ONE}/messages", {}),
    ("GET", f"{ONE}/labels", {}),
    ("POST", f"{ONE}/messages", {"json": {"content": "x", "private": True, "content_attributes": {"any": "key"}}}),
    ("POST", f"{ONE}/labels", {"json": {"labels": ["a", "b"]}}),
    ("POST", f"{ONE}/toggle_status", {"json": {"status": "snoozed", "snoozed_until": 1_800_000_000}}),
    ("POST", f"{ONE}/toggle_priority", {"json": {"priority": "high"}}),
    ("POST", f"{ONE}/assignments", {"json": {"assignee_id": 2}}),
]


@pytest.mark.parametrize(("method", "path", "more"), CALLS)
def test_answers_are_what_the_specification_says(scene: Chatwoot, method: str, path: str, more: dict[str, Any]) -> None:
    document = Document(SERVICES / "application_swagger.json.gz")
    if "json" in more:
        assert list(document.faults(more["json"], document.request(method, path))) == []
    answer = ask(scene, method, path, **more)
    schema = document.answer(method, path)
    strange = [one for one in document.faults(answer, schema) if not one.endswith(tuple(DIFFERENCES))]
    assert strange == []
    assert {one for one in document.unknown(answer, schema) if not one.endswith(tuple(UNNAMED))} == set()


def test_its_messages_have_the_fields_of_recorded_ones(scene: Chatwoot) -> None:
    recorded: dict[str, set[type]] = {}
    for file in sorted((SERVICES / "recorded").glob("messages_*.json")):
        for message in json.loads(file.read_text()):
            for name, value in message.items():
                recorded.setdefault(name, set()).add(type(value))
    shown = [*ask(scene, "GET", f"{ONE}/messages")["payload"], *(scene.event(m) for m in scene.of(1))]
    for message in shown:
        for name, value in message.items():
            assert type(value) in recorded[name], name


def test_its_conversations_have_the_fields_of_recorded_ones(scene: Chatwoot) -> None:
    recorded = json.loads((SERVICES / "recorded" / "conversation_examples.json").read_text())["conversationData"]
    (shown,) = (one for one in ask(scene, "GET", f"{ACCOUNT}/conversations")["data"]["payload"] if one["id"] == 1)
    for name, value in recorded.items():
        assert type(value) is type(shown[name]), name
    assert set(recorded["messages"][0]) <= set(shown["messages"][0])


def test_a_list_of_messages_filters_by_number_and_orders_by_time(there: Chatwoot) -> None:
    case = there.begin(there.contact("Robin", "robin@mail.example"))
    numbers = [there.write(case.id, str(at), at=1_790_000_000.0 + at // 7).id for at in range(150)]

    def listed(**params: int) -> list[int]:
        return [one["id"] for one in ask(there, "GET", f"{ONE}/messages", params=params)["payload"]]

    assert len(listed()) == len(listed(before=numbers[100])) == 20
    assert all(one < numbers[100] for one in listed(before=numbers[100]))
    assert len(listed(after=numbers[0])) == 100
    assert sorted(listed(after=numbers[5], before=numbers[9])) == numbers[5:9]
    page = listed()
    assert set(page) != set(numbers[-20:])  # messages of one second come in any order, so a page is no range


def test_outgoing_text_runs_through_liquid() -> None:
    values = {"contact.name": "Robin"}
    assert liquid("Hi {{ contact.name }}, {{ nobody }}.", values) == "Hi Robin, ."
    assert liquid("code `{{ x }}` and ```\n{% y %}\n```", values) == "code `{{ x }}` and ```\n{% y %}\n```"
    assert liquid("broken {% x %} {{ contact.name }}", values) == "broken {% x %} {{ contact.name }}"
