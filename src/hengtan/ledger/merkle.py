"""The Merkle tree of RFC 6962 and RFC 9162 with SHA-256: hashes, roots, proofs and their verification.

>>> tree = Frontier.of(leaf_hashes([b"one", b"two", b"three"]))
>>> tree.size, tree.root().hex()[:16]
(3, '5aac771c899ac292')

A leaf is hashed behind a byte 0, two nodes behind a byte 1, so that no leaf can pass for a node. A complete subtree of
``2**level`` leaves is a *node* and is named by ``(level, index)``; whoever stores a tree hands in a function ``Node`` that
gives the hash of one. Hashes are 32 bytes everywhere. A million leaves take about two seconds: bulk work runs over lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

from .refused import Refused

Node = Callable[[int, int], bytes]  # (level, index) -> hash of leaves [index * 2**level, (index + 1) * 2**level)

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry, RFC 6962 section 2.1: SHA-256(0x00 || entry)."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees, RFC 6962 section 2.1: SHA-256(0x01 || left || right)."""
    return sha256(b"\1" + left + right).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """:func:`leaf_hash` of each, in one go."""
    hashed = sha256
    return [hashed(b"\0" + entry).digest() for entry in entries]


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """:func:`node_hash` of each pair, in one go; of an odd number the last one is left out."""
    hashed, each = sha256, iter(hashes)
    return [hashed(b"\1" + left + right).digest() for left, right in zip(each, each, strict=False)]


def packed_parents(packed: bytes) -> bytes:
    """The same over hashes laid end to end (64 bytes a pair), as tiles keep them; an odd last one is left out."""
    hashed = sha256
    ends = range(0, len(packed) - 63, 64)
    return b"".join([hashed(b"\1" + packed[at : at + 64]).digest() for at in ends])


class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, which is all that growing needs (compact range).

    ``edge[level]`` is the hash of the complete subtree of ``2**level`` leaves that the size has in binary, else None.
    """

    __slots__ = ("edge", "size")

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes | None] = []

    @classmethod
    def of(cls, hashes: Iterable[bytes]) -> Frontier:
        """The frontier of these leaf hashes."""
        made = cls()
        made.extend(list(hashes))
        return made

    @classmethod
    def at(cls, size: int, node: Node) -> Frontier:
        """The frontier of a stored tree of ``size`` leaves."""
        made = cls()
        made.size = size
        for level in range(size.bit_length()):
            made.edge.append(node(level, (size >> level) - 1) if size >> level & 1 else None)
        return made

    def copy(self) -> Frontier:
        """One that grows apart from this one."""
        made = Frontier()
        made.size, made.edge = self.size, list(self.edge)
        return made

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        self.extend([leaf])

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Adds leaf hashes, level by level."""
        self.size += len(leaves)
        level, here = 0, list(leaves)
        while here:
            if level == len(self.edge):
                self.edge.append(None)
            waiting = self.edge[level]
            if waiting is not None:
                here.insert(0, waiting)
            self.edge[level] = here[-1] if len(here) % 2 else None
            here, level = parents(here), level + 1

    def root(self) -> bytes:
        """The root of the whole tree; of none, :data:`EMPTY_ROOT`."""
        found: bytes | None = None
        for hash_ in self.edge:
            if hash_ is not None:
                found = hash_ if found is None else node_hash(hash_, found)
        return EMPTY_ROOT if found is None else found


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    return Frontier.of(leaf_hashes).root()


def root_at(size: int, node: Node) -> bytes:
    """The root of the first ``size`` leaves of a stored tree."""
    return Frontier.at(size, node).root()


def _range_root(start: int, stop: int, node: Node) -> bytes:
    """The root over leaves [start, stop), where start is a multiple of the power of two that covers the range."""
    found: bytes | None = None
    size = stop - start
    for level in range(size.bit_length()):
        if size >> level & 1:
            hash_ = node(level, (stop >> level) - 1)
            found = hash_ if found is None else node_hash(hash_, found)
            stop -= 1 << level
    assert found is not None  # an empty range is never asked for
    return found


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves, RFC 9162 section 2.1.3.1, from the leaf upwards."""
    whole(index)
    whole(size)
    if index >= size:
        raise Refused("proof.index-beyond-size", index=index, size=size)
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        if index < middle:
            path.append(_range_root(middle, stop, node))
            stop = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """That the tree of ``new`` leaves begins with the tree of ``old`` leaves, RFC 9162 section 2.1.4.1."""
    _in_order(old, new)
    path: list[bytes] = []
    start, stop, known = 0, new, True  # known: the verifier has the hash of [start, old) when it is a whole subtree
    while stop != old:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        if old <= middle:
            path.append(_range_root(middle, stop, node))
            stop = middle
        else:
            path.append(_range_root(start, middle, node))
            start, known = middle, False
    if not known:
        path.append(_range_root(start, stop, node))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Refuses unless the leaf hash stands at ``index`` of the tree of ``size`` leaves that has this root.

    Raises Refused: ``proof.not-a-size``, ``proof.hash-length``, ``proof.index-beyond-size``, ``proof.length``,
    ``proof.inclusion``. RFC 9162 section 2.1.3.2.
    """
    whole(index)
    whole(size)
    hashes_are_whole([leaf, root, *proof])
    if index >= size:
        raise Refused("proof.index-beyond-size", index=index, size=size)
    inner, border = _lengths(index, size)
    if len(proof) != inner + border:
        raise Refused("proof.length", wanted=inner + border, given=len(proof))
    if _right(_inner(leaf, proof[:inner], index), proof[inner:]) != root:
        raise Refused("proof.inclusion", index=index, size=size)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Refuses unless the tree of ``new`` leaves begins with the whole tree of ``old`` leaves.

    From size 0 nothing follows: the empty tree is the beginning of every tree, so a proof from it says nothing and is
    refused. Raises Refused: ``proof.not-a-size``, ``proof.hash-length``, ``proof.from-nothing``, ``proof.backwards``,
    ``proof.length``, ``proof.consistency``. RFC 9162 section 2.1.4.2.
    """
    _in_order(old, new)
    hashes_are_whole([old_root, new_root, *proof])
    if old == new:
        if proof:
            raise Refused("proof.length", wanted=0, given=len(proof))
        if old_root != new_root:
            raise Refused("proof.consistency", old=old, new=new)
        return
    inner, border = _lengths(old - 1, new)
    shift = (old & -old).bit_length() - 1  # leaves of the largest complete subtree at the right edge of the old tree
    inner -= shift
    whole_tree = old == 1 << shift  # then the old root itself is the beginning, and the proof does not repeat it
    wanted = inner + border + (not whole_tree)
    if len(proof) != wanted:
        raise Refused("proof.length", wanted=wanted, given=len(proof))
    seed, rest = (old_root, proof) if whole_tree else (proof[0], proof[1:])
    mask = old - 1 >> shift
    was = _right(_inner_right(seed, rest[:inner], mask), rest[inner:])
    becomes = _right(_inner(seed, rest[:inner], mask), rest[inner:])
    if was != old_root or becomes != new_root:
        raise Refused("proof.consistency", old=old, new=new)


def whole(size: int) -> None:
    """Refuses what is no count: not an int, or below zero."""
    if type(size) is not int or size < 0:
        raise Refused("proof.not-a-size", size=size)


def hashes_are_whole(hashes: Iterable[bytes]) -> None:
    """Refuses any hash that is not 32 bytes."""
    for each in hashes:
        if not isinstance(each, bytes) or len(each) != HASH_BYTES:
            raise Refused("proof.hash-length", given=len(each) if isinstance(each, bytes) else type(each).__name__)


def _in_order(old: int, new: int) -> None:
    whole(old)
    whole(new)
    if old == 0:
        raise Refused("proof.from-nothing")
    if old > new:
        raise Refused("proof.backwards", old=old, new=new)


def _lengths(index: int, size: int) -> tuple[int, int]:
    """How many hashes lie within the largest subtree where the path of the index and the right edge part, and beyond."""
    inner = (index ^ size - 1).bit_length()
    return inner, (index >> inner).bit_count()


def _inner(seed: bytes, proof: Sequence[bytes], index: int) -> bytes:
    for level, each in enumerate(proof):
        seed = node_hash(each, seed) if index >> level & 1 else node_hash(seed, each)
    return seed


def _inner_right(seed: bytes, proof: Sequence[bytes], index: int) -> bytes:
    """As :func:`_inner`, with only the hashes to the left: the old tree."""
    for level, each in enumerate(proof):
        if index >> level & 1:
            seed = node_hash(each, seed)
    return seed


def _right(seed: bytes, proof: Sequence[bytes]) -> bytes:
    for each in proof:
        seed = node_hash(each, seed)
    return seed
