"""Which forms Arm lists as data-independent, and that the others announce all that they read.

The names below were read off Arm's pages of the instructions, one by one: those whose "Operational information" says
nothing of PSTATE.DIT.  They are written here apart from the lists in `semantics/timing.py`, which are what is listed.
"""

from __future__ import annotations

import pytest

from armsym.bits import Bits
from armsym.conform.words import ClassWords
from armsym.errors import ArmsymError
from armsym.isa import Instruction
from armsym.machine import NZCV, Machine, Watched
from armsym.memory import ConcreteMemory
from armsym.stepper import Stepper
from semantics import A64
from semantics.timing import ANNOUNCED, LISTED

#: What reads nothing that could be secret in the model, or leaves the routine: hints, barriers, exceptions.
_IDLE = """
    adr adrp nop yield wfe wfi sev sevl dgh xpaclri pacia1716 pacib1716 autia1716 autib1716 esb psb tsb csdb
    paciaz paciasp pacibz pacibsp autiaz autiasp autibz autibsp bti hint dmb dsb isb sb ssbb pssbb udf brk hlt hvc
    smc svc
"""
IDLE = frozenset(_IDLE.split())

#: Of those the operands are announced.
_NOT_LISTED = """
    udiv sdiv fmov mrs msr sqabs sqadd sqdmlal sqdmlal2 sqdmlsl sqdmlsl2 sqdmull sqdmull2 sqneg sqrshl sqrshrn
    sqrshrn2 sqrshrun sqrshrun2 sqshl sqshlu sqshrn sqshrn2 sqshrun sqshrun2 sqsub sqxtn sqxtn2 sqxtun sqxtun2
    srhadd srshl srshr srsra suqadd uqadd uqrshl uqrshrn uqrshrn2 uqshl uqshrn uqshrn2 uqsub uqxtn uqxtn2 urhadd
    urshl urshr ursra usqadd
"""
NOT_LISTED = frozenset(_NOT_LISTED.split())


def machine(seen: list[tuple[str, int]]) -> Machine:
    m = Machine(
        x=[Bits(64, 0x1000 * (n + 1)) for n in range(31)],
        sp=Bits(64, 0x8000),
        v=[Bits(128, 3 * n + 1) for n in range(32)],
        nzcv=NZCV.of_bits(Bits(4, 5)),
        pc=Bits(64, 0x4000),
        memory=ConcreteMemory([]),
    )
    m.on_leak = lambda kind, value: seen.append((kind, value.uint))
    return m


def instructions(cls: type[Instruction]) -> list[Instruction]:
    return list(ClassWords(cls, seed=3, limit=2000).instructions(300))


def test_every_form_is_listed_or_known_not_to_be() -> None:
    found = {i.assembly(0).split()[0] for cls in A64.classes for i in instructions(cls)}
    conditional = {name for name in found if name.startswith("b.")}
    assert found - LISTED - ANNOUNCED - conditional == {*IDLE, *NOT_LISTED}
    assert not LISTED & {*IDLE, *NOT_LISTED, *ANNOUNCED}
    # (Aliases of one value of a field are rare among random words.)
    assert (LISTED | ANNOUNCED) - found <= {"sxtb", "sxth", "sxtw", "uxtb", "uxth"}, "a name that nothing has"


@pytest.mark.parametrize("name", ["add", "umulh", "sqrdmulh", "aese", "tbl", "ldr", "cbz", "b.eq", "fcsel", "crc32cx"])
def test_these_are_data_independent(name: str) -> None:
    words = [i for cls in A64.classes for i in instructions(cls) if i.assembly(0).split()[0] == name]
    assert words
    assert {A64.latency(i) for i in words} == {None}


def test_what_is_not_listed_announces_all_it_reads() -> None:
    """`Watched` refuses registers read past `read_x` and `read_v`; here every form is executed under it."""
    announced: dict[str, int] = {}
    for cls in A64.classes:
        for i in instructions(cls):
            name = A64.latency(i)
            if name is None:
                continue
            seen: list[tuple[str, int]] = []
            m = machine(seen)
            try:
                i.execute(Watched(m, "operand"))  # type: ignore[arg-type]
            except ArmsymError:
                assert name in IDLE or name in ("mrs", "msr")
                continue
            assert all(kind == "operand" for kind, _ in seen)
            announced[name] = max(announced.get(name, 0), len(seen))
    assert {n for n in NOT_LISTED if not announced.get(n)} == set()
    assert {n for n in IDLE if announced.get(n)} == set()


def test_reading_past_the_methods_is_refused() -> None:
    seen: list[tuple[str, int]] = []
    watched = Watched(machine(seen), "operand")
    with pytest.raises(AssertionError, match="reads x past read_x"):
        _ = watched.x
    assert watched.nzcv.C.value is False
    assert watched.nzcv.Z.value is True
    assert seen == [("operand", 5)] * 2


class Code:
    """One instruction at 0."""

    def __init__(self, word: int) -> None:
        self._word = word

    def word(self, offset: int) -> int:
        return self._word

    def symbolize(self, offset: int) -> str:
        return "code"


@pytest.mark.parametrize(
    ("word", "alike", "values"),
    [
        (0x1AC20820, [], [0x2000, 0x3000]),  # udiv w0, w1, w2
        (0x1AC20820, ["sdiv"], [0x2000, 0x3000]),
        (0x1AC20820, ["udiv"], []),
        (0x9E660001, [], [1]),  # fmov x1, d0
        (0x9E660001, ["fmov"], []),
        (0x8B020020, [], []),  # add x0, x1, x2
        (0xD53B4201, [], [5]),  # mrs x1, nzcv
    ],
)
def test_the_stepper_announces_operands(word: int, alike: list[str], values: list[int]) -> None:
    seen: list[tuple[str, int]] = []
    m = machine(seen)
    assert Stepper(A64, Code(word), Bits(64, 0), Bits(64, 0x9000), alike).step(m, 0) == 4
    assert [v for _, v in seen] == values
    assert all("Arm does not list" in kind for kind, _ in seen)
