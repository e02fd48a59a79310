"""The contract of a routine that is called, as its own bundle has it: declared anew, and captured without a run."""

from __future__ import annotations

from collections.abc import Mapping

from armsym.audit.bundle import Case
from armsym.audit.elf_parts import Piece
from armsym.certify.capture import Capture
from armsym.proof.contract import Callee
from armsym.proof.symbolic import SymbolicProof

__all__ = ["contracts"]


def contracts(callee: Callee, shift: int, pieces: Mapping[int, Piece]) -> list[Case]:
    """A case for each of the contract's; see `Capture` for the rest.  Raises `NotExportable`."""
    found = []
    for case in callee.cases:
        p = SymbolicProof(callee.routine, chosen=case.chosen)
        callee.contract(p)
        title = ", ".join(f"{name} = {value}" for name, value in case.chosen.items())
        made = Capture(p, [], title, shift, pieces).run()
        made.unfold = set()
        found.append(made)
    return found
