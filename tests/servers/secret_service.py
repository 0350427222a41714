"""A Secret Service of its own: a private D-Bus session with gnome-keyring, unlocked."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from tests.servers.process import Home, programs

PACKAGES = "dbus gnome-keyring"
PASSWORD = "keyring-password"


@dataclass
class SecretService:
    """A running one; ``env`` is what a program needs in its environment to find it."""

    home: Home
    env: Mapping[str, str]
    daemon: subprocess.Popen[bytes] | None = None

    def unlock(self, password: str = PASSWORD) -> None:
        """Start the daemon with the login keyring open (made if there is none)."""
        (program,) = programs("gnome-keyring-daemon", package=PACKAGES)
        self.daemon = self.home.start(
            "keyring", [program, "--unlock", "--components=secrets", "--foreground"], env=self.env, stdin=password.encode()
        )
        run, data = self.home.path / "run", self.home.path / "data"
        self.home.wait(
            lambda: (run / "keyring" / "control").exists() and (data / "keyrings" / "login.keyring").exists(),
            "keyring", self.daemon,
        )  # fmt: skip

    def empty(self) -> None:
        """Forget every secret: the daemon ends, its files go, a new one starts on the same bus."""
        if self.daemon is not None:
            self.home.stop(self.daemon)
        for leftover in (self.home.path / "data" / "keyrings", self.home.path / "run" / "keyring"):
            shutil.rmtree(leftover, ignore_errors=True)
        self.unlock()

    def close(self) -> None:
        """End it."""
        self.home.close()


def start() -> SecretService:
    """Start bus and keyring.

    Raises:
        ServerMissing: the programs are not installed.
        ServerFailed: they do not come up.
    """
    bus, _daemon = programs("dbus-daemon", "gnome-keyring-daemon", package=PACKAGES)
    home = Home("key")
    for folder in ("run", "data"):
        (home.path / folder).mkdir(mode=0o700)
    socket = home.path / "bus"
    env = {
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={socket}",
        "XDG_RUNTIME_DIR": str(home.path / "run"),
        "XDG_DATA_HOME": str(home.path / "data"),
        "DISPLAY": "",
    }
    service = SecretService(home, env)
    try:
        process = home.start("dbus", [bus, "--session", "--nofork", "--nopidfile", f"--address=unix:path={socket}"], env=env)
        home.wait(socket.exists, "dbus", process)
        service.unlock()
    except BaseException:
        home.close()
        raise
    return service
