"""Code that keeps bytes in another basis, as AES by vector permutation does: found, shown, and no other."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest

from armsym.audit.check import check_certificate
from armsym.audit.functions import entries
from armsym.audit.raw import Program, ones
from armsym.certify.bases import images, tried
from armsym.certify.cones import cone
from armsym.certify.elaborate import elaborate

SBOX = entries("aes.sbox") or b""
#: The bytes that 01, 02, 04, ..., 80 become.
BASIS = (0x70, 0x2A, 0x98, 0x08, 0x4D, 0x7C, 0x7D, 0x81)


def changed(x: int) -> int:
    """A byte in the other basis."""
    return reduce(xor, (c for k, c in enumerate(BASIS) if x >> k & 1), 0)


BACK = {changed(x): x for x in range(256)}


def rounds(count: int, table: bytes) -> tuple[Program, list[tuple[int, ...]], int, int]:
    """So many rounds y = S(x XOR key), plainly (each a step), and by a table in the other basis; what both come to."""
    p = Program()
    x = p.mask(p.var("x", ones(8)), 255)
    plain, steps = x, list[tuple[int, ...]]()
    other = p.app("bytes:" + bytes(map(changed, range(256))).hex(), (x,), 255)
    for k in range(count):
        key = p.app("mem.key", (p.const(k),), 255)
        plain = p.xor(p.app("aes.sbox", (plain,), 255), key)
        steps.append((plain,))
        kept = p.app("bytes:" + bytes(map(changed, range(256))).hex(), (key,), 255)
        other = p.xor(p.app(f"bytes:{table.hex()}", (other,), 255), kept)
    return p, steps, plain, p.app("bytes:" + bytes(BACK[x] for x in range(256)).hex(), (other,), 255)


def shown(count: int, table: bytes) -> bool:
    program, steps, left, right = rounds(count, table)
    certificate, rest = elaborate(program, {}, [(left, right)], steps)
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    return not rest


def in_basis(table: bytes) -> bytes:
    return bytes(changed(table[BACK[x]]) for x in range(256))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_rounds_in_another_basis_are_the_rounds(count: int) -> None:
    assert len(BACK) == 256
    assert shown(count, in_basis(SBOX))


@pytest.mark.parametrize("place", [0, 0x53, 255])
def test_a_wrong_entry_of_the_table_is_not_overlooked(place: int) -> None:
    table = bytearray(in_basis(SBOX))
    table[place] ^= 1
    assert not shown(3, bytes(table))


def test_an_image_is_told_with_its_map() -> None:
    program, steps, *claim = rounds(2, in_basis(SBOX))
    words = [n for step in steps for n in step]
    found = images(program, tried(program, cone(program, [*claim, *words])), words)
    for word in words:
        made = [m.of(program, word)[-1] for m in found[word] if m.node != word]
        assert made
        values = tried(program, cone(program, [*made, word]))
        # (A node that is changed back is an image, too, if it comes before the map's own.)
        assert [changed(x) for x in values[word]] in [values[n] for n in made]


def test_what_is_no_bijection_of_a_byte_is_no_image() -> None:
    p = Program()
    x = p.app("mem.x", (p.const(0),), 255)
    low, square = p.mask(x, 127), p.app("aes.sbox", (x,), 255)
    values = tried(p, cone(p, [low, square]))
    assert [m.node for m in images(p, values, [x]).get(x, [])] == [x]


def _sum(p: Program, terms: list[int]) -> int:
    return reduce(p.xor, terms)


def flat(count: int, table: bytes, left_out: int | None = None) -> bool:
    """Whether sums of all S(y) so far, each summed anew and the last first, are what code has that adds one at a time.

    As of key schedules: w XOR S(w) is a step, and code keeps w in the other basis.
    """
    p = Program()
    first = p.xor(p.mask(p.var("x", ones(8)), 255), p.app("mem.key", (p.const(0),), 255))
    step, steps, terms = first, list[tuple[int, ...]](), [first]
    other = p.app("bytes:" + bytes(map(changed, range(256))).hex(), (first,), 255)
    for _ in range(count):
        step = p.xor(step, p.app("aes.sbox", (step,), 255))
        steps.append((step,))
        terms.append(p.app("aes.sbox", (_sum(p, terms[::-1]),), 255))
        other = p.xor(other, p.app(f"bytes:{table.hex()}", (other,), 255))
    back = p.app("bytes:" + bytes(BACK[x] for x in range(256)).hex(), (other,), 255)
    whole = _sum(p, [t for k, t in enumerate(terms) if k != left_out][::-1])
    certificate, rest = elaborate(p, {}, [(whole, back)], steps)
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    return not rest


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_sums_that_are_made_anew_are_told_by_what_was_named(count: int) -> None:
    assert flat(count, in_basis(SBOX))


@pytest.mark.parametrize("left_out", [0, 1, 3, 4])
def test_a_sum_that_lacks_a_term_is_not_shown(left_out: int) -> None:
    assert not flat(4, in_basis(SBOX), left_out)


def test_a_sum_of_another_table_is_not_shown() -> None:
    wrong = bytes(x ^ (k == 255) for k, x in enumerate(SBOX))
    assert not flat(3, in_basis(wrong))
