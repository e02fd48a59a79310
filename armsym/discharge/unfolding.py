"""Claims in which functions that stand for themselves are put by what they are defined to be.

A round function that stands for itself keeps terms small: a word of a cipher is the XOR of a few of them, and not of
each bit of each S-box so far.  To compare a new word with the code's, the newest is unfolded, one level deep.

Sound where the definition, run on terms, says what it says on numbers, as a specification is taken to (`unfolds=True`
says so): then for all arguments the function's value is that of the term that is put in its place.
"""

from __future__ import annotations

from armsym.bits import Bits
from armsym.bits.opaque import definitions_of
from armsym.terms.evaluate import Substitution
from armsym.terms.node import App, Op, Sum, Term, Value, intern
from armsym.terms.poly import poly_view

__all__ = ["unfolded"]


def unfolded(claim: Term) -> Value | None:
    """The claim with those functions unfolded whose bits it adds up; None where there are none.

    Functions of several definitions stay as they are: which one is meant is another obligation.
    """
    sides = claim.args if isinstance(claim, Op) and claim.kind == "eq" else (claim,)
    added = [u for v in sides if isinstance(v, Term) for u in (v.terms if isinstance(v, Sum) else (v,))]
    values: dict[Term, Value] = {}
    for base in {base for u in added for m in poly_view(u)[0] for base, _ in m.factors}:
        value = _definition(base)
        if value is not None:
            values[base] = value
    return Substitution(values)(claim) if values else None


def _definition(t: Term) -> Value | None:
    """What an application is defined to be, as a term; None if it does not unfold."""
    found = definitions_of(t) if isinstance(t, App) else []
    if not isinstance(t, App) or len(found) != 1 or not found[0].unfolds:
        return None
    value = found[0].unfold(*(Bits(w, a) for w, a in zip(t.widths, t.args, strict=True))).value
    return intern(value) if isinstance(value, Term) else value
