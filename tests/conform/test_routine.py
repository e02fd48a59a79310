"""A whole routine on Unicorn against the same routine on our interpreter and against arithmetic."""

from __future__ import annotations

import struct

import pytest

from armsym.bits import Bits
from armsym.conform.routine import machine_differences, run_routine
from armsym.errors import BudgetError, ExceptionTaken, InputError, MemoryFault
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from semantics import A64

CODE, DATA, OUT, STACK, STOP = 0x40_0000, 0x51_0238, 0x60_0010, 0x70_0000, 0x90_0000

# Assembled with GNU as.
ROUTINE = [
    0xA9BE7BFD,  # stp  x29, x30, [sp, #-32]!
    0xFD000BE8,  # str  d8, [sp, #16]
    0xD2800003,  # mov  x3, #0
    0x4F00E408,  # movi v8.16b, #0
    0xF8408402,  # 1: ldr x2, [x0], #8
    0x8B020063,  # add  x3, x3, x2
    0x3DC00080,  # ldr  q0, [x4]
    0x4EE08508,  # add  v8.2d, v8.2d, v0.2d
    0xF1000421,  # subs x1, x1, #1
    0x54FFFF61,  # b.ne 1b
    0x94000006,  # bl   2f
    0xF90000A3,  # str  x3, [x5]
    0x3D8004A8,  # str  q8, [x5, #16]
    0xFD400BE8,  # ldr  d8, [sp, #16]
    0xA8C27BFD,  # ldp  x29, x30, [sp], #32
    0xD65F03C0,  # ret
    0xD2401C63,  # 2: eor x3, x3, #255
    0xD65F03C0,  # ret
]
NUMBERS = [3, 2**64 - 1, 0x1234_5678_9ABC_DEF0, 77]


def _machine(code: list[int] = ROUTINE) -> Machine:
    data = b"".join(n.to_bytes(8, "little") for n in NUMBERS)
    regions = [
        ConcreteRegion("code", CODE, bytearray(b"".join(w.to_bytes(4, "little") for w in code)), "rx"),
        ConcreteRegion("data", DATA, bytearray(data), "r"),
        ConcreteRegion("out", OUT, bytearray(32), "rw"),
        ConcreteRegion("stack", STACK, bytearray(0x100), "rw"),
    ]
    x = [Bits(64, 0x1111 * n) for n in range(31)]
    x[0], x[1], x[4], x[5], x[30] = (Bits(64, v) for v in (DATA, len(NUMBERS), DATA, OUT, STOP))
    return Machine(
        x=x,
        sp=Bits(64, STACK + 0x100),
        v=[Bits(128, 0x2222 * n) for n in range(32)],
        nzcv=NZCV.of_bits(Bits(4, 0b1010)),
        pc=Bits(64, CODE),
        memory=ConcreteMemory(regions),
    )


def _interpret(m: Machine) -> Machine:
    m = m.fork()
    while m.pc.uint != STOP:
        word = m.memory.load(m.pc, 4).uint
        m.branch_target = None
        A64.decode(word).execute(m)
        m.pc = m.branch_target if m.branch_target is not None else m.pc + 4
    return m


def test_a_routine_agrees_with_the_interpreter_and_with_arithmetic() -> None:
    start = _machine()
    after = run_routine(start, CODE, STOP)
    assert machine_differences(_interpret(start), after) == []
    total = sum(NUMBERS) % 2**64 ^ 0xFF
    lanes = [n * len(NUMBERS) % 2**64 for n in NUMBERS[:2]]
    assert after.memory.load(Bits(64, OUT), 8).uint == total
    assert struct.unpack("<2Q", after.memory.load(Bits(64, OUT + 16), 16).to_bytes("little")) == tuple(lanes)
    assert after.sp.uint == start.sp.uint
    assert start.memory.load(Bits(64, OUT), 8).uint == 0, "the given machine is left alone"


def test_differences_are_named() -> None:
    ours, theirs = _interpret(_machine()), run_routine(_machine(), CODE, STOP)
    ours.write_x(7, Bits(64, 1))
    ours.write_v(9, Bits(128, 1 << 100))
    ours.store(Bits(64, OUT + 4), Bits(8, ours.load(Bits(64, OUT + 4), 1).uint ^ 1))
    found = machine_differences(ours, theirs)
    assert [d.split(":")[0] for d in found] == ["X7", "V9", "out+0x4"]


def test_a_fault_and_an_exception_are_raised() -> None:
    m = _machine()
    m.write_x(5, Bits(64, 0xBAD_0000))
    with pytest.raises(MemoryFault):
        run_routine(m, CODE, STOP)
    with pytest.raises(ExceptionTaken) as e:
        run_routine(_machine([0xD4000001]), CODE, STOP)
    assert e.value.kind == "SVC"


def test_a_routine_that_does_not_return_is_stopped() -> None:
    with pytest.raises(BudgetError, match="did not reach"):
        run_routine(_machine([0x14000000]), CODE, STOP, seconds=0.05)


def test_regions_must_be_the_same_to_be_compared() -> None:
    m = _machine()
    other = _machine(ROUTINE[:-1])
    with pytest.raises(InputError, match="different regions"):
        machine_differences(m, other)
