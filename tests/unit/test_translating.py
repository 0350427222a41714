"""Translating by a program of one's own: both texts are kept, nothing that counts is changed, and a machine's words are marked."""

from __future__ import annotations

import queue
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.translating import Locked, lock, translates, unlock
from agent_tui.domain.translation import MACHINE, Translation
from agent_tui.store import apply as applying
from agent_tui.store import delivery, forgetting
from tests.unit.workspaces import NOW, Clock, batch, mail, workspace

# A program as one can be had: it reads the text, and turns every letter that is not part of a mark into another.
ROT = """
import sys
text = sys.stdin.buffer.read().decode()
print("".join(chr((ord(c) - 97 + 13) % 26 + 97) if "a" <= c <= "z" else c for c in text), end="")
"""


def test_what_counts_is_locked_and_comes_back() -> None:
    text = (
        "Dear Anika Sen, order TW-48213 of 14.11.2026 costs 1 299,50 €. Track it at https://x.example/t?a=b or write to "
        "help@x.example. Run `reset --all`. [[date]]\n> Where is it?\nAsha"
    )
    locked = lock(text, ("Anika Sen", "Asha"))
    for piece in ("Anika", "Sen", "TW-48213", "14.11.2026", "https://x.example/t?a=b", "help@x.example", "`reset --all`",
                  "[[date]]", "> Where is it?", "Asha"):  # fmt: skip
        assert piece not in locked.text
        assert any(piece in one for one in locked.pieces)
    assert "order" in locked.text
    assert unlock(locked.text, locked) == text
    assert unlock(locked.text.replace("⟦", "⟦ ").replace("⟧", " ⟧"), locked) == text


@given(st.text(alphabet=st.sampled_from("aঅ১2⟦⟧[] .-@:/#\n`>x0"), max_size=60))
def test_whatever_is_locked_comes_back_as_it_was(text: str) -> None:
    locked = lock(text)
    assert unlock(locked.text, locked) == text


@pytest.mark.parametrize(("said", "why"), [("nothing left", "lost TW-1"), ("⟦0⟧ and ⟦0⟧", "twice"), ("⟦7⟧", "lost TW-1")])
def test_a_translation_that_lost_or_doubled_something_is_not_used(said: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        unlock(said, Locked("⟦0⟧", ("TW-1",)))


def test_where_only_numbers_are_there_is_nothing_to_translate() -> None:
    assert not translates("TW-48213 https://x.example 14.11.2026")
    assert translates("TW-48213 আসেনি")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    program = tmp_path / "rot.py"
    program.write_text(ROT)
    made = replace(workspace(tmp_path / "w"), translate_command=(sys.executable, str(program), "{from}", "{to}"))
    desk = Desk(made, now=Clock(), offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x", text="order TW-48213 is late", marks=())))
    return desk


def the_case(desk: Desk):
    (case,) = desk.listing()
    return case


def asked(desk: Desk, text: str, **more):
    answers: queue.Queue = queue.Queue()
    desk.translate(text, "bn", answers.put, **more)
    return answers.get(timeout=30)


def test_a_program_translates_and_never_sees_what_is_locked(desk: Desk) -> None:
    assert asked(desk, "order TW-48213 is late, Rina", names=("Rina",)) == "beqre TW-48213 vf yngr, Rina"


@pytest.mark.parametrize(
    ("program", "why"),
    [("import sys; sys.exit('no such language')", "no such language"), ("pass", "it printed nothing"),
     ("print('tw 48213')", "lost TW-48213")],
)  # fmt: skip
def test_what_goes_wrong_is_said(desk: Desk, tmp_path: Path, program: str, why: str) -> None:
    (tmp_path / "rot.py").write_text(program)
    assert why in str(asked(desk, "order TW-48213 is late"))


def test_without_a_program_it_is_said_how_to_name_one(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    with pytest.raises(UsageError, match="translate_command"):
        desk.translate("hello", "bn", print)


def test_a_program_that_is_not_there_is_said(desk: Desk) -> None:
    desk.workspace = replace(desk.workspace, translate_command=("/nowhere/translator",))
    assert "cannot be started" in str(asked(desk, "hello there"))


def test_the_translation_of_a_message_stands_beside_it_and_its_own_text_stays(desk: Desk) -> None:
    case = the_case(desk)
    (message,) = desk.thread(case.id).messages
    desk.keep_translation(message, Translation("en", "in other words"))
    (again,) = desk.thread(case.id).messages
    assert (again.text, again.translation) == (message.text, Translation("en", "in other words"))
    assert desk.message(message.id).translation == again.translation


def test_what_was_written_before_it_was_translated_is_kept_with_what_was_sent(desk: Desk) -> None:
    case = the_case(desk)
    draft = replace(desk.draft(case.id), text="আপনার অর্ডার আজ পাঠানো হয়েছে।", original="Your order has been sent today.")
    entry = desk.send(desk.save_draft(draft), overrides=("language",))
    sent = desk.thread(case.id).messages[-1]
    assert sent.translation == Translation("en", "Your order has been sent today.", machine=False)
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    copy = mail(entry.operation.marker, ours=True, answers=("a@x",), at=NOW + 1000, text=draft.text, container="Sent")
    applying.apply(desk.store, "mail", batch(copy))
    assert desk.thread(case.id).messages[-1].translation == sent.translation


def test_a_machines_words_are_marked_in_the_draft_and_at_the_gate_until_they_are_confirmed(desk: Desk) -> None:
    draft = replace(desk.draft(the_case(desk).id), text="আজ পাঠানো হয়েছে", origins=((0, 10, MACHINE),), original="Sent today")
    saved = desk.save_draft(draft)
    (again,) = desk.drafts()
    assert (again.origins, again.original) == (saved.origins, "Sent today")
    assert "translation" in [one.guard for one in desk.gate(again).findings if not one.stops]
    assert "translation" not in [one.guard for one in desk.gate(replace(again, origins=())).findings]


def test_who_is_forgotten_is_forgotten_in_translations_too(desk: Desk) -> None:
    (message,) = desk.thread(the_case(desk).id).messages
    desk.keep_translation(message, Translation("en", "their words"))
    forgetting.forget(desk.store, "rina@customer.example")
    assert desk.store.desk.execute("SELECT count(*) FROM translations").fetchone() == (0,)
