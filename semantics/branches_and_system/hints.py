"""Hints."""

from __future__ import annotations

from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.syntax import imm

_NAMES = {
    0: "nop",
    1: "yield",
    2: "wfe",
    3: "wfi",
    4: "sev",
    5: "sevl",
    6: "dgh",
    7: "xpaclri",
    8: "pacia1716",
    10: "pacib1716",
    12: "autia1716",
    14: "autib1716",
    16: "esb",
    17: "psb csync",
    18: "tsb csync",
    20: "csdb",
    24: "paciaz",
    25: "paciasp",
    26: "pacibz",
    27: "pacibsp",
    28: "autiaz",
    29: "autiasp",
    30: "autibz",
    31: "autibsp",
    32: "bti",
    34: "bti c",
    36: "bti j",
    38: "bti jc",
}


@instruction("""
    31 12                | 11 8 | 7 5 | 4 0
    11010101000000110010 | CRm  | op2 | 11111
""")
class Hints(Instruction):
    """HINT and its named forms (NOP, BTI, PACIASP, ...).  Arm ARM C4.1, "Hints".

    The whole space does nothing to registers and memory on a core that lacks the extension a
    hint belongs to, and that core is what is modelled.  It is an assumption of every proof that
    meets one of the hints that do write a register elsewhere: those of FEAT_PAuth (XPACLRI,
    PACI*, AUTI*) and CHKFEAT of FEAT_CHK.
    """

    CRm: int
    op2: int

    def execute(self, m: Machine) -> None:
        pass

    def assumption(self) -> str | None:
        number = self.CRm << 3 | self.op2
        if number == 7 or 8 <= number <= 15 or 24 <= number <= 31:
            return "the core has no pointer authentication (FEAT_PAuth), or it is disabled: PACI* and AUTI* do nothing"
        if number == 40:
            return "the core has no FEAT_CHK: CHKFEAT does nothing"
        return None

    def lands(self, btype: int) -> bool:
        """BTypeCompatible_BTI, and BTypeCompatible_PACIXSP as with SCTLR_EL1.BT0 set: not for BTYPE 0b11."""
        number = self.CRm << 3 | self.op2
        return {
            25: btype != 0b11,  # PACIASP
            27: btype != 0b11,  # PACIBSP
            34: btype != 0b11,  # BTI c
            36: btype != 0b10,  # BTI j
            38: True,  # BTI jc
        }.get(number, False)

    def assembly(self, pc: int) -> str:
        # Hints named after Armv8.7 (CLRBHB, CHKFEAT, ...) are given by number, as HINT allows.
        number = self.CRm << 3 | self.op2
        return _NAMES.get(number) or f"hint {imm(number)}"
