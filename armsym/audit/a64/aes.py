"""AESE, AESD, AESMC, AESIMC (Arm manual C7.2; FIPS 197).

Byte r + 4c of a register is the entry of the state in row r, column c (FIPS 197, 3.4).
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Machine
from armsym.audit.words import Words

__all__ = ["FORMS"]


def _round_begin(m: Machine, f: Fields, pc: int) -> None:
    """AESE: AddRoundKey, SubBytes, ShiftRows.  AESD: their inverses."""
    w, inverse = m.words, f["D"]
    state = [w.xor(a, b) for a, b in zip(m.lanes(f["Rd"], 8), m.lanes(f["Rn"], 8), strict=True)]
    name = "aes.inv_sbox" if inverse else "aes.sbox"
    state = [w.app(name, (a,), 0xFF) for a in state]
    # ShiftRows (FIPS 197, 5.1.2): row r comes from r columns further on; its inverse, from r columns before.
    out = []
    for c in range(4):
        for r in range(4):
            column = c - r if inverse else c + r
            out.append(state[r + 4 * (column % 4)])
    m.set_v(f["Rd"], Lanes(8, tuple(out)))


def _doubled(w: Words, a: int) -> int:
    """x * a modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1: XTIMES)."""
    top = w.shr(a, 7)
    # 0x1b has ones in places 0, 1, 3 and 4.
    return w.xor(w.lsl(8, a, 1), *(w.shl(top, k) for k in (0, 1, 3, 4)))


def _times(w: Words, a: int, factor: int, doubled: dict[int, int]) -> int:
    """The product with a small polynomial; `doubled` has what was doubled before."""
    out = w.zero
    while factor:
        if factor & 1:
            out = w.xor(out, a)
        factor >>= 1
        if factor:
            if a not in doubled:
                doubled[a] = _doubled(w, a)
            a = doubled[a]
    return out


def _mixed(w: Words, state: Sequence[int], factors: Sequence[int]) -> Lanes:
    """Each column times the circulant matrix whose first row is `factors`."""
    out, doubled = [], dict[int, int]()  # (each byte counts in four rows)
    for c in range(4):
        column = state[4 * c : 4 * c + 4]
        for r in range(4):
            out.append(w.xor(*(_times(w, column[k], factors[(k - r) % 4], doubled) for k in range(4))))
    return Lanes(8, tuple(out))


def _mix_columns(m: Machine, f: Fields, pc: int) -> None:
    # FIPS 197, 5.1.3 and 5.3.3.
    factors = (0x0E, 0x0B, 0x0D, 0x09) if f["D"] else (2, 3, 1, 1)
    m.set_v(f["Rd"], _mixed(m.words, m.lanes(f["Rn"], 8), factors))


FORMS = (
    Form("AESE, AESD", "01001110 00 10100 0010 D 10 Rn:5 Rd:5", _round_begin),
    Form("AESMC, AESIMC", "01001110 00 10100 0011 D 10 Rn:5 Rd:5", _mix_columns),
)
