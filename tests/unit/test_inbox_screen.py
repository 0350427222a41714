"""The inbox by keys, over a desk in memory."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from agent_tui.app import Workstation
from agent_tui.domain.model import Address, CaseState, Channel, Priority
from agent_tui.screens import moving
from agent_tui.screens.inbox import InboxScreen
from agent_tui.widgets import width
from agent_tui.workspace import SourceSettings
from tests.fake_desk import HOUR, NOW, FakeDesk, make_case

width.install()


class Seat:
    """An app with a pilot, and short words for what tests look at."""

    def __init__(self, app, pilot):
        self.app, self.pilot, self.desk = app, pilot, app.desk

    @property
    def screen(self) -> InboxScreen:
        return self.app.screen

    @property
    def words(self) -> str:
        return self.screen.status.words[0]

    @property
    def here(self):
        return self.screen.list.case()

    async def press(self, *keys):
        await self.pilot.press(*keys)
        for _ in range(500):  # a busy machine may still have keys before it
            if self.app._message_queue.empty():
                break
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def type(self, text):
        await self.press(*({" ": "space", ":": "colon", "-": "minus"}.get(c, c) for c in text))

    def calls(self, name):
        return [call for call in self.desk.calls if call[0] == name]

    def text(self) -> str:
        return "\n".join("".join(s.text for s in strip) for strip in self.screen._compositor.render_strips())


def seat(size=(80, 24), **desk):
    """Run an app for one test."""

    class Context:
        async def __aenter__(self):
            self.app = Workstation(FakeDesk(**desk))
            self.context = self.app.run_test(size=size)
            pilot = await self.context.__aenter__()
            await pilot.pause()
            return Seat(self.app, pilot)

        async def __aexit__(self, *error):
            await self.context.__aexit__(*error)

    return Context()


async def test_the_promise_that_breaks_first_is_on_top_and_late_is_a_word():
    async with seat() as at:
        assert at.here.subject.startswith("Refund")
        assert "-50m late" in at.text()


async def test_from_120_columns_channels_are_named_and_below_that_lettered():
    async with seat(size=(120, 32)) as at:
        row = next(line for line in at.text().splitlines() if "kernel_panda" in line or "ಕಾವ್ಯ" in line)
        assert "community" in row
    async with seat() as at:
        assert "community" not in at.text()


async def test_only_cases_near_the_screen_are_read():
    async with seat(cases=3000) as at:
        at.screen.list.window.read.clear()
        await at.press("j", "j", "pagedown")
        assert max(at.screen.list.window.read) < 100


async def test_moving_the_cursor_paints_two_lines():
    async with seat() as at:
        painted = []
        original = at.screen.list.render_line
        at.screen.list.render_line = lambda y: (painted.append(y), original(y))[1]
        await at.press("j")
        assert set(painted) == {0, 1}


async def test_the_cursor_stays_on_its_case_when_another_comes_before_it():
    async with seat() as at:
        await at.press("j", "j", "j")
        before = at.here.id
        new = make_case(500, due_at=at.desk.clock - 9 * HOUR, version=7)
        at.desk.cases[new.id] = new
        at.desk.dirty.add("cache")
        at.app._beat()
        await at.pilot.pause()
        assert at.here.id == before
        assert at.screen.list.cursor == 4


async def test_what_the_engine_tells_of_is_shown_without_waiting_for_the_next_beat(monkeypatch):
    monkeypatch.setattr("agent_tui.app.POLL_SECONDS", 3600.0)
    async with seat() as at:
        new = make_case(500, subject="A kettle leaks", due_at=at.desk.clock - 9 * HOUR, version=7)

        async def told(event):
            await asyncio.to_thread(at.desk.engine.events, event)  # the link has a thread of its own
            await at.pilot.pause()

        at.desk.cases[new.id] = new
        at.desk.dirty.add("cache")
        await told({"event": "source", "name": "mail", "state": "pulling"})
        await told({"event": "changed", "cases": [500], "bulk": True})  # old mail by the hundred: the next beat will do
        assert at.app._look_soon is None
        assert "A kettle leaks" not in at.text()
        await told({"event": "changed", "cases": [500]})
        for _ in range(1000):
            if "A kettle leaks" in at.text():
                break
            await asyncio.sleep(0.01)
        assert "A kettle leaks" in at.text()


async def test_the_place_of_a_case_near_the_cursor_is_found_without_counting_the_view():
    async with seat(cases=300) as at:
        await at.press("pagedown", "j")
        here = at.here.id
        at.screen.list.window.index_of = lambda _case_id: pytest.fail("the store counted the view from its top")
        at.desk.dirty.add("cache")
        at.app._beat()
        assert at.here.id == here


async def test_done_goes_to_the_next_and_undo_brings_it_back_under_the_cursor():
    async with seat() as at:
        first = at.here.id
        await at.press("e")
        assert at.here.id != first
        assert at.desk.cases[first].state is CaseState.CLOSED
        assert at.words.startswith("Closed 1 case")
        await at.press("z")
        assert at.here.id == first


async def test_verbs_act_on_the_whole_selection():
    async with seat() as at:
        await at.press("x", "x", "x", "A")
        assert len(at.calls("take")[0][1]) == 3
        assert at.screen.list.selected == set()


async def test_a_tag_is_typed_and_completed():
    async with seat() as at:
        await at.press("t")
        await at.type("ref")
        await at.press("tab", "enter")
        assert "refund" in at.desk.cases[at.here.id].tags


async def test_a_snooze_that_makes_no_sense_keeps_the_question_open_and_says_why():
    async with seat() as at:
        await at.press("b")
        await at.type("soonish")
        await at.press("enter")
        assert "can't read" in at.screen.status.prompt.error
        await at.press("escape")
        assert at.calls("snooze") == []
        await at.press("b", "2", "h", "enter")
        assert at.calls("snooze")[0][-1] == at.desk.clock + 2 * HOUR


async def test_deleting_asks_and_any_other_key_says_no():
    async with seat() as at:
        await at.press("number_sign", "j")
        assert at.calls("delete") == []
        await at.press("number_sign", "y")
        assert len(at.calls("delete")) == 1


async def test_repeat_does_the_last_verb_again():
    async with seat() as at:
        await at.press("p", "u", "enter", "j", "full_stop")
        assert at.desk.cases[at.here.id].priority is Priority.URGENT
        assert len(at.calls("set_priority")) == 2


async def test_a_case_is_marked_read_when_it_is_opened_and_not_when_it_is_passed_over():
    async with seat(size=(140, 40)) as at:
        await at.press("j", "j")
        await asyncio.sleep(0.2)
        await at.pilot.pause()
        assert at.screen.reader.case.id == at.here.id, "the reading pane follows"
        assert at.calls("mark_read") == []
        await at.press("enter")
        await at.pilot.pause()
        assert at.calls("mark_read")[0][1] == (at.here.id,)


async def test_q_and_esc_go_back_and_never_quit():
    async with seat() as at:
        await at.press("enter")
        assert at.screen.reading
        await at.press("q", "q", "q", "escape")
        assert not at.screen.reading
        assert at.app.is_running


async def test_views_by_letters_and_numbers_and_a_pending_prefix_is_shown():
    async with seat() as at:
        await at.press("g")
        assert at.screen.status.pending == "g"
        await at.press("m")
        assert at.screen.view == "mine"
        assert all(case.assignee == at.desk.me for case in at.screen.cases_shown())
        await at.press("3")
        assert at.screen.view == "unassigned"


async def test_the_filter_narrows_while_typing_and_esc_gives_the_list_back():
    async with seat() as at:
        await at.press("backslash")
        await at.type("invoice")
        assert 0 < len(at.screen.list.window) < 40
        await at.press("escape")
        assert len(at.screen.list.window) == 40


async def test_a_filter_that_cannot_be_read_says_so_and_keeps_the_last_list():
    async with seat() as at:
        await at.press("backslash", "quotation_mark")
        assert "never closed" in at.screen.status.prompt.error
        assert len(at.screen.list.window) == 40


async def test_done_while_reading_opens_the_next_case():
    async with seat() as at:
        await at.press("enter")
        first = at.screen.reader.case.id
        await at.press("e")
        assert at.screen.reading
        assert at.screen.reader.case.id == at.here.id != first


async def test_the_command_line_runs_a_verb_by_name_and_knows_near_misses():
    async with seat() as at:
        await at.press("colon")
        await at.type("tag vip")
        await at.press("enter")
        assert "vip" in at.desk.cases[at.here.id].tags
        await at.press("colon")
        await at.type("snoze")
        await at.press("enter")
        assert "did you mean snooze" in at.screen.status.prompt.error


async def test_an_error_of_the_desk_becomes_words_and_nothing_is_lost():
    async with seat() as at:
        def broken(_ids):
            raise ValueError("the disk is full")

        at.desk.done = broken
        await at.press("e")
        assert at.words == "the disk is full"
        assert at.app.is_running


async def test_keys_of_verbs_without_a_screen_do_nothing():
    async with seat() as at:
        assert ("W",) not in at.app.keymap.table("inbox", InboxScreen.HANDLERS)
        await at.press("P", "W")
        assert at.words == ""


async def test_a_faulty_binding_is_reported_on_the_screen():
    desk = FakeDesk()
    from dataclasses import replace

    desk.workspace = replace(desk.workspace, keys={"snoze": ("b",)})
    app = Workstation(desk)
    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        assert "did you mean snooze" in app.screen.status.words[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 30), (140, 40), (200, 50), (60, 12)])
async def test_every_line_is_exactly_as_wide_as_the_screen(size):
    async with seat(size=size) as at:
        for keys in (["j"], ["enter"], ["Q", "H"], ["q"]):
            await at.press(*keys)
            await asyncio.sleep(0.15)
            await at.pilot.pause()
            strips = at.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {size[0]}
            assert {sum(width.cells(s.text) for s in strip) for strip in strips} == {size[0]}


def test_quitting_says_what_is_still_on_its_way_and_until_when():
    from types import SimpleNamespace

    from agent_tui.domain.operations import OperationState
    from agent_tui.screens.base import remaining

    desk = FakeDesk()
    assert remaining(desk, ZoneInfo("UTC")) == ""
    held = SimpleNamespace(state=OperationState.HELD, kind="reply", held_until=desk.clock + 600_000)
    queued = SimpleNamespace(state=OperationState.QUEUED, kind="tag", held_until=None)
    desk.outbox = lambda: (held, queued)
    assert remaining(desk, ZoneInfo("UTC")) == (
        "1 message and 1 change still on the way, held until 03:43; agent-tui sync delivers them.")


def held_chats(desk: FakeDesk, *numbers: int) -> tuple:
    """Cases of the fake desk as chats of mine."""
    return tuple(
        replace(desk.cases[one], channel=Channel.CHAT, assignee=desk.me, waiting_since=NOW - one * 1000, state=CaseState.OPEN)
        for one in numbers
    )


async def test_the_strip_shows_my_chats_and_takes_no_line_while_there_are_none():
    async with seat() as s:
        assert not s.screen.strip.display
        s.desk.live, s.desk.queue = held_chats(s.desk, *list(s.desk.cases)[:3]), 2
        s.screen.changed(frozenset({"cache"}))
        await s.pilot.pause()
        line = s.text().splitlines()[-2]
        assert [f" {n} " in line for n in (1, 2, 3)] == [True] * 3
        assert "2 more wait, 3 are enough" in line


def silent_chats(desk: FakeDesk, *minutes: int) -> tuple:
    """Chats of mine in which our message has been last for so long."""
    return tuple(
        replace(one, waiting_since=None, state=CaseState.WAITING, due_at=None, updated_at=desk.clock - length * 60_000)
        for one, length in zip(held_chats(desk, *list(desk.cases)), minutes, strict=False)
    )


async def test_a_chat_that_has_gone_silent_is_said_once_and_stays_marked():
    async with seat() as s:
        s.desk.live = silent_chats(s.desk, 4, 2)
        s.screen.changed(frozenset({"cache"}))
        s.screen.second()
        assert "silent" not in s.words
        s.desk.clock += 60_000
        s.screen.second()
        who = s.desk.live[0].customer.label
        assert s.words == f"{who}: silent for 5m; ' i goes there"
        await s.pilot.pause()
        assert "idle 5m" in s.text().splitlines()[-2]
        s.screen.say("")
        s.screen.second()
        assert s.words == ""
        s.desk.clock += 2 * 60_000
        s.screen.second()
        assert s.words.startswith(s.desk.live[1].customer.label)


async def test_what_is_being_said_is_not_replaced_by_a_silence():
    async with seat() as s:
        s.desk.live = silent_chats(s.desk, 9)
        s.screen.changed(frozenset({"cache"}))
        s.screen.say("Something else")
        s.screen.second()
        assert s.words == "Something else"
        s.screen.say("")
        s.screen.second()
        assert "silent for 9m" in s.words


async def test_the_idle_chat_is_one_key_away():
    async with seat() as s:
        went = []
        s.screen.go_to_chat = went.append
        await s.press("'", "i")
        assert s.words == "No chat of yours is idle"
        s.desk.live = silent_chats(s.desk, 3, 7, 12)
        await s.press("'", "i")
        assert went == [s.desk.live[2].id]
        s.screen.case_at_hand = lambda: s.desk.live[2].id
        await s.press("'", "i")
        assert went[-1] == s.desk.live[1].id


async def test_at_80_columns_every_one_of_five_chats_is_on_the_strip():
    async with seat() as s:
        s.desk.live = held_chats(s.desk, *list(s.desk.cases)[:5])
        s.screen.changed(frozenset({"cache"}))
        await s.pilot.pause()
        assert len(s.screen.strip._spans) == 5


async def test_done_and_next_passes_over_new_chats_while_enough_are_held_and_says_so():
    async with seat() as s:
        _first, second, third, fourth = (s.screen.list.window.row(place).id for place in range(4))
        for one in (second, third):
            s.desk.cases[one] = replace(s.desk.cases[one], channel=Channel.CHAT, assignee=None, state=CaseState.NEW)
        s.desk.cases[fourth] = replace(s.desk.cases[fourth], channel=Channel.EMAIL)
        s.desk.live = held_chats(s.desk, *list(s.desk.cases)[-3:])
        s.screen.changed(frozenset({"cache"}))
        await s.press("e")
        assert s.here.id == fourth
        assert "passed over 2 new chats: 3 at once are enough" in s.words
        s.desk.live = s.desk.live[:2]
        await s.press("z", "g", "g")
        s.screen.changed(frozenset({"cache"}))
        await s.press("e")
        assert s.here.id == second
        assert "passed over" not in s.words


async def test_a_chat_that_does_not_exist_is_said_to():
    async with seat() as s:
        await s.press("apostrophe", "4")
        assert "There is no chat 4" in s.words
        await s.press("f2")
        assert "You hold no chat" in s.words


async def test_an_empty_list_stops_saying_that_nothing_was_fetched_as_soon_as_something_was():
    async with seat(cases=0) as s:
        s.desk.workspace = replace(s.desk.workspace, sources=(SourceSettings(name="mail", type="imap", channel=Channel.EMAIL),))
        s.screen.go_view("inbox")
        await s.pilot.pause()
        assert "Nothing has been fetched yet." in s.text()
        case = make_case(1)
        s.desk.cases[case.id] = replace(case, state=CaseState.CLOSED)
        s.screen.changed(frozenset({"cache"}))
        await s.pilot.pause()
        assert "Every promise is kept." in s.text()


@pytest.mark.parametrize("policies", [False, True])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (139, 40), (140, 40), (200, 50)])
async def test_the_first_frame_knows_where_the_list_will_stand(size, policies, monkeypatch):
    from agent_tui.widgets.arrangement import places

    monkeypatch.setattr(FakeDesk, "has_policies", lambda _self: policies)
    async with seat(size=size) as s:
        shown, told = s.screen.list.region, places(*size, policies=policies)
        assert (shown.x, shown.y, shown.width, shown.height) == (told.list_left, told.list_top, told.list_width, told.list_height)


def waiting_reply(desk: FakeDesk, case: int, number: int = 31):
    operation = SimpleNamespace(to=(Address("Rina Das", "rina@example.com"),))
    desk.waits.append((SimpleNamespace(id=number, case=case, operation=operation, not_before=NOW + 2 * HOUR), "you closed the case"))


@pytest.mark.parametrize(
    ("key", "call", "said"),
    [("y", ("cancel", 31), "Taken back"), ("n", ("let_go", 31), "It goes out"), ("x", None, "")],
)
async def test_closing_a_case_asks_about_the_reply_that_waits_for_its_time(key, call, said):
    async with seat() as at:
        waiting_reply(at.desk, at.here.id)
        await at.press("e")
        assert "A reply to Rina Das goes out" in at.text()
        await at.press(key)
        assert at.screen.status.prompt is None
        assert said in at.words
        assert [one for one in at.desk.calls if one[0] in {"cancel", "let_go"}] == ([call] if call else [])


async def test_a_verb_on_another_case_asks_nothing():
    async with seat() as at:
        waiting_reply(at.desk, at.here.id)
        await at.press("j", "e")
        assert at.screen.status.prompt is None


@pytest.mark.parametrize("key", ["question_mark", "slash", "g o"])
async def test_a_screen_that_has_just_come_says_how_the_servers_are(key):
    async with seat() as s:
        assert "not syncing" in s.screen.status.standing[0]
        await s.press(*key.split())
        assert not isinstance(s.screen, InboxScreen)
        assert "not syncing" in s.screen.status.standing[0]
        s.desk.engine.state = "connecting"
        s.app.screen.dismiss(None)
        await s.pilot.pause()
        assert isinstance(s.screen, InboxScreen)
        assert "connecting" in s.screen.status.standing[0]


class Slow:
    """A narrowed list whose first case is found only after some slices."""

    def __init__(self, window, slices):
        self._window, self._left = window, slices

    @property
    def counting(self):
        return self._left > 0

    def __len__(self):
        return 0 if self._left else len(self._window)

    def count_on(self):
        self._left -= 1

    def reach(self, index): ...

    def row(self, index):
        return self._window.row(index)

    def index_of(self, case_id):
        return None if self._left else self._window.index_of(case_id)

    def refresh(self):
        return False

    more = counting


async def test_the_key_after_a_filter_means_the_first_case_that_it_finds(monkeypatch):
    monkeypatch.setattr(moving, "FIRST_WITHIN", 60)
    async with seat() as s:
        whole = s.desk.window
        s.desk.window = lambda view, query="": Slow(whole(view, query), 20) if query else whole(view, query)
        await s.pilot.press("backslash", *"order", "enter", "enter")
        await s.pilot.pause()
        assert s.words == ""
        assert s.screen.reading
