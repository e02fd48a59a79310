"""Replaying trials on Unicorn: agreement, faults of both, and that a wrong semantics is found out."""

from __future__ import annotations

import builtins
import struct
from collections.abc import Callable
from typing import Any

import pytest

from armsym.bits import Bits
from armsym.conform.replay import MISMATCH, replay
from armsym.elf import Image
from armsym.elf.layout import Contents, Section, Segment
from armsym.elf.symbols import Symbol
from armsym.isa import Instruction, InstructionSet
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.proof.concrete import Trial
from armsym.proof.loops import Routine
from semantics import A64
from semantics.data_processing_immediate.add_sub_immediate import AddSubImmediate

BASE, DATA, TOP, BACK = 0x1_0000_0000, 0x5_0000_0ABC, 0x7_0001_0000, 0x6_0000_0F00

# Assembled with GNU as.
SUM = [
    0xD2800002,  # mov  x2, #0
    0x38401403,  # 1: ldrb w3, [x0], #1
    0x8B030042,  # add  x2, x2, x3
    0xF1000421,  # subs x1, x1, #1
    0x54FFFFA1,  # b.ne 1b
    0x4E080C41,  # dup  v1.2d, x2
    0xF81F0FE2,  # str  x2, [sp, #-16]!
    0x910043FF,  # add  sp, sp, #16
    0xD65F03C0,  # ret
]
BYTES = bytes(range(7, 100, 9))


def _routine(words: list[int], isa: InstructionSet = A64) -> Routine:
    code = Segment("text", 0, struct.pack(f"<{len(words)}I", *words), "rx")
    symbols = [Symbol("f", 0, 4 * len(words), "func", "global", "text")]
    contents = Contents([code], [Section("text", 0, len(code.data))])
    return Routine(Image("made", b"", "shared", contents, lambda: symbols), isa, "f")


def _trial(routine: Routine, *, count: int = len(BYTES)) -> Trial:
    segment = routine.image.segments[0]
    regions = [
        ConcreteRegion("image text", BASE, routine.image.loaded(segment, BASE), "rx"),
        ConcreteRegion("data", DATA, bytearray(BYTES), "r"),
        ConcreteRegion("stack", TOP - 16, bytearray(b"s" * 16), "rw"),
    ]
    x = [Bits(64, 0x0101_0101 * n) for n in range(31)]
    x[0], x[1], x[30] = Bits(64, DATA), Bits(64, count), Bits(64, BACK)
    entry = Machine(
        x=x,
        sp=Bits(64, TOP),
        v=[Bits(128, 0x33 << n) for n in range(32)],
        nzcv=NZCV.of_bits(Bits(4, 0b0101)),
        pc=Bits(64, BASE),
        memory=ConcreteMemory(regions),
    )
    return Trial({}, entry, regions, base=BASE, return_address=BACK, stack_top=TOP)


def _replay(words: list[int], isa: InstructionSet = A64, *, count: int = len(BYTES)) -> str:
    routine = _routine(words, isa)
    return replay(_trial(routine, count=count), routine)


def test_agreement_names_bytes_and_instructions() -> None:
    size, steps = len(BYTES) + 16, 1 + 4 * len(BYTES) + 4
    assert _replay(SUM) == (
        f"armsym and Unicorn agree on all registers and {size} bytes of memory after {steps} instructions."
    )


def test_the_entry_state_is_left_alone() -> None:
    routine = _routine(SUM)
    trial = _trial(routine)
    before = trial.entry.fork()
    replay(trial, routine)
    assert trial.entry.x[2].uint == before.x[2].uint
    now, then = trial.entry.memory, before.memory
    assert isinstance(now, ConcreteMemory)
    assert isinstance(then, ConcreteMemory)
    assert [r.data for r in now.regions] == [r.data for r in then.regions]


def test_one_byte_out_of_bounds_is_seen_by_both() -> None:
    # The byte after the region lies on the same page.
    said = _replay(SUM, count=len(BYTES) + 1)
    assert MISMATCH not in said
    assert f"before instruction {1 + 4 * len(BYTES) + 1} at 0x4 <f+0x4>" in said
    end = DATA + len(BYTES)
    assert said.endswith(f"both then make the load of 1 bytes at {end:#x} that no region permits.")


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ([0xF9000002, 0xD65F03C0], f"the store of 8 bytes at {DATA:#x}"),  # str x2, [x0]: not writable
        ([0xF8404005, 0xF8404405, 0xF9400005, 0xD65F03C0], f"the load of 8 bytes at {DATA + 4:#x}"),
        ([0xF9400042, 0xD65F03C0], "the load of 8 bytes at 0x2020202"),  # ldr x2, [x2]: unmapped
        ([0x3DC00042, 0xD65F03C0], "the load of 16 bytes at 0x2020202"),  # ldr q2, [x2]
    ],
)
def test_refused_accesses(words: list[int], refused: str) -> None:
    said = _replay(words)
    assert MISMATCH not in said
    assert f"both then make {refused} that no region permits." in said


def test_an_exception_stops_both() -> None:
    said = _replay([0x91000421, 0xD4200000, 0xD65F03C0])  # add x1, x1, #1; brk #0
    assert MISMATCH not in said
    assert "before instruction 2 at 0x4 <f+0x4>; armsym stops there" in said
    assert said.endswith("and so does Unicorn (BRK).")


@pytest.mark.parametrize("word", [0x14000004, 0x17FFFFF0, 0xD61F0040])  # b +16; b -64; br x2
def test_a_branch_out_of_the_code_stops_both(word: int) -> None:
    said = _replay([word, 0xD65F03C0])
    assert MISMATCH not in said
    assert "before instruction 2" in said
    assert "so does Unicorn (there is no code at" in said


def test_a_word_that_is_not_modelled_is_no_mismatch() -> None:
    said = _replay([0x1E602800, 0xD65F03C0])  # fadd d0, d0, d0
    assert said.endswith("where Unicorn goes on.")
    assert MISMATCH not in said


def test_a_routine_without_end_is_compared_at_the_step_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armsym.conform.replay.MAX_STEPS", 1001)
    said = _replay([0x91000421, 0x17FFFFFF])  # add x1, x1, #1; b .-4
    assert "agree on all registers" in said
    assert "before instruction 1002 at 0x4 <f+0x4>; neither has returned" in said


def test_what_unicorn_does_not_have_is_not_replayed() -> None:
    assert _replay([0xD503415F, 0xD65F03C0]).startswith("not replayed: MSR DIT")  # msr dit, #1


def test_without_unicorn_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> object:
        if name.startswith("unicorn"):
            raise ImportError("no module named unicorn")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert _replay(SUM).startswith("not replayed: the execution oracle unicorn==2.1.4 is not installed")


# -- planted defects: each must be called a mismatch --------------------------------------------


def _defective(change: Callable[[Instruction, Machine], None]) -> InstructionSet:
    """A64 with another meaning of subtract immediate."""

    class Wrong(AddSubImmediate):
        def execute(self, m: Machine) -> None:
            super().execute(m)
            if self.op:
                change(self, m)

    classes = [Wrong if c is AddSubImmediate else c for c in A64.classes]
    return InstructionSet("A64 with a defect", classes, A64.data_independent)


def _flip_register(i: Instruction, m: Machine) -> None:
    m.write_x(9, m.x[9] ^ 1)


def _flip_flag(i: Instruction, m: Machine) -> None:
    m.nzcv = NZCV.of_bits(m.nzcv.bits ^ 1)


def _flip_vector(i: Instruction, m: Machine) -> None:
    m.write_v(31, m.v[31] ^ (1 << 127))


def _store(i: Instruction, m: Machine) -> None:
    m.store(Bits(64, TOP - 1), Bits(8, 0))


def _other_address(i: Instruction, m: Machine) -> None:
    m.write_x(0, m.x[0] + (1 << 32))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_flip_register, "X9"),
        (_flip_flag, "NZCV"),
        (_flip_vector, "V31"),
        (_store, "stack"),
        (_other_address, "X0"),
    ],
)
def test_a_planted_defect_is_a_mismatch(change: Callable[[Instruction, Machine], None], where: str) -> None:
    said = _replay(SUM, _defective(change), count=3)
    assert said.startswith(MISMATCH)
    assert where in said


def test_another_loop_count_is_a_mismatch() -> None:
    def longer(i: Instruction, m: Machine) -> None:
        m.nzcv = NZCV.of_bits(Bits(4, 0b0100))

    assert _replay(SUM, _defective(longer), count=3).startswith(f"{MISMATCH} after 9 instructions: ")
