"""Finding the servers of an e-mail address, in the order in which an answer can be trusted.

First what the domain itself publishes (autoconfig files, SRV records of RFC 6186 and RFC 8314), then the same of whoever
takes its mail, then Mozilla's list of providers (only if the user says so, because it tells a stranger the domain), then
the names that most servers have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from agent_tui.commands.setup import autoconfig
from agent_tui.commands.setup.accounts import MailAccount, Server, imap_url, smtp_url
from agent_tui.commands.setup.network import Network

PROVIDERS = "https://autoconfig.thunderbird.net/v1.1/"
IMAP_GREETING = b"* OK"
SMTP_GREETING = b"220"
Tell = Callable[[str], None]


async def published(address: str, network: Network, tell: Tell) -> MailAccount | None:
    """What the domain says itself, and then whoever takes its mail.

    Args:
        address: with ``@``.
        tell: gets a line for every step, for whoever watches.
    """
    domain = address.rpartition("@")[2].lower()
    found = await _files(domain, address, network, tell) or await _records(domain, address, network, tell)
    if found is not None:
        return found
    for exchanger in (await network.exchangers(domain))[:1]:
        tell(f"mail for {domain} is taken by {exchanger}")
        for parent in _parents(exchanger, domain):
            found = await _files(parent, address, network, tell) or await _records(parent, address, network, tell)
            if found is not None:
                return found
    return None


async def listed(address: str, network: Network, tell: Tell) -> MailAccount | None:
    """What Mozilla's list of providers says, of the domain or of whoever takes its mail."""
    domain = address.rpartition("@")[2].lower()
    exchangers = (await network.exchangers(domain))[:1]
    for one in (domain, *(parent for exchanger in exchangers for parent in _parents(exchanger, domain))):
        found = await _file(f"{PROVIDERS}{one}", address, network, tell)
        if found is not None:
            return found
    return None


async def guessed(address: str, network: Network, tell: Tell) -> MailAccount | None:
    """The names that most servers have, where something answers."""
    domain = address.rpartition("@")[2].lower()
    imap = await _first(
        [Server(host, port, security) for port, security in ((993, "tls"), (143, "starttls"))
         for host in (f"imap.{domain}", f"mail.{domain}", domain)],
        IMAP_GREETING, network,
    )  # fmt: skip
    if imap is None:
        tell(f"nothing answers as IMAP at imap.{domain}, mail.{domain} or {domain}")
        return None
    smtp = await _first(
        [Server(host, port, security) for port, security in ((465, "tls"), (587, "starttls"))
         for host in (f"smtp.{domain}", f"mail.{domain}", imap.host)],
        SMTP_GREETING, network,
    )  # fmt: skip
    tell(f"{imap_url(imap)} answers" + (f", and so does {smtp_url(smtp)}" if smtp else "; nothing answers for sending"))
    return MailAccount(address=address, imap=imap, smtp=smtp, origin="tried the usual names")


async def _files(domain: str, address: str, network: Network, tell: Tell) -> MailAccount | None:
    for url in (
        f"https://autoconfig.{domain}/mail/config-v1.1.xml",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
    ):
        found = await _file(url, address, network, tell)
        if found is not None:
            return found
    return None


async def _file(url: str, address: str, network: Network, tell: Tell) -> MailAccount | None:
    raw = await network.get(url)
    found = None if raw is None else autoconfig.read(raw, address, url)
    tell(f"{url}: {'found' if found else 'nothing' if raw is None else 'nothing that can be used'}")
    return found


async def _records(domain: str, address: str, network: Network, tell: Tell) -> MailAccount | None:
    imap = await _record(domain, (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")), network)
    if imap is None:
        tell(f"no SRV records of {domain} for IMAP")
        return None
    smtp = await _record(domain, (("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")), network)
    tell(f"SRV records of {domain}: {imap_url(imap)}" + (f", {smtp_url(smtp)}" if smtp else ""))
    return MailAccount(address=address, imap=imap, smtp=smtp, origin=f"SRV records of {domain}")


async def _record(domain: str, names: Sequence[tuple[str, str]], network: Network) -> Server | None:
    for name, security in names:
        for host, port in await network.services(f"{name}.{domain}"):
            if host != "." and port:
                return Server(host, port, security)
    return None


async def _first(servers: Sequence[Server], greeting: bytes, network: Network) -> Server | None:
    answers = await asyncio.gather(*(network.answers(one, greeting=greeting) for one in servers))
    return next((one for one, there in zip(servers, answers, strict=True) if there), None)


def _parents(host: str, domain: str) -> tuple[str, ...]:
    """The domains that a mail exchanger may belong to, the longer first: ``a.mx.provider.co.uk`` has three."""
    labels = host.split(".")
    found = (".".join(labels[start:]) for start in range(1, len(labels) - 1))
    return tuple(one for one in found if one != domain)[-2:]
