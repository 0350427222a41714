"""Proxies on a thread of their own, for tests without an event loop, or with one that must not wait."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tests.servers.proxy import Proxy


class Cable:
    """Proxies that can be cut and mended from a test without an event loop."""

    def __init__(self, **targets: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.proxies = {name: Proxy(port) for name, port in targets.items()}
        self.ports: dict[str, int] = {}
        for name, proxy in self.proxies.items():
            self._run(proxy.listen())
            self.ports[name] = proxy.port

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def cut(self) -> None:
        """Nobody can be reached, and what is open breaks."""

        async def cut(proxy: Proxy) -> None:
            await proxy.__aexit__()

        for proxy in self.proxies.values():
            self._run(cut(proxy))

    def mend(self) -> None:
        """As it was."""
        for name, proxy in self.proxies.items():
            self._run(proxy.listen(self.ports[name]))

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
