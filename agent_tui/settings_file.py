"""Turns ``workspace.toml`` into frozen settings, and says everything that is wrong with it at once."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent_tui import settings_desk, settings_views
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Channel, Promise
from agent_tui.domain.pictures import WAYS
from agent_tui.domain.settings import Faults, TableReader, nearest, shown
from agent_tui.workspace import SETTINGS, Agent, SourceSettings, Workspace

if TYPE_CHECKING:
    from agent_tui.domain.clocks import Hours

BUILT_IN = ("archive", "bluesky", "chatwoot", "demo", "discourse", "imap", "matrix", "nodebb")
DAY_MS = 86_400_000
UNDO_MS = {Channel.EMAIL: 15_000, Channel.COMMUNITY: 15_000, Channel.SOCIAL: 15_000}
SOURCE_EXAMPLE = "[[source]] with name, type and the settings of that type"
ARCHIVE_FILE = "archive.toml"
MISSING = ("there is no workspace here yet; set one up with 'agent-tui init', look around with 'agent-tui demo', "
           "or choose another workspace with --workspace DIR")  # fmt: skip
THEMES = ("auto", "dark", "light", "contrast", "contrast-dark", "contrast-light", "plain")
_NAME = re.compile(r"[a-z0-9-]+")
QUOTES = ("none", "below", "above")


def read(path: Path) -> Workspace:
    """The workspace in a directory.

    Raises:
        WorkspaceError: with one line for every fault.
    """
    file = path / SETTINGS
    values, faults = parse(file, missing=MISSING)
    top = TableReader(values, faults, base=path)
    agent = _agent(top.table("agent", example='[agent] with name = "Asha Rao"'))
    hours = settings_desk.hours(top.table("hours", example='[hours] with open = ["mon-fri 09:00-18:00"]'))
    sources = _sources(top, hours)
    keys, preset = settings_desk.keys(top.table("keys", example='[keys] with done = "e"'))
    theme = top.choice("theme", THEMES, "auto")
    signs = top.choice("signs", ("auto", "lines", "ascii", "none"), "auto")
    widths = settings_desk.widths(top)
    pictures = top.choice("pictures", ("auto", *WAYS), "auto")
    layout = top.choice("layout", ("auto", "linear"), "auto")
    translate = top.text_list("translate_command", example='["trans", "-b", "{from}:{to}"]')
    chat = settings_desk.chat(top.table("chat", example="[chat] with limit = 3"))
    articles = settings_desk.articles(top.table("articles", example='[articles] with folder = "~/kb/drafts"'))
    watch = settings_desk.watch(top.table("watch", example='[watch] with "asha@example.com" = ["mon-fri 09:00-18:00"]'), hours)
    personal = settings_desk.personal(top.table("personal", example="[personal] with \"an order number\" = 'TW-[0-9]{5}'"))
    notify = settings_desk.notify(top.table("notify", example='[notify] with chat = ["bell"]'), hours.timezone if hours else "")
    encryption = settings_desk.encryption(top.table("encryption", example="[encryption] with enabled = true"))
    views = settings_views.read(top, keys, preset)
    top.finish()
    found = faults.sorted()
    if found:
        raise WorkspaceError(*found)
    return Workspace(
        path=path, agent=agent, hours=hours, keys=MappingProxyType(keys), preset=preset, views=views, theme=theme,
        signs=signs, widths=widths, pictures=pictures, layout=layout, chat=chat, notify=notify,
        translate_command=translate, personal=personal, watch=watch, articles_folder=articles, encryption=encryption,
        sources=(*sources, *_archives(path, {one.name for one in sources})),
    )  # fmt: skip


def parse(file: Path, *, missing: str = "there is no such file") -> tuple[dict[str, Any], Faults]:
    """The tables of a TOML file, and where its faults are to be collected.

    Raises:
        WorkspaceError: it cannot be read, or is no TOML.
    """
    import tomllib

    from agent_tui.domain.toml_lines import key_lines

    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise WorkspaceError(f"{file}: {missing}") from None
    except OSError as error:
        raise WorkspaceError(f"{file}: cannot be read ({error.strerror}); check its owner and mode") from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise WorkspaceError(f"{file}:{line}: is not UTF-8 text; save it as UTF-8") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(_syntax_fault(file, str(error), text)) from None
    return values, Faults(str(file), key_lines(text))


def _syntax_fault(file: Path, words: str, text: str) -> str:
    """``tomllib`` ends its words with the place; its words never hold a value."""
    match = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$", words)
    lines = text.rstrip("\n").split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    if match and match.group(1):
        line, column = int(match.group(1)), int(match.group(2))
    what = words[: match.start()] if match else words
    # Names of keys may be quoted by the parser, but never what stands behind the equals sign.
    return f"{file}:{line}:{column}: is not TOML: {what}; write one key = value a line, text in double quotes"


def _agent(table: TableReader | None) -> Agent:
    if table is None:
        return Agent()
    email = table.text("email", example="asha@example.com")
    aliases = table.text_list("aliases", example='["a.rao@example.com"]')
    if email:
        email = next(iter(table.addresses("email", (email,))), "")
    agent = Agent(
        name=table.text("name", example="Asha Rao"),
        email=email,
        languages=_languages(table),
        signature=table.text("signature", example="Asha, Example Support"),
        aliases=table.addresses("aliases", aliases),
    )
    table.finish()
    return agent


def _languages(table: TableReader) -> tuple[str, ...]:
    good = []
    for number, one in enumerate(table.text_list("languages", ("en",), example='["en", "hi"]')):
        if re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", one):
            good.append(one)
        else:
            table.fault("languages", f'{shown(one)} is not a language tag; write one like "en" or "pt-BR"', number)
    return tuple(good)


def _sources(top: TableReader, hours: Hours | None) -> list[SourceSettings]:
    found: list[SourceSettings] = []
    lines: dict[str, int] = {}
    variables: dict[str, str] = {}
    for number, table in enumerate(top.tables("source", example=SOURCE_EXAMPLE)):
        name = table.values.get("name")
        known = isinstance(name, str) and bool(_NAME.fullmatch(name))
        table.label = f"source '{name}', " if known else f"source {number + 1}, "
        if known:
            table.secret_remedy = secret_remedy(str(name))
        settings = _source(table, hours)
        if not known:
            continue
        line = top.faults.lines.get((*table.where, "name"), 1)
        if name in lines:
            table.fault("name", f"is already the name of the source in line {lines[str(name)]}; give each its own")
        lines.setdefault(str(name), line)
        variable = environment_name(str(name))
        for taken, other in variables.items():
            # support-mail with a secret of its own for SMTP reads the variable that support-mail-smtp would.
            if other != name and variable in (f"{taken}_SMTP", taken.removesuffix("_SMTP")):
                table.fault("name", f"its secret would share an environment variable with that of '{other}'; "
                            "choose a name that does not end in -smtp")
        variables[variable] = str(name)
        if settings is not None:
            found.append(settings)
    return found


def secret_remedy(name: str) -> str:
    """Where the secret of a source belongs."""
    return (f"store it with 'agent-tui secret set {name}', or set {environment_name(name)}, "
            'or name a program that prints it: secret_command = ["pass", "show", "' + name + '"]')


def environment_name(name: str, part: str = "") -> str:
    """The environment variable that may hold a secret of a source."""
    variable = f"AGENT_TUI_SECRET_{name.upper().replace('-', '_')}"
    return f"{variable}_{part.upper()}" if part else variable


def _source(table: TableReader, hours: Hours | None) -> SourceSettings | None:
    name = table.text("name", required=True, example="support-mail", pattern=r"[a-z0-9-]+",
                      rule="a name has small letters, digits and hyphens only")
    kind = table.text("type", required=True, example="imap")
    module = _settings_module(table, kind) if kind else None
    promise = _promise(table.table("promise", example='promise = { first_reply = "6h", next_reply = "6h" }'))
    own_hours = settings_desk.hours(table.table("hours", example="[source.hours] with timezone and open"))
    undo = table.duration_ms("undo")
    priority = table.number("priority", 0, low=-100, high=100)
    backlog = table.duration_ms("backlog", 14 * DAY_MS)
    signed, empty = table.has("signature"), table.values.get("signature") == ""
    signature = table.raw("signature") if empty else table.text("signature", example="Asha, Tamarind")
    quote = table.choice("quote", QUOTES, "none")
    commands = []
    for key, part in (("secret_command", ""), ("smtp_secret_command", "smtp")):
        argv = table.text_list(key, example='["pass", "show", "support-mail"]')
        if argv:
            commands.append((part, argv))
        elif table.values.get(key) == []:
            table.fault(key, f'is empty; write {key} = ["pass", "show", "{name or "support-mail"}"], or leave it out')
    if module is None:
        table.secret_forbidden()
        return None
    options = module.read(table)
    table.finish()
    channel = module.channel(options)
    return SourceSettings(
        name=name, type=kind, channel=channel, promise=promise, hours=own_hours or hours,
        undo_ms=UNDO_MS.get(channel, 0) if undo is None else undo,
        priority=priority, backlog_ms=backlog, secret_commands=tuple(commands), options=options,
        signature=str(signature or "") if signed else None, quote=quote,
    )  # fmt: skip


def _promise(table: TableReader | None) -> Promise:
    if table is None:
        return Promise()
    promise = Promise(first_reply=table.duration_ms("first_reply"), next_reply=table.duration_ms("next_reply"))
    table.finish()
    return promise


def _settings_module(table: TableReader, kind: str) -> Any:
    """The ``settings`` module beside a source's builder: ``read(table)`` and ``channel(settings)``."""
    if kind in BUILT_IN:
        return import_module(f"agent_tui.sources.{kind}.settings")
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group="agent_tui.source")}
    if kind not in points:
        known = tuple(sorted({*BUILT_IN, *points}))
        near = nearest(kind, known)
        words = f"{shown(kind)} is not a type of source in this version{near}; known are {', '.join(known)}"
        table.fault("type", words)
        return None
    module = f"{points[kind].module}.settings"
    try:
        return import_module(module)
    except ImportError as error:
        table.fault("type", f'"{kind}" is installed but cannot be loaded ({error}); reinstall its package')
        return None


def _archives(path: Path, taken: set[str]) -> list[SourceSettings]:
    """Archives that ``import`` made. They are listed by their own folders, so that the user's file stays the user's."""
    folder = path / "archives"
    try:
        files = sorted(folder.glob(f"*/{ARCHIVE_FILE}"))
    except OSError:
        return []
    found = []
    for file in files:
        name = file.parent.name
        if name in taken or not _NAME.fullmatch(name):
            continue
        values, faults = parse(file)
        table = TableReader(values, faults, label=f"archive '{name}', ", base=path)
        module = import_module("agent_tui.sources.archive.settings")
        options = module.read(table)
        table.finish()
        if faults.found:
            raise WorkspaceError(*faults.sorted())
        found.append(SourceSettings(name=name, type="archive", channel=options.channel, undo_ms=0, backlog_ms=None,
                                    options=options))
    return found
