"""Keys to commands: bindings of the table with a workspace's own, and sequences such as ``g i``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from agent_tui.domain.commands import Command
from agent_tui.domain.frozen import dataclass

_ALIASES = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete", "\x20": "space",
    "bksp": "backspace",
}  # fmt: skip


def key_name(key: str, character: str | None) -> str:
    """How a key press is written in the table: its own character if it prints, else its name."""
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        return character
    return _ALIASES.get(key, key)


def read_sequence(text: str) -> tuple[str, ...]:
    """A sequence from settings: ``"g i"`` is two keys, ``" "`` is the space bar."""
    if text.isspace():
        return ("space",)
    return tuple(_ALIASES.get(part.lower() if len(part) > 1 else part, part) for part in text.split())


def show_sequence(keys: Iterable[str]) -> str:
    """A sequence as help shows it."""
    names = {"escape": "esc", "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "pgdn", "pageup": "pgup"}
    return " ".join(names.get(key, key) for key in keys)


@dataclass(frozen=True, slots=True)
class Keymap:
    """What every key does, per scope.

    Args:
        bindings: command id to its sequences, in the table's order.
        faults: one line for each binding of the workspace that could not be honoured.
    """

    commands: tuple[Command, ...]
    bindings: Mapping[str, tuple[tuple[str, ...], ...]]
    faults: tuple[str, ...] = ()
    _tables: dict[tuple[str, frozenset[str] | None], dict[tuple[str, ...], Command]] = field(default_factory=dict)

    def table(self, scope: str, handlers: frozenset[str] | None = None) -> dict[tuple[str, ...], Command]:
        """Sequences that work in a scope; commands without a handler are not bound."""
        found = self._tables.get((scope, handlers))
        if found is None:
            found = {
                sequence: one
                for one in self.commands
                if scope in one.scopes and (handlers is None or one.handler in handlers)
                for sequence in self.bindings[one.id]
            }
            self._tables[scope, handlers] = found
        return found

    def keys_of(self, name: str) -> tuple[str, ...]:
        """The keys of a command as help shows them."""
        return tuple(show_sequence(sequence) for sequence in self.bindings.get(name, ()))


def bind(
    commands: tuple[Command, ...],
    chosen: Mapping[str, tuple[str, ...]] | None = None,
    preset: Mapping[str, tuple[str, ...]] | None = None,
) -> Keymap:
    """The table's default keys, a preset's over them, and a workspace's choice over both.

    A chosen key takes another command's key away without a word only if that command keeps another key or was itself
    rebound; otherwise it is reported. Two chosen bindings that clash are reported and the first one keeps the key.

    Args:
        commands: the table.
        chosen: command id to keys; an empty tuple unbinds it.
        preset: the same, for all that is not chosen.
    """
    chosen, preset = chosen or {}, preset or {}
    known = {one.id: one for one in commands}
    faults = [_unknown(name, known) for name in chosen if name not in known]
    bindings: dict[str, tuple[tuple[str, ...], ...]] = {}
    taken: list[tuple[tuple[str, ...], Command]] = []
    for one in commands:
        if one.id not in chosen:
            continue
        kept = []
        for sequence in map(read_sequence, chosen[one.id]):
            rival = _rival(sequence, one, taken) if sequence else None
            if not sequence:
                faults.append(f"keys.{one.id}: an empty key; write [] to unbind it")
            elif rival is not None:
                faults.append(f"keys.{one.id}: '{show_sequence(sequence)}' already belongs to {rival.id}")
            else:
                kept.append(sequence)
                taken.append((sequence, one))
        bindings[one.id] = tuple(kept)
    for one in sorted(commands, key=lambda one: one.id not in preset):  # a preset's keys before the table's own
        if one.id in bindings:
            continue
        wanted = tuple(read_sequence(key) for key in preset.get(one.id, one.keys))
        left = tuple(sequence for sequence in wanted if _rival(sequence, one, taken) is None)
        if wanted and not left:
            rival = _rival(wanted[0], one, taken)
            faults.append(f"keys.{rival.id if rival else ''}: takes the only key of {one.id}; give that one a key too")
        bindings[one.id] = left
        if one.id in preset:
            taken += [(sequence, one) for sequence in left]
    return Keymap(commands, bindings, tuple(faults))


def clashes(commands: tuple[Command, ...]) -> tuple[str, ...]:
    """Default keys of the table that two commands share in one scope, or of which one begins another."""
    found: list[str] = []
    taken: list[tuple[tuple[str, ...], Command]] = []
    for one in commands:
        for sequence in map(read_sequence, one.keys):
            rival = _rival(sequence, one, taken)
            if rival is not None:
                found.append(f"{show_sequence(sequence)}: {rival.id} and {one.id}")
            taken.append((sequence, one))
    return tuple(found)


def _rival(sequence: tuple[str, ...], one: Command, taken: list[tuple[tuple[str, ...], Command]]) -> Command | None:
    for other, rival in taken:
        shorter = min(len(other), len(sequence))
        if rival.id != one.id and other[:shorter] == sequence[:shorter] and set(rival.scopes) & set(one.scopes):
            return rival
    return None


def _unknown(name: str, known: Mapping[str, Command]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"keys.{name}: no such command" + (f"; did you mean {near[0]}?" if near else "")


class KeySequence:
    """Finds the command of a run of keys. It waits for the next key however long that takes; esc drops a prefix."""

    def __init__(self) -> None:
        self.pending: tuple[str, ...] = ()

    def feed(self, key: str, table: Mapping[tuple[str, ...], Command]) -> Command | bool | None:
        """Take one key.

        Args:
            key: name of the key, see ``key_name``.
            table: the sequences that work here.

        Returns:
            The command; True where the key was used (a prefix, or what ended one); None where it means nothing here.
        """
        tried = (*self.pending, key)
        was_pending, self.pending = bool(self.pending), ()
        if was_pending and key == "escape":
            return True
        found = table.get(tried)
        if found is not None:
            return found
        if any(sequence[: len(tried)] == tried for sequence in table):
            self.pending = tried
            return True
        return True if was_pending else None
