"""cvc5, a third solver, that shares no code with Z3 or Bitwuzla: the only module that imports it.

(Its SAT solver, CaDiCaL, is Bitwuzla's, too.)
"""

from __future__ import annotations

from armsym.discharge.recheck import SecondSolver, Verdict
from armsym.discharge.second import SECONDS, question_of
from armsym.errors import InputError

__all__ = ["CVC5", "ask", "need"]

#: cvc5's own units of work: 1.4 does so many in a CPU second (2026); the limit does not depend on other work.
UNITS = 200_000
#: The limit by the clock in multiples of the seconds asked for, where cvc5 does not count its work.
CLOCK_FACTOR = 10


def need() -> None:
    """Raise `InputError` where cvc5 is not installed."""
    try:
        import cvc5  # noqa: F401
    except ImportError as e:
        raise InputError(f"--confirm-by cvc5 needs cvc5: pip install 'armsym[second-solver]' ({e})") from None


def ask(script: str, seconds: float) -> Verdict:
    """What cvc5 says of an SMT-LIB script that ends with its only `(check-sat)`.

    It takes about `seconds`, and no more than `SECONDS`, of CPU time.  Raises `RuntimeError` for a script it cannot
    read.
    """
    import cvc5

    limit = min(seconds, SECONDS)
    question = question_of(script)
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit-per", str(max(1, int(limit * UNITS))))
    solver.setOption("tlimit-per", str(max(1, int(limit * 1000 * CLOCK_FACTOR))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, question, "question")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        told = command.invoke(solver, symbols).strip()
        if told:
            raise RuntimeError(f"cvc5 does not take the script: {told}")
    answer = solver.checkSat()
    if answer.isSat():
        return Verdict("sat")
    if answer.isUnsat():
        return Verdict("unsat")
    why = answer.getUnknownExplanation()
    late = why in (cvc5.UnknownExplanation.RESOURCEOUT, cvc5.UnknownExplanation.TIMEOUT)
    return Verdict("unknown", f"cvc5 gave up {'at its limit of time' if late else 'without a reason'}")


CVC5 = SecondSolver("cvc5", ask)
