"""What an instruction computes and what a specification would write are one term, with no solver.

The image lies at an unknown page-aligned address, as in a proof.  The words are
GNU as's, but for ADRP's, which as leaves to the linker.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from armsym.bits import Bits, Prop, concat, ite
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory
from armsym.terms import var
from semantics import A64

X = [Bits(64, var(f"x{n}", 64)) for n in range(31)]
W = [x[31:0] for x in X]
BASE = Bits(64, var("image base", 64, possible=~0xFFF))
PC = BASE + 0x12344
FLAGS = [Prop(var(f, 1)) for f in "NZCV"]
OLD, A, B = X[0], X[1], X[2]


def wide(x: Bits) -> Bits:
    return x.zero_extend(64)


CASES: list[tuple[str, int, Callable[[], Bits]]] = [
    ("add x0, x2, x1, lsl #3", 0x8B010C40, lambda: A * 8 + B),
    ("add w0, w1, w2, uxtb #2", 0x0B220820, lambda: wide(W[1] + (W[2] & 0xFF) * 4)),
    ("sub x0, x1, x2", 0xCB020020, lambda: A - B),
    ("neg x0, x1", 0xCB0103E0, lambda: -A),
    ("adc x0, x1, x2", 0x9A020020, lambda: A + B + wide(FLAGS[2].bit)),
    ("bic x0, x1, x2, ror #7", 0x8AE21C20, lambda: A & ~B.ror(7)),
    ("and x0, x1, #0xff0", 0x927C1C20, lambda: concat(Bits(52, 0), A[11:4], Bits(4, 0))),
    ("ubfx x0, x1, #5, #7", 0xD3452C20, lambda: wide(A[11:5])),
    ("ubfiz x0, x1, #5, #7", 0xD37B1820, lambda: concat(Bits(52, 0), A[6:0], Bits(5, 0))),
    ("bfi x0, x1, #8, #8", 0xB3781C20, lambda: concat(OLD[63:16], A[7:0], OLD[7:0])),
    ("bfxil x0, x1, #8, #8", 0xB3483C20, lambda: concat(OLD[63:8], A[15:8])),
    ("sxtw x0, w1", 0x93407C20, lambda: W[1].sign_extend(64)),
    ("asr x0, x1, #63", 0x937FFC20, lambda: A[63].sign_extend(64)),
    ("extr x0, x1, x2, #12", 0x93C23020, lambda: A << 52 | B >> 12),
    ("ror w0, w1, #12", 0x13813020, lambda: wide(W[1] << 20 | W[1] >> 12)),
    ("movk x0, #7, lsl #16", 0xF2A000E0, lambda: concat(OLD[63:32], Bits(16, 7), OLD[15:0])),
    ("rev w0, w1", 0x5AC00820, lambda: wide(W[1].reverse_bytes())),
    ("rev32 x0, x1", 0xDAC00820, lambda: A.reverse_bytes().ror(32)),
    ("rev16 x0, x1", 0xDAC00420, lambda: Bits.from_elems([h.reverse_bytes() for h in A.elems(16)])),
    ("rbit x0, x1", 0xDAC00020, lambda: Bits.from_elems(A.elems(1)[::-1])),
    ("lsl x0, x1, x2", 0x9AC22020, lambda: A.shl(B & 63)),
    ("mneg x0, x1, x2", 0x9B02FC20, lambda: -(A * B)),
    ("umull x0, w1, w2", 0x9BA27C20, lambda: wide(W[1]) * wide(W[2])),
    ("umulh x0, x1, x2", 0x9BC27C20, lambda: (A.zero_extend(128) * B.zero_extend(128))[127:64]),
    ("csel x0, x1, x2, eq", 0x9A820020, lambda: ite(FLAGS[1], A, B)),
    ("adr x0, .+0x24", 0x10000120, lambda: BASE + 0x12368),
    ("adrp x0, .+0x3000", 0xF0000000, lambda: BASE + 0x15000),
]


@pytest.mark.parametrize(("text", "word", "meant"), CASES, ids=[c[0] for c in CASES])
def test_one_term(text: str, word: int, meant: Callable[[], Bits]) -> None:
    m = Machine(x=X[:], sp=Bits(64, 0), v=[], nzcv=NZCV.of(*FLAGS), pc=PC, memory=ConcreteMemory([]))
    A64.decode(word).execute(m)
    assert (m.x[0] == meant()).value is True, text


def test_bl_links_and_branches_inside_the_image() -> None:
    m = Machine(x=X[:], sp=Bits(64, 0), v=[], nzcv=NZCV.of(*FLAGS), pc=PC, memory=ConcreteMemory([]))
    A64.decode(0x94000010).execute(m)  # bl .+0x40
    assert m.branch_target is not None
    assert (m.branch_target == BASE + 0x12384).value is True
    assert (m.x[30] == BASE + 0x12348).value is True
