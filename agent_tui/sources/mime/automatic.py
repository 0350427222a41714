"""Whether a mail was sent by a program, a list or an address that takes no answer (RFC 3834 and common use)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.sources.mime.headers import Fields

_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|not|do[._-]?not|non|ne|nao|nicht|kein|keine)[._-]?(?:reply|respond|respondas?|responder|reponse|"
    r"repondre|repondez|antworten?|responde)(?:$|[._+\d-])|^(?:mailer-daemon|postmaster|bounces?|auto-?reply|"
    r"autoresponder|daemon)(?:$|[+._-])|^(?:bounces?|prvs)[+=-]",
    re.IGNORECASE,
)
_LIST = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list", "x-mailing-list")
_MACHINE = (
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-mail-autoreply",
    "x-autoresponder",
    "x-failed-recipients",
)
_TELLING = frozenset(("auto-submitted", "precedence", "x-auto-response-suppress", "return-path", *_LIST, *_MACHINE))


def is_automatic(fields: Fields, sender: str, ours: Iterable[str] = ()) -> bool:
    """Whether no person waits for an answer to this mail.

    Args:
        sender: address of From.
        ours: our own addresses. A list whose address is ours is how customers reach us, so its marks say nothing.
    """
    if sender and _NO_REPLY.search(sender.partition("@")[0]):
        return True
    listed = False
    bulk = ""
    for name, value in fields:
        if name not in _TELLING:
            continue
        if name == "auto-submitted":
            if value.strip().lower() not in ("no", ""):
                return True
        elif name == "precedence":
            bulk = value.strip().lower()
        elif name in _LIST:
            if not _is_ours(value, ours):
                listed = True
            elif name in ("list-id", "list-post"):
                return False
        elif name == "x-auto-response-suppress":
            if re.search(r"\b(?:all|autoreply)\b", value, re.IGNORECASE):
                return True
        elif name == "return-path":
            if value.strip() == "<>":
                return True
        elif name in _MACHINE and value.strip().lower() not in ("no", "false"):
            return True
    return listed or bulk in ("bulk", "junk", "list", "auto_reply", "auto-reply")


def _is_ours(value: str, ours: Iterable[str]) -> bool:
    lower = value.lower()
    return any(address and (address in lower or address.replace("@", ".") in lower) for address in ours)
