"""The weather of each server that a storm can be let loose on: what can go wrong between the engine and it."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from agent_tui.domain.model import Address, Channel
from agent_tui.sources.base import Mirror, Source
from agent_tui.sources.discourse import marker
from agent_tui.sources.matrix.content import OURS
from tests.contract.chatwoot_rig import ChatwootRig
from tests.contract.forum import ForumRig
from tests.contract.mail_rig import MailRig
from tests.contract.mailbox import settled
from tests.contract.matrix_rig import MatrixRig
from tests.servers.http_server import HttpServer, as_json, as_text, redirect
from tests.servers.mail import MailServer
from tests.servers.matrix import Synapse
from tests.servers.proxy import Proxy

Trouble = Callable[[random.Random], None]
MOST_CUTS = 8  # connections that one trouble breaks
ROUND_BYTES = 6000  # of what a server says in one round: a cut falls anywhere within


def http_troubles(server: HttpServer, path: str) -> dict[str, Trouble]:
    """What can happen to a request that posts to this path, and to others on the way to it."""

    def post(**what: object) -> Trouble:
        return lambda _random: void(server.fault(method="POST", path=path, **what))

    broken = as_json({"error": "internal"}, 500)
    return {
        "answer lost": post(cut=True, committed=True),
        "request lost": post(cut=True),
        "500 after it was done": post(answer=broken, committed=True),
        "500 and not done": post(answer=broken),
        "502 page of a proxy": post(answer=as_text("<html>Bad Gateway</html>", 502), committed=True),
        "half an answer": post(half=True, committed=True),
        "answer of another kind": post(answer=as_text("fine"), committed=True),
        "too many requests": post(answer=as_json({"errors": ["slow down"]}, 429)),
        "sent elsewhere": post(answer=redirect("http://127.0.0.1:9/elsewhere")),
        "any request cut": lambda chance: void(
            [server.fault(answer=broken, times=1) for _ in range(chance.randrange(3))], server.fault(cut=True, committed=True)
        ),
        "server away": lambda _random: server.stop(),
    }


def void(*_done: object) -> None:
    """What was arranged says nothing."""


def calm(*proxies: Proxy) -> None:
    """They lose nothing any more."""
    for proxy in proxies:
        proxy.calm()


def passing(proxies: Iterable[Proxy], troubles: Mapping[str, Trouble]) -> dict[str, Trouble]:
    """The same troubles, each over after some cuts.

    An engine's round lasts while something is due, and its clock hurries: where every attempt is cut and the machine is
    slow, the first reply is due again before the last one was tried, and the round never ends.
    """

    def over(trouble: Trouble) -> Trouble:
        def bring(chance: random.Random) -> None:
            for proxy in proxies:
                proxy.times = chance.randrange(1, MOST_CUTS)
            trouble(chance)

        return bring

    return {name: over(trouble) for name, trouble in troubles.items()}


class MailWeather:
    """The real Dovecot and Postfix."""

    name, channel, blind = "support-mail", Channel.EMAIL, True

    def __init__(self, server: MailServer, path: Path) -> None:
        self.rig = rig = MailRig(server, path)
        self.me, self.build = rig.me, rig.build
        self.proxies = (rig._imap, rig._smtp)

        def cut_within(proxy: Proxy, length: int) -> Trouble:
            return lambda chance: setattr(proxy, "cut_down", chance.randrange(length))

        self.troubles: dict[str, Trouble] = {
            "answer to the final dot lost": lambda _random: rig.cut(committed=True),
            "cut before the final dot": lambda _random: rig.cut(committed=False),
            "SMTP cut within its answers": cut_within(rig._smtp, 700),
            "SMTP cut within the message": lambda chance: setattr(rig._smtp, "cut_up", chance.randrange(1500)),
            "IMAP cut": cut_within(rig._imap, ROUND_BYTES),
            "server away": lambda _random: rig.offline(True),
        }

    def customer_writes(self, text: str) -> None:
        self.rig.customer_writes(text)

    def clear(self) -> None:
        self.rig.offline(False)
        calm(*self.proxies)

    def at(self, milliseconds: int) -> None:
        self.rig.box.time = milliseconds

    def delivered(self) -> Counter[str]:
        settled(self.rig.server, 60)
        customers = set(self.rig._customers.values())
        return Counter(held for one in customers for held, _flags, _raw in self.rig.box.held(user=one))

    def end(self) -> None:
        self.rig.end()


class MatrixWeather:
    """The real Synapse."""

    name, channel, blind = "live-chat", Channel.CHAT, False

    def __init__(self, server: Synapse, path: Path) -> None:
        self.rig = rig = MatrixRig(server, path)
        self.me = rig.me
        self.proxy = proxy = rig.cable.proxies["http"]
        self.away = False
        cuts: dict[str, Trouble] = {
            "answer lost": lambda _random: rig.cut(committed=True),
            "request lost": lambda _random: rig.cut(committed=False),
            "cut within what it says": lambda chance: setattr(proxy, "cut_down", chance.randrange(ROUND_BYTES)),
            "cut within what it is told": lambda chance: setattr(proxy, "cut_up", chance.randrange(3000)),
        }
        self.troubles = {**passing([proxy], cuts), "server away": lambda _random: self._go_away()}

    def _go_away(self) -> None:
        self.rig.offline(True)
        self.away = True

    def build(self, mirror: Mirror) -> Source:
        return self.rig.build(mirror)

    def customer_writes(self, text: str) -> None:
        self.rig.customer_writes(text)

    def clear(self) -> None:
        if self.away:
            self.rig.offline(False)
            self.away = False
        calm(self.proxy)

    def at(self, milliseconds: int) -> None:
        self.rig.now = milliseconds

    def delivered(self) -> Counter[str]:
        found = (
            event["content"].get(OURS, {}) for room, customer in self.rig.customers.items() for event in customer.events(room)
        )
        return Counter(one["reference"] for one in found if one.get("last"))

    def end(self) -> None:
        self.rig.close()


class ChatwootWeather:
    """The simulated Chatwoot."""

    name, channel, blind = "desk", Channel.CHAT, False

    def __init__(self, path: Path) -> None:
        self.rig = rig = ChatwootRig(path)
        self.me, self.build = rig.me, rig.build
        self.troubles = http_troubles(rig.there.server, "/messages")
        self._people = itertools.count(1)

    def customer_writes(self, text: str) -> None:
        self.rig.time += 1
        contact = self.rig.there.contact("Robin Bell", f"robin{next(self._people)}@mail.example", "")
        self.rig.customer_writes(text, token=str(self.rig.there.begin(contact, mail_subject="A question").id))

    def clear(self) -> None:
        self.rig.there.server.faults.clear()
        self.rig.there.server.start()

    def at(self, milliseconds: int) -> None:
        self.rig.time = milliseconds / 1000

    def delivered(self) -> Counter[str]:
        every = self.rig.there.messages.values()
        return Counter(str(one.content_attributes.get("agent_tui_id")) for one in every if one.delivered)

    def end(self) -> None:
        self.rig.there.close()


class DiscourseWeather:
    """The simulated Discourse; customers write private messages."""

    name, channel, blind = "forum", Channel.COMMUNITY, False

    def __init__(self, path: Path) -> None:
        self.rig = rig = ForumRig(path, "admin", private=True)
        self.me: Address = rig.me
        self.build = rig.build
        self.troubles = http_troubles(rig.server, "/posts.json")

    def customer_writes(self, text: str) -> None:
        self.rig.customer_writes(text)

    def clear(self) -> None:
        self.rig.server.faults.clear()
        self.rig.server.start()

    def at(self, milliseconds: int) -> None:
        self.rig.time = milliseconds

    def delivered(self) -> Counter[str]:
        posts = [one.raw for topic in self.rig.forum.topics.values() for one in topic.posts if not one.deleted]
        return Counter({mark: sum(marker.comment(mark) in raw for raw in posts) for mark in (marker.split(raw)[1] for raw in posts) if mark})

    def end(self) -> None:
        self.rig.close()
