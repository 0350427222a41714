"""Reading one case: its verbs. The inbox screen shows the pane; this is what one does in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code, message_number
from agent_tui.domain.model import Attachment, Case
from agent_tui.screens import outside
from agent_tui.screens.later import Later
from agent_tui.screens.piping import PipeVerbs
from agent_tui.screens.triage import TriageVerbs
from agent_tui.screens.wanting import File, WantVerbs
from agent_tui.widgets import words
from agent_tui.widgets.case_head import CaseFoot, CaseHead
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.prompt import Prompt

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class CaseVerbs(TriageVerbs, WantVerbs, PipeVerbs, Later):
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

    def _named_files(self) -> dict[str, File]:
        names: dict[str, File] = {}
        for file in self._files():
            name, number = file[1].name or "unnamed", 2
            while name in names:
                name, number = f"{file[1].name} ({number})", number + 1
            names[name] = file
        return names

    def _choose(self, label: str, argument: str, names: Sequence[str], take: Callable[[str], None]) -> None:
        """Take the one there is, or the one that is asked for."""

        def chosen(text: str) -> None:
            wanted = text.strip().casefold()
            exact = (name for name in names if name.casefold() == wanted)
            found = next(exact, None) or next((name for name in names if wanted and name.casefold().startswith(wanted)), None)
            if found is None:
                raise ValueError("there is nothing of that name; tab shows what there is")
            take(found)

        def offers(text: str) -> tuple[str, ...]:
            return tuple(name for name in names if text.casefold() in name.casefold())

        if argument:
            chosen(argument)
        elif len(names) == 1:
            take(names[0])
        else:
            self.ask(Prompt(label, chosen, choices=offers, whole=True))

    def ensure_shown(self) -> None:
        """Make the reader show the case that verbs mean."""

    def messages_shown(self) -> frozenset[int]:
        """Messages of the case at hand."""
        return frozenset(one.id for one in self.reader.messages)

    def do_attachments(self, argument: str = "") -> None:
        """Show the files of this case, or save the one there is."""
        self.ensure_shown()
        names = self._named_files()
        if not names:
            self.say("This case has no files")
            return
        if len(names) > 1 and not argument:
            self._list_files()
            return

        def take(one: Attachment, path: Path) -> None:
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

        self._choose("save file", argument, tuple(names), lambda name: self.with_file(names[name], take))

    def _do_with_file(self, chosen: tuple[str, str] | None) -> None:
        """What was chosen in the list of files: a command and a name. After a look the list is there again."""
        if chosen is None:
            return
        command, name = chosen
        if command == "look":
            self.do_look(name, then=lambda: self._list_files(name))
        else:
            self.perform(command, name)

    def _list_files(self, at: str = "") -> None:
        from agent_tui.screens.files import FilesScreen

        self.app.push_screen(FilesScreen(self.bench, self._named_files(), at), self._do_with_file)

    def do_look(self, argument: str = "", then: Callable[[], None] | None = None) -> None:
        """Show the text of a file here, or a picture; and go on when it has been looked at."""
        from agent_tui.desk.picturing import is_picture
        from agent_tui.desk.previewing import Preview
        from agent_tui.screens.picture import PictureScreen
        from agent_tui.screens.preview import PreviewScreen

        self.ensure_shown()
        names = self._named_files()
        if not names:
            self.say("This case has no files")
            return

        def back(_left: object) -> None:
            if then is not None:
                then()

        def take(one: Attachment, path: Path) -> None:
            name = Path(one.name).name or "unnamed"
            if is_picture(path, name):
                self.app.push_screen(PictureScreen(self.bench, path, name), back)
                return

            def show(found: Any) -> None:
                if isinstance(found, Exception):
                    self.say(f"{found}; {(self.bench.keymap.keys_of('outside') or ('o',))[0]} opens it outside", "late")
                    return
                self.say("")
                what = ", ".join(part for part in (words.media(found.true or one.media_type), found.note) if part)
                self.app.push_screen(PreviewScreen(self.bench, Preview((), found.text), name, what), back)

            self.say(f"Reading {name} …", "muted")
            self.later(lambda done: self.desk.peek(path, name, done), show, "file")

        self._choose("look into", argument, tuple(names), lambda name: self.with_file(names[name], take))

    def do_outside(self, argument: str = "") -> None:
        """Open a file of this case, or a link of the message at hand, with the desktop's own program, after a question."""
        self.ensure_shown()
        names = self._named_files()
        links = outside.links(self.reader.message.text) if self.reader.message is not None else ()
        if not names and not links:
            self.say("This case has no files, and this message no links")
            return

        def take(one: Attachment, path: Path) -> None:
            question = outside.about_file(path, one)
            self.confirm(question, lambda: self._hand_over(lambda: outside.open_file(path, one.name), one.name))

        def chosen(name: str) -> None:
            if name in names:
                self.with_file(names[name], take)
            else:
                self.confirm(outside.about_link(name), lambda: self._hand_over(lambda: outside.open_link(name), "the link"))

        self._choose("open file or link", argument, (*names, *links), chosen)

    def _hand_over(self, start: Callable[[], None], name: str) -> None:
        try:
            start()
        except UsageError as error:
            self.say(str(error), "late")
        else:
            self.say(f"Handed {name} to the desktop")
