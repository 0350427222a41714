"""Known faults of the locked libraries, by pip-audit: fails where there is one, and says how many could not be asked about.

pip-audit itself ends well where it had to leave everything out, because no advisory database was reached.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILES = ("run.txt", "test.txt", "semantic.txt")


def judged(name: str, dependencies: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """Words about one file, and whether it is free of known faults, as far as could be asked.

    Args:
        dependencies: as pip-audit's JSON has them.
    """
    faults = [f"{one['name']} {one['version']}: {fault['id']}" for one in dependencies for fault in one.get("vulns", ())]
    if faults:
        return f"{name} has known faults: {'; '.join(faults)}", False
    left_out = sum("skip_reason" in one for one in dependencies)
    if left_out or not dependencies:
        return f"{name} NOT DONE for {left_out} of {len(dependencies)}: no advisories were to be had", True
    return f"{name} has no known fault ({len(dependencies)} libraries)", True


def main(program: str) -> int:
    """Ask about each file.

    Args:
        program: pip-audit.
    """
    folder = Path(__file__).parent
    well = True
    for name in FILES:
        line = [program, "--disable-pip", "--require-hashes", "-r", str(folder / name), "--timeout", "15", "--progress-spinner", "off",
                "-f", "json"]  # fmt: skip
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        try:
            words, free = judged(name, json.loads(done.stdout)["dependencies"])
        except (ValueError, KeyError):
            told = done.stderr.strip().splitlines() or ["it said nothing"]
            words, free = f"{name} NOT DONE: {told[-1]}", True
        print(f"audit: {words}")
        well = well and free
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
