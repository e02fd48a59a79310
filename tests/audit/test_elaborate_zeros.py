"""That an OR of words is 0 where each byte is: what the elaborator finds, the checker accepts, and no other."""

from __future__ import annotations

from functools import reduce

import pytest
from raw_programs import values

from armsym.audit.check import check_certificate
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.certify.elaborate import elaborate


def _shown(w: Words, left: int, right: int) -> bool:
    certificate, rest = elaborate(w.program, {}, [(left, right)])
    assert check_certificate(certificate) == [[] for _ in certificate.parts]
    return not rest


def _zero(w: Words, x: int) -> int:
    return w.program.app("zero", (x,), 1)


def _all(w: Words, bits: list[int]) -> int:
    return reduce(w.and_, bits)


def _bytes(w: Words, name: str, count: int) -> list[int]:
    return [w.program.var(f"{name}{k}", 255) for k in range(count)]


@pytest.mark.parametrize("halves", [1, 2, 3])
def test_words_compared_at_once_are_equal_where_their_bytes_are(halves: int) -> None:
    """As CRYPTO_memcmp does it with two words; one byte left out, or another in its place, and it is not shown."""
    w = Words(Program())
    a, b = _bytes(w, "a", 8 * halves), _bytes(w, "b", 8 * halves)
    words = [w.xor(w.joined(8, a[k : k + 8]), w.joined(8, b[k : k + 8])) for k in range(0, 8 * halves, 8)] + [
        w.xor(a[0], b[0])
    ]
    at_once = _zero(w, w.sub(64, reduce(w.or_, words), w.zero))
    each = [_zero(w, w.xor(x, y)) for x, y in zip(a, b, strict=True)]
    assert _shown(w, at_once, _all(w, each))
    assert not _shown(w, at_once, _all(w, each[1:]))
    assert not _shown(w, at_once, _all(w, [*each[:-1], _zero(w, w.xor(a[-1], b[0]))]))


def test_an_xor_is_no_or() -> None:
    """x XOR y is 0 where both are equal, and x AND y where they have no bit in common."""
    w = Words(Program())
    x, y = _bytes(w, "x", 2)
    both = w.and_(_zero(w, x), _zero(w, y))
    assert _shown(w, _zero(w, w.or_(x, y)), both)
    for other in (w.xor(x, y), w.and_(x, y), w.xor(w.xor(x, y), w.and_(x, w.mask(y, 0x7F)))):
        assert not _shown(w, _zero(w, other), both)


@pytest.mark.parametrize("width", [8, 32, 64])
def test_the_sign_of_the_negative_tells_whether_a_byte_is_0(width: int) -> None:
    """Of an OR of bytes, which counts as a byte of its own: NEG, and the highest bit; not of the word itself."""
    w = Words(Program())
    x, y = _bytes(w, "x", 2)
    z = w.program.app("f.z", (x,), 255)
    either = w.or_(w.or_(x, y), z)
    sign = w.shr(w.add(width, w.zero, w.mulc(width, either, ones(width))), width - 1)
    not_zero = w.xor(_zero(w, w.xor(x, y, w.and_(x, y), z, w.and_(w.or_(x, y), z))), w.const(1))
    # (-128 of 8 bits has the sign of a negative number, and so has 1, but -129 has not.)
    runs = [values(w.program.instructions, k) for k in range(400)]
    equal = all(run[sign] == run[not_zero] for run in runs)
    assert equal == (width > 8)
    assert _shown(w, sign, not_zero) == equal
    assert not _shown(w, w.shr(w.mulc(width, either, 1), width - 1), not_zero)
