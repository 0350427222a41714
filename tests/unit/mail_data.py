"""Where mail to test with is found: some of it is committed, more of it may lie beside the repository."""

from pathlib import Path

OWN = Path(__file__).parent.parent / "data" / "mail"


def _shared() -> Path | None:
    for parent in Path(__file__).resolve().parents:
        found = parent / "shared" / "data" / "dev" / "email"
        if found.is_dir():
            return found
    return None


SHARED = _shared()
