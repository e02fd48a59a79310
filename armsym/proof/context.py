"""Where a claim is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from armsym.bits import Bits
from armsym.proof.path import Path

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """Under the facts of one path, and no other's.

    Indices of folds are brought to the form a + k, k a small number, for the first of the `anchors` a (64 bits
    each: iteration numbers, innermost first) for which the facts show it.
    """

    path: Path
    anchors: tuple[Bits, ...] = ()
