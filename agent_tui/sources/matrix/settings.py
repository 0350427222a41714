"""Settings of a Matrix account: pure, so that a workspace is read without importing anything that talks HTTP."""

from __future__ import annotations

import re
from pathlib import Path

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url, shown

USER = re.compile(r"@[^\s:]+:\S+")
ROOM = re.compile(r"[!#]\S+")
PATTERN = re.compile(r"@[^\s:]+:\S+|\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixSettings:
    """One account on a homeserver.

    Args:
        url: where clients reach it.
        username: the whole user id.
        auth: ``password``, or ``token`` where the secret is an access token.
        ca_file: private CA beside the system's, or None.
        agents: user ids of colleagues; what they write is ours.
        accept: whose invitations are accepted by themselves; ``*`` stands for any text.
        shared: rooms (ids or aliases) in which each thread is a case of its own.
        notes_room: where notes are kept for colleagues, or empty: they stay on this computer.
    """

    url: Url = Url(scheme="https", host="localhost", port=443)
    username: str = ""
    auth: str = "password"
    ca_file: Path | None = None
    agents: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    notes_room: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Ours, as every source names them."""
        return (self.username,) if self.username else ()


def channel(_settings: MatrixSettings) -> Channel:
    """Customers wait at the other end."""
    return Channel.CHAT


def read(table: TableReader) -> MatrixSettings:
    """The settings in a ``[[source]]`` table of type ``matrix``; faults go to the reader."""
    url = table.web_url("url", example="https://matrix.example.com")
    notes_room = table.text("notes_room", example="#notes:example.com", pattern=ROOM.pattern,
                            rule="a room is named by its alias, or by its id, which begins with !")
    shared = _list(table, "shared", ROOM, "#support:example.com", "a room's alias, or its id, which begins with !")
    if notes_room and notes_room in shared:
        table.fault("notes_room", f"{shown(notes_room)} is also in shared: customers would read the notes; name another room")
    return MatrixSettings(
        url=url or Url(scheme="https", host="localhost", port=443),
        username=table.text("username", required=True, example="@support:example.com", pattern=USER.pattern,
                            rule="it is the whole user id, with @ and the server's name"),
        auth=table.choice("auth", ("password", "token"), "password"),
        ca_file=table.path("ca_file", must_exist=True),
        agents=_list(table, "agents", USER, "@asha:example.com", "a whole user id"),
        accept=_list(table, "accept", PATTERN, "@*:example.com", 'a user id in which * stands for any text, or "*"'),
        shared=shared,
        notes_room=notes_room,
    )  # fmt: skip


def _list(table: TableReader, key: str, pattern: re.Pattern[str], example: str, rule: str) -> tuple[str, ...]:
    good = []
    for number, one in enumerate(table.text_list(key, example=f'["{example}"]')):
        if pattern.fullmatch(one):
            good.append(one)
        else:
            table.fault(key, f'{shown(one)} will not do: it must be {rule}; write for example "{example}"', number)
    return tuple(dict.fromkeys(good))
