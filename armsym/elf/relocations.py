"""The static relocations of AArch64: what each computes, and which bits of its place it fills.

Source: ELF for the Arm 64-bit Architecture (AAELF64), section "Relocation".  There S is the
symbol's address, A the addend, P the place's address, G(..) the address of a GOT slot, Page(x) is
x with its low twelve bits clear.  Addresses here count from the image base, which is a multiple of
4096 and otherwise unknown: differences of addresses, differences of pages and the low twelve bits
do not depend on it, and nothing else may be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["BRANCHES", "HOWTO", "VENEERS", "Form", "Howto", "Operation", "fits", "insert", "relocation_name"]


class Operation(Enum):
    """How X is computed."""

    ABS = "S + A"
    PREL = "S + A - P"
    PAGE = "Page(S + A) - Page(P)"
    LO12 = "(S + A) AND 0xfff"
    GOT_PAGE = "Page(G(GDAT(S + A))) - Page(P)"
    GOT_LO12 = "G(GDAT(S + A)) AND 0xfff"
    GOT_PREL = "G(GDAT(S + A)) - P"
    GOT_OFFSET = "G(GDAT(S + A)) - Page(GOT)"

    @property
    def uses_got(self) -> bool:
        """Whether X is about the symbol's GOT slot."""
        return self.name.startswith("GOT_")


class Form(Enum):
    """Where bits of X go."""

    DATA = "the whole place"
    FIELD = "one field of an instruction"
    ADR = "immlo (bits 30:29) and immhi (bits 23:5) of ADR or ADRP"
    MOVW = "imm16 (bits 20:5) of MOVZ or MOVK"
    MOVNZ = "imm16 (bits 20:5), with MOVN for a negative X and MOVZ for another"


@dataclass(frozen=True, slots=True)
class Howto:
    """One relocation type.  X must be in [low, high) where given, and a multiple of `multiple`;
    then the bits from `lsb` up, `width` of them, go to the field at `position` of a place of `size`
    bytes.  Where the field has more bits (`field`) the others become zero."""

    name: str
    operation: Operation
    form: Form
    size: int
    lsb: int
    width: int
    position: int = 0
    low: int | None = None
    high: int | None = None
    multiple: int = 1
    field: int = 0


def _data(name: str, operation: Operation, bits: int, low: int | None, high: int | None) -> Howto:
    return Howto(name, operation, Form.DATA, bits // 8, 0, bits, 0, low, high)


def _signed(name: str, operation: Operation, lsb: int, bits: int, position: int) -> Howto:
    """A signed X of `bits` bits, whose bits from `lsb` up go to `position`; the rest must be zero."""
    half = 1 << (bits - 1)
    return Howto(name, operation, Form.FIELD, 4, lsb, bits - lsb, position, -half, half, 1 << lsb)


def _lo12(name: str, scale: int) -> Howto:
    return Howto(name, Operation.LO12, Form.FIELD, 4, scale, 12 - scale, 10, multiple=1 << scale, field=12)


def _adr(name: str, operation: Operation, lsb: int, low: int | None, high: int | None) -> Howto:
    return Howto(name, operation, Form.ADR, 4, lsb, 21, 0, low, high)


def _movw(name: str, operation: Operation, group: int, *, signed: bool = False, check: bool = True) -> Howto:
    top = 1 << (16 * group + 16)
    low = high = None
    if check and group < 3:
        low, high = (-top, top) if signed else (0, top)
    form = Form.MOVNZ if signed else Form.MOVW
    return Howto(name, operation, form, 4, 16 * group, 16, 5, low, high)


_ABS, _PREL, _PAGE = Operation.ABS, Operation.PREL, Operation.PAGE

HOWTO: dict[int, Howto] = {
    257: _data("ABS64", _ABS, 64, None, None),
    258: _data("ABS32", _ABS, 32, -(1 << 31), 1 << 32),
    259: _data("ABS16", _ABS, 16, -(1 << 15), 1 << 16),
    # AAELF64 lets PREL32 and PREL16 hold unsigned numbers too, so that a reader cannot tell which was
    # meant; a difference of addresses is signed, and only that is accepted.
    260: _data("PREL64", _PREL, 64, None, None),
    261: _data("PREL32", _PREL, 32, -(1 << 31), 1 << 31),
    262: _data("PREL16", _PREL, 16, -(1 << 15), 1 << 15),
    314: _data("PLT32", _PREL, 32, -(1 << 31), 1 << 31),
    263: _movw("MOVW_UABS_G0", _ABS, 0),
    264: _movw("MOVW_UABS_G0_NC", _ABS, 0, check=False),
    265: _movw("MOVW_UABS_G1", _ABS, 1),
    266: _movw("MOVW_UABS_G1_NC", _ABS, 1, check=False),
    267: _movw("MOVW_UABS_G2", _ABS, 2),
    268: _movw("MOVW_UABS_G2_NC", _ABS, 2, check=False),
    269: _movw("MOVW_UABS_G3", _ABS, 3),
    270: _movw("MOVW_SABS_G0", _ABS, 0, signed=True),
    271: _movw("MOVW_SABS_G1", _ABS, 1, signed=True),
    272: _movw("MOVW_SABS_G2", _ABS, 2, signed=True),
    287: _movw("MOVW_PREL_G0", _PREL, 0, signed=True),
    288: _movw("MOVW_PREL_G0_NC", _PREL, 0, check=False),
    289: _movw("MOVW_PREL_G1", _PREL, 1, signed=True),
    290: _movw("MOVW_PREL_G1_NC", _PREL, 1, check=False),
    291: _movw("MOVW_PREL_G2", _PREL, 2, signed=True),
    292: _movw("MOVW_PREL_G2_NC", _PREL, 2, check=False),
    293: _movw("MOVW_PREL_G3", _PREL, 3, signed=True),
    273: _signed("LD_PREL_LO19", _PREL, 2, 21, 5),
    274: _adr("ADR_PREL_LO21", _PREL, 0, -(1 << 20), 1 << 20),
    275: _adr("ADR_PREL_PG_HI21", _PAGE, 12, -(1 << 32), 1 << 32),
    276: _adr("ADR_PREL_PG_HI21_NC", _PAGE, 12, None, None),
    277: _lo12("ADD_ABS_LO12_NC", 0),
    278: _lo12("LDST8_ABS_LO12_NC", 0),
    284: _lo12("LDST16_ABS_LO12_NC", 1),
    285: _lo12("LDST32_ABS_LO12_NC", 2),
    286: _lo12("LDST64_ABS_LO12_NC", 3),
    299: _lo12("LDST128_ABS_LO12_NC", 4),
    279: _signed("TSTBR14", _PREL, 2, 16, 5),
    280: _signed("CONDBR19", _PREL, 2, 21, 5),
    282: _signed("JUMP26", _PREL, 2, 28, 0),
    283: _signed("CALL26", _PREL, 2, 28, 0),
    309: _signed("GOT_LD_PREL19", Operation.GOT_PREL, 2, 21, 5),
    311: _adr("ADR_GOT_PAGE", Operation.GOT_PAGE, 12, -(1 << 32), 1 << 32),
    312: Howto("LD64_GOT_LO12_NC", Operation.GOT_LO12, Form.FIELD, 4, 3, 9, 10, multiple=8, field=12),
    313: Howto("LD64_GOTPAGE_LO15", Operation.GOT_OFFSET, Form.FIELD, 4, 3, 12, 10, 0, 1 << 15, 8),
}

#: Types that transfer control: what they name is code.
BRANCHES = frozenset({279, 280, 282, 283})

#: Those that the linker may lead over code of its own, a veneer (AAPCS64, "Use of IP0 and IP1 by the linker").
VENEERS = frozenset({"CALL26", "JUMP26"})


def relocation_name(number: int) -> str:
    """`R_AARCH64_CALL26`, or the number for a type without a name here."""
    howto = HOWTO.get(number)
    if howto is not None:
        return f"R_AARCH64_{howto.name}"
    from elftools.elf.enums import ENUM_RELOC_TYPE_AARCH64

    names = {v: k for k, v in ENUM_RELOC_TYPE_AARCH64.items()}
    return str(names.get(number, f"relocation type {number}"))


def fits(howto: Howto, word: int) -> bool:
    """Whether a relocation of an instruction is made for this word, which then takes X from that field."""
    if howto.form is Form.ADR:
        return word & 0x9F00_0000 == (0x9000_0000 if howto.lsb else 0x1000_0000)  # ADRP, ADR
    if howto.form in (Form.MOVW, Form.MOVNZ):
        return word & 0x1F80_0000 == 0x1280_0000 and word >> 21 & 3 == howto.lsb // 16  # MOVN, MOVZ, MOVK
    if howto.form is Form.DATA:
        return False
    if howto.position == 10:
        if word & 0x3B00_0000 == 0x3900_0000:  # load or store, unsigned offset, in units of what it accesses
            vector = word >> 26 & 1 and word >> 23 & 1
            size = word >> 30
            return howto.lsb == (4 if vector and not size else size) and not (vector and size)
        return not howto.lsb and word & 0xFFC0_0000 == 0x9100_0000 and howto.name == "ADD_ABS_LO12_NC"
    if howto.width == 26:
        return word & 0x7C00_0000 == 0x1400_0000  # B, BL
    if howto.width == 14:
        return word & 0x7E00_0000 == 0x3600_0000  # TBZ, TBNZ
    if howto.name == "CONDBR19":
        return word & 0xFF00_0000 == 0x5400_0000 or word & 0x7E00_0000 == 0x3400_0000  # B.cond, CBZ, CBNZ
    return word & 0x3B00_0000 == 0x1800_0000  # load (literal)


def insert(howto: Howto, old: int, x: int) -> int:
    """The little-endian number at the place after the relocation; `old` is what was there.

    `x` has passed the checks of `howto`.  Only the relocation's own bits change.
    """
    bits = (x >> howto.lsb) & ((1 << howto.width) - 1)
    if howto.form is Form.DATA:
        return bits
    if howto.form is Form.ADR:
        return old & ~(3 << 29 | 0x7FFFF << 5) | (bits & 3) << 29 | (bits >> 2) << 5
    if howto.form is Form.MOVNZ:
        # Bit 30 tells MOVZ from MOVN, which writes the inverse of its immediate.
        old = old & ~(1 << 30) if x < 0 else old | 1 << 30
        bits = ~bits & 0xFFFF if x < 0 else bits
    field = howto.field or howto.width
    return old & ~(((1 << field) - 1) << howto.position) | bits << howto.position
