"""Terms as Z3 expressions: the only module that imports z3.

Uninterpreted functions stay uninterpreted.  What a variable is assumed to satisfy beyond its
width (bits known to be 0) is returned as side conditions.
"""

from __future__ import annotations

from typing import Any

import z3

from armsym.terms.kinds import KINDS
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern, ones
from armsym.terms.walk import complete

__all__ = ["Bridge", "Model", "Outcome", "Solver", "set_limit"]


class Bridge:
    """Translates terms; each term once."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self.variables: dict[int, tuple[Var, Any]] = {}
        self.applications: dict[int, tuple[App, Any]] = {}
        self._functions: dict[tuple[str, tuple[int, ...], int], Any] = {}
        #: Side conditions on variables, in the order they were met.
        self.side: list[Any] = []

    def __call__(self, v: Value, width: int) -> Any:
        """The Z3 bit vector of a value of `width` bits."""
        if isinstance(v, int):
            return z3.BitVecVal(v, width)
        return complete(intern(v), self._known, self._translate)

    def _get(self, v: Value, width: int) -> Any:
        return z3.BitVecVal(v, width) if isinstance(v, int) else self._known[v.id]

    def _translate(self, t: Term) -> Any:
        w = t.width
        if isinstance(t, Var):
            e = z3.BitVec(f"{t.name}!{t.id}", w)
            self.variables[t.id] = (t, e)
            if t.pb != ones(w):
                self.side.append(e & z3.BitVecVal(ones(w) & ~t.pb, w) == 0)
            return e
        if isinstance(t, Sum):
            total = z3.BitVecVal(t.const, w)
            for u, c in t.terms.items():
                e = self._known[u.id]
                total = total + (e if c == 1 else e * z3.BitVecVal(c, w))
            return total
        if isinstance(t, Poly):
            total = z3.BitVecVal(t.const, w)
            for m, mask in t.entries.items():
                bits = None if mask == ones(w) else z3.BitVecVal(mask, w)
                for base, s in m.factors:
                    e = _moved(self._known[base.id], base.width, s, w)
                    bits = e if bits is None else bits & e
                total = total ^ bits
            return total
        if isinstance(t, App):
            if not t.args:
                e = z3.BitVec(f"{t.name}!{t.id}", w)
            else:
                key = (t.name, t.widths, w)
                f = self._functions.get(key)
                if f is None:
                    sorts = [z3.BitVecSort(k) for k in (*t.widths, w)]
                    f = self._functions[key] = z3.Function(f"{t.name}/{'.'.join(map(str, t.widths))}", *sorts)
                e = f(*(self._get(a, k) for a, k in zip(t.args, t.widths, strict=True)))
            self.applications[t.id] = (t, e)
            return e
        assert isinstance(t, Op)
        return self._operation(t)

    def _operation(self, t: Op) -> Any:
        row = KINDS[t.kind]
        args = (self._get(a, w) if w else a for a, w in zip(t.args, row.widths(t), strict=True))
        return row.z3(z3, t, *args)


def _moved(e: Any, width: int, s: int, to: int) -> Any:
    """The `to`-bit vector whose bit p is bit p + s of `e`, zeros outside."""
    lo, hi = max(0, s), min(width - 1, to - 1 + s)
    if hi < lo:
        return z3.BitVecVal(0, to)
    part = e if (lo, hi) == (0, width - 1) else z3.Extract(hi, lo, e)
    below = lo - s
    above = to - below - (hi - lo + 1)
    if below:
        part = z3.Concat(part, z3.BitVecVal(0, below))
    return z3.ZeroExt(above, part) if above else part


class Model:
    """An assignment: numbers for variables by the term's id, and for applications by function and arguments.

    Not by a variable's name: two variables may have one.
    """

    __slots__ = ("applications", "variables")

    def __init__(self, variables: dict[int, int], applications: list[tuple[str, tuple[int, ...], int, int]]) -> None:
        self.variables = variables
        #: (function, arguments, width of the value in bits, value)
        self.applications = applications


class Outcome:
    """What a solver said: `holds` is True, False (with `model`), or None when it gave up."""

    __slots__ = ("holds", "model", "reason")

    def __init__(self, holds: bool | None, model: Model | None = None, reason: str = "") -> None:
        self.holds, self.model, self.reason = holds, model, reason


#: Z3's own unit of work: Z3 5.4 does 1,600 to 2,600 in a millisecond for bit vectors, 5,000 for integers (2026).
UNITS_PER_MS = 2500
#: The limit by the clock, in multiples of the time asked for: met only where Z3 does not count its work.
#: Large, and a minute at least, for the clock runs on while other work has the machine.
CLOCK_FACTOR = 60
CLOCK_LEAST_MS = 60_000


def set_limit(solver: Any, ms: int) -> None:
    """Let each check of a Z3 solver take about `ms` milliseconds of an idle machine.

    The limit is in Z3's units of work, so the answer is the same whatever else the machine does.
    """
    # 0 would mean no limit at all; Z3 takes 32 bits.
    solver.set("rlimit", min(max(1, ms * UNITS_PER_MS), 2**32 - 1))
    solver.set("timeout", min(max(CLOCK_LEAST_MS, ms * CLOCK_FACTOR), 2**32 - 2))


class Solver:
    """Z3 over a growing list of one-bit facts."""

    def __init__(self) -> None:
        self._bridge = Bridge()
        self._solver = z3.SolverFor("QF_UFBV")
        self._sides = 0

    def add(self, fact: Value) -> None:
        """Assume a one-bit value."""
        self._solver.add(self._bridge(fact, 1) == 1)

    def _flush(self) -> None:
        for e in self._bridge.side[self._sides :]:
            self._solver.add(e)
        self._sides = len(self._bridge.side)

    def implies(self, claim: Value, timeout_ms: int) -> Outcome:
        """Whether the facts imply a one-bit claim."""
        goal = self._bridge(claim, 1) == 0
        self._flush()
        self._solver.push()
        try:
            set_limit(self._solver, timeout_ms)
            self._solver.add(goal)
            verdict = self._solver.check()
            if verdict == z3.unsat:
                return Outcome(True)
            if verdict == z3.sat:
                return Outcome(False, self._model())
            return Outcome(None, reason=f"Z3: {self._solver.reason_unknown()}")
        finally:
            self._solver.pop()

    def witness(self, timeout_ms: int) -> Model | None:
        """An assignment under which all facts hold, if one is found in time."""
        self._flush()
        set_limit(self._solver, timeout_ms)
        return self._model() if self._solver.check() == z3.sat else None

    def _model(self) -> Model:
        model = self._solver.model()

        def number(e: Any) -> int:
            return int(model.eval(e, model_completion=True).as_long())

        variables = {t.id: number(e) for t, e in self._bridge.variables.values()}
        applications = []
        for t, e in self._bridge.applications.values():
            args = tuple(number(self._bridge(a, w)) for a, w in zip(t.args, t.widths, strict=True))
            applications.append((t.name, args, t.width, number(e)))
        return Model(variables, applications)
