"""What a draft carries besides its text: the verbs that change recipients, subject and files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from agent_tui.domain import posts
from agent_tui.domain.commands.compose import parse_recipients, recipients_of, show_recipients
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case, Channel, Draft
from agent_tui.screens.later import Later
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.parts_line import PartsLine
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.recipient_line import size_of
from agent_tui.widgets.words import size

_OFFERED = 12
_LONGEST_DROP = 4_000


class PartVerbs(Later):
    """Recipients, subject, files."""

    draft: Draft
    case: Case | None
    view: MessageView
    composer: Composer
    parts: PartsLine

    @property
    def channel(self) -> Channel:
        """How the draft will go."""
        raise LookupError("the composer's screen knows")

    def save(self, *, anyway: bool = False) -> bool:
        """Store the draft; whether that went well."""
        raise LookupError("the composer's screen saves")

    def set_draft(self, draft: Draft) -> None:
        """Take a change and store it."""
        raise LookupError("the composer's screen saves")

    def measure(self) -> None:
        """Say what the text becomes where posts are short."""
        kind = self.desk.workspace.source(self.draft.source).type
        limits = posts.limits_of(kind, self.draft.visibility)
        if limits is None:
            if self.parts.display:
                self.parts.show(None, None)
            return
        files = [(Path(one).name, size_of(one)) for one in self.draft.attachments]
        buffer = self.composer.buffer
        self.parts.show(posts.plan(buffer.text, files, limits), limits, buffer.offset)

    def do_compose_recipients(self, argument: str = "") -> None:
        """Ask for To, Cc and Bcc on one line."""
        if self.draft.kind == "note":
            raise UsageError("a note goes to nobody outside; ctrl+n is the reply")
        if self.channel is not Channel.EMAIL and self.case is not None:
            raise UsageError(f"in {self.channel.value} everybody of this conversation reads it; it can't be chosen")

        def take(text: str) -> None:
            other = self.desk.source_for(text.strip()) if self.draft.kind == "new" and text.startswith("@") else ""
            if other and other != self.draft.source:
                self.draft = replace(self.draft, source=other, sender="")
            found = parse_recipients(text, self.channel)
            self.set_draft(replace(self.draft, to=found.to, cc=found.cc, bcc=found.bcc))
            if self.draft.kind in {"new", "forward", "move"} and not self.draft.subject:
                self.do_compose_subject()

        if argument:
            take(argument)
        else:
            shown = show_recipients(recipients_of(self.draft))
            self.ask(Prompt("to", take, text=shown, choices=self._people))

    def _people(self, text: str) -> tuple[str, ...]:
        """Addresses of this case that begin with the last word."""
        word = text.rpartition(" ")[2].casefold()
        here = {a.address for m in self.view.messages[-30:] for a in (*m.to, *m.cc, *m.reply_to)}
        here |= {m.author.address for m in self.view.messages[-30:]}
        return tuple(sorted(a for a in here if word and a.casefold().startswith(word) and a.casefold() != word))

    def do_compose_subject(self, argument: str = "") -> None:
        """Ask for the subject."""
        if self.draft.kind not in {"new", "forward", "move"}:
            raise UsageError("a reply keeps the subject of its case")

        def take(text: str) -> None:
            self.set_draft(replace(self.draft, subject=" ".join(text.split())))

        if argument:
            take(argument)
        else:
            self.ask(Prompt("subject", take, text=self.draft.subject))

    def do_compose_attach(self, argument: str = "") -> None:
        """Ask for a file; ``-name`` takes one off."""
        if self.draft.kind == "edit":
            raise UsageError("a file cannot be added to what was sent; write a reply with it")

        def take(text: str) -> None:
            text = text.strip()
            if text.startswith("-"):
                self._take_off(text[1:].strip())
                return
            path = Path(text).expanduser()
            if not text or not path.exists():
                raise ValueError(f"there is no file {path}" if text else "which file?")
            if path.is_dir():
                raise ValueError(f"{path} is a folder; tab shows what is in it")
            self.attach(path)

        if argument:
            take(argument)
        else:
            limit = self.desk.file_limit(self.draft.source)
            most = f" (at most {size(limit)})" if limit else ""
            self.ask(Prompt(f"attach{most}", take, choices=self._paths, whole=True))

    def do_compose_picture(self, argument: str = "") -> None:
        """Attach the picture that the desktop's clipboard holds."""
        del argument
        if self.draft.kind == "edit":
            raise UsageError("a file cannot be added to what was sent; write a reply with it")

        def take(found: Any) -> None:
            if isinstance(found, Exception):
                self.say(str(found), "late")
                return
            try:
                self.attach(found)
            except ValueError as error:
                self.say(str(error), "late")

        self.say("Reading the clipboard …", "muted")
        self.later(self.desk.clipboard_picture, take, "clipboard")

    def attach(self, path: Path) -> None:
        """Put a file with the draft.

        Raises:
            ValueError: the source takes none, or none so large.
        """
        if fault := self.desk.files_fault(replace(self.draft, attachments=(str(path),))):
            raise ValueError(fault)
        if self.save(anyway=True):
            self.set_draft(self.desk.attach(self.draft, path))
        self.say(f"Attached {path.name}, {size(path.stat().st_size)}")

    def offer_files(self, text: str) -> bool:
        """Where what was pasted is files of this machine, as a terminal writes what is dropped on it: ask whether they go along.

        Returns:
            whether it was; any key but ``y`` has the text put in as it is.
        """
        files = dropped_files(text)
        if not files or self.draft.kind == "edit":
            return False

        def take(_text: str) -> None:
            for one in files:
                self.attach(one)

        names = ", ".join(one.name for one in files[:3]) + (" …" if len(files) > 3 else "")
        question = f"Attach {names} ({size(sum(one.stat().st_size for one in files))})?"
        self.ask(Prompt(question, take, cancelled=lambda: self.composer.insert(text), yes_no=True))
        return True

    def _take_off(self, name: str) -> None:
        files = self.draft.attachments
        found = [one for one in files if name and Path(one).name.casefold().startswith(name.casefold())]
        if len(found) != 1:
            raise ValueError("which one? " + ", ".join(Path(one).name for one in files))
        self.set_draft(replace(self.draft, attachments=tuple(one for one in files if one != found[0])))
        self.say(f"Took {Path(found[0]).name} off")

    def _paths(self, text: str) -> tuple[str, ...]:
        if text.startswith("-"):
            return tuple("-" + Path(path).name for path in self.draft.attachments)
        return complete_path(text)


def dropped_files(text: str) -> tuple[Path, ...]:
    """The files that a pasted text names and nothing else: whole paths, quoted, escaped or as ``file://`` addresses."""
    import shlex
    from urllib.parse import unquote, urlsplit

    text = text.strip()
    if not text.startswith(("/", "'/", '"/', "file://", "~/")) or len(text) > _LONGEST_DROP:
        return ()
    whole = Path(text).expanduser()
    try:
        if "\n" not in text and whole.is_file():
            return (whole,)
        found = []
        for word in shlex.split(text):
            path = Path(unquote(urlsplit(word).path) if word.startswith("file://") else word).expanduser()
            if not path.is_absolute() or not path.is_file():
                return ()
            found.append(path)
    except (ValueError, OSError, RuntimeError):
        return ()
    return tuple(dict.fromkeys(found))


def complete_path(text: str, most: int = _OFFERED) -> tuple[str, ...]:
    """Files and folders that a path may become; folders end in a slash, hidden ones come only when asked for."""
    folder, name = (text[: text.rfind("/") + 1], text[text.rfind("/") + 1 :]) if "/" in text else ("", text)
    begin, hidden = name.casefold(), name.startswith(".")
    try:
        found = [
            folder + one.name + ("/" if one.is_dir() else "")
            for one in Path(folder or ".").expanduser().iterdir()
            if one.name.casefold().startswith(begin) and (hidden or not one.name.startswith("."))
        ]
    except (OSError, RuntimeError):
        return ()
    return tuple(sorted(found, key=str.casefold)[:most])
