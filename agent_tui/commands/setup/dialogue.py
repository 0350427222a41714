"""The questions of ``agent-tui init``, one after the other, over anything that can ask and say.

After every source the file is whole and written, so leaving at any point loses at most the answers to the source that is
being asked about, and coming back goes on behind the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from agent_tui import secrets, settings_file
from agent_tui import workspace as workspaces
from agent_tui.commands.setup import discovery, mail_programs, services, settings_text
from agent_tui.commands.setup.accounts import IMAP_PORTS, SMTP_PORTS, MailAccount, Server, imap_url, smtp_url
from agent_tui.commands.setup.network import Network
from agent_tui.domain.errors import AgentTuiError, UsageError, WorkspaceError
from agent_tui.workspace import SETTINGS, Workspace, machine_zone

Check = Callable[[Workspace, str], Mapping[str, Any]]
PROMISES = {"chatwoot": "5m", "matrix": "2m", "discourse": "24h", "nodebb": "24h", "bluesky": "24h"}
CALLED = {
    "chatwoot": "access token (in its profile settings)", "matrix": "password", "discourse": "API key", "nodebb": "API token",
    "bluesky": "app password",
}  # fmt: skip
_SECURITY = {"imaps": "tls", "imap": "starttls", "smtps": "tls", "smtp": "starttls"}


class Person(Protocol):
    """Whoever is asked."""

    def say(self, words: str = "") -> None:
        """A line to read."""
        ...

    def ask(self, question: str, default: str = "") -> str:
        """One line; ``default`` where nothing is typed.

        Raises:
            EOFError: they left.
        """
        ...

    def secret(self, question: str) -> secrets.Secret:
        """The same without showing what is typed.

        Raises:
            EOFError: they left.
            AgentTuiError: this terminal would show it.
        """
        ...


class Dialogue:
    """Setting a workspace up.

    Args:
        path: of the workspace; made where it is not there.
        home: where the settings of other mail programs are.
        network: None: ask nobody, so everything has to be typed.
        check: logs in to a source and says how that went, as ``agent-tui source check`` does.
    """

    def __init__(self, path: Path, person: Person, *, home: Path, network: Network | None, check: Check) -> None:
        self.path = path
        self.person = person
        self.home = home
        self.network = network
        self.check = check

    @property
    def file(self) -> Path:
        """The settings."""
        return self.path / SETTINGS

    def hold(self) -> Workspace:
        """All of it.

        Returns:
            the workspace as it is then.

        Raises:
            WorkspaceError: there are settings already, with faults.
            EOFError: the person left.
        """
        say = self.person.say
        if self.file.exists():
            workspace = workspaces.load(self.path)
            there = "one source" if len(workspace.sources) == 1 else f"{len(workspace.sources) or 'no'} sources"
            say(f"{self.file} is there, with {there}; what you add goes behind what it has.")
        else:
            workspace = self._begin()
        taken = {address for one in workspace.sources for address in one.addresses}
        offered = [one for one in mail_programs.found(self.home) if one.address.lower() not in taken]
        for account in self._chosen(offered):
            self._mailbox(account)
        while True:
            say()
            what = self.person.ask("An e-mail address, or the address of a chat or forum (Enter: that is all)")
            if not what:
                return workspaces.load(self.path)
            try:
                self._add(what)
            except (AgentTuiError, ValueError) as error:
                say(f"  {error}")

    # --- who answers ----------------------------------------------------------------------------------------------

    def _begin(self) -> Workspace:
        ask, say = self.person.ask, self.person.say
        say("Three questions about you, then the places where customers write.")
        name = ask("Your name, as customers see it")
        email = ""
        while "@" not in email.strip("@"):
            email = ask("Your own e-mail address")
        languages = tuple(one.strip().lower() for one in ask("Languages that you answer in", "en").split(",") if one.strip())
        workspaces.create_directory(self.path)
        return self._write(settings_text.head(name, email, languages, machine_zone()))

    def _write(self, text: str) -> Workspace:
        """The new settings, unless they have a fault: then the old ones stay."""
        before = self.file.read_bytes() if self.file.exists() else None
        partial = self.file.with_name(f".{SETTINGS}.new")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.file)
        try:
            return workspaces.load(self.path)
        except WorkspaceError as error:
            if before is None:
                self.file.unlink()
            else:
                self.file.write_bytes(before)
            raise UsageError("; ".join(error.faults)) from None

    def _append(self, text: str) -> Workspace:
        return self._write(self.file.read_text(encoding="utf-8").rstrip("\n") + "\n" + text)

    def _chosen(self, offered: list[MailAccount]) -> list[MailAccount]:
        if not offered:
            return []
        self.person.say()
        self.person.say("Accounts of other mail programs:")
        for number, one in enumerate(offered, 1):
            self.person.say(f"  {number}  {one.address:<34} {one.origin}")
        answer = self.person.ask("Which of them to take over, by number (Enter: none)")
        numbers = {int(word) for word in answer.replace(",", " ").split() if word.isdecimal()}
        return [one for number, one in enumerate(offered, 1) if number in numbers]

    # --- one more source --------------------------------------------------------------------------------------------

    def _add(self, what: str) -> None:
        if what.startswith("@") and ":" in what:
            home = services.base(what.partition(":")[2])
            return self._service(self._recognised(home) or services.Service("matrix", home), username=what)
        if what.startswith("@") or what.endswith(".bsky.social"):
            return self._service(services.Service("bluesky", ""), handle=what.removeprefix("@"))
        if "@" in what and "://" not in what:
            return self._mailbox(self._searched(what.strip()))
        url = services.base(what)
        found = self._recognised(url)
        kind = found.type if found is not None else self._kind()
        return self._service(found or services.Service(kind, url)) if kind else None

    def _recognised(self, url: str) -> services.Service | None:
        if self.network is None:
            return None
        return asyncio.run(services.recognise(url, self.network, self._tell))

    def _kind(self) -> str:
        """What somebody says is there; empty: nothing of that."""
        kinds = ("matrix", "chatwoot", "discourse", "nodebb")
        while True:
            kind = self.person.ask(f"What is there ({', '.join(kinds)}; Enter: none of these)").strip().lower()
            if not kind or kind in kinds:
                return kind
            self.person.say(f"  write one of {', '.join(kinds)}, or nothing to go back")

    def _searched(self, address: str) -> MailAccount:
        if self.network is None:
            return MailAccount(address=address)
        network, domain = self.network, address.rpartition("@")[2]
        found = asyncio.run(discovery.published(address, network, self._tell))
        if found is None:
            words = f"May Mozilla's list of providers be asked about {domain}? It then learns of this name"
            if _yes(self.person.ask(f"{words} (y/n)", "n")):
                found = asyncio.run(discovery.listed(address, network, self._tell))
        if found is None:
            found = asyncio.run(discovery.guessed(address, network, self._tell))
        return found or MailAccount(address=address)

    def _tell(self, words: str) -> None:
        self.person.say(f"  {words}")

    def _mailbox(self, account: MailAccount) -> None:
        ask, say = self.person.ask, self.person.say
        while True:
            if account.imap is not None:
                say()
                say(f"  {account.address}: {account.origin or 'as you typed it'}")
                say(f"    reads  {imap_url(account.imap)}")
                say(f"    sends  {smtp_url(account.smtp) if account.smtp else 'nothing: no server is known'}")
                tokens = ", with an access token (OAuth 2.0)" if account.auth == "xoauth2" else ""
                say(f"    as     {account.username or account.address}{tokens}")
                if _yes(ask("Is that right (y/n)", "y")):
                    break
            account = self._typed(account)
        name = self._name(account.address.partition("@")[0])
        what = "access token" if account.auth == "xoauth2" else "password"
        account, keep = self._how_secret(name, account, what)
        self._append(settings_text.mailbox(name, account))
        self._tried(name, keep, what)

    def _typed(self, account: MailAccount) -> MailAccount:
        domain = account.address.rpartition("@")[2]
        imap = smtp = None
        while imap is None:
            imap = _server(
                self.person.ask("Server for reading", imap_url(account.imap) if account.imap else f"imaps://imap.{domain}"),
                IMAP_PORTS, "imap",
            )  # fmt: skip
            if imap is None:
                self.person.say("  write it as imaps://host or imaps://host:port, or imap:// where it begins with STARTTLS")
        while smtp is None:
            text = self.person.ask(
                "Server for sending (- for none)", smtp_url(account.smtp) if account.smtp else f"smtps://smtp.{domain}"
            )
            if text == "-":
                break
            smtp = _server(text, SMTP_PORTS, "smtp")
            if smtp is None:
                self.person.say("  write it as smtps://host or smtp://host:port")
        username = self.person.ask("User name", account.username or account.address)
        return replace(account, imap=imap, smtp=smtp, username=username, origin="as you typed it")

    def _service(self, found: services.Service, **known: str) -> None:
        ask = self.person.ask
        values: dict[str, settings_text.Value] = {"url": found.url} if found.url else {}
        if found.type == "matrix":
            host = found.url.partition("://")[2]
            values["username"] = known.get("username") or ask("User id", f"@support:{host}")
        elif found.type == "discourse":
            values["username"] = ask("User name of the account that answers")
            values["key"] = ask("Kind of API key (admin, or user)", "admin")
            values["categories"] = _words(ask("Categories to follow, as their addresses name them (Enter: all)"))
        elif found.type == "chatwoot":
            values["account"] = _number(ask("Number of the account (in the address of Chatwoot's own screen)", "1"))
        elif found.type == "nodebb":
            values["username"] = ask("User name of the account that answers")
        else:
            values["handle"] = known.get("handle") or ask("Handle", "support.example.com")
        host = found.url.partition("://")[2].partition("/")[0].partition(":")[0] or str(values.get("handle", ""))
        wanted = "live-chat" if found.type in ("matrix", "chatwoot") else host.partition(".")[0] or found.type
        name, what = self._name(wanted), CALLED[found.type]
        values = {key: value for key, value in values.items() if value != ()}
        keep, command = self._secret_way(name, what)
        if command:
            values["secret_command"] = command
        self._append(settings_text.service(name, found.type, values, answer_within=PROMISES[found.type]))
        self._tried(name, keep, what)

    def _name(self, wanted: str) -> str:
        taken = [one.name for one in workspaces.load(self.path).sources]
        return settings_text.source_name(self.person.ask("A short name for it", settings_text.source_name(wanted, taken)), taken)

    # --- secrets and the test --------------------------------------------------------------------------------------

    def _how_secret(self, name: str, account: MailAccount, what: str) -> tuple[MailAccount, bool]:
        if account.secret_command:
            words = " ".join(account.secret_command)
            if _yes(self.person.ask(f"Go on getting the {what} from: {words} (y/n)", "y")):
                return account, False
        usual, example = "k", "pass show support-mail"
        if account.auth == "xoauth2":
            self.person.say("  An access token is good for an hour or so, so a program has to print a fresh one each time,")
            self.person.say("  such as oama or mutt_oauth2.py; agent-tui registers with no provider and renews none itself.")
            usual, example = "c", f"oama access {account.address}"
        keep, command = self._secret_way(name, what, usual, example)
        return replace(account, secret_command=command), keep

    def _secret_way(
        self, name: str, what: str, usual: str = "k", example: str = "pass show support-mail"
    ) -> tuple[bool, tuple[str, ...]]:
        """Whether it is to be stored in the keyring, and the program that prints it."""
        import shlex

        variable = settings_file.environment_name(name)
        answer = self.person.ask(
            f"Where is the {what}: k(eyring, you type it now), c(ommand that prints it), e(nvironment {variable})", usual
        ).lower()
        if answer.startswith("c"):
            command: tuple[str, ...] = ()
            while not command:
                command = tuple(shlex.split(self.person.ask(f"The command, such as: {example}")))
            return False, command
        return not answer.startswith("e"), ()

    def _tried(self, name: str, keep: bool, what: str = "password") -> None:
        """Log in, and go on asking until that works or is put off."""
        say, ask = self.person.say, self.person.ask
        while True:
            workspace = workspaces.load(self.path)
            try:
                if keep:
                    secrets.store(workspace, name, self.person.secret(f"The {what} of {name} (not shown)"))
                if self.network is None:
                    say(f"  {name} is written; test it with 'agent-tui source check {name}'")
                    return
                say(f"  connecting to {name} …")
                found = self.check(workspace, name)
                trouble = str(found.get("error") or "") if not found.get("ok") else ""
            except AgentTuiError as error:
                trouble = str(error)
            if not trouble:
                say(f"  {name} works: {found.get('account')} at {found.get('server')}")
                return
            say(f"  that did not work: {trouble}")
            answer = ask("t(ry again), d(rop this source), l(eave it as it is)", "t").lower()
            if answer.startswith("d"):
                self._drop(name)
                say(f"  {name} is taken out again")
                return
            if answer.startswith("l"):
                say(f"  it stays in {self.file}; 'agent-tui source check {name}' tests it")
                return

    def _drop(self, name: str) -> None:
        """Take the last table out again: it is this one."""
        text = self.file.read_text(encoding="utf-8")
        start = text.rindex("[[source]]")
        assert f'name = "{name}"' in text[start:]
        self._write(text[:start].rstrip("\n") + "\n")


def _server(text: str, ports: dict[str, int], kind: str) -> Server | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text if "://" in text else f"{kind}s://{text}")
        security = _SECURITY.get(parts.scheme) if parts.scheme.startswith(kind) else None
        return Server(parts.hostname, parts.port or ports[security], security) if security and parts.hostname else None
    except ValueError:
        return None


def _yes(answer: str) -> bool:
    return answer.strip().lower() in ("y", "yes")


def _words(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 1
