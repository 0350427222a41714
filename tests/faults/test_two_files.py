"""The desk and the cache are two files: whatever is cut off between their commits is made whole at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.model import CaseState
from agent_tui.store import apply as applying
from agent_tui.store import delivery, fold, sources, threads
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace


class Cut(BaseException):
    """The process ends here."""


def made(path: Path, clock: Clock) -> Desk:
    desk = Desk(workspace(path), now=clock, offline=True)
    sources.note_state(desk.store, "mail", operations=frozenset({"state", "reply", "read", "delete"}))
    applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW - HOUR), mail("b@x", at=NOW - 2 * HOUR, subject="Other")))
    return desk


def shown(desk: Desk) -> dict[int, tuple[object, ...]]:
    window = desk.window("all")
    cases = [window.row(place) for place in range(len(window))]
    return {
        c.id: (c.state, c.tags, c.assignee, c.draft, c.messages, c.outgoing, tuple(m.key for m in desk.thread(c.id).messages))
        for c in cases
    }


def one(desk: Desk) -> int:
    return next(number for number in shown(desk) if desk.case(number).subject != "Other")


def other(desk: Desk) -> int:
    return next(number for number in shown(desk) if desk.case(number).subject == "Other")


def closed_then_refused(desk: Desk) -> None:
    (entry,) = delivery.due(desk.store, desk.now())
    delivery.fail(desk.store, delivery.begin(desk.store, entry), "the server refuses")


def settled(desk: Desk) -> None:
    delivery.settle(desk.store, "mail", desk.now() + HOUR)


def acknowledged(desk: Desk) -> None:
    (entry,) = delivery.due(desk.store, desk.now())
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))


def drafted(desk: Desk) -> None:
    from dataclasses import replace

    desk.save_draft(replace(desk.draft(one(desk)), text="Dear Rina"))


STEPS: dict[str, tuple[list[Callable[[Desk], object]], Callable[[Desk], object]]] = {
    "close": ([], lambda d: d.done([one(d)])),
    "undo a close": ([lambda d: d.done([one(d)])], lambda d: d.undo()),
    "a close is refused": ([lambda d: d.done([one(d)])], closed_then_refused),
    "a close the server forgot is settled": ([lambda d: d.done([one(d)]), acknowledged], settled),
    "tag": ([], lambda d: d.tag([one(d)], add=["refund"])),
    "undo a tag": ([lambda d: d.tag([one(d)], add=["refund"])], lambda d: d.undo()),
    "write": ([], drafted),
    "throw a draft away": ([drafted], lambda d: d.discard_draft(d.drafts()[0].id)),
    "send": ([drafted], lambda d: d.send(d.drafts()[0])),
    "take a send back": ([drafted, lambda d: d.send(d.drafts()[0])], lambda d: d.undo()),
    "merge": ([], lambda d: d.merge([other(d)], one(d))),
    "unmerge": ([lambda d: d.merge([other(d)], one(d))], lambda d: d.undo()),
    "split": (
        [lambda d: applying.apply(d.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW - HOUR // 2)))],
        lambda d: d.split(one(d), [d.thread(one(d)).messages[-1].id]),
    ),
    "unsplit": (
        [
            lambda d: applying.apply(d.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW - HOUR // 2))),
            lambda d: d.split(one(d), [d.thread(one(d)).messages[-1].id]),
        ],
        lambda d: d.undo(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_process_that_ends_between_desk_and_cache_leaves_nothing_wrong(tmp_path, monkeypatch, name) -> None:
    before, step = STEPS[name]
    clock = Clock()
    whole = made(tmp_path / "whole", clock)
    for earlier in (*before, step):
        earlier(whole)
    whole.store.close()
    wanted = shown(Desk(whole.workspace, now=clock, offline=True))

    cut = made(tmp_path / "cut", clock)
    for earlier in before:
        earlier(cut)
    Desk(cut.workspace, now=clock, offline=True).close()  # whatever was left to do until here has been done

    def ends(*_arguments: object, **_more: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(fold, "refold", ends)
        for join in ("merge", "unmerge", "split", "unsplit"):
            patch.setattr(threads, join, ends)
        try:
            step(cut)
        except Cut:
            pass
    cut.store.close()
    again = shown(Desk(cut.workspace, now=clock, offline=True))
    if "split" in name:  # the new case has another number each time
        assert sorted(again.values(), key=str) == sorted(wanted.values(), key=str)
    else:
        assert again == wanted


def test_what_the_server_silently_forgot_is_as_the_server_says_after_a_cut_too(tmp_path) -> None:
    clock = Clock()
    desk = made(tmp_path / "w", clock)
    number = one(desk)
    desk.done([number])
    acknowledged(desk)
    settled(desk)
    desk.store.close()
    assert Desk(desk.workspace, now=clock, offline=True).case(number).state is CaseState.NEW


def test_a_power_cut_that_takes_the_cache_back_is_mended_too(tmp_path) -> None:
    """``cache.db`` may lose its last commits with the power; ``desk.db`` may not."""
    import shutil

    clock = Clock()
    desk = made(tmp_path / "w", clock)
    number = one(desk)
    desk.store.checkpoint()
    kept = tmp_path / "cache.db"
    source = desk.workspace.cache_path
    desk.store.close()
    shutil.copy(source, kept)
    desk = Desk(desk.workspace, now=clock, offline=True)
    desk.done([number])
    desk.undo()
    desk.done([number])
    desk.undo()
    desk.done([number])
    desk.store.close()
    shutil.copy(kept, source)
    assert Desk(desk.workspace, now=clock, offline=True).case(number).state is CaseState.CLOSED


def test_starting_folds_nothing_where_nothing_is_left_to_do(tmp_path, monkeypatch) -> None:
    clock = Clock()
    desk = made(tmp_path / "w", clock)
    desk.tag([one(desk)], add=["kept-here"])  # stays in the fold for ever: the server holds no tags
    desk.store.close()
    Desk(desk.workspace, now=clock, offline=True).close()
    folded: list[int] = []
    real = fold.refold
    monkeypatch.setattr(fold, "refold", lambda store, cases, now: (folded.extend(cases), real(store, cases, now)))
    Desk(desk.workspace, now=clock, offline=True).close()
    assert folded == []
