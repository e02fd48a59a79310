"""armsym proves AArch64 (Armv8-A) machine code correct against executable standards.

Proof files import from `armsym.dsl`; specifications from `armsym.bits`.  `armsym.prove` runs proofs (docs/api.md).  The
symbolic simulator by itself is `armsym.load`, `armsym.simulate` and what else stands in `__all__` (docs/simulator.md).
All is imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from armsym import began as began  # first of all: it notes the time

if TYPE_CHECKING:
    from armsym.api import Outcomes, prove
    from armsym.cli.view import look
    from armsym.discharge.export import smt2, to_z3
    from armsym.discharge.from_z3 import from_z3
    from armsym.elf import load
    from armsym.errors import ArmsymError, InputError
    from armsym.proof.result import Counterexample, Obligation, ProofResult, Status
    from armsym.questions import Answer, Verdict, solve
    from armsym.report.outcome import ExitCode, Outcome
    from armsym.simulator import (
        Access,
        Buffer,
        Exported,
        Kind,
        Simulation,
        Start,
        State,
        Step,
        Stop,
        StopPath,
        simulate,
    )
    from armsym.terms.derivations import Derivations

__all__ = [
    "Access",
    "Answer",
    "ArmsymError",
    "Buffer",
    "Counterexample",
    "Derivations",
    "ExitCode",
    "Exported",
    "InputError",
    "Kind",
    "Obligation",
    "Outcome",
    "Outcomes",
    "ProofResult",
    "Simulation",
    "Start",
    "State",
    "Status",
    "Step",
    "Stop",
    "StopPath",
    "Verdict",
    "from_z3",
    "load",
    "look",
    "prove",
    "simulate",
    "smt2",
    "solve",
    "to_z3",
]

_HOMES = dict.fromkeys(__all__, "armsym.simulator") | {
    **dict.fromkeys(("ArmsymError", "InputError"), "armsym.errors"),
    **dict.fromkeys(("Counterexample", "Obligation", "ProofResult", "Status"), "armsym.proof.result"),
    **dict.fromkeys(("ExitCode", "Outcome"), "armsym.report.outcome"),
    **dict.fromkeys(("Outcomes", "prove"), "armsym.api"),
    "load": "armsym.elf",
    "look": "armsym.cli.view",
    "Derivations": "armsym.terms.derivations",
    "from_z3": "armsym.discharge.from_z3",
    "smt2": "armsym.discharge.export",
    **dict.fromkeys(("Answer", "Verdict", "solve"), "armsym.questions"),
    "to_z3": "armsym.discharge.export",
}


def __getattr__(name: str) -> object:
    # Late, so that `import armsym` and `armsym --help` stay fast.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'armsym' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(home), name)
    return found
