"""Dovecot (IMAP, LMTP, SASL) and Postfix (SMTP, submission) as one mail system on loopback.

Every name is a user (``fresh`` makes one up), with one password. Mail to ``NAME@agents.test`` goes through Postfix
and LMTP into a Maildir and shows in IMAP. Some names are special:

========  =======================================================
later     Postfix answers 450 to RCPT
full      Postfix answers 552 to RCPT
nobody…   Postfix answers 550: there is no such user
gone      Postfix answers 250, and Dovecot refuses later: a bounce
========  =======================================================

The listener on 127.0.0.2 speaks IMAP with a poor set of capabilities (no CONDSTORE, IDLE, MOVE, UIDPLUS, SPECIAL-USE).
"""

from __future__ import annotations

import base64
import contextlib
import grp
import hashlib
import hmac
import imaplib
import itertools
import json
import os
import pwd
import secrets
import smtplib
import ssl
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.process import LOOPBACK, Home, ServerMissing, certificate, free_ports, give, greets, programs

PACKAGES = "dovecot-imapd dovecot-lmtpd postfix openssl"
DOMAIN = "agents.test"
PASSWORD = 'correct horse "battery" \\ ਸਤ'
POOR = "127.0.0.2"

DOVECOT = """
protocols = imap lmtp
base_dir = {home}/run
state_dir = {home}/run
log_path = /dev/stderr
listen = {host}, {poor}
auth_mechanisms = plain login xoauth2 oauthbearer
auth_username_format = %Ln
auth_failure_delay = 0
auth_verbose = yes
disable_plaintext_auth = yes
mail_fsync = never
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
mail_max_userip_connections = 200
mail_location = maildir:{home}/mail/%n/Maildir
first_valid_uid = 1
first_valid_gid = 1
mailbox_idle_check_interval = 1s
imap_hibernate_timeout = 0
passdb {{
  driver = passwd-file
  deny = yes
  args = username_format=%Ln {home}/denied
}}
passdb {{
  driver = static
  args = password={{PLAIN.b64}}{password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth.conf
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={home}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
local {poor} {{
  protocol imap {{
    imap_capability = IMAP4rev1 LITERAL+ MULTIAPPEND ENABLE
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@{domain}
}}
service imap-login {{
  process_min_avail = 1
  service_count = 0
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener sasl {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""

OAUTH = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/oauth/
username_attribute = email
username_format = %Ln
"""

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/postfix/queue
data_directory = {home}/postfix/data
maillog_file = {home}/postfix/log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydestination =
mynetworks =
inet_interfaces = {host}
inet_protocols = ipv4
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = regexp:{home}/postfix/recipients
virtual_transport = lmtp:unix:{home}/run/lmtp
default_transport = error:5.1.2 these tests deliver to {domain} only
relayhost =
alias_maps =
local_recipient_maps =
message_size_limit = 5242880
recipient_delimiter = +
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/run/sasl
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = regexp:{home}/postfix/logins
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_recipient_restrictions = check_recipient_access regexp:{home}/postfix/access, reject_unlisted_recipient,
  permit_sasl_authenticated, reject_unauth_destination
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 5s
in_flow_delay = 0
enable_long_queue_ids = yes
"""

# Nothing in a chroot, and only what these tests use. The plain listener takes logins without TLS (loopback only).
MASTER = """
{host}:{smtp} inet n - n - - smtpd -o syslog_name=mx
{host}:{plain} inet n - n - - smtpd -o syslog_name=plain -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=no
  -o smtpd_tls_security_level=none -o smtpd_client_restrictions=permit_sasl_authenticated,reject
{host}:{submission} inet n - n - - smtpd
  -o syslog_name=submission -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
{host}:{smtps} inet n - n - - smtpd
  -o syslog_name=smtps -o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class MailServer:
    """A running mail system.

    Args:
        ports: of ``imap`` (STARTTLS), ``imaps``, ``smtp`` (as other servers use it), ``submission`` (STARTTLS),
            ``smtps`` and ``plain`` (logins without TLS).
        ca: certificate authority to trust.
    """

    home: Home
    ports: dict[str, int]
    ca: Path
    key: bytes
    host: str = "localhost"
    domain: str = DOMAIN
    password: str = PASSWORD
    _names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fresh(self, stem: str = "box") -> str:
        """A user nobody has used."""
        return f"{stem}{next(self._names)}-{secrets.token_hex(2)}"

    def address(self, user: str) -> str:
        """The user's address."""
        return f"{user}@{DOMAIN}"

    def token(self, user: str, lifetime: int = 600) -> str:
        """A signed OAuth 2 token that Dovecot takes; a negative lifetime has run out already."""

        def encode(raw: bytes) -> bytes:
            return base64.urlsafe_b64encode(raw).rstrip(b"=")

        now = int(time.time())
        claims = {"sub": user, "email": user, "iat": now - 3600, "nbf": now - 3600, "exp": now + lifetime}
        signed = b".".join(
            encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT", "kid": "tests"}, claims)
        )
        return (signed + b"." + encode(hmac.new(self.key, signed, hashlib.sha256).digest())).decode()

    def client(self, user: str) -> imaplib.IMAP4_SSL:
        """A second IMAP client, which knows nothing of the program under test."""
        client = imaplib.IMAP4_SSL("localhost", self.ports["imaps"], ssl_context=ssl.create_default_context(cafile=str(self.ca)))
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return client

    def append(self, user: str, folder: str, messages: Iterable[bytes], flags: str = "") -> None:
        """Put messages into a folder, hundreds in one command (MULTIAPPEND)."""
        client = self.client(user)
        with contextlib.suppress(imaplib.IMAP4.error):
            client.create(f'"{folder}"')
        pending = list(messages)
        for start in range(0, len(pending), 500):
            tag = client._new_tag()
            pieces = [tag, b' APPEND "', folder.encode(), b'"']
            for raw in pending[start : start + 500]:
                pieces += [f" ({flags}) {{{len(raw)}+}}\r\n".encode(), raw]
            client.send(b"".join(pieces) + b"\r\n")
            while not (line := client.readline()).startswith(tag):
                assert line, "the server closed the connection"
            assert b" OK" in line, line
        client.logout()

    def deliver(self, sender: str, recipient: str, raw: bytes) -> None:
        """Bring mail in from outside, by SMTP without a login."""
        with smtplib.SMTP(LOOPBACK, self.ports["smtp"]) as smtp:
            smtp.sendmail(sender, [recipient], raw)

    def doveadm(self, *arguments: str) -> str:
        """What an administrator types."""
        (program,) = programs("doveadm", package=PACKAGES)
        command = [program, "-c", str(self.home.path / "dovecot.conf"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def log(self) -> str:
        """What Postfix says happened."""
        return (self.home.path / "postfix" / "log").read_text(errors="replace")

    def close(self) -> None:
        """End both servers."""
        self.home.close()


def start() -> MailServer:
    """Start both servers; takes about 0.3 s.

    Raises:
        ServerMissing: not installed, or not root (both need it to change users).
        ServerFailed: they do not come up.
    """
    dovecot, master = programs("dovecot", "master", package=PACKAGES)
    if os.geteuid() != 0:
        raise ServerMissing("Dovecot and Postfix can be started by root only")
    home = Home("mail")
    try:
        return _start(home, dovecot, master)
    except BaseException:
        home.close()
        raise


def _start(home: Home, dovecot: str, master: str) -> MailServer:
    ca, cert, key = certificate(home.path / "tls", ["localhost", f"mail.{DOMAIN}"], [LOOPBACK, POOR])
    names = ("imap", "imaps", "smtp", "submission", "smtps", "plain")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    signing = secrets.token_hex(16).encode()
    values = {
        "home": home.path, "host": LOOPBACK, "poor": POOR, "domain": DOMAIN, "cert": cert, "key": key,
        "password": base64.b64encode(PASSWORD.encode()).decode(), **ports,
    }  # fmt: skip
    (home.path / "mail").mkdir()
    give(home.path / "mail", "nobody")
    home.write("denied", "gone:{PLAIN}x::::::\n")
    home.write("oauth/default/HS256/tests", base64.b64encode(signing).decode())
    home.write("oauth.conf", OAUTH.format(**values))
    home.write("dovecot.conf", DOVECOT.format(**values))
    _queue(home.path / "postfix")
    home.write("postfix/main.cf", MAIN.format(**values))
    home.write("postfix/master.cf", MASTER.format(**values))
    home.write("postfix/access", "/^later@/ 450 4.2.0 try again later\n/^full@/ 552 5.2.2 this mailbox is full\n")
    home.write("postfix/recipients", f"if !/^nobody/\n/@{DOMAIN.replace('.', '[.]')}$/ OK\nendif\n")
    home.write("postfix/logins", f"/^([^+@]+)([+][^@]*)?@{DOMAIN.replace('.', '[.]')}$/ $1\n")
    imap = home.start("dovecot", [dovecot, "-F", "-c", str(home.path / "dovecot.conf")])
    folder = str(home.path / "postfix")
    smtp = home.start("postfix", [master, "-s", "-c", folder], env={"MAIL_CONFIG": folder})
    home.wait(lambda: greets(ports["imap"], b"* OK"), "dovecot", imap)
    home.wait(lambda: greets(ports["smtp"], b"220 "), "postfix", smtp)
    return MailServer(home, ports, ca, signing)


def _queue(folder: Path) -> None:
    """The queue directories as ``postfix check`` would make them, without its seconds of shell."""
    owner, group = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    (folder / "data").mkdir(parents=True)
    os.chown(folder / "data", owner, -1)
    for name in (
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
        "maildrop", "public", "pid",
    ):  # fmt: skip
        path = folder / "queue" / name
        path.mkdir(parents=True)
        os.chown(path, -1 if name == "pid" else owner, group if name in ("maildrop", "public") else -1)
        path.chmod({"maildrop": 0o730, "public": 0o710, "pid": 0o755}.get(name, 0o700))
