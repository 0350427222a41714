"""What is public and how far it is answered, in the list and in a case: forums and social posts in several scripts."""

import pytest

from agent_tui.domain.model import Address, Answer, Author, Channel, Role, Visibility
from tests.fake_desk import make_case, make_message
from tests.snapshots.test_inbox_looks import LARGE, SMALL, after, app

ROBIN, LENA, ASHA = (Author("ರಾಬಿನ್ ಬೆಲ್", "robin", Role.CUSTOMER), Author("Lena Fischer", "lena", Role.PEER),
                     Author("Asha Rao", "support", Role.AGENT))  # fmt: skip
SAID = (
    (ROBIN, Visibility.PUBLIC, "ನನ್ನ ಪೆಟ್ಟಿಗೆ ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ, ಏಕೆ? It says error 7."),
    (LENA, Visibility.PUBLIC, "Hold the button for ten seconds.\n\n```\nbox --reset\n```"),
    (ASHA, Visibility.NOTE, "ਇਹ ਪਤਾ ਲੱਗੀ ਗਲਤੀ ਹੈ: known bug, promise no date."),
    (ROBIN, Visibility.PUBLIC, "আমিও তাই দেখছি। @support, will it be mended?"),
)
LIST = (
    ("It does not sync ಸಿಂಕ್", "forum", Channel.COMMUNITY, True, Answer.UNVERIFIED, "will it be mended?"),
    ("@support where is my parcel? ਮੇਰਾ ਪਾਰਸਲ", "social", Channel.SOCIAL, True, Answer.NONE, "ਮੇਰਾ ਪਾਰਸਲ ਕਿੱਥੇ ਹੈ?"),
    ("Direct messages with Robin Bell", "social", Channel.SOCIAL, False, Answer.NONE, "My address is 4 Mill Lane."),
    ("ডার্ক থিম হলে ভালো হত", "forum", Channel.COMMUNITY, True, Answer.STAFF, "ধন্যবাদ"),
    ("Bigger disk", "forum", Channel.COMMUNITY, True, Answer.SOLVED, "Thank you, that was it."),
)


def community(look):
    made = [
        make_case(number, subject=subject, source=source, channel=channel, public=public, answer=answer, snippet=snippet,
                  customer=Address(ROBIN.name, "robin"), messages=0, draft=False, notice="", outgoing=0)
        for number, (subject, source, channel, public, answer, snippet) in enumerate(LIST)
    ]  # fmt: skip
    workstation = app(look)
    workstation.desk.cases = {one.id: one for one in made}
    first = made[0]
    workstation.desk.extra[first.id] = tuple(
        make_message(first, number * 3, text=text, fresh_text=text, author=author, visibility=seen, attachments=())
        for number, (author, seen, text) in enumerate(SAID)
    )
    return workstation


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
@pytest.mark.parametrize("look", ["evening", "paper"])
@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["list", "case"])
def test_communities(snap_compare, keys, look, size):
    assert snap_compare(community(look), terminal_size=size, run_before=after(*keys))
