"""Second solvers by the names that the command line has for them."""

from __future__ import annotations

from armsym.discharge import second, second_cvc5
from armsym.discharge.recheck import SecondSolver, together
from armsym.errors import InputError

__all__ = ["NAMES", "chosen", "need", "solver"]

#: What a second solver may be.
NAMES = ("bitwuzla", "cvc5", "both")


def chosen(flag: bool, by: str | None) -> str:
    """The second solver of a flag that asks for one and a name, which may be given alone; empty for none.

    Raises `InputError` for a name that none has.
    """
    if by is not None and by not in NAMES:
        raise InputError(f"a second solver is one of {', '.join(NAMES)}, not {by!r}")
    return by or ("bitwuzla" if flag else "")


def need(name: str) -> None:
    """Raise `InputError` where what this name stands for is not installed."""
    if name in ("bitwuzla", "both"):
        second.need()
    if name in ("cvc5", "both"):
        second_cvc5.need()


def solver(name: str) -> SecondSolver:
    """The solver of a name; raises `KeyError` for another."""
    if name == "both":
        return together(second.BITWUZLA, second_cvc5.CVC5)
    return {"bitwuzla": second.BITWUZLA, "cvc5": second_cvc5.CVC5}[name]
