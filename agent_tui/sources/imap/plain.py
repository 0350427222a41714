"""Letters and messages as plain tuples, which cross from one process to another in a fifth of the time.

``marshal`` knows tuples, texts, numbers and bytes only, and is fast for it. Both ends are the same program, so the
order of the values below is all that has to agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_tui.domain.model import Address, Attachment, Author, DeliveryReport, Direction, RemoteMessage, Role, Visibility
from agent_tui.domain.packing import Packed, packed
from agent_tui.sources.imap.read import Letter

_DIRECTIONS = {one.value: one for one in Direction}
_VISIBILITIES = {one.value: one for one in Visibility}
_ROLES = {one.value: one for one in Role}


def of_letter(letter: Letter) -> tuple[Any, ...]:
    """A letter as plain values."""
    files = None if letter.files is None else _files(letter.files)
    return (
        letter.raw, letter.ref, letter.received_at, letter.marks, letter.size, letter.header_only, files, letter.warning,
    )  # fmt: skip


def letter(values: tuple[Any, ...]) -> Letter:
    """The letter of ``of_letter``."""
    raw, ref, received_at, marks, size, header_only, files, warning = values
    return Letter(
        raw=raw, ref=ref, received_at=received_at, marks=marks, size=size, header_only=header_only,
        files=None if files is None else tuple(Attachment(*one) for one in files), warning=warning,
    )  # fmt: skip


def of_message(message: RemoteMessage) -> tuple[Any, ...]:
    """A message as plain values, in the order of its fields, packed for the store."""
    author, report = message.author, message.report
    kept = message.packed or packed(message.text, message.fresh_text, message.headers)
    return (
        message.ref, message.container, message.key, message.direction._value_, message.visibility._value_,
        (author.name, author.address, author.role._value_), message.received_at, message.sent_at, message.subject, message.text,
        None if message.fresh_text == message.text else message.fresh_text, _people(message.to), _people(message.cc),
        _people(message.reply_to), message.conversation, message.thread_ids, message.marker, message.marks,
        _files(message.attachments), message.headers, message.automatic, message.complete, message.html, message.warning,
        message.size,
        None if report is None else (report.marker, report.recipients, report.failed, report.words, report.certain),
        (kept.text, kept.fresh, kept.headers, kept.snippet),
    )  # fmt: skip


def message(values: tuple[Any, ...]) -> RemoteMessage:
    """The message of ``of_message``."""
    (
        ref, container, key, direction, visibility, (name, address, role), received_at, sent_at, subject, text, fresh, to, cc,
        reply_to, conversation, thread_ids, marker, marks, files, headers, automatic, complete, html, warning, size, report, kept,
    ) = values  # fmt: skip
    return RemoteMessage(
        ref=ref, container=container, key=key, direction=_DIRECTIONS[direction], visibility=_VISIBILITIES[visibility],
        author=Author(name, address, _ROLES[role]), received_at=received_at, sent_at=sent_at, subject=subject, text=text,
        fresh_text=text if fresh is None else fresh, to=_addresses(to), cc=_addresses(cc), reply_to=_addresses(reply_to),
        conversation=conversation, thread_ids=thread_ids, marker=marker, marks=marks,
        attachments=tuple(Attachment(*one) for one in files) if files else (), headers=headers, automatic=automatic,
        complete=complete, html=html, warning=warning, size=size, report=None if report is None else DeliveryReport(*report),
        packed=Packed(*kept),
    )  # fmt: skip


def _people(people: tuple[Address, ...]) -> tuple[tuple[str, str], ...]:
    return tuple([(one.name, one.address) for one in people]) if people else ()


def _addresses(people: tuple[tuple[str, str], ...]) -> tuple[Address, ...]:
    return tuple([Address(name, address) for name, address in people]) if people else ()


def _files(files: Iterable[Attachment]) -> tuple[tuple[Any, ...], ...]:
    return tuple((one.name, one.media_type, one.size, one.part, one.digest, one.inline) for one in files)
