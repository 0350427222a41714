"""Setting up: servers are found where they are published, other programs' accounts are taken over, and what is written can
be read. DNS is simulated; files are served on loopback.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import secrets
from agent_tui import workspace as workspaces
from agent_tui.commands.setup import autoconfig, discovery, mail_programs, services, settings_text
from agent_tui.commands.setup.accounts import MailAccount, Server, imap_url, smtp_url
from agent_tui.commands.setup.dialogue import Dialogue
from agent_tui.commands.setup.network import Internet
from agent_tui.domain.errors import WorkspaceError
from agent_tui.settings_file import BUILT_IN
from tests.servers.http_server import HttpServer, Response, redirect

ADDRESS = "support@shop.example"
FILE = b"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="shop.example">
  <incomingServer type="pop3"><hostname>pop.host.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap"><hostname>old.host.example</hostname><port>143</port><socketType>plain</socketType></incomingServer>
  <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILADDRESS%</username></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.host.example</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILLOCALPART%</username></outgoingServer>
</emailProvider></clientConfig>"""


class Net:
    """What is out there, for a test."""

    def __init__(self, files: dict[str, bytes] | None = None, records: dict[str, Any] | None = None, open_: set[str] | None = None):
        self.files, self.records, self.open = files or {}, records or {}, open_ or set()
        self.asked: list[str] = []
        self.troubles: dict[str, str] = {}

    async def get(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.files.get(url)

    async def trouble(self, url: str) -> str:
        return self.troubles.get(url, "")

    async def services(self, name: str) -> tuple[tuple[str, int], ...]:
        return self.records.get(name, ())

    async def exchangers(self, domain: str) -> tuple[str, ...]:
        return self.records.get(f"MX {domain}", ())

    async def answers(self, server: Server, *, greeting: bytes) -> bool:
        return f"{server.host}:{server.port}" in self.open


class Scripted:
    """A person who has decided beforehand. Questions are answered by what they contain; the rest by their defaults."""

    def __init__(self, *answers: tuple[str, str], typed: str = "s3cret") -> None:
        self.answers = list(answers)
        self.typed = typed
        self.said: list[str] = []
        self.questions: list[str] = []

    def say(self, words: str = "") -> None:
        self.said.append(words)

    def ask(self, question: str, default: str = "") -> str:
        self.questions.append(question)
        for place, (part, answer) in enumerate(self.answers):
            if part in question:
                del self.answers[place]
                if answer == "(leaves)":
                    raise EOFError
                return answer or default
        return default

    def secret(self, question: str) -> secrets.Secret:
        self.questions.append(question)
        return secrets.Secret(self.typed)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_published_file_gives_the_encrypted_servers_and_fills_in_the_address() -> None:
    found = autoconfig.read(FILE, ADDRESS, "here")
    assert found is not None
    assert (found.imap, found.smtp) == (Server("imap.shop.example", 993, "tls"), Server("smtp.host.example", 587, "starttls"))
    assert (found.username, found.smtp_username) == (ADDRESS, "support")


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>not found</html>", b"\xff\xfe", b"<clientConfig", FILE.replace(b"SSL", b"plain"),
     b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + FILE, FILE + b" " * autoconfig.LARGEST, FILE.replace(b">993<", b">99999<")],
)  # fmt: skip
def test_what_is_no_such_file_finds_nothing(raw: bytes) -> None:
    assert autoconfig.read(raw, ADDRESS, "here") is None


@given(st.binary(max_size=400))
def test_no_bytes_break_it(raw: bytes) -> None:
    autoconfig.read(raw, ADDRESS, "here")


def test_the_domain_s_own_word_comes_first_and_asks_nobody_else() -> None:
    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": FILE})
    found = run(discovery.published(ADDRESS, net, lambda _: None))
    assert found.origin == "https://autoconfig.shop.example/mail/config-v1.1.xml"
    assert all("shop.example" in one for one in net.asked)


def test_srv_records_where_there_is_no_file() -> None:
    records = {"_imaps._tcp.shop.example": (("mail.shop.example", 993),), "_submissions._tcp.shop.example": ((".", 0),),
               "_submission._tcp.shop.example": (("out.shop.example", 587),)}  # fmt: skip
    found = run(discovery.published(ADDRESS, Net(records=records), lambda _: None))
    assert (imap_url(found.imap), smtp_url(found.smtp)) == ("imaps://mail.shop.example", "smtp://out.shop.example")


def test_whoever_takes_the_mail_is_asked_next() -> None:
    net = Net({"https://autoconfig.provider.example/mail/config-v1.1.xml": FILE}, {"MX shop.example": ("mx1.in.provider.example",)})
    found = run(discovery.published(ADDRESS, net, lambda _: None))
    assert "provider.example" in found.origin


def test_the_usual_names_where_something_answers() -> None:
    said: list[str] = []
    found = run(discovery.guessed(ADDRESS, Net(open_={"mail.shop.example:993", "mail.shop.example:587"}), said.append))
    assert (imap_url(found.imap), smtp_url(found.smtp)) == ("imaps://mail.shop.example", "smtp://mail.shop.example")
    assert run(discovery.guessed(ADDRESS, Net(), said.append)) is None


@pytest.fixture
def site() -> Iterator[HttpServer]:
    pages: dict[str, bytes] = {"/config": FILE, "/site/basic-info.json": b'{"title":"Shop\\u202e forum","logo_url":""}'}
    server = HttpServer(
        lambda request: redirect("http://127.0.0.1:9/elsewhere") if request.path == "/away"
        else Response(200 if request.path in pages else 404, {}, pages.get(request.path, b""))
    )  # fmt: skip
    yield server
    server.close()


def test_files_are_fetched_whole_or_not_at_all(site: HttpServer) -> None:
    net = Internet()
    assert run(net.get(f"{site.url}/config")) == FILE
    assert run(net.get(f"{site.url}/none")) is None
    assert run(net.get(f"{site.url}/away")) is None, "never sent on to something unencrypted"
    assert run(net.get("http://127.0.0.1:9/")) is None
    site.fault(half=True)
    assert run(net.get(f"{site.url}/config")) is None
    assert not run(net.answers(Server("127.0.0.1", site.port, "tls"), greeting=b"* OK"))


def test_a_forum_is_recognised_by_what_it_says(site: HttpServer) -> None:
    said: list[str] = []
    found = run(services.recognise(site.url, Internet(), said.append))
    assert (found.type, found.title) == ("discourse", "Shop forum")


@pytest.mark.parametrize(
    ("path", "answer", "kind", "url"),
    [
        ("/forum/api/config", {"relative_path": "/forum", "csrf_token": "x", "siteTitle": "T"}, "nodebb", "https://a.example/forum"),
        ("/api", {"version": "4.1.0", "queue_services": "ok"}, "chatwoot", "https://a.example"),
        ("/_matrix/client/versions", {"versions": ["v1.11"]}, "matrix", "https://a.example"),
        ("/xrpc/com.atproto.server.describeServer", {"availableUserDomains": []}, "bluesky", "https://a.example"),
    ],
)  # fmt: skip
def test_each_kind_has_its_mark(path: str, answer: dict[str, Any], kind: str, url: str) -> None:
    net = Net({f"https://a.example{path}": json.dumps(answer).encode()})
    found = run(services.recognise("https://a.example", net, lambda _: None))
    assert (found.type, found.url) == (kind, url)


def test_a_matrix_server_behind_its_name_is_found() -> None:
    net = Net({"https://a.example/.well-known/matrix/client": b'{"m.homeserver":{"base_url":"https://matrix.a.example/"}}',
               "https://matrix.a.example/_matrix/client/versions": b'{"versions":[]}'})  # fmt: skip
    assert run(services.recognise("https://a.example", net, lambda _: None)).url == "https://matrix.a.example"


@pytest.mark.parametrize("text", ["http://shop.example", "shop", "", "ftp://shop.example", "https://", "a b.example"])
def test_an_address_that_will_not_do_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|https"):
        services.base(text)


# --- accounts of other programs -----------------------------------------------------------------------------------


AERC = """[Support]
source = imaps://support%40shop.example@imap.shop.example
source-cred-cmd = pass show support
outgoing = smtp+plain://support%40shop.example@smtp.shop.example:587
from = Shop <support@shop.example>
[Insecure]
source = imap+insecure://x@h.example
from = x@h.example
"""
MBSYNC = """IMAPAccount shop
Host imap.shop.example
User support@shop.example
PassCmd "pass show support | head -1"
TLSType IMAPS
CertificateFile /etc/shop/ca.pem

IMAPStore shop-remote
Account shop
"""
NEOMUTT = """set from = "Shop <support@shop.example>"
set folder = "imaps://imap.shop.example/"
set imap_user = support@shop.example
set imap_pass = "`pass show support`"
set smtp_url = "smtps://support@shop.example@smtp.shop.example"
set smtp_pass = "hunter2"
"""
HIMALAYA = """[accounts.shop]
email = "support@shop.example"
backend.type = "imap"
backend.host = "imap.shop.example"
backend.port = 993
backend.encryption.type = "tls"
backend.login = "support@shop.example"
backend.auth.type = "password"
backend.auth.cmd = "pass show support"
message.send.backend.type = "smtp"
message.send.backend.host = "smtp.shop.example"
message.send.backend.encryption = "start-tls"
message.send.backend.login = "support@shop.example"
"""
THUNDERBIRD = """user_pref("mail.accountmanager.accounts", "account1,account2");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "imap.shop.example");
user_pref("mail.server.server1.port", 993);
user_pref("mail.server.server1.socketType", 3);
user_pref("mail.server.server1.userName", "support@shop.example");
user_pref("mail.server.server2.type", "none");
user_pref("mail.identity.id1.useremail", "support@shop.example");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "smtp.shop.example");
user_pref("mail.smtpserver.smtp1.try_ssl", 3);
"""


@pytest.mark.parametrize(
    ("reader", "text", "sends", "command"),
    [
        (mail_programs.aerc, AERC, "smtp://smtp.shop.example", ("pass", "show", "support")),
        (mail_programs.mbsync, MBSYNC, "", ("sh", "-c", "pass show support | head -1")),
        (mail_programs.neomutt, NEOMUTT, "smtps://smtp.shop.example", ("pass", "show", "support")),
        (mail_programs.himalaya, HIMALAYA, "smtp://smtp.shop.example", ("pass", "show", "support")),
        (mail_programs.thunderbird, THUNDERBIRD, "smtps://smtp.shop.example", ()),
    ],
)  # fmt: skip
def test_the_account_in_another_program_s_settings(reader, text: str, sends: str, command: tuple[str, ...]) -> None:
    (found,) = reader(text)
    assert found.imap is not None
    assert (found.address, imap_url(found.imap), found.username) == (ADDRESS, "imaps://imap.shop.example", ADDRESS)
    assert (smtp_url(found.smtp) if found.smtp else "", found.secret_command) == (sends, command)
    assert "hunter2" not in repr(found), "a password is never taken over"


HIMALAYA_2 = """[accounts.shop]
imap.server = "imap.shop.example"
imap.sasl.plain.username = "support@shop.example"
imap.sasl.plain.password.command = ["pass", "show", "support"]
smtp.server = "smtp://smtp.shop.example:587"
smtp.starttls = true
smtp.sasl.plain.username = "support@shop.example"
"""


def test_the_newer_form_of_himalaya_s_settings() -> None:
    (found,) = mail_programs.himalaya(HIMALAYA_2)
    assert (found.address, found.username, found.auth) == (ADDRESS, ADDRESS, "password")
    assert found.imap == Server("imap.shop.example", 993, "tls")
    assert found.smtp == Server("smtp.shop.example", 587, "starttls")
    assert found.secret_command == ("pass", "show", "support")
    assert not list(mail_programs.himalaya(HIMALAYA_2.replace('"imap.shop.example"', '"imap://imap.shop.example"'))), "unencrypted"


OAUTH_1 = """backend.auth.type = "oauth2"
backend.auth.method = "xoauth2"
backend.auth.access-token.cmd = "tokens show"
"""
TOKENS = ("tokens", "show")


@pytest.mark.parametrize(
    ("reader", "text", "command"),
    [
        (mail_programs.aerc, AERC.replace("imaps:", "imaps+xoauth2:").replace("pass show support", "tokens show"), TOKENS),
        (mail_programs.aerc, AERC.replace("imaps:", "imaps+oauthbearer:").replace("imap.shop.example", "imap.shop.example?client_id=a&token_endpoint=https://t.example/"), ()),
        (mail_programs.mbsync, MBSYNC.replace('"pass show support | head -1"', '"tokens show"\nAuthMechs XOAUTH2'), TOKENS),
        (mail_programs.neomutt, NEOMUTT + 'set imap_authenticators = "xoauth2"\nset imap_oauth_refresh_command = "tokens show"\n', TOKENS),
        (mail_programs.neomutt, NEOMUTT.replace("imap_pass", "imap_oauth_refresh_command").replace("`pass show support`", "tokens show"), TOKENS),
        (mail_programs.himalaya, HIMALAYA.replace('backend.auth.type = "password"\n', OAUTH_1), TOKENS),
        (mail_programs.himalaya, HIMALAYA.replace('backend.auth.type = "password"\n', OAUTH_1 + 'backend.auth.refresh-token.keyring = "a"\n'), ()),
        (mail_programs.himalaya, HIMALAYA_2.replace("imap.sasl.plain.password.command", "imap.sasl.oauthbearer.token.command").replace("imap.sasl.plain", "imap.sasl.oauthbearer").replace('["pass", "show", "support"]', '"tokens show"'), TOKENS),
        (mail_programs.thunderbird, THUNDERBIRD + 'user_pref("mail.server.server1.authMethod", 10);\n', ()),
    ],
)  # fmt: skip
def test_an_account_with_access_tokens_is_one_here_too(reader, text: str, command: tuple[str, ...]) -> None:
    """What prints access tokens is taken over; what prints something to renew them with is not."""
    (found,) = reader(text)
    assert (found.address, found.auth, found.secret_command) == (ADDRESS, "xoauth2", command)
    assert found.imap == Server("imap.shop.example", 993, "tls")


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (mail_programs.mbsync, MBSYNC + "AuthMechs *\n"),
        (mail_programs.mbsync, MBSYNC.replace("TLSType", "AuthMechs XOAUTH2 PLAIN\nTLSType")),
        (mail_programs.neomutt, NEOMUTT + 'set imap_authenticators = "plain:xoauth2"\n'),
        (mail_programs.thunderbird, THUNDERBIRD + 'user_pref("mail.server.server1.authMethod", 3);\n'),
    ],
)  # fmt: skip
def test_an_account_that_takes_a_password_stays_one_with_a_password(reader, text: str) -> None:
    assert [one.auth for one in reader(text)] == ["password"]


def test_a_command_with_what_only_a_shell_understands_is_run_by_one() -> None:
    (found,) = mail_programs.aerc(AERC.replace("pass show support", "cat ~/.support"))
    assert found.secret_command == ("sh", "-c", "cat ~/.support")


@pytest.mark.parametrize("reader", [mail_programs.aerc, mail_programs.mbsync, mail_programs.neomutt, mail_programs.himalaya, mail_programs.thunderbird])
@given(text=st.text(max_size=200))
def test_no_settings_of_others_break_it(reader, text: str) -> None:
    mail_programs._safely(reader, text)


def test_one_address_in_two_programs_is_one_account(tmp_path: Path) -> None:
    (tmp_path / ".mbsyncrc").write_text(MBSYNC)
    (tmp_path / ".config" / "neomutt").mkdir(parents=True)
    (tmp_path / ".config" / "neomutt" / "neomuttrc").write_text(NEOMUTT)
    (found,) = mail_programs.found(tmp_path)
    assert found.smtp == Server("smtp.shop.example", 465, "tls"), "mbsync does not know it, neomutt does"
    assert found.origin.startswith("mbsync")


# --- the questions ------------------------------------------------------------------------------------------------


WORKS = {"ok": True, "account": ADDRESS, "server": "imap.shop.example"}
ME = (("Your name", 'Asha "Ash" Rao'), ("Your own", "asha@shop.example"))


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    found: dict[str, str] = {}
    monkeypatch.setattr(secrets, "store", lambda _space, name, value, part="": found.update({f"{name}{part}": value.reveal()}))
    return found


def hold(path: Path, person: Scripted, net: Net | None, check: Any = lambda *_: WORKS, home: Path | None = None) -> workspaces.Workspace:
    return Dialogue(path, person, home=home or path / "nobody", network=net, check=check).hold()


def test_from_an_address_to_a_workspace_that_works(tmp_path: Path, stored: dict[str, str]) -> None:
    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": FILE})
    person = Scripted(*ME, ("An e-mail address", ADDRESS))
    space = hold(tmp_path / "w", person, net)
    (source,) = space.sources
    assert (space.agent.name, source.name, source.addresses) == ('Asha "Ash" Rao', "support", (ADDRESS,))
    assert source.options.imap.host == "imap.shop.example"
    assert stored == {"support": "s3cret"}
    text = (tmp_path / "w" / "workspace.toml").read_text()
    assert "s3cret" not in text
    assert "# from https://autoconfig.shop.example" in text
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o700


def test_mozilla_is_asked_only_if_they_say_so(tmp_path: Path, stored: dict[str, str]) -> None:
    url = f"{discovery.PROVIDERS}shop.example"
    for answer, asked in (("n", False), ("y", True)):
        net = Net({url: FILE}, open_={"imap.shop.example:993"})
        hold(tmp_path / answer, Scripted(*ME, ("An e-mail address", ADDRESS), ("Mozilla", answer)), net)
        assert (url in net.asked) == asked


def test_a_provider_that_takes_access_tokens_only_is_asked_for_with_a_program(tmp_path: Path, stored: dict[str, str]) -> None:
    only = FILE.replace(b"%EMAILADDRESS%</username>", b"%EMAILADDRESS%</username><authentication>OAuth2</authentication>")
    assert only != FILE
    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": only})
    person = Scripted(*ME, ("An e-mail address", ADDRESS), ("The command", "tokens show"))
    (source,) = hold(tmp_path / "w", person, net).sources
    assert source.options.auth == "xoauth2"
    assert stored == {}, "a token that is old in an hour is not put into the keyring unless they say so"
    assert 'secret_command = ["tokens", "show"]' in (tmp_path / "w" / "workspace.toml").read_text()
    assert any("fresh one each time" in one for one in person.said)
    either = only.replace(b"<authentication>", b"<authentication>password-cleartext</authentication><authentication>")
    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": either})
    (source,) = hold(tmp_path / "v", Scripted(*ME, ("An e-mail address", ADDRESS)), net).sources
    assert (source.options.auth, stored) == ("password", {"support": "s3cret"})


def test_what_cannot_be_found_is_typed(tmp_path: Path, stored: dict[str, str]) -> None:
    person = Scripted(
        *ME, ("An e-mail address", ADDRESS), ("Server for reading", "ftp://nonsense"), ("Server for reading", "imap://in.shop.example:1143"),
        ("Server for sending", "-"), ("Where is the password", "c"), ("The command", "pass show 'a b'"),
    )  # fmt: skip
    (source,) = hold(tmp_path / "w", person, Net()).sources
    assert (source.options.imap, source.options.smtp) == (source.options.imap, None)
    assert (source.options.imap.port, source.options.imap.security) == (1143, "starttls")
    assert any("write it as imaps://" in one for one in person.said)
    assert stored == {}
    assert 'secret_command = ["pass", "show", "a b"]' in (tmp_path / "w" / "workspace.toml").read_text()


def test_a_server_that_refuses_is_said_in_its_words_and_can_be_dropped(tmp_path: Path, stored: dict[str, str]) -> None:
    calls: list[str] = []

    def check(_space: Any, name: str) -> dict[str, Any]:
        calls.append(name)
        return WORKS if len(calls) == 2 else {"ok": False, "error": "the password was refused"}

    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": FILE})
    person = Scripted(*ME, ("An e-mail address", ADDRESS), ("t(ry again)", "t"), ("An e-mail address", "b@shop.example"), ("t(ry again)", "d"))
    (source,) = hold(tmp_path / "w", person, net, check).sources
    assert source.name == "support"
    assert sum("the password was refused" in one for one in person.said) == 2


def test_leaving_keeps_what_was_finished_and_coming_back_goes_on(tmp_path: Path, stored: dict[str, str]) -> None:
    net = Net({"https://autoconfig.shop.example/mail/config-v1.1.xml": FILE, "https://f.example/site/basic-info.json": b'{"logo_url":1}'})
    with pytest.raises(EOFError):
        hold(tmp_path / "w", Scripted(*ME, ("An e-mail address", ADDRESS), ("An e-mail address", "f.example"), ("User name of", "(leaves)")), net)
    assert [one.name for one in workspaces.load(tmp_path / "w").sources] == ["support"]
    person = Scripted(("An e-mail address", "f.example"), ("User name of", "helper"), ("Categories", "support, bugs"))
    space = hold(tmp_path / "w", person, net)
    assert [(one.name, one.type) for one in space.sources] == [("support", "imap"), ("f", "discourse")]
    assert not any("Your name" in one for one in person.questions)


def test_settings_with_a_fault_are_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "workspace.toml"
    file.write_text("[agent]\nnmae = 1\n")
    with pytest.raises(WorkspaceError, match="nmae"):
        hold(tmp_path, Scripted(), Net())
    assert file.read_text() == "[agent]\nnmae = 1\n"


@pytest.mark.parametrize(
    ("what", "answers", "kind"),
    [
        ("@support:chat.example", (), "matrix"),
        ("@support.bsky.social", (), "bluesky"),
        ("https://desk.example", (("What is there", "chatwoot"), ("Number of the account", "3")), "chatwoot"),
        ("https://talk.example", (("What is there", "nodebb"), ("User name of", "helper")), "nodebb"),
    ],
)  # fmt: skip
def test_every_other_kind_of_place(tmp_path: Path, stored: dict[str, str], what: str, answers: Any, kind: str) -> None:
    if kind not in BUILT_IN:
        pytest.skip("this source is not built in")
    (source,) = hold(tmp_path / "w", Scripted(*ME, ("An e-mail address", what), *answers), Net()).sources
    assert source.type == kind
    assert stored


def test_a_place_that_cannot_be_reached_is_said_to_be_that_and_left_again(tmp_path: Path, stored: dict[str, str]) -> None:
    net = Net()
    net.troubles["https://desk.example"] = "cannot be reached: Name or service not known"
    person = Scripted(*ME, ("An e-mail address", "desk.example"), ("What is there", "a desk"), ("What is there", ""))
    assert hold(tmp_path / "w", person, net).sources == ()
    assert "  https://desk.example cannot be reached: Name or service not known" in person.said
    assert not any("is not" in one for one in person.said), "nobody answered, so nobody knows what it is not"
    assert any("write one of matrix" in one for one in person.said)
    assert sum("What is there" in one for one in person.questions) == 2


def test_without_a_network_everything_is_typed_and_nothing_is_tested(tmp_path: Path, stored: dict[str, str]) -> None:
    def check(*_: Any) -> dict[str, Any]:
        raise AssertionError

    person = Scripted(*ME, ("An e-mail address", ADDRESS))
    hold(tmp_path / "w", person, None, check)
    assert any("source check" in one for one in person.said)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_answered_stands_in_the_file_as_it_was(name: str, command: str) -> None:
    import tomllib

    account = MailAccount(address=ADDRESS, imap=Server("h.example", 993, "tls"), secret_command=(command,))
    text = settings_text.head(name, ADDRESS, ["en"], "") + settings_text.mailbox("one", account)
    found = tomllib.loads(text)
    assert found["agent"]["name"] == name
    assert found["source"][0]["secret_command"] == [command]


@given(st.text(max_size=30), st.lists(st.sampled_from(["a", "a-2", "source"])))
def test_a_name_is_always_in_form_and_free(wanted: str, taken: list[str]) -> None:
    name = settings_text.source_name(wanted, taken)
    assert name not in taken
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
