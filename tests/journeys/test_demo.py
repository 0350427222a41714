"""Days of an agent on mailbox, live chat and forum together, by keys, on the demo's servers.

Those servers are part of this project; the days on real ones are in the other modules here.
"""

from __future__ import annotations

from tests.journeys.terminal import Terminal, until

CHAT, TOPIC = "C2388", "642"
CHAT_SUBJECT, TOPIC_SUBJECT = "Moving to the Tree plan", "Sending mail times out"


def narrow(terminal: Terminal, words: str) -> None:
    """Only the one case that these words find."""
    terminal.press("\\")
    terminal.sees("filter")
    terminal.type(words)
    terminal.press("enter")
    terminal.sees(f"filter {words}  1 of 1 ")  # the index may still be on its way there


def open_case(terminal: Terminal, subject: str) -> None:
    """Read the one case of this subject."""
    narrow(terminal, f"subject:{subject.split()[0].lower()} {subject.split()[-1]}")
    terminal.press("enter")
    terminal.sees("message ")


def back_to_inbox(terminal: Terminal) -> None:
    terminal.press("escape", "escape", "g", "i")
    terminal.sees("Gordon Pike")


def test_a_newcomer_is_led_through_ten_keys_and_finds_the_way_to_the_rest(week):
    scene = week(undo="15s")
    terminal = scene.open(size=(100, 30))
    terminal.sees("Start here: ten keys", "try 1/10 j k")
    terminal.press("j", "k")
    terminal.sees("try 2/10 enter")
    terminal.press("enter")
    terminal.sees("You are Asha", "try 3/10 r")
    terminal.press("r")
    terminal.sees("try 4/10 ^t")
    terminal.press("ctrl+t")
    terminal.sees("enter inserts")
    terminal.press("escape")
    terminal.sees("try 5/10 ^s")
    terminal.type("Hello Robin.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    terminal.sees("Held")
    terminal.press("z")
    terminal.sees("its text is a draft again")
    until(lambda: scene.drafts() == [("reply", "Hello Robin.")], "the text back", told=lambda: str(scene.drafts()))
    terminal.press("escape")
    terminal.sees("try 7/10 e")
    terminal.press("e", "b")
    terminal.sees("snooze until")
    terminal.type("2h")
    terminal.press("enter")
    terminal.sees("Snoozed 1 case")
    terminal.press("j")
    terminal.sees("try 9/10 n")
    terminal.press("n")
    terminal.sees("only colleagues see it")
    terminal.press("escape")
    terminal.sees("try 10/10 /")
    terminal.press("/", "escape")
    terminal.loses("try 10/10")
    terminal.press("?")
    terminal.sees("Keys: inbox", "never quits")
    terminal.close()
    assert "try " not in scene.open(size=(100, 30), people=("Dana Whitlock",)).text


def test_every_row_names_its_channel_in_words_where_there_is_room(week):
    scene = week()
    scene.open(size=(140, 40)).sees("●  email ", "●  chat ", "●  community ")
    small = scene.open(size=(80, 24))
    assert "community" not in small.text


def test_in_a_chat_enter_sends_once_and_what_comes_meanwhile_disturbs_nothing(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("One mome")
    scene.server.customer_writes("chat", CHAT, "Are you still there?")
    terminal.sees("Are you still there?")
    terminal.type("nt, Dana.")
    terminal.sees("One moment, Dana.")
    terminal.press("enter")
    until(lambda: "One moment, Dana." in scene.texts("chat", CHAT), "the words at the server")
    terminal.type("It is done now.")
    terminal.press("enter")
    until(lambda: scene.texts("chat", CHAT)[-2:] == ["One moment, Dana.", "It is done now."], "both, in their order")
    until(lambda: scene.states() == ["sent", "sent"], "sent")
    assert scene.texts("chat", CHAT).count("One moment, Dana.") == 1


def test_a_note_reaches_colleagues_and_never_the_customer(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("For Dana")
    terminal.press("ctrl+n")
    terminal.sees("only colleagues see it")
    terminal.type("She is about to leave.")
    terminal.press("enter")  # a new line: in a note enter never sends
    terminal.type("Be kind.")
    terminal.press("ctrl+s")
    terminal.sees("add")
    terminal.press("y")
    (note,) = until(lambda: [one for one in scene.kept("chat", CHAT) if "about to leave" in one.text], "the note")
    assert note.visibility == "note"
    assert note.text == "She is about to leave.\nBe kind."
    assert scene.drafts() == [("reply", "For Dana")]
    assert [one for one in scene.kept("chat", CHAT) if one.visibility != "note" and "leave" in one.text] == []


def test_an_answer_in_the_forum_says_that_it_is_public_and_peers_are_told_apart(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, TOPIC_SUBJECT)
    terminal.sees("old_postmaster", "public")
    terminal.press("r")
    terminal.sees("PUBLIC, anybody can read it")
    terminal.type("old_postmaster is right: port 587, with STARTTLS.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    (answer,) = until(lambda: [one for one in scene.kept("forum", TOPIC) if one.direction == "out"], "the answer")
    assert answer.visibility == "public"
    assert answer.text.startswith("old_postmaster is right")
    until(lambda: scene.states() == ["sent"], "sent")


def test_a_snoozed_case_comes_back_when_its_time_has_come(week):
    scene = week()
    terminal = scene.open()
    narrow(terminal, "subject:twelve")
    terminal.press("b")
    terminal.sees("snooze until")
    terminal.type("3s")
    terminal.press("enter")
    terminal.loses("Quote for twelve boxes")
    terminal.sees("Nothing here matches")
    terminal.sees("Quote for twelve boxes")  # by itself


def test_triage_of_several_cases_reaches_the_services_and_is_taken_back_as_one(week):
    scene = week()
    terminal = scene.open()
    terminal.press("\\")
    terminal.type("source:live-chat state:new")
    terminal.press("enter")
    terminal.loses("Gordon Pike")
    open_before = {one for one in ("C2389", "C2390", "C2391", "C2392", "C2393") if scene.server.talk("chat", one).state == "open"}
    terminal.press("X")
    terminal.sees("selected")
    terminal.press("t")
    terminal.sees("tag 5 cases")
    terminal.type("morning")
    terminal.press("enter")
    until(lambda: all("morning" in scene.server.talk("chat", one).tags for one in open_before), "the tag at the server")
    terminal.press("X", "e")
    terminal.sees("Closed 5 cases")
    until(lambda: all(scene.server.talk("chat", one).state == "closed" for one in open_before), "closed at the server")
    terminal.press("z")
    until(lambda: all(scene.server.talk("chat", one).state == "open" for one in open_before), "open again")
    terminal.press("z")
    until(lambda: not any("morning" in scene.server.talk("chat", one).tags for one in open_before), "the tag off again")
    terminal.press("Z")
    until(lambda: all("morning" in scene.server.talk("chat", one).tags for one in open_before), "and on again")


def test_two_mails_are_merged_and_parted_again(week):
    scene = week()
    first = scene.server.customer_writes("mailbox", text="Where is it?", name="Ines Roth", address="ines@post.example", subject="Order TW-1")
    scene.server.customer_writes("mailbox", text="I found your mail.", name="Ines Roth", address="ines@post.example", subject="AW: Order TW-1")
    terminal = scene.open()
    narrow(terminal, "from:ines subject:aw")
    terminal.press("enter")
    terminal.sees("perhaps the same as")
    terminal.press("M")
    terminal.sees("merge into case")
    terminal.press("tab", "enter")
    terminal.sees("Merged into")
    terminal.press("escape", "escape")
    narrow(terminal, "from:ines")
    terminal.press("enter")
    terminal.sees("Where is it?", "I found your mail.", "of 2")
    terminal.press("z")
    terminal.sees("Undone")
    terminal.press("escape", "g", "i", "\\")
    terminal.type("from:ines")
    terminal.press("enter")
    terminal.sees("1 of 2")
    assert scene.server.messages("mailbox", first.conversation)[-1].text == "Where is it?"  # nothing of it reached the server


def test_a_service_that_is_away_gets_everything_once_when_it_is_back(week):
    scene = week()
    terminal = scene.open()
    scene.server.go_offline("chat")
    narrow(terminal, "subject:moving plan")
    terminal.press("t")
    terminal.sees("tag:")
    terminal.type("later")
    terminal.press("enter", "enter", "r")
    terminal.sees("REPLY")
    terminal.type("Soon, Dana.")
    terminal.press("enter")
    terminal.sees("On its way")
    terminal.press("escape")
    terminal.sees("not reached")
    assert "Soon, Dana." not in scene.texts("chat", CHAT)
    scene.server.come_back()
    terminal.press("ctrl+r")
    until(lambda: scene.texts("chat", CHAT).count("Soon, Dana.") == 1, "the words at the server")
    until(lambda: "later" in scene.server.talk("chat", CHAT).tags, "the tag at the server")
    until(lambda: scene.states() == ["sent"], "sent")
    assert scene.texts("chat", CHAT).count("Soon, Dana.") == 1


def test_an_answer_that_was_lost_is_looked_for_and_never_repeated(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, CHAT_SUBJECT)
    scene.server.cut_after_commit("reply", service="chat")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("Done, Dana.")
    terminal.press("enter")
    until(lambda: scene.states() == ["sent"], "found", told=lambda: str(scene.states()))
    scene.server.cut_before_commit("reply", service="chat")
    terminal.type("Anything else?")
    terminal.press("enter")
    until(lambda: scene.states() == ["sent", "sent"], "sent after it was looked for", told=lambda: str(scene.states()))
    assert scene.texts("chat", CHAT)[-2:] == ["Done, Dana.", "Anything else?"]


def test_a_colleague_who_was_quicker_stops_a_held_answer(week):
    scene = week(undo="5s")
    terminal = scene.open()
    open_case(terminal, TOPIC_SUBJECT)
    terminal.press("r")
    terminal.sees("PUBLIC")
    terminal.type("Port 587.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    until(lambda: scene.states() == ["held"], "held")
    scene.server.colleague_answers("forum", TOPIC, "Please use port 587.")
    until(lambda: scene.states() == ["conflict"], "asked about", told=lambda: str(scene.states()))
    terminal.press("g", "o")
    terminal.sees("colleague", "answered")
    terminal.press("x")
    until(lambda: [text for kind, text in scene.drafts() if kind == "reply"] == ["Port 587."], "the text back")
    assert scene.texts("forum", TOPIC) == ["Please use port 587."]


def test_killed_programs_keep_each_text_with_its_case_and_send_nothing_twice(week):
    scene = week(undo="3s")
    terminal = scene.open()
    open_case(terminal, TOPIC_SUBJECT)
    terminal.press("r")
    terminal.sees("PUBLIC")
    terminal.type("For the forum")
    terminal.press("escape")
    terminal.sees("Draft kept")
    back_to_inbox(terminal)
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("For the chat")
    until(lambda: len(scene.drafts()) == 2, "both on disk")
    until(lambda: scene.drafts()[1][1] == "For the chat", "all of it on disk")
    terminal.kill()

    terminal = scene.open()
    open_case(terminal, TOPIC_SUBJECT)
    terminal.press("r")
    terminal.sees("For the forum")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    until(lambda: scene.states() == ["held"], "held")
    scene.kill_engine()
    until(lambda: len(scene.texts("forum", TOPIC)) == 1, "one answer")
    until(lambda: scene.states() == ["sent"], "sent")
    scene.kill_engine()
    until(scene.engine, "another engine")
    back_to_inbox(terminal)
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("r")
    terminal.sees("For the chat")
    assert scene.texts("forum", TOPIC) == ["For the forum\n\nAsha, Tamarind Works"] or scene.texts("forum", TOPIC) == ["For the forum"]
    assert "For the chat" not in scene.texts("chat", CHAT)


def test_search_finds_every_script_in_every_service(week):
    scene = week()
    terminal = scene.open()
    for words, name in (("ಪಾರ್ಸೆಲ್ ಎಲ್ಲಿದೆ", "ಪಲ್ಲವಿ"), ("ਆਰਡਰ ਨਹੀਂ", "ਮਨਪ੍ਰੀਤ"), ("মেইল ঢুকছে", "মিতালি"), ("shipping davao", "batang_davao")):
        terminal.press("/")
        terminal.type(words)
        terminal.sees(name)
        terminal.press("escape", "escape", "escape")
        terminal.sees("Gordon Pike")


def take(terminal: Terminal, *subjects: str) -> None:
    """Take these chats."""
    for subject in subjects:
        narrow(terminal, subject)
        terminal.press("A")
        terminal.sees("Assigned to")
        terminal.press("escape")
        terminal.sees("Gordon Pike")


def test_three_chats_are_held_at_once_and_each_keeps_its_own_text(week):
    scene = week()
    terminal = scene.open()
    terminal.sees("1 Dana Whitlock")  # she is Asha's already
    take(terminal, "subject:box start source:live-chat", "from:rahul")
    terminal.sees("2 Imelda Cruz", "3 राहुल")
    terminal.press("'", "1")
    terminal.sees("Hi! If I change from Leaf")
    terminal.type("For Dana")
    terminal.press("f2")
    terminal.loses("Hi! If I change from Leaf")
    terminal.type("For the second")
    terminal.press("f2")
    terminal.loses("For the second")
    terminal.type("For the third")
    scene.server.customer_writes("chat", CHAT, "Hello?")
    terminal.sees("1 Dana Whitlock 2")
    terminal.sees("For the third")
    terminal.press("f3", "f3", "f3")
    terminal.sees("For the third")
    until(lambda: sorted(text for _, text in scene.drafts()) == ["For Dana", "For the second", "For the third"], "three drafts")
    terminal.press("escape")
    terminal.press("'", "1")
    terminal.sees("For Dana", "Hello?")
    terminal.type(", at once.")
    terminal.press("enter")
    until(lambda: scene.texts("chat", CHAT)[-1] == "For Dana, at once.", "the words at the server")
    assert sorted(text for _, text in scene.drafts()) == ["For the second", "For the third"]
    assert not any("For the" in text for one in ("C2391", "C2392") for text in scene.texts("chat", one))


def test_whoever_answers_a_chat_that_nobody_holds_holds_it(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, "Box start source:live-chat")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("Good morning, Imelda.")
    terminal.press("enter")
    terminal.sees("2 Imelda Cruz")
    until(lambda: scene.server.talk("chat", "C2391").assignee == "help@tamarind.example", "taken at the server")


def test_a_chat_goes_on_by_mail_as_one_case(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("V")
    terminal.sees("go on by e-mail with dana@whitlockpottery.example")
    terminal.press("enter")
    terminal.sees("GO ON IN PRIVATE", "Until now, in the chat", "If I change from Leaf to Tree")
    terminal.press("up", "up", "up", "up")
    terminal.type("All of it, in writing.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")

    def arrived():
        return [one for one in scene.server.messages("mailbox") if "All of it, in writing." in one.text]

    (mail,) = until(arrived, "the mail at the server")
    assert mail.to == ("dana@whitlockpottery.example",)
    assert "If I change from Leaf to Tree" in mail.text
    until(lambda: scene.states() == ["sent"], "sent")
    scene.server.customer_writes("mailbox", mail.conversation, "Thank you, that helps.")
    terminal.press("escape", "escape", "g", "i")
    narrow(terminal, "subject:moving plan")
    terminal.press("enter")
    terminal.sees("If I change from Leaf to Tree", "Thank you, that helps.")
    terminal.press("r")
    terminal.sees("by email, private")


def test_a_terminal_that_is_gone_ends_the_program_and_keeps_the_text(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, CHAT_SUBJECT)
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("The train goes into a tunn")
    terminal.sees("into a tunn")
    terminal.hang_up()
    assert terminal.ended() == 129
    assert scene.drafts() == [("reply", "The train goes into a tunn")]
    until(lambda: not scene.engine(), "the engine ends too", seconds=30)


def test_a_canned_reply_is_sent_and_its_case_closed_within_eight_keys_beside_the_facts(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, "WHERE 48213")
    keys: list[str] = []

    def press(key: str) -> None:
        keys.append(key)
        terminal.press(key)

    press("r")
    terminal.sees("REPLY")
    press("ctrl+t")
    terminal.sees("late-parcel", "Hello Gordon,")
    press("enter")
    terminal.sees("Facts of this case", "TW-48213")
    press("enter")  # the fact that stands in the case
    terminal.sees("order TW-48213 should", "trace number: type over it")
    terminal.type("RX-17")  # a fact that nobody but the agent has
    press("ctrl+s")
    terminal.sees("% own words", "and done", "tag +trace")
    press("e")
    until(lambda: scene.states() == ["sent"], "sent")
    until(lambda: scene.states("state") == ["done"], "closed, once it was sent")
    ((body,),) = scene.rows("SELECT body FROM operations WHERE kind = 'reply'")
    assert "I am sorry: order TW-48213 should have been with you by now. I have opened a trace with the courier, number RX-17." in body
    assert scene.rows("SELECT state FROM cases WHERE subject LIKE 'WHERE%'", file="cache.db") == [("closed",)]
    assert len(keys) <= 8, keys
    assert keys == ["r", "ctrl+t", "enter", "enter", "ctrl+s", "e"]
