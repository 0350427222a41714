"""The lists there are: those of the program, and those that somebody saved."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass

ORDERS = ("inbox", "newest", "oldest")
"""As the inbox, or by the last message."""
COLUMNS = ("channel", "source", "customer", "subject", "tags", "state", "assignee", "left", "age")
SAVED = "saved:"
"""Before the short name of a saved view, in its id."""


@dataclass(frozen=True, slots=True)
class View:
    """One list of cases (or drafts, or outbox items): its id, what it is called, the key after ``g``."""

    id: str
    title: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A query that is a list of its own.

    Args:
        name: what it is called.
        query: which cases, in the query language.
        key: a sequence such as ``g r``, or empty.
        order: one of ``ORDERS``.
        columns: of ``COLUMNS``, as they stand; empty: those of the inbox.
        section: the heading it stands under, or empty.
    """

    name: str
    query: str
    key: str = ""
    order: str = "inbox"
    columns: tuple[str, ...] = ()
    section: str = ""

    @property
    def slug(self) -> str:
        """Its short name, as settings and the command line write it."""
        return slug(self.name)

    @property
    def id(self) -> str:
        """Its id among all views."""
        return SAVED + self.slug


def slug(name: str) -> str:
    """A name in small letters, words joined by hyphens; letters of every script stay."""
    return "-".join("".join(one if one.isalnum() or _marks(one) else " " for one in name.casefold()).split())


def _marks(character: str) -> bool:
    """Vowel signs and the like, without which a word of many scripts is another."""
    import unicodedata

    return unicodedata.category(character) in {"Mn", "Mc"}


VIEWS = (
    View("inbox", "Inbox", "i"),
    View("mine", "Mine", "m"),
    View("unassigned", "Unassigned", "u"),
    View("waiting", "Waiting", "w"),
    View("snoozed", "Snoozed", "s"),
    View("closed", "Closed", "c"),
    View("drafts", "Drafts", "d"),
    View("outbox", "Outbox", "o"),
    View("spam", "Spam", ""),
    View("all", "All", ""),
)
