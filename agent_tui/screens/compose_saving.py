"""The text on the disk: each key at once, the draft as soon as somebody rests, and whatever closes the screen."""

from __future__ import annotations

from dataclasses import replace

from textual.timer import Timer

from agent_tui.domain.errors import AgentTuiError
from agent_tui.domain.model import Draft
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.composer import Composer

SAVE_AFTER = 0.12  # seconds from a key to storing the draft; on a busy machine that leaves 0.13 for it to be on the disk


class Saving(DeskScreen):
    """How what stands in the composer is kept."""

    draft: Draft
    stored: Draft | None
    """As it was saved last."""
    begun: str
    """What a fresh draft had before anybody wrote."""
    finished: bool
    composer: Composer
    _timer: Timer | None = None

    def keep_keys(self) -> None:
        """A key changed the text: from now on it outlives this process."""
        draft = self.written()
        keep = self.desk.drop_keys if self._untouched(draft) else self.desk.keep_keys
        keep(draft)

    def written(self) -> Draft:
        """The draft with what stands in the composer."""
        buffer = self.composer.buffer
        return replace(self.draft, text=buffer.text, cursor=buffer.offset, origins=buffer.origins)

    def _untouched(self, draft: Draft) -> bool:
        return self.stored is None and draft.text == self.draft.text

    def save_soon(self) -> None:
        """Store the draft in a moment."""
        if self._timer is None:
            self._timer = self.set_timer(SAVE_AFTER, self._save_now)

    def _save_now(self) -> None:
        self._timer = None
        if self.save() and not self.is_blank:
            self.desk.typing(self.draft)

    def save(self, *, anyway: bool = False) -> bool:
        """Store the draft if it differs from what is stored; whether that went well.

        Args:
            anyway: also where nothing was written yet.
        """
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.finished:
            return True
        draft = self.written()
        if draft == self.stored or (self._untouched(draft) and not anyway):
            return True
        try:
            self.draft = self.stored = self.desk.save_draft(draft)
        except (AgentTuiError, OSError) as error:
            self.say(f"THE DRAFT IS NOT SAVED: {error}", "late")
            self._timer = self.set_timer(1.0, self._save_now)
            return False
        return True

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written, named or attached; signature and quotation alone are nothing."""
        draft, signature = self.draft, self.desk.workspace.signature_of(self.draft.source)
        named = draft.kind in {"new", "forward"} and (draft.to or draft.subject)
        return self.composer.text.strip() in {"", signature, self.begun} and not draft.attachments and not named

    def keep_draft(self) -> bool:
        """Before leaving: store the draft, or drop one that is empty; whether that went well."""
        if not self.save():
            return False
        if self.draft.id and self.is_blank:
            self.desk.discard_draft(self.draft.id)
        return True

    def on_unmount(self) -> None:
        """Whatever closes this screen, the text is stored first."""
        self.save()
