"""Proofs of one library's routines that hold of another's, whose code is of the same origin."""

from __future__ import annotations

from collections.abc import Iterable

from armsym.dsl import ProofDefinition, proof
from armsym.wheels import Wheel

__all__ = ["again"]


def again(of: Wheel, definitions: Iterable[ProofDefinition], *, prefix: str = "") -> None:
    """Declare the same claims, by the same names, of the routines of another file.

    `prefix` is what that library has before the names of its global symbols.
    """
    for d in definitions:
        proof(prefix + d.symbol, of=of, name=d.name, note=d.note)(d.fn)
