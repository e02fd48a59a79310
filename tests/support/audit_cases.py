"""A step of each rule just inside its conditions, and just outside."""

from __future__ import annotations

from typing import TypeAlias

from armsym.audit.hints import Hint
from armsym.audit.raw import Program, ones

#: Facts, steps that must be accepted, then the step that is looked at.
Case: TypeAlias = tuple[dict[int, int], list[Hint], Hint]

__all__ = ["INSIDE_CASES", "OUTSIDE_CASES", "Case", "atoms", "label", "p", "polys", "sums"]

p = Program()
BIT = p.var("bit", 1)
TWO = p.var("two", 3)
X = p.var("x", ones(8))
Y = p.var("y", ones(8))
Z = p.var("z", ones(16))
HOLES = p.var("holes", 0b101)
C255, C1, C0 = p.const(255), p.const(1), p.const(0)
ADD8 = p.add(8, X, Y)
WRAPS = p.add(9, ADD8, X)
ADD9 = p.add(9, X, Y)
MUL16, MUL15 = p.mulc(16, ADD8, 1 << 8), p.mulc(16, ADD8, 1 << 7)
MASK7, MASK8 = p.mask(X, ones(7)), p.mask(X, ones(8))
LOW9 = p.mask(ADD9, ones(4))
LOW8 = p.mask(ADD8, ones(4))
SHL8, SHL7 = p.shl(Y, 8), p.shl(Y, 7)
JOINED, LAPPED = p.xor(X, SHL8), p.xor(X, SHL7)
NOT, HALF, OVER = p.xor(X, C255), p.xor(X, p.const(15)), p.xor(X, p.const(0x1FF))
TWICE = p.mulc(10, X, 2)
TWICE1, TWICE2 = p.add(10, TWICE, C1), p.add(10, TWICE, p.const(2))
MINUS = p.mulc(8, X, 255)
NEGATIVE, LESS2 = p.add(8, MINUS, C255), p.add(8, MINUS, p.const(254))
HIGH = p.mulc(8, Z, 3)
LOW_HIGH = p.add(16, X, p.mulc(16, HIGH, 1 << 8))
LOW_HIGH7 = p.add(15, X, p.mulc(15, HIGH, 1 << 7))
ADD16 = p.add(16, X, p.mulc(16, Z, 3 << 8))
ADD15 = p.add(15, X, p.mulc(15, Z, 3 << 7))
HIGH16 = p.mulc(16, Z, 3)
NOT16 = p.xor(Z, p.const(ones(16)))
HIGH3, HIGH7 = p.mulc(16, Z, 3 << 8), p.mulc(15, Z, 3 << 7)
XNY, AND_Y = p.and_(X, p.xor(Y, C255)), p.and_(X, Y)
DISJOINT, COMMON = p.add(7, XNY, AND_Y), p.add(8, X, AND_Y)
SPREAD, SPREAD2, SPREAD4 = p.mulc(8, BIT, ones(8)), p.mulc(8, TWO, ones(8)), p.mulc(4, BIT, ones(4))
CD, BIT_AB, TWO_AB = p.const(0xCD), p.mulc(8, BIT, 0xAB), p.mulc(8, TWO, 0xAB)
PLUS, PLUS2 = p.add(8, BIT_AB, CD), p.add(8, TWO_AB, CD)
FX, FY = p.app("f", (X,), 255), p.app("f", (Y,), 255)
FX8, GX8, FX7 = p.app("f", (MASK8,), 255), p.app("g", (MASK8,), 255), p.app("f", (MASK8,), 127)
FXX = p.app("f", (X, X), 255)
XY, YX, XX, Y8X = p.and_(X, Y), p.and_(Y, X), p.and_(X, X), p.and_(Y, MASK8)
INSIDE, OUTSIDE = p.mask(XY, 255), p.mask(XY, 127)
FOUR10, FOUR9 = p.add(10, p.mulc(10, X, 4), p.const(3)), p.add(9, p.mulc(9, X, 4), p.const(3))
SIX = p.mulc(11, X, 6)
SHR10, SHR9, SHR6 = p.shr(FOUR10, 2), p.shr(FOUR9, 2), p.shr(SIX, 2)
ZERO, ZEROS = p.app("zero", (Z,), 1), p.app("zero", (p.xor(Z, p.const(0xFFFF)),), 1)
TABLE = p.app("bytes:" + bytes(range(255, -1, -1)).hex(), (X,), 255)
SBOX = p.app("aes.sbox", (X,), 255)
BACK = p.app("aes.inv_sbox", (SBOX,), 255)
C3, SHL1 = p.const(3), p.shl(X, 1)
BY_HAND, PRODUCT = p.xor(X, SHL1), p.app("clmul", (X, C3), 511)
OPAQUE = p.app("opaque", (X,), 1)
NOT_BIT, NOT_TWO = p.xor(BIT, C1), p.xor(TWO, C1)

KARATSUBA = p.app("clmul", (SHL1, Y), ones(17))
XY15, XY14, YX15 = p.app("clmul", (X, Y), ones(15)), p.app("clmul", (X, Y), ones(14)), p.app("clmul", (Y, X), ones(15))
XY2 = p.shl(XY15, 1)
EVENS, ODDS = p.mask(X, 0x55), p.mask(X, 0xAA)
LAP, EVEN_ODD = p.and_(X, SHL1), p.app("clmul", (EVENS, ODDS), ones(15))
TWO1, TWO2 = p.mask(TWO, 1), p.shl(p.mask(TWO, 2), 1)
SQUARE, APART = p.app("clmul", (TWO, TWO), 15), p.xor(TWO1, TWO2)
BIT3, TWO3 = p.mulc(8, BIT, 3), p.mulc(8, TWO, 3)
BIT3X, TWO3X = p.xor(BIT, p.shl(BIT, 1)), p.xor(TWO, p.shl(TWO, 1))
BOTH = p.xor(X, Y)
BOTH_Z, X_Z, Y_Z = (p.app("clmul", (n, Z), ones(23)) for n in (BOTH, X, Y))
Z_X, X_Y, OPEN_Z, OPEN_X, OPEN_Y = (
    p.app("clmul", (Z, X), ones(23)), p.app("clmul", (X, Y), ones(23)),
    *(p.app("f", (n, Z), ones(23)) for n in (BOTH, X, Y)),
)  # fmt: skip
BLOCK = ones(128)
F_XY, F_YX, F_YZ, F_ZX = (p.app("gf128.mul", pair, BLOCK) for pair in ((X, Y), (Y, X), (Y, Z), (Z, X)))
F_XY_Z, F_X_YZ, F_X_ZX, F_X_XY, F_NARROW = (
    p.app("gf128.mul", (F_XY, Z), BLOCK), p.app("gf128.mul", (X, F_YZ), BLOCK), p.app("gf128.mul", (X, F_ZX), BLOCK),
    p.app("gf128.mul", (X, F_XY), BLOCK), p.app("gf128.mul", (F_XY, Z), BLOCK >> 1),
)  # fmt: skip
C_XY, C_YZ = p.app("clmul", (X, Y), BLOCK), p.app("clmul", (Y, Z), BLOCK)
C_XY_Z, C_X_YZ = p.app("clmul", (C_XY, Z), BLOCK), p.app("clmul", (X, C_YZ), BLOCK)
# The Galois/Counter Mode of Operation (McGrew, Viega), appendix B, test case 2: the first step of GHASH
GCM_C, GCM_H = p.const(0x0388DACE60B6A392F328C2B971B2FE78), p.const(0x66E94BD4EF8A2C3B884CFA59CA342B2E)
GCM_Y, GCM_ONE = p.const(0x5E2EC746917062882C85B0685353DEB7), p.app("gf128.mul", (GCM_C, GCM_H), BLOCK)
ONE_OF, AND_BIT, SHL_BIT, SHL2_BIT = p.xor(TWO, BIT), p.and_(TWO, BIT), p.shl(BIT, 1), p.shl(BIT, 2)
EITHER, NEITHER = p.xor(ONE_OF, AND_BIT), p.xor(ONE_OF, p.xor(AND_BIT, C1))
BESIDE, OVERLAPPED = p.xor(TWO, SHL2_BIT), p.xor(TWO, SHL_BIT)
AT_EITHER, AT_TWO, AT_BIT, AT_ONE_OF, AT_LESS, AT_SHL2, AT_SHL, AT_BESIDE, AT_OVERLAPPED, AT_NEITHER = (
    p.app("zero", (n,), 1)
    for n in (
        EITHER, TWO, BIT, ONE_OF, p.xor(ONE_OF, p.and_(TWO, C3)), SHL2_BIT, SHL_BIT, BESIDE, OVERLAPPED, NEITHER,
    )
)  # fmt: skip
F_EITHER, F_TWO, F_BIT = (p.app("f", (n,), 1) for n in (EITHER, TWO, BIT))
M_XY, M_YX, M_YX15 = (p.app("mul", pair, ones(n)) for pair, n in (((X, Y), 16), ((Y, X), 16), ((Y, X), 15)))
M_XX, M_BITS, M_TWO = p.app("mul", (X, X), ones(16)), p.app("mul", (BIT, TWO), 3), p.app("mul", (TWO, TWO), 15)
M_CHOSEN, C_TWO = p.and_(p.mulc(2, BIT, 3), TWO), p.app("clmul", (TWO, TWO), 7)
M_XZ, M_YZ, M_BOTH_Z = (p.app("mul", (one, Z), ones(24)) for one in (X, Y, p.xor(X, Y)))
F_2XY, F_2YX = p.app("f", (X, Y), 255), p.app("f", (Y, X), 255)


def atoms(*nodes: int) -> list[Hint]:
    return [("polyatom", i) for i in nodes]


def sums(*pairs: tuple[int, int]) -> list[Hint]:
    """Sums of these instructions, themselves in so many bits."""
    return [("sumatom", i, w) for i, w in pairs]


def polys(*nodes: int) -> list[Hint]:
    return [("poly", i) for i in nodes]


def made(*pairs: tuple[int, int]) -> list[Hint]:
    return [("sum", i, w) for i, w in pairs]


INSIDE_CASES: list[Case] = [
    ({}, [], ("polyatom", HOLES)),
    ({}, [], ("sumatom", X, 8)),
    ({}, [], ("sum", C255, 8)),
    ({}, [], ("sum", C0, 0)),
    ({}, sums((X, 8), (Y, 8)), ("sum", ADD8, 8)),
    ({}, sums((X, 9), (Y, 12)), ("sum", ADD9, 9)),
    ({}, sums((X, 8)), ("sum", MASK7, 7)),
    ({}, atoms(X, Y) + polys(SHL8, JOINED), ("tosum", JOINED, 16)),
    ({}, atoms(X) + polys(C255, NOT), ("tosum", NOT, 8)),
    ({}, atoms(X) + polys(C255, NOT), ("tosum", NOT, 64)),
    ({}, atoms(X) + sums((X, 10)) + made((TWICE, 10), (C1, 10), (TWICE1, 10)), ("topoly", TWICE1, 1)),
    ({}, atoms(X) + sums((X, 8)) + made((MINUS, 8), (C255, 8), (NEGATIVE, 8)), ("topoly", NEGATIVE, 0)),
    ({}, sums((X, 8), (Y, 8), (ADD8, 16)) + made((MUL16, 16), (ADD8, 8)), ("inline", MUL16, ADD8, 1, 8)),
    ({}, atoms(X) + polys(MASK8), ("same", X, MASK8)),
    ({}, atoms(ADD9) + polys(LOW9) + polys(LOW9), ("narrow", LOW9, ADD9, LOW9)),
    (
        {},
        atoms(X, HIGH) + sums((X, 16), (Z, 16)) + made((HIGH, 8), (HIGH3, 16), (ADD16, 16)),
        ("split", ADD16, X, HIGH, 8),
    ),
    ({}, atoms(Z) + polys(p.const(ones(16)), NOT16) + sums((Z, 16)), ("not", NOT16, Z)),
    (
        {},
        atoms(SPREAD) + sums((BIT, 8)) + made((BIT_AB, 8), (CD, 8), (PLUS, 8)),
        ("choose", PLUS, SPREAD),
    ),
    ({}, atoms(X, FX) + polys(MASK8), ("congruent", FX8, FX)),
    ({}, [*atoms(X, Y), ("poly", XY)], ("congruent", YX, XY)),
    ({}, [*atoms(X, INSIDE)], ("within", INSIDE)),
    ({}, [*atoms(X), ("poly", MASK8)], ("idempotent", p.and_(X, MASK8))),
    ({}, atoms(X, Y) + polys(C255, p.xor(Y, C255), XNY, AND_Y), ("disjoint", DISJOINT)),
    ({}, sums((X, 10)) + made((p.mulc(10, X, 4), 10), (p.const(3), 10), (FOUR10, 10)), ("quotient", SHR10)),
    ({}, polys(C0), ("evaluate", p.app("zero", (C255,), 1), C0, (), (C255, C0, p.app("zero", (C255,), 1)))),
    ({}, atoms(X) + polys(C255, NOT), ("evaluate", TABLE, NOT, (X,), (C255, NOT, TABLE))),
    ({}, atoms(X), ("evaluate", BACK, X, (X,), (SBOX, BACK))),
    ({}, atoms(X) + polys(SHL1, BY_HAND), ("evaluate", PRODUCT, BY_HAND, (X,), (C3, PRODUCT, SHL1, BY_HAND))),
    ({}, atoms(X, XY15), ("congruent", YX15, XY15)),
    ({}, atoms(F_XY), ("congruent", F_YX, F_XY)),
    ({}, atoms(M_XY), ("congruent", M_YX, M_XY)),
    ({}, atoms(M_BITS), ("evaluate", M_CHOSEN, M_BITS, (BIT, TWO), (M_BITS, p.mulc(2, BIT, 3), M_CHOSEN))),
    ({}, polys(GCM_Y), ("evaluate", GCM_ONE, GCM_Y, (), (GCM_C, GCM_H, GCM_ONE, GCM_Y))),
    ({}, atoms(X) + polys(SHL1, BY_HAND), ("bilinear", PRODUCT, BY_HAND, (X,), (C3, PRODUCT), (), (SHL1, BY_HAND))),
    ({}, [*atoms(XY15), ("poly", XY2)], ("bilinear", KARATSUBA, XY2, (X,), (SHL1,), (Y,), (KARATSUBA, XY15, XY2))),
    ({}, [*atoms(X, Y), ("poly", XY)], ("bilinear", YX, XY, (X,), (), (Y,), (XY, YX))),
    (
        {},
        atoms(TWO) + polys(TWO1, p.mask(TWO, 2), TWO2, APART),
        ("bilinear", SQUARE, APART, (TWO,), (SQUARE, TWO1, p.mask(TWO, 2), TWO2, APART), (), ()),
    ),
    (
        {},
        atoms(BIT) + polys(p.shl(BIT, 1), BIT3X),
        ("bilinear", BIT3, BIT3X, (), (), (BIT,), (BIT3, p.shl(BIT, 1), BIT3X)),
    ),
    ({}, [*atoms(X, Y, X_Z, Y_Z), ("poly", BOTH)], ("distribute", BOTH_Z, X_Z, Y_Z)),
    ({}, atoms(F_X_YZ), ("associate", F_XY_Z, F_XY, F_X_YZ, F_YZ)),
    ({}, atoms(AT_TWO, AT_BIT), ("zeros", AT_EITHER, AT_TWO, AT_BIT)),
    ({}, atoms(TWO, BIT, AT_TWO, AT_SHL2) + polys(SHL2_BIT, BESIDE), ("zeros", AT_BESIDE, AT_TWO, AT_SHL2)),
    ({}, atoms(TWO, BIT, AT_TWO, AT_SHL2) + polys(SHL2_BIT, BESIDE), ("zeros", AT_BESIDE, AT_SHL2, AT_TWO)),
    ({OPAQUE: 1}, [], ("given", OPAQUE)),
    ({NOT_BIT: 0}, atoms(BIT) + polys(C1, NOT_BIT), ("solve", BIT, NOT_BIT)),
]
OUTSIDE_CASES: list[Case] = [
    ({}, [], ("sumatom", X, 7)),
    ({}, [], ("sum", C255, 7)),
    ({}, sums((X, 8), (Y, 8), (X, 9)) + made((ADD8, 8)), ("sum", WRAPS, 9)),
    ({}, sums((X, 8)), ("sum", MASK7, 8)),
    ({}, atoms(X, Y) + polys(SHL8, JOINED), ("tosum", JOINED, 15)),
    ({}, atoms(X, Y) + polys(SHL7, LAPPED), ("tosum", LAPPED, 15)),
    ({}, atoms(X) + polys(p.const(15), HALF), ("tosum", HALF, 8)),
    ({}, atoms(X) + polys(p.const(0x1FF), OVER), ("tosum", OVER, 8)),
    ({}, atoms(X) + sums((X, 10)) + made((TWICE, 10), (p.const(2), 10), (TWICE2, 10)), ("topoly", TWICE2, 1)),
    ({}, atoms(X) + sums((X, 8)) + made((MINUS, 8), (p.const(254), 8), (LESS2, 8)), ("topoly", LESS2, 0)),
    ({}, sums((X, 8), (Y, 8), (ADD8, 16)) + made((MUL15, 16), (ADD8, 8)), ("inline", MUL15, ADD8, 1, 7)),
    ({}, atoms(X) + polys(MASK7), ("same", X, MASK7)),
    ({}, atoms(ADD9, ADD8) + polys(LOW9, LOW8), ("narrow", LOW9, ADD9, LOW8)),
    (
        {},
        atoms(X, HIGH) + sums((X, 16), (Z, 16)) + made((HIGH, 8), (HIGH7, 15), (ADD15, 15)),
        ("split", ADD15, X, HIGH, 7),
    ),
    (
        {},
        atoms(X, HIGH16) + sums((X, 16), (Z, 16)) + made((HIGH16, 16), (HIGH3, 16), (ADD16, 16)),
        ("split", ADD16, X, HIGH16, 8),
    ),
    ({}, atoms(X) + polys(C255, NOT) + sums((X, 9)), ("not", NOT, X)),
    ({}, atoms(SPREAD2) + sums((TWO, 8)) + made((TWO_AB, 8), (CD, 8), (PLUS2, 8)), ("choose", PLUS2, SPREAD2)),
    ({}, atoms(SPREAD4) + sums((BIT, 8)) + made((BIT_AB, 8), (CD, 8), (PLUS, 8)), ("choose", PLUS, SPREAD4)),
    ({}, atoms(X, Y, FX), ("congruent", FY, FX)),
    ({}, atoms(X, FX) + polys(MASK8), ("congruent", GX8, FX)),
    ({}, atoms(X, FX) + polys(MASK8), ("congruent", FX7, FX)),
    ({}, atoms(X, FX), ("congruent", FXX, FX)),
    ({}, [*atoms(X, Y), ("poly", XX)], ("congruent", XY, XX)),
    ({}, [*atoms(X, OUTSIDE)], ("within", OUTSIDE)),
    ({}, [*atoms(X), ("poly", MASK7)], ("idempotent", p.and_(X, MASK7))),
    ({}, atoms(X, Y) + polys(AND_Y), ("disjoint", COMMON)),
    ({}, sums((X, 9)) + made((p.mulc(9, X, 4), 9), (p.const(3), 9), (FOUR9, 9)), ("quotient", SHR9)),
    ({}, sums((X, 11)) + made((SIX, 11)), ("quotient", SHR6)),
    # one of 2^16 values: z = 0
    ({}, polys(C0), ("evaluate", ZERO, C0, (Z,), (C0, ZERO))),
    ({}, polys(C0), ("evaluate", ZEROS, C0, (Z,), (C0, p.const(0xFFFF), p.xor(Z, p.const(0xFFFF)), ZEROS))),
    ({}, atoms(X, F_2XY), ("congruent", F_2YX, F_2XY)),
    ({}, atoms(X, M_XY), ("congruent", M_YX15, M_XY)),
    *(({}, atoms(X, j), ("congruent", i, j)) for i, j in ((M_XX, M_XY), (M_XX, M_YX), (M_XY, M_XX), (M_YX, M_XX))),
    # The product of numbers is not additive over XOR: 3 * 3 is 9, and 5 as one of polynomials over GF(2).
    ({}, [*atoms(X, Y, M_XZ, M_YZ), ("poly", p.xor(X, Y))], ("distribute", M_BOTH_Z, M_XZ, M_YZ)),
    ({}, atoms(TWO, M_TWO), ("evaluate", C_TWO, M_TWO, (TWO,), (C_TWO, M_TWO))),
    ({}, atoms(M_XY), ("bilinear", M_XY, M_XY, (X,), (), (Y,), (M_XY,))),
    ({}, atoms(X, XY14), ("congruent", YX15, XY14)),
    ({}, polys(GCM_C), ("evaluate", GCM_ONE, GCM_C, (), (GCM_C, GCM_H, GCM_ONE))),
    # equal where one bit is 1, but not where two are
    ({}, polys(C0), ("bilinear", LAP, C0, (X,), (SHL1, LAP, C0), (), ())),
    ({}, polys(C0), ("bilinear", EVEN_ODD, C0, (X,), (EVENS, ODDS, EVEN_ODD, C0), (), ())),
    ({}, polys(C0), ("bilinear", EVEN_ODD, C0, (), (), (X,), (EVENS, ODDS, EVEN_ODD, C0))),
    ({}, atoms(X, Y) + polys(BOTH), ("bilinear", ADD8, BOTH, (X, Y), (ADD8, BOTH), (), ())),
    (
        {},
        atoms(TWO) + polys(p.shl(TWO, 1), TWO3X),
        ("bilinear", TWO3, TWO3X, (TWO,), (TWO3, p.shl(TWO, 1), TWO3X), (), ()),
    ),
    # unequal in the highest bit of each
    ({}, [*atoms(X), ("poly", MASK7)], ("bilinear", X, MASK7, (X,), (MASK7,), (), ())),
    (
        {},
        atoms(XY15) + polys(p.mask(XY15, ones(14))),
        ("bilinear", XY15, p.mask(XY15, ones(14)), (X,), (), (Y,), (XY15, p.mask(XY15, ones(14)))),
    ),
    # what is unequal only where all are 0
    ({}, polys(C0, C1), ("bilinear", C0, C1, (), (C0, C1), (), ())),
    ({}, atoms(X, Y), ("bilinear", X, Y, (), (), (), ())),
    ({}, atoms(FX), ("bilinear", FX, X, (X,), (FX,), (), ())),
    ({}, [*atoms(X, Y, X_Z, X_Y), ("poly", BOTH)], ("distribute", BOTH_Z, X_Z, X_Y)),
    ({}, [*atoms(X, Y, X_Z, Y_Z), ("poly", BOTH)], ("distribute", BOTH_Z, X_Z, X_Z)),
    ({}, [*atoms(X, Y, OPEN_X, OPEN_Y), ("poly", BOTH)], ("distribute", OPEN_Z, OPEN_X, OPEN_Y)),
    ({}, atoms(F_X_ZX), ("associate", F_XY_Z, F_XY, F_X_ZX, F_ZX)),
    ({}, atoms(F_X_YZ), ("associate", F_NARROW, F_XY, F_X_YZ, F_YZ)),
    ({}, atoms(F_X_XY), ("associate", F_XY_Z, F_XY, F_X_XY, F_YZ)),
    # an XOR of words that have a bit in common; other words than it is made of, or one of them twice
    ({}, atoms(TWO, BIT, AT_TWO, AT_BIT) + polys(ONE_OF), ("zeros", AT_ONE_OF, AT_TWO, AT_BIT)),
    ({}, atoms(TWO, BIT, AT_TWO, AT_SHL) + polys(SHL_BIT, OVERLAPPED), ("zeros", AT_OVERLAPPED, AT_TWO, AT_SHL)),
    ({}, atoms(TWO, BIT, AT_BESIDE, AT_TWO) + polys(SHL2_BIT, BESIDE), ("zeros", AT_SHL2, AT_BESIDE, AT_TWO)),
    ({}, atoms(TWO, BIT, AT_TWO, AT_SHL2) + polys(SHL2_BIT, BESIDE), ("zeros", AT_BESIDE, AT_TWO, AT_TWO)),
    ({}, atoms(AT_TWO), ("zeros", AT_EITHER, AT_TWO, AT_TWO)),
    ({}, atoms(AT_BIT), ("zeros", AT_EITHER, AT_BIT, AT_BIT)),
    ({}, atoms(AT_EITHER, AT_TWO), ("zeros", AT_BIT, AT_EITHER, AT_TWO)),
    # no OR: another conjunction, or its complement; another function than `zero`
    ({}, atoms(AT_TWO, AT_BIT), ("zeros", AT_LESS, AT_TWO, AT_BIT)),
    ({}, atoms(AT_TWO, AT_BIT), ("zeros", AT_NEITHER, AT_TWO, AT_BIT)),
    ({}, atoms(F_TWO, F_BIT), ("zeros", F_EITHER, F_TWO, F_BIT)),
    ({}, atoms(C_X_YZ), ("associate", C_XY_Z, C_XY, C_X_YZ, C_YZ)),
    ({NOT_TWO: 0}, atoms(TWO) + polys(C1, NOT_TWO, p.mask(TWO, 1)), ("solve", BIT, NOT_TWO)),
]


def label(case: Case) -> str:
    """What names the case in a test's name."""
    return "-".join(map(str, case[2]))[:40].replace(" ", "")
