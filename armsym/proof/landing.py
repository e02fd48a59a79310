"""Landing pads: where the file's code is guarded (FEAT_BTI), each indirect branch and entry must find one.

Source: Arm ARM D8.4.5, "Branch Target Identification", and the functions `BTypeCompatible_BTI` and
`BTypeCompatible_PACIXSP` of its shared pseudocode.
"""

from __future__ import annotations

from armsym.errors import ArmsymError
from armsym.proof.loops import Routine
from armsym.stepper import RETURNED

__all__ = ["LANDING", "RETURNS", "is_return", "missing_at_entry", "missing_pad"]

#: The obligation.
LANDING = "every indirect entry has a landing pad"

#: The obligation that a return leads to where the routine was called from.
RETURNS = "control returns to the caller"

#: PSTATE.BTYPE of a call through a register, as other files make them: BLR, or BR of a veneer's X16 or X17.
_CALLED = (0b10, 0b01)


def missing_at_entry(routine: Routine) -> str:
    """What lacks where the routine begins, or "": a symbol that other files see may be called through a register."""
    image = routine.image
    if not image.guarded or image.symbol(routine.symbol).binding == "local":
        return ""
    return next((said for b in _CALLED if (said := _lacks(routine, routine.entry, b, "a call"))), "")


def is_return(routine: Routine, at: int) -> bool:
    """Whether the instruction at an offset is a RET: where it leads nowhere, LR is not what it was on entry."""
    try:
        return routine.isa.decode(routine.image.word(at)).assembly(at).split()[0] in ("ret", "retaa", "retab")
    except ArmsymError:
        return False


def missing_pad(routine: Routine, at: int, to: int) -> str:
    """What lacks where the instruction at `at` went, or ""; the offsets are the stepper's."""
    image = routine.image
    if not image.guarded:
        return ""
    btype = routine.isa.decode(image.word(at)).btype()
    if not btype:
        return ""
    what = f"the branch at {at:#x} <{image.symbolize(at)}>"
    if to == RETURNED:
        return f"{what} returns through a register but is no RET: where it returns to, no landing pad need be"
    return _lacks(routine, to, btype, what)


def _lacks(routine: Routine, to: int, btype: int, what: str) -> str:
    image = routine.image
    try:
        word = image.word(to)
        i = routine.isa.decode(word)
        if i.lands(btype):
            return ""
        said = f"{word:08x} {i.assembly(to)}"
    except ArmsymError as e:
        said = str(e)
    return f"at {to:#x} <{image.symbolize(to)}> {said}: no landing pad for {what} (PSTATE.BTYPE {btype:#04b})"
