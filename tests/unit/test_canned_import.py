"""Canned replies of other desks: shapes built from their documentation, variables renamed, nothing written over."""

from __future__ import annotations

import json

import pytest

from agent_tui.commands.canned_files import _plain
from agent_tui.domain import templates
from agent_tui.domain.model import Address
from agent_tui.knowledge.canned import CannedLibrary, facts
from agent_tui.knowledge.canned_import import ImportFault, read, slug
from agent_tui.knowledge.canned_variables import template


class Asha:
    name = "Asha Rao"
    email = "asha@shop.example"
    signature = "Asha"


def taken(value, name="export.json", kind=""):
    data = value if isinstance(value, str) else json.dumps(value)
    return read(data.encode(), name, kind, from_html=_plain)


def rendered(body, name="Ana Pérez"):
    return templates.render(body, facts(None, Address(name, "ana@x.example"), Asha())).text


def test_chatwoot():
    (one,) = taken([{"id": 1, "account_id": 1, "short_code": "late", "content": "Hi {{contact.first_name}}, {{ conversation.priority }} it is."}])
    assert (one.name, one.shortcut, one.asked) == ("late", "late", ("conversation priority",))
    assert rendered(one.body) == "Hi Ana, [[conversation priority]] it is."


def test_zammad():
    rows = [
        {"name": "Late parcel", "keywords": "parcel late", "content": "<p>Dear #{ticket.customer.firstname},</p><p>#{ticket.title}</p>", "active": True},
        {"name": "Old", "content": "x", "active": False},
    ]
    (one,) = taken(rows)
    assert (one.name, one.tags) == ("Late parcel", ("parcel", "late"))
    assert rendered(one.body) == "Dear Ana,\n\n[[subject]]"


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"_embedded": {"replies": rows}}])
def test_freescout_and_help_scout_with_their_fallback(wrap):
    (one,) = taken(wrap([{"id": 4, "name": "Welcome", "text": "Hi {%customer.firstName,fallback=there%}!<br>{%user.fullName%}"}]))
    assert rendered(one.body).split() == ["Hi", "Ana!", "Asha", "Rao"]
    assert rendered(one.body, name="").split()[:2] == ["Hi", "there!"]


def test_zendesk_macros_bring_their_actions():
    actions = [
        {"field": "comment_value", "value": ["channel:all", "Hello {{ticket.requester.first_name}}, solved."]},
        {"field": "status", "value": "solved"}, {"field": "current_tags", "value": "refund paid"},
        {"field": "assignee_id", "value": "current_user"}, {"field": "priority", "value": "high"},
    ]  # fmt: skip
    (one, _plain, bare) = taken({"macros": [{"title": "Billing::Refund", "active": True, "actions": actions},
                                      {"title": "Only text", "active": True, "actions": actions[:1]},
                                      {"title": "No text", "active": True, "actions": actions[1:2]}]})  # fmt: skip
    assert (one.name, one.folder, one.tags) == ("Refund", ("Billing",), ("Billing",))
    assert one.then == ("close", "tag +refund +paid", "take", "priority high")
    assert one.file_name == "billing/refund.md"
    assert (bare.name, bare.body, bare.then) == ("No text", "", ("close",)), "a macro that only does something"


def test_a_table_and_plain_files():
    (one, two) = taken("Name;Content\nA;Hello #{user.firstname}\nB;Bye\n", "export.csv")
    assert (one.name, two.name, rendered(one.body)) == ("A", "B", "Hello Asha")
    (plain,) = taken("Thank you {{ customer.first_name }}.\n", "thanks.txt")
    assert (plain.name, rendered(plain.body)) == ("thanks", "Thank you Ana.")


@pytest.mark.parametrize("text", ["use {{ .Values }} here", "{% raw", "{# no comment #}", "a {b} c", "100 %} and {%"])
def test_braces_that_are_no_variables_stay_as_they_are(text):
    body, asked = template(text)
    assert (rendered(body), asked) == (text, ())


def test_what_cannot_be_read_is_said():
    with pytest.raises(ImportFault, match="none of the fields known"):
        taken([{"colour": "red"}])
    with pytest.raises(ImportFault, match="not JSON"):
        taken("[{", "x.json")
    with pytest.raises(ImportFault, match="not UTF-8"):
        read(b"\xff\xfe", "x.json", from_html=_plain)


def test_names_in_any_script_and_doubles_become_files():
    assert slug("দেরি হওয়া পার্সেল!").endswith("পার্সেল") or "প" in slug("দেরি হওয়া পার্সেল!")
    assert [one.name for one in taken([{"short_code": "a", "content": "x"}, {"short_code": "A", "content": "y"}])] == ["a", "A 2"]


def test_what_was_imported_can_be_used_as_it_is(tmp_path):
    for one in taken([{"short_code": 'q "1": [x]', "content": "Hi {{contact.name}}, {{ x.y }} {{% z"}]):
        (tmp_path / one.file_name).write_text(one.page(), "utf-8")
    library = CannedLibrary(tmp_path)
    assert library.check() == ()
    assert library.replies()[0].name == 'q "1": [x]'


@pytest.mark.parametrize(
    ("theirs", "here", "asked"),
    [
        ('Hi {{ contact.name | default: "you" }}', 'Hi {{ customer.name or "you" }}', ()),
        ('#{t(ticket.state.name)}, #{dt(ticket.created_at, "%Y-%m-%d", "Europe/Berlin")}',
         '{{ ask("ticket state name") }}, {{ ask("ticket created at") }}', ("ticket state name", "ticket created at")),
        ("#{user.firstname} #{user.lastname}", "{{ agent.name }}", ()),
        ("{%customer.firstName%} {%customer.lastName%}, {%customer.email%}", "{{ customer.name }}, {{ customer.address }}", ()),
        ("Dear Mr #{ticket.customer.lastname}", 'Dear Mr {{ ask("ticket customer lastname") }}', ("ticket customer lastname",)),
        ('{% if ticket.requester.language == "German" %}Danke{% else %}Thanks{% endif %}',
         "{{ ask(\"if ticket.requester.language == 'German'\") }}Danke{{ ask(\"else\") }}Thanks{{ ask(\"endif\") }}",
         ("if ticket.requester.language == 'German'", "else", "endif")),
    ],
)  # fmt: skip
def test_their_variables_become_facts_or_gaps(theirs, here, asked):
    assert template(theirs) == (here, asked)
    rendered(here)


def test_lines_links_and_lists_of_markup_stay():
    text = '<div>Dear #{user.firstname},<br><br>see <a href="https://x.example/a">the page</a>.</div><div>Bye</div><ul><li>one</li></ul>'
    (one,) = taken([{"name": "a", "keywords": "", "content": text}])
    assert rendered(one.body) == "Dear Asha,\n\nsee the page (https://x.example/a).\nBye\n\n- one"


def test_what_a_macro_cannot_do_here_is_told_and_an_internal_comment_is_marked():
    actions = [{"field": "group_id", "value": "12"}, {"field": "comment_mode_is_public", "value": False}, {"field": "comment_value", "value": "Look at this"}]
    (one,) = taken({"macros": [{"id": 1, "title": "Ask us", "active": True, "actions": actions}], "next_page": None, "count": 1})
    assert (one.left, one.tags) == (("group_id",), ("internal",))


def test_one_reply_alone_and_lists_under_any_name():
    one = {"id": 4, "name": "Welcome", "text": "Hi"}
    for value in (one, [one], {"saved": [one]}, {"_embedded": {"savedReplies": [one]}, "page": {"size": 50}}):
        assert [found.name for found in taken(value)] == ["Welcome"]


def test_a_text_for_mail_and_one_for_chat_are_variants():
    mail, chat = taken([{"name": "On its way", "text": "<p>Dear customer</p>", "chatText": "On its way"}])
    assert (mail.name, mail.channels, mail.file_name) == ("On its way", ("email",), "on-its-way.email.md")
    assert (chat.name, chat.channels, chat.file_name) == ("On its way", ("chat",), "on-its-way.chat.md")


def test_quotation_marks_and_lines_inside_a_table_cell():
    (one,) = taken('id,short_code,content\n1,bye,"Bye;\nsee you ""soon"""\n', "export.csv")
    assert one.body == 'Bye;\nsee you "soon"'


def test_a_file_of_such_a_library_is_taken_as_it_is():
    text = "---\nname: late\nlanguage: de\n---\nHallo {{ customer.first_name }}\n"
    (one,) = taken(text, "late.de.md")
    assert one.page() == text


@pytest.mark.parametrize("name", ["ਸ਼ੁਰੂ ਕਰੋ", "দেরি হওয়া পার্সেল", "ತಡವಾದ ಪಾರ್ಸೆಲ್", "देर से"])
def test_a_file_keeps_the_vowel_signs_of_its_name(name):
    import unicodedata

    assert slug(name) == unicodedata.normalize("NFC", name).replace(" ", "-")
