"""The few questions that are asked of strangers while servers are looked for. None of them carries a secret."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any, Protocol
from urllib.parse import urlsplit

from agent_tui.commands.setup.accounts import Server

LARGEST = 300_000
PATIENCE_S = 8.0


class Network(Protocol):
    """What looking for servers needs."""

    async def get(self, url: str) -> bytes | None:
        """What is at an address; None where there is nothing, or not within a few seconds."""
        ...

    async def trouble(self, url: str) -> str:
        """Why nothing can be asked at an address, in words that go on after it; empty where somebody answers."""
        ...

    async def services(self, name: str) -> tuple[tuple[str, int], ...]:
        """Hosts and ports of an SRV record, best first (RFC 2782); ``.`` as host: there is none, on purpose."""
        ...

    async def exchangers(self, domain: str) -> tuple[str, ...]:
        """Hosts that take a domain's mail, best first."""
        ...

    async def answers(self, server: Server, *, greeting: bytes) -> bool:
        """Whether it speaks there, encrypted and with a name that its certificate has."""
        ...


class Internet:
    """The real one."""

    def __init__(self) -> None:
        self._context = ssl.create_default_context()

    async def get(self, url: str) -> bytes | None:
        """See ``Network``. A redirect is followed to another encrypted address only, and never more than three times."""
        import httpx

        async with httpx.AsyncClient(verify=self._context, timeout=PATIENCE_S, headers={"accept": "*/*"}) as client:
            for _ in range(4):
                try:
                    async with client.stream("GET", url) as response:
                        if response.is_redirect:
                            target = response.url.join(response.headers.get("location", ""))
                            if target.scheme != "https":
                                return None
                            url = str(target)
                            continue
                        if response.status_code != 200:
                            return None
                        return await self._body(response)
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError):
                    return None
        return None

    async def trouble(self, url: str) -> str:
        """See ``Network``. Only a connection is made."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        try:
            async with asyncio.timeout(PATIENCE_S):
                _, writer = await asyncio.open_connection(
                    host, parts.port or (443 if secure else 80), ssl=self._context if secure else None
                )
        except ssl.SSLCertVerificationError as error:
            return f"has a certificate that is not accepted: {error.verify_message}"
        except TimeoutError:
            return f"cannot be reached: no answer within {PATIENCE_S:g} seconds"
        except (OSError, ValueError, UnicodeError) as error:
            return f"cannot be reached: {getattr(error, 'strerror', None) or error}"
        writer.close()
        return ""

    async def _body(self, response: Any) -> bytes | None:
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST:
                return None
        return body

    async def services(self, name: str) -> tuple[tuple[str, int], ...]:
        """See ``Network``."""
        found = await self._ask(name, "SRV")
        ordered = sorted(found, key=lambda one: (one.priority, -one.weight))
        return tuple((str(one.target).rstrip(".") or ".", int(one.port)) for one in ordered)

    async def exchangers(self, domain: str) -> tuple[str, ...]:
        """See ``Network``."""
        found = await self._ask(domain, "MX")
        return tuple(str(one.exchange).rstrip(".").lower() for one in sorted(found, key=lambda one: one.preference))

    async def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.asyncresolver
        import dns.exception

        try:
            return list(await dns.asyncresolver.resolve(name, kind, lifetime=PATIENCE_S, raise_on_no_answer=False))
        except (dns.exception.DNSException, OSError, ValueError):
            return []

    async def answers(self, server: Server, *, greeting: bytes) -> bool:
        """See ``Network``. Where it begins unencrypted only its greeting is read: the login will demand STARTTLS."""
        context = self._context if server.security == "tls" else None
        writer = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection(
                    server.host, server.port, ssl=context, server_hostname=server.host if context else None
                )
                return (await reader.readline()).startswith(greeting)
        except (OSError, TimeoutError, ValueError, asyncio.LimitOverrunError, UnicodeError):
            return False
        finally:
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(1):
                        await writer.wait_closed()
