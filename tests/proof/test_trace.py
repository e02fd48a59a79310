"""The records of a run: put one after the other they lead from the state on entry to the one at the end."""

from __future__ import annotations

from assembling import assembled

from armsym.bits import Bits
from armsym.elf import load_bytes
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.proof.trace import TraceStep, trace
from armsym.stepper import Stepper, run_concrete
from semantics import A64

CODE = """
        .text
        .global mixes
        .type   mixes, %function
mixes:
        sub     sp, sp, #16
        str     x0, [sp]
        ldp     x2, x3, [x1]
        adds    x2, x2, x3
        fmov    d1, x2
        str     x2, [x1, #8]
        ldr     x4, [sp], #16
        cbz     x4, 1f
        brk     #7
1:      mov     x5, x5
        ret
        .size   mixes, .-mixes
"""
BACK = 0x6FFF_0000_0000


def _start(x0: int) -> tuple[Machine, Stepper]:
    memory = ConcreteMemory(
        [
            ConcreteRegion("a", 0x5000, bytearray(range(16)), "rw"),
            ConcreteRegion("stack", 0x7000, bytearray(64), "rw"),
        ]
    )
    x = [Bits(64, 3 * n) for n in range(31)]
    x[0], x[1], x[30] = Bits(64, x0), Bits(64, 0x5000), Bits(64, BACK)
    v = [Bits(128, 0)] * 32
    m = Machine(x=x, sp=Bits(64, 0x7040), v=v, nzcv=NZCV.of_bits(Bits(4, 2)), pc=Bits(64, 0), memory=memory)
    return m, Stepper(A64, load_bytes(assembled(CODE), "mixes.o"), Bits(64, 0x40_0000), Bits(64, BACK))


def _registers(m: Machine) -> dict[str, str]:
    named = {f"x{n}": f"{r.uint:#x}" for n, r in enumerate(m.x)} | {f"v{n}": f"{r.uint:#x}" for n, r in enumerate(m.v)}
    return named | {"sp": f"{m.sp.uint:#x}", "nzcv": f"{m.nzcv.bits.uint:04b}"}


def _entry(stepper: Stepper) -> int:
    return stepper.code.function_extent("mixes")[0]  # type: ignore[attr-defined,no-any-return]


def test_the_records_lead_to_the_end() -> None:
    m, stepper = _start(0)
    steps = list(trace(m, stepper, _entry(stepper)))
    state = _registers(m)
    stored = bytearray(range(16))
    for s in steps:
        for c in s.changed:
            assert state[c.name] == c.before != c.after
            state[c.name] = c.after
        for a in s.accesses:
            if a.verb == "store" and a.place.startswith("a+"):
                k = a.address - 0x5000
                stored[k : k + a.size] = int(a.value, 16).to_bytes(a.size, "little")
    final, stepper = _start(0)
    assert run_concrete(stepper, final, _entry(stepper), max_steps=100) == len(steps) == 10
    assert state == _registers(final)
    assert isinstance(final.memory, ConcreteMemory)
    assert stored == final.memory.regions[0].data
    assert [s.number for s in steps] == list(range(1, 11))


def test_the_machine_it_begins_with_is_left_as_it_was() -> None:
    m, stepper = _start(0)
    before = _registers(m)
    list(trace(m, stepper, _entry(stepper)))
    assert _registers(m) == before
    assert isinstance(m.memory, ConcreteMemory)
    assert m.memory.regions[0].data == bytearray(range(16))


def test_an_instruction_that_stops_is_the_last() -> None:
    m, stepper = _start(1)
    last: TraceStep = list(trace(m, stepper, _entry(stepper)))[-1]
    assert last.assembly.startswith("brk")
    assert "brk" in last.stopped.lower()
    assert last.changed == ()


def test_a_refused_access_is_told_without_a_value() -> None:
    m, stepper = _start(0)
    m.x[1] = Bits(64, 0x5008)
    last = list(trace(m, stepper, _entry(stepper)))[-1]
    assert [(a.verb, a.address, a.size, a.place, a.value) for a in last.accesses][-1] in (
        ("load", 0x5008, 16, "no region", ""),
        ("load", 0x5010, 8, "no region", ""),
    )
    assert "permitted by no region" in last.stopped
