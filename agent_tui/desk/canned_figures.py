"""How the canned library does: what was used, rewritten, sent as it is, and came back; and own texts that repeat."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.desk.seat import Seat
from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.store import canned_uses
from agent_tui.store.canned_uses import Sent

if TYPE_CHECKING:
    from agent_tui.domain.boilerplate import Repeated

_MOST = 5_000  # replies, the newest
_LOOKED_AT = 1_000  # of which own texts are compared


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of one canned reply.

    Args:
        used: replies that it went into.
        edited, unedited: of those, how many were changed, and how many left with nothing but their gaps filled; what was sent
            before that was counted is in neither.
        reopened: after how many the customer wrote again within a week.
        own: percent of the words of those replies that were their authors' own, on average; None where not known.
    """

    used: int = 0
    edited: int = 0
    unedited: int = 0
    reopened: int = 0
    own: int | None = None


class CannedFigures(Seat):
    """The counting part of the desk."""

    def canned_replies(self) -> tuple[tuple[Sent, bool], ...]:
        """Replies with canned text, oldest first, and whether the customer wrote again within a week."""
        sent = canned_uses.with_canned(self.store, 0, _MOST)
        return tuple((one, canned_uses.came_back(self.store, one)) for one in sent)

    def canned_figures(self, replies: tuple[tuple[Sent, bool], ...]) -> dict[str, Figures]:
        """What became of each canned reply that was used, by name.

        Args:
            replies: as ``canned_replies`` gave them.
        """
        by_name: dict[str, list[tuple[Sent, bool]]] = {}
        for one, back in replies:
            for name in one.canned:
                by_name.setdefault(name, []).append((one, back))
        found = {}
        for name, those in by_name.items():
            counted = [one for one, _ in those if one.words]
            unedited = sum(one.unedited for one in counted)
            shares = [100 * one.own / one.words for one in counted]
            found[name] = Figures(
                len(those), len(counted) - unedited, unedited, sum(back for _, back in those),
                round(sum(shares) / len(shares)) if shares else None,
            )  # fmt: skip
        return found

    def canned_offers(self, least: int = 3) -> tuple[Repeated, ...]:
        """Own texts that went out several times and are in no canned reply, the commonest first."""
        return self.own_texts(_LOOKED_AT, least)()

    def own_texts(self, limit: int = 200, least: int = 3) -> Callable[[], tuple[Repeated, ...]]:
        """What was sent and is canned, read now; what it gives compares it, in any thread, and answers as ``canned_offers``.

        Args:
            limit: replies, the newest.
        """
        from agent_tui.domain.boilerplate import NAME, repeated
        from agent_tui.knowledge.canned import first_name

        texts = []
        for one in canned_uses.newest(self.store, limit):
            name = first_name(one.to)
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, one.text) if name else one.text
            texts.append((one.number, text))
        self.canned.refresh()
        library = [reply.body for reply in self.canned.replies()]
        signatures = {self.workspace.signer(one.name).signature for one in self.workspace.sources}
        return lambda: repeated(texts, library, least=least, signatures=signatures) if len(texts) >= least else ()

    def keep_canned(self, offer: Repeated, name: str) -> Path:
        """Write an own text into the library.

        Args:
            name: what it will be called.

        Returns:
            the file.

        Raises:
            UsageError: there is such a reply already, or it is no name.
            OSError: it can't be written.
        """
        from agent_tui.domain.text import clean
        from agent_tui.knowledge.canned_import import Imported

        name = clean(name, multiline=False).strip()
        if not name:
            raise UsageError("what shall it be called? one or two words, such as late-parcel")
        one = Imported(name, offer.text, language=self._language(offer.text))
        path = self.workspace.canned / one.file_name
        if self.canned.variants(name) or path.exists():
            raise UsageError(f"there is a canned reply '{name}' already; choose another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.page(), "utf-8")
        self.canned.refresh()
        return path

    def _language(self, text: str) -> str:
        from agent_tui.domain import languages

        guess = languages.recognise([text])
        return guess.language if guess.confidence >= 0.9 else ""
