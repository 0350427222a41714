"""Words of a clause that stay behind in drafts and canned replies when the clause is edited are named."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.desk import Desk
from agent_tui.knowledge.policies import PolicyLibrary
from agent_tui.knowledge.policy_quotes import outlived, sentences
from agent_tui.screens.compose_policy import quoted
from agent_tui.store import apply as applying
from tests.unit.workspaces import NOW, Clock, batch, mail, workspace

OLD = "The money is paid back within **five** days.\nYou need not do anything for that. See [the form](form.md)."
NEW = OLD.replace("five", "nine")


def test_a_quote_of_what_was_said_before_is_found_and_one_of_what_is_said_now_is_not():
    assert list(outlived(quoted(OLD), {"k": (OLD, NEW)})) == [("k", "The money is paid back within five days.")]
    assert list(outlived(quoted(NEW), {"k": (OLD, NEW)})) == []
    assert list(outlived("Hello, the money is on its way.", {"k": (OLD, NEW)})) == []


def test_a_sentence_put_in_plainly_is_found_in_the_middle_of_a_text():
    text = "Hello Rina,\nThe money is paid back within five\ndays. Best regards"
    assert [name for name, _ in outlived(text, {"k": (OLD, NEW), "other": ("x", "y")})] == ["k"]


def test_what_was_taken_back_is_no_longer_stale():
    assert list(outlived(quoted(OLD), {"k": (OLD, NEW, OLD)})) == []


def test_short_sentences_are_anybodys():
    assert sentences("Yes. Ask us first. That is not allowed here at all.") == ["That is not allowed here at all."]


def test_it_works_in_any_script():
    old = "টাকা পাঁচ দিনের মধ্যে ফেরত দেওয়া হয়।"
    assert [name for name, _ in outlived(quoted(old), {"k": (old, old.replace("পাঁচ", "নয়"))})] == ["k"]


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=4))
def test_nothing_said_now_is_ever_called_stale(text, said):
    for _, sentence in outlived(text, {"k": said}):
        assert sentence not in " ".join(said[-1].split())


def test_check_names_the_draft_and_the_canned_reply_with_its_file(tmp_path):
    made = workspace(tmp_path / "w")
    (made.policies).mkdir()
    (made.canned).mkdir()
    policy, canned = made.policies / "returns.md", made.canned / "back.md"
    policy.write_text(f"---\nid: returns\n---\n## Money back\n{OLD}\n")
    os.utime(policy, (1_000_000_000, 1_000_000_000))
    clause = PolicyLibrary(made.policies).clauses()[0]
    canned.write_text(f"---\nname: back\n---\nHello,\n{clause.sentence}\n")
    desk = Desk(made, now=Clock(), offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW)))
    (case,) = desk.store.cache.execute("SELECT id FROM cases").fetchone()
    draft = desk.save_draft(replace(desk.draft(case), text=f"Hello,\n{quoted(clause.text)}\n"))
    desk.policy_faults()
    policy.write_text(policy.read_text().replace("five", "nine"))
    desk.policies.refresh()
    words = "quotes 'The money is paid back within five days.', which the clause returns#money-back says no more"
    stale = [one for one in desk.policy_faults() if "says no more" in one.words]
    assert [(one.words, one.path) for one in stale] == [(f"canned reply 'back' {words}", str(canned)), (f"draft {draft.id} {words}", "")]
    desk.close()
