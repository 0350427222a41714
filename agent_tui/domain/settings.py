"""Reads one table of settings and collects everything that is wrong with it, each fault with its line.

A fault is one line: file, line, key, what is wrong, what would be right. Values of keys that look like
secrets are never repeated.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from agent_tui.domain import durations
from agent_tui.domain.toml_lines import Where, line_of

SECRET_KEYS = re.compile(r"(?:.*_)?(?:password|passwd|passphrase|pass|secret|token|api_key|apikey|credentials?)$")
_HOST = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,62})(?:\.[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,62}))*\.?")
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


@dataclass(slots=True)
class Faults:
    """Everything wrong with one file, in the order of its lines.

    Args:
        file: its path as the user knows it.
        lines: from ``toml_lines.key_lines``.
    """

    file: str
    lines: Mapping[Where, int]
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, where: Where, key: str, words: str) -> None:
        """Note one fault.

        Args:
            where: path to the key, for its line.
            key: what the user calls it.
            words: what is wrong and what would be right.
        """
        line = line_of(self.lines, where)
        self.found.append((line, f"{self.file}:{line}: {key}: {words}"))

    def also(self, other: Faults) -> None:
        """Those of another file, behind those of this one."""
        self.found += [(10**9, words) for words in other.sorted()]

    def sorted(self) -> tuple[str, ...]:
        """Every fault, first line first."""
        return tuple(words for _, words in sorted(self.found, key=lambda one: one[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """Where a server is.

    Args:
        scheme: as written, lower case.
        host: without brackets.
        port: the scheme's own where none is written.
        path: without a trailing slash.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        if self.host.rstrip(".").lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class TableReader:
    """Reads one table. Every wrong value becomes a fault and its default is returned, so reading goes on.

    Args:
        values: the table as parsed.
        faults: where faults go.
        where: path of the table in its file.
        label: how the user knows the table, e.g. ``source 'support-mail'``.
        base: directory that relative paths are relative to.
        secret_remedy: where a secret belongs, for the fault that one in the file is.
    """

    def __init__(
        self, values: Mapping[str, Any], faults: Faults, where: Where = (), *, label: str = "", base: Path,
        secret_remedy: str = "",
    ) -> None:
        self.values = values
        self.faults = faults
        self.where = where
        self.label = label
        self.base = base
        self.secret_remedy = secret_remedy or "store it with 'agent-tui secret set SOURCE'"
        self.known: list[str] = []

    def fault(self, key: str, words: str, *item: int) -> None:
        """Note that ``key`` (or its ``item``) is wrong."""
        self.faults.add((*self.where, key, *item), f"{self.label}{key}", words)

    def has(self, key: str) -> bool:
        """Whether the key is there at all."""
        return key in self.values

    def raw(self, key: str) -> Any:
        """The value as parsed, or None; the caller judges it."""
        return self._take(key)

    def text(
        self, key: str, default: str = "", *, required: bool = False, example: str = "text", pattern: str = "",
        rule: str = "",
    ) -> str:
        """One line or block of text.

        Args:
            pattern: what the whole text must match; ``rule`` says so in words.
        """
        value = self._take(key, required=required, remedy=f'add {key} = "{example}"')
        if value is None:
            return default
        if not isinstance(value, str):
            self.fault(key, f'must be text in quotes; write {key} = "{example}"')
            return default
        if required and not value.strip():
            self.fault(key, f'is empty; write {key} = "{example}"')
            return default
        if pattern and not re.fullmatch(pattern, value):
            self.fault(key, f'{shown(value)} will not do: {rule}; write for example {key} = "{example}"')
            return default
        return value

    def text_list(self, key: str, default: Sequence[str] = (), *, example: str = '["one", "two"]') -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key)
        if value is None:
            return tuple(default)
        if not isinstance(value, list):
            self.fault(key, f"must be a list of texts in quotes; write {key} = {example}")
            return tuple(default)
        good = []
        for number, one in enumerate(value):
            if isinstance(one, str) and one.strip():
                good.append(one)
            else:
                self.fault(key, f"item {number + 1} must be text in quotes; write {key} = {example}", number)
        return tuple(good)

    def number(self, key: str, default: int, *, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"must be a whole number from {low} to {high}, without quotes; write {key} = {default}")
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, without quotes; write {key} = {str(default).lower()}")
            return default
        return value

    def choice(self, key: str, choices: Sequence[str], default: str = "", *, required: bool = False) -> str:
        """One of a few words."""
        listed = " or ".join(f'"{one}"' for one in choices)
        value = self._take(key, required=required, remedy=f"add {key}, which is {listed}")
        if value is None:
            return default
        if value not in choices:
            near = nearest(str(value), choices)
            self.fault(key, f"{shown(value)} is not known{near}; it must be {listed}")
            return default
        return str(value)

    def duration_ms(self, key: str, default: int | None = None) -> int | None:
        """A length of time in milliseconds, written as ``"15s"``, ``"6h"`` or ``"14d"``."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.fault(key, f"must be a length of time in quotes, as in {durations.EXAMPLES}")
            return default
        try:
            return durations.parse(value)
        except ValueError as error:
            self.fault(key, str(error))
            return default

    def history_ms(self, default: str, *, example: str = "90d") -> int | None:
        """How far back a source reads at first (``history``), in milliseconds; None: everything."""
        words = self.text("history", default, example=example)
        if words == "all":
            return None
        try:
            return durations.parse(words)
        except ValueError:
            self.fault("history", f'{shown(words)} must be "all" or a length of time such as "{example}"')
            return durations.parse(default)

    def agents(self) -> Mapping[str, str]:
        """Which of our addresses answers under which user name (``agents``), both in lower case."""
        raw = self.raw("agents")
        if raw is None:
            return MappingProxyType({})
        if not isinstance(raw, dict) or not all(isinstance(one, str) and one.strip() for one in raw.values()):
            self.fault("agents", 'must name an address for each user name; write agents = { asha = "asha@example.com" }')
            return MappingProxyType({})
        return MappingProxyType({str(name).lower(): address.strip().lower() for name, address in raw.items()})

    def addresses(self, key: str, values: Iterable[str]) -> tuple[str, ...]:
        """Those of ``values`` that are e-mail addresses; a fault for each that is none."""
        good = []
        for number, value in enumerate(values):
            if _ADDRESS.fullmatch(value):
                good.append(value)
            else:
                self.fault(key, f'{shown(value)} is not an e-mail address; write "support@example.com"', number)
        return tuple(good)

    def url(
        self, key: str, schemes: Mapping[str, int], *, required: bool = False, example: str,
        with_path: bool = False,
    ) -> Url | None:
        """Where a server is.

        Args:
            schemes: allowed ones, each with its usual port; one that ends in ``+insecure`` is for loopback only.
            with_path: whether a path may follow the host.
        """
        value = self._take(key, required=required, remedy=f'add {key} = "{example}"')
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(key, f'must be text in quotes; write {key} = "{example}"')
            return None
        if "@" in value:  # before anything else, so that no message can repeat what stands there
            self.fault(key, f'a user name or password does not belong here; write {key} = "{example}", '
                       "the name as username; the secret: " + self.secret_remedy)
            return None
        try:
            parts = urlsplit(value.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            self.fault(key, f'{shown(value)} is not an address of a server; write {key} = "{example}"')
            return None
        allowed = " or ".join(f"{one}://" for one in schemes)
        if parts.scheme not in schemes:
            self.fault(key, f'{shown(value)} must start with {allowed}; write {key} = "{example}"')
            return None
        if not host or not (_HOST.fullmatch(host) or _is_ip(host)) or port == 0:
            self.fault(key, f'{shown(value)} names no server; write {key} = "{example}"')
            return None
        if parts.query or parts.fragment or (parts.path.strip("/") and not with_path):
            self.fault(key, f'{shown(value)} must end after the server\'s name and port; write {key} = "{example}"')
            return None
        found = Url(scheme=parts.scheme, host=host, port=port or schemes[parts.scheme], path=parts.path.rstrip("/"))
        if parts.scheme.endswith("+insecure") and not found.loopback:
            safe = parts.scheme.removesuffix("+insecure")
            self.fault(key, f'{shown(value)} would send the secret in the open: {parts.scheme}:// is for this machine '
                       f'only (localhost, 127.0.0.1, ::1); write {key} = "{safe}s://{host}" or "{safe}://{host}"')
            return None
        return found

    def web_url(self, key: str, *, example: str, required: bool = True) -> Url | None:
        """Where a service is reached over https, with its path; plain http is for this machine only."""
        found = self.url(key, {"https": 443, "http": 80}, required=required, example=example, with_path=True)
        if found is not None and found.scheme == "http" and not found.loopback:
            self.fault(key, f'{shown(str(self.values[key]))} would send the secret in the open: http:// is for this machine '
                       f'only (localhost, 127.0.0.1, ::1); write {key} = "https://{found.host}{found.path}"')
            return None
        return found

    def path(self, key: str, *, must_exist: bool = False) -> Path | None:
        """A path, absolute; a relative one is relative to the workspace and ``~`` is the home directory."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            self.fault(key, f'must be a path in quotes; write for example {key} = "ca.pem"')
            return None
        try:
            found = self.base / Path(value).expanduser()
        except RuntimeError:
            self.fault(key, f'the home directory in "{value}" is not known; write the whole path')
            return None
        if must_exist and not found.is_file():
            self.fault(key, f"there is no file {found}; a relative path is relative to {self.base}")
            return None
        return found

    def table(self, key: str, *, example: str, label: str = "") -> TableReader | None:
        """A table inside this one."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(key, f"must be a table; write {example}")
            return None
        return self._reader(value, (*self.where, key), label or f"{self.label}{key}.")

    def tables(self, key: str, *, example: str) -> list[TableReader]:
        """An array of tables, ``[[key]]``."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.fault(key, f"must be an array of tables; write {example}")
            return []
        return [self._reader(one, (*self.where, key, number), self.label) for number, one in enumerate(value)]

    def secret_forbidden(self) -> None:
        """A fault for each key that looks like a secret; its value is not repeated."""
        for key in self.values:
            if key not in self.known and SECRET_KEYS.fullmatch(key.lower().replace("-", "_")):
                self.known.append(key)
                self.fault(key, f"a secret never stands in this file: remove the line; {self.secret_remedy}")

    def finish(self) -> None:
        """Faults for what nobody asked for: secrets and unknown keys."""
        wanted = tuple(self.known)
        self.secret_forbidden()
        for key in self.values:
            if key not in self.known:
                near = nearest(key, wanted) or f"; known are {', '.join(sorted(wanted))}"
                self.fault(key, f"there is no such setting{near}")

    def _reader(self, values: Mapping[str, Any], where: Where, label: str) -> TableReader:
        return TableReader(values, self.faults, where, label=label, base=self.base, secret_remedy=self.secret_remedy)

    def _take(self, key: str, *, required: bool = False, remedy: str = "") -> Any:
        if key not in self.known:
            self.known.append(key)
        if key not in self.values and required:
            self.fault(key, f"is missing; {remedy}")
        return self.values.get(key)


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where a known word is near, else nothing."""
    from difflib import get_close_matches

    choices = list(known)
    found = get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    found = found or [one for one in choices if len(word) > 2 and one.startswith(word.lower())]
    return f"; did you mean '{found[0]}'?" if found else ""


def shown(value: object) -> str:
    """A value as TOML would show it: short, on one line, nothing in it that a terminal acts on."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    text = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
    return f'"{text}"' if isinstance(value, str) else text


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
