"""Bitfield."""

from __future__ import annotations

from functools import cached_property

from armsym.bits import Bits
from armsym.isa import Instruction, instruction
from armsym.machine import Machine
from semantics.shared import DecodeBitMasks
from semantics.syntax import imm, reg


@instruction("""
    31 | 30 29 | 28  23 | 22 | 21 16 | 15 10 | 9 5 | 4 0
    sf | opc   | 100110 | N  | immr  | imms  | Rn  | Rd
""")
class Bitfield(Instruction):
    """SBFM, BFM, UBFM.  Arm ARM C4.1, "Bitfield"."""

    sf: int
    opc: int
    N: int
    immr: int
    imms: int
    Rn: int
    Rd: int

    def allocated(self) -> bool:
        in_range = self.sf == 1 or (self.immr < 32 and self.imms < 32)
        return self.opc != 0b11 and self.sf == self.N and in_range

    @cached_property
    def mask(self) -> Bits:
        """The bits of Rd that BFM replaces: the manual inserts under wmask and then under tmask."""
        datasize = 64 if self.sf else 32
        masks = DecodeBitMasks(self.N, self.imms, self.immr, datasize)
        assert masks is not None  # allocated() saw to it
        return Bits(datasize, masks[0] & masks[1])

    def execute(self, m: Machine) -> None:
        datasize = 64 if self.sf else 32
        src = m.read_x(self.Rn, datasize)
        if self.opc == 0b01:
            result = (m.read_x(self.Rd, datasize) & ~self.mask) | (src.ror(self.immr) & self.mask)
        else:
            # Two shifts instead of the manual's rotation and masks: bits imms:0 go to the top of
            # the register and come down to their place, with zeros or copies of the sign above.
            # So LSL, LSR and ASR stay shifts.  The tests compare all fields with the manual's text.
            top = src << (datasize - 1 - self.imms)
            down = (self.immr - self.imms - 1) % datasize
            result = top.asr(down) if self.opc == 0b00 else top >> down
        m.write_x(self.Rd, result)

    def assembly(self, pc: int) -> str:
        w = 64 if self.sf else 32
        rd, rn = reg(self.Rd, w), reg(self.Rn, w)
        r, s = self.immr, self.imms
        lsb, width = (w - r, s + 1) if s < r else (r, s - r + 1)
        if self.opc == 0b01:
            if s < r and self.Rn == 31:
                return f"bfc {rd}, {imm(lsb)}, {imm(width)}"
            return f"{'bfi' if s < r else 'bfxil'} {rd}, {rn}, {imm(lsb)}, {imm(width)}"
        unsigned = self.opc == 0b10
        if s == w - 1:
            return f"{'lsr' if unsigned else 'asr'} {rd}, {rn}, {imm(r)}"
        if unsigned and s + 1 == r:
            return f"lsl {rd}, {rn}, {imm(lsb)}"
        extended = {7: "b", 15: "h", 31: "w"}.get(s) if r == 0 else None
        if extended and not (unsigned and self.sf):  # writing Wd already zero-extends
            return f"{'uxt' if unsigned else 'sxt'}{extended} {rd}, {reg(self.Rn, 32)}"
        name = ("ubf" if unsigned else "sbf") + ("iz" if s < r else "x")
        return f"{name} {rd}, {rn}, {imm(lsb)}, {imm(width)}"
