"""Files: what they really are, what a source takes, and what is dropped on the composer."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.desk import Desk, peeking
from agent_tui.domain import file_types
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Attachment
from agent_tui.screens.compose_parts import dropped_files
from agent_tui.store import apply as applying
from agent_tui.store import sources
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace


@pytest.mark.parametrize(
    ("head", "name", "true"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.png", "image/png"),
        (b"\xff\xd8\xff\xe0..JFIF", "a.txt", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "a.webp", "image/webp"),
        (b"%PDF-1.7", "a", "application/pdf"),
        (b"MZ\x90\x00", "invoice.pdf", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF\x02", "x", "application/x-elf"),
        (b"#!/bin/sh\n", "x", "text/x-script"),
        (b"PK\x03\x04", "a.zip", "application/zip"),
        (b"PK\x03\x04", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b" \n<!DOCTYPE html><html>", "a.txt", "text/html"),
        (b'<?xml version="1.0"?><!-- x --><svg onload="x">', "a.png", "image/svg+xml"),
        ("ধন্যবাদ".encode(), "a", "text/plain"),
        ("ধন্যবাদ".encode()[:-1], "a", "text/plain"),
        (b"\x00\x01\x02", "a.bin", ""),
        (b"", "a.txt", ""),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, name: str, true: str) -> None:
    assert file_types.true_type(head, name) == true


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_and_no_name_break_it(head: bytes, name: str) -> None:
    true = file_types.true_type(head, name)
    file_types.can_run(true, name)


def test_what_may_run_is_told_by_content_and_by_name() -> None:
    program = "application/vnd.microsoft.portable-executable"
    assert file_types.can_run(program, "invoice.pdf")
    assert file_types.can_run("", "update.EXE ")
    assert file_types.can_run("application/zip", "sheet.xlsm")
    assert file_types.can_run("text/html", "a.txt")
    assert not file_types.can_run("application/pdf", "invoice.pdf")
    assert not file_types.can_run("image/png", ".sh")  # a hidden file of that name has no ending


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    applying.apply(made.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    return made


def with_file(desk: Desk, file: Path):
    case = desk.window("all").row(0).id
    return desk.attach(desk.save_draft(replace(desk.draft(case), text="The file is attached, Rina.")), file)


def test_a_file_that_the_source_does_not_take_stops_before_anything_is_frozen(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"x" * 2_000)
    draft = with_file(desk, file)
    assert desk.files_fault(draft) == "", "what it takes is not known before it was connected"
    sources.note_state(desk.store, "mail", capabilities='{"attachments": true, "attachment_limit": 1000}')
    assert desk.file_limit("mail") == 1000
    with pytest.raises(UsageError, match=r"'film.mp4' has 2.0 kB, and mail takes 1.0 kB a file at most"):
        desk.send(draft)
    assert desk.outbox() == ()
    assert [one.id for one in desk.drafts()] == [draft.id]
    sources.note_state(desk.store, "mail", capabilities='{"attachments": false}')
    assert "carries no files" in desk.files_fault(draft)
    assert desk.files_fault(replace(draft, attachments=())) == ""


def test_what_a_terminal_pastes_when_files_are_dropped_on_it_is_understood(tmp_path: Path) -> None:
    one, two = tmp_path / "a picture.png", tmp_path / "b.pdf"
    one.touch()
    two.touch()
    for text in (
        str(one), f"'{one}'", str(one).replace(" ", "\\ "), one.as_uri(), f"{one}\n", f'"{one}"',
    ):  # fmt: skip
        assert dropped_files(text) == (one,), text
    assert dropped_files(f"'{one}' {two}") == (one, two)
    assert dropped_files(f"{one.as_uri()}\n{two.as_uri()}\n") == (one, two)
    for text in (
        "b.pdf", f"see {two}", f"{two} is it", str(tmp_path), f"{tmp_path}/nothing", "/", "'/", "https://example.com/b.pdf", "",
        "/" * 5_000, "/\x00", "~nobody/x",
    ):  # fmt: skip
        assert dropped_files(text) == (), text


async def paste(pilot, text: str) -> None:
    from textual import events

    pilot.app.screen.feed_paste(events.Paste(text))
    await pilot.pause()


async def test_a_dropped_file_is_asked_about_and_goes_along_or_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(b"x" * 1234)
    app = ComposerApp(FakeDesk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await paste(pilot, str(file))
        assert app.screen.status.prompt.label == "Attach photo.png (1.2 kB)?"
        await pilot.press("n")
        assert (app.screen.composer.text, app.screen.draft.attachments) == (str(file), ())
        await paste(pilot, f"file://{file}")
        await pilot.press("y")
        assert [Path(one).name for one in app.screen.draft.attachments] == ["photo.png"]
        assert app.screen.composer.text == str(file)
        await paste(pilot, "plain words")
        assert app.screen.status.prompt is None
        assert app.screen.composer.text.endswith("plain words")


async def test_the_most_that_a_source_takes_is_shown_where_a_file_is_chosen_and_holds_there(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"x" * 2_000)
    app = ComposerApp(FakeDesk(limit=1_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("ctrl+f")
        assert app.screen.status.prompt.label == "attach (at most 1.0 kB)"
        app.screen.status.prompt.text = str(file)
        await pilot.press("enter")
        assert "too large" in app.screen.status.prompt.error
        assert app.screen.draft.attachments == ()


def pdf(text: str) -> bytes:
    """A page with a line of text, as small as a PDF can be."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (table, len(made))


def put(tmp_path: Path, name: str, content: bytes) -> Path:
    file = tmp_path / name
    file.write_bytes(content)
    return file


def test_the_text_of_a_file_is_shown_without_what_could_command_a_terminal(tmp_path: Path) -> None:
    found = peeking.look_into(put(tmp_path, "a.log", "one \x1b[31mred\r\nধন্যবাদ\n".encode()), "a.log")
    assert "\x1b" not in found.text
    assert found.text.endswith("\nধন্যবাদ")
    assert (found.true, found.note) == ("text/plain", "")


def test_of_a_long_file_the_beginning_is_shown_and_told(tmp_path: Path) -> None:
    found = peeking.look_into(put(tmp_path, "a.log", b"line\n" * 100_000), "a.log")
    assert len(found.text) <= peeking.MOST
    assert found.note == "the first 200 kB of 500 kB"


@pytest.mark.parametrize(("content", "words"), [(b"MZ\x00\x01", "no text that could"), (b"\n \n", "there is no text")])
def test_what_has_no_text_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        peeking.look_into(put(tmp_path, "x.txt", content), "x.txt")


def test_without_a_reader_of_pdfs_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="poppler-utils"):
        peeking.look_into(put(tmp_path, "x.pdf", pdf("Hello")), "x.pdf")


def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A stand-in for pdftotext that a test says the answers of."""
    program = put(tmp_path, "pdftotext", f"#!/bin/sh\n{script}\n".encode())
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_a_pdf_is_given_to_its_reader_by_path_with_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader(tmp_path, monkeypatch, 'echo "$@"; ulimit -v')
    file = put(tmp_path, "my invoice; rm -rf.pdf", pdf("Hello"))
    found = peeking.look_into(file, file.name)
    assert found.text.splitlines() == [f"-layout -enc UTF-8 -l 50 {file} -", str(peeking.MEMORY // 1024)]
    assert (found.true, found.note) == ("application/pdf", "its text, of 50 pages at most")


def test_a_pdf_that_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader(tmp_path, monkeypatch, 'echo "Incorrect password" >&2; exit 1')
    with pytest.raises(UsageError, match="Incorrect password"):
        peeking.look_into(put(tmp_path, "x.pdf", pdf("Hello")), "x.pdf")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_the_text_of_a_real_pdf_is_read(tmp_path: Path) -> None:
    assert peeking.look_into(put(tmp_path, "x.pdf", pdf("Order 48213")), "x.pdf").text.strip() == "Order 48213"


async def test_a_file_of_the_case_is_looked_into_and_left_again(tmp_path: Path) -> None:
    from tests.unit.test_inbox_screen import seat

    async with seat() as at:
        file = put(tmp_path, "receipt", b"Paid on 3 July\n")
        at.desk.attachment = lambda _message, _part: file

        def peek(path, name, done):
            try:
                done(peeking.look_into(path, name))
            except UsageError as error:
                done(error)

        at.desk.peek = peek
        await at.press("enter", "F")
        await at.type("rec")
        await at.press("enter")
        assert "receipt 48213.pdf" in at.text()
        assert "text, esc goes back" in at.text()
        assert "Paid on 3 July" in at.text()
        await at.press("escape")
        assert "Paid on 3 July" not in at.text()
        file.write_bytes(b"\x00\x01")
        await at.press("F")
        await at.type("rec")
        await at.press("enter")
        assert "no text that could be shown here; o opens it outside" in at.words


def test_a_source_that_is_only_read_sends_nothing_and_the_text_stays_a_draft(desk: Desk) -> None:
    case = desk.window("all").row(0).id
    draft = desk.save_draft(replace(desk.draft(case), text="Your parcel is on its way, Rina."))
    assert desk.sending_fault(draft) == "", "what it can do is not known before it was connected"
    sources.note_state(desk.store, "mail", operations=frozenset({"state", "read"}))
    with pytest.raises(UsageError, match="mail is only read, nothing can be sent by it"):
        desk.send(draft)
    assert desk.outbox() == ()
    assert [one.id for one in desk.drafts()] == [draft.id]
    assert desk.sending_fault(replace(draft, kind="note")) == "", "colleagues are told here"


async def test_the_files_of_a_case_are_listed_and_each_is_looked_into_saved_or_opened(tmp_path: Path) -> None:
    from agent_tui.screens.files import FilesScreen
    from tests.unit.test_inbox_screen import seat

    async with seat() as at:
        paths = {name: put(tmp_path, name, content) for name, content in {"note.txt": b"Paid on 3 July\n", "ধন্যবাদ.pdf": b"%PDF-"}.items()}
        await at.press("enter")
        message = at.screen.reader.messages[0]
        files = {name: (message, Attachment(name, "text/plain", 15, part, digest)) for name, part, digest in
                 (("note.txt", "2", "a" * 64), ("ধন্যবাদ.pdf", "3", ""))}
        at.screen._named_files = lambda: files
        at.desk.attachment = lambda _message, part: paths["note.txt"] if part == "2" else None
        at.desk.peek = lambda path, name, done: done(peeking.look_into(path, name))
        await at.press("O")
        assert isinstance(at.app.screen, FilesScreen)
        shown = at.text()
        assert "2 files, 30 bytes" in shown
        assert shown.index("note.txt") < shown.index("ধন্যবাদ.pdf")
        assert "here " in shown.splitlines()[1]
        assert "on the server" in shown.splitlines()[2]
        await at.press("enter")
        assert "Paid on 3 July" in at.text()
        await at.press("escape")
        assert isinstance(at.app.screen, FilesScreen)
        await at.press("O")
        assert at.app.screen.status.prompt.label.startswith("save ")
        await at.press("escape", "O", "j", "o")
        assert "'ধন্যবাদ.pdf' (15 bytes) is not here" in at.words
        await at.press("O", "escape")
        assert not isinstance(at.app.screen, FilesScreen)
        at.desk.workspace = replace(at.desk.workspace, layout="linear")
        await at.press("O")
        assert "note.txt, text, 15 bytes, here, from " in at.text()
        assert re.search(r"from .+, \d+ (minute|hour|day)s? ago\.", at.text())
