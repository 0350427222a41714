"""A live chat by keys, on a real homeserver: a second client plays the customer."""

from __future__ import annotations

import pytest

from tests.journeys.terminal import until

pytestmark = pytest.mark.server("matrix")


def reply(terminal, text: str) -> None:
    """Write to the case under the cursor, and send."""
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type(text)
    terminal.press("enter")


def sent(scene, count: int) -> None:
    until(lambda: scene.states() == ["sent"] * count, f"{count} sent", told=lambda: str(scene.states()))


def test_a_customer_writes_and_is_answered_with_the_engine_ended_in_between(chat):
    scene = chat()
    robin, room = scene.enters()
    terminal = scene.open()
    terminal.sees("up to date")
    robin.says(room, "My kettle leaks. আমার কেটলি ফুটো হয়ে গেছে।")
    terminal.sees("Robin Bell", "My kettle leaks")  # by itself
    terminal.press("enter")
    terminal.sees("আমার কেটলি")
    until(lambda: scene.agent.user_id in str(robin.syncs()), "a receipt of what was read")
    reply(terminal, "A new gasket is on its way.")
    assert scene.answers(robin, room) == ["A new gasket is on its way."]
    sent(scene, 1)

    killed = scene.kill_engine()
    robin.says(room, "Thank you! When will it come?")
    terminal.sees("When will it come?")  # the workstation has started another engine
    assert scene.engine() not in (0, killed)
    devices = scene.agent.call("GET", "/devices")["devices"]
    assert len([one for one in devices if one["device_id"].startswith("AGENTTUI")]) == 1


def test_an_engine_killed_between_post_and_acknowledgement_sends_one_copy(chat):
    scene = chat()
    robin, room = scene.enters()
    robin.says(room, "My kettle leaks.")
    terminal = scene.open()
    terminal.sees("Robin Bell", "up to date")
    terminal.press("enter")
    terminal.sees("My kettle leaks.")
    proxy = scene.cable.proxies["http"]
    proxy.sent_up.clear()
    proxy.stall_instead = True
    proxy.swallow_after = b'"last":true'  # the homeserver has it, and its answer never comes
    reply(terminal, "A new gasket is on its way.")
    assert scene.answers(robin, room) == ["A new gasket is on its way."]
    assert scene.states() == ["sending"]
    proxy.swallow_after, proxy.stall_instead = b"", False
    scene.kill_engine()
    sent(scene, 1)
    robin.says(room, "Thank you!")
    terminal.sees("Thank you!")
    assert scene.answers(robin, room) == ["A new gasket is on its way."]
    assert scene.drafts() in ([], [""])


def test_an_encrypted_room_says_so_and_gives_the_text_back(chat):
    scene = chat()
    robin = scene.server.person("robin", shown="Robin Bell")
    room = robin.creates(scene.agent.user_id, name="Secret", encrypted=True)
    scene.agent.joins(room)
    robin.sends(room, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEo"}, kind="m.room.encrypted")
    terminal = scene.open()
    terminal.sees("Robin Bell")
    terminal.press("enter")
    terminal.sees("end-to-end encrypted")
    reply(terminal, "Hello there")
    until(lambda: scene.states() == ["failed"], "the reply refused", told=lambda: str(scene.states()))
    until(lambda: scene.drafts() == ["Hello there"], "its text given back", told=lambda: str(scene.drafts()))
    assert robin.events(room) == []


def test_an_invitation_is_accepted_and_another_declined(chat):
    scene = chat()
    robin = scene.server.person("robin", shown="Robin Bell")
    kettle = robin.creates(scene.agent.user_id, name="Broken kettle")
    terminal = scene.open()
    terminal.sees("Broken kettle", "invites us")
    terminal.press(":")
    terminal.type("accept")
    terminal.press("enter")
    until(lambda: scene.agent.call("GET", "/joined_rooms")["joined_rooms"] == [kettle], "coming into the room")
    robin.says(kettle, "It leaks.")
    terminal.sees("It leaks.")
    (known,) = [one["id"] for one in scene.command("list") if one["subject"] == "Broken kettle"]
    scene.command("do", known, "accept", status=2)  # it is no invitation any more
    spam = scene.server.person("mallory", shown="Mallory").creates(scene.agent.user_id, name="Cheap watches")
    (code,) = until(
        lambda: [one["id"] for one in scene.command("list") if one["subject"] == "Cheap watches"], "the second invitation"
    )
    scene.command("do", code, "decline")
    terminal.loses("Cheap watches")
    assert spam not in scene.agent.call("GET", "/joined_rooms")["joined_rooms"]
