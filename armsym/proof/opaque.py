"""Opaque functions: several definitions of one name must be one function.

An instruction's S-box (from the Arm manual) and a standard's are written apart on purpose.  Where
a proof applies both to symbols, they stand for the same uninterpreted function; that is sound only if the
definitions agree, which is shown here by running both on every argument.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

from armsym.bits import Bits
from armsym.bits.opaque import definitions_of
from armsym.proof.result import Obligation, Status
from armsym.terms.node import applications

__all__ = ["agreement"]

#: At most so many bits of arguments are enumerated.
LIMIT_BITS = 16


def agreement() -> Iterator[Obligation]:
    """One obligation for each opaque function met in this proof that has several definitions."""
    met = {(a.name, a.widths): d for a in applications() if (d := definitions_of(a))}
    for (name, widths), (first, *others) in sorted(met.items(), key=lambda m: m[0]):
        if not others:
            continue
        began = time.perf_counter()
        title = f"the {len(others) + 1} definitions of {name} agree"
        if sum(widths) > LIMIT_BITS:
            detail = f"{sum(widths)} bits of arguments cannot be enumerated"
            yield Obligation(title, "lemma", Status.UNDECIDED, (), 0.0, detail)
            continue
        bad = None
        for values in product(*(range(1 << w) for w in widths)):
            args = [Bits(w, v) for w, v in zip(widths, values, strict=True)]
            want = first(*args).uint
            if any(o(*args).uint != want or o.width != first.width for o in others):
                bad = values
                break
        seconds = time.perf_counter() - began
        if bad is None:
            yield Obligation(title, "lemma", Status.PROVED, (f"all {1 << sum(widths)} arguments",), seconds)
        else:
            yield Obligation(title, "lemma", Status.REFUTED, (), seconds, f"they differ at {bad}")
