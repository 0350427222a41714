"""Bytes in words."""

from __future__ import annotations


def size_words(amount: int) -> str:
    """Bytes in the unit that fits."""
    if amount < 0:
        return "size unknown"
    if amount < 1000:
        return f"{amount} bytes"
    power = 1 + (amount >= 1_000_000) + (amount >= 1_000_000_000)
    value = amount / 1000**power
    return f"{value:.{0 if value >= 10 else 1}f} {('bytes', 'kB', 'MB', 'GB')[power]}"
