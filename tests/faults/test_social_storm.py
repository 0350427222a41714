"""As ``test_storm``, over the communities with rules of their own: a queue and a lock, and threads of several posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.social_weathers import BlueskyWeather, LongStorm, NodebbWeather
from tests.faults.test_storm import SENDS, weather_it
from tests.servers.bluesky import Network

pytestmark = pytest.mark.timeout(300 + 10 * SENDS)


def test_a_forum_with_a_queue_and_a_lock(tmp_path: Path) -> None:
    weather = NodebbWeather(tmp_path)
    try:
        weather_it(weather, tmp_path)
    finally:
        weather.end()


@pytest.mark.server("bluesky")
def test_posts_and_threads_on_a_real_network(bluesky_network: Network, tmp_path: Path) -> None:
    weather = BlueskyWeather(bluesky_network, tmp_path)
    try:
        weather_it(weather, tmp_path, LongStorm)
    finally:
        weather.end()
