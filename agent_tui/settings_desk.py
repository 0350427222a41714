"""The tables of ``workspace.toml`` that say how one works: hours, chats, notices, keys. Sources are read elsewhere."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent_tui.domain import notices
from agent_tui.domain.chats import IDLE_MS, LIMIT, ChatSettings
from agent_tui.domain.model import Channel, Priority
from agent_tui.domain.notices import NoticeSettings
from agent_tui.domain.settings import TableReader, nearest, shown
from agent_tui.workspace import ARTICLES, Encryption, machine_zone

if TYPE_CHECKING:
    from agent_tui.domain.clocks import Hours
    from agent_tui.domain.watching import Watch


def widths(top: TableReader) -> str:
    """How wide the terminal draws text: ``auto``, ``standard``, or habits as words."""
    from agent_tui.domain import cell_habits

    given = top.text("widths", "auto")
    if given not in {"auto", "standard"}:
        try:
            return cell_habits.words(cell_habits.parse(given))
        except ValueError as error:
            top.fault("widths", f"{error}; give auto, standard, or as 'agent-tui doctor' shows it, \"{cell_habits.EXAMPLE}\"")
            return "auto"
    return given


def hours(table: TableReader | None) -> Hours | None:
    """When clocks run, or None where that is always."""
    if table is None:
        return None
    from agent_tui.domain import clocks

    values = {key: table.raw(key) for key in ("timezone", "open", "holidays") if table.has(key) or key != "holidays"}
    table.finish()
    good = True
    # One check per item, so that every wrong one is named with its own line.
    for key in ("open", "holidays"):
        items = values.get(key)
        for number, one in enumerate(items if isinstance(items, list) else ()):
            trial = {"timezone": "UTC", "open": ["daily 00:00-24:00"], key: [one]}
            for _key, words in hours_faults(trial):
                good = False
                table.fault(key, words, number)
    # Then the table as a whole; items that have been named already are left out of it.
    whole = {"holidays": [], **values}
    if not good:
        whole |= {"open": ["daily 00:00-24:00"], "holidays": []}
    for key, words in hours_faults(whole):
        good = False
        table.fault(key, words)
    return clocks.parse_hours(whole) if good else None


def hours_faults(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is wrong with a table of hours: key and words."""
    from agent_tui.domain import clocks

    try:
        clocks.parse_hours(values)
    except clocks.HoursError as error:
        return error.faults
    return ()


def chat(table: TableReader | None) -> ChatSettings:
    """How one works in live chats."""
    if table is None:
        return ChatSettings()
    limit = table.number("limit", LIMIT, low=0, high=20)
    idle = table.duration_ms("idle", IDLE_MS)
    table.finish()
    return ChatSettings(limit=limit, idle_ms=IDLE_MS if idle is None else idle)


def articles(table: TableReader | None) -> str:
    """Where drafts of articles go; relative to the workspace."""
    if table is None:
        return ARTICLES
    folder = table.text("folder", ARTICLES, example="~/kb/drafts")
    table.finish()
    return folder


def watch(table: TableReader | None, hours: Hours | None) -> tuple[Watch, ...]:
    """Who watches when, in the time zone of ``[hours]``."""
    if table is None:
        return ()
    from agent_tui.domain import clocks
    from agent_tui.domain.watching import Watch

    found = []
    for who in table.values:
        lines = table.text_list(who, example='["mon-fri 09:00-18:00"]')
        closed = list(hours.holidays) if hours else []
        whole = {"timezone": hours.timezone if hours else "UTC", "open": list(lines), "holidays": closed}
        wrong = False
        for number, one in enumerate(lines):
            for _key, words in hours_faults({**whole, "open": [one]}):
                wrong = True
                table.fault(who, words, number)
        if not lines and table.values.get(who) == []:
            table.fault(who, f'is empty; write {who} = ["mon-fri 09:00-18:00"], or leave them out')
        elif lines and not wrong:
            found.append(Watch(who, clocks.parse_hours(whole)))
    table.finish()
    return tuple(found)


def personal(table: TableReader | None) -> tuple[tuple[str, str], ...]:
    """Expressions by what they find; one that can't be used is a fault."""
    if table is None:
        return ()
    import regex

    found = []
    for name in table.values:
        pattern = table.text(name, required=True, example="TW-[0-9]{5}")
        try:
            if pattern and regex.compile(pattern).fullmatch("", timeout=1):
                table.fault(name, f"{shown(pattern)} fits an empty text, and so every reply; write one that needs a digit")
            elif pattern:
                found.append((name, pattern))
        except (regex.error, TimeoutError) as error:
            table.fault(name, f"{shown(pattern)} is no regular expression ({error}); write one such as 'TW-[0-9]{{5}}'")
    table.finish()
    return tuple(found)


def notify(table: TableReader | None, zone: str) -> NoticeSettings:
    """How one is told of what comes; a channel that is not named keeps its own ways.

    Args:
        zone: the time zone of quiet hours; empty: this machine's.
    """
    if table is None:
        return NoticeSettings()
    ways = dict(notices.DEFAULT)
    for channel in Channel:
        ways[channel] = _ways(table, channel.value, ways.get(channel, ()))
    others = [one for one in Priority if one is not Priority.NORMAL]
    told = {one: _ways(table, one.value, ()) for one in others}
    priorities: dict[Priority, tuple[str, ...]] = {one: told[one] for one in others if table.has(one.value)}
    command = table.text_list("command", example='["notify-send", "--", "{title}", "{text}"]')
    wanted = any("command" in one for one in (*ways.values(), *priorities.values()))
    if wanted and not command:
        where = next(str(key) for key, value in table.values.items() if isinstance(value, list) and "command" in value)
        table.fault(where, 'needs the program: write command = ["notify-send", "--", "{title}", "{text}"]')
    quiet = None
    lines = table.text_list("quiet", example='["daily 20:00-08:00"]')
    faults = [(number, words) for number, line in enumerate(lines) for _, words in hours_faults(_open(zone, [line]))]
    for number, words in faults:
        table.fault("quiet", words, number)
    if lines and not faults:
        from agent_tui.domain import clocks

        quiet = clocks.parse_hours(_open(zone, list(lines)))
    found = NoticeSettings(
        ways=MappingProxyType({one: how for one, how in ways.items() if how}), priorities=MappingProxyType(priorities),
        command=command, quiet=quiet, break_quiet=table.flag("urgent_breaks_quiet"), title=table.flag("title", True),
    )  # fmt: skip
    table.finish()
    return found


KEY_VARIABLE = "AGENT_TUI_ENCRYPTION_KEY"
KEY_REMEDY = (
    f"give it in {KEY_VARIABLE}, or name a program that prints it as secret_command in [encryption], or put it into the system's "
    "keyring with 'agent-tui encryption set-key'"
)


def encryption(table: TableReader | None) -> Encryption:
    """Whether the databases are encrypted, and what prints the key."""
    if table is None:
        return Encryption()
    table.secret_remedy = KEY_REMEDY
    for name in ("key", "encryption_key"):
        if table.has(name):
            table.raw(name)
            table.fault(name, f"a key never stands in this file: remove the line; {KEY_REMEDY}")
    command = table.text_list("secret_command", example='["pass", "show", "agent-tui"]')
    if table.values.get("secret_command") == []:
        table.fault("secret_command", 'is empty; write secret_command = ["pass", "show", "agent-tui"], or leave it out')
    found = Encryption(enabled=table.flag("enabled"), secret_command=command)
    table.finish()
    return found


def _open(zone: str, lines: list[str]) -> dict[str, Any]:
    return {"timezone": zone or machine_zone() or "UTC", "open": lines, "holidays": []}


def _ways(table: TableReader, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    given = table.text_list(key, default, example='["bell", "osc9"]')
    for number, way in enumerate(given):
        if way not in notices.WAYS:
            near = nearest(way, notices.WAYS)
            words = f"{shown(way)} is no way to announce{near}; known are {', '.join(notices.WAYS)}"
            table.fault(key, words, number)
    return tuple(one for one in given if one in notices.WAYS)


def keys(table: TableReader | None) -> tuple[dict[str, tuple[str, ...]], str]:
    """Keys of one's own by command, and the preset that they are laid over.

    ``"view.mine" = "g m"`` and ``view.mine = "g m"`` are the same to those who write them, so both are read.
    """
    if table is None:
        return {}, ""
    from agent_tui.domain.commands import keys
    from agent_tui.domain.commands import table as commands
    from agent_tui.domain.commands.presets import PRESETS

    preset = table.choice("preset", tuple(PRESETS))
    found: dict[str, tuple[str, ...]] = {}
    _flatten_keys(table, "", found)
    for fault in keys.bind(commands.COMMANDS, found, PRESETS.get(preset)).faults:
        name, _, words = fault.removeprefix("keys.").partition(": ")
        where = (name,) if name in table.values else tuple(name.split("."))
        table.faults.add((*table.where, *where), f"{table.label}{name}", words)
    return found, preset


def _flatten_keys(table: TableReader, prefix: str, found: dict[str, tuple[str, ...]]) -> None:
    for name, value in table.values.items():
        if name in table.known:
            continue
        if isinstance(value, dict):
            inner = table.table(name, example='done = "e"')
            if inner is not None:
                _flatten_keys(inner, f"{prefix}{name}.", found)
        elif isinstance(value, str):
            table.raw(name)
            found[prefix + name] = (value,)
        else:
            found[prefix + name] = table.text_list(name, example='["e", "ctrl+y"]')
