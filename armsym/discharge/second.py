"""Bitwuzla, a solver that shares no code with Z3: the only module that imports it."""

from __future__ import annotations

import time

from armsym.discharge.recheck import SecondSolver, Verdict
from armsym.errors import InputError

__all__ = ["BITWUZLA", "ask", "need", "question_of"]

#: CPU seconds for one question.  Of the shipped proofs' questions, those that it answers take it less than one.
SECONDS = 2.0


def need() -> None:
    """Raise `InputError` where Bitwuzla is not installed."""
    try:
        import bitwuzla  # noqa: F401
    except ImportError as e:
        raise InputError(f"--second-solver needs Bitwuzla: pip install 'armsym[second-solver]' ({e})") from None


def question_of(script: str) -> str:
    """A script without its `(check-sat)`; raises `ValueError` unless it ends with its only one."""
    question, check, rest = script.partition("(check-sat)")
    if not check or rest.strip():
        raise ValueError("the script must end with its only (check-sat)")
    return question


def ask(script: str, seconds: float) -> Verdict:
    """What Bitwuzla says of an SMT-LIB script that ends with its only `(check-sat)`.

    It takes `seconds` at most, and no more than `SECONDS`, of the process's CPU time: the clock runs on while other
    work has the machine.  Raises `BitwuzlaException` for a script it cannot read.
    """
    import bitwuzla

    limit = min(seconds, SECONDS)
    end = time.process_time() + limit
    out_of_time = False

    def too_long() -> bool:
        nonlocal out_of_time
        out_of_time = time.process_time() > end
        return out_of_time

    question = question_of(script)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), bitwuzla.Options())
    parser.parse(question, True, False)
    solver = parser.bitwuzla()
    solver.configure_terminator(too_long)
    answer = solver.check_sat()
    if answer is bitwuzla.Result.SAT:
        return Verdict("sat")
    if answer is bitwuzla.Result.UNSAT:
        return Verdict("unsat")
    return Verdict("unknown", f"Bitwuzla gave up {'at its limit of time' if out_of_time else 'without a reason'}")


BITWUZLA = SecondSolver("Bitwuzla", ask)
