"""Wrong encoding classes: each is a real class with one mistake, of the kind one makes.

A bug is found by one of three comparisons, which the table names: "decode" (Capstone),
"execute" (Unicorn) or "symbolic" (terms against numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from armsym.bits import Bits, Prop, concat, ite
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine

Body = dict[str, Any]


@dataclass(frozen=True)
class PlantedBug:
    """`body(base)` gives the methods of a subclass of the real class `cls_name`."""

    cls_name: str
    name: str
    found_by: str
    body: Callable[[type[Instruction]], Body]

    def __str__(self) -> str:
        return f"{self.cls_name}: {self.name}"


def plant(isa: InstructionSet, bug: PlantedBug) -> tuple[InstructionSet, type[Instruction]]:
    """The instruction set with the wrong class in the place of the real one, and the wrong class."""
    (base,) = (c for c in isa.classes if c.__name__ == bug.cls_name)
    wrong = type(base.__name__, (base,), {"__doc__": base.__doc__, "__module__": base.__module__, **bug.body(base)})
    return InstructionSet("scratch", [wrong if c is base else c for c in isa.classes], isa.data_independent), wrong


# -- ways to be wrong -----------------------------------------------------------------------------


def altered(base: type[Instruction], i: Any, changes: dict[str, Any]) -> Instruction:
    """The real instruction with other field values."""
    j = base.__new__(base)
    j.word = i.word
    for f in base.fields:
        value = changes.get(f.name, getattr(i, f.name))
        setattr(j, f.name, (value(i) if callable(value) else value) & f.mask)
    j.allocated()
    return j


def fields(*, when: Callable[[Any], bool] = lambda i: True, **changes: Any) -> Callable[[type[Instruction]], Body]:
    """Executes as if the fields had other values."""

    def body(base: type[Instruction]) -> Body:
        def execute(self: Any, m: Machine) -> None:
            base.execute(altered(base, self, changes) if when(self) else self, m)

        return {"execute": execute}

    return body


def after(fix: Callable[[Any, Machine, Any], None], before: Callable[[Any, Machine], Any] = lambda i, m: None) -> Any:
    """Executes rightly, then spoils the state; `before` may save something for it."""

    def body(base: type[Instruction]) -> Body:
        def execute(self: Any, m: Machine) -> None:
            saved = before(self, m)
            base.execute(self, m)
            fix(self, m, saved)

        return {"execute": execute}

    return body


def instead(run: Callable[[Any, Machine, Callable[[Machine], None]], None]) -> Any:
    """Executes something else; the right execution is the third argument."""

    def body(base: type[Instruction]) -> Body:
        def execute(self: Any, m: Machine) -> None:
            run(self, m, lambda machine: base.execute(self, machine))

        return {"execute": execute}

    return body


def accepts(extra: Callable[[Any], bool]) -> Any:
    """Calls more combinations allocated."""

    def body(base: type[Instruction]) -> Body:
        def allocated(self: Any) -> bool:
            return base.allocated(self) or extra(self)

        return {"allocated": allocated}

    return body


def refuses(which: Callable[[Any], bool]) -> Any:
    """Calls fewer combinations allocated."""

    def body(base: type[Instruction]) -> Body:
        def allocated(self: Any) -> bool:
            return base.allocated(self) and not which(self)

        return {"allocated": allocated}

    return body


def prints(change: Callable[[Any, str], str]) -> Any:
    """Prints something else."""

    def body(base: type[Instruction]) -> Body:
        def assembly(self: Any, pc: int) -> str:
            return change(self, base.assembly(self, pc))

        return {"assembly": assembly}

    return body


def _flags(m: Machine, **changed: Prop) -> None:
    f = m.nzcv
    m.write_nzcv(NZCV.of(*(changed.get(n, getattr(f, n)) for n in "NZCV")))


def _swap_lanes(size: int) -> Callable[[Any, Machine, Any], None]:
    def fix(i: Any, m: Machine, _: Any) -> None:
        if getattr(i, "Q", 1):
            m.write_v(i.Rd, concat(*m.read_v(i.Rd).elems(size)))

    return fix


def _without_sp_check(base: type[Instruction]) -> Body:
    def execute(self: Any, m: Machine) -> None:
        # The same access through a copy of SP in a general-purpose register.
        copy = next(n for n in range(30, -1, -1) if n != self.Rt)
        if self.Rn != 31:
            base.execute(self, m)
            return
        old = m.read_x(copy)
        m.write_x(copy, m.sp)
        base.execute(altered(base, self, {"Rn": copy}), m)
        m.write_x(copy, old)

    return {"execute": execute}


def _without_writeback(i: Any, m: Machine, run: Callable[[Machine], None]) -> None:
    base = m.read_x(i.Rn, sp=True)
    run(m)
    m.write_x(i.Rn, base, sp=True)


def _carry_lost(i: Any, m: Machine, run: Callable[[Machine], None]) -> None:
    old = m.nzcv
    without = m.nzcv = NZCV.of(old.N, old.Z, Prop(False), old.V)
    run(m)
    if m.nzcv is without:
        m.nzcv = old


def _keeps_upper_half(i: Any, m: Machine, old: Bits) -> None:
    if not i.Q:
        m.write_v(i.Rd, concat(old[127:64], m.read_v(i.Rd)[63:0]))


def _low_word_only(i: Any, m: Machine, old: Bits) -> None:
    if i.size == 2 and not i.VR and i.opc == 1 and i.Rt != 31:
        m.write_x(i.Rt, concat(old[63:32], m.read_x(i.Rt)[31:0]))


def _logical_keeps_cv(i: Any, m: Machine, old: NZCV) -> None:
    if i.opc == 3:
        _flags(m, C=old.C, V=old.V)


def _movk_clears(i: Any, m: Machine, _: Any) -> None:
    if i.opc == 3:
        m.write_x(i.Rd, Bits(64 if i.sf else 32, i.imm16 << 16 * i.hw))


def _sp_as_zr(i: Any, m: Machine, old: Bits) -> None:
    if i.Rd == 31 and not i.S:
        m.sp = old


def _zr_as_sp(i: Any, m: Machine, _: Any) -> None:
    if i.Rd == 31 and i.S:
        m.write_x(31, m.read_x(i.Rn, sp=True), sp=True)


def _links_before_reading(i: Any, m: Machine, _: Any) -> None:
    if i.opc == 1 and i.Rn == 30:
        m.branch(m.read_x(30))


def _udiv_by_zero(i: Any, m: Machine, divisor: Bits) -> None:
    if i.opcode == 2:
        w = 64 if i.sf else 32
        m.write_x(i.Rd, ite(divisor == 0, ~Bits(w, 0), m.read_x(i.Rd, w)))


def _only_on_terms(i: Any, m: Machine, _: Any) -> None:
    r = m.read_x(i.Rd)
    if not r.is_concrete:
        m.write_x(i.Rd, r + 1)


def _only_on_numbers(i: Any, m: Machine, _: Any) -> None:
    if m.read_x(i.Rm).is_concrete:
        m.on_leak("operand", m.read_x(i.Rm))


def _branches_on_data(i: Any, m: Machine, run: Callable[[Machine], None]) -> None:
    if m.read_x(i.Rm).uint == 0:
        m.write_x(i.Rd, m.read_x(i.Rn))
    else:
        run(m)


def _never_branch(i: Any, m: Machine, _: Any) -> None:
    m.branch_target = None


def _store_dropped(i: Any, m: Machine, run: Callable[[Machine], None]) -> None:
    if i.opc & 3 == 0 and i.Rt == 31 and not i.VR:
        return
    run(m)


X, D, S = "execute", "decode", "symbolic"

BUGS: tuple[PlantedBug, ...] = tuple(
    PlantedBug(*row)
    for row in (
        # -- data processing, immediate
        (
            "PCRelAddressing",
            "ADRP keeps the low 12 bits of PC+imm",
            X,
            after(lambda i, m, _: m.write_x(i.Rd, m.read_x(i.Rd) + 4) if i.op else None),
        ),
        ("PCRelAddressing", "immlo and immhi in the wrong order", X, fields(immlo=lambda i: i.immhi & 3)),
        ("AddSubImmediate", "Rd = 31 without S written as ZR", X, after(_sp_as_zr, lambda i, m: m.sp)),
        ("AddSubImmediate", "Rd = 31 with S written to SP", X, after(_zr_as_sp)),
        ("AddSubImmediate", "sh ignored", X, fields(sh=0)),
        (
            "AddSubImmediate",
            "C inverted after subtraction",
            X,
            after(lambda i, m, _: _flags(m, C=~m.nzcv.C) if i.S and i.op else None),
        ),
        ("LogicalImmediate", "immr taken one too large", X, fields(immr=lambda i: i.immr + 1)),
        ("LogicalImmediate", "ANDS keeps C and V", X, after(_logical_keeps_cv, lambda i, m: m.nzcv)),
        ("MoveWideImmediate", "MOVK clears the other halfwords", X, after(_movk_clears)),
        ("MoveWideImmediate", "MOVN moves the immediate uninverted", X, fields(opc=lambda i: i.opc or 2)),
        ("Bitfield", "SBFM extends with zeros", X, fields(opc=lambda i: i.opc or 2)),
        ("Bitfield", "BFM clears the other bits", X, fields(opc=lambda i: i.opc & 2)),
        ("Extract", "Rn and Rm swapped", X, fields(Rn=lambda i: i.Rm, Rm=lambda i: i.Rn)),
        # -- data processing, register
        ("AddSubWithCarry", "carry ignored", X, instead(_carry_lost)),
        (
            "AddSubWithCarry",
            "ADCS: V inverted",
            X,
            after(lambda i, m, _: _flags(m, V=~m.nzcv.V) if i.S else None),
        ),
        ("AddSubShiftedRegister", "LSR for ASR", X, fields(shift=lambda i: i.shift & 1)),
        (
            "AddSubShiftedRegister",
            "shift one too far",
            X,
            fields(imm6=lambda i: min(i.imm6 + 1, 63 if i.sf else 31)),
        ),
        (
            "AddSubShiftedRegister",
            "Z of the full register in the 32-bit form",
            X,
            after(lambda i, m, _: _flags(m, Z=Prop(False)) if i.S and not i.sf else None),
        ),
        ("AddSubExtendedRegister", "SXTB for UXTB", X, fields(option=lambda i: i.option | 4)),
        ("AddSubExtendedRegister", "shift ignored", X, fields(imm3=0)),
        ("LogicalShiftedRegister", "BIC does not invert", X, fields(N=0)),
        (
            "LogicalShiftedRegister",
            "ROR taken for ASR",
            X,
            fields(shift=lambda i: 2 if i.shift == 3 else i.shift),
        ),
        ("ConditionalSelect", "CSINC does not increment", X, fields(o2=0)),
        ("ConditionalSelect", "condition inverted", X, fields(cond=lambda i: i.cond ^ 1)),
        (
            "ConditionalCompareImmediate",
            "nzcv immediate reversed",
            X,
            fields(nzcv=lambda i: int(f"{i.nzcv:04b}"[::-1], 2)),
        ),
        ("ConditionalCompareRegister", "compare in 64 bits always", X, fields(sf=1)),
        (
            "DataProcessing2Source",
            "UDIV by zero gives ones",
            X,
            after(_udiv_by_zero, lambda i, m: m.read_x(i.Rm, 64 if i.sf else 32)),
        ),
        (
            "DataProcessing2Source",
            "CRC32 with the polynomial of CRC32C",
            X,
            fields(opcode=lambda i: i.opcode | 4 if i.opcode >> 3 == 2 else i.opcode),
        ),
        (
            "DataProcessing2Source",
            "ASRV as LSRV",
            X,
            fields(opcode=lambda i: 0b001001 if i.opcode == 0b001010 else i.opcode),
        ),
        ("DataProcessing1Source", "CLS as CLZ", X, fields(opcode=lambda i: 4 if i.opcode == 5 else i.opcode)),
        ("DataProcessing3Source", "SMULH as UMULH", X, fields(op31=lambda i: 6 if i.op31 == 2 else i.op31)),
        ("DataProcessing3Source", "MSUB as MADD", X, fields(o0=0)),
        # -- branches
        ("ConditionalBranchImmediate", "never taken", X, after(_never_branch)),
        ("ConditionalBranchImmediate", "GT for GE", X, fields(cond=lambda i: 12 if i.cond == 10 else i.cond)),
        (
            "UnconditionalBranchImmediate",
            "BL does not link",
            X,
            after(lambda i, m, old: m.write_x(30, old), lambda i, m: m.read_x(30)),
        ),
        ("UnconditionalBranchRegister", "BLR X30 reads after linking", X, after(_links_before_reading)),
        ("CompareAndBranchImmediate", "tests 64 bits always", X, fields(sf=1)),
        ("TestAndBranchImmediate", "b5 ignored", X, fields(b5=0)),
        ("TestAndBranchImmediate", "displacement one word off", X, fields(imm14=lambda i: i.imm14 + 1)),
        # -- loads and stores
        (
            "LoadStoreRegisterPairOffset",
            "the pair swapped",
            X,
            fields(Rt=lambda i: i.Rt2, Rt2=lambda i: i.Rt),
        ),
        (
            "LoadStoreRegisterPairOffset",
            "offset not scaled by the access",
            X,
            fields(imm7=lambda i: i.imm7 >> 1),
        ),
        ("LoadStoreRegisterPairPostIndexed", "no writeback", X, instead(_without_writeback)),
        ("LoadStoreRegisterImmediatePreIndexed", "no writeback", X, instead(_without_writeback)),
        (
            "LoadStoreRegisterUnsignedImmediate",
            "W load keeps the upper word",
            X,
            after(_low_word_only, lambda i, m: m.read_x(i.Rt)),
        ),
        (
            "LoadStoreRegisterUnsignedImmediate",
            "LDRSB into W as into X",
            X,
            fields(opc=lambda i: 2 if i.opc == 3 and i.size < 2 and not i.VR else i.opc),
        ),
        ("LoadStoreRegisterUnscaled", "offset zero-extended", X, fields(imm9=lambda i: i.imm9 & 255)),
        ("LoadStoreRegisterUnscaled", "SP alignment not checked", X, _without_sp_check),
        ("LoadStoreRegisterUnscaled", "store of WZR dropped", X, instead(_store_dropped)),
        (
            "LoadStoreRegisterRegisterOffset",
            "SXTW as UXTW",
            X,
            fields(option=lambda i: 2 if i.option == 6 else i.option),
        ),
        ("LoadStoreRegisterRegisterOffset", "offset not scaled", X, fields(S=0)),
        (
            "LoadRegisterLiteral",
            "LDRSW extends with zeros",
            X,
            fields(opc=lambda i: 0 if i.opc == 2 and not i.VR else i.opc),
        ),
        (
            "AdvancedSimdMultipleStructures",
            "LD2 not interleaved",
            X,
            fields(opcode=lambda i: 0b1010 if i.opcode == 0b1000 else i.opcode),
        ),
        (
            "AdvancedSimdSingleStructure",
            "wrong lane",
            X,
            fields(S=lambda i: i.S ^ 1, when=lambda i: i.opcode < 2),
        ),
        (
            "AdvancedSimdMultipleStructuresPostIndexed",
            "Xm taken where Rm = 31 means the size",
            X,
            fields(Rm=lambda i: 0 if i.Rm == 31 else i.Rm),
        ),
        # -- Advanced SIMD
        ("AdvSIMDThreeSame", "lanes in the opposite order", X, after(_swap_lanes(32))),
        (
            "AdvSIMDThreeSame",
            "upper half kept when Q = 0",
            X,
            after(_keeps_upper_half, lambda i, m: m.read_v(i.Rd)),
        ),
        ("AdvSIMDThreeSame", "CMHI signed", X, fields(U=0, when=lambda i: i.opcode == 0b00110)),
        (
            "AdvSIMDThreeSame",
            "BSL as BIT",
            X,
            fields(size=2, when=lambda i: (i.U, i.opcode, i.size) == (1, 3, 1)),
        ),
        ("AdvSIMDPermute", "ZIP1 as ZIP2", X, fields(opcode=lambda i: 7 if i.opcode == 3 else i.opcode)),
        ("AdvSIMDTableLookup", "TBL keeps what is out of range", X, fields(op=1)),
        ("AdvSIMDExtract", "Rn and Rm swapped", X, fields(Rn=lambda i: i.Rm, Rm=lambda i: i.Rn)),
        ("AdvSIMDShiftByImmediate", "SSHR as USHR", X, fields(U=1, when=lambda i: i.opcode == 0)),
        ("AdvSIMDThreeDifferent", "PMULL2 takes the lower half", X, fields(Q=0)),
        (
            "AdvSIMDCopy",
            "DUP of another lane",
            X,
            fields(imm5=lambda i: i.imm5 ^ 16, when=lambda i: i.imm4 < 2 and not i.op and i.imm5 & 15),
        ),
        (
            "AdvSIMDTwoRegisterMisc",
            "REV32 as REV64",
            X,
            fields(U=0, when=lambda i: i.opcode == 0 and i.size < 2),
        ),
        # -- cryptographic
        ("CryptoAES", "AESE as AESD", X, fields(opcode=lambda i: 5 if i.opcode == 4 else i.opcode)),
        (
            "CryptoThreeRegisterSHA",
            "SHA256H and SHA256H2 swapped",
            X,
            fields(opcode=lambda i: i.opcode ^ 1 if i.opcode in {4, 5} else i.opcode),
        ),
        (
            "CryptoThreeRegisterSHA512",
            "SHA512SU1 operands swapped",
            X,
            fields(Rn=lambda i: i.Rm, Rm=lambda i: i.Rn, when=lambda i: (i.O, i.opcode) == (0, 2)),
        ),
        ("CryptoFourRegister", "BCAX as EOR3", X, fields(Op0=lambda i: 0 if i.Op0 == 1 else i.Op0)),
        ("XAR", "rotates left", X, fields(imm6=lambda i: -i.imm6)),
        # -- decoding too much or too little
        ("AddSubShiftedRegister", "shift type 11 accepted", D, accepts(lambda i: i.shift == 3)),
        (
            "AddSubShiftedRegister",
            "imm6 > 31 accepted in the 32-bit form",
            D,
            accepts(lambda i: i.shift != 3),
        ),
        ("AddSubExtendedRegister", "shift by more than 4 accepted", D, accepts(lambda i: True)),
        ("LogicalImmediate", "reserved immediates accepted", D, accepts(lambda i: i.sf == 1)),
        ("Bitfield", "N other than sf accepted", D, accepts(lambda i: i.opc != 3)),
        ("MoveWideImmediate", "hw > 1 accepted in the 32-bit form", D, accepts(lambda i: i.opc != 1)),
        (
            "AdvSIMDThreeSame",
            "a single 64-bit lane accepted",
            D,
            accepts(lambda i: (i.U, i.opcode, i.size) == (0, 0b10000, 3)),
        ),
        ("DataProcessing1Source", "32-bit forms refused", D, refuses(lambda i: not i.sf)),
        ("LoadStoreRegisterRegisterOffset", "option x0x accepted", D, accepts(lambda i: i.option & 2 == 0)),
        # -- syntax
        (
            "AddSubImmediate",
            "CMP printed as SUBS",
            D,
            prints(lambda i, t: t.replace("cmp ", "subs xzr, ") if i.sf else t),
        ),
        ("AddSubImmediate", "SP printed as XZR", D, prints(lambda i, t: t.replace("sp", "xzr"))),
        (
            "LoadStoreRegisterUnscaled",
            "sign of the offset lost",
            D,
            prints(lambda i, t: t.replace("#-", "#")),
        ),
        (
            "ConditionalBranchImmediate",
            "target relative, not absolute",
            D,
            prints(lambda i, t: f"{t.split()[0]} #{4 * i.imm19:#x}"),
        ),
        (
            "AdvSIMDThreeSame",
            "arrangement of the other width",
            D,
            prints(lambda i, t: t.replace(".4s", ".2s") if i.Q else t),
        ),
        # -- wrong on terms only, or on numbers only
        ("AddSubShiftedRegister", "one too many on terms", S, after(_only_on_terms)),
        ("LogicalShiftedRegister", "an announcement on numbers only", S, after(_only_on_numbers)),
        ("ConditionalSelect", "Python if on data", S, instead(_branches_on_data)),
    )
)
