"""Load/store register (register offset)."""

from __future__ import annotations

from functools import cached_property

from armsym.isa import instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import base_address
from semantics.loads_and_stores.register_access import LoadStoreRegister, Prefetch
from semantics.shared import ExtendReg
from semantics.syntax import reg

_EXTEND = {0b010: "uxtw", 0b011: "lsl", 0b110: "sxtw", 0b111: "sxtx"}


@instruction("""
    31 30 | 29 27 | 26 | 25 24 | 23 22 | 21 | 20 16 | 15 13  | 12 | 11 10 | 9 5 | 4 0
    size  | 111   | VR | 00    | opc   | 1  | Rm    | option | S  | 10    | Rn  | Rt
""")
class LoadStoreRegisterRegisterOffset(LoadStoreRegister):
    """LDR, STR and their B, H, SB, SH, SW and SIMD&FP forms, PRFM; base plus extended register.

    Arm ARM C4.1, "Load/store register (register offset)".
    """

    size: int
    VR: int
    opc: int
    Rm: int
    option: int
    S: int
    Rn: int
    Rt: int

    def allocated(self) -> bool:
        # option<1> = 0 would be a byte or halfword index.
        return super().allocated() and self.option in _EXTEND

    @cached_property
    def scale(self) -> int:
        """log2 of the number of bytes accessed."""
        return self.access.size.bit_length() - 1

    def execute(self, m: Machine) -> None:
        access = self.access
        offset = ExtendReg(m, self.Rm, self.option, self.scale if self.S else 0, 64)
        if isinstance(access, Prefetch):
            base = m.read_x(self.Rn, sp=True)
            if self.Rt >= 0b11000:
                # RPRFM on cores that have it: a range given by the two registers, not by their sum.
                m.on_leak("prefetch address", base)
                m.on_leak("prefetch range", m.read_x(self.Rm))
        else:
            base = base_address(m, self.Rn)
        access.perform(m, self.Rt, base + offset)

    def assembly(self, pc: int) -> str:
        extend = _EXTEND[self.option]
        index = reg(self.Rm, 64 if self.option & 1 else 32)
        if self.S:
            index += f", {extend} #{self.scale}"
        elif extend != "lsl":
            index += f", {extend}"
        return self.syntax("", f"[{reg(self.Rn, sp=True)}, {index}]")
