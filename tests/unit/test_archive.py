"""Archives: what is found in people's files, and that a crash never costs or doubles anything."""

from __future__ import annotations

import json
import mailbox
from email.message import EmailMessage

import pytest

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import CaseState, Channel, Direction, Role, Visibility
from agent_tui.sources.archive import lines, reading
from agent_tui.sources.archive.folder import CASE, INDEX, ITEMS, MAIL, MESSAGE, Item, Reader, Writer, key_hash
from agent_tui.sources.archive.formats import pieces


def item(number: int, size: int = 10) -> Item:
    return Item(MAIL, bytes([number % 256]) * size, 1_000 * number, key_hash(str(number)))


def fill(folder, numbers) -> list[bool]:
    writer = Writer(folder)
    added = [writer.add(item(number)) for number in numbers]
    writer.close()
    return added


def stored(folder) -> list[Item]:
    reader = Reader(folder)
    return [one for _, one in reader.items(range(len(reader)))]


def test_items_come_back_as_they_were(tmp_path):
    fill(tmp_path, range(5))
    assert stored(tmp_path) == [item(number) for number in range(5)]
    assert [one for _, one in Reader(tmp_path).items([3, 99, 1])] == [item(3), item(1)]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_what_is_there_is_not_added_again(tmp_path):
    assert fill(tmp_path, [1, 2, 2]) == [True, True, False]
    assert fill(tmp_path, [2, 3]) == [False, True]
    assert stored(tmp_path) == [item(1), item(2), item(3)]


def test_a_negative_time_keeps_the_width(tmp_path):
    writer = Writer(tmp_path)
    old = Item(MAIL, b"x", -2_000_000_000_000, key_hash("old"))
    writer.add(old)
    writer.add(item(1))
    writer.close()
    assert stored(tmp_path) == [old, item(1)]


@pytest.mark.parametrize("cut_index", [0, 1, 30, 61, 62, 63])
@pytest.mark.parametrize("extra_items", [b"", b"half an item"])
def test_a_crash_at_any_byte_costs_nothing_that_was_whole(tmp_path, cut_index, extra_items):
    fill(tmp_path, [1, 2])
    index, items = tmp_path / INDEX, tmp_path / ITEMS
    width = index.stat().st_size // 2
    data = index.read_bytes()
    index.write_bytes(data[: width + min(cut_index, width)])
    items.write_bytes(items.read_bytes() + extra_items)
    whole = 2 if cut_index >= width else 1
    assert len(stored(tmp_path)) == whole
    fill(tmp_path, [2, 3])
    assert stored(tmp_path) == [item(1), item(2), item(3)]


def test_two_imports_into_one_archive_at_once_are_refused(tmp_path):
    writer = Writer(tmp_path)
    with pytest.raises(BlockingIOError):
        Writer(tmp_path)
    writer.close()
    Writer(tmp_path).close()


# --- what is found in files ---------------------------------------------------------------------------------------


def mail(subject: str, body: str = "hello\n") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@x.example", "b@x.example", subject
    made["Message-ID"] = f"<{subject.replace(' ', '')}@x.example>"
    made.set_content(body)
    return made


def subjects(found) -> list[str]:
    return [line[9:].decode() for one in found for line in one.raw.splitlines() if line.startswith(b"Subject: ")]


def test_an_mbox_is_taken_apart_and_its_quoting_undone(tmp_path):
    box = mailbox.mbox(tmp_path / "box")
    for number in range(3):
        box.add(mail(f"number {number}", "From here on\n\nFrom x\n"))
    box.flush()
    found = list(pieces(tmp_path / "box"))
    assert subjects(found) == ["number 0", "number 1", "number 2"]
    assert not any(one.reason for one in found)
    assert found[0].raw.endswith(b"\n\nFrom here on\n\nFrom x\n")
    assert found[1].origin == f"{tmp_path / 'box'}, message 2"


def test_a_line_that_only_looks_like_a_separator_stays_text(tmp_path):
    path = tmp_path / "box"
    path.write_bytes(b"From a@x Thu Jan  1 00:00:00 2015\nSubject: one\n\nFrom now on it works\n\nFrom me to you\nend\n")
    (found,) = pieces(path)
    assert b"From now on" in found.raw
    assert b"From me to you" in found.raw


def test_a_maildir_with_its_folders_is_read_without_what_is_half_there(tmp_path):
    box = mailbox.Maildir(tmp_path / "mail")
    box.add(mail("in the inbox"))
    box.add_folder("Sent").add(mail("in Sent"))
    (tmp_path / "mail/tmp/half").write_bytes(b"Subject: half\n")
    (tmp_path / "mail/dovecot.index.log").write_bytes(b"\0\1\2")
    assert sorted(subjects(pieces(tmp_path / "mail"))) == ["in Sent", "in the inbox"]


def test_a_folder_of_many_kinds_and_one_that_is_none(tmp_path):
    (tmp_path / "a.eml").write_bytes(bytes(mail("an eml")))
    (tmp_path / "b.jsonl").write_text('{"text": "x"}\n\n{"text": "y"}\n')
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.4 binary")
    (tmp_path / "d.eml").write_bytes(b"")
    found = list(pieces(tmp_path))
    assert [(one.kind, one.reason) for one in found] == [
        ("mail", ""), ("line", ""), ("line", ""), ("mail", "is no e-mail, mbox or JSON Lines file"), ("mail", "is empty"),
    ]  # fmt: skip
    assert found[2].origin.endswith("b.jsonl, line 3")


def test_links_are_not_followed(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(pieces(tmp_path)) == []


# --- JSON lines ---------------------------------------------------------------------------------------------------


def line(**values) -> dict:
    return {"id": "7", "case": "c", "text": "Hello\n\nOn Mon, 1 Jan 2026, Robin wrote:\n> one\n> two\n> three", "sent_at": "2026-01-02T03:04:05.678Z", **values}


def test_a_line_becomes_a_message():
    value = line(direction="out", visibility="public", author={"name": "Asha", "address": "a@x", "role": "agent"}, to=[{"name": "", "address": "b@x"}], subject="Hi")
    message = lines.message(value, "3", "key", lines.sent_ms(value))
    assert (message.ref, message.key, message.conversation) == ("3", "key", "c")
    assert message.sent_at == 1_767_323_045_678
    assert (message.direction, message.visibility, message.author.role) == (Direction.OUT, Visibility.PUBLIC, Role.AGENT)
    assert message.fresh_text.strip() == "Hello"


def test_little_is_needed_and_the_rest_is_guessed_carefully():
    message = lines.message({"text": "x", "sent_at": "2026-01-02"}, "0", "k", 5)
    assert (message.direction, message.visibility, message.author.role) == (Direction.IN, Visibility.PRIVATE, Role.CUSTOMER)
    assert message.conversation


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "is no JSON"), (b"[1]", "is no JSON object"), (b'{"text": 1, "sent_at": "2026-01-02"}', "has no text"),
        (b'{"text": "x"}', "has no sent_at"), (b'{"text": "x", "sent_at": "yesterday"}', "sent_at that is not like"),
        (b'{"text": "x", "sent_at": "2026-01-02", "direction": "up"}', "unknown direction"),
        (b'{"text": "x", "sent_at": "2026-01-02", "channel": "fax"}', "unknown channel"),
        (b"[" * 100_000, "is no JSON"),
    ],
)  # fmt: skip
def test_a_wrong_line_says_what_is_wrong(raw, words):
    def read():
        value = lines.decode(raw)
        lines.channel(value, Channel.EMAIL)
        lines.message(value, "0", "k", lines.sent_ms(value))

    with pytest.raises(lines.BadLine, match=words):
        read()


def test_an_archived_case_is_closed_whatever_it_was():
    case = lines.case({"type": "case", "id": "c", "state": "open", "tags": ["refund", 3, ""], "public": True, "answer": "solved"})
    assert (case.conversation, case.state, case.tags, case.public, case.answer.value) == ("c", CaseState.CLOSED, frozenset({"refund"}), True, "solved")


def test_the_same_id_in_another_case_is_another_message():
    identities = {lines.identity(one) for one in (line(), line(case="d"), line(type="case", case=None), line(id=None), line(id=None, text="other"))}
    assert len(identities) == 5
    assert lines.identity(line(text="changed")) == lines.identity(line())
    assert lines.identity(json.loads(json.dumps(line(id=None)))) == lines.identity(line(id=None))


def test_what_is_forgotten_is_overwritten_and_the_rest_is_read_as_before(tmp_path) -> None:
    from agent_tui.sources.archive import folder

    place = tmp_path / "old"
    writer = folder.Writer(place)
    raws = [b"From: rina@customer.example\n\nfirst", b'{"customer":{"address":"Rina@customer.example"}}', b"From: li@x\n\nthird"]
    for number, (kind, raw) in enumerate(zip((folder.MAIL, folder.CASE, folder.MAIL), raws, strict=True)):
        writer.add(folder.Item(kind, raw, 1_700_000_000_000 + number, folder.key_hash(str(number))))
    writer.close()
    assert folder.forget(place, [0, 99], "rina@customer.example") == 2
    found = dict(folder.Reader(place).items(range(3)))
    assert [one.kind for one in found.values()] == [folder.FORGOTTEN, folder.FORGOTTEN, folder.MAIL]
    assert found[2].raw == raws[2]
    assert b"rina" not in (place / folder.ITEMS).read_bytes().lower()
    writer = folder.Writer(place)
    assert writer.add(folder.Item(folder.MAIL, b"From: bo@x\n\nfourth", 1_700_000_000_009, folder.key_hash("9")))
    writer.close()
    assert dict(folder.Reader(place).items([3]))[3].raw == b"From: bo@x\n\nfourth"
    assert folder.forget(tmp_path / "none", [], "rina@customer.example") == 0


# --- reading in a process of its own ------------------------------------------------------------------------------


def written(folder) -> range:
    """A mail, a line that is a message, a case, a line that is none, and many more mails."""
    writer = Writer(folder)
    for number in range(40):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Rina <rina@customer.example>", "support@example.com", f"ਪਾਰਸਲ {number}"
        mail["Message-ID"] = f"<{number}@x>"
        mail.set_content(f"It is late, number {number}.")
        writer.add(Item(MAIL, mail.as_bytes(), 1_000 * number, key_hash(str(number))))
    for number, value in enumerate(({"type": "message", "case": "7", "id": "m1", "text": "Hello"}, {"type": "case", "id": "7"}, {"type": "x"})):
        kind = CASE if value["type"] == "case" else MESSAGE
        writer.add(Item(kind, json.dumps(value).encode(), 5_000, key_hash(f"line {number}")))
    writer.close()
    return range(42, -1, -1)


def test_a_process_reads_what_would_be_read_here_and_ends(tmp_path):
    numbers = written(tmp_path)
    here = reading.read(tmp_path, numbers, frozenset())
    assert (len(here[0]) + len(here[2]), len(here[1])) == (42, 1)
    readers = reading.Readers(tmp_path, frozenset())
    assert readers.read(numbers, apart=True) == here
    process = readers._process
    assert process is not None
    readers.close()
    assert process.poll() == 0
    assert readers.read(numbers, apart=False) == here
    assert readers._process is None


def test_what_a_process_had_to_read_that_ended_is_read_here(tmp_path):
    numbers = written(tmp_path)
    readers = reading.Readers(tmp_path, frozenset())
    try:
        readers.read(range(1), apart=True)
        readers._process.kill()
        readers._process.wait()
        assert readers.read(numbers, apart=True) == reading.read(tmp_path, numbers, frozenset())
    finally:
        readers.close()


def test_files_that_cannot_be_read_are_told_of_in_words(tmp_path):
    readers = reading.Readers(tmp_path / "none", frozenset())
    try:
        for apart in (True, False):
            with pytest.raises(TryLater, match="cannot be read"):
                readers.read(range(3), apart=apart)
    finally:
        readers.close()
