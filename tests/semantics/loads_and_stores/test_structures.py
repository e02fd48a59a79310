"""Advanced SIMD structure loads and stores.

Words are from GNU as; expected values follow by hand from the region's bytes (byte k is k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from armsym.bits import Bits
from armsym.errors import UnmodelledInstruction

if TYPE_CHECKING:
    from one_core import Core


def test_ld2_separates_even_and_odd_elements(core: Core) -> None:
    core.run(0x4C40843F)  # ld2 {v31.8h, v0.8h}, [x1]: the list wraps round
    assert core.v(31) == bytes.fromhex("8081 8485 8889 8c8d 9091 9495 9899 9c9d")
    assert core.v(0) == bytes.fromhex("8283 8687 8a8b 8e8f 9293 9697 9a9b 9e9f")
    assert core.v(1) == b"\x41" * 16


def test_ld3_of_half_registers_clears_the_upper_halves(core: Core) -> None:
    core.run(0x0CDF4024)  # ld3 {v4.8b-v6.8b}, [x1], #24
    assert core.v(4) == bytes.fromhex("80 83 86 89 8c 8f 92 95") + bytes(8)
    assert core.v(5) == bytes.fromhex("81 84 87 8a 8d 90 93 96") + bytes(8)
    assert core.v(6) == bytes.fromhex("82 85 88 8b 8e 91 94 97") + bytes(8)
    assert core.x(1) == core.start + 24
    assert [a for _, a in core.leaks] == [core.start + k for k in range(24)]


def test_st3_interleaves(core: Core) -> None:
    core.run(0x0C004024)  # st3 {v4.8b-v6.8b}, [x1]
    expected = bytearray(range(256))
    expected[0x80:0x98] = b"\x44\x45\x46" * 8
    assert core.region.data == expected


def test_ld4_post_indexed_by_register(core: Core) -> None:
    core.run(0x4CC20C3E)  # ld4 {v30.2d, v31.2d, v0.2d, v1.2d}, [x1], x2
    for n, first in ((30, 0x80), (31, 0x88), (0, 0x90), (1, 0x98)):
        assert core.v(n) == bytes(range(first, first + 8)) + bytes(range(first + 32, first + 40))
    assert core.x(1) == (core.start + 0x0202_0202_0202_0202) % 2**64


def test_single_lanes(core: Core) -> None:
    for k in range(4):
        core.m.v[4 + k] = Bits.from_bytes(bytes(range(16 * k, 16 * k + 16)), "little")
    core.run(0x4DBF6824)  # st4 {v4.h-v7.h}[5], [x1], #8
    assert core.region.data[0x7F:0x89] == bytes.fromhex("7f 0a0b 1a1b 2a2b 3a3b 88")
    assert core.x(1) == core.start + 8
    core.run(0x4D408024)  # ld1 {v4.s}[2], [x1]: the other lanes stay
    assert core.v(4) == bytes(range(8)) + bytes.fromhex("88898a8b") + bytes(range(12, 16))


def test_load_and_replicate(core: Core) -> None:
    core.run(0x0D60C43F)  # ld2r {v31.4h, v0.4h}, [x1]
    assert core.v(31) == b"\x80\x81" * 4 + bytes(8)
    assert core.v(0) == b"\x82\x83" * 4 + bytes(8)


def test_ld1_and_st1_make_one_access_for_each_register(core: Core) -> None:
    core.run(0x4CDF203E)  # ld1 {v30.16b, v31.16b, v0.16b, v1.16b}, [x1], #64
    assert core.leaks == [("load address", core.start + 16 * k) for k in range(4)]
    for k, n in enumerate((30, 31, 0, 1)):
        assert core.v(n) == bytes(range(0x80 + 16 * k, 0x90 + 16 * k))
    assert core.x(1) == core.start + 64
    core.leaks.clear()
    core.run(0x0C0063E3)  # st1 {v3.8b-v5.8b}, [sp]
    assert core.leaks == [("store address", core.start + 8 * k) for k in range(3)]
    assert core.region.data[0x80:0x99] == b"\x43" * 8 + b"\x44" * 8 + b"\x45" * 8 + b"\x98"


@pytest.mark.parametrize(
    "word",
    [
        0x0C408C20,  # ld2 of .1d
        0x4C401020,  # opcode 0001
        0x4C417020,  # bits 21:16 not zero
        0x0D404420,  # ld1 {v0.h}, size<0> = 1
        0x0D408820,  # ld1 {v0.s}, size<1> = 1
        0x0D409420,  # ld1 {v0.d}, S = 1
        0x0D40D020,  # ld1r, S = 1
        0x0D00C020,  # "st1r"
        0x0D418420,  # ldap1 (FEAT_LRCPC3)
    ],
)
def test_reserved_forms_do_not_decode(core: Core, word: int) -> None:
    with pytest.raises(UnmodelledInstruction):
        core.isa.decode(word)
