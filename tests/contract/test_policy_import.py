"""Policies that others keep become a read-only part of the library: a forum's category and help centres.

The servers are simulated: built from the vendors' published specifications, documentation and controllers.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_tui import cli
from tests.contract.chatwoot_rig import ChatwootRig
from tests.contract.forum import ForumRig
from tests.servers.zammad import AHEAD, PAST, Zammad

HEAD = '[agent]\nname = "Asha Rao"\nemail = "asha@example.com"\n\n'


def tui(space: Path, capsys: pytest.CaptureFixture[str], *arguments: str, expect: int = 0) -> tuple[list[dict[str, object]], str]:
    status = cli.run(["--workspace", str(space), *arguments, "--json"])
    out, err = capsys.readouterr()
    assert status == expect, err
    return [json.loads(line) for line in out.splitlines()], err


def clauses(space: Path, capsys: pytest.CaptureFixture[str], text: str) -> list[str]:
    found, _ = tui(space, capsys, "policy", "search", text)
    return [str(one["clause"]) for one in found]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    space = tmp_path / "space"
    (space / "policies").mkdir(parents=True)
    (space / "policies" / "own.md").write_text("# Ours\n\nKept here.\n")
    (space / "workspace.toml").write_text(HEAD)
    monkeypatch.setattr(os, "umask", lambda _mask: 0o022)
    return space


# -- a category of a Discourse


@pytest.fixture
def forum(tmp_path: Path, space: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForumRig]:
    rig = ForumRig(tmp_path / "rig")
    rig.forum.categories[8] = ("policies", "Policies")
    (space / "workspace.toml").write_text(
        f'{HEAD}[[source]]\nname = "forum"\ntype = "discourse"\nurl = "{rig.server.url}"\nusername = "support"\n'
        'requests_per_minute = 600\n'
    )
    monkeypatch.setenv("AGENT_TUI_SECRET_FORUM", rig.secret)
    yield rig
    rig.close()


def test_every_topic_of_a_category_becomes_a_policy(forum: ForumRig, space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    staff = forum.forum.user("lena", moderator=True)
    about = forum.forum.topic(staff, "About the Policies category", "What this category is for, in one post.", category=8)
    forum.forum.about[8] = about.id
    about.pinned = True
    topics = [forum.forum.topic(staff, f"Rule {number}", f"What rule {number} says.", category=8) for number in range(34)]
    returns = forum.forum.topic(staff, "Returning goods", "", category=8, tags=("shop",))
    returns.posts[0].cooked = (
        '<h2><a name="p-1" class="anchor" href="#p-1"></a>Opened boxes</h2><p>An opened box comes back within 14 days.</p>'
        "<h2>Gift cards</h2><p>Gift cards are <strong>never</strong> paid out.</p><script>alert(1)</script>"
    )
    forum.forum.add(returns, forum.forum.user("robin"), "A reply is no part of the rule, parsnip.")
    hidden = forum.forum.topic(staff, "Unlisted", "This one is unlisted turnip.", category=8)
    hidden.visible = False
    forum.forum.topic(staff, "Elsewhere", "In another category entirely.", category=5)

    found, _ = tui(space, capsys, "policy", "import", "forum", "policies", "--into", "rules")
    assert len(found) == len(topics) + 1
    assert clauses(space, capsys, "opened box")[0] == f"rules/{returns.id}#opened-boxes"
    assert not clauses(space, capsys, "parsnip")
    assert not clauses(space, capsys, "turnip")
    file = space / "policies" / "rules" / f"returning-goods-{returns.id}.md"
    assert f'url: "{forum.server.url}/t/returning-goods/{returns.id}"' in file.read_text()
    assert "alert" not in file.read_text()
    assert not file.stat().st_mode & stat.S_IWUSR
    tui(space, capsys, "policy", "check")

    returns.title = "Sending goods back"  # the id stays, whatever it is called
    forum.forum.erase(topics[0])
    again, _ = tui(space, capsys, "policy", "import", "forum", "policies", "--into", "rules")
    assert len(again) == len(found) - 1
    assert not file.exists()
    assert clauses(space, capsys, "opened box")[0] == f"rules/{returns.id}#opened-boxes"
    assert clauses(space, capsys, "kept here")[0] == "own#ours"


def test_what_cannot_be_taken_over_is_said_and_changes_nothing(
    forum: ForumRig, space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forum.forum.topic(forum.forum.user("lena"), "Rule", "What the rule says.", category=8)
    _, words = tui(space, capsys, "policy", "import", "forum", "nowhere", expect=1)
    assert "nowhere" in words
    assert "#policies" in words
    _, words = tui(space, capsys, "policy", "import", "forum", expect=1)
    assert "name the category" in words
    tui(space, capsys, "policy", "import", "forum", "policies")
    for row in list(forum.forum.topics.values()):
        forum.forum.erase(row)
    tui(space, capsys, "policy", "import", "forum", "policies", expect=1)  # nothing there is more likely a lost permission
    assert clauses(space, capsys, "rule")
    (space / "policies" / "mine").mkdir()
    asked = len(forum.server.requests)
    _, words = tui(space, capsys, "policy", "import", "forum", "policies", "--into", "mine", expect=2)
    assert "kept there" in words
    assert len(forum.server.requests) == asked
    _, words = tui(space, capsys, "--offline", "policy", "import", "forum", "policies", expect=2)
    assert "--offline" in words


# -- a Chatwoot help centre


@pytest.fixture
def chatwoot(tmp_path: Path, space: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatwootRig]:
    rig = ChatwootRig(tmp_path / "rig")
    (space / "workspace.toml").write_text(
        f'{HEAD}[[source]]\nname = "desk"\ntype = "chatwoot"\nurl = "{rig.there.server.url}"\naccount = 7\n'
    )
    monkeypatch.setenv("AGENT_TUI_SECRET_DESK", rig.secret)
    yield rig
    rig.there.close()


def article(number: int, title: str, content: str | None, *, locale: str = "en", status: str = "published", others: tuple[int, ...] = ()
            ) -> dict[str, object]:  # fmt: skip
    """As ``_article.json.jbuilder`` writes it."""
    return {
        "id": number, "slug": f"{1_700_000_000 + number}-a", "title": title, "content": content, "description": "", "status": status,
        "position": number, "account_id": 7, "updated_at": 1_790_000_000, "meta": {}, "locale": locale, "views": 3,
        "category": {"id": 1, "name": "Orders", "slug": "orders", "locale": locale},
        "associated_articles": [{"id": one, "category_id": 1, "title": "", "content": ""} for one in others],
    }  # fmt: skip


def test_a_chatwoot_help_centre_in_two_languages(chatwoot: ChatwootRig, space: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chatwoot.there.portals = [
        {"id": 4, "slug": "handbook", "name": "Handbook", "custom_domain": "help.example.com", "archived": False,
         "config": {"allowed_locales": [{"code": "en", "articles_count": 32}, {"code": "bn", "articles_count": 1}]}},
    ]  # fmt: skip
    chatwoot.there.articles["handbook"] = [
        article(1, "Money back", "## In time\n\nWithin 30 days.\n\n## Too late\n\nAfter that we keep it.", others=(2,)),
        article(2, "টাকা ফেরত", "## সময়মতো\n\n৩০ দিনের মধ্যে।\n\n## দেরিতে\n\nতার পরে নয়।", locale="bn"),
        article(3, "Not yet", "A draft about radishes.", status="draft"),
        article(4, "No text", None),
        *(article(number, f"Article {number}", f"What article {number} says.") for number in range(10, 45)),
    ]
    found, _ = tui(space, capsys, "policy", "import", "desk", "Handbook")
    assert len(found) == 37
    assert clauses(space, capsys, "সময়মতো")[0] == "desk/1#in-time"
    assert clauses(space, capsys, "30 days")[0] == "desk/1#in-time"
    assert clauses(space, capsys, "article 44")
    assert not clauses(space, capsys, "radishes")
    text = (space / "policies" / "desk" / "money-back-1.bn.md").read_text()
    assert 'url: "https://help.example.com/hc/handbook/articles/1700000002-a"' in text
    assert 'language: "bn"' in text
    tui(space, capsys, "policy", "check")

    chatwoot.there.portals.append({"id": 5, "slug": "intern", "name": "Intern", "config": {}})
    _, words = tui(space, capsys, "policy", "import", "desk", expect=1)
    assert "handbook, intern" in words


# -- a Zammad knowledge base


def test_a_zammad_knowledge_base(space: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    there = Zammad("sesame")
    try:
        there.answer({"en-us": ("A draft", "<p>Radishes.</p>")})
        late = there.answer(
            {"en-us": ("Late parcels", "<h2>When</h2><p>After <b>three</b> days.</p>"), "bn": ("দেরি", "<h2>কখন</h2><p>তিন দিন পরে।</p>")},
            published_at=PAST,
        )
        inside = there.answer({"en-us": ("For agents", "<div>Ask the courier, celery.</div>")}, internal_at=PAST)
        there.answer({"en-us": ("Old", "<p>Radishes.</p>")}, published_at=PAST, archived_at=PAST)
        there.answer({"en-us": ("Soon", "<p>Radishes.</p>")}, published_at=AHEAD)
        monkeypatch.setenv("AGENT_TUI_SECRET_HELP", "sesame")
        found, _ = tui(space, capsys, "policy", "import", there.server.url, "--into", "help")
        assert len(found) == 3
        assert clauses(space, capsys, "three days")[0] == f"help/{late}#when"
        assert clauses(space, capsys, "তিন দিন")[0] == f"help/{late}#when"
        assert clauses(space, capsys, "celery") == [f"help/{inside}#"]
        assert not clauses(space, capsys, "radishes")
        public = (space / "policies" / "help" / f"late-parcels-{late}.en-us.md").read_text()
        assert f'url: "{there.server.url}/help/en-us/2-shipping/{late}-late-parcels"' in public
        assert '"Shipping"' in public
        assert "url:" not in (space / "policies" / "help" / f"for-agents-{inside}.en-us.md").read_text()
        tui(space, capsys, "policy", "check")
        # What was taken over stays where the server says no.
        there.may_read = False
        _, words = tui(space, capsys, "policy", "import", there.server.url, "--into", "help", expect=1)
        assert "knowledge_base.reader" in words
        assert "sesame" not in words
        assert clauses(space, capsys, "celery")
        there.may_read = True
        there.bases[3] = "Another"
        _, words = tui(space, capsys, "policy", "import", there.server.url, "--into", "help", expect=1)
        assert "Company Knowledge Base (1), Another (3)" in words
        again, _ = tui(space, capsys, "policy", "import", there.server.url, "company knowledge base", "--into", "help")
        assert len(again) == 3
    finally:
        there.close()


def test_an_address_that_is_no_zammad(space: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_TUI_SECRET_X", "sesame")
    for address in ("ftp://desk.example.com", "https://", "http://desk.example.com"):
        _, words = tui(space, capsys, "policy", "import", address, "--into", "x", expect=1 if address.startswith("http:") else 2)
        assert "https://" in words
