"""A new key for an old log: old and new key both sign the handing over, and that statement is an entry of the log.

The entry holds a signed note of four lines (origin, ``key.rotated``, the old and the new verifier key), so whoever trusts one
key of a log finds the others by himself, from the entries alone. The old key must have signed, or anybody could take a log
over; the new one too, or anybody could pass his key off as an ancestor of a trusted one. The checkpoint of that size carries
both signatures; from then on the old key signs nothing more, and what it signs is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .canonical import canonical, parse_strict
from .note import Signer, Verifier, open_note, parse_note, parse_vkey, sign_note
from .refused import Refused

KIND = "key.rotated"


@dataclass(frozen=True, slots=True)
class Rotation:
    """``old`` handed over to ``new``, and both signed that.

    index  of the entry: checkpoints of up to ``index + 1`` entries are the old key's, from ``index + 1`` on the new one's
    """

    old: Verifier
    new: Verifier
    index: int


def statement(old: Signer, new: Signer, time: str) -> bytes:
    """The entry by which ``old`` hands over to ``new``; time in RFC 3339, UTC. Raises Refused ``key.other-log``, ``key.same``."""
    if old.name != new.name or old.verifier.kind != new.verifier.kind:
        raise Refused("key.other-log", old=old.verifier.vkey, new=new.verifier.vkey)
    if old.verifier == new.verifier:
        raise Refused("key.same", key=new.verifier.vkey)
    note = sign_note(f"{old.name}\n{KIND}\n{old.verifier.vkey}\n{new.verifier.vkey}\n", [old, new])
    return canonical({"kind": KIND, "note": note.decode("utf-8"), "time": time, "version": "1"})


def rotations(entries: Iterable[bytes], origin: str, first: int = 0) -> tuple[Rotation, ...]:
    """The rotations of the log of this origin, in order; ``first`` is the index of the first of the entries.

    What its two keys did not sign is none, and no fault either: anybody may have such an entry logged.
    """
    sought = KIND.encode()
    found = (_rotation(entry, origin, index) for index, entry in enumerate(entries, first) if sought in entry)
    return tuple(each for each in found if each is not None)


def chain(all_: Iterable[Rotation], key: Verifier) -> tuple[Verifier, ...]:
    """Every key of the log, oldest first, that led to ``key`` or followed it."""
    steps = _line(all_, key)
    return (steps[0].old, *(each.new for each in steps)) if steps else (key,)


def keys_at(all_: Iterable[Rotation], key: Verifier, size: int) -> tuple[Verifier, ...]:
    """The keys of the chain of ``key`` that may sign a checkpoint of ``size`` entries: one, or two at a rotation."""
    steps = _line(all_, key)
    begins = [0, *(each.index + 1 for each in steps)]
    ends = [*begins[1:], max(size, begins[-1])]
    keys = (steps[0].old, *(each.new for each in steps)) if steps else (key,)
    return tuple(each for each, begin, end in zip(keys, begins, ends, strict=True) if begin <= size <= end)


def _line(all_: Iterable[Rotation], key: Verifier) -> list[Rotation]:
    """The rotations that lead to the key and on from it. A key hands over once, and one that was used never comes back."""
    on: dict[Verifier, Rotation] = {}
    back: dict[Verifier, Rotation] = {}
    for each in all_:
        if each.old not in on and each.new not in on and each.new not in back:
            on[each.old] = back[each.new] = each
    line: list[Rotation] = []
    while key in back:
        key = back[key].old
    while key in on:
        line.append(on[key])
        key = on[key].new
    return line


def _rotation(entry: bytes, origin: str, index: int) -> Rotation | None:
    try:
        event = parse_strict(entry)
        note = event.get("note") if isinstance(event, dict) and event.get("kind") == KIND else None
        if not isinstance(note, str):
            return None
        data = note.encode("utf-8")
        lines = parse_note(data).text.split("\n")
        if len(lines) != 5 or lines[:2] != [origin, KIND]:
            return None
        old, new = parse_vkey(lines[2]), parse_vkey(lines[3])
        opened = open_note(data, [old, new])
    except Refused:
        return None
    both = opened.signed_by(old) and opened.signed_by(new) and old != new
    return Rotation(old, new, index) if both and old.name == new.name == origin else None
