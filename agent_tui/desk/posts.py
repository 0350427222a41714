"""What is done to single messages of a case: marking the answer, changing it, deciding about what waits or was reported."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.desk.reading import Reading
from agent_tui.desk.steps import Step
from agent_tui.desk.triage import Triage
from agent_tui.desk.values import Done
from agent_tui.desk.writing import own_addresses
from agent_tui.domain import identifiers
from agent_tui.domain.commands.fitting import Powers
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case, Direction, Draft, Marks, Message, Visibility
from agent_tui.domain.operations import INVITATION, AcceptAnswer, EditMessage, Moderate, RemoveMessage
from agent_tui.store import case_facts, drafts, messages


class Posts(Reading, Triage):
    """The part of the desk that acts on one message."""

    def solution(self, case_id: int, message_id: int, *, accepted: bool | None = None) -> Done:
        """Mark a message as the one that answers a public question, or take that back.

        Args:
            accepted: None: the other way round than it is.

        Raises:
            UsageError: no question that everybody can read, no message that could answer it, or a service that has
                no such mark.
        """
        case = self._case(case_id)
        stored = self.thread(case.id, texts=0).messages
        message, place = self._placed(case, message_id)
        if not case.public or message.visibility is not Visibility.PUBLIC:
            raise UsageError("only a message that everybody can read can be marked as the answer")
        if message.id == stored[0].id:
            raise UsageError("that is the question itself; go to the message that answers it (J)")
        self._carried(case, AcceptAnswer.kind, "does not mark answers")
        marked = {one.id for one in stored if one.solution}
        accepted = message.id not in marked if accepted is None else accepted
        if accepted is (message.id in marked):
            raise UsageError(f"{identifiers.message_code(message.id)} is {'already' if accepted else 'not'} marked as the answer")
        before = [messages.places(self.store, one)[:1] for one in marked if one != message.id] if accepted else []
        inverse = [AcceptAnswer(place=found[0], accepted=True) for found in before if found]
        back = tuple(inverse) or (AcceptAnswer(place=place, accepted=not accepted),)
        step = Step(case.id, message.source, AcceptAnswer(place=place, accepted=accepted), back)
        return self._commit([step], "Marked the answer:" if accepted else "No longer the answer:")

    def edit_draft(self, case_id: int, message_id: int) -> Draft:
        """The draft that changes a message of ours: the unfinished one, or a new one with what it says now.

        Raises:
            UsageError: it is not ours, or its service cannot change it.
        """
        case = self._case(case_id)
        message, place = self._placed(case, message_id)
        # As it reads with an earlier edit that the server has, or will have, by then.
        message = next((one for one in self.thread(case.id, texts=None).messages if one.id == message.id), message)
        if message.direction is not Direction.OUT or not self._wrote(message):
            raise UsageError("only a message of your own can be changed; go to it (J, K)")
        self._carried(case, EditMessage.kind, "cannot change what was sent")
        for unfinished in drafts.of_case(self.store, case.id, "edit"):
            if unfinished.edits is not None and unfinished.edits[:2] == place:
                return unfinished
        seen, seen_ours = messages.newest_ids(self.store, case.id)
        return Draft(
            id=0, case=case.id, source=message.source, kind="edit", visibility=message.visibility, text=message.text,
            to=() if message.visibility is Visibility.NOTE else (case.customer,), subject=case.subject, seen=seen,
            seen_ours=seen_ours, edits=(*place, message.text),
        )  # fmt: skip

    def remove(self, case_id: int, message_id: int) -> Done:
        """Delete a message where it was posted, for everybody. ``undo`` brings it back.

        Raises:
            UsageError: no such message, or a service that cannot.
        """
        case = self._case(case_id)
        message, place = self._placed(case, message_id)
        self._carried(case, RemoveMessage.kind, "cannot delete a single message")
        if message.id == self.thread(case.id, texts=0).messages[0].id:
            raise UsageError("that is the first message; delete the case instead")
        back = (RemoveMessage(place=place, removed=False),)
        step = Step(case.id, message.source, RemoveMessage(place=place, removed=True), back)
        return self._commit([step], "Deleted a message of")

    def _wrote(self, message: Message) -> bool:
        """Whether this account wrote a message, rather than a colleague."""
        ours = {one.lower() for one in own_addresses(self.workspace.source(message.source).options)}
        return message.author.address.lower() in ours

    def waits(self, ids: Iterable[int]) -> frozenset[str]:
        """What cases wait for: ``invitation``, ``queued`` (a post that is not to be seen yet), ``reported``.

        Raises:
            UsageError: one of them waits for nothing.
        """
        return frozenset(self._waiting(case)[1] for case in self._cases(ids))

    def moderate(self, ids: Iterable[int], action: str) -> Done:
        """Decide about invitations, posts that wait for a moderator, and reports. Can be taken back until it has left.

        Args:
            action: ``approve``, ``reject`` or ``ignore``.

        Raises:
            UsageError: a case that waits for nothing of the kind.
        """
        steps = []
        for case in self._cases(ids):
            place, what = self._waiting(case)
            if action == "ignore" and what != Marks.REPORTED:
                raise UsageError(f"{identifiers.case_code(case.id)} is no report; only a report can be ignored")
            steps.append(Step(case.id, case.source, Moderate(place=place, action=action)))
        return self._commit(steps, {"approve": "Accepted", "reject": "Declined"}.get(action, "Ignored"))

    def powers(self, ids: Iterable[int]) -> tuple[Powers, ...]:
        """What can be done with cases, for help and palette: as many as there are kinds of them."""
        found = dict.fromkeys(
            Powers(case.source, case.channel, case.public, self._held_by(case.source), (self._decision(case) or ("", ""))[1])
            for case in self._cases(ids)
        )
        return tuple(found)

    # -- within ---------------------------------------------------------------------------------------------------

    def _placed(self, case: Case, message_id: int) -> tuple[Message, tuple[str, str]]:
        """A message of a case, and where it is on the server."""
        found = messages.get(self.store, message_id)
        if found is None or found.case != case.id:
            raise UsageError(f"{identifiers.case_code(case.id)} has no such message; 'agent-tui show' lists them")
        places = messages.places(self.store, message_id)
        if not places:
            raise UsageError("that message is no longer on the server")
        return found, places[0]

    def _decision(self, case: Case) -> tuple[tuple[str, str], str] | None:
        """The place of what waits for a decision in a case, and what it is."""
        if not self._is_local(case.source, Moderate.kind):
            for container, ref in case_facts.case_ref(self.store, case.id, case.source).incoming:
                if ref == INVITATION:
                    return (container, ref), INVITATION
                marks = messages.marks_at(self.store, case.source, container, ref)
                for what in (Marks.QUEUED, Marks.REPORTED):
                    if what in marks:
                        return (container, ref), what
        return None

    def _waiting(self, case: Case) -> tuple[tuple[str, str], str]:
        found = self._decision(case)
        if found is not None:
            return found
        raise UsageError(
            f"{identifiers.case_code(case.id)} is no invitation, no report and nothing that waits for a moderator; "
            "there is nothing to accept or decline"
        )

    def _carried(self, case: Case, kind: str, lacks: str) -> None:
        held = self._held_by(case.source)
        if held is not None and kind not in held:
            raise UsageError(f"{case.source} {lacks}; it can't be done from here")
