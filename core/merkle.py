"""The Merkle tree of RFC 6962 §2.1 over any hash: roots, inclusion and consistency proofs.

Leaves are given as leaf hashes (`leaf_hash`), so that a caller keeps 32 bytes a line. `Hash`
is a function from bytes to bytes. Creating a proof follows RFC 6962, checking one the loops of
RFC 9162 §2.1.3.2 and §2.1.4.2: two roads that meet only if both are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Hash = Callable[[bytes], bytes]


def leaf_hash(hash_: Hash, line: bytes) -> bytes:
    """H(00 ‖ line)."""
    return hash_(b"\x00" + line)


def node_hash(hash_: Hash, left: bytes, right: bytes) -> bytes:
    """H(01 ‖ left ‖ right)."""
    return hash_(b"\x01" + left + right)


class Tree:
    """A growing tree that keeps one hash for each 1 in the binary form of its size."""

    def __init__(self, hash_: Hash) -> None:
        self._hash = hash_
        self._peaks: list[bytes] = []  # of perfect subtrees, the largest first
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        size = self.size
        while size & 1:
            leaf = node_hash(self._hash, self._peaks.pop(), leaf)
            size >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of what was added so far; H of nothing for the empty tree."""
        if not self._peaks:
            return self._hash(b"")
        result = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            result = node_hash(self._hash, peak, result)
        return result


def root(hash_: Hash, leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Tree(hash_)
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(hash_: Hash, leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Audit path of leaf `index`, from the leaf upwards. Requires 0 <= index < len(leaves)."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        path = inclusion_proof(hash_, leaves[:split], index)
        return [*path, root(hash_, leaves[split:])]
    path = inclusion_proof(hash_, leaves[split:], index - split)
    return [*path, root(hash_, leaves[:split])]


def consistency_proof(hash_: Hash, leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Proof that the tree over leaves[:old] is a prefix. Requires 0 < old <= len(leaves)."""
    if not 0 < old <= len(leaves):
        raise ValueError("no such earlier tree")
    return _subproof(hash_, leaves, old, whole=True)


def _subproof(hash_: Hash, leaves: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(hash_, leaves)]
    split = _split(len(leaves))
    if old <= split:
        proof = _subproof(hash_, leaves[:split], old, whole=whole)
        return [*proof, root(hash_, leaves[split:])]
    proof = _subproof(hash_, leaves[split:], old - split, whole=False)
    return [*proof, root(hash_, leaves[:split])]


def verify_inclusion(
    hash_: Hash, *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `leaf` (a leaf hash) is number `index` of the tree of `size` with that root."""
    if not 0 <= index < size:
        return False
    node, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = node_hash(hash_, step, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(hash_, result, step)
        node >>= 1
        last >>= 1
    return last == 0 and result == root


def verify_consistency(
    hash_: Hash, *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `old` leaves is a prefix of the tree of `new` leaves."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = list(proof)
    if old & (old - 1) == 0:  # a perfect subtree: its root is the caller's, not the prover's
        steps.insert(0, old_root)
    if not steps:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first = node_hash(hash_, step, first)
            second = node_hash(hash_, step, second)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            second = node_hash(hash_, second, step)
        node >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
