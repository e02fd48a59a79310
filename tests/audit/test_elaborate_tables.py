"""Claims that hold by all values of a few bits: what the elaborator finds, the checker accepts, and no other."""

from __future__ import annotations

import pytest
from raw_programs import values

from armsym.audit.check import check_certificate
from armsym.audit.functions import entries
from armsym.audit.raw import Program, ones
from armsym.certify.elaborate import elaborate


def shown(program: Program, left: int, right: int) -> bool:
    certificate, rest = elaborate(program, {}, [(left, right)])
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    equal = all(run[left] == run[right] for run in (values(program.instructions, k) for k in range(30)))
    assert equal or rest
    return not rest


def doubled(p: Program, x: int, constant: int = 0x1B) -> int:
    """xtime of FIPS 197-upd1, 4.2, with a choice by the byte's sign."""
    return p.xor(p.mask(p.shl(x, 1), 255), p.mask(p.mulc(8, p.shr(x, 7), 255), constant))


def by_nibbles(p: Program, x: int, table: bytes) -> int:
    """A table of 256 bytes, as its rows of 16 looked up and chosen from."""
    low, high = p.mask(x, 15), p.mask(p.shr(x, 4), 15)
    out = p.const(0)
    for k in range(16):
        row = p.app("bytes:" + table[16 * k : 16 * k + 16].hex(), (low,), 255)
        here = p.mulc(8, p.app("zero", (p.xor(high, p.const(k)),), 1), 255)
        out = p.xor(out, p.and_(row, here))
    return out


def test_a_named_table_is_the_one_that_is_spelled() -> None:
    p = Program()
    x = p.mask(p.shr(p.var("x", ones(64)), 24), 255)
    named = p.app("aes.sbox", (x,), 255)
    table = bytearray(entries("aes.sbox") or b"")
    assert shown(p, named, p.app(f"bytes:{table.hex()}", (x,), 255))
    table[255] ^= 0x80
    assert not shown(p, named, p.app(f"bytes:{table.hex()}", (x,), 255))


def test_a_table_by_nibbles_is_the_table() -> None:
    p = Program()
    x = p.mask(p.shr(p.var("x", ones(64)), 24), 255)
    table = entries("aes.sbox") or b""
    assert shown(p, p.app("aes.sbox", (x,), 255), by_nibbles(p, x, table))
    assert not shown(p, p.app("aes.sbox", (x,), 255), by_nibbles(p, x, table[:-1] + b"\0"))


@pytest.mark.parametrize(("constant", "equal"), [(0x1B, True), (0x1A, False), (0, False)])
def test_an_xor_of_functions_of_several_bytes(constant: int, equal: bool) -> None:
    p = Program()
    state = p.var("state", ones(128))
    x, y = p.mask(state, 255), p.mask(p.shr(state, 40), 255)
    x2 = "bytes:" + bytes(k << 1 ^ (k >> 7) * 0x11B for k in range(256)).hex()
    left = p.xor(p.app(x2, (x,), 255), p.app("aes.sbox", (y,), 255))
    right = p.xor(by_nibbles(p, y, entries("aes.sbox") or b""), doubled(p, x, constant))
    assert shown(p, left, right) is equal
    # in a word beside another byte, and under a constant
    word = p.xor(p.xor(p.shl(left, 8), p.mask(state, 0xFF0000)), p.const(0xAA00))
    other = p.xor(p.xor(p.shl(p.xor(right, p.const(0xAA)), 8), p.mask(state, 0xFF0000)), p.const(0))
    assert shown(p, word, other) is equal


def test_constants_that_do_not_cancel_are_not_equal() -> None:
    p = Program()
    x = p.var("x", 255)
    table = entries("aes.sbox") or b""
    other = bytes(b ^ 1 for b in table)
    assert not shown(p, p.app("aes.sbox", (x,), 255), p.app(f"bytes:{other.hex()}", (x,), 255))
    assert shown(p, p.app("aes.sbox", (x,), 255), p.xor(p.app(f"bytes:{other.hex()}", (x,), 255), p.const(1)))


def test_what_depends_on_more_than_16_bits_stays_open() -> None:
    p = Program()
    x, y = p.var("x", ones(16)), p.var("y", 1)
    left = p.app("zero", (p.xor(x, p.shl(y, 16)),), 1)
    right = p.and_(p.app("zero", (x,), 1), p.xor(y, p.const(1)))
    assert not shown(p, left, right)
    z = p.var("z", ones(15))
    left = p.app("zero", (p.xor(z, p.shl(y, 15)),), 1)
    right = p.and_(p.app("zero", (z,), 1), p.xor(y, p.const(1)))
    assert shown(p, left, right)
