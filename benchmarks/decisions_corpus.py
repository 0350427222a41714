"""Makes the decided cases that precedents are measured on: ``python -m benchmarks.decisions_corpus``.

A made-up shop's agents rule on 440 cases over four channels, in the order of time. Each clause has a rule that is written
nowhere in the cases: within so many days, or up to so much, customers are granted what they ask. Agents keep to it, make
exceptions that they mark as such, and 40 times rule against it: those are the planted contradictions, each planted only
where at least six cases of that clause came before. Days and amounts lie on both sides of every limit, some of them close to it.

The cases are dealt into two halves by the parity of their clause: each half has its own rules, so that what is chosen on
``decisions_open.jsonl`` knows nothing of ``decisions_kept.jsonl``.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
CHANNELS = ("email", "chat", "community", "social")
CASES, CONTRADICTIONS = 440, 40
DAYS = "days since purchase"
# clause, the fact that decides, the limit up to which it is granted (None: whatever it is), usual amounts, what is asked
RULES = (
    ("returns#changed-mind", DAYS, 30, (15, 240), "I changed my mind about the {thing} and want {amount} back."),
    ("returns#opened-box", DAYS, 14, (20, 300), "I have opened the box of the {thing}. Can I still get {amount} back?"),
    ("warranty#fault", DAYS, 730, (40, 400), "The {thing} has stopped working. Repair it, or pay me the {amount}."),
    ("warranty#battery", DAYS, 365, (10, 90), "The battery of the {thing} is flat within an hour. Is the {amount} covered?"),
    ("shipping#late-parcel", "amount", 12, (3, 40), "The {thing} came too late. I want {amount} for it."),
    ("shipping#damaged", DAYS, 7, (10, 200), "The {thing} came broken. I want my {amount}."),
    ("billing#charged-twice", DAYS, None, (10, 250), "You took {amount} twice for the {thing}."),
    ("billing#price-drop", DAYS, 14, (5, 60), "The {thing} is {amount} cheaper now. Pay me the difference."),
    ("goodwill#outage", "amount", 25, (5, 80), "Your outage cost me a day. I expect {amount}."),
    ("goodwill#voucher", "amount", 15, (5, 60), "Send me a voucher of {amount} for the trouble with the {thing}."),
)
THINGS = ("lamp", "router", "kettle", "home server", "radio", "desk fan", "headset", "camera")
REASONS = ("loyal customer", "our own mistake earlier", "the courier confirmed it", "a hardship case", "promised on the phone")


def make(seed: int = 20_260_901) -> list[dict[str, object]]:
    """Every case, in the order in which they were decided."""
    dice = random.Random(seed)
    cases: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    chosen = set(dice.sample(range(120, CASES), CONTRADICTIONS))
    waiting = 0
    for number in range(CASES):
        clause, decides, limit, (low, high), asked = RULES[number % len(RULES)]
        amount = round(dice.uniform(low, high), 2)
        days = dice.randint(1, 60)
        if decides == DAYS and limit is not None:
            part = dice.choice((0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.05, 1.2, 1.5, 2.0, 3.0))
            days = max(1, round(limit * part * dice.uniform(0.9, 1.1)))
        if decides == "amount" and limit is not None:
            amount = round(limit * dice.choice((0.3, 0.5, 0.8, 0.95, 1.1, 1.4, 2.0, 3.0)) * dice.uniform(0.9, 1.1), 2)
        value = amount if decides == "amount" else days
        granted = limit is None or value <= limit
        waiting += number in chosen
        clear = limit is None or not limit * 0.75 < value < limit * 1.35  # one that nobody would call a matter of opinion
        contradiction = bool(waiting) and clear and seen.get(clause, 0) >= 6
        waiting -= contradiction
        outcome = "granted" if granted != contradiction else "refused"
        reason = ""
        if not contradiction and not granted and dice.random() < 0.06:
            outcome, reason = "exception", dice.choice(REASONS)
        seen[clause] = seen.get(clause, 0) + 1
        text = asked.format(thing=dice.choice(THINGS), amount=f"{amount:.2f} €") + f" I bought it {days} days ago."
        cases.append({
            "id": f"d{number:03d}", "half": "kept" if (number % len(RULES)) % 2 else "open", "channel": dice.choice(CHANNELS),
            "clause": clause, "text": text, "amount": f"{amount:.2f}", "facts": {DAYS: str(days)}, "outcome": outcome,
            "reason": reason, "contradiction": contradiction,
        })  # fmt: skip
    return cases


def main() -> None:
    """Write both halves."""
    FOLDER.mkdir(exist_ok=True)
    cases = make()
    for half in ("open", "kept"):
        lines = [json.dumps(one, ensure_ascii=False) for one in cases if one["half"] == half]
        (FOLDER / f"decisions_{half}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    planted = sum(bool(one["contradiction"]) for one in cases)
    print(f"{len(cases)} cases, {planted} contradictions")


if __name__ == "__main__":
    main()
