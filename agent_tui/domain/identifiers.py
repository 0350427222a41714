"""Numbers that name cases and messages, and how they are printed.

A case id is 35 bits of a hash, so a rebuilt cache gives the same ids; it prints as seven characters without
vowels or look-alikes, so it cannot spell a word and is typed without shift. A message id grows with the time
the server received the message, so that newest first is rowid order.
"""

from __future__ import annotations

ALPHABET = "0123456789bcdfghjkmnpqrstvwxyz"  # 30 characters; 7 of them hold 34.3 bits
WIDTH = 7
CASE_SPACE: int = len(ALPHABET) ** WIDTH
EPOCH_SECONDS = 631_152_000  # 1990-01-01T00:00:00Z: imported archives are older than this program, and still in order
COUNTER_BITS = 6


def case_id(source: str, root: str, attempt: int = 0) -> int:
    """Number for the case whose first known id is ``root``; ``attempt`` steps past a number that is taken."""
    from hashlib import blake2b  # loads OpenSSL, which the list can do without

    digest = blake2b(f"{source}\0{root}\0{attempt}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") % (CASE_SPACE - 1) + 1


def case_code(number: int) -> str:
    """Seven characters for a case number."""
    digits = []
    for _ in range(WIDTH):
        number, rest = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def case_range(prefix: str) -> tuple[int, int] | None:
    """Lowest and highest case number whose code starts with ``prefix``; None if none can."""
    prefix = prefix.strip().lower()
    if not prefix or len(prefix) > WIDTH or any(c not in ALPHABET for c in prefix):
        return None
    low: int = 0
    for character in prefix:
        low = low * len(ALPHABET) + ALPHABET.index(character)
    span: int = len(ALPHABET) ** (WIDTH - len(prefix))
    return low * span, low * span + span - 1


def first_message_id(received_at: int) -> int:
    """Lowest message id for a message that the server received at ``received_at`` milliseconds.

    What has no date, or an older one, comes first of all. No message has the number 0: that means none.
    """
    return max(1, received_at // 1000 - EPOCH_SECONDS) << COUNTER_BITS


def message_code(number: int) -> str:
    """How a message id is printed; ``m`` keeps it apart from case codes, which have no such length."""
    return f"m{number}"


def message_number(code: str) -> int | None:
    """The number behind a printed message id, or None where it is none."""
    return int(code[1:]) if code[:1] == "m" and code[1:].isdecimal() else None
