"""Claims in which functions that stand for themselves are put by what they are defined to be.

A round function that stands for itself keeps terms small: a word of a cipher is the XOR of a few of them, and not of
each bit of each S-box so far.  To compare a new word with the code's, the newest is unfolded, one level deep.

Sound where the definition, run on terms, says what it says on numbers (`unfolds=True` says so): then for all arguments
the function's value is that of the term that is put in its place.  It is run once, on variables of its own, and what it
says there is refused where it speaks of anything else: an application counts as public where its arguments are, so
that a secret which the definition knew would be told.  And it is compared with what the definition says of numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import product

from armsym.bits import Bits
from armsym.bits.opaque import OpaqueFunction, definitions_of, foreign, nothing_known
from armsym.errors import InputError
from armsym.terms import ops
from armsym.terms.evaluate import Evaluator, Substitution, free_terms
from armsym.terms.node import App, Op, Sum, Term, Value, Var, intern, kept_by_table, ones
from armsym.terms.poly import poly_view
from armsym.terms.walk import children

__all__ = ["stay_folded", "unfolded"]

#: Arguments of so many bits in all are compared at each value; of more bits, at few and so many chosen at random.
ALL_BITS, TRIALS = 8, 32


def unfolded(claim: Term) -> Value | None:
    """The claim with those functions unfolded whose bits it adds up; None where there are none.

    Functions of several definitions stay as they are: which one is meant is another obligation.  So do those whose
    bits an argument of another one adds up: that one's definition speaks of them, and so may the other side.
    """
    values: dict[Term, Value] = {t: _definition(t) for t in _outermost(claim)}
    # (Of what nothing is known stays as it is: two such values are two, though their arguments come to be the same.)
    return Substitution(values, alone=nothing_known)(claim) if values else None


def stay_folded(claim: Term) -> list[App]:
    """Applications of functions that unfold, but not in this claim; none within another of them.

    A claim that holds whatever values they have holds in particular for theirs.
    """
    outermost = set(_outermost(claim))
    found: list[App] = []
    todo, seen = [claim], {claim.id}
    while todo:
        t = todo.pop()
        if isinstance(t, App) and t not in outermost and _unfolds(t) is not None:
            found.append(t)
            continue
        if nothing_known(t):
            continue
        parts = {p.id: p for c in children(t) if isinstance(c, Term) for p in (intern(c),)}
        todo += [p for p in parts.values() if p.id not in seen]
        seen |= parts.keys()
    return found


def _outermost(claim: Term) -> list[App]:
    """The applications that are unfolded."""
    sides = claim.args if isinstance(claim, Op) and claim.kind == "eq" else (claim,)
    functions = [t for t in _added(sides) if _unfolds(t) is not None]
    inside = {u for t in functions for u in _added(t.args)}
    return [t for t in functions if t not in inside]


def _added(values: Iterable[Value]) -> dict[App, None]:
    """The applications whose bits these values add up."""
    parts = [u for v in values if isinstance(v, Term) for u in (v.terms if isinstance(v, Sum) else (v,))]
    return {t: None for u in parts for m in poly_view(u)[0] for t, _ in m.factors if isinstance(t, App)}


def _unfolds(t: App) -> OpaqueFunction | None:
    """The function that is applied, if it unfolds."""
    found = definitions_of(t)
    return found[0] if len(found) == 1 and found[0].unfolds else None


def _definition(t: App) -> Value:
    """What an application of a function that unfolds is defined to be, as a term."""
    f = _unfolds(t)
    assert f is not None
    known = kept_by_table(_definition, dict[object, tuple[list[Var], Value]])
    key = f, t.widths
    if key not in known:
        known[key] = _on_variables(f, t.widths)
    variables, value = known[key]
    return Substitution(dict(zip(variables, t.args, strict=True)))(value)


def _on_variables(f: OpaqueFunction, widths: tuple[int, ...]) -> tuple[list[Var], Value]:
    """Arguments, and what the definition says of them.  Raises `InputError` where it is no function of them alone."""
    # (Public ones: what is made of them is secret where what is put in their places is.)
    variables = [Var(f"{f.name} {k}", w, secret=False) for k, w in enumerate(widths)]
    # What is known on one path must not count on others.
    oracle = ops.set_oracle(None)
    try:
        value = f.unfold(*map(Bits, widths, variables)).value
        if isinstance(value, Term):
            value = intern(value)
        _compare(f, variables, value)
    finally:
        ops.set_oracle(oracle)
    return variables, value


def _compare(f: OpaqueFunction, variables: list[Var], value: Value) -> None:
    other = foreign(value, variables)
    if other is not None:
        raise InputError(f"opaque {f.name}: a definition that unfolds speaks of its arguments alone, not of {other!r}")
    functions = {t.name: definitions_of(t)[0] for t in free_terms(value) if isinstance(t, App)}

    def applied(name: str, _: int, of: tuple[int, ...], args: tuple[int, ...]) -> int:
        return functions[name](*map(Bits, of, args)).uint

    widths = [v.width for v in variables]
    for numbers in _numbers(widths):
        said = Evaluator(dict(zip(variables, numbers, strict=True)), applied)(value)
        want = f(*map(Bits, widths, numbers)).uint
        if said != want:
            at = ", ".join(map(hex, numbers))
            raise InputError(
                f"opaque {f.name}: its definition, which unfolds, says of terms what it does not say of"
                f" numbers: at {at} {said:#x}, not {want:#x}"
            )


def _numbers(widths: list[int]) -> Iterator[tuple[int, ...]]:
    if sum(widths) <= ALL_BITS:
        yield from product(*(range(1 << w) for w in widths))
        return
    yield tuple(0 for _ in widths)
    yield tuple(ones(w) for w in widths)
    rng = random.Random(0)
    for _ in range(TRIALS):
        yield tuple(rng.getrandbits(w) for w in widths)
