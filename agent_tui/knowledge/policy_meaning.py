"""How near clauses are in meaning to what a customer wrote, by the vectors of a model.

Whole clauses are asked twice, with everything the customer wrote, newest first, and with the newest message alone: stories
need the first, a change of subject the second. Then each sentence of the customer is held against each sentence of a clause:
a rule is often about one sentence of a story, and one line of a list answers it, which the vector of a page hides (late
interaction, as Khattab and Zaharia, 2020, "ColBERT", do it with words). A conversation in another language than English,
or about policies in one, is asked of the multilingual model, once and whole, since that takes its time.

Vectors are kept in the store by the digest of what they were made of, so that an edit costs one clause. As long as some
are missing, nothing is told, and full-text search answers alone.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent_tui.domain.errors import StoreError
from agent_tui.domain.languages import recognise
from agent_tui.domain.sentences import sentences
from agent_tui.knowledge.embedding import Embedder, Vector, installed
from agent_tui.store.vectors import Vectors

ALL, NEWEST = 0.15, 0.15  # for each spread above the centre: see ``Embedder``
SENTENCES = 0.2  # the same, of the mean over the sentences of the customer of the nearest in a clause
FOREIGN = 0.88  # where the words are hardly ever the same; asked once, since that model takes its time
# What a model reads of a question. A token costs it a quarter of a millisecond, one of the other languages a millisecond and
# a half, and Indic scripts have one for every three letters.
_MESSAGE_TOKENS, _SENTENCE_TOKENS, _FOREIGN_TOKENS = 56, 24, 36
AT_ONCE = 4  # missing vectors that an answer waits for; more are made beside it
_BATCH = 16
_QUESTIONS = 64  # of which the vectors are remembered: of a conversation only the newest message is new
_SENTENCES = 40  # of a clause
_SAMPLE = 4000  # characters of a library that its language is told from


class Meaning:
    """Tells how near the clauses of a library are to what was said.

    Args:
        store: where vectors are kept.
        wait: answer only when every vector is there, as a command does; else make them beside the answers.
        models: how to load them; by default those that are installed.
    """

    def __init__(
        self, store: Vectors, *, wait: bool = False, models: Mapping[str, Callable[[], Embedder]] | None = None
    ) -> None:
        self._store = store
        self._wait = wait
        self._load = installed() if models is None else models
        self._loaded: dict[str, Embedder] = {}
        self._broken: set[str] = set()
        self._texts: tuple[str, ...] = ()
        self._sentences: list[list[str]] = []  # of each text, at least one
        self._foreign_library = False
        self._known: dict[str, dict[bytes, bytes]] = {}  # vectors by digest, of each model that was used
        self._matrix: dict[str, Any] = {}  # see ``_rows``
        self._questions: OrderedDict[tuple[str, str, bool], Vector] = OrderedDict()
        self._making: threading.Thread | None = None
        self.progress = 0
        """Grows when more can be told than before."""

    def __bool__(self) -> bool:
        return bool(self._load)

    def take(self, clauses: Sequence[tuple[str, str]]) -> None:
        """Let these be all clauses, in the order of their places: the title and the text of each."""
        texts = tuple(_whole(title, text) for title, text in clauses)
        if texts == self._texts:
            return
        self._texts = texts
        self._sentences = [sentences(text)[:_SENTENCES] or [whole] for whole, (_, text) in zip(texts, clauses, strict=True)]
        self._matrix.clear()
        guess = recognise("\n".join(texts)[:_SAMPLE])
        self._foreign_library = guess.language not in ("", "en") and guess.confidence >= 0.5

    def near(self, said: Sequence[str], parts: Sequence[str] = ()) -> Mapping[int, float]:
        """How near each clause is to what was said, by place; nothing where no model can tell yet.

        Args:
            said: what the customer wrote, oldest first; the last one says something.
            parts: the sentences of it that matter most; by default the last message.
        """
        kind = self._kind(said)
        matrix = self._ready(kind) if kind and self._texts else None
        if matrix is None:
            return {}
        model = self._loaded[kind]
        everything = "\n".join(reversed(said))
        if kind == "other":
            near = matrix @ self._question(kind, everything, _FOREIGN_TOKENS)
            return self._by_place(FOREIGN / model.spread * (near - model.centre))
        import numpy as np

        asked = np.stack([
            *(self._question(kind, one, _MESSAGE_TOKENS) for one in (everything, said[-1])),
            *(self._question(kind, one, _SENTENCE_TOKENS, roughly=True) for one in parts or said[-1:]),
        ], axis=1)  # fmt: skip
        found = matrix @ asked
        whole, sentence = found[: len(self._texts), :2], found[len(self._texts) :, 2:]
        starts = np.cumsum([0, *map(len, self._sentences[:-1])])
        nearest = np.maximum.reduceat(sentence, starts, axis=0).mean(axis=1)
        weights = np.array([ALL, NEWEST], dtype=np.float32)
        near = (whole - model.centre) @ weights + SENTENCES * (nearest - model.centre)
        return self._by_place(near / model.spread)

    @staticmethod
    def _by_place(near: Any) -> Mapping[int, float]:
        return dict(enumerate(near.tolist()))

    def _kind(self, said: Sequence[str]) -> str:
        guess = recognise(said[-1] if len(said[-1]) >= 20 else "\n".join(reversed(said))) if said else None
        foreign = guess is not None and guess.language not in ("", "en") and guess.confidence >= 0.5
        wanted = "other" if foreign or self._foreign_library else "english"
        for kind in (wanted, "other"):  # the English model knows nothing of other languages
            if kind in self._load and kind not in self._broken:
                return kind
        return ""

    def _question(self, kind: str, text: str, most: int, *, roughly: bool = False) -> Vector:
        model = self._loaded[kind]
        beginning = model.beginning(text, most)
        key = (kind, beginning, roughly and (kind, beginning, False) not in self._questions)  # what begins alike is asked once
        found = self._questions.get(key)
        if found is None:
            found = self._questions[key] = model.question(beginning, roughly=roughly)
            if len(self._questions) > _QUESTIONS:
                self._questions.popitem(last=False)
        else:
            self._questions.move_to_end(key)
        return found

    # the vectors of the clauses

    def _ready(self, kind: str) -> Any:
        """The matrix of the clauses' vectors; None as long as some are missing."""
        if kind in self._matrix:
            return self._matrix[kind]
        if self._making is not None and self._making.is_alive():
            return None
        rows = self._rows(kind)
        if self._wait or (kind in self._loaded and self._soon(kind)):
            self._make(kind, rows)
        else:
            self._making = threading.Thread(target=self._make, args=(kind, rows), name="clause-vectors", daemon=True)
            self._making.start()
            return None
        return self._stacked(kind)

    def _rows(self, kind: str) -> list[str]:
        """What has vectors: the clauses in the order of their places, then their sentences where these are compared."""
        alone = () if kind == "other" else self._sentences
        return [*self._texts, *(one for apart in alone for one in apart)]

    def _soon(self, kind: str) -> bool:
        """Whether what is missing is made while an answer waits: a few clauses that were edited or are new."""
        known = self._known.get(kind, {})
        return sum(_digest(one) not in known for one in self._texts) <= AT_ONCE

    def _stacked(self, kind: str) -> Any:
        rows = self._rows(kind)
        if kind in self._broken or self._missing(kind, rows):
            return None
        import numpy as np

        known = self._known[kind]
        self._matrix[kind] = np.stack([np.frombuffer(known[_digest(one)], dtype=np.float32) for one in rows])
        return self._matrix[kind]

    def _missing(self, kind: str, texts: Sequence[str]) -> list[str]:
        known = self._known.get(kind, {})
        return list(dict.fromkeys(one for one in texts if _digest(one) not in known))

    def _make(self, kind: str, texts: Sequence[str]) -> None:
        """Load the model and make what vectors are missing; in a thread beside the answers, or before one."""
        from agent_tui.log import Log

        try:
            model = self._loaded.get(kind)
            if model is None:
                model = self._loaded[kind] = self._load[kind]()
            known = self._known.get(kind)
            if known is None:
                known = self._known[kind] = self._kept(model.name)
            missing = self._missing(kind, texts)
            for start in range(0, len(missing), _BATCH):
                made = {_digest(one): model.passage(one).tobytes() for one in missing[start : start + _BATCH]}
                known.update(made)
                self._keep(model.name, made)
            current = {_digest(one) for one in texts}
            gone = [one for one in known if one not in current]
            if len(gone) > len(texts):  # some are left for a branch that is checked out again
                for one in gone:
                    del known[one]
                self._keep(model.name, {}, gone)
        except Exception as error:  # a model that does not work must not take full-text search away
            self._broken.add(kind)
            Log("knowledge.meaning").crash("clauses are found by their words alone", error)
        self.progress += 1

    def _kept(self, name: str) -> dict[bytes, bytes]:
        try:
            return dict(self._store.all(name))
        except (StoreError, sqlite3.Error):
            return {}

    def _keep(self, name: str, made: Mapping[bytes, bytes], gone: Sequence[bytes] = ()) -> None:
        try:
            self._store.change(name, made.items(), gone)
        except (StoreError, sqlite3.Error):
            pass  # they are made again at the next start


def _whole(title: str, text: str) -> str:
    """What the vector of a clause is made of. A title without a letter, such as a number, would only be noise."""
    return f"{title}. {text}" if any(map(str.isalpha, title)) else text


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
