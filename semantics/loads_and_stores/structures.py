"""Advanced SIMD structure loads and stores: what the forms with and without post-index share."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple, TypeAlias

from armsym.bits import Bits
from armsym.isa import Instruction
from armsym.machine import Machine
from semantics.loads_and_stores.addressing import SMALL_OFFSETS, base_address
from semantics.syntax import reg

__all__ = ["MultipleStructures", "SingleStructure", "Structures"]

_LETTERS = "bhsd"

#: opcode: (rpt, selem), the registers per element position and the elements per structure.
_MULTIPLE = {
    0b0000: (1, 4),
    0b0010: (4, 1),
    0b0100: (1, 3),
    0b0110: (3, 1),
    0b0111: (1, 1),
    0b1000: (1, 2),
    0b1010: (2, 1),
}


class Structures(Instruction):
    """Base of both kinds: the address, the register list and the post-index."""

    L: int
    Rn: int
    Rt: int

    def transfer(self, m: Machine, address: Bits) -> None:
        """The manual's operation but for the write-back; raises `MemoryFault`."""
        raise NotImplementedError

    @property
    def transferred_bytes(self) -> int:
        """How many bytes are accessed: the post-index when Rm is 31."""
        raise NotImplementedError

    @property
    def mnemonic_and_list(self) -> str:
        """The mnemonic and the register list, as in "ld1 {v0.16b, v1.16b}"."""
        raise NotImplementedError

    def register_list(self, count: int, arrangement: str) -> str:
        """Registers Rt, Rt + 1, ... modulo 32 in braces."""
        return "{" + ", ".join(f"v{(self.Rt + k) % 32}.{arrangement}" for k in range(count)) + "}"

    def execute_post_indexed(self, m: Machine, rm: int) -> None:
        """The transfer, then Rn = Rn + Xrm, or + `transferred_bytes` when `rm` is 31."""
        address = base_address(m, self.Rn)
        self.transfer(m, address)
        offset = self.transferred_bytes if rm == 31 else m.read_x(rm)
        m.write_x(self.Rn, address + offset, sp=True)

    def syntax(self) -> str:
        """Assembler syntax of the form without offset."""
        return f"{self.mnemonic_and_list}, [{reg(self.Rn, sp=True)}]"

    def syntax_post_indexed(self, rm: int) -> str:
        """Assembler syntax of the post-indexed form (Capstone prints this one immediate in decimal)."""
        return f"{self.syntax()}, {f'#{self.transferred_bytes}' if rm == 31 else reg(rm)}"


class MultipleStructures(Structures):
    """LD1-LD4 and ST1-ST4 of whole registers: fields Q, L, opcode, size, Rn, Rt."""

    Q: int
    opcode: int
    size: int

    def allocated(self) -> bool:
        """See `Instruction.allocated`: .1D exists for LD1 and ST1 only."""
        if self.opcode not in _MULTIPLE:
            return False
        return self.Q == 1 or self.size != 0b11 or _MULTIPLE[self.opcode][1] == 1

    @property
    def transferred_bytes(self) -> int:
        """See `Structures.transferred_bytes`."""
        rpt, selem = _MULTIPLE[self.opcode]
        return rpt * selem * (16 if self.Q else 8)

    def transfer(self, m: Machine, address: Bits) -> None:
        """See `Structures.transfer`."""
        datasize = 128 if self.Q else 64
        rpt, selem = _MULTIPLE[self.opcode]
        t = self.Rt
        if selem == 1:
            # The elements of a register follow each other in memory, least significant first, so
            # that its accesses make up one little-endian access of the register's size.
            for r in range(rpt):
                tt = (t + r) % 32
                where = address + SMALL_OFFSETS[r * (datasize // 8)]
                if self.L:
                    m.write_v(tt, m.load(where, datasize // 8))
                else:
                    m.store(where, m.read_v(tt, datasize))
            return
        # rpt is 1: element e of every register, then element e + 1 of every register, ...
        esize = 8 << self.size
        ebytes, elements = esize // 8, datasize // esize
        if self.L:
            values: list[list[Bits]] = [[] for _ in range(selem)]
            for k in range(elements * selem):
                values[k % selem].append(m.load(address + SMALL_OFFSETS[k * ebytes], ebytes))
            for s in range(selem):
                m.write_v((t + s) % 32, Bits.from_elems(values[s]))
        else:
            registers = [m.read_v((t + s) % 32, datasize) for s in range(selem)]
            for k in range(elements * selem):
                m.store(address + SMALL_OFFSETS[k * ebytes], registers[k % selem].elem(k // selem, esize))

    @property
    def mnemonic_and_list(self) -> str:
        """See `Structures.mnemonic_and_list`."""
        rpt, selem = _MULTIPLE[self.opcode]
        elements = (128 if self.Q else 64) // (8 << self.size)
        registers = self.register_list(rpt * selem, f"{elements}{_LETTERS[self.size]}")
        return f"{'ld' if self.L else 'st'}{selem} {registers}"


#: Q, L, R, opcode, S, size of a single-structure access.
_SingleFields: TypeAlias = tuple[int, int, int, int, int, int]


class _Lane(NamedTuple):
    """What these fields stand for: registers, log2 of the element's bytes, element number, LDnR."""

    selem: int
    scale: int
    element: int
    replicate: bool


def _decode_lane(fields: _SingleFields) -> _Lane | None:
    """The manual's decode of the single-structure classes; None where it says UNDEFINED."""
    Q, L, R, opcode, S, size = fields
    scale = opcode >> 1
    selem = (((opcode & 1) << 1) | R) + 1
    if scale == 3:
        # Load and replicate.
        if L == 0 or S == 1:
            return None
        return _Lane(selem, size, 0, True)
    if scale == 0:
        return _Lane(selem, 0, Q << 3 | S << 2 | size, False)
    if scale == 1:
        if size & 1:
            return None
        return _Lane(selem, 1, Q << 2 | S << 1 | size >> 1, False)
    if size & 2:
        return None
    if size == 0:
        return _Lane(selem, 2, Q << 1 | S, False)
    if S == 1:
        return None
    return _Lane(selem, 3, Q, False)


_LANE = {
    fields: lane
    for fields in product(range(2), range(2), range(2), range(8), range(2), range(4))
    if (lane := _decode_lane(fields)) is not None
}


class SingleStructure(Structures):
    """LD1-LD4 and ST1-ST4 of one lane, LD1R-LD4R: fields Q, L, R, opcode, S, size, Rn, Rt."""

    Q: int
    R: int
    opcode: int
    S: int
    size: int

    @property
    def _fields(self) -> _SingleFields:
        return self.Q, self.L, self.R, self.opcode, self.S, self.size

    def allocated(self) -> bool:
        """See `Instruction.allocated`."""
        return self._fields in _LANE

    @property
    def transferred_bytes(self) -> int:
        """See `Structures.transferred_bytes`."""
        lane = _LANE[self._fields]
        return lane.selem << lane.scale

    def transfer(self, m: Machine, address: Bits) -> None:
        """See `Structures.transfer`."""
        selem, scale, element, replicate = _LANE[self._fields]
        esize, ebytes = 8 << scale, 1 << scale
        t = self.Rt
        for s in range(selem):
            tt = (t + s) % 32
            where = address + SMALL_OFFSETS[s * ebytes]
            if replicate:
                datasize = 128 if self.Q else 64
                m.write_v(tt, m.load(where, ebytes).replicate(datasize // esize))
            elif self.L:
                m.write_v(tt, m.read_v(tt).with_elem(element, m.load(where, ebytes)))
            else:
                m.store(where, m.read_v(tt).elem(element, esize))

    @property
    def mnemonic_and_list(self) -> str:
        """See `Structures.mnemonic_and_list`."""
        selem, scale, element, replicate = _LANE[self._fields]
        letter = _LETTERS[scale]
        if replicate:
            elements = (128 if self.Q else 64) // (8 << scale)
            return f"ld{selem}r {self.register_list(selem, f'{elements}{letter}')}"
        lane = f"[{element:#x}]" if element > 9 else f"[{element}]"
        return f"{'ld' if self.L else 'st'}{selem} {self.register_list(selem, letter)}{lane}"
