"""A desk in memory with the names of ``agent_tui.desk.Desk``: for tests of screens and widgets alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from agent_tui.domain.chats import Standing, in_order
from agent_tui.domain.commands.fitting import Powers
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import (
    Address,
    Answer,
    Attachment,
    Author,
    Cached,
    Case,
    CaseState,
    Channel,
    Direction,
    Message,
    MessageState,
    Priority,
    Role,
    Visibility,
)  # fmt: skip
from agent_tui.workspace import Agent, Workspace
from tests.fake_policies import FakePolicies

NOW = 1_784_000_000_000  # Tue 14 Jul 2026 03:33:20 UTC
HOUR, DAY = 3_600_000, 86_400_000

_PEOPLE = [
    ("Priya Sharma", Channel.EMAIL, "Refund for order 48213 has not arrived", "I was told five working days, it is nine now."),
    ("রহিমা খাতুন", Channel.CHAT, "অর্ডার বাতিল করতে চাই", "ধন্যবাদ, আমি আমার টাকা কবে ফেরত পাব?"),
    ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", Channel.EMAIL, "ਮੇਰਾ ਪਾਰਸਲ ਨਹੀਂ ਪਹੁੰਚਿਆ", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਜੀ, ਮੇਰਾ ਆਰਡਰ ਕਿੱਥੇ ਹੈ?"),
    ("ಕಾವ್ಯ ಹೆಗಡೆ", Channel.COMMUNITY, "ಪಾಸ್‌ವರ್ಡ್ ಬದಲಾಯಿಸುವುದು ಹೇಗೆ?", "ನನಗೆ ಇಮೇಲ್ ಬರುತ್ತಿಲ್ಲ, ದಯವಿಟ್ಟು ಸಹಾಯ ಮಾಡಿ."),
    ("Maria Santos", Channel.CHAT, "Hindi pa dumarating ang order ko", "Magandang araw po, kailan po kaya darating?"),
    ("Jonas Weber", Channel.EMAIL, "Invoice shows the wrong VAT number", "Our accountant rejects it, please send a corrected one."),
    ("山田 花子", Channel.EMAIL, "請求書について", "先月の請求書を再発行していただけますか。"),
    ("kernel_panda", Channel.COMMUNITY, "API returns 429 although we are under the limit", "Same here since Monday, three calls a second."),
    ("Chloé Dubois", Channel.EMAIL, "Changement d'adresse avant expédition", "Bonjour, j'ai déménagé la semaine dernière."),
    ("Ahmed Farouk", Channel.CHAT, "Card was charged twice", "Two payments of 79.00, same minute."),
]  # fmt: skip

_BODY = """Hello,

I ordered two lamps on 2 July (order 48213) and sent one back because the glass was broken. You wrote that the refund
takes five working days. That was nine days ago and nothing has arrived on my card.

Could you look at https://shop.example.com/orders/48213 and tell me when I get my money back? [1]

Kind regards,
Priya

--\x20
Priya Sharma
Flat 12, Lake View Road

On Mon, 6 Jul 2026 Asha Rao wrote:
> Hello Priya,
> we have received your parcel. The refund is on its way and takes up to five
> working days, depending on your bank.
> Asha"""


@dataclass(frozen=True)
class Done:
    group: int
    words: str


@dataclass(frozen=True)
class View:
    id: str
    title: str
    key: str


@dataclass(frozen=True)
class Thread:
    case: Case
    messages: tuple[Message, ...]


VIEWS = (
    View("inbox", "Inbox", "g i"), View("mine", "Mine", "g m"), View("unassigned", "Unassigned", "g u"),
    View("waiting", "Waiting", "g w"), View("snoozed", "Snoozed", "g s"), View("closed", "Closed", "g c"),
    View("spam", "Spam", ""), View("drafts", "Drafts", "g d"), View("outbox", "Outbox", "g o"), View("all", "All", ""),
)  # fmt: skip


def make_case(number: int, **changes: object) -> Case:
    name, channel, subject, snippet = _PEOPLE[number % len(_PEOPLE)]
    waiting = NOW - (number % 40 + 1) * 20 * 60_000
    values: dict[str, object] = {
        "id": number * 1_000_003 + 17,
        "source": {"email": "support-mail", "chat": "live-chat", "community": "forum"}[str(channel)],
        "channel": channel,
        "subject": subject if number < len(_PEOPLE) else f"{subject} ({number})",
        "customer": Address(name, f"c{number}@example.com"),
        "state": CaseState.NEW if number % 3 else CaseState.OPEN,
        "assignee": None if number % 4 else "asha@example.com",
        "tags": (("refund", "vip"), (), ("delivery",), ("howto",), ())[number % 5],
        "priority": Priority.URGENT if number == 1 else Priority.HIGH if number == 7 else Priority.NORMAL,
        "unread": 0 if number % 3 == 0 else 1 + number % 2,
        "messages": 1 + number % 4,
        "waiting_since": waiting,
        "due_at": None if number % 10 == 7 else NOW + (number - 2) * 25 * 60_000,
        "updated_at": waiting,
        "snoozed_until": None,
        "cached": Cached.FULL,
        "public": channel is Channel.COMMUNITY,
        "answer": Answer.NONE,
        "snippet": snippet,
        "draft": number == 5,
        "flagged": number == 2,
        "notice": "the server refused the reply: mailbox full" if number == 8 else "",
        "outgoing": 1 if number == 9 else 0,
        "version": 1,
    }
    values.update(changes)
    return Case(**values)  # type: ignore[arg-type]


def make_message(case: Case, number: int, **changes: object) -> Message:
    ours = number % 3 == 1
    sent = case.updated_at - (case.messages - number) * HOUR
    values: dict[str, object] = {
        "id": case.id * 100_000 + number,
        "case": case.id, "source": case.source, "remote_id": f"r{number}", "key": f"k{case.id}-{number}", "marker": "",
        "direction": Direction.OUT if ours else Direction.IN,
        "visibility": Visibility.PUBLIC if case.public else Visibility.PRIVATE,
        "author": Author("Asha Rao", "asha@example.com", Role.AGENT) if ours
        else Author(case.customer.name, case.customer.address, Role.CUSTOMER),
        "to": (case.customer,) if ours else (Address("Support", "support@example.com"),),
        "cc": (), "reply_to": (), "subject": case.subject, "channel": case.channel,
        "received_at": sent, "sent_at": sent,
        "text": _BODY if number == 0 else f"{case.snippet}\n\nMessage {number} of this case.",
        "fresh_text": _BODY[:400] if number == 0 else case.snippet,
        "attachments": (Attachment("receipt 48213.pdf", "application/pdf", 34_211, "2", "ab" * 32),
                        Attachment("broken-glass.jpg", "image/jpeg", 2_400_123, "3")) if number == 0 else (),
        "state": MessageState.SENT if ours else MessageState.RECEIVED,
        "unread": not ours and number == case.messages - 1 and case.unread > 0,
        "size": 900,
    }  # fmt: skip
    values.update(changes)
    return Message(**values)  # type: ignore[arg-type]


class FakeWindow:
    def __init__(self, desk: FakeDesk, view: str, query: str) -> None:
        self.desk, self.view, self.query = desk, view, query
        self.read: list[int] = []
        self.cases: list[Case] = []
        self.refresh()

    def refresh(self) -> bool:
        before = self.cases
        wanted = {
            "inbox": lambda c: c.state in {CaseState.NEW, CaseState.OPEN},
            "mine": lambda c: c.assignee == self.desk.me and c.state is not CaseState.CLOSED,
            "unassigned": lambda c: c.assignee is None and c.state in {CaseState.NEW, CaseState.OPEN},
            "drafts": lambda c: c.draft,
            "all": lambda _c: True,
        }.get(self.view, lambda c: str(c.state) == self.view)
        words = self.query.casefold().split()
        self.cases = sorted(
            (c for c in self.desk.cases.values()
             if wanted(c) and all(w in f"{c.subject} {c.customer.name} {' '.join(c.tags)}".casefold() for w in words)),
            key=lambda c: (c.due_at is None, c.due_at, c.id),
        )  # fmt: skip
        return before != self.cases

    def __len__(self) -> int:
        return len(self.cases)

    def row(self, index: int) -> Case:
        self.read.append(index)
        return self.cases[index]

    more = counting = False

    def count_on(self) -> None:
        pass

    def reach(self, index: int) -> None:
        pass

    def index_of(self, case_id: int) -> int | None:
        return next((i for i, one in enumerate(self.cases) if one.id == case_id), None)


class FakeDesk(FakePolicies):
    """Keeps cases in a dict; every verb is recorded in ``calls``."""

    def __init__(self, cases: int = 40, messages: int | None = None) -> None:
        self.workspace = Workspace(path=Path("/nowhere"), agent=Agent(name="Asha Rao", email="asha@example.com"))
        self.me = "asha@example.com"
        self.cases = {one.id: one for one in map(make_case, range(cases))}
        self.messages = messages
        self.calls: list[tuple[object, ...]] = []
        self.history: list[dict[int, Case]] = []
        self.dirty: set[str] = set()
        self.clock = NOW
        self.extra: dict[int, tuple[Message, ...]] = {}
        self.engine = SimpleNamespace(state="off", sources={}, start=lambda: None, ask=lambda *a, **k: None)
        self.offline = False
        self.read_only = ""
        self.remembered: dict[str, str] = {}
        self.live: tuple[Case, ...] = ()
        self.queue = 0
        self.waits: list[tuple[SimpleNamespace, str]] = []

    def powers(self, ids: tuple[int, ...]) -> tuple[Powers, ...]:
        return tuple(Powers(one.source, one.channel, one.public, None) for one in map(self.cases.__getitem__, ids))

    def perhaps_same(self, thread: object) -> tuple[Case, ...]:
        return ()

    def journey(self, case_id: int) -> tuple[Case, ...]:
        return ()

    def chats(self, before: tuple[int, ...] = ()) -> Standing:
        return Standing(in_order(self.live, before), self.queue)

    def arrivals(self, since: int) -> tuple[object, ...]:
        return ()

    def unread(self) -> int:
        return sum(one.unread > 0 for one in self.cases.values())

    def remember_start(self) -> None: ...

    def recall(self, name: str) -> str:
        return self.remembered.get(name, "")

    def remember(self, name: str, value: str) -> None:
        self.remembered[name] = value

    def prepare_canned(self, milliseconds: float) -> bool:
        return False

    def overtaken(self, ids: tuple[int, ...]) -> tuple[tuple[SimpleNamespace, str], ...]:
        return tuple(pair for pair in self.waits if pair[0].case in ids)

    def cancel(self, number: int) -> None:
        self.calls.append(("cancel", number))
        self.waits = [pair for pair in self.waits if pair[0].id != number]

    def let_go(self, entry: SimpleNamespace) -> None:
        self.calls.append(("let_go", entry.id))
        self.waits = [pair for pair in self.waits if pair[0] is not entry]

    def now(self) -> int:
        return self.clock

    def close(self) -> None:
        self.calls.append(("close",))

    def views(self) -> tuple[View, ...]:
        return VIEWS

    def counts(self) -> dict[str, int]:
        return {view.id: len(FakeWindow(self, view.id, "")) for view in VIEWS if view.id != "outbox"} | {"outbox": 1}

    def window(self, view: str = "inbox", query: str = "") -> FakeWindow:
        if query.count('"') % 2:
            raise UsageError("the quotation mark at 1 is never closed")
        return FakeWindow(self, view, query)

    def case(self, case_id: int) -> Case | None:
        return self.cases.get(case_id)

    def find_case(self, code: str) -> int:
        for one in self.cases:
            if case_code(one).startswith(code.strip()):
                return one
        raise UsageError(f"no case {code}")

    def thread(self, case_id: int, *, texts: int | None = None) -> Thread:
        case = self.cases[case_id]
        number = case.messages if self.messages is None else self.messages
        case_of = replace(case, messages=number)
        made = tuple(make_message(case_of, n) for n in range(number))
        if number > 50:
            made = tuple(replace(one, text="", fresh_text="") for one in made[:-50]) + made[-50:]
        return Thread(case, made + self.extra.get(case_id, ()))

    def message(self, message_id: int) -> Message:
        self.calls.append(("message", message_id))
        case_id, number = divmod(message_id, 100_000)
        return make_message(self.cases[case_id], number)

    def poll(self) -> frozenset[str]:
        changed, self.dirty = frozenset(self.dirty), set()
        return changed

    def outbox(self, all: bool = False) -> tuple[object, ...]:  # noqa: A002
        return ()

    def held(self, case_id: int) -> dict[int, int]:
        return {}

    def _change(self, name: str, ids: tuple[int, ...], words: str, **changes: object) -> Done:
        ids = tuple(ids)
        self.calls.append((name, ids, *changes.values()))
        self.history.append(dict(self.cases))
        for one in ids:
            case = self.cases[one]
            self.cases[one] = replace(case, version=case.version + 1, **changes)
        return Done(len(self.history), f"{words} {len(ids)} case{'s' * (len(ids) != 1)}")

    def done(self, ids): return self._change("done", ids, "Closed", state=CaseState.CLOSED)
    def reopen(self, ids): return self._change("reopen", ids, "Reopened", state=CaseState.OPEN)
    def snooze(self, ids, until): return self._change("snooze", ids, "Snoozed", state=CaseState.SNOOZED, snoozed_until=until)
    def assign(self, ids, handle): return self._change("assign", ids, "Assigned", assignee=handle)
    def edit_draft(self, case, message): raise UsageError("only a message of your own can be changed")
    def remove(self, case, message): return self._change("remove", (case,), "Deleted a message of")
    def waits(self, ids): return frozenset({"queued"})
    def moderate(self, ids, action): return self._change(action, ids, "Decided")
    def solution(self, case, message, accepted=None): return self._change("solution", (case,), "Solved")
    def take(self, ids): return self._change("take", ids, "Took", assignee=self.me)
    def set_priority(self, ids, priority): return self._change("set_priority", ids, "Changed", priority=priority)
    def spam(self, ids): return self._change("spam", ids, "Filed as spam", state=CaseState.SPAM)
    def star(self, ids, on): return self._change("star", ids, "Starred", flagged=on)
    def mark_read(self, ids, read, upto=0, *, quiet=False): return self._change("mark_read", ids, "Marked", unread=0 if read else 1)

    def tag(self, ids, add=(), remove=()):
        done = self._change("tag", ids, "Tagged")
        for one in ids:
            case = self.cases[one]
            tags = tuple(t for t in (*case.tags, *add) if t not in remove)
            self.cases[one] = replace(case, tags=tags)
        return done

    def delete(self, ids):
        done = self._change("delete", ids, "Deleted")
        for one in ids:
            del self.cases[one]
        return done

    def merge(self, ids, into):
        self.calls.append(("merge", tuple(ids), into))
        return Done(1, "Merged 1 case")

    def split(self, case, message_ids):
        self.calls.append(("split", case, tuple(message_ids)))
        return Done(1, "Split 1 case")

    def set_customer(self, case, address):
        return self._change("set_customer", (case,), "Set the customer of", customer=address)

    def undo(self):
        if not self.history:
            return None
        self.cases = self.history.pop()
        return Done(0, "Took back the last change")

    def redo(self):
        return None
