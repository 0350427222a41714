"""Coverage-guided fuzzing with atheris: ``python -m tests.fuzz.run TARGET SECONDS``.

What it finds new is kept in ``corpus/TARGET``; what breaks is left there as ``crash-…`` for the tests to play again.
Atheris is not among the requirements: ``pip install atheris``.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["agent_tui"]):
    from tests.fuzz.targets import CORPUS, TARGETS


def main() -> None:
    """Fuzz one target."""
    name, seconds = sys.argv[1], sys.argv[2]
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [sys.argv[0], str(folder), f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=1500", "-max_len=6000",
                 f"-artifact_prefix={folder}/"]  # fmt: skip
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()


main()
