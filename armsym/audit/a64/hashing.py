"""Instructions for SHA-1, SHA-256, SHA-512 and SHA-3 (Arm manual C7.2, "SHA1C" and on).

Words are numbered from the lowest: `y[0]` is the manual's Y<31:0>.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes, common
from armsym.audit.machine import Machine
from armsym.audit.words import Words

__all__ = ["FORMS"]


def _chosen(w: Words, x: int, y: int, z: int) -> int:
    """y where x is 1, else z: SHAchoose."""
    return w.xor(z, w.and_(x, w.xor(y, z)))


def _majority(w: Words, x: int, y: int, z: int) -> int:
    """SHAmajority."""
    return w.xor(w.and_(x, y), w.and_(x, z), w.and_(y, z))


def _parity(w: Words, x: int, y: int, z: int) -> int:
    """SHAparity."""
    return w.xor(x, y, z)


def _rotations(w: Words, width: int, a: int, *by: int) -> int:
    """XOR of the word rotated right by each number."""
    return w.xor(*(w.ror(width, a, n) for n in by))


def _schedule(w: Words, width: int, a: int, first: int, second: int, shift: int) -> int:
    """The small sigma functions of FIPS 180-4."""
    return w.xor(w.ror(width, a, first), w.ror(width, a, second), w.shr(a, shift))


# -- SHA-1


def _sha1_rounds(function: Callable[[Words, int, int, int], int]) -> Callable[[Machine, Fields, int], None]:
    def run(m: Machine, f: Fields, pc: int) -> None:
        w = m.words
        x, y, schedule = list(m.lanes(f["Rd"], 32)), m.lanes(f["Rn"], 32)[0], m.lanes(f["Rm"], 32)
        for e in range(4):
            y = w.add(32, y, w.ror(32, x[0], 27), function(w, x[1], x[2], x[3]), schedule[e])
            x[1] = w.ror(32, x[1], 2)
            # Y:X is rotated left by one word.
            y, x = x[3], [y, x[0], x[1], x[2]]
        m.set_v(f["Rd"], Lanes(32, tuple(x)))

    return run


def _sha1_rotate(m: Machine, f: Fields, pc: int) -> None:
    m.set_v(f["Rd"], Lanes(32, (m.words.ror(32, m.lanes(f["Rn"], 32)[0], 2),)))


def _sha1_schedule_0(m: Machine, f: Fields, pc: int) -> None:
    width, (d, n, k) = common(m.words, 64, m.v(f["Rd"]), m.v(f["Rn"]), m.v(f["Rm"]))
    half = 64 // width
    middle = d[half:] + n[:half]
    m.set_v(f["Rd"], Lanes(width, tuple(m.words.xor(*three) for three in zip(middle, d, k, strict=True))))


def _sha1_schedule_1(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    d, n = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32)
    t = [w.xor(a, b) for a, b in zip(d, (*n[1:], w.zero), strict=True)]
    words = [w.ror(32, a, 31) for a in t]
    words[3] = w.xor(words[3], w.ror(32, t[0], 30))
    m.set_v(f["Rd"], Lanes(32, tuple(words)))


# -- SHA-256


def _sha256_rounds(part1: bool) -> Callable[[Machine, Fields, int], None]:
    def run(m: Machine, f: Fields, pc: int) -> None:
        w = m.words
        d, n, schedule = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32)
        x, y = (list(d), list(n)) if part1 else (list(n), list(d))
        for e in range(4):
            chosen = _chosen(w, y[0], y[1], y[2])
            t = w.add(32, y[3], _rotations(w, 32, y[0], 6, 11, 25), chosen, schedule[e])
            low = w.add(32, t, x[3])
            high = w.add(32, t, _rotations(w, 32, x[0], 2, 13, 22), _majority(w, x[0], x[1], x[2]))
            # Y:X is rotated left by one word, with `low` in x[3] and `high` in y[3].
            x, y = [high, x[0], x[1], x[2]], [low, y[0], y[1], y[2]]
        m.set_v(f["Rd"], Lanes(32, tuple(x if part1 else y)))

    return run


def _sha256_schedule_0(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    d, n = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32)
    after = (*d[1:], n[0])
    words = (w.add(32, _schedule(w, 32, t, 7, 18, 3), a) for t, a in zip(after, d, strict=True))
    m.set_v(f["Rd"], Lanes(32, tuple(words)))


def _sha256_schedule_1(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    d, n, k = m.lanes(f["Rd"], 32), m.lanes(f["Rn"], 32), m.lanes(f["Rm"], 32)
    between = (*n[1:], k[0])
    out: list[int] = []
    for e in range(4):
        t = k[2 + e] if e < 2 else out[e - 2]
        out.append(w.add(32, _schedule(w, 32, t, 17, 19, 10), d[e], between[e]))
    m.set_v(f["Rd"], Lanes(32, tuple(out)))


# -- SHA-512


def _sha512_rounds(m: Machine, f: Fields, pc: int) -> None:
    """SHA512H."""
    w = m.words
    d, x, y = m.lanes(f["Rd"], 64), m.lanes(f["Rn"], 64), m.lanes(f["Rm"], 64)
    high = w.add(64, _chosen(w, y[1], x[0], x[1]), _rotations(w, 64, y[1], 14, 18, 41), d[1])
    t = w.add(64, high, y[0])
    low = w.add(64, _chosen(w, t, y[1], x[0]), _rotations(w, 64, t, 14, 18, 41), d[0])
    m.set_v(f["Rd"], Lanes(64, (low, high)))


def _sha512_rounds_2(m: Machine, f: Fields, pc: int) -> None:
    """SHA512H2."""
    w = m.words
    d, x, y = m.lanes(f["Rd"], 64), m.lanes(f["Rn"], 64), m.lanes(f["Rm"], 64)
    high = w.add(64, _majority(w, x[0], y[1], y[0]), _rotations(w, 64, y[0], 28, 34, 39), d[1])
    low = w.add(64, _majority(w, high, y[0], y[1]), _rotations(w, 64, high, 28, 34, 39), d[0])
    m.set_v(f["Rd"], Lanes(64, (low, high)))


def _sha512_schedule_0(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    d, n = m.lanes(f["Rd"], 64), m.lanes(f["Rn"], 64)
    pairs = ((d[0], d[1]), (d[1], n[0]))
    m.set_v(f["Rd"], Lanes(64, tuple(w.add(64, a, _schedule(w, 64, t, 1, 8, 7)) for a, t in pairs)))


def _sha512_schedule_1(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    three = zip(m.lanes(f["Rd"], 64), m.lanes(f["Rn"], 64), m.lanes(f["Rm"], 64), strict=True)
    m.set_v(f["Rd"], Lanes(64, tuple(w.add(64, d, _schedule(w, 64, n, 19, 61, 6), k) for d, n, k in three)))


# -- SHA-3


def _rax1(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    pairs = zip(m.lanes(f["Rn"], 64), m.lanes(f["Rm"], 64), strict=True)
    m.set_v(f["Rd"], Lanes(64, tuple(w.xor(n, w.ror(64, k, 63)) for n, k in pairs)))


def _xar(m: Machine, f: Fields, pc: int) -> None:
    w = m.words
    pairs = zip(m.lanes(f["Rn"], 64), m.lanes(f["Rm"], 64), strict=True)
    m.set_v(f["Rd"], Lanes(64, tuple(w.ror(64, w.xor(n, k), f["imm6"]) for n, k in pairs)))


def _three_operands(m: Machine, f: Fields, pc: int) -> None:
    """EOR3, BCAX."""
    w = m.words
    width, operands = common(w, 64, m.v(f["Rn"]), m.v(f["Rm"]), m.v(f["Ra"]))
    words = (
        w.xor(n, w.and_(k, w.not_(width, a))) if f["op"] else w.xor(n, k, a) for n, k, a in zip(*operands, strict=True)
    )
    m.set_v(f["Rd"], Lanes(width, tuple(words)))


FORMS = (
    Form("SHA1C", "01011110 00 0 Rm:5 0 000 00 Rn:5 Rd:5", _sha1_rounds(_chosen)),
    Form("SHA1P", "01011110 00 0 Rm:5 0 001 00 Rn:5 Rd:5", _sha1_rounds(_parity)),
    Form("SHA1M", "01011110 00 0 Rm:5 0 010 00 Rn:5 Rd:5", _sha1_rounds(_majority)),
    Form("SHA1SU0", "01011110 00 0 Rm:5 0 011 00 Rn:5 Rd:5", _sha1_schedule_0),
    Form("SHA256H", "01011110 00 0 Rm:5 0 100 00 Rn:5 Rd:5", _sha256_rounds(True)),
    Form("SHA256H2", "01011110 00 0 Rm:5 0 101 00 Rn:5 Rd:5", _sha256_rounds(False)),
    Form("SHA256SU1", "01011110 00 0 Rm:5 0 110 00 Rn:5 Rd:5", _sha256_schedule_1),
    Form("SHA1H", "01011110 00 10100 00000 10 Rn:5 Rd:5", _sha1_rotate),
    Form("SHA1SU1", "01011110 00 10100 00001 10 Rn:5 Rd:5", _sha1_schedule_1),
    Form("SHA256SU0", "01011110 00 10100 00010 10 Rn:5 Rd:5", _sha256_schedule_0),
    Form("SHA512H", "11001110 011 Rm:5 1 0 00 00 Rn:5 Rd:5", _sha512_rounds),
    Form("SHA512H2", "11001110 011 Rm:5 1 0 00 01 Rn:5 Rd:5", _sha512_rounds_2),
    Form("SHA512SU1", "11001110 011 Rm:5 1 0 00 10 Rn:5 Rd:5", _sha512_schedule_1),
    Form("RAX1", "11001110 011 Rm:5 1 0 00 11 Rn:5 Rd:5", _rax1),
    Form("SHA512SU0", "11001110 11000000 1000 00 Rn:5 Rd:5", _sha512_schedule_0),
    Form("XAR", "11001110 100 Rm:5 imm6:6 Rn:5 Rd:5", _xar),
    Form("EOR3, BCAX", "11001110 00 op Rm:5 0 Ra:5 Rn:5 Rd:5", _three_operands),
)
