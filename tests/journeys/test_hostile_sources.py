"""What strangers and servers write never steers the terminal, whichever service it comes by: real ones, and simulated ones.

As ``test_hostile``, over the sources themselves: every field that a customer can fill at each service holds attacks, and so do
the words with which servers refuse. What the engine, commands and the workstation print of it is recorded, byte for byte.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.attacks import ATTACKS, HOSTILE, SUBJECT, looked_at, on_a_terminal, quoted
from tests.journeys.chat_scene import ChatScene
from tests.journeys.forum_scene import forum_scene
from tests.journeys.nodebb_scene import nodebb_scene
from tests.journeys.scene import Scene
from tests.journeys.social_scene import SocialScene
from tests.journeys.terminal import Terminal, workstation
from tests.journeys.workplace import Workplace
from tests.servers.chatwoot import Chatwoot
from tests.servers.http_server import HttpServer, as_json

pytestmark = pytest.mark.timeout(400)
PATIENCE_S = 90
NO_NULL = HOSTILE.replace("\0", "")
IN_A_LINE = re.sub(r"[\0\r\n]", "", HOSTILE)
CHATWOOT = """
[[source]]
name = "desk"
type = "chatwoot"
url = "{url}"
account = {account}
promise = {{ first_reply = "6h" }}
undo = "0s"
"""
LIES = """
[[source]]
name = "chat"
type = "matrix"
url = "{url}"
username = "@support:example.com"

[[source]]
name = "desk"
type = "chatwoot"
url = "{url}"
account = 1

[[source]]
name = "forum"
type = "discourse"
url = "{url}"
username = "support"

[[source]]
name = "community"
type = "nodebb"
url = "{url}"
username = "support"

[[source]]
name = "social"
type = "bluesky"
url = "{url}"
handle = "support.example.com"

[[source]]
name = "post"
type = "imap"
address = "support@example.com"
imap = "imap+insecure://127.0.0.1:{imap}"
username = "support"
"""
LIED_TO = ("chat", "desk", "forum", "community", "social", "post")


def looked_over(place: Workplace) -> bytes:
    """Fetch, and print everything in every way; every byte that came to the terminal."""
    raw = on_a_terminal(place.path, "sync", env=place.env)
    for command in (("list",), ("search", "zebra"), ("source", "list")):
        raw += on_a_terminal(place.path, *command)
    for one in place.command("list"):
        raw += on_a_terminal(place.path, "show", one["id"])
        raw += on_a_terminal(place.path, "person", one["id"])
        raw += on_a_terminal(place.path, "export", one["id"], "--format", "md")
    with offline(place) as program:
        program.press("enter")
        program.sees("message ", seconds=PATIENCE_S)
        program.press("H", "Q", "O", "escape", "L", "escape", "r", "escape", "u", "g", "o", "g", "i", "?", "escape")
        raw += bytes(program.raw)
    assert b"Zebra" in raw
    return raw


@contextlib.contextmanager
def offline(place: Workplace) -> Iterator[Terminal]:
    """The workstation without an engine, until it is left; all that it sent to the terminal is looked at."""
    program = workstation(place.path, "--offline", size=(120, 40))
    try:
        program.sees("offline", seconds=PATIENCE_S)
        yield program
        program.press("ctrl+q")
        program.ended(PATIENCE_S)
        looked_at(bytes(program.raw))
    finally:
        program.close()


def refused(place: Workplace, tmp_path: Path) -> None:
    """A reply whose refusal comes in such words: said by the sync, in the outbox, and beside the text that came back."""
    (tmp_path / "words.txt").write_text("It left today.\n", encoding="utf-8")
    code = place.command("list")[0]["id"]
    place.command("reply", code, "--text-file", str(tmp_path / "words.txt"), "--now", "--override", "language")
    on_a_terminal(place.path, "sync", env=place.env)
    assert place.states() == ["failed"]
    on_a_terminal(place.path, "outbox")
    (told,) = [one["error"] for one in place.command("outbox") if one["kind"] == "reply"]
    looked_at(told.encode())
    assert "7777" in told, "the server's words are told"
    with offline(place) as program:
        program.press("g", "o")
        program.sees("failed", seconds=PATIENCE_S)
        program.press("enter", "escape", "g", "i", "enter", "r")
        program.sees("Not sent", seconds=PATIENCE_S)
        program.press("escape")


@contextlib.contextmanager
def lines(answers: dict[str, str], greeting: str) -> Iterator[int]:
    """A server that speaks lines; its port.

    Args:
        answers: by the word that a line begins with or has after its tag; ``{tag}`` is that tag. Others are answered as ``""``.
    """

    class Speaker(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting.encode() + b"\r\n")
            for line in self.rfile:
                words = line.decode("utf-8", "replace").split()
                verbs = [word.upper() for word in words[:2]]
                found = next((answers[verb] for verb in verbs if verb in answers), answers[""])
                self.wfile.write(found.format(tag=words[0] if words else "*").encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Speaker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def header(name: str, text: str) -> bytes:
    """A header of a mail in encoded words, none of them too long for a line."""
    words = "\r\n ".join(f"=?utf-8?q?{quoted(text[start : start + 6])}?=" for start in range(0, len(text), 6))
    return f"{name}: {words}\r\n".encode()


@pytest.mark.server("mail")
def test_by_a_real_mailbox_and_a_server_that_refuses_mail(stage, tmp_path: Path) -> None:
    desk: Scene = stage()
    html = base64.encodebytes(f"<p>Zebra {HOSTILE}</p><a href='http://elsewhere.example/{HOSTILE}'>{HOSTILE}</a>".encode())
    sender = desk.customer.address
    raw = b"".join((
        header("From", f"Eve {HOSTILE}").rstrip(), f" <{sender}>\r\nTo: {desk.box.address}\r\n".encode(), header("Subject", SUBJECT),
        header("X-Mailer", HOSTILE), b"Message-ID: <1@pwned.example>\r\nMIME-Version: 1.0\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n", html,
        b'--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;\r\n filename="bill\x1b]0;PWNED\x07.pdf"\r\n\r\n%PDF\r\n--x--\r\n',
    ))  # fmt: skip
    desk.server.deliver(sender, desk.box.address, raw)
    looked_over(desk)
    refusal = {"EHLO": "250 liar", "MAIL": "250 yes", "RCPT": f"550 5.1.1 {IN_A_LINE}", "QUIT": "221 bye", "": "250 yes"}
    with lines(refusal, f"220 {IN_A_LINE}") as port:
        settings = desk.path / "workspace.toml"
        settings.write_text(settings.read_text().replace(str(desk.cable.ports["smtp"]), str(port)), "utf-8")
        refused(desk, tmp_path)


@pytest.mark.server("matrix")
def test_by_a_real_chat(chat) -> None:
    desk: ChatScene = chat()
    customer = desk.server.person("robin", shown=f"Eve {NO_NULL}"[:250])
    room = customer.creates(desk.agent.user_id, name=f"Zebra {NO_NULL}")
    desk.agent.joins(room)
    first = customer.says(room, f"Zebra {NO_NULL}")
    customer.sends(room, {"msgtype": "m.text", "body": f"Zebra {NO_NULL}", "format": "org.matrix.custom.html",
                          "formatted_body": f"<b>{NO_NULL}</b><a href='http://elsewhere.example/{NO_NULL}'>{NO_NULL}</a>"})  # fmt: skip
    customer.says(room, f"{NO_NULL}", answers=first)
    customer.edits(room, first, f"Zebra {NO_NULL}")
    customer.reacts(room, first, NO_NULL[:200])
    customer.sends(room, {"msgtype": "m.file", "body": f"bill{NO_NULL}.pdf", "filename": NO_NULL, "url": customer.uploads("x", "application/pdf", b"%PDF"),
                          "info": {"size": 4, "mimetype": NO_NULL}})  # fmt: skip
    customer.state(room, "m.room.topic", {"topic": NO_NULL})
    looked_over(desk)


@pytest.mark.server("bluesky")
def test_by_a_real_network(social) -> None:
    desk: SocialScene = social()
    for one in ("\x1b]0;PWNED\x07", "\x1b]52;c;UFdORUQ=\x07", "\u202e7777", "\u200b\x9b7777;7777H"):
        desk.robin.puts("app.bsky.actor.profile", "self", {"displayName": f"Eve{one}", "description": NO_NULL[:200]})
        desk.asks(f"Zebra {one}")
    for start in range(0, len(ATTACKS), 7):
        desk.asks("Zebra " + "".join(f"a{one}b" for one in ATTACKS[start : start + 7]).replace("\0", ""))
    handle = desk.agent.handle
    desk.robin.posts(
        f"@{handle} Zebra", mentions=[desk.agent], tags=["t\x1b]0;PWNED\x07"],
        embed={"$type": "app.bsky.embed.external", "external": {"uri": "http://elsewhere.example/", "title": NO_NULL, "description": NO_NULL}},
    )  # fmt: skip
    desk.server.settle()
    looked_over(desk)


class TicketDesk(Workplace):
    """A desk over a simulated Chatwoot."""

    def __init__(self, path: Path, there: Chatwoot) -> None:
        self.path = path
        self.terminals = []
        self.there = there
        path.mkdir(mode=0o700)
        text = CHATWOOT.format(url=there.server.url, account=there.account)
        (path / "workspace.toml").write_text(f'[agent]\nname = "Asha Rao"\nemail = "asha@example.com"\n{text}', "utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_DESK": self.there.token}


def test_by_a_simulated_chatwoot(tmp_path: Path) -> None:
    there = Chatwoot(time.time)
    desk = TicketDesk(tmp_path / "w", there)
    try:
        contact = there.contact(f"Eve {HOSTILE}", f"eve{IN_A_LINE}@pwned.example", HOSTILE)
        case = there.begin(contact, mail_subject=SUBJECT)
        there.write(case.id, f"Zebra {HOSTILE}", files=((f"bill{HOSTILE}.pdf", HOSTILE, b"%PDF"),))
        looked_over(desk)
        there.server.fault(method="POST", path="/messages", answer=as_json({"error": HOSTILE, "message": HOSTILE, "errors": [HOSTILE]}, 422), times=9)
        refused(desk, tmp_path)
    finally:
        desk.leave()
        there.close()


def test_by_a_simulated_discourse(tmp_path: Path) -> None:
    with forum_scene(tmp_path / "w") as desk:
        eve = desk.forum.user("eve", f"Eve {HOSTILE}")
        topic = desk.forum.topic(eve, SUBJECT, f"Zebra {HOSTILE} <b>{HOSTILE}</b> [x](http://elsewhere.example/{IN_A_LINE})", tags=(f"t{HOSTILE}",))
        desk.forum.add(topic, desk.robin, f"Zebra {HOSTILE}")
        looked_over(desk)
        desk.server.fault(method="POST", path="/posts.json", answer=as_json({"errors": [HOSTILE], "error_type": HOSTILE}, 422), times=9)
        refused(desk, tmp_path)


def test_by_a_simulated_nodebb(tmp_path: Path) -> None:
    with nodebb_scene(tmp_path / "w") as desk:
        eve = desk.forum.user("eve", f"Eve {HOSTILE}")
        topic = desk.forum.topic(eve, SUBJECT, f"Zebra {HOSTILE}", tags=(f"t{HOSTILE}",))
        desk.forum.add(topic, desk.robin, f"Zebra {HOSTILE}")
        looked_over(desk)
        answer = as_json({"status": {"code": HOSTILE, "message": HOSTILE}, "response": {}}, 400)
        desk.server.fault(method="POST", path="/api/v3/topics/", answer=answer, times=9)
        refused(desk, tmp_path)


@pytest.mark.parametrize("status", [401, 403, 422, 429, 500])
def test_servers_that_refuse_everybody_in_such_words(tmp_path: Path, status: int) -> None:
    lie = {"errcode": HOSTILE, "error": HOSTILE, "errors": [HOSTILE], "message": HOSTILE, "status": {"code": HOSTILE, "message": HOSTILE}}
    no = {"CAPABILITY": f"* CAPABILITY IMAP4rev1 {IN_A_LINE}\r\n{{tag}} OK {IN_A_LINE}", "": f"* BYE {IN_A_LINE}\r\n{{tag}} NO [ALERT] {IN_A_LINE}"}
    server = HttpServer(lambda _request: as_json(lie, status, {"retry-after": "1"}))
    place = Workplace()
    place.path, place.terminals = tmp_path / "w", []
    place.path.mkdir(mode=0o700)
    env = {f"AGENT_TUI_SECRET_{name.upper()}": "secret" for name in LIED_TO}
    try:
        with lines(no, f"* OK {IN_A_LINE}") as port:
            settings = LIES.format(url=server.url, imap=port)
            (place.path / "workspace.toml").write_text(f'[agent]\nname = "Asha Rao"\nemail = "asha@example.com"\n{settings}', "utf-8")
            checked = on_a_terminal(place.path, "source", "check", env=env)
            on_a_terminal(place.path, "sync", env=env)
        assert all(name.encode() in checked for name in LIED_TO)
        on_a_terminal(place.path, "source", "list")
        with offline(place) as program:
            program.press("g", "o", "g", "i", "?", "escape")
    finally:
        place.leave()
        server.close()
    looked_at((place.path / "agent-tui.log").read_bytes().replace(b"\x85", b""))
