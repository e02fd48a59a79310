"""Bounds that a chain of eliminations misses: multipliers of many facts at once.

That some combination of what is known bounds P is a question of linear arithmetic over the rationals; a solver's
answer to it is a list of multipliers, and the kernel derives the bound from them.  Nothing is taken on its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from armsym.integers.kernel import Fact, Kernel, Summand
from armsym.integers.polynomial import ONE, Monomial, Polynomial, atoms_of
from armsym.integers.simplex import GaveUp, contradiction

__all__ = ["bounded_below"]

#: How many quotients' definitions are looked at, and how long the solver may look (steps, not time).
MOST_QUOTIENTS, MOST_STEPS = 60, 3_000_000
#: Questions of no more summands, of numbers of no more bits, are decided here, in no more steps; others by a solver.
FEW_SUMMANDS, MOST_BITS, MOST_PIVOTS = 600, 2048, 60

#: A fact or a quotient, with the polynomial that it bounds and the bounds.
_Known = tuple["Fact | int", Polynomial, int, int]
#: A fact or a quotient, times a fraction: numerator and denominator.
_Multiplied = tuple["Fact | int", int, int]


def bounded_below(kernel: Kernel, P: Polynomial, least: int, facts: Sequence[Fact]) -> Fact | None:
    """A fact that says P >= least, if a combination of facts and definitions does."""
    known: list[_Known] = []
    for f in facts:
        known.append((f, f.P, f.lo, f.hi))
    for a in _quotients(kernel, [P, *(f.P for f in facts)]):
        x = kernel.atoms[a]
        assert x.E is not None
        known.append((a, {**x.E, (a,): -x.m}, 0, x.m - 1))
    try:
        found = _by_simplex(kernel, P, least, known)
    except GaveUp:
        needed = _needed(kernel, P, least, known)
        return None if needed is None else _combination(kernel, P, least, needed)
    return None if found is None else _derived(kernel, P, found)


def _by_simplex(kernel: Kernel, P: Polynomial, least: int, known: Sequence[_Known]) -> list[_Multiplied] | None:
    """Multipliers of what is known that show P >= least, or None if none do.

    Raises `GaveUp` where that is much work.
    """
    if sum(len(G) for _, G, _, _ in known) > FEW_SUMMANDS or any(lo > hi for _, _, lo, hi in known):
        raise GaveUp
    if any(abs(c).bit_length() > MOST_BITS for _, G, _, _ in known for c in G.values()):
        raise GaveUp
    monomials = {m for G in (P, *(G for _, G, _, _ in known)) for m in G if m}
    bounds = {m: kernel.monomial_bounds(m) for m in sorted(monomials)}
    if any(lo > hi for lo, hi in bounds.values()):
        raise GaveUp
    forms: list[tuple[Polynomial, tuple[int | None, int | None]]] = []
    for _, G, lo, hi in known:
        constant = G.get(ONE, 0)
        forms.append(({m: c for m, c in G.items() if m}, (lo - constant, hi - constant)))
    # What is above least - 1 is, rounded up, enough.
    forms.append(({m: c for m, c in P.items() if m}, (None, least - 1 - P.get(ONE, 0))))
    multipliers = contradiction(bounds, forms, MOST_PIVOTS)
    if multipliers is None:
        return None
    *of_known, of_P = multipliers
    # Where P is not needed what is known cannot be: then so often that it is more than P may be less.
    times = -1 / of_P if of_P else _often(kernel, P, least, known, of_known)
    return [
        (of, (v * times).numerator, (v * times).denominator)
        for (of, _, _, _), v in zip(known, of_known, strict=True)
        if v
    ]


def _often(
    kernel: Kernel, P: Polynomial, least: int, known: Sequence[_Known], multipliers: Sequence[Fraction]
) -> Fraction:
    """How often these multiples of what cannot be have to be added, for a sum that shows P >= least."""
    rest: dict[Monomial, Fraction] = {}
    for (_, G, _, _), v in zip(known, multipliers, strict=True):
        for m, c in G.items():
            rest[m] = rest.get(m, Fraction(0)) - v * c
    for sign in (1, -1):
        pairs = [(sign * v, lo, hi) for (_, _, lo, hi), v in zip(known, multipliers, strict=True)]
        pairs += [(sign * c, *(kernel.monomial_bounds(m) if m else (1, 1))) for m, c in rest.items()]
        gap = sum((v * (lo if v > 0 else hi) for v, lo, hi in pairs), Fraction(0))
        if gap > 0:
            low = sum(c * (kernel.monomial_bounds(m) if m else (1, 1))[0 if c > 0 else 1] for m, c in P.items())
            return sign * max(Fraction(0), (least - low) / gap)
    raise GaveUp


def _needed(kernel: Kernel, P: Polynomial, least: int, known: Sequence[_Known]) -> list[_Known] | None:
    """Of what is known the little that contradicts P <= least - 1, over the rationals; None if all of it does not.

    Multipliers of little are found a hundred times sooner.
    """
    import z3

    solver = z3.SolverFor("QF_LRA")
    solver.set("rlimit", MOST_STEPS)
    solver.set("core.minimize", True)
    reals: dict[Monomial, Any] = {}

    def value(G: Polynomial) -> Any:
        parts = [z3.RealVal(G.get(ONE, 0))]
        for m, c in G.items():
            if not m:
                continue
            if m not in reals:
                lo, hi = kernel.monomial_bounds(m)
                reals[m] = z3.Real(f"m{len(reals)}")
                solver.add(reals[m] >= lo, reals[m] <= hi)
            parts.append(c * reals[m])
        return z3.Sum(parts)

    for k, (_, G, lo, hi) in enumerate(known):
        v = value(G)
        solver.assert_and_track(z3.And(v >= lo, v <= hi), f"k{k}")
    # What is above least - 1 is, rounded up, enough.
    solver.add(value(P) <= least - 1)
    if solver.check() != z3.unsat:
        return None
    core = {str(name) for name in solver.unsat_core()}
    return [of for k, of in enumerate(known) if f"k{k}" in core]


def _combination(kernel: Kernel, P: Polynomial, least: int, known: Sequence[_Known]) -> Fact | None:
    """A fact that says P >= least, by multipliers of what is known."""
    import z3

    solver = z3.SolverFor("QF_LRA")
    solver.set("rlimit", MOST_STEPS)
    monomials: dict[Monomial, list[Any]] = {m: [z3.RealVal(c)] for m, c in P.items()}
    total: list[Any] = []
    multipliers = []
    for k, (_, G, lo, hi) in enumerate(known):
        up, down = z3.Real(f"u{k}"), z3.Real(f"d{k}")
        solver.add(up >= 0, down >= 0)
        multipliers.append((up, down))
        total.append(up * lo - down * hi)
        for m, c in G.items():
            monomials.setdefault(m, []).append((down - up) * c)
    for k, (m, parts) in enumerate(monomials.items()):
        rest = z3.Sum(parts)
        if not m:
            total.append(rest)
            continue
        lo, hi = kernel.monomial_bounds(m)
        up, down = z3.Real(f"p{k}"), z3.Real(f"n{k}")
        solver.add(up >= 0, down >= 0, up - down == rest)
        total.append(up * lo - down * hi)
    # Rounded up to an integer it is enough.
    solver.add(z3.Sum(total) > least - 1)
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    found = []
    for (of, _, _, _), (up, down) in zip(known, multipliers, strict=True):
        v = model.eval(up - down, model_completion=True)
        n, d = v.numerator_as_long(), v.denominator_as_long()
        if n:
            found.append((of, n, d))
    return _derived(kernel, P, found)


def _derived(kernel: Kernel, P: Polynomial, found: Sequence[_Multiplied]) -> Fact:
    """What these multiples of facts and definitions say of P."""
    divisor = lcm(1, *(d for _, _, d in found))
    terms: list[Summand] = [(n * (divisor // d), of) for of, n, d in found]
    return kernel.derive(P, terms, divisor=divisor)


def _quotients(kernel: Kernel, polynomials: Sequence[Polynomial]) -> list[int]:
    """The quotients that these are made of, the latest first."""
    seen: set[int] = set()
    todo = atoms_of(polynomials)
    found: list[int] = []
    while todo and len(found) < MOST_QUOTIENTS:
        a = max(todo)
        todo.discard(a)
        seen.add(a)
        E = kernel.atoms[a].E
        if E is None:
            continue
        found.append(a)
        todo |= {b for m in E for b in m} - seen
    return found
