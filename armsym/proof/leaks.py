"""Two secrets that an attacker could tell apart: inputs that are equal in all that is public.

A branch on a 32-bit secret goes the same way in almost all runs, so pairs of random runs do not show it.  A solver is
asked for two runs at once: the facts of the path hold of both, and the value that leaks is another in each.
Nothing is refuted by its answer; the two runs that it leads to are.
"""

from __future__ import annotations

from dataclasses import dataclass

from armsym.discharge.z3_bridge import Model, Solver
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, free_terms
from armsym.terms.node import App, Term, Value, Var

__all__ = ["Leak", "two_secrets"]

#: What is put behind the name of an application of the second run; no region's name has it.
_SECOND = "'second"


@dataclass(frozen=True)
class Leak:
    """A value that an attacker sees and that depends on a secret, with the facts of the path where it is seen."""

    value: Term
    facts: tuple[Value, ...]


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
