"""Which kind of server is at an address: asked of the address itself, by what each kind says to anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent_tui.commands.setup.network import Network

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Service:
    """A server that was recognised.

    Args:
        type: as in ``workspace.toml``.
        url: where it really is.
        title: what it calls itself.
    """

    type: str
    url: str
    title: str = ""


def base(text: str) -> str:
    """``https://host[:port]`` of what somebody typed; a path that belongs to a page is left out.

    Raises:
        ValueError: it names no host, or is not encrypted and not on this machine.
    """
    text = text.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = parts.hostname or ""
    if not host or " " in host or ("." not in host and host != "localhost"):
        raise ValueError("that is no address; write one such as https://forum.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")):
        raise ValueError("it must begin with https://; unencrypted servers are used on this computer only")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


async def recognise(url: str, network: Network, tell: Tell) -> Service | None:
    """The first kind whose mark is there.

    Args:
        url: from ``base``.
    """
    trouble = await network.trouble(url)
    if trouble:
        tell(f"{url} {trouble}")
        return None
    for name, kind in (("Discourse", _discourse), ("NodeBB", _nodebb), ("Chatwoot", _chatwoot), ("Matrix", _matrix),
                       ("Bluesky", _bluesky)):  # fmt: skip
        found = await kind(url, network)
        if found is not None:
            tell(f"{url} is {name}" + (f", “{found.title}”" if found.title else ""))
            return found
        tell(f"{url} is not {name}")
    return None


async def _json(url: str, network: Network) -> dict[str, Any]:
    raw = await network.get(url)
    if raw is None:
        return {}
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


async def _discourse(url: str, network: Network) -> Service | None:
    found = await _json(f"{url}/site/basic-info.json", network)
    if "logo_url" in found or "apple_touch_icon_url" in found:
        return Service("discourse", url, _line(found.get("title")))
    return None


async def _nodebb(url: str, network: Network) -> Service | None:
    for path in ("", "/forum", "/community"):
        found = await _json(f"{url}{path}/api/config", network)
        if "relative_path" in found and ("csrf_token" in found or "assetBaseUrl" in found):
            return Service("nodebb", f"{url}{found.get('relative_path') or ''}", _line(found.get("siteTitle")))
    return None


async def _chatwoot(url: str, network: Network) -> Service | None:
    found = await _json(f"{url}/api", network)
    return Service("chatwoot", url, _line(found.get("version"))) if "queue_services" in found else None


async def _matrix(url: str, network: Network) -> Service | None:
    told = await _json(f"{url}/.well-known/matrix/client", network)
    server = told.get("m.homeserver")
    home = str(server.get("base_url") or "") if isinstance(server, dict) else ""
    try:
        home = base(home) if home else url
    except ValueError:
        home = url
    found = await _json(f"{home}/_matrix/client/versions", network)
    return Service("matrix", home) if isinstance(found.get("versions"), list) else None


async def _bluesky(url: str, network: Network) -> Service | None:
    found = await _json(f"{url}/xrpc/com.atproto.server.describeServer", network)
    return Service("bluesky", url, _line(found.get("did"))) if "availableUserDomains" in found else None


def _line(value: object) -> str:
    from agent_tui.domain.text import clean

    return clean(str(value or ""), multiline=False)[:80]


