"""The command line: global options, one subcommand, one exit status, one line for every error."""

from __future__ import annotations

import os
import sys

from agent_tui.commands import COMMANDS, MODULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from agent_tui.commands.context import Context
    from agent_tui.opening import Early

DONE, FAILED, USAGE, STOPPED, PARTLY = 0, 1, 2, 3, 4
INTERRUPTED = 130  # what shells give a program that ctrl+c ended

GLOBAL = """options, before or after the command:
  --workspace DIR   the workspace; else AGENT_TUI_WORKSPACE, else the user's data directory
  --offline         never contact a server
  --json            JSON Lines instead of text
  --help            this, or a command's own help
  --version         the version
"""


class _Wanted:
    """What the arguments ask for, before any command is imported."""

    def __init__(self, arguments: list[str]) -> None:
        self.workspace: str | None = None
        self.early: Early | None = None
        """The terminal with the first frame."""
        self.json = self.offline = self.help = self.version = False
        self.command = ""
        self.rest: list[str] = []
        waiting = iter(arguments)
        for one in waiting:
            name, equals, value = one.partition("=")
            if one == "--":
                self.rest += [one, *waiting]
            elif name == "--workspace":
                found = value if equals else next(waiting, None)
                if not found:
                    raise _Misused("--workspace needs a directory")
                self.workspace = found
            elif one in ("--json", "--offline", "--version"):
                setattr(self, one[2:], True)
            elif one in ("--help", "-h"):
                self.help = True
            elif not self.command:
                if one.startswith("-"):
                    raise _Misused(f"there is no option {one}")
                self.command = one
            else:
                self.rest.append(one)


class _Misused(Exception):
    """Wrong arguments, in words."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit status."""
    os.umask(0o077)  # whatever a command makes is for its user alone
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _run(arguments: list[str]) -> int:
    try:
        wanted = _Wanted(arguments)
    except _Misused as error:
        return _complain(f"{error}; see 'agent-tui --help'", USAGE)
    if wanted.version:
        from agent_tui import __version__

        sys.stdout.write(f"agent-tui {__version__}\n")
        return DONE
    if not wanted.command:
        if wanted.help:
            sys.stdout.write(_overview())
            return DONE
        return _start(wanted)
    if wanted.command == "help":
        sys.stdout.write(_overview())
        return DONE
    if wanted.command not in {name for name, _, _ in COMMANDS}:
        words = f"there is no command '{wanted.command}'{_near(wanted.command)}; see 'agent-tui --help'"
        return _complain(words, USAGE)
    return _guarded(wanted, _command)


def _start(wanted: _Wanted) -> int:
    """The workstation: its first frame before anything else is loaded."""
    import gc

    gc.disable()  # half a million objects are made before the first list and none can go; the app collects after it
    if not wanted.json:
        from agent_tui.opening import first_frame

        wanted.early = first_frame(wanted.workspace)
    try:
        return _guarded(wanted, _open)
    finally:
        _give_back(wanted)


def _give_back(wanted: _Wanted) -> None:
    if wanted.early is not None:
        wanted.early.leave()


def _guarded(wanted: _Wanted, run_it: object) -> int:
    """Run with a context; turn our errors into one line and an exit status."""
    from agent_tui.commands.context import Context
    from agent_tui.domain.errors import AgentTuiError, StopError, UsageError, WorkspaceError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a locale without UTF-8 must not stop a customer's name
            stream.reconfigure(errors="backslashreplace")
    context = Context(wanted.workspace, json=wanted.json, offline=wanted.offline)
    try:
        with context:
            try:
                status: int = run_it(wanted, context)  # type: ignore[operator]
                return status
            finally:
                for one in context.mended:
                    _complain(one, DONE)
    except WorkspaceError as error:
        for fault in error.faults:
            _complain(fault, USAGE)
        return USAGE
    except UsageError as error:
        return _complain(str(error), USAGE)
    except StopError as error:
        if wanted.json:
            context.emit("guard", guard=error.guard, reason=error.reason, passable=error.passable)
        passing = f"; to go past it: --override {error.guard}" if error.passable else ""
        return _complain(f"stopped by the guard '{error.guard}': {error.reason}{passing}", STOPPED)
    except AgentTuiError as error:
        return _complain(str(error), FAILED)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or type(error).__name__}", FAILED)
    except Exception as error:
        from agent_tui import log

        log.Log("crash").crash("crashed", error)
        kept = f"the log {context.log_path} has more" if context.log_path else log.describe(error)
        return _complain(f"stopped by a fault of its own ({type(error).__name__}); {kept}", FAILED)


def _command(wanted: _Wanted, context: Context) -> int:
    from importlib import import_module

    module = import_module(f"agent_tui.commands.{MODULES.get(wanted.command, wanted.command)}")
    parser = _parser(wanted.command)
    module.arguments(parser)
    if wanted.help:
        sys.stdout.write(parser.format_help())
        return DONE
    prepare = getattr(module, "prepare", None)
    options = parser.parse_args(prepare(wanted.rest) if prepare else wanted.rest)
    status: int = module.run(context, options)
    return status


def _parser(command: str) -> ArgumentParser:
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    class Parser(ArgumentParser):
        """Complains in one line."""

        def error(self, message: str) -> object:  # type: ignore[override]
            from agent_tui.domain.errors import UsageError

            raise UsageError(f"{self.prog.removeprefix('agent-tui ')}: {message}; see '{self.prog} --help'")

    summary = next(text for name, _, text in COMMANDS if name == command)
    return Parser(
        prog=f"agent-tui {command}", description=summary[0].upper() + summary[1:] + ".", epilog=GLOBAL, add_help=False,
        allow_abbrev=False, formatter_class=RawDescriptionHelpFormatter,
    )  # fmt: skip


def _open(wanted: _Wanted, context: Context) -> int:
    """The workstation."""
    from agent_tui.domain.errors import UsageError

    if wanted.json:
        raise UsageError("--json belongs to a command, such as 'agent-tui list --json'")
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:  # as 'serve' starts it
        raise UsageError("the workstation needs a terminal; without one use a command, see 'agent-tui --help'")
    from agent_tui.opening import open_workstation
    from agent_tui.workspace import SETTINGS

    new = False
    if not (context.path / SETTINGS).exists():
        from agent_tui.first_run import DEMO, begin

        chosen = begin(context.path)
        if chosen == DEMO:
            wanted.command, wanted.workspace, context.chosen = "demo", None, None
            return _command(wanted, context)
        if not chosen:
            return DONE
        new = True
    try:
        workspace = context.workspace
        mended, context.mended = context.mended, ()
        return open_workstation(workspace, offline=wanted.offline, early=wanted.early, mended=mended, new=new)
    finally:
        _give_back(wanted)  # before anything is said of what went wrong


def _overview() -> str:
    width = max(len(name) + len(usage) for name, usage, _ in COMMANDS) + 1
    width = min(width, 44)
    lines = ["usage: agent-tui [COMMAND] [OPTIONS]", "", "Without a command: open the workstation.", "", "commands:"]
    for name, usage, summary in COMMANDS:
        lines.append(f"  {f'{name} {usage}'.strip():<{width}}  {summary}")
    return "\n".join(lines) + "\n\n" + GLOBAL


def _near(word: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, [name for name, _, _ in COMMANDS], n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def _complain(words: str, status: int) -> int:
    plain = "".join(one if one.isprintable() else " " for one in words)
    sys.stderr.write(f"agent-tui: {plain}\n")
    return status


def _forget_output() -> None:
    """Whoever read our output has gone: nothing more to say, not even when Python closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
