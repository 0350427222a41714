"""The one table of commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from agent_tui.domain.commands import (
    ANYWHERE,
    BULK,
    CASE,
    COMPOSER,
    EVERYWHERE,
    FILES,
    HELP,
    INBOX,
    LISTS,
    MACRO,
    OUTBOX,
    POLICIES,
    POLICY,
    READING,
    SEARCH,
    SIMILAR,
    Command,
)
from agent_tui.domain.commands.compose import COMPOSE
from agent_tui.domain.views import SavedView

_MOVE = (
    Command("move.down", ("j", "down"), "Down", ANYWHERE, "The next case, or a line further down while reading."),
    Command("move.up", ("k", "up"), "Up", ANYWHERE, "The previous case, or a line further up while reading."),
    Command("move.top", ("g g", "home"), "To the top", ANYWHERE),
    Command("move.bottom", ("G", "end"), "To the bottom", ANYWHERE),
    Command("page.down", ("pagedown", "ctrl+d"), "Page down", ANYWHERE),
    Command("page.up", ("pageup",), "Page up", ANYWHERE),
    Command("page.next", ("space",), "Page, then next", ANYWHERE, "A page down; at the end of a case, the next case.",
            short="page"),
    Command("open", ("enter", "l", "right"), "Open", LISTS, "Read the case under the cursor.", needs_case=True),
    Command("back", ("u", "h", "q", "escape", "left"), "Back", ANYWHERE, "To where you came from; never quits."),
    Command("pane.next", ("tab",), "Next pane", (INBOX, CASE, POLICY)),
    Command("message.next", ("J",), "Next message", (INBOX, CASE)),
    Command("message.previous", ("K",), "Previous message", (INBOX, CASE)),
    Command("case.next", ("]",), "Next case", (INBOX, CASE)),
    Command("case.previous", ("[",), "Previous case", (INBOX, CASE)),
)

_VIEWS = (
    Command("view.inbox", ("g i",), "Inbox", ANYWHERE, "New and open, the promise that breaks first on top.", "Go"),
    Command("view.mine", ("g m",), "Mine", ANYWHERE, "What is assigned to me.", "Go"),
    Command("view.unassigned", ("g u",), "Unassigned", ANYWHERE, "What nobody has taken.", "Go"),
    Command("view.waiting", ("g w",), "Waiting", ANYWHERE, "Our message is last.", "Go"),
    Command("view.drafts", ("g d",), "Drafts", ANYWHERE, "Cases with unfinished text.", "Go"),
    Command("view.outbox", ("g o",), "Outbox", ANYWHERE, "What has not reached a server yet.", "Go"),
    Command("view.snoozed", ("g s",), "Snoozed", ANYWHERE, "", "Go"),
    Command("view.closed", ("g c",), "Closed", ANYWHERE, "", "Go"),
    Command("view.policies", ("g p",), "Policies", ANYWHERE, "The whole library.", "Go"),
    Command("view.spam", (), "Spam", ANYWHERE, "What is filed as spam.", "Go"),
    Command("view.all", ("g a",), "All", ANYWHERE, "Every case, closed ones and spam too.", "Go"),
    Command("view.saved", (), "Saved view", (INBOX, CASE), "One of your own, by its name.", "Go", argument="name"),
    *(Command(f"view.{n}", (str(n),), f"View {n}", ANYWHERE, f"The view numbered {n}.", "Go") for n in range(1, 10)),
)

_CHATS = (
    Command("chat.next", ("f2",), "Next chat", (INBOX, CASE, COMPOSER), "The one that waits longest, idle ones, then others.",
            "Chats"),
    Command("chat.previous", ("f3",), "Previous chat", (INBOX, CASE, COMPOSER), "The other way round.", "Chats"),
    Command("chat.idle", ("' i",), "Idle chat", (INBOX, CASE), "The one whose customer has been silent longest.",
            "Chats"),
    *(Command(f"chat.{n}", (f"' {n}",), f"Chat {n}", (INBOX, CASE), f"The chat numbered {n} in the strip.", "Chats")
      for n in range(1, 6)),
)

_TRIAGE = (
    Command("done", ("e",), "Done and next", READING, "Close it and go on to the next.", "Triage", True,
            short="done"),
    Command("reopen", ("E",), "Reopen", READING, "", "Triage", True),
    Command("state", ("s",), "Set state", READING, "open, closed, snoozed, spam", "Triage", True, "state"),
    Command("snooze", ("b",), "Snooze", READING, "Away until a time, or until the customer writes.", "Triage", True,
            "2h, tomorrow, mon 9:00"),
    Command("assign", ("a",), "Assign", READING, "To a colleague, or to nobody with an empty name.", "Triage", True,
            "name"),
    Command("take", ("A",), "Take it", READING, "Assign it to me.", "Triage", True),
    Command("tag", ("t",), "Tag", READING, "Put tags on, take them off with a minus.", "Triage", True, "refund -old"),
    Command("priority", ("p",), "Priority", READING, "low, normal, high, urgent", "Triage", True, "priority"),
    Command("idea", ("%",), "An idea", (INBOX, CASE), "Tags it idea, apart from problems, or no longer.", "Triage", True),
    Command("star", ("*",), "Star", READING, "A mark for yourself.", "Triage", True),
    Command("select", ("x",), "Select", (INBOX, SEARCH), "Verbs then act on the whole selection.", "Triage", True),
    Command("select.all", ("X",), "Select all", (INBOX, SEARCH), "Or drop the selection.", "Triage"),
    Command("undo", ("z",), "Undo", ANYWHERE, "Takes the last thing back, a held reply too.", "Triage"),
    Command("redo", ("Z",), "Redo", ANYWHERE, "", "Triage"),
    Command("repeat", (".",), "Repeat", READING, "The last verb again, here.", "Triage", True),
    Command("read", ("I",), "Mark read", READING, "", "Triage", True),
    Command("unread", ("U",), "Mark unread", READING, "", "Triage", True),
    Command("spam", ("!",), "Spam", READING, "", "Triage", True),
    Command("delete", ("#",), "Delete", READING, "Moves it to the server's bin; asks first.", "Triage", True),
    Command("merge", ("M",), "Merge", READING, "Shows this case inside another one; can be undone.", "Triage", True,
            "case"),
    Command("split", ("S",), "Split", (CASE,), "This message and those after it become a case of their own.", "Triage",
            True),
    Command("customer", (), "Set customer", READING, "Who waits, where a colleague forwarded the mail.", "Triage", True,
            "address"),
    Command("solution", ("=",), "Mark as the answer", (CASE,), "This message answers the question; again: no longer.",
            "Triage", True, "message", short="the answer"),
    Command("macro", ("m",), "Macro", READING, "Several actions at once, looked at and changed before they run.", "Triage", True,
            "name"),
    Command("bulk", (",",), "All of this view", (INBOX,), "One thing to every case that it shows, looked at before it runs.",
            "Triage", argument="tag +refund", short="all"),
    Command("bulk.run", ("y",), "Run", (BULK,), "On every case that is not left out; undo takes all of it back.", "Triage",
            short="run"),
    Command("bulk.leave", ("x",), "Leave out", (BULK,), "Or put back.", "Triage", short="leave out"),
    Command("macro.run", ("enter", "y"), "Run", (MACRO,), "All of it as one step, which undo takes back.", "Macro", short="run"),
    Command("macro.change", ("e",), "Change", (MACRO,), "Another tag, colleague, time, state or text.", "Macro", short="change"),
    Command("macro.leave", ("x",), "Leave out", (MACRO,), "Or put back.", "Macro", short="leave out"),
    Command("macro.add", ("a",), "Add an action", (MACRO,), "", "Macro", argument="tag +refund", short="add"),
    Command("accept", ("+",), "Accept", READING, "Lets a post appear that waits, agrees with a report, comes into a room.",
            "Triage", True),
    Command("decline", ("-",), "Decline", READING, "Refuses the post, disagrees with the report, stays out of the room.",
            "Triage", True),
    Command("ignore", ("_",), "Ignore the report", READING, "Says neither yes nor no to it.", "Triage", True),
)

_READ = (
    Command("fold", ("Q",), "Fold quotes", (INBOX, CASE), "Shows or folds quoted text and signatures.", "Read"),
    Command("headers", ("H",), "Headers", (INBOX, CASE), "Recipients, dates and the mail's own headers.", "Read"),
    Command("attachments", ("O",), "Attachments", (*READING, FILES), "The files of this case; there: saves it.",
            "Read", True, short="save"),
    Command("look", ("F",), "Look into a file", (*READING, FILES), "Shows a picture or the text of a file or PDF here.",
            "Read", True, short="look"),
    Command("outside", ("o",), "Open outside", (*READING, FILES),
            "Hands a file or a link to the desktop; asks, by its true name.", "Read", True, short="outside"),
    Command("translate", ("T",), "Translate", READING, "The message at hand, into your language, below it.", "Read", True,
            "language"),
    Command("similar", ("&",), "Similar cases", (INBOX, CASE), "Earlier ones with this problem, and what solved them.", "Read",
            True, short="similar"),
    Command("similar.quote", ("r",), "Quote the answer", (SIMILAR,), "Into a reply to the case at hand.", "Read", short="quote"),
    Command("similar.link", ("y",), "Copy link", (SIMILAR,), "A line that names the earlier case.", "Read", short="copy link"),
    Command("copy.id", ("y",), "Copy id", READING, "The case's short id, to the clipboard.", "Read", True),
    Command("pipe", ("|",), "Pipe", READING, "The message at hand, or the whole case from a list, to a program of yours.", "Read",
            True, "wc -w, less, vim {}"),
    Command("copy.link", ("Y",), "Copy link", READING, "A line that names case and subject, to the clipboard.", "Read",
            True),
)

_WRITE = (
    Command("reply", ("r",), "Reply", READING, "To everybody this case is with.", "Write", True),
    Command("reply.canned", ("i",), "Reply with canned text", READING, "The picker is open at once.", "Write", True),
    Command("reply.choose", ("R",), "Reply to chosen", READING, "Choose recipients first.", "Write", True),
    Command("note", ("n",), "Note", READING, "Only colleagues see it.", "Write", True),
    Command("forward", ("f",), "Forward", READING, "", "Write", True),
    Command("keep", (), "Keep my words", READING, "What you wrote again and again, as a canned reply.", "Write", False, "name"),
    Command("edit", ("ctrl+e",), "Edit", (CASE,), "Changes this message of yours where it was posted.", "Write", True,
            "message"),
    Command("remove", ("ctrl+x",), "Delete the message", (CASE,), "This one message, for everybody; undo brings it back.",
            "Write", True, "message"),
    Command("move", ("V",), "Go on in private", READING, "By e-mail or a private message, with what was said; still one case.",
            "Write", True, "address"),
    Command("right", (")",), "A peer is right", READING, "Marks the answer; our thanks are at the gate.", "Write", True),
    Command("correct", ("(",), "Correct a peer", READING, "Kindly: what is right, what is not, and the clause.", "Write", True,
            "clause"),
    Command("article", ("B",), "Article", READING, "A draft from this answer, without names, to look through.", "Write", True,
            "title"),
    Command("topic", ("N",), "New topic", ANYWHERE, "Begins a public topic in a forum.", "Write", argument="category"),
    Command("new", ("c",), "New message", ANYWHERE, "", "Write"),
)

_POLICY = (
    Command("policy", ("P",), "Policy pane", (INBOX, CASE, POLICY), "Shows or hides the clauses that fit this case.", "Policy",
            short="policies"),
    Command("decisions", ("D",), "Record a decision", (INBOX, CASE, POLICY), "What was ruled, for the next like case.",
            "Policy", True, "clause", short="decide"),
    Command("policy.search", ("/",), "Search policies", (POLICY, POLICIES), "As one types.", "Policy", argument="words",
            short="search"),
    Command("policy.pin", ("p",), "Pin the clause", (POLICY,), "To this case, or takes it off.", "Policy", short="pin"),
    Command("policy.copy", ("y",), "Copy the clause's id", (POLICY, POLICIES), "", "Policy", short="copy id"),
    Command("policy.history", ("H",), "What it said before", (POLICIES,), "Every wording of the clause.", "Policy",
            short="history"),
)

_OUTBOX = (
    Command("outbox.again", ("r",), "Send again", (OUTBOX,), "What failed, or what was held back although the case changed.",
            "Outbox", short="again"),
    Command("outbox.back", ("x",), "Take back", (OUTBOX,), "What has not left; its text is a draft again.", "Outbox",
            short="take back"),
    Command("outbox.arrived", ("y",), "It arrived", (OUTBOX,), "Settles one whose outcome is not known.", "Outbox",
            short="arrived"),
    Command("outbox.lost", ("n",), "It did not arrive", (OUTBOX,), "Settles it the other way: the text is a draft again.",
            "Outbox", short="did not"),
)

_PROGRAM = (
    Command("search", ("/",), "Search", (INBOX, CASE, SEARCH, OUTBOX, HELP), "Every message of every case.", "Program"),
    Command("filter", ("\\",), "Filter view", (INBOX,), "Only what matches.", "Program", short="filter"),
    Command("command", (":",), "Command line", ANYWHERE, "Any verb by its name.", "Program"),
    Command("help", ("?", "f1"), "Help", EVERYWHERE, "Every key that works here.", "Program"),
    Command("palette", ("ctrl+p", "ctrl+k"), "Palette", ANYWHERE, "Any verb by a few letters.", "Program"),
    Command("tour", (), "Tour", ANYWHERE, "The first ten keys, one at a time; again: off.", "Program"),
    Command("drill", (), "Drill", ANYWHERE, "A few acts of triage on the demo's week, timed; again: off.", "Program"),
    Command("setup", ("g +",), "Add a source", ANYWHERE, "Asks for an address, finds its servers, and tests them.", "Program"),
    Command("redraw", ("ctrl+l",), "Paint again", ANYWHERE, "Where something has written over it.",
            "Program"),
    Command("sync", ("ctrl+r",), "Sync now", ANYWHERE, "", "Program"),
    Command("quit", ("ctrl+q",), "Quit", EVERYWHERE, "Says what is still on its way.", "Program"),
)

COMMANDS: tuple[Command, ...] = (*_MOVE, *_VIEWS, *_CHATS, *_TRIAGE, *_READ, *_WRITE, *COMPOSE, *_POLICY, *_OUTBOX, *_PROGRAM)


def saved_commands(views: Iterable[SavedView]) -> tuple[Command, ...]:
    """Commands that show saved views, in their order."""
    return tuple(
        Command(f"view.{one.id}", (one.key,) if one.key else (), one.name, (INBOX, CASE), one.query, "Go") for one in views
    )


def command(name: str) -> Command | None:
    """The command with this id, or None. A saved view's is known by the part before the colon."""
    found = _BY_ID.get(name.partition(":")[0])
    return replace(found, id=name, keys=(), title=name.partition(":")[2]) if found is not None and ":" in name else found


def available(scope: str, handlers: Collection[str] | None = None) -> tuple[Command, ...]:
    """The commands that work in a scope, in the table's order: what help and palette show.

    Args:
        scope: a place, for example ``inbox``.
        handlers: names of the methods that exist there; a command without one is left out. None: no check.
    """
    return tuple(one for one in COMMANDS if scope in one.scopes and (handlers is None or one.handler in handlers))


_BY_ID = {one.id: one for one in COMMANDS}
