"""Two secrets that an attacker could tell apart: inputs that are equal in all that is public.

A branch on a 32-bit secret goes the same way in almost all runs, so pairs of random runs do not show it.  A solver is
asked for two runs at once: the facts of the path hold of both, and the value that leaks is another in each.
Nothing is refuted by its answer; the two runs that it leads to are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.discharge.z3_bridge import Model, Solver
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, free_terms
from armsym.terms.node import App, Term, Value, Var
from armsym.terms.poly import poly_view

__all__ = ["Leak", "revealed_terms", "two_secrets"]

#: What is put behind the name of an application of the second run; no region's name has it.
_SECOND = "'second"


@dataclass(frozen=True)
class Leak:
    """A value that an attacker sees and that depends on a secret, with the facts of the path where it is seen."""

    value: Term
    facts: tuple[Value, ...]


def revealed_terms(values: Iterable[Bits]) -> dict[Term, Value]:
    """For the terms of which bits are revealed: the same with public variables for these bits.

    A bit that is one bit of one term, or its complement, is taken out of that term; what is made of several secrets
    (their XOR, say) is not: then what leaks is still found to be secret.
    """
    masks: dict[Term, int] = {}
    for value in values:
        if isinstance(value.value, int):
            continue
        entries, _ = poly_view(value.value)
        for p in range(value.width):
            here = [m for m, mask in entries.items() if mask >> p & 1]
            if len(here) == 1 and len(here[0].factors) == 1:
                base, shift = here[0].factors[0]
                if 0 <= p + shift < base.width:
                    masks[base] = masks.get(base, 0) | 1 << p + shift
    found: dict[Term, Value] = {}
    for term, mask in masks.items():
        if not mask & term.pb:
            continue
        public = Var("revealed", term.width, pb=mask & term.pb, secret=False)
        whole = mask & term.pb == term.pb
        # Of a term that is made of others a part cannot be taken out and leave the rest as it is.
        if whole:
            found[term] = public
        elif isinstance(term, (Var, App)):
            found[term] = ops.xor(term.width, public, Var("kept", term.width, pb=term.pb & ~mask, secret=True))
    return found


def two_secrets(leak: Leak, timeout_ms: int) -> tuple[Model, Model] | None:
    """Inputs of two runs that differ in secrets only, in which the value differs; None if none are found in time."""
    second: dict[Term, Value] = {}
    variables: dict[int, int] = {}
    for t in sorted({t for v in (leak.value, *leak.facts) for t in free_terms(v)}, key=lambda t: t.id):
        if not ops.is_secret(t):
            continue
        if isinstance(t, Var):
            new = second[t] = Var(t.name, t.width, pb=t.pb, secret=True)
            variables[new.id] = t.id
        elif isinstance(t, App):
            # (What it is applied to is public, or a second run may not exist: then it shows nothing.)
            args = list(zip(t.widths, t.args, strict=True))
            second[t] = ops.apply(t.name + _SECOND, t.width, args, secret=True)
    put = Substitution(second)
    solver = Solver()
    for f in leak.facts:
        solver.add(f)
        solver.add(put(f))
    same = ops.eq(leak.value.width, leak.value, put(leak.value))
    model = solver.implies(same, timeout_ms).model
    if model is None:
        return None
    others = {variables[i]: v for i, v in model.variables.items() if i in variables}
    first = [a for a in model.applications if not a[0].endswith(_SECOND)]
    renamed = [(a[0].removesuffix(_SECOND), *a[1:]) for a in model.applications if a[0].endswith(_SECOND)]
    # Of what the second run says nothing of, the first holds: it is public, or does not matter.
    said = {(name, args) for name, args, _, _ in renamed}
    rest = [a for a in first if (a[0], a[1]) not in said]
    return Model(model.variables, first), Model({**model.variables, **others}, [*renamed, *rest])
