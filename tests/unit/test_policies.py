from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain.ranking import Ranking, best, stem
from agent_tui.knowledge.files import Page
from agent_tui.knowledge.policies import PolicyLibrary, Turn, slug
from agent_tui.knowledge.policy_files import read_clauses

REFUNDS = """---
id: refunds
title: Refunds
channels: [email, chat]
effective: 2026-01-01
until: 2026-12-31
tags: [money, returns]
---
We give money back gladly.

# When we refund

Within 30 days of purchase we refund the full price.

## Late requests

After 30 days the manager decides about the refund.

```
# not a heading
```

# Gift cards ##

Gift cards are never refunded in cash.
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "refunds.md").write_text(REFUNDS)
    (tmp_path / "shop" / "shipping.md").write_text("Parcels leave daily.\n\nCustoms\n=======\nDuties are paid by the buyer.\n")
    (tmp_path / "বাংলা.md").write_text("# ফেরত নীতি\nত্রিশ দিনের মধ্যে টাকা ফেরত দেওয়া হয়।\n")
    return tmp_path


def test_each_heading_starts_a_clause_and_text_before_it_is_one_too(folder):
    library = PolicyLibrary(folder)
    assert [one.id for one in library.clauses()] == [
        "refunds#", "refunds#when-we-refund", "refunds#late-requests", "refunds#gift-cards",
        "shop/shipping#", "shop/shipping#customs", "বাংলা#ফেরত-নীতি",
    ]  # fmt: skip
    assert library.check() == ()


def test_a_clause_knows_its_policy_place_and_validity(folder):
    clause = PolicyLibrary(folder).clause("refunds#late-requests")
    assert clause.title == "Late requests"
    assert clause.within == ("Refunds", "When we refund")
    assert clause.text.startswith("After 30 days")
    assert "# not a heading" in clause.text
    assert (clause.channels, clause.effective, clause.until, clause.tags) == (("email", "chat"), "2026-01-01", "2026-12-31", ("money", "returns"))
    assert REFUNDS.split("\n")[clause.line - 1] == "## Late requests"
    assert clause.applies(channel="chat", day="2026-12-31")
    assert not clause.applies(channel="social")
    assert not clause.applies(day="2027-01-01")
    assert not clause.applies(day="2025-12-31")


def test_a_clause_is_found_by_its_words_in_any_form_and_script(folder):
    library = PolicyLibrary(folder)
    assert library.search("refunding late requests")[0].clause.id == "refunds#late-requests"
    assert library.search("gift car")[0].clause.id == "refunds#gift-cards"
    assert library.search("টাকা ফেরত")[0].clause.id == "বাংলা#ফেরত-নীতি"
    assert library.search("refunds#gift-cards")[0].clause.id == "refunds#gift-cards"
    assert library.search("zeppelin") == ()
    assert library.search("") == ()
    assert [one.clause.policy for one in library.search("gift", channel="social")] == []


def test_suggestions_come_from_what_the_customer_said_newest_first(folder):
    library = PolicyLibrary(folder)
    turns = [Turn("customer", "My parcel is stuck at customs, who pays the duties?"), Turn("agent", "gift cards gift cards"),
             Turn("customer", "And can a gift card be paid out in cash?")]  # fmt: skip
    found = library.suggest(turns)
    assert found[0].clause.id == "refunds#gift-cards"
    assert "shop/shipping#customs" in {one.clause.id for one in found}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert library.suggest(turns[:1])[0].clause.id == "shop/shipping#customs"
    assert library.suggest([]) == ()
    assert len(library.suggest(turns, limit=1)) == 1


def test_small_words_of_other_languages_make_no_clause_likely(folder):
    texts = {"tl": "Naantala ang padala kapag lampas na sa araw.", "bn": "পার্সেল না এলে জানান।", "pa": "ਪਾਰਸਲ ਵਿੱਚ ਦੇਰ ਹੈ।", "kn": "ಇದು ತಡವಾದ ಪಾರ್ಸೆಲ್ ಮತ್ತು ನಿಮ್ಮ ಹಣ."}
    for language, text in texts.items():
        (folder / f"late.{language}.md").write_text(f"---\nid: late\nlanguage: {language}\n---\n## X {{#x}}\n{text}\n", "utf-8")
    library = PolicyLibrary(folder)
    for empty in ("Hindi ako makapasok sa account ko", "আমার ইমেইল আসে না", "ਮੈਨੂੰ ਪਾਸਵਰਡ ਨਹੀਂ ਮਿਲਿਆ, ਇਹ ਕੀ ਹੈ", "ನಮಸ್ಕಾರ, ನಿಮ್ಮ ಇಮೇಲ್ ಮತ್ತು ಇದು"):
        assert "late#x" not in [one.clause.id for one in library.suggest([Turn("customer", empty)])], empty
    for telling in ("Nasaan ang padala ko", "আমার পার্সেল কোথায়", "ਮੇਰਾ ਪਾਰਸਲ ਕਿੱਥੇ ਹੈ", "ನನ್ನ ಪಾರ್ಸೆಲ್ ಎಲ್ಲಿದೆ"):
        assert library.suggest([Turn("customer", telling)])[0].clause.id == "late#x", telling


def test_expired_clauses_are_not_suggested_for_a_day(folder):
    library = PolicyLibrary(folder)
    turns = [Turn("customer", "gift card refund please")]
    assert library.suggest(turns, day="2026-06-01")
    assert all(one.clause.policy != "refunds" for one in library.suggest(turns, day="2027-06-01"))


def test_a_changed_new_or_removed_file_is_noticed(folder):
    library = PolicyLibrary(folder)
    assert not library.refresh()
    path = folder / "shop" / "shipping.md"
    path.write_text("# Express\nNext day delivery.\n")
    os.utime(path, ns=(1, 1))
    assert library.refresh()
    assert library.clause("shop/shipping#express")
    assert not library.clause("shop/shipping#customs")
    path.unlink()
    (folder / "new.md").write_text("# Warranty\ntwo years")
    assert library.refresh()
    assert library.search("warranty")[0].clause.id == "new#warranty"
    assert not library.policy("shop/shipping")


def test_a_bad_file_is_a_fault_with_its_place_and_the_rest_works(folder):
    (folder / "a.md").write_text("---\nid: x\n")
    (folder / "b.md").write_text("---\nid: [\n---\n# B\ntext")
    (folder / "c.md").write_bytes(b"\xff\xfe\x00bad")
    (folder / "d.md").write_text("---\nchannels: [fax]\neffective: soon\nfrob: 1\n---\n# D\ntext")
    (folder / "e.md").write_text("---\nid: refunds\n---\n# Gift cards\nother")
    (folder / "f.md").write_text("---\na: &x [1]\nb: *x\n---\ntext")
    (folder / ".hidden.md").write_text("# Hidden\nx")
    (folder / "out.md").symlink_to("/etc/hostname")
    library = PolicyLibrary(folder)
    words = "\n".join(str(fault) for fault in library.check())
    for expected in ("a.md:1: the front matter is never closed", "b.md:", "is not YAML", "c.md: is not UTF-8", "there is no 'fax'",
                     "'soon' is not a date", "there is no key frob", "refunds#gift-cards is already in", "f.md:1: the front matter refers"):  # fmt: skip
        assert expected in words
    assert library.clause("d#d")
    assert library.clause("refunds#when-we-refund")
    assert not [one for one in library.clauses() if one.path in (".hidden.md", "out.md")]


def test_a_missing_folder_is_an_empty_library(tmp_path):
    library = PolicyLibrary(tmp_path / "nowhere")
    assert library.clauses() == library.check() == library.search("x") == ()


def test_headings_twice_get_ids_of_their_own_and_anchors_are_kept():
    clauses = read_clauses(Page("p.md", {}, "# Same\na\n# Same\nb\n# Other name {#same-id}\nc\n# !!!\nd", 1), [])
    assert [one.id for one in clauses] == ["p#same", "p#same-1", "p#same-id", "p#section"]
    assert clauses[2].title == "Other name"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("Refunds & returns", "refunds-returns"), ("Don't", "dont"), ("30-day limit", "30-day-limit"), ("ফেরত নীতি", "ফেরত-নীতি"),
     ("  A   B ", "a-b"), ("ÜBER uns", "über-uns"), ("ਵਾਪਸੀ ਨੀਤੀ", "ਵਾਪਸੀ-ਨੀਤੀ"), ("退款", "退款")],
)  # fmt: skip
def test_slugs_keep_every_script(heading, expected):
    assert slug(heading) == expected


def test_words_meet_in_their_stems():
    assert stem("refunds") == stem("refunded") == stem("refunding") == stem("refund")
    assert stem("policies") == stem("policy")
    assert stem("shipped") == stem("shipping") == stem("ship")
    assert stem("টাকা") == "টাকা"


def test_rare_words_weigh_more_than_common_ones():
    ranking = Ranking([[("the parcel the parcel", 1.0)], [("the zebra", 1.0)], [("the parcel", 1.0)]])
    assert best(ranking.scores("the zebra parcel"), 1)[0][0] == 1


def test_what_is_wrong_in_front_matter_is_named_with_its_line_and_takes_nothing_else_away(folder):
    (folder / "d.md").write_text("---\nid: d\nuntil: 2026-02-31\neffective: 2026-03-01\nchannels: [fax]\n---\n# D\ntext")
    library = PolicyLibrary(folder)
    found = [str(one) for one in library.check() if one.path == "d.md"]
    assert [one.partition(": ")[0] for one in found] == ["d.md:3", "d.md:5"]
    assert "until: '2026-02-31' is not a date; write year-month-day" in found[0]
    clause = library.clause("d#d")
    assert clause is not None
    assert (clause.effective, clause.until) == ("2026-03-01", "")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(["# a", "## b", "```", "---", "===", "text", "", "- x", "#", "~~~"]), max_size=12).map("\n".join))
def test_no_text_is_lost_in_cutting(body):
    clauses = read_clauses(Page("p.md", {}, body, 1), [])
    assert len({one.id for one in clauses}) == len(clauses)
    kept = "".join(one.text + one.title for one in clauses)
    for character in "abxt":
        assert (character in body) <= (character in kept + "p")
