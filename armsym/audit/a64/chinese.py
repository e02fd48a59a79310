"""Instructions for SM3 and SM4 (Arm manual C7.2, "SM3PARTW1" and on).

Words are numbered from the lowest, as in `hashing`.
"""

from __future__ import annotations

from functools import cache

from armsym.audit.form import Fields, Form
from armsym.audit.functions import clmul
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Machine
from armsym.audit.words import Words

__all__ = ["FORMS"]


def _rol(w: Words, a: int, by: int) -> int:
    return w.ror(32, a, 32 - by)


def _spread(w: Words, a: int, *by: int) -> int:
    """XOR of a word and of it rotated left."""
    return w.xor(a, *(_rol(w, a, n) for n in by))


# -- SM3 (GB/T 32905-2016)


def _message_1(m: Machine, f: Fields, pc: int) -> None:
    """SM3PARTW1."""
    w = m.words
    d, n, k = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32)
    both = [w.xor(a, b) for a, b in zip(d, n, strict=True)]
    out: list[int] = []
    for e in range(4):
        # The word that is rotated is the next of Vm, and after its last the first result.
        part = w.xor(both[e], _rol(w, k[e + 1] if e < 3 else out[0], 15))
        out.append(_spread(w, part, 15, 23))
    m.set_v(f["Rd"], Lanes(32, tuple(out)))


def _message_2(m: Machine, f: Fields, pc: int) -> None:
    """SM3PARTW2."""
    w = m.words
    d, n, k = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32)
    part = [w.xor(a, _rol(w, b, 7)) for a, b in zip(n, k, strict=True)]
    out = [w.xor(a, b) for a, b in zip(d, part, strict=True)]
    out[3] = w.xor(out[3], _spread(w, _rol(w, part[0], 15), 15, 23))
    m.set_v(f["Rd"], Lanes(32, tuple(out)))


def _first_sum(m: Machine, f: Fields, pc: int) -> None:
    """SM3SS1."""
    w = m.words
    a, b, c = (m.lanes(f[r], 32)[3] for r in ("Rn", "Rm", "Ra"))
    m.set_v(f["Rd"], Lanes(32, (w.zero, w.zero, w.zero, _rol(w, w.add(32, _rol(w, a, 12), b, c), 7))))


def _round(m: Machine, f: Fields, pc: int) -> None:
    """SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B."""
    w = m.words
    d, n, word = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32)[f["imm2"]]
    if not f["B"]:
        mixed = w.xor(d[1], d[3], d[2])
    elif f["second"]:  # d[2] where d[3] is 1, else d[1]
        mixed = w.xor(d[1], w.and_(d[3], w.xor(d[2], d[1])))
    else:  # the majority
        mixed = w.xor(w.and_(d[3], d[1]), w.and_(d[3], d[2]), w.and_(d[1], d[2]))
    if f["second"]:
        t = w.add(32, mixed, d[0], n[3], word)
        out = (d[1], _rol(w, d[2], 19), d[3], _spread(w, t, 9, 17))
    else:
        t = w.add(32, mixed, d[0], w.xor(n[3], _rol(w, d[3], 12)), word)
        out = (d[1], _rol(w, d[2], 9), d[3], t)
    m.set_v(f["Rd"], Lanes(32, out))


# -- SM4 (GB/T 32907-2016)


def _reduced(a: int) -> int:
    """A polynomial over GF(2) modulo x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1."""
    for k in range(14, 7, -1):
        if a >> k & 1:
            a ^= 0x1F5 << k - 8
    return a


def _affine(a: int) -> int:
    """Bit i is the parity of `a` AND 0xa7 rotated left by i; then XOR 0xd3."""
    rows = ((0xA7 << i | 0xA7 >> 8 - i) & 0xFF for i in range(8))
    return sum(((row & a).bit_count() & 1) << i for i, row in enumerate(rows)) ^ 0xD3


@cache
def _s_box() -> str:
    """The name of the S-box as a table; the standard prints it, here it is computed: affine, inverse, affine."""
    inverse = {0: 0}
    for a in range(1, 256):
        inverse[a] = next(b for b in range(1, 256) if _reduced(clmul(a, b)) == 1)
    return "bytes:" + bytes(_affine(inverse[_affine(a)]) for a in range(256)).hex()


def _substituted(w: Words, a: int) -> int:
    return w.joined(8, (w.app(_s_box(), (w.bits(a, at, 8),), 0xFF) for at in range(0, 32, 8)))


def _rounds(m: Machine, f: Fields, state: tuple[int, ...], keys: tuple[int, ...], by: tuple[int, ...]) -> None:
    w = m.words
    for key in keys:
        t = _substituted(w, w.xor(state[3], state[2], state[1], key))
        state = (*state[1:], w.xor(_spread(w, t, *by), state[0]))
    m.set_v(f["Rd"], Lanes(32, state))


def _encrypt(m: Machine, f: Fields, pc: int) -> None:
    """SM4E."""
    _rounds(m, f, m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), (2, 10, 18, 24))


def _expand_key(m: Machine, f: Fields, pc: int) -> None:
    """SM4EKEY."""
    _rounds(m, f, m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32), (13, 23))


FORMS = (
    Form("SM3SS1", "11001110 010 Rm:5 0 Ra:5 Rn:5 Rd:5", _first_sum),
    Form("SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B", "11001110 010 Rm:5 10 imm2:2 second B Rn:5 Rd:5", _round),
    Form("SM3PARTW1", "11001110 011 Rm:5 1 1 00 00 Rn:5 Rd:5", _message_1),
    Form("SM3PARTW2", "11001110 011 Rm:5 1 1 00 01 Rn:5 Rd:5", _message_2),
    Form("SM4EKEY", "11001110 011 Rm:5 1 1 00 10 Rn:5 Rd:5", _expand_key),
    Form("SM4E", "11001110 11000000 1000 01 Rn:5 Rd:5", _encrypt),
)
