"""Reading one case: its verbs. The inbox screen shows the pane; this is what one does in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code, message_number
from agent_tui.domain.model import Case
from agent_tui.screens.triage import TriageVerbs
from agent_tui.screens.wanting import File, WantVerbs
from agent_tui.widgets import words
from agent_tui.widgets.case_head import CaseFoot, CaseHead
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.prompt import Prompt

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PROGRAMS = {".exe", ".bat", ".cmd", ".com", ".js", ".vbs", ".sh", ".py", ".desktop", ".jar", ".msi", ".ps1", ".scr",
             ".appimage", ".html", ".htm", ".svg"}  # fmt: skip


class CaseVerbs(TriageVerbs, WantVerbs):
    """What can be done with a case that is being read."""

    reader: MessageView
    head: CaseHead
    foot: CaseFoot

    def focused_case(self) -> Case | None:
        """The case that verbs mean."""
        raise LookupError("a screen with cases says which")

    # looking

    def do_fold(self, argument: str = "") -> None:
        """Show or fold quotes and signatures."""
        del argument
        self.reader.toggle(folded=not self.reader.folded)
        self.foot.repaint()
        self.say("Quotes and signatures are folded" if self.reader.folded else "Quotes and signatures are shown")

    def do_headers(self, argument: str = "") -> None:
        """Show or hide recipients and headers."""
        del argument
        self.reader.toggle(headers=not self.reader.headers)
        self.foot.repaint()

    def do_message_next(self, argument: str = "") -> None:
        """The next message."""
        del argument
        if not self.reader.step(1):
            self.reader.to_end()
            self.say("That is the newest message")

    def do_message_previous(self, argument: str = "") -> None:
        """The message before."""
        del argument
        if not self.reader.step(-1):
            self.reader.scroll_by(-10_000)
            self.say("That is the first message")

    # taking apart

    def do_split(self, argument: str = "") -> None:
        """This message and those after it become a case of their own."""
        del argument
        case, message = self.focused_case(), self.reader.message
        if case is None or message is None:
            return
        stored = [one for one in self.reader.messages if one.id > 0]  # what is still on its way stays here
        onward = [one.id for one in stored if one.received_at >= message.received_at]
        if len(onward) >= len(stored):
            self.say("The whole case would go along: go to the message that begins the new case (J)", "soon")
            return
        self.act(lambda _ids: self.desk.split(case.id, tuple(onward)), remember=False)

    # posts

    def do_solution(self, argument: str = "") -> None:
        """This message is the answer to the question, or no longer."""
        case, message = self.focused_case(), self.reader.message
        if case is None or message is None:
            return
        number = self._message_named(argument, message.id)
        self.act(lambda _ids: self.desk.solution(case.id, number), remember=False)

    def do_edit(self, argument: str = "") -> None:
        """Change this message of ours."""
        from agent_tui.screens.compose import ComposeScreen

        case, message = self.focused_case(), self.reader.message
        if case is None or message is None:
            return
        number = self._message_named(argument, message.id)
        self.app.push_screen(ComposeScreen(self.bench, self.desk.edit_draft(case.id, number), message=number))

    def do_remove(self, argument: str = "") -> None:
        """Delete this message for everybody, after a question."""
        case, message = self.focused_case(), self.reader.message
        if case is None or message is None:
            return
        number = self._message_named(argument, message.id)
        named = next((one for one in self.reader.messages if one.id == number), message)
        question = f"Delete this message of {named.author.label[:40]} for everybody?"
        self.confirm(question, lambda: self.act(lambda _ids: self.desk.remove(case.id, number), remember=False))

    @staticmethod
    def _message_named(argument: str, otherwise: int) -> int:
        number = message_number(argument) if argument else otherwise
        if number is None:
            raise UsageError(f"'{argument}' is no message; write an id that 'agent-tui show' prints, such as m12")
        return number

    def addresses_here(self) -> Iterable[str]:
        """Addresses that the messages mention, the newest first."""
        found: dict[str, None] = {}
        for message in reversed(self.reader.messages[-20:]):
            for one in (*message.reply_to, *message.to, *message.cc):
                if one.address:
                    found[f"{one.name} <{one.address}>" if one.name else one.address] = None
            found.update(dict.fromkeys(_ADDRESS.findall(message.text[:20_000])))
        return found

    # copying

    def do_copy_id(self, argument: str = "") -> None:
        """The case's id to the clipboard."""
        del argument
        ids = self.targets()
        codes = " ".join(case_code(one) for one in ids)
        if codes:
            self.app.copy_to_clipboard(codes)
            self.say(f"Copied {codes if len(ids) == 1 else words.count(len(ids), 'id')}")

    def do_copy_link(self, argument: str = "") -> None:
        """Id, subject and customer in one line."""
        del argument
        case = self.focused_case()
        if case is not None:
            self.app.copy_to_clipboard(f"{case_code(case.id)} {case.subject} ({case.customer.label}, {case.source})")
            self.say("Copied a line with id, subject and customer")

    # files

    def _files(self) -> list[File]:
        here = self.reader.message
        found = [(message, one) for message in reversed(self.reader.messages) for one in message.attachments]
        return sorted(found, key=lambda file: (file[0] is not here, file[1].inline))

    def _choose_file(self, label: str, argument: str, take: Callable[[File], None]) -> None:
        self.ensure_shown()
        files = self._files()
        if not files:
            self.say("This case has no files")
            return
        names: dict[str, File] = {}
        for file in files:
            name, number = file[1].name or "unnamed", 2
            while name in names:
                name, number = f"{file[1].name} ({number})", number + 1
            names[name] = file

        def chosen(text: str) -> None:
            found = names.get(text.strip()) or next(
                (file for name, file in names.items() if text and name.casefold().startswith(text.casefold())), None
            )
            if found is None:
                raise ValueError("no file of that name; tab shows them")
            take(found)

        def offers(text: str) -> tuple[str, ...]:
            return tuple(name for name in names if text.casefold() in name.casefold())

        if argument:
            chosen(argument)
        elif len(names) == 1:
            take(files[0])
        else:
            self.ask(Prompt(label, chosen, choices=offers, whole=True))

    def ensure_shown(self) -> None:
        """Make the reader show the case that verbs mean."""

    def messages_shown(self) -> frozenset[int]:
        """Messages of the case at hand."""
        return frozenset(one.id for one in self.reader.messages)

    def do_attachments(self, argument: str = "") -> None:
        """Save a file of this case."""

        def take(file: File) -> None:
            message, one = file
            path = self.desk.attachment(message.id, one.part)
            if path is None:
                self.want_file(file, take)
                return
            folder = Path("~/Downloads").expanduser()
            start = (folder if folder.is_dir() else Path("~").expanduser()) / (Path(one.name).name or "unnamed")

            def save(text: str) -> None:
                target = Path(text.strip()).expanduser()
                if target.is_dir():
                    target /= start.name
                if target.exists():
                    raise ValueError(f"{target} exists; choose another name")
                shutil.copyfile(path, target)
                self.say(f"Saved {target}")

            self.ask(Prompt(f"save {words.media(one.media_type)}, {words.size(one.size)}, as", save, text=str(start)))

        self._choose_file("save file", argument, take)

    def do_outside(self, argument: str = "") -> None:
        """Open a file with the desktop's own program, after a question."""

        def take(file: File) -> None:
            message, one = file
            path = self.desk.attachment(message.id, one.part)
            if path is None:
                self.want_file(file, take)
                return
            name = Path(one.name).name or "unnamed"
            danger = ", WHICH CAN RUN CODE," if Path(name).suffix.lower() in _PROGRAMS else ""
            question = f"Open outside{danger} '{name}' ({words.media(one.media_type)}, {words.size(one.size)})?"
            self.confirm(question, lambda: self._open_outside(path, name))

        self._choose_file("open file", argument, take)

    def _open_outside(self, path: Path, name: str) -> None:
        opener = shutil.which("xdg-open") or shutil.which("open")
        if opener is None:
            self.say("No xdg-open here; save the file instead", "late")
            return
        folder = Path(tempfile.mkdtemp(prefix="agent-tui-"))
        copy = folder / name
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        # The name is one argument, never part of a shell's line; its output must not reach the screen.
        subprocess.Popen([opener, str(copy)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        self.say(f"Handed {name} to the desktop")
