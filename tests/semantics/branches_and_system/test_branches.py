"""Branches, system registers and exceptions: order of reads and writes, wrapping, typed reasons."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.bits import Bits, Prop
from armsym.errors import ExceptionTaken, UndefinedInstruction, Undetermined, UnmodelledInstruction
from armsym.isa import Instruction
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from armsym.terms import evaluate, var
from semantics import A64
from semantics.branches_and_system.barriers import Barriers
from semantics.branches_and_system.compare_and_branch_immediate import CompareAndBranchImmediate
from semantics.branches_and_system.conditional_branch_immediate import ConditionalBranchImmediate
from semantics.branches_and_system.exception_generation import ExceptionGeneration
from semantics.branches_and_system.hints import Hints
from semantics.branches_and_system.permanently_undefined import PermanentlyUndefined
from semantics.branches_and_system.pstate import PSTATE
from semantics.branches_and_system.system_register_move import SystemRegisterMove
from semantics.branches_and_system.test_and_branch_immediate import TestAndBranchImmediate
from semantics.branches_and_system.unconditional_branch_immediate import UnconditionalBranchImmediate
from semantics.branches_and_system.unconditional_branch_register import UnconditionalBranchRegister

Execute = Callable[..., Machine]


def target(m: Machine) -> int | None:
    """Where the branch goes; None for the next instruction."""
    assert m.branch_condition is None
    return None if m.branch_target is None else m.branch_target.uint


def test_blr_reads_its_target_before_it_writes_the_link(execute: Execute) -> None:
    m = execute(UnconditionalBranchRegister, {30: 0x4000}, pc=0x1004, opc=0b01, Rn=30)
    assert (target(m), m.x[30].uint) == (0x4000, 0x1008)
    m = execute(UnconditionalBranchRegister, {30: 0x4000}, pc=0x1004, opc=0b10, Rn=30)
    assert (target(m), m.x[30].uint) == (0x4000, 0x4000)
    assert target(execute(UnconditionalBranchRegister, sp=0x4000, opc=0b00, Rn=31)) == 0  # 31 is ZR, not SP


@pytest.mark.parametrize(
    ("imm26", "meant"),
    [(1, 0x1_0004), (0x1FF_FFFF, 0x800_FFFC), (0x3FF_FFFF, 0xFFFC), (0x200_0000, 0xFFFF_FFFF_F801_0000)],
)
def test_b_and_bl_reach_both_ways(execute: Execute, imm26: int, meant: int) -> None:
    for op in (0, 1):
        m = execute(UnconditionalBranchImmediate, pc=0x1_0000, op=op, imm26=imm26)
        assert (target(m), m.x[30].uint) == (meant, 0x1_0004 * op)
        i = A64.decode(UnconditionalBranchImmediate.encode(op=op, imm26=imm26))
        assert i.assembly(0x1_0000) == f"{('b', 'bl')[op]} #{meant:#x}"


def test_compare_and_test_branches_look_at_the_right_bits(execute: Execute) -> None:
    x = {1: 0x8000_0000_0000_0000}
    cbz = {"imm19": 0x7FFFF, "Rt": 1, "pc": 8}
    assert target(execute(CompareAndBranchImmediate, x, sf=0, op=0, **cbz)) == 4
    assert target(execute(CompareAndBranchImmediate, x, sf=1, op=0, **cbz)) is None
    assert target(execute(CompareAndBranchImmediate, x, sf=1, op=1, **cbz)) == 4
    tbz = {"imm14": 0x3FFF, "Rt": 1, "pc": 8}
    assert target(execute(TestAndBranchImmediate, x, b5=1, b40=31, op=1, **tbz)) == 4
    assert target(execute(TestAndBranchImmediate, x, b5=1, b40=31, op=0, **tbz)) is None
    assert target(execute(TestAndBranchImmediate, x, b5=0, b40=31, op=0, **tbz)) == 4


def test_branches_announce_what_an_attacker_sees(execute: Execute) -> None:
    leaks: list[tuple[str, int]] = []
    execute(CompareAndBranchImmediate, {1: 7}, leaks=leaks, sf=1, op=1, imm19=4, Rt=1)
    execute(TestAndBranchImmediate, {1: 7}, leaks=leaks, b5=0, b40=3, op=1, imm14=4, Rt=1)
    execute(ConditionalBranchImmediate, flags=0b0100, leaks=leaks, imm19=4, cond=0)
    execute(UnconditionalBranchRegister, {1: 64}, leaks=leaks, opc=0, Rn=1)
    conditions = [("branch condition", 1), ("branch condition", 0), ("branch condition", 1)]
    assert leaks == [*conditions, ("branch target", 64)]


def test_a_symbolic_condition_is_left_to_the_stepper(execute: Execute) -> None:
    m = execute(Hints, CRm=0, op2=0)
    off = Prop(False)
    m.nzcv = NZCV.of(off, Prop(var("z", 1)), off, off)
    A64.decode(ConditionalBranchImmediate.encode(imm19=4, cond=1)).execute(m)  # B.NE
    assert m.branch_target is not None
    assert m.branch_target.uint == 16
    assert m.branch_condition is not None
    assert [evaluate(m.branch_condition.bit.value, {"z": v}) for v in (0, 1)] == [1, 0]


@pytest.mark.parametrize(
    ("opc", "LL", "kind"), [(0, 1, "SVC"), (0, 2, "HVC"), (0, 3, "SMC"), (1, 0, "BRK"), (2, 0, "HLT")]
)
def test_exceptions_have_kind_and_immediate(execute: Execute, opc: int, LL: int, kind: str) -> None:
    with pytest.raises(ExceptionTaken) as stop:
        execute(ExceptionGeneration, opc=opc, LL=LL, imm16=0xBEEF)
    assert (stop.value.kind, stop.value.immediate) == (kind, 0xBEEF)


def test_udf_is_undefined(execute: Execute) -> None:
    with pytest.raises(UndefinedInstruction, match="UDF #0xbeef"):
        execute(PermanentlyUndefined, imm16=0xBEEF)


def test_nzcv_and_dit_are_bits_31_28_and_24(execute: Execute) -> None:
    nzcv, dit = {"op1": 3, "CRm": 2, "op2": 0b000}, {"op1": 3, "CRm": 2, "op2": 0b101}
    for flags in range(16):
        m = execute(SystemRegisterMove, {1: ~0 & (1 << 64) - 1}, flags=flags, L=1, Rt=1, **nzcv)
        assert m.x[1].uint == flags << 28
        m = execute(SystemRegisterMove, {1: 0xFFFF_FFFF_0FFF_FFFF | flags << 28}, flags=5, L=0, Rt=1, **nzcv)
        assert m.nzcv.bits.uint == flags
        assert m.written_flags
    m = execute(SystemRegisterMove, {1: 1 << 24}, L=0, Rt=1, **dit)
    assert m.dit.uint == 1
    A64.decode(SystemRegisterMove.encode(L=1, Rt=2, **dit)).execute(m)
    assert m.x[2].uint == 1 << 24
    A64.decode(PSTATE.encode(imm1=0)).execute(m)
    assert m.dit.uint == 0
    assert execute(SystemRegisterMove, {1: ~(1 << 24) & (1 << 64) - 1}, L=0, Rt=1, **dit).dit.uint == 0
    assert execute(PSTATE, imm1=1).dit.uint == 1


def test_sp_el0_is_read_and_never_written(execute: Execute) -> None:
    sp_el0 = {"op1": 0, "CRm": 1, "op2": 0}
    read = A64.decode(0xD5384105)
    assert read.assembly(0) == "mrs x5, sp_el0"
    assert "SP_EL0 may be read" in str(read.assumption())
    m = execute(SystemRegisterMove, {3: 1}, L=1, Rt=31, op1=3, CRm=2, op2=0)  # any machine
    with pytest.raises(Undetermined, match="SP_EL0"):
        read.execute(m)  # never silently a number
    m.sp_el0 = Bits(64, 0xFFFF_8000_0123_4567)
    read.execute(m)
    assert m.x[5].uint == 0xFFFF_8000_0123_4567
    m.fork().x[5] = Bits(64, 0)
    assert m.fork().sp_el0 is m.sp_el0
    for word in (0xD5184105, 0xD5384125, 0xD5384205, 0xD5394105, 0xD53C4105):  # MSR; op2, CRm, op1 that differ
        with pytest.raises(UnmodelledInstruction):
            A64.decode(word)
    assert SystemRegisterMove.encode(L=1, Rt=5, **sp_el0) == 0xD5384105


@pytest.mark.parametrize("cls", [Hints, Barriers])
def test_hints_and_barriers_change_nothing(cls: type[Instruction]) -> None:
    x, sp, pc, flags = (
        [Bits(64, n + 1) for n in range(31)],
        Bits(64, 99),
        Bits(64, 4),
        NZCV.of_bits(Bits(4, 9)),
    )
    allocated = 0
    for k in range(128):
        i = cls.from_word(cls.encode(CRm=k >> 3, op2=k & 7))
        if i is None:
            continue
        allocated += 1
        m = Machine(x=x[:], sp=sp, v=[], nzcv=flags, pc=pc, memory=ConcreteMemory([]))
        i.execute(m)
        assert all(a is b for a, b in zip(m.x, x, strict=True))
        assert m.sp is sp
        assert m.nzcv is flags
        assert m.branch_target is None
    assert allocated == {Hints: 128, Barriers: 3 * 16 + 1}[cls]


@pytest.mark.parametrize(
    "word",
    [
        0xD65F0BFF,  # RETAA
        0xD65F0FFF,  # RETAB
        0xD61F081F,  # BRAAZ
        0xD71F0820,  # BRAA
        0xD63F0BFF,  # BLRAAZ
        0xD69F03E0,  # ERET
        0xD6BF03E0,  # DRPS
        0xD61E0020,  # BR with op2 11110
        0xD61F0021,  # BR with op4 00001
        0x54000010,  # BC.EQ (FEAT_HBC)
        0x55000000,  # bit 24 of B.cond set
        0xD503305F,  # CLREX #0: there is no exclusive monitor
        0xD503323F,  # DSB nXS
        0xD50331FF,  # SB with CRm 0001, where the manual has (0)(0)(0)(0)
        0xD5033F9E,  # DSB with Rt 11110
        0xD503201E,  # NOP with Rt 11110
        0xD503425F,  # MSR DIT, #2
        0xD50340DF,  # MSR DAIFSet, #0
        0xD500401F,  # CFINV
        0xD53BD040,  # MRS X0, TPIDR_EL0
        0xD53B4400,  # MRS X0, FPCR
        0xD53B4220,  # MRS X0, DAIF
        0xD5087620,  # DC IVAC
        0xD4A00001,  # DCPS1
        0xD4600000,  # TCANCEL
        0xD4000000,  # SVC's row with LL 00
        0xD4000005,  # SVC with op2 001
        0xD4200001,  # BRK with LL 01
        0x00010000,  # the Reserved group beside UDF
    ],
)
def test_unallocated_or_not_modelled(word: int) -> None:
    assert A64.matches(word) == []
