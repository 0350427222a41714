"""The command table, its keys, and key sequences."""

from dataclasses import replace

import pytest

from agent_tui.domain.commands import ANYWHERE, INBOX, Command
from agent_tui.domain.commands.fitting import Powers, fitting
from agent_tui.domain.commands.keys import KeySequence, bind, clashes, key_name, read_sequence
from agent_tui.domain.commands.table import COMMANDS, available, command
from agent_tui.domain.model import Channel


def test_default_keys_never_clash_within_a_scope():
    assert clashes(COMMANDS) == ()


def test_a_clash_would_be_found_even_where_one_key_begins_the_other():
    pair = (Command("one", ("g",), "One", (INBOX,)), Command("two", ("g i",), "Two", ANYWHERE))
    assert clashes(pair) == ("g i: one and two",)


def test_ids_are_unique_and_every_command_says_what_it_is():
    assert len({one.id for one in COMMANDS}) == len(COMMANDS)
    assert all(one.title and one.scopes and one.group for one in COMMANDS)


@pytest.mark.parametrize(
    ("name", "keys"),
    [("done", ("e",)), ("view.mine", ("g m",)), ("take", ("A",)), ("undo", ("z",)), ("page.next", ("space",)),
     ("filter", ("\\",)), ("delete", ("#",)), ("sync", ("ctrl+r",)), ("quit", ("ctrl+q",))],
)
def test_the_promised_default_keys(name, keys):
    assert command(name).keys == keys


def test_no_default_key_needs_alt_or_a_code_plain_terminals_cannot_send():
    for one in COMMANDS:
        for key in one.keys:
            assert "alt+" not in key, one.id
            assert key not in {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+["}, one.id


def test_a_command_without_a_handler_is_unbound_and_absent():
    handlers = frozenset({"do_done"})
    assert [one.id for one in available(INBOX, handlers)] == ["done"]
    assert list(bind(COMMANDS).table(INBOX, handlers)) == [("e",)]


def test_rebinding_replaces_the_default():
    keymap = bind(COMMANDS, {"done": ("d d", "f5")})
    table = keymap.table(INBOX)
    assert table["d", "d"].id == "done"
    assert table["f5",].id == "done"
    assert ("e",) not in table
    assert keymap.faults == ()


def test_unknown_commands_are_reported_with_the_nearest():
    assert bind(COMMANDS, {"snoze": ("b",)}).faults == ("keys.snoze: no such command; did you mean snooze?",)


def test_a_chosen_key_that_robs_another_command_is_reported():
    faults = bind(COMMANDS, {"done": ("a",)}).faults
    assert faults == ("keys.done: takes the only key of assign; give that one a key too",)


def test_two_chosen_bindings_that_clash_are_reported_and_the_first_keeps_the_key():
    keymap = bind(COMMANDS, {"done": ("f5",), "take": ("f5",)})
    assert keymap.faults == ("keys.take: 'f5' already belongs to done",)
    assert keymap.table(INBOX)["f5",].id == "done"


def test_an_empty_binding_unbinds():
    keymap = bind(COMMANDS, {"delete": ()})
    assert ("#",) not in keymap.table(INBOX)
    assert keymap.faults == ()


def test_key_names_are_what_people_write():
    assert key_name("slash", "/") == "/"
    assert key_name("G", "G") == "G"
    assert key_name("space", " ") == "space"
    assert key_name("ctrl+k", "\x0b") == "ctrl+k"
    assert read_sequence("g i") == ("g", "i")
    assert read_sequence("Esc") == ("escape",)


class TestSequences:
    table = bind(COMMANDS).table(INBOX)

    def test_a_single_key_is_found_at_once(self):
        assert KeySequence().feed("e", self.table).id == "done"

    def test_a_prefix_waits_for_the_next_key(self):
        keys = KeySequence()
        assert keys.feed("g", self.table) is True
        assert keys.pending == ("g",)
        assert keys.feed("m", self.table).id == "view.mine"
        assert keys.pending == ()

    def test_esc_drops_a_prefix_without_going_back(self):
        keys = KeySequence()
        keys.feed("g", self.table)
        assert keys.feed("escape", self.table) is True
        assert keys.pending == ()
        assert keys.feed("escape", self.table).id == "back"

    def test_a_wrong_second_key_does_nothing_rather_than_something_else(self):
        keys = KeySequence()
        keys.feed("g", self.table)
        assert keys.feed("e", self.table) is True
        assert keys.feed("e", self.table).id == "done"

    def test_a_key_without_meaning_is_not_used(self):
        assert KeySequence().feed("f9", self.table) is None


MAIL = Powers("support", Channel.EMAIL, public=False, held=frozenset({"reply", "state", "read"}))
FORUM = Powers("forum", Channel.COMMUNITY, public=True, held=frozenset({"reply", "solution", "moderate"}), waits="queued")


def names(*cases: Powers) -> set[str]:
    return {one.id for one in fitting(COMMANDS, cases)}


def test_what_a_case_does_not_allow_is_left_out() -> None:
    every = {one.id for one in COMMANDS}
    assert every - names(MAIL) == {"accept", "correct", "decline", "edit", "ignore", "move", "remove", "right", "solution"}
    assert every - names(FORUM) == {"edit", "forward", "ignore", "remove"}
    assert every - names(replace(FORUM, waits="reported")) == {"edit", "forward", "remove"}
    assert every - names(replace(FORUM, public=False, waits="")) == {
        "accept", "correct", "decline", "edit", "forward", "ignore", "remove", "right", "solution",
    }  # fmt: skip


def test_of_several_cases_what_one_allows_is_there() -> None:
    assert names(MAIL, FORUM) == names(MAIL) | names(FORUM)


def test_without_a_case_or_before_its_service_was_reached_nothing_is_left_out_for_it() -> None:
    assert names() == {one.id for one in COMMANDS}
    assert names(replace(MAIL, held=None)) >= {"reply", "edit", "remove"}


def test_what_the_server_never_gets_to_know_is_marked() -> None:
    helps = {one.id: one.help for one in fitting(COMMANDS, (MAIL,))}
    assert helps["star"].endswith("Stays on this computer: support has nothing like it.")
    assert "computer" not in helps["done"] + helps["reply"] + helps["search"]
