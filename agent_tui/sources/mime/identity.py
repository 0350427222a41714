"""Who a mail is: all that an import needs to know of one before it is read."""

from __future__ import annotations

from agent_tui.domain.model import Address
from agent_tui.sources.mime import headers
from agent_tui.sources.mime.parse import MOST_SUBJECT, message_key


def identity(raw_headers: bytes) -> tuple[str, int | None]:
    """The key that ``parse`` gives a mail, and when it says that it was sent.

    Args:
        raw_headers: the header block, with or without what follows it.

    Returns:
        the key, empty where the mail has no Message-ID; milliseconds, None where it has no date that can be.
    """
    block = raw_headers.lstrip(b"\r\n")
    end, _ = headers.find_end(block)
    found: dict[str, str] = {}
    for name, value in headers.fields(block[:end])[0]:
        found.setdefault(name, value)
    date = found.get("date", "")
    own = headers.message_id(found.get("message-id", ""))
    if not own:
        return "", headers.date_ms(date)
    senders = headers.addresses(found.get("from", "")) or headers.addresses(found.get("sender", ""))
    sender = senders[0] if senders else Address("", headers.message_id(found.get("return-path", "")))
    subject = headers.text(found.get("subject", ""))[:MOST_SUBJECT]
    return message_key(own, sender.address, date, subject), headers.date_ms(date)
