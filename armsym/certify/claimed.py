"""Claims about integers as relations of a bundle's nodes.  Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from armsym.audit.bundle import Relation
from armsym.audit.words import Words
from armsym.certify.nodes import NotExportable
from armsym.integers.expression import Leaf
from armsym.integers.expression import Relation as Claimed
from armsym.terms.node import Term

__all__ = ["relations_of"]


def relations_of(name: str, claim: Claimed, node: Callable[[Term], int], words: Words) -> Iterator[Relation]:
    """What a claim says, as sums of products of the nodes that `node` makes; raises `NotExportable`."""
    for x, modulus, low, high in claim.parts:
        terms: dict[tuple[int, ...], int] = {}
        for leaves, c in x.terms.items():
            for nodes, k in _product(leaves, node, words):
                terms[nodes] = terms.get(nodes, 0) + c * k
        yield Relation(name, modulus, low, high, tuple((c, nodes) for nodes, c in terms.items() if c))


def _product(leaves: tuple[Leaf, ...], node: Callable[[Term], int], words: Words) -> list[tuple[tuple[int, ...], int]]:
    """A product of leaves as a sum of (nodes, factor): a signed word is the word less 2^w if its sign is set."""
    out: list[tuple[tuple[int, ...], int]] = [((), 1)]
    for leaf in leaves:
        if not isinstance(leaf, tuple):
            raise NotExportable("an integer that is a quotient, or the value of a fold of integers")
        signed, width, term = leaf
        n = node(term)
        parts = [(n, 1)]
        if signed:
            parts.append((words.shr(n, width - 1), -(1 << width)))
        out = [(tuple(sorted((*nodes, m))), k * f) for nodes, k in out for m, f in parts]
    return out
