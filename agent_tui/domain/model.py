"""The values that cross every floor: cases, messages, people's addresses.

Times are whole milliseconds since the Unix epoch, UTC (names end in ``_at`` or ``_until``). Nothing here is
a database row or a server's answer; both are turned into these.
"""

from __future__ import annotations

from enum import StrEnum

from agent_tui.domain.frozen import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent_tui.domain.packing import Packed
    from agent_tui.domain.translation import Translation

HIDDEN = 9
"""Where lists sort a case that is joined into another, or gone: none of them shows it."""


class Channel(StrEnum):
    """How a customer reached us."""

    EMAIL = "email"
    CHAT = "chat"
    COMMUNITY = "community"
    SOCIAL = "social"
    PHONE = "phone"


class CaseState(StrEnum):
    """Where a case stands. ``new``: nobody of ours has acted; ``open``: the customer waits;
    ``waiting``: our message is last.
    """

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    SPAM = "spam"


class Direction(StrEnum):
    """Whether a message came to us or went from us."""

    IN = "in"
    OUT = "out"


class Visibility(StrEnum):
    """Who can read a message. There is no default anywhere: every message says it."""

    PUBLIC = "public"
    PRIVATE = "private"
    NOTE = "note"


class Role(StrEnum):
    """What the author of a message is to us."""

    CUSTOMER = "customer"
    AGENT = "agent"
    PEER = "peer"
    BOT = "bot"
    SYSTEM = "system"


class MessageState(StrEnum):
    """What has become of one message."""

    RECEIVED = "received"
    DRAFT = "draft"
    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    IN_REVIEW = "in_review"


class Priority(StrEnum):
    """How much a case matters; only ``urgent`` outranks a promise."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for low to 3 for urgent."""
        return _RANKS[self]


_RANKS = {one: rank for rank, one in enumerate(Priority)}


class Answer(StrEnum):
    """How far a public question has been answered."""

    NONE = "none"
    UNVERIFIED = "unverified"
    STAFF = "staff"
    SOLVED = "solved"


class Cached(StrEnum):
    """Whether every message of a case is here in full."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Address:
    """A name and how to reach it: an e-mail address, a Matrix user id, a forum user name."""

    name: str = ""
    address: str = ""

    @property
    def label(self) -> str:
        """The name, or the address where there is no name."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message, and what they are to us."""

    name: str
    address: str
    role: Role

    @property
    def label(self) -> str:
        """The name, or the address where there is no name."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message.

    Args:
        name: file name, already cleaned (no folder, no control characters).
        media_type: what the message claims it is, ``type/subtype``.
        size: decoded bytes, or -1 where the server does not say.
        part: how the source fetches it again (opaque to everybody else).
        digest: hex SHA-256 of the cached file, or empty while it is not cached.
        inline: shown inside the text rather than beside it.
    """

    name: str
    media_type: str
    size: int
    part: str
    digest: str = ""
    inline: bool = False

    @property
    def cached(self) -> bool:
        """Whether the bytes are in the workspace."""
        return bool(self.digest)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a mail system said about a message of ours (RFC 3464).

    Args:
        marker: Message-ID of the message it is about, without angle brackets; empty where not given.
        recipients: addresses it is about; of a failure only those that failed.
        failed: True for a permanent failure, False for a delay or a success.
        words: the server's own words, cleaned.
        certain: the service itself says so of its own message; a mail can be written by anybody, and is not.
    """

    marker: str
    recipients: tuple[str, ...]
    failed: bool
    words: str
    certain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMessage:
    """A message as a source yields it. Every string has been through ``domain.text.clean``.

    Args:
        ref: where it is on the server; unique within the source and container (a folder's
            ``uidvalidity:uid``). The same message may have several.
        container: folder, room or category that ``ref`` is in.
        key: the message's identity within the source; equal for every place it is in. Stable over time.
        conversation: the server's own id of the conversation, or empty where the store is to join by
            ``thread_ids`` (e-mail).
        thread_ids: ids that tie the message to others, this message's own first, then the one it answers,
            then its ancestors from the nearest to the root.
        marker: what ``find`` looks for: our client reference if the message was ours (e-mail: Message-ID
            without brackets), else empty or the plain Message-ID.
        received_at: when the server received it (orders messages); ``sent_at``: when it claims to be sent.
        marks: what the server holds of it: see ``Marks``.
        automatic: auto-replies, list and no-reply mail: owes no answer, reopens nothing.
        complete: False where only headers are here.
        warning: in plain words what was wrong with it, empty if nothing.
        headers: the ones an agent may want to see, in order.
        html: whether the customer wrote HTML.
        text: readable text in full. ``fresh_text``: without quoted history and signature.
        public: whether anybody can read the conversation (forum, social).
        packed: what the store keeps of ``text``, ``fresh_text`` and ``headers``, where the source has had it made already
            by ``domain.packing.packed`` of the same three.
    """

    ref: str
    container: str
    key: str
    direction: Direction
    visibility: Visibility
    author: Author
    received_at: int
    sent_at: int
    subject: str = ""
    text: str = ""
    fresh_text: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    conversation: str = ""
    thread_ids: tuple[str, ...] = ()
    marker: str = ""
    marks: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    automatic: bool = False
    complete: bool = True
    html: bool = False
    warning: str = ""
    size: int = 0
    report: DeliveryReport | None = None
    packed: Packed | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCase:
    """What a server that has conversations of its own says of one. ``None``: the server has no such thing."""

    conversation: str
    subject: str = ""
    state: CaseState | None = None
    assignee: str | None = None
    tags: frozenset[str] | None = None
    priority: Priority | None = None
    snoozed_until: int | None = None
    public: bool = False
    answer: Answer = Answer.NONE


class Marks:
    """The vocabulary of ``RemoteMessage.marks``: what a server keeps on a single message.

    A case is ``closed`` (or ``spam``) on the server when the newest message that a customer wrote bears
    that mark, so a message that comes later reopens it without anybody's doing.
    """

    SEEN = "seen"
    ANSWERED = "answered"
    FLAGGED = "flagged"
    CLOSED = "closed"
    SPAM = "spam"
    FAILED = "failed"  # the server took it from us and could not deliver it: no answer
    SOLUTION = "solution"  # the answer to a public question, by its asker's or a moderator's word
    QUEUED = "queued"  # it waits for a moderator: approved it appears, rejected it never will
    REPORTED = "reported"  # readers have reported something: approving agrees with them
    TAG = "tag:"  # followed by the tag
    ASSIGNEE = "assignee:"  # followed by the agent's handle
    PRIORITY = "priority:"  # followed by a Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One conversation as every part of the program sees it: server state with pending operations folded in.

    Args:
        id: 35-bit number; ``domain.identifiers.case_code`` prints it.
        customer: who waits for us.
        due_at: when the promise breaks, or None where no answer is owed.
        waiting_since: when the oldest unanswered customer message came, or None.
        messages, unread: counts.
        version: grows with every change of the row; caches are keyed by it.
        local: names of fields whose value exists only here because the source cannot hold it.
        notice: why the case needs a look (a failed or unknown send, a conflict), or empty.
        outgoing: replies of ours that are not yet known to be sent.
    """

    id: int
    source: str
    channel: Channel
    subject: str
    customer: Address
    state: CaseState
    assignee: str | None
    tags: tuple[str, ...]
    priority: Priority
    unread: int
    messages: int
    waiting_since: int | None
    due_at: int | None
    updated_at: int
    snoozed_until: int | None
    cached: Cached
    public: bool
    answer: Answer
    snippet: str = ""
    attachments: bool = False
    draft: bool = False
    flagged: bool = False
    version: int = 0
    local: frozenset[str] = frozenset()
    notice: str = ""
    outgoing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it is shown. ``id`` is ordered by the time the server received it.

    ``solution``: it is marked as the answer to a public question. ``translation``: its other text, or None.
    """

    id: int
    case: int
    source: str
    remote_id: str
    key: str
    marker: str
    direction: Direction
    visibility: Visibility
    author: Author
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    channel: Channel
    received_at: int
    sent_at: int
    text: str
    fresh_text: str
    attachments: tuple[Attachment, ...]
    state: MessageState
    unread: bool = False
    automatic: bool = False
    complete: bool = True
    html: bool = False
    warning: str = ""
    size: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    operation: int | None = None
    error: str = ""
    solution: bool = False
    translation: Translation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Text being written. Bound to its case for good; ``seen`` is the newest customer message its author had seen,
    ``seen_ours`` the newest of our own.

    Args:
        id: local number.
        case: the case it belongs to, or None for a new message.
        kind: ``reply``, ``note``, ``forward``, ``new``, ``move`` or ``edit``.
        visibility: who will read it.
        cursor: offset in ``text``.
        error: the server's words if this text came back from a failed send.
        returned: operation this text came back from, or None.
        attachments: paths of files to send.
        in_reply_to: marker of the message answered; where messages have none before they are ours, its key.
        origins: pieces of ``text`` that came from somewhere: start, end, and the name of the canned reply.
        edits: of an edit: container and ref of the message, and what it said when the edit was begun.
        then: actions staged behind it, as lines of the canned library; None: those of its canned replies.
        original: what was written before it was translated for the customer, or empty.
        state: that of the case when it was begun, or empty.
    """

    id: int
    case: int | None
    source: str
    kind: str
    visibility: Visibility
    text: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    sender: str = ""
    subject: str = ""
    attachments: tuple[str, ...] = ()
    in_reply_to: str = ""
    seen: int = 0
    seen_ours: int = 0
    cursor: int = 0
    canned: tuple[str, ...] = ()
    error: str = ""
    returned: int | None = None
    updated_at: int = 0
    origins: tuple[tuple[int, int, str], ...] = ()
    edits: tuple[str, str, str] | None = None
    then: tuple[str, ...] | None = None
    original: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class BadItem:
    """One thing a source could not read; the rest of the batch is fine."""

    ref: str
    container: str
    reason: str


@dataclass(frozen=True, slots=True)
class MarkChange:
    """The marks of one message have changed on the server; ``marks`` is the whole new set."""

    container: str
    ref: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Removal:
    """A message is no longer at this place. An empty ``ref`` means everything in the container."""

    container: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One step of a pull: applied with its cursor in one transaction. At most about 100 messages.

    Order of application: removals, messages, cases, marks.

    Args:
        cursor: opaque JSON text; pulling from it goes on where this batch ended.
        done, total: progress of the present round in messages; total 0 where not known.
        more: False on the last batch of a round.
        backfill: True while old messages are fetched for the first time (``backlog`` applies).
        held_back: why nothing more can be asked for a while, in words; empty where nothing keeps the source from it.
    """

    cursor: str
    messages: tuple[RemoteMessage, ...] = ()
    cases: tuple[RemoteCase, ...] = ()
    marks: tuple[MarkChange, ...] = ()
    removals: tuple[Removal, ...] = ()
    bad: tuple[BadItem, ...] = ()
    done: int = 0
    total: int = 0
    more: bool = False
    backfill: bool = False
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """Milliseconds within which a channel owes an answer; None: none is promised."""

    first_reply: int | None = None
    next_reply: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case as an operation carries it to a source: enough to act without the store.

    Args:
        id: local case id.
        conversation: the server's id, or empty.
        places: ``(container, ref)`` of every message that the case has on the server, oldest first.
        incoming: the subset of ``places`` that customers wrote.
    """

    id: int
    conversation: str
    places: tuple[tuple[str, str], ...] = ()
    incoming: tuple[tuple[str, str], ...] = ()
