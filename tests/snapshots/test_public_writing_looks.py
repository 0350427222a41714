"""What writing in public looks like: frame and gate say who can read it, over a real desk with its guards."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.domain.model import Answer, Author, Channel, RemoteCase, Role, Visibility
from agent_tui.store import apply as applying
from agent_tui.store import sources
from agent_tui.widgets import theme, width
from tests.snapshots.test_inbox_looks import LARGE, SMALL
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()
ROBIN, LENA, ASHA = (Author("ರಾಬಿನ್ ಬೆಲ್", "robin", Role.CUSTOMER), Author("Lena Fischer", "lena", Role.PEER),
                     Author("Asha Rao", "support", Role.AGENT))  # fmt: skip
SAID = (
    (ROBIN, Visibility.PUBLIC, "ನನ್ನ ಪೆಟ್ಟಿಗೆ ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ, ಏಕೆ? It says error 7."),
    (LENA, Visibility.PUBLIC, "Hold the button for ten seconds.\n\n```\nbox --reset\n```"),
    (ASHA, Visibility.NOTE, "ਇਹ ਪਤਾ ਲੱਗੀ ਗਲਤੀ ਹੈ: known bug in every box from May, promise no date."),
    (ROBIN, Visibility.PUBLIC, "আমিও তাই দেখছি। Will it be mended?"),
)
ANSWER = "ಧನ್ಯವಾದಗಳು. Please update to 4.2, it is fixed there. ਧੰਨਵਾਦ।"
LEAK = "It is a known bug in every box from May, write to robin@private.example or call +91 98765 43210."


def desk(path, channel):
    name = channel.value
    kind = "bluesky" if channel is Channel.SOCIAL else "discourse"
    made = workspace(path, name, channel=channel)
    kept = Desk(replace(made, sources=tuple(replace(one, type=kind) for one in made.sources)), now=Clock(), offline=True)
    sources.note_state(kept.store, name, operations=frozenset({"reply", "note", "state", "solution"}))
    topic = RemoteCase(conversation="7", subject="It does not sync ಸಿಂಕ್", public=True, answer=Answer.UNVERIFIED)
    posts = [
        mail(f"p{number}", ref=str(number), container="t/7", conversation="7", text=text, author=author, visibility=seen,
             at=NOW - 5 * HOUR + number * 60_000, ours=author is ASHA, thread_ids=(), subject="It does not sync ಸಿಂಕ್")
        for number, (author, seen, text) in enumerate(SAID, 1)
    ]  # fmt: skip
    applying.apply(kept.store, name, batch(*posts, cases=(topic,)))
    return kept


def workstation(path, look, channel=Channel.COMMUNITY):
    made = Workstation(desk(path, channel))
    chosen = theme.LOOKS[look]
    made.theme, made.bench.look = chosen.name, chosen
    made.bench.zone = ZoneInfo("UTC")
    return made


def writing(text, *keys, before=("r",)):
    async def act(pilot):
        await pilot.pause()
        await pilot.press(*before)
        await pilot.pause()
        pilot.app.screen.composer.insert(text)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause(0.3)

    return act


LOOKS = pytest.mark.parametrize("look", ["evening", "paper"])
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])


@LOOKS
@SIZES
@pytest.mark.parametrize(
    ("text", "keys"), [(ANSWER, ()), (ANSWER, ("ctrl+s",)), (LEAK, ("ctrl+s",))], ids=["composer", "gate", "guards"]
)
def test_a_public_reply(snap_compare, tmp_path, text, keys, size, look):
    assert snap_compare(workstation(tmp_path, look), terminal_size=size, run_before=writing(text, *keys))


@SIZES
@pytest.mark.parametrize("keys", [(), ("ctrl+s",)], ids=["composer", "gate"])
def test_a_public_reply_on_a_social_network(snap_compare, tmp_path, keys, size):
    made = workstation(tmp_path, "evening", Channel.SOCIAL)
    assert snap_compare(made, terminal_size=size, run_before=writing(f"{ANSWER} " * 8, *keys))


@LOOKS
@SIZES
def test_a_note_beside_it(snap_compare, tmp_path, size, look):
    assert snap_compare(workstation(tmp_path, look), terminal_size=size, run_before=writing("ਪਤਾ ਹੈ, known.", before=("n",)))
