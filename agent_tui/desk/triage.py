"""Triage: every call is one group of operations, folded at once, delivered later, undone as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent_tui.desk.seat import Seat
from agent_tui.desk.steps import Step, step_of
from agent_tui.desk.values import Done
from agent_tui.domain import identifiers
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, Case, CaseState, Priority
from agent_tui.domain.operations import (
    EVERYWHERE,
    WRITTEN,
    Assign,
    Delete,
    MarkRead,
    Merge,
    Operation,
    Rejoin,
    SetCustomer,
    SetPriority,
    SetState,
    Snooze,
    Split,
    Star,
    Tag,
)
from agent_tui.store import case_facts, cases, delivery, fold, messages, operations, sources, threads

LOCAL = frozenset(("merge", "split", "rejoin", "customer"))


class Triage(Seat):
    """The deciding part of the desk."""

    def done(self, ids: Iterable[int]) -> Done:
        """Close cases; a customer's next message opens them again."""
        return self._state(ids, CaseState.CLOSED, "Closed")

    def reopen(self, ids: Iterable[int]) -> Done:
        """Open cases again, whatever they were."""
        return self._state(ids, CaseState.OPEN, "Reopened")

    def spam(self, ids: Iterable[int]) -> Done:
        """File cases as spam."""
        return self._state(ids, CaseState.SPAM, "Filed as spam:")

    def snooze(self, ids: Iterable[int], until: int) -> Done:
        """Out of the way until ``until`` (milliseconds), or until the customer writes.

        Raises:
            UsageError: the time has passed.
        """
        if until <= self.now():
            raise UsageError("that time has passed; say a later one, such as 2h or tomorrow")
        found = self._cases(ids)
        seen = messages.newest_incoming(self.store, (c.id for c in found))
        return self._commit(_steps((c, Snooze(until=until, seen=seen.get(c.id, 0))) for c in found), "Snoozed")

    def assign(self, ids: Iterable[int], handle: str | None) -> Done:
        """Give cases to an agent, or to nobody."""
        steps = _steps((c, Assign(assignee=handle)) for c in self._cases(ids))
        return self._commit(steps, f"Assigned to {handle}:" if handle else "Unassigned")

    def take(self, ids: Iterable[int]) -> Done:
        """Assign cases to oneself."""
        return self.assign(ids, self.me)

    def tag(self, ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()) -> Done:
        """Put tags on and take tags off.

        Raises:
            UsageError: a tag that can't be one.
        """
        added, removed = tuple(_tag(t) for t in add), tuple(_tag(t) for t in remove)
        steps = _steps((c, Tag(add=added, remove=removed)) for c in self._cases(ids))
        words = " ".join((*(f"+{t}" for t in added), *(f"-{t}" for t in removed)))
        return self._commit(steps, f"Tagged {words}:")

    def set_priority(self, ids: Iterable[int], priority: Priority) -> Done:
        """Say how much cases matter."""
        steps = _steps((c, SetPriority(priority=priority)) for c in self._cases(ids))
        return self._commit(steps, f"Priority {priority.value}:")

    def mark_read(self, ids: Iterable[int], read: bool, upto: int = 0, *, quiet: bool = False) -> Done:
        """Mark read, or unread again.

        Args:
            upto: newest message that was on the screen; what came later stays unread. 0: all there is.
            quiet: it follows from opening the case, so ``undo`` passes over it.
        """
        steps = _steps(
            (c, MarkRead(read=read, upto=upto or max(messages.newest_ids(self.store, c.id))))
            for c in self._cases(ids)
            if bool(c.unread) is read
        )
        done = self._commit(steps, "Read:" if read else "Unread:", ends_redo=not quiet)
        if quiet and done.group:
            with self.store.writing_desk():
                self.store.desk.execute("UPDATE groups SET undone = 3 WHERE id = ?", (done.group,))
        return done

    def star(self, ids: Iterable[int], on: bool) -> Done:
        """Flag cases for oneself."""
        steps = _steps((c, Star(starred=on)) for c in self._cases(ids))
        return self._commit(steps, "Starred" if on else "Unstarred")

    def delete(self, ids: Iterable[int]) -> Done:
        """Move cases to the server's bin. Can be taken back only until the server has done it."""
        steps = [Step(c.id, c.source, Delete(seen=max(messages.newest_ids(self.store, c.id)))) for c in self._cases(ids)]
        return self._commit(steps, "Deleted")

    def merge(self, ids: Iterable[int], into: int) -> Done:
        """Show cases as one. The messages stay where they are on the server.

        Raises:
            UsageError: a case can't be merged into itself.
        """
        target = self._case(into)
        steps = [
            Step(c.id, c.source, Merge(into=target.id), (Rejoin(case=c.id),)) for c in self._cases(ids) if c.id != target.id
        ]
        if not steps:
            raise UsageError("a case cannot be merged into itself; choose another one")
        return self._commit(steps, f"Merged into {identifiers.case_code(target.id)}:")

    def split(self, case_id: int, message_ids: Sequence[int]) -> Done:
        """Make messages of a case a case of their own.

        Raises:
            UsageError: nothing, or everything, was to be split off.
        """
        case = self._case(case_id)
        wanted = set(message_ids)
        stored = messages.of_case(self.store, case.id, newest_texts=0)
        chosen = [m for m in stored if m.id in wanted]
        if not chosen or len(chosen) == len(stored):
            raise UsageError("choose some of the messages of the case, not none and not all")
        new = identifiers.case_id(case.source, f"split:{chosen[0].key}:{self.now()}")
        operation = Split(case=new, keys=tuple(m.key for m in chosen))
        return self._commit([Step(case.id, case.source, operation, (Rejoin(case=new),))], "Split")

    def set_customer(self, case_id: int, customer: Address | None) -> Done:
        """Say who the customer is, where a colleague forwarded the mail; None: whoever the mail says."""
        case = self._case(case_id)
        before = case.customer if "customer" in case.local else None
        step = Step(case.id, case.source, SetCustomer(customer=customer), (SetCustomer(customer=before),))
        return self._commit([step], f"Customer is {customer.label}:" if customer else "Customer as the mail says:")

    # -- undo -----------------------------------------------------------------------------------------------------

    def undo(self, case_id: int | None = None) -> Done | None:
        """Take the last thing back: cancelled where it has not left, else done the other way round.

        Args:
            case_id: the last thing done to this case, rather than to any.

        Returns:
            what was undone, or None if there is nothing to undo.

        Raises:
            UsageError: it has left and can't be taken back; the next undo goes one further.
        """
        condition = "undone = 0 AND coalesce(undo_of, -1) < 0"  # what redo did again can be undone again
        values: list[int] = []
        if case_id is not None:
            ids = threads.names(self.store, self._case(case_id).id)
            condition += f" AND id IN (SELECT group_id FROM operations WHERE case_id IN ({','.join('?' * len(ids))}))"
            values = list(ids)
        steps: list[Step] = []
        too_late = False
        with self.store.writing_desk() as db:  # found, taken back and marked as such at once, or not at all
            row = db.execute(f"SELECT id, words FROM groups WHERE {condition} ORDER BY id DESC LIMIT 1", values).fetchone()
            if row is None:
                return None
            group, words = row
            entries = operations.select(self.store, "group_id = ? ORDER BY id", (group,))
            # Of an action that was tried, nobody knows how far it came.
            taken = delivery.cancel_all(self.store, [e for e in entries if e.state.value in ("held", "queued")])
            cancelled = {e.case for e in entries if e.id in taken}
            left = [e for e in reversed(entries) if e.id not in taken and e.state.value != "cancelled"]
            inverses = operations.inverses(self.store, (e.id for e in left))
            for entry in left:
                too_late = too_late or not inverses[entry.id]
                steps.extend(Step(entry.case, entry.source, one) for one in inverses[entry.id])
            late = too_late and not steps
            db.execute("UPDATE groups SET undone = ? WHERE id = ?", (3 if late else 1, group))
            if steps:
                self._queue(steps, f"Undone: {words}", undo_of=group)
        fold.refold(self.store, threads.resolve_all(self.store, cancelled), self.now())
        if late:
            raise UsageError(f"too late to take back: {words}")
        self._show(steps)
        self._changed()
        written = "; its text is a draft again" if cancelled and any(e.kind in WRITTEN for e in entries) else ""
        return Done(group, f"Undone: {words}{written}")

    def redo(self) -> Done | None:
        """Do again what was undone last, as long as nothing else was done since."""
        with self.store.writing_desk() as db:
            row = db.execute(
                "SELECT id, words FROM groups WHERE undone = 1 AND coalesce(undo_of, -1) < 0 ORDER BY id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            group, words = row
            entries = operations.select(self.store, "group_id = ? ORDER BY id", (group,))
            if any(e.kind in WRITTEN for e in entries):
                raise UsageError("a message is not sent by redo; its text is a draft of the case")
            inverses = operations.inverses(self.store, (e.id for e in entries))
            steps = [Step(e.case, e.source, e.operation, inverses[e.id]) for e in entries]
            db.execute("UPDATE groups SET undone = 2 WHERE id = ?", (group,))
            again = self._queue(steps, words, undo_of=-group)
        self._show(steps)
        self._changed()
        return Done(again, words)

    # -- within ---------------------------------------------------------------------------------------------------

    def _state(self, ids: Iterable[int], state: CaseState, words: str) -> Done:
        found = self._cases(ids)
        seen = messages.newest_incoming(self.store, (c.id for c in found))
        return self._commit(_steps((c, SetState(state=state, seen=seen.get(c.id, 0))) for c in found), words)

    def _case(self, case_id: int) -> Case:
        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        return case

    def _cases(self, ids: Iterable[int]) -> list[Case]:
        return list(cases.by_ids(self.store, list(dict.fromkeys(threads.resolve_each(self.store, ids)))))

    def _is_local(self, source: str, kind: str) -> bool:
        if kind in LOCAL:
            return True
        held = self._held_by(source)
        return held is not None and kind not in held

    def _held_by(self, source: str) -> frozenset[str] | None:
        return sources.state(self.store, source).operations

    def _commit(self, steps: Sequence[Step], words: str, *, ends_redo: bool = True) -> Done:
        number = len({one.case for one in steps})
        words = f"{words} {number} case{'' if number == 1 else 's'}"
        if not steps:
            return Done(0, words)
        steps = self._everywhere(steps)
        with self.store.writing_desk():
            if ends_redo:
                operations.end_redo(self.store)
            group = self._queue(steps, words)
        self._show(steps)
        self._changed()
        return Done(group, words)

    def _everywhere(self, steps: Sequence[Step]) -> list[Step]:
        """A case that has gone on elsewhere is one case: what is decided about it is told to each source that holds a part."""
        others = case_facts.elsewhere(self.store, {one.case for one in steps if one.operation.kind in EVERYWHERE})
        if not others:
            return list(steps)
        return [
            replace(step, source=source)
            for step in steps
            for source in (step.source, *(others.get(step.case, ()) if step.operation.kind in EVERYWHERE else ()))
        ]

    def _queue(self, steps: Sequence[Step], words: str, *, undo_of: int | None = None) -> int:
        """Put steps into the desk as one group. To be called inside ``store.writing_desk()``."""
        group = operations.new_group(self.store, words, undo_of=undo_of)
        kinds = {(s.source, s.operation.kind) for s in steps}
        local = {one for one in kinds if self._is_local(*one)}
        planned = [
            operations.Planned(s.case, s.source, s.operation, s.inverse, (s.source, s.operation.kind) in local) for s in steps
        ]
        operations.add_all(self.store, group, planned, undoes=undo_of)
        for step in steps:
            if isinstance(step.operation, Rejoin):
                operations.end_structural(self.store, step.operation.case)
        return group

    def _show(self, steps: Sequence[Step]) -> None:
        """Bring the cache in line with what the desk has. What is cut off here is done at the next start."""
        touched = threads.resolve_all(self.store, (s.case for s in steps))
        with self.store.writing_cache():  # which messages a case has, and what it is by them, in one step
            for step in steps:
                touched |= self._structure(step)
            fold.refold(self.store, touched, self.now())

    def _structure(self, step: Step) -> set[int]:
        match step.operation:
            case Merge(into=into):
                threads.merge(self.store, step.case, into)
                return {threads.resolve(self.store, into)}
            case Split(case=part, keys=keys):
                threads.split(self.store, step.case, part, keys)
                return {part}
            case Rejoin(case=case):
                return threads.rejoin(self.store, case) | {threads.resolve(self.store, step.case)}
            case _:
                return set()


def _steps(wanted: Iterable[tuple[Case, Operation]]) -> list[Step]:
    return [made for case, operation in wanted if (made := step_of(case, operation)) is not None]


def _tag(value: str) -> str:
    value = value.strip().lstrip("#")
    if not value or any(c.isspace() for c in value) or len(value) > 60:
        raise UsageError(f"'{value}' cannot be a tag; a tag is one word of at most 60 characters")
    return value
