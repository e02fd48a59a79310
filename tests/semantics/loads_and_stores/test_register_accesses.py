"""Single-register and pair accesses: extension, order, write-back, base register 31.

Words are from GNU as; expected values follow by hand from the region's bytes (byte k is k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from armsym.bits import Bits
from armsym.errors import AlignmentFault, MemoryFault, UndefinedInstruction, UnmodelledInstruction

if TYPE_CHECKING:
    from one_core import Core


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (0x39400022, 0x80),  # ldrb w2, [x1]
        (0x39C00022, 0xFFFF_FF80),  # ldrsb w2, [x1]: 32 bits, the upper half is zero
        (0x39800022, 0xFFFF_FFFF_FFFF_FF80),  # ldrsb x2, [x1]
        (0x79C00022, 0xFFFF_8180),  # ldrsh w2, [x1]
        (0xB9800022, 0xFFFF_FFFF_8382_8180),  # ldrsw x2, [x1]
        (0xB9400022, 0x8382_8180),  # ldr w2, [x1]
        (0xF9400022, 0x8786_8584_8382_8180),  # ldr x2, [x1]
        (0xF85F8022, 0x7F7E_7D7C_7B7A_7978),  # ldur x2, [x1, #-8]
        (0xF85F8822, 0x7F7E_7D7C_7B7A_7978),  # ldtr x2, [x1, #-8]
    ],
)
def test_extension_of_loads(core: Core, word: int, expected: int) -> None:
    core.run(word)
    assert core.x(2) == expected


@pytest.mark.parametrize(
    ("word", "x3", "offset"),
    [
        (0xF8635822, 0xFFFF_FFFF_0000_0003, 24),  # ldr x2, [x1, w3, uxtw #3]: the upper half is ignored
        (0xF863D822, 0x0000_0000_FFFF_FFFE, -16),  # ldr x2, [x1, w3, sxtw #3]
        (0xF863E822, 0xFFFF_FFFF_FFFF_FFF9, -7),  # ldr x2, [x1, x3, sxtx]
        (0xF8637822, 0xE000_0000_0000_0002, 16),  # ldr x2, [x1, x3, lsl #3]: the shift drops the top
        (0xF87F7822, 0x0123_4567_89AB_CDEF, 0),  # ldr x2, [x1, xzr, lsl #3]: index 31 is zero, not SP
    ],
)
def test_register_offset(core: Core, word: int, x3: int, offset: int) -> None:
    core.m.x[3] = Bits(64, x3)
    core.run(word)
    assert core.leaks == [("load address", core.start + offset)]
    assert core.x(2) == int.from_bytes(bytes(range(0x80 + offset, 0x88 + offset)), "little")


def test_simd_loads_clear_the_upper_bits(core: Core) -> None:
    core.run(0x3D400022)  # ldr b2, [x1]
    assert core.v(2) == b"\x80" + bytes(15)
    core.run(0x2D400C22)  # ldp s2, s3, [x1]
    assert core.v(2) == b"\x80\x81\x82\x83" + bytes(12)
    assert core.v(3) == b"\x84\x85\x86\x87" + bytes(12)


def test_stores_change_their_bytes_only(core: Core) -> None:
    core.run(0x79000422)  # strh w2, [x1, #2]
    core.run(0x3D000422)  # str b2, [x1, #1]
    core.run(0xF900043F)  # str xzr, [x1, #8]
    expected = bytearray(range(256))
    expected[0x82:0x84] = b"\x02\x02"
    expected[0x81] = 0x42
    expected[0x88:0x90] = bytes(8)
    assert core.region.data == expected


def test_pairs_access_the_lower_address_first(core: Core) -> None:
    core.run(0x697F0C22)  # ldpsw x2, x3, [x1, #-8]
    assert core.leaks == [("load address", core.start - 8), ("load address", core.start - 4)]
    assert (core.x(2), core.x(3)) == (0x7B7A_7978, 0x7F7E_7D7C)
    core.run(0x69400C22)  # ldpsw x2, x3, [x1]
    assert (core.x(2), core.x(3)) == (0xFFFF_FFFF_8382_8180, 0xFFFF_FFFF_8786_8584)


def test_pair_may_load_its_base_when_it_is_not_written_back(core: Core) -> None:
    core.run(0xA9400821)  # ldp x1, x2, [x1]
    assert (core.x(1), core.x(2)) == (0x8786_8584_8382_8180, 0x8F8E_8D8C_8B8A_8988)


def test_stack_pointer_as_base(core: Core) -> None:
    core.run(0xA9BF0BFF)  # stp xzr, x2, [sp, #-16]!
    assert core.x(31) == core.start - 16
    assert core.region.data[0x70:0x80] == bytes(8) + b"\x02" * 8
    core.run(0xF84107E2)  # ldr x2, [sp], #16
    assert core.x(31) == core.start
    assert core.x(2) == 0
    assert core.m.written_x == 1 << 31 | 1 << 2


@pytest.mark.parametrize(
    "word",
    [
        0xF94003E2,  # ldr x2, [sp]
        0x3C8107E2,  # str q2, [sp], #16
        0xA9400BE3,  # ldp x3, x2, [sp]
        0xF8616BE2,  # ldr x2, [sp, x1]
        0xC8DFFFE2,  # ldar x2, [sp]
        0x4C4073E2,  # ld1 {v2.16b}, [sp]
    ],
)
def test_misaligned_stack_pointer_faults(core: Core, word: int) -> None:
    core.m.sp = Bits(64, core.start + 8)
    before = core.everything()
    with pytest.raises(AlignmentFault):
        core.run(word)
    assert core.everything() == before


@pytest.mark.parametrize(
    "word",
    [
        0xF85F0422,  # ldr x2, [x1], #-16
        0xF81F0C22,  # str x2, [x1, #-16]!
        0xA8FF0C22,  # ldp x2, x3, [x1], #-16
        0xADBF0C22,  # stp q2, q3, [x1, #-32]!
        0x4CDF7022,  # ld1 {v2.16b}, [x1], #16
    ],
)
def test_nothing_is_written_back_when_the_access_faults(core: Core, word: int) -> None:
    core.m.x[1] = Bits(64, 0x8000_0000)
    with pytest.raises(MemoryFault):
        core.run(word)
    assert core.x(1) == 0x8000_0000
    assert core.m.written_x == core.m.written_v == 0


def test_prefetch_shows_its_address_and_does_nothing_else(core: Core) -> None:
    core.m.sp = Bits(64, 0xDEAD_0008)  # neither aligned nor mapped
    before = core.everything()
    core.run(0xF98007E0)  # prfm pldl1keep, [sp, #8]
    core.run(0xF89F83E0)  # prfum pldl1keep, [sp, #-8]
    core.run(0xF8A26BE0)  # prfm pldl1keep, [sp, x2]
    core.run(0xD8000080)  # prfm pldl1keep, .+16
    assert core.everything() == before
    assert core.leaks == [
        ("prefetch address", 0xDEAD_0010),
        ("prefetch address", 0xDEAD_0000),
        ("prefetch address", 0xDEAD_0008 + 0x0202_0202_0202_0202),
        ("prefetch address", 0x40010),
    ]


def test_range_prefetch_shows_both_registers(core: Core) -> None:
    core.run(0xF8A26838)  # prfm #0x18, [x1, x2]; rprfm on cores that have it
    assert ("prefetch address", core.start) in core.leaks
    assert ("prefetch range", 0x0202_0202_0202_0202) in core.leaks


def test_literal_is_relative_to_the_instruction(core: Core) -> None:
    core.m.pc = Bits(64, core.start)
    core.run(0x98FFFFE2)  # ldrsw x2, .-4
    assert core.x(2) == 0x7F7E_7D7C
    core.run(0x9C000082)  # ldr q2, .+16
    assert core.v(2) == bytes(range(0x90, 0xA0))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("form", [0x08DFFC22, 0x089FFC22, 0x08DF7C22, 0x089F7C22, 0x38BFC022])
def test_ordered_accesses_are_aligned(core: Core, size: int, form: int) -> None:
    word = form | size << 30  # ldar, stlr, ldlar, stllr, ldapr of w2 or x2 at [x1]
    core.run(word)
    core.m.x[1] = Bits(64, core.start + (1 << size) - 1)
    before = core.everything()
    with pytest.raises(AlignmentFault):
        core.run(word)
    assert core.everything() == before


def test_ordered_byte_accesses_may_be_anywhere(core: Core) -> None:
    core.m.x[1] = Bits(64, core.start + 1)
    core.run(0x08DFFC22)  # ldarb w2, [x1]
    assert core.x(2) == 0x81


@pytest.mark.parametrize(
    "word",
    [
        0xF8410421,  # ldr x1, [x1], #16
        0xF8010421,  # str x1, [x1], #16
        0xF8410C21,  # ldr x1, [x1, #16]!
        0x38010C21,  # strb w1, [x1, #16]!
        0xB8810421,  # ldrsw x1, [x1], #16
        0x38C10421,  # ldrsb w1, [x1], #16
        0xA9400822,  # ldp x2, x2, [x1]
        0x28400822,  # ldnp w2, w2, [x1]
        0xAD400822,  # ldp q2, q2, [x1]
        0xA9407FFF,  # ldp xzr, xzr, [sp]
        0xA8C10821,  # ldp x1, x2, [x1], #16
        0xA9C10422,  # ldp x2, x1, [x1, #16]!
        0xA8810821,  # stp x1, x2, [x1], #16
        0xA9810422,  # stp x2, x1, [x1, #16]!
        0x68C10821,  # ldpsw x1, x2, [x1], #8
    ],
)
def test_constrained_unpredictable_forms_stop_the_machine(core: Core, word: int) -> None:
    i = core.isa.decode(word)
    before = core.everything()
    with pytest.raises(UndefinedInstruction):
        i.execute(core.m)
    assert core.everything() == before
    assert core.leaks == []


@pytest.mark.parametrize(
    ("word", "what"),
    [
        (0xF8010FFF, "str xzr, [sp, #0x10]!"),  # 31 is ZR here and SP there
        (0x3C810421, "str q1, [x1], #0x10"),  # a SIMD register is not the base
        (0xAC810821, "stp q1, q2, [x1], #0x20"),
        (0xA9000822, "stp x2, x2, [x1]"),  # storing one register twice is fine
        (0x4CC17021, "ld1 {v1.16b}, [x1], x1"),
    ],
)
def test_similar_forms_that_are_predictable(core: Core, word: int, what: str) -> None:
    i = core.isa.decode(word)
    assert i.assembly(0) == what
    i.execute(core.m)
    assert core.leaks


@pytest.mark.parametrize(
    ("word", "text"),
    [
        # Capstone takes these for write-back forms and refuses them; the manual and GNU objdump do not.
        (0x38403AD6, "ldtrb w22, [x22, #3]"),
        (0xF8400821, "ldtr x1, [x1]"),
    ],
)
def test_unprivileged_load_of_its_base(core: Core, word: int, text: str) -> None:
    assert core.isa.decode(word).assembly(0) == text
    core.run(0xF8400821)
    assert core.x(1) == 0x8786_8584_8382_8180


@pytest.mark.parametrize(
    "word",
    [
        0xC85F7C41,  # ldxr x1, [x2]
        0xC8037C41,  # stxr w3, x1, [x2]
        0x885FFC41,  # ldaxr w1, [x2]
        0x8803FC41,  # stlxr w3, w1, [x2]
        0xC87F0861,  # ldxp x1, x2, [x3]
        0xC8240861,  # stxp w4, x1, x2, [x3]
        0xF8210062,  # ldadd x1, x2, [x3]
        0xB8218062,  # swp w1, w2, [x3]
        0xF8E10062,  # ldaddal x1, x2, [x3]
        0xC8A17C62,  # cas x1, x2, [x3]
        0x48227CC4,  # casp x2, x3, x4, x5, [x6]
        0x69000861,  # stgp x1, x2, [x3]
        0xD9200841,  # stg x1, [x2]
        0xF8201441,  # ldraa x1, [x2, #8]
        0xF8A01C41,  # ldrab x1, [x2, #8]!
        0x68400861,  # would be ldnpsw x1, x2, [x3]
        0xF8810422,  # would be prfm, post-indexed
        0xF8E26822,  # size 11, opc 11
        0xDC000082,  # literal, opc 11, VR 1
        0xEC400822,  # pair, opc 11
        0x08DEFC22,  # ldarb with Rs not all ones
        0x38BEC022,  # ldaprb with Rs not all ones
    ],
)
def test_unallocated_or_unmodelled_words_do_not_decode(core: Core, word: int) -> None:
    with pytest.raises(UnmodelledInstruction):
        core.isa.decode(word)
