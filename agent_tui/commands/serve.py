"""``agent-tui serve``: the workstation in a browser, for its user alone."""

from __future__ import annotations

import ipaddress
import secrets
import shlex
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

PORT = 8023
SHORTEST = 16
"""Characters of a token."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and who may come in.

    Args:
        host: a name or address of this computer.
        url: what stands in the browser, without a slash at the end.
        token: whoever has it may work in the workspace.
        certificate: its file and that of its key; None for plain HTTP, on loopback alone.
    """

    host: str
    port: int
    url: str
    token: str
    certificate: tuple[Path, Path] | None


def arguments(parser: ArgumentParser) -> None:
    """``[--host HOST] [--port N] [--token-file FILE --certificate FILE --key FILE] [--url URL]``."""
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help="where to listen (default: this computer alone)")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"default {PORT}")
    parser.add_argument("--token-file", metavar="FILE", help="a file with the token; else one is made up and shown")
    parser.add_argument("--certificate", metavar="FILE", help="for TLS: the certificate and what leads to its authority, PEM")
    parser.add_argument("--key", metavar="FILE", help="for TLS: the certificate's key, PEM")
    parser.add_argument("--url", metavar="URL", help="the address in the browser, where it is not made of HOST and N")


def run(context: Context, options: Namespace) -> int:
    """Serve until ctrl+c. Every tab is a workstation of its own on this workspace."""
    place = _place(options)
    workspace = context.workspace.path  # a faulty one is told of here rather than in each tab
    try:
        from agent_tui.commands.serving import serve
    except ImportError as error:
        words = f"serve needs what is not installed ({error.name}); install it with: pip install 'agent-tui[serve]'"
        raise UsageError(words) from None
    command = [sys.executable, "-P", "-m", "agent_tui", "--workspace", str(workspace)]
    command += ["--offline"] if context.offline else []

    def ready() -> None:
        address = place.url if options.token_file else f"{place.url}/?token={place.token}"
        told = f"open {address}" + ("/?token=… with the token of the file" if options.token_file else "") + " (ctrl+c ends it)"
        context.put("serving", told, url=address)
        context.flush()

    serve(shlex.join(command), place, ready)
    return 0


def _place(options: Namespace) -> Place:
    """What the options say, complete and safe.

    Raises:
        UsageError: listening for others without a token or without TLS; a file that cannot be read.
    """
    alone = _loopback(options.host)
    given = {"--token-file": options.token_file, "--certificate": options.certificate, "--key": options.key}
    missing = [name for name, value in given.items() if not value]
    if not alone and missing:
        raise UsageError(
            f"serve: {options.host} can be reached by others, so {' and '.join(missing)} must be given too: without a token "
            "anybody there could read and answer your customers' messages, and without TLS overhear them; leave out "
            "--host to serve this computer alone"
        )
    if bool(options.certificate) != bool(options.key):
        raise UsageError("serve: --certificate and --key go together")
    certificate = (Path(options.certificate), Path(options.key)) if options.certificate else None
    for path in certificate or ():
        if not path.is_file():
            raise UsageError(f"serve: there is no file {path}")
    if not 0 < options.port < 65536:
        raise UsageError("serve: --port must be between 1 and 65535")
    token = _token(Path(options.token_file)) if options.token_file else secrets.token_urlsafe(24)
    return Place(options.host, options.port, _url(options, tls=certificate is not None), token, certificate)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(options: Namespace, *, tls: bool) -> str:
    if options.url:
        parts = urlsplit(options.url)
        if parts.scheme != ("https" if tls else "http") or not parts.hostname or parts.path.strip("/") or parts.query:
            kind = "https" if tls else "http"
            raise UsageError(f"serve: --url must be {kind}://NAME or {kind}://NAME:PORT, not '{options.url}'")
        return f"{parts.scheme}://{parts.netloc}"
    if options.host in ("0.0.0.0", "::"):  # noqa: S104 -- asked for, and refused without a name
        raise UsageError(f"serve: {options.host} is no address that a browser can open; say with --url which one it will")
    host = f"[{options.host}]" if ":" in options.host else options.host
    usual = options.port == (443 if tls else 80)
    return f"{'https' if tls else 'http'}://{host}{'' if usual else f':{options.port}'}"


def _token(path: Path) -> str:
    try:
        mode, token = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"serve: the token in {path} cannot be read ({error})") from None
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"serve: others can read the token in {path}; run: chmod 600 {path}")
    if len(token) < SHORTEST or not token.isascii() or not token.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"serve: the token in {path} must be {SHORTEST} or more letters, digits, - or _, on one line")
    return token
