"""Everything an agent can do, as one table: a verb, its keys, its help, where it works.

``table.COMMANDS`` is the table, ``keys`` binds it. A command that no screen has a handler for is unbound and
absent from help and palette, so the table may name a verb before it is built.
"""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass

INBOX = "inbox"
CASE = "case"
SEARCH = "search"
OUTBOX = "outbox"
HELP = "help"
POLICY = "policy"
POLICIES = "policies"
MACRO = "macro"
SIMILAR = "similar"
BULK = "bulk"
FILES = "files"
COMPOSER = "composer"
GATE = "gate"

LISTS = (INBOX, SEARCH, OUTBOX, HELP, POLICY, POLICIES, SIMILAR, BULK, FILES)
READING = (INBOX, CASE, SEARCH)
"""Places where a case is under the cursor."""
ANYWHERE = (INBOX, CASE, SEARCH, OUTBOX, HELP, POLICY, POLICIES, MACRO, SIMILAR, BULK, FILES)
"""Places where no text is being typed."""
EVERYWHERE = (*ANYWHERE, COMPOSER, GATE)
"""Those, and where text is being typed: only for keys that print nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb.

    Args:
        id: what settings and handlers call it, for example ``view.mine``.
        keys: default keys, each a sequence of key names parted by spaces, for example ``g i``.
        title: two or three words for palette and help.
        scopes: the places where it works.
        help: one sentence, where the title does not say it all.
        group: heading in the help.
        needs_case: whether a case must be under the cursor or selected.
        argument: what it asks for when it is typed on the command line, or empty.
        short: one word for the hints on the status line; empty: the title.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    scopes: tuple[str, ...]
    help: str = ""
    group: str = "Move"
    needs_case: bool = False
    argument: str = ""
    short: str = ""

    @property
    def handler(self) -> str:
        """Name of the method that a screen performs it with."""
        return "do_" + self.id.partition(":")[0].replace(".", "_").replace("-", "_")

    @property
    def given(self) -> str:
        """What its id says behind a colon: the argument that it always has, or nothing."""
        return self.id.partition(":")[2]
