"""What a policy library promises beyond finding words: languages, examples, links, history, staleness, imports."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile

import pytest

from agent_tui import cli
from agent_tui.domain.errors import UsageError
from agent_tui.knowledge import policy_history, policy_import
from agent_tui.knowledge.policies import PolicyLibrary, Turn
from tests.unit.test_cli import space, tui  # noqa: F401 - fixtures

ENGLISH = """---
id: returns
title: Returns
url: https://shop.example/returns
facts: [days since purchase]
---
## Money back {#money-back}

Refunds are paid within **five** days of the parcel's arrival. See [gifts](#gift-cards).

```plain
You have your money back within five days.
```

```example
When do I get my money for the lamp I sent back?
```

## Gift cards {#gift-cards}

A gift card is never paid out in cash.
"""
BENGALI = """---
id: returns
title: ফেরত
language: bn
---
## টাকা ফেরত {#money-back}

পার্সেল পৌঁছানোর পাঁচ দিনের মধ্যে টাকা ফেরত দেওয়া হয়।
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "returns.md").write_text(ENGLISH)
    (tmp_path / "returns.bn.md").write_text(BENGALI)
    return tmp_path


def words_of(library):
    return "\n".join(map(str, library.check()))


def failing(space, capsys, *arguments):  # noqa: F811
    assert cli.run(["--workspace", str(space), *arguments, "--json"]) == 1
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def said(text):
    return [Turn("customer", text)]


def test_a_clause_in_two_languages_is_one_clause_shown_in_the_agents_language_with_the_customers_beside_it(folder):
    library = PolicyLibrary(folder, ("en",))
    (first, *_) = library.suggest(said("আমার টাকা ফেরত কবে পাব?"))
    assert (first.clause.id, first.clause.title, first.beside.title) == ("returns#money-back", "Money back", "টাকা ফেরত")
    # A file that names no language is told by its words, so that an agent who reads both sees it first.
    (first, *_) = PolicyLibrary(folder, ("en", "bn")).suggest(said("আমার টাকা ফেরত কবে পাব?"))
    assert (first.clause.title, first.beside.language) == ("Money back", "bn")
    (first, *_) = PolicyLibrary(folder, ("bn-IN", "en")).suggest(said("when are refunds paid"))
    assert (first.clause.language, first.beside.language) == ("bn", "")
    assert library.check() == ()
    assert [one.language for one in library.variants("returns#money-back")] == ["bn", ""]
    assert [one.title for one in library.policy("returns")] == ["Money back", "Gift cards"]


def test_blocks_for_examples_and_plain_words_are_no_part_of_the_text_and_are_not_searched(folder):
    library = PolicyLibrary(folder)
    clause = library.clause("returns#money-back")
    assert "lamp" not in clause.text
    assert clause.sentence == "You have your money back within five days."
    assert library.search("lamp") == ()
    assert library.clause("returns#gift-cards").sentence == "A gift card is never paid out in cash."
    assert library.clause("returns#gift-cards").address == "https://shop.example/returns#gift-cards"


def test_an_example_that_finds_another_clause_first_is_a_fault_with_its_line(folder):
    path = folder / "returns.md"
    path.write_text(ENGLISH + "\n```example\nwhen are refunds paid\nhow many days -> returns#money-back\ncash for a card -> returns#nothing\n```\n")
    (fault,) = PolicyLibrary(folder).check()
    assert "there is no clause returns#nothing" in fault.words
    assert path.read_text().split("\n")[fault.line - 1].startswith("cash for a card")
    path.write_text(ENGLISH + "\n```example\nwhen are refunds paid\n```\n")
    (fault,) = PolicyLibrary(folder).check()
    assert "finds returns#money-back first" in fault.words


def test_dead_links_and_headings_that_depend_on_their_order_are_faults(folder):
    (folder / "other.md").write_text("# Other\n[a](returns.md#money-back) [b](returns.md#nowhere) [c](gone.md) [d](https://x.example/#y)\n## Twice\na\n## Twice\nb\n")
    found = words_of(PolicyLibrary(folder))
    assert "links to the clause returns#nowhere" in found
    assert "links to gone.md" in found
    assert "'Twice' is a heading more than once" in found
    assert len(found.splitlines()) == 3


def test_an_id_survives_edits_elsewhere_in_its_file(folder):
    before = PolicyLibrary(folder).clause("returns#gift-cards")
    (folder / "returns.md").write_text(ENGLISH.replace("## Money back", "## Something new\n\nFirst.\n\n## Money back"))
    after = PolicyLibrary(folder).clause("returns#gift-cards")
    assert (after.text, after.version) == (before.text, before.version)
    assert after.line > before.line


def test_only_what_changed_is_indexed_again(folder):
    library = PolicyLibrary(folder)
    assert library.search("cash")[0].clause.id == "returns#gift-cards"
    (folder / "returns.md").write_text(ENGLISH.replace("in cash", "in coins"))
    os.utime(folder / "returns.md", ns=(1, 1))
    assert library.refresh()
    assert library.search("cash") == ()
    assert library.search("coins")[0].clause.id == "returns#gift-cards"
    assert library.search("পার্সেল")[0].clause.id == "returns#money-back"


def test_how_sure_a_candidate_is_grows_with_what_of_the_message_is_in_it_and_nothing_is_ever_ruled_out(folder):
    for number in range(30):
        (folder / f"filler-{number}.md").write_text(f"# Topic {number}\nParcels, offices, lamps and invoices of kind {number}.\n")
    library = PolicyLibrary(folder)
    (exact, *_) = library.suggest(said("Is a gift card paid out in cash?"))
    (loose, *_) = library.suggest(said("My aunt painted the kitchen, the gift was nice, will you come by on Sunday for cake?"))
    assert exact.clause.id == loose.clause.id == "returns#gift-cards"
    assert 0 <= loose.sure < exact.sure <= 1


# history


def git(folder, *arguments, day="2026-01-01"):
    stamp = f"{day}T12:00:00+00:00"
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments], cwd=folder, check=True, capture_output=True,
        env={**os.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip


def test_git_says_what_a_clause_said_on_a_day_also_before_its_file_was_moved(tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    git(tmp_path, "init", "-q")
    (policies / "old.md").write_text("---\nid: p\n---\n# Delay\nThree days.\n")
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-q", "-m", "First", day="2026-01-10")
    git(policies, "mv", "old.md", "new.md"), git(tmp_path, "commit", "-q", "-m", "Move", day="2026-02-10")
    (policies / "new.md").write_text("---\nid: p\n---\n# Other\nx\n\n# Delay\nFive days.\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "Longer", day="2026-03-10")
    clause = PolicyLibrary(policies).clause("p#delay")
    assert [(one.since, one.text) for one in policy_history.history(policies, clause)] == [("2026-03-10", "Five days."), ("2026-01-10", "Three days.")]
    assert policy_history.on(policies, clause, "2026-03-09").text == "Three days."
    assert policy_history.on(policies, clause, "2026-01-09") is None
    (policies / "new.md").write_text("---\nid: p\n---\n# Delay\nSeven days.\n")
    changed = PolicyLibrary(policies).clause("p#delay")
    assert policy_history.history(policies, changed)[0].change == "not committed yet"
    with pytest.raises(UsageError, match="is not a date"):
        policy_history.parse_day("3 May")


def test_without_git_what_was_seen_here_is_the_history_and_canned_replies_go_stale(tui, space, capsys):  # noqa: F811
    (space / "policies").mkdir()
    (space / "canned").mkdir()
    policy, canned = space / "policies/returns.md", space / "canned/back.md"
    policy.write_text(ENGLISH)
    canned.write_text('---\nname: back\nclauses: ["returns#money-back"]\n---\nFive days.\n')
    os.utime(policy, (1_000_000_000, 1_000_000_000))
    os.utime(canned, (1_100_000_000, 1_100_000_000))
    tui("policy", "check")
    policy.write_text(ENGLISH.replace("five", "seven"))
    (fault,) = failing(space, capsys, "policy", "check")
    assert "canned reply 'back' relies on the clause returns#money-back, which was edited since" in fault["words"]
    assert fault["path"] == str(canned)
    old, new = reversed(tui("policy", "history", "returns#money-back", "--json").lines)
    assert ("five" in old["text"], "seven" in new["text"], old["since"]) == (True, True, "2001-09-09")
    assert "five" in tui("policy", "history", "returns#money-back", "--on", "2010-05-03", "--json").lines[0]["text"]
    tui("policy", "history", "returns#money-back", "--on", "1999-05-03", expect=2)
    canned.write_text(canned.read_text().replace("Five", "Seven"))
    tui("policy", "check")
    policy.write_text(policy.read_text().replace("url:", "until: 2020-01-01\nurl:"))
    assert "which ended on 2020-01-01" in failing(space, capsys, "policy", "check")[0]["words"]


# import

PAGE = """<html><head><title>Returns desk</title><style>p{}</style></head><body><nav>Home</nav><main>
<h1 id="top">Returns</h1><p>Send it <b>back</b> within <a href="https://x.example/r">30 days</a>.<br>Really.</p>
<h2>How</h2><ul><li>Print the label<ul><li>in colour</li></ul></li><li>Go to the <i>shop</i></li></ul>
<table><tr><th>What</th><th>Days</th></tr><tr><td>Lamp</td><td>30</td></tr></table><script>alert(1)</script>
<p># not a heading</p></main></body></html>"""
STYLES = """<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>"""
DOCUMENT = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Garantie</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Zwei </w:t></w:r><w:r><w:t>Jahre.</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>"""


def word_file(path, document=DOCUMENT):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", document)
        archive.writestr("word/styles.xml", STYLES)


def test_a_folder_of_exports_becomes_a_read_only_part_of_the_library(tmp_path):
    exports, library = tmp_path / "Help Centre", tmp_path / "policies"
    (exports / "de").mkdir(parents=True)
    (exports / "returns.html").write_text(PAGE)
    (exports / "de" / "garantie.docx").write_bytes(b"")
    word_file(exports / "de" / "garantie.docx")
    (exports / "plain.md").write_text("# Plain\nAs it is.\n")
    (exports / "bad.docx").write_bytes(b"not a zip")
    (exports / "bomb.docx").write_bytes(b"")
    word_file(exports / "bomb.docx", '<!DOCTYPE x [<!ENTITY a "b">]>' + DOCUMENT)
    (exports / "empty.html").write_text("<html></html>")
    done = policy_import.take_over(exports, library)
    assert done.files == ("help-centre/plain.md", "help-centre/returns.md", "help-centre/de/garantie.md")
    assert sorted(name for name, _ in done.left) == ["bad.docx", "bomb.docx", "empty.html"]
    assert dict(done.left)["bad.docx"] == "it is no Word file, or a damaged one; save it again as .docx"
    assert (library / "help-centre/returns.md").stat().st_mode & 0o222 == 0
    found = PolicyLibrary(library)
    clause = found.clause("help-centre/returns#top")
    assert clause.text == "Send it **back** within [30 days](https://x.example/r). Really."
    assert found.clause("help-centre/returns#how").text == (
        "- Print the label\n  - in colour\n- Go to the *shop*\n\n| What | Days |\n| --- | --- |\n| Lamp | 30 |\n\n\\# not a heading"
    )
    assert found.clause("help-centre/de/garantie#garantie").text == "Zwei Jahre.\n\n| A | B |\n| --- | --- |"
    assert found.search("Home") == ()


def test_an_import_takes_the_place_of_the_one_before_and_never_of_policies_kept_here(tmp_path):
    exports, library = tmp_path / "exports", tmp_path / "policies"
    exports.mkdir()
    (exports / "a.md").write_text("# A\nfirst\n")
    policy_import.take_over(exports, library)
    (exports / "a.md").rename(exports / "b.md")
    policy_import.take_over(exports, library)
    assert [one.id for one in PolicyLibrary(library).clauses()] == ["exports/b#a"]
    (library / "own").mkdir()
    (library / "own" / "x.md").write_text("mine")
    with pytest.raises(UsageError, match="kept there"):
        policy_import.take_over(exports, library, "own")
    with pytest.raises(UsageError, match="no folder"):
        policy_import.take_over(tmp_path / "nowhere", library)
    with pytest.raises(UsageError, match="inside the other"):
        policy_import.take_over(tmp_path, library)
    assert (library / "own" / "x.md").read_text() == "mine"


def test_the_import_command_says_what_it_took_and_what_it_left(tui, space, tmp_path, monkeypatch, capsys):  # noqa: F811
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.html").write_text(PAGE)
    assert [one["path"] for one in tui("policy", "import", str(exports), "--into", "help", "--json").lines] == ["help/a.md"]
    (exports / "b.docx").write_bytes(b"no")
    assert [one["type"] for one in failing(space, capsys, "policy", "import", str(exports), "--into", "help")] == ["imported", "fault"]
    tui("policy", "import", expect=2)
    tui("policy", "check", "--into", "x", expect=2)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"turns":[{"speaker":"customer","text":"how to send it back"}]}'))
    assert tui("policy", "suggest", "--json").lines[0]["clause"].startswith("help/a#")
