"""LRAT certificates by a SAT solver, PySAT's Glucose: the only module that imports it, and nothing rests on it."""

from __future__ import annotations

from collections.abc import Sequence

from armsym.sat.hints import NoCertificate, with_hints

__all__ = ["Satisfiable", "certificate", "need"]

#: Conflicts after which the solver gives up, for each second that it may take; Glucose 4.2 comes to more than that.
CONFLICTS = 10_000


class Satisfiable(Exception):
    """The clauses have a model: `model` is its literals."""

    def __init__(self, model: list[int]) -> None:
        super().__init__("the clauses have a model")
        self.model = model


def need() -> None:
    """Raise `ImportError` where PySAT is not installed."""
    from pysat.solvers import Solver  # noqa: F401


def certificate(clauses: Sequence[Sequence[int]], seconds: float) -> list[str]:
    """The lines of a certificate that clauses have no model.

    Raises `NoCertificate` where none is found in about so many CPU seconds for each of solving and writing, and
    `Satisfiable`; `ImportError` where PySAT is not installed.
    """
    for k, c in enumerate(clauses, 1):
        if not c:
            return [f"{len(clauses) + 1} 0 {k} 0"]
    from pysat.solvers import Solver

    with Solver(name="glucose42", bootstrap_with=[list(c) for c in clauses], with_proof=True) as solver:
        solver.conf_budget(max(1, int(seconds * CONFLICTS)))
        answer = solver.solve_limited()
        if answer is None:
            raise NoCertificate("the solver gave up")
        if answer:
            raise Satisfiable(list(solver.get_model() or ()))
        drup = solver.get_proof() or []
    return with_hints(clauses, [*drup, "0"], seconds)
