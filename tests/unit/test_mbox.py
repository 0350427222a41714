"""An mbox read in blocks gives what reading it line by line gives, and a mail's identity what reading all of its headers gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.sources import mime
from agent_tui.sources.archive import formats
from agent_tui.sources.archive.formats import pieces
from benchmarks import generate

SEPARATOR = b"From a@x.example Thu Jan  1 00:00:00 2015\n"
LINES = st.sampled_from([
    b"\n", b"\r\n", b"\r", SEPARATOR, SEPARATOR.replace(b"\n", b"\r\n"), b"From now on\n", b">From a 2015\n", b">>From \n",
    b"> From x\n", b">From", b"From ", b"From a 2015", b"Subject: one\n", b"text\n", b"text", b"x" * 70 + b"\n", b"\nFrom b 1999 \n",
])  # fmt: skip


def line_by_line(data: bytes, largest: int) -> list[tuple[bytes, int, str]]:
    """Mail, bytes of the file that it takes, and what is wrong with it."""
    found: list[tuple[list[bytes], int, int]] = []
    blank = True
    for line in data.splitlines(keepends=True) if b"\r" not in data else re.findall(rb"[^\n]*\n|[^\n]+\Z", data):
        if blank and line.startswith(b"From ") and re.match(rb"From \S+.*\d{4}", line):
            found.append(([], len(line), 0))
        elif found:
            lines, read, length = found[-1]
            lines.append(line[1:] if re.match(rb">+From ", line) else line)
            found[-1] = (lines, read + len(line), length + len(line))
        blank = line in (b"\n", b"\r\n")
    result = []
    for lines, read, length in found:
        if lines and lines[-1] in (b"\n", b"\r\n"):
            lines.pop()
        large = length > largest
        raw = b"" if large else b"".join(lines)
        result.append((raw, read, "is larger than 128 MB" if large else formats._fault(raw)))
    return result


@settings(max_examples=400, deadline=None)
@given(body=st.lists(LINES, max_size=30), block=st.sampled_from([1, 2, 3, 7, 64, 1_000]), largest=st.sampled_from([40, 10_000]))
def test_blocks_of_any_size_give_what_lines_give(
    tmp_path_factory: pytest.TempPathFactory, body: list[bytes], block: int, largest: int
) -> None:
    data = SEPARATOR + b"".join(body)
    path = tmp_path_factory.mktemp("mbox") / "box"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "BLOCK", block)
        patch.setattr(formats, "LARGEST", largest)
        found = list(pieces(path))
    assert [(one.raw, one.read, one.reason) for one in found] == line_by_line(data, largest)
    assert sum(one.read for one in found) == len(data)


def test_generated_mails_come_back_as_they_were(tmp_path: Path) -> None:
    mails = [generate.raw(one).replace(b"\r\n", b"\n") for one in generate.letters(40)]
    quoted = [re.sub(rb"^(>*From )", rb">\1", one, flags=re.MULTILINE) for one in mails]
    (tmp_path / "box").write_bytes(b"".join(SEPARATOR + one + b"\n" for one in quoted))
    assert [one.raw for one in pieces(tmp_path / "box")] == mails


HEADERS = (
    b"From: Rina <rina@x.example>\nMessage-ID: <a@x>\nDate: Thu, 1 Jan 2015 00:00:00 +0100\nSubject: one\n",
    b"Message-ID: <a@x>\nMessage-ID: <b@x>\nFrom: a@x\nFrom: b@x\nSubject: one\nSubject: two\n",
    b"Sender: list@x.example\nMessage-ID: <a@x>\nSubject: =?utf-8?b?4Kaw4Ka/4Kao4Ka+?=\n",
    b"Return-Path: <bounce@x.example>\nMessage-ID: a@x\nDate: nonsense\n",
    b"From: \xff\xfe <a@x>\nMessage-ID: <\xe9@x>\nSubject: \xe9t\xe9\n",
    b"From: nobody\nSubject: no id\nDate: Fri, 31 Dec 1999 23:59:59 GMT\n",
    b"garbage\nMessage-ID: <a@x>\n continued\n\tmore\nFrom: Bo\n <bo@x.example>\n",
    b"Message-ID: <>\nFrom: <>\n",
    b"", b"\n", b"\r\n\r\nMessage-ID: <a@x>\r\nFrom: a@x\r\n",
)  # fmt: skip


@pytest.mark.parametrize("raw", [*HEADERS, *(generate.raw(one) for one in generate.letters(25))])
def test_an_identity_is_the_key_of_the_mail_read_in_full(raw: bytes) -> None:
    message = mime.parse_headers(raw, container="", ref="", received_at=-1)
    key, sent = mime.identity(raw)
    assert (-1 if sent is None else sent) == message.sent_at
    assert key == ("" if message.key.startswith("sha:") else message.key)
