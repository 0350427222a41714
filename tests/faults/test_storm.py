"""Nothing doubled, nothing lost, nothing called sent that was not: replies through killed engines and broken lines.

``AGENT_TUI_FAULTS`` says how many replies each source has to bring through (``make faults``); what came of it is printed
and, where ``AGENT_TUI_FAULTS_REPORT`` names a file, added to that.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.report import SEED, report
from tests.faults.storm import Storm, Weather, must_be_sound
from tests.faults.weathers import ChatwootWeather, DiscourseWeather, MailWeather, MatrixWeather
from tests.servers.mail import MailServer
from tests.servers.matrix import Synapse

SENDS = int(os.environ.get("AGENT_TUI_FAULTS", "40"))

pytestmark = pytest.mark.timeout(300 + 10 * SENDS)


def weather_it(weather: Weather, path: Path, kind: type[Storm] = Storm) -> None:
    tally = kind(weather, path / "w", seed=SEED).blow(SENDS)
    report(tally.line(type(weather).__name__.removesuffix("Weather")))
    assert tally.sends == SENDS
    must_be_sound(tally, weather)


@pytest.mark.server("mail")
def test_mail_by_a_real_mailbox(mail_server: MailServer, tmp_path: Path) -> None:
    weather = MailWeather(mail_server, tmp_path)
    try:
        weather_it(weather, tmp_path)
    finally:
        weather.end()


@pytest.mark.server("matrix")
def test_chat_by_a_real_matrix_server(matrix_server: Synapse, tmp_path: Path) -> None:
    weather = MatrixWeather(matrix_server, tmp_path)
    try:
        weather_it(weather, tmp_path)
    finally:
        weather.end()


@pytest.mark.parametrize("kind", [ChatwootWeather, DiscourseWeather])
def test_by_simulated_servers(kind, tmp_path: Path) -> None:
    weather = kind(tmp_path)
    try:
        weather_it(weather, tmp_path)
    finally:
        weather.end()
