"""Subcommands: thin doors to desk, engine and sources.

This table is all that ``agent-tui --help`` needs, so it imports nothing. Each command is a module of this package
with ``arguments(parser)`` and ``run(context, options) -> int``.
"""

COMMANDS = (
    ("demo", "[--dir DIR] [--no-open]", "a workspace with sample cases, ready to try; no account needed"),
    ("drill", "", "learn triage on a fresh copy of the demo's week, timed"),
    ("init", "", "set a workspace up by asking: finds servers, tests them, stores secrets"),
    ("source", "list|check [NAME…]", "what is configured; log in and say what each server can do"),
    ("secret", "set|forget SOURCE", "store a password or token in the system's keyring, or remove it"),
    ("sync", "[SOURCE…] [--watch]", "fetch what is new and deliver what is queued"),
    ("list", "[QUERY]", "cases in inbox order"),
    ("show", "CASE", "one case with its messages"),
    ("search", "QUERY", "messages, best first"),
    ("reply", "CASE --text-file F | --canned NAME", "queue a reply or a note"),
    ("do", "CASE… VERB [ARG]", "close, reopen, snooze, assign, take, tag, priority, spam, read, … undo"),
    ("outbox", "", "what is queued, held, being sent, sent, failed or unknown"),
    ("canned", "list|check|render NAME CASE", "canned replies"),
    ("policy", "search TEXT|suggest [CASE]|check|decisions|words [CLAUSE]|history CLAUSE|import FOLDER", "the policy library"),
    ("person", "CASE", "who the customer is on every channel, and their journey"),
    ("export", "CASE --format json|md|eml", "one case, complete"),
    ("import", "PATH… [--source NAME]", "eml, mbox, Maildir or JSON Lines into a read-only archive"),
    ("backup", "FILE", "what exists only here, and the settings, in one file"),
    ("restore", "FILE", "put a backup back"),
    ("encryption", "status|on|off|change-key|set-key", "the databases encrypted at rest, or not"),
    ("forget", "ADDRESS", "remove a person's data here, and say what servers still have"),
    ("serve", "[--port N]", "the workstation in a browser on this computer"),
    ("stats", "--performance", "how quick start, keys and sync have been here"),
    ("doctor", "", "check workspace, databases, secrets, servers, terminal; say what to do"),
    ("where", "", "the paths in use"),
)  # fmt: skip

MODULES = {"list": "list_", "import": "import_"}
