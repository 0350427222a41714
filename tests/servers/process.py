"""A home directory for servers started by the tests, and the processes that run in it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
REQUIRE = "AGENT_TUI_REQUIRE_SERVERS"


class ServerMissing(Exception):
    """A program that a server needs is not installed, or may not be started by this user."""


class ServerFailed(Exception):
    """A server ended or did not answer in time; the text ends with its log."""


def required() -> bool:
    """Whether a missing server is a failure rather than a reason to skip."""
    return os.environ.get(REQUIRE, "") not in ("", "0")


def programs(*names: str, package: str) -> list[str]:
    """Full paths of programs.

    Args:
        package: Debian packages that hold them, for the message.

    Raises:
        ServerMissing: one is not there.
    """
    paths = []
    for name in names:
        path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin")
        if path is None:
            raise ServerMissing(f"{name} is not installed (Debian: {package})")
        paths.append(path)
    return paths


def free_ports(count: int, host: str = LOOPBACK) -> list[int]:
    """Ports nobody listens on; all are held open until the last is chosen, so they differ."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]


class Home:
    """A short-named directory (UNIX socket paths end at 107 bytes) that other users may pass through, because
    mail and database servers drop their privileges. ``close`` ends what was started in it and removes it.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"at-{name}-", dir="/tmp"))
        self.path.chmod(0o711)
        self._running: list[tuple[subprocess.Popen[bytes], float]] = []

    def write(self, name: str, text: str) -> Path:
        """A file in the home, made with an old date: Postfix waits on tables that are younger than a second."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1, 1))
        return path

    def start(
        self, label: str, command: Sequence[str], *, env: Mapping[str, str] | None = None,
        stdin: bytes | None = None, grace: float = 10,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """Start a program in the foreground, output to ``label.log``; it ends when this process does."""
        guard = shutil.which("setpriv")
        argv = [guard, "--pdeathsig", "TERM", *command] if guard else list(command)
        with (self.path / f"{label}.log").open("ab") as log:
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.path, env={**os.environ, **(env or {})}, start_new_session=True,
            )  # fmt: skip
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        self._running.append((process, grace))
        return process

    def wait(self, ready: Callable[[], bool], label: str, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
        """Until ``ready``.

        Raises:
            ServerFailed: the process ended first, or the time passed.
        """
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if ready():
                    return
            if process.poll() is not None or time.monotonic() > end:
                log = self.path / f"{label}.log"
                tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise ServerFailed(f"{label} {'ended' if process.poll() is not None else 'does not answer'}\n{tail}")
            time.sleep(0.02)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End one process and whatever is left of its session."""
        for entry in [one for one in self._running if one[0] is process]:
            self._running.remove(entry)
            _end(*entry)

    def members(self) -> list[int]:
        """Every process that runs here, what was started by the servers included."""
        return [member for process, _ in self._running for member in _session(process.pid)]

    def close(self) -> None:
        """End everything, newest first, and remove the directory."""
        while self._running:
            _end(*self._running.pop())
        shutil.rmtree(self.path, ignore_errors=True)


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    members = _session(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid in members:
        with contextlib.suppress(OSError):
            if pid != process.pid and os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> list[int]:
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(entry.name)) == leader:
                    members.append(int(entry.name))
    return members


def greets(port: int, greeting: bytes, host: str = LOOPBACK) -> bool:
    """Whether something on this port says hello as expected."""
    with socket.create_connection((host, port), 2) as connection:
        connection.settimeout(2)
        return connection.recv(256).startswith(greeting)


def give(path: Path, user: str) -> None:
    """Make ``user`` the owner of a path."""
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def certificate(folder: Path, hosts: Sequence[str], addresses: Sequence[str]) -> tuple[Path, Path, Path]:
    """A certificate authority and a server certificate that it signed: paths of CA, certificate and key."""
    (openssl,) = programs("openssl", package="openssl")
    folder.mkdir(parents=True)
    authority, certificate_path, key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]

    def run(*arguments: str | Path) -> None:
        subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True)

    run("req", "-x509", *curve, "-keyout", folder / "ca.key", "-out", authority, "-subj", "/CN=Tests of agent-tui",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    names = ",".join([*(f"DNS:{host}" for host in hosts), *(f"IP:{address}" for address in addresses)])
    run("req", "-x509", *curve, "-keyout", key, "-out", certificate_path, "-subj", f"/CN={hosts[0]}",
        "-CA", authority, "-CAkey", folder / "ca.key", "-addext", f"subjectAltName={names}",
        "-addext", "extendedKeyUsage=serverAuth", "-addext", "basicConstraints=critical,CA:FALSE")  # fmt: skip
    return authority, certificate_path, key
