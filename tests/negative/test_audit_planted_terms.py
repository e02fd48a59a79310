"""A defect in every rule of the normal form has something false `proved`, and the audit lets none of it pass.

Each routine computes by the rule what its statement does not, or states by it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_defects import Planted, let_pass, object_of, of_a_rule, of_words, symbol_of, v0, x0
from refusing import ProofFn

from armsym.dsl import Bits, Claims, Proof, Prop, State, concat, ite
from armsym.terms.rules import RULES
from crypto_examples.hashing import block_function
from specs.words import Words


def _folded_bit(p: Proof) -> None:
    """Bit 0 of a word stays where bit 0 of a block is 1, else it is the block's bit 1: in code just the opposite.

    No instruction chooses between single bits.  The step of a fold does; what a bundle has of it is recorded, and does
    not come from the normal form.
    """

    def step(h: Words, m: Words) -> Words:
        return [ite(m[0][0] == 1, h[0][0:0], m[0][1:1]).zero_extend(64)]

    f = block_function(p, step, words=1, width=64, order="little")

    @p.invariant(p.routine.back_edge(), upto=f.n)
    def _(s: State, i: Bits) -> Claims:
        return {"so far": s.x3 == f.H(i)[0]}


def _shifted_once_more(p: Proof) -> None:
    """By n + 1 where n is 2: that it is 2 is known after it was shifted only, else no term is made of the shift."""
    n = p.nat("n", high=3)
    p.call(x2=n)
    p.ensures(lambda s: {"x0": s.x0 == ite(n == 2, p.entry.x1 << 3, p.entry.x1)})


def _low_bit_is_not_kept(p: Proof) -> None:
    p.ensures(lambda s: {"bit": s.x0[0] == ~p.entry.x0[0]})


def _low(b: Bits, n: int = 32) -> Bits:
    return b[n - 1 : 0].zero_extend(64)


def _told(condition: Prop) -> Bits:
    """A condition as 0 or 1."""
    return condition.bit.zero_extend(64)


#: So few possible bits that random inputs meet every case.
TOP_THREE = 7 << 61

#: Rule: (the routine, what is falsely said of it, what is written as what in the rule).
CASES: dict[str, tuple[str, ProofFn, tuple[str, str]]] = {
    "sum as bits: constant below": (
        "mov x4, #4\nadd x1, x1, x2\nmul x1, x1, x4\nadd x1, x1, #5\neor x0, x1, x3",
        x0(lambda e: (4 * (e.x1 + e.x2) + 4) ^ e.x3),
        ("rest.pb}, small", "rest.pb}, 0"),
    ),
    "bits: a whole term": ("and x0, x0, #255", x0(lambda e: e.x0), ("mask == base.pb", "mask & base.pb")),
    "summand: only 0": (
        "mov x2, #0x8000000000000000\nmadd x0, x1, x2, x3",
        x0(lambda e: e.x3),
        ("c * (t.pb & -t.pb) & full", "c * (t.pb & -t.pb) & full >> 1"),
    ),
    "bits as sum: complement": ("mvn x1, x1\nadd x0, x1, x2", x0(lambda e: e.x2 - e.x1), ("(-c - 1)", "(-c)")),
    "bits as sum: whole parts": ("lsl x1, x1, #3\nadd x0, x1, x2", x0(lambda e: e.x1 + e.x2), ("d << k", "d")),
    "bits as sum: part of a narrower sum": (
        "add w3, w1, w2, lsl #1\nadd x0, x4, x3, lsl #32",
        x0(lambda e: e.x4 + (_low(e.x1) + _low(e.x2)) * (1 << 32)),
        ("c * e", "e"),
    ),
    "bits as sum: beside a constant": (
        "and x1, x1, #~1\norr x1, x1, #1\nadd x0, x1, x2",
        x0(lambda e: (e.x1 & ~1) + e.x2 - 1),
        ("c + t.const", "c - t.const"),
    ),
    "sum: no bit in common": (
        "and x1, x1, x2\nand x3, x3, x4\nadd x0, x1, x3",
        x0(lambda e: (e.x1 & e.x2) ^ (e.x3 & e.x4)),
        ("and_poly(width, u, v) == 0", "True"),
    ),
    "sum: one term": ("add x0, x0, #1", x0(lambda e: e.x0), ("if const or", "if")),
    "sum: complement": (
        "add x0, x1, x1, lsl #1\nsub x0, x0, #1",
        x0(lambda e: ~e.x1),
        ("if c != const", "if c & 1 == 0"),
    ),
    "sum: shifted term": (
        "mov x2, #8\nmul x0, x1, x2",
        x0(lambda e: e.x1 & ((1 << 61) - 1) * 8),
        ("m.shift(-k)", "m"),
    ),
    "sum: low beside high": (
        "add x0, x1, x2, lsl #32\nmov x3, #0x500000000\nadd x0, x0, x3",
        of_words(lambda a, b: concat(b[31:0], a[31:0]), (1 << 32) - 1),
        ("const_high = const >> k", "const_high = 0"),
    ),
    "low bits: of a sum": (
        "add x1, x1, x2\nadd x1, x1, #5\nmov w0, w1",
        x0(lambda e: _low(e.x1 + e.x2)),
        ("const & full)", "0)"),
    ),
    "extract: low bits of a sum": (
        "add x1, x1, x2\nadd x1, x1, #5\nmov w0, w1",
        x0(lambda e: _low(e.x1 + e.x2)),
        ("narrow(a, n)", "narrow(make_sum(w, a.terms, 0), n)"),
    ),
    "extract: what was extended": ("mov w1, w1\nmov w0, w1", x0(0), ("return a.origin", "return 0")),
    "extract: low bits of a sum among others": (
        "add x1, x1, x2\nand x1, x1, #0xff00\neor x1, x1, x3\nmov w0, w1",
        x0(lambda e: _low(e.x1 + e.x2) ^ _low(e.x3)),
        ("v & mask)", "v)"),
    ),
    "and: low bits of a sum": (
        "add x0, x1, x2\nand x0, x0, #255",
        x0(lambda e: _low(e.x1 + e.x2, 7)),
        ("b.bit_length()", "max(1, b.bit_length() - 1)"),
    ),
    "lsr: exact quotient": (
        "mov x4, #4\nadd x1, x1, x2\nmul x1, x1, x4\nlsr x0, x1, #2",
        x0(lambda e: e.x1 + e.x2),
        ("most >> w", "False"),
    ),
    "concat: low bits beside their sum": (
        "add w3, w5, w6\nadd x4, x1, x2\nlsr x4, x4, #32\nmov v0.s[0], w3\nmov v0.s[1], w4\numov x0, v0.d[0]",
        x0(lambda e: e.x1 + e.x2),
        ("narrow(base, low.width) is not low", "False"),
    ),
    "udiv: by zero": ("udiv x0, x1, xzr", of_words(lambda a, b: 1), ("return 0", "return 1")),
    "udiv: by a power of two": (
        "mov x2, #8\nudiv x0, x1, x2",
        of_words(lambda a, b: a >> 4),
        ("b.bit_length() - 1", "b.bit_length()"),
    ),
    "clmul: by a number": (
        "mov x2, #0x8000000000000000\nfmov d1, x2\npmull v0.1q, v2.1d, v1.1d",
        v0(0),
        ("range(w)", "range(w - 1)"),
    ),
    "shift by data: a number": (
        "lsl x0, x1, x2\ncmp x2, #2\nb.eq 1f\nmov x0, x1\n1:",
        _shifted_once_more,
        ("n = min(b, w)", "n = b + 1"),
    ),
    "ite: negated condition": (
        "cmp x1, #0\ncsel x0, x2, x3, ne",
        x0(lambda e: ite(e.x1 == 0, e.x2, e.x3)),
        ("b, a, rounds)", "a, b, rounds)"),
    ),
    "ite: of bits": (
        "ldr x3, [x0]\n1: ldr x4, [x1], #128\nlsr x5, x4, #1\neor x6, x5, x3\nand x6, x6, x4\neor x3, x3, x6\n"
        "and x3, x3, #1\nsubs x2, x2, #1\nb.ne 1b\nstr x3, [x0]",
        _folded_bit,
        ("xor(1, b, and_", "xor(1, a, and_"),
    ),
    "ite: numbers one bit apart": (
        "mov x2, #8\ntst x1, #1\ncsel x0, x2, xzr, eq",
        x0(lambda e: ~e.x1 & 1),
        ("d.bit_length() - 1", "0"),
    ),
    "ite: numbers": (
        "mov x2, #5\nmov x3, #10\ncmp x1, #0\ncsel x0, x2, x3, eq",
        x0(lambda e: (e.x1 == 0).bit.sign_extend(64) & 15 ^ 5),
        ("xor(w, b,", "xor(w, a,"),
    ),
    "ite: one term": ("cmp x1, #0\ncsel x0, x2, x3, eq", x0(lambda e: e.x2), ("x is y", "type(x) is type(y)")),
    "ite: common summands": (
        "cmp x1, #0\ncsinc x0, x2, x2, eq",
        x0(lambda e: _told(e.x1 != 0)),
        ("add(w, shared,", "add(w, 0,"),
    ),
    "table: an affine map": (
        "movi v1.16b, #5\nmovi v3.16b, #15\nand v2.16b, v2.16b, v3.16b\ntbl v0.16b, {v1.16b}, v2.16b",
        v0(0),
        ("entries & ones(w))", "0)"),
    ),
    "eq: itself": ("mov x0, x1", x0(lambda e: e.x2), ("if a is b", "if type(a) is type(b)")),
    "eq: of bits": ("mov x0, x0", _low_bit_is_not_kept, ("xor(1, xor(1, a, b), 1)", "xor(1, a, b)")),
    "eq: bits of sums": (
        "add x3, x1, x2\nand x3, x3, #0xffffffff00000000\nadd w4, w1, w2\nand w4, w4, #0xffff\norr x0, x3, x4",
        x0(lambda e: e.x5),
        ("together(w, b)", "together(w, a)"),
    ),
    "eq: polynomials": ("mov x0, x0", x0(lambda e: e.x0 ^ 1), ("int(difference == 0)", "1")),
    "zero: a bit that is 1": (
        "and x1, x1, #1\neor x1, x1, #1\ntst x1, x1\ncset x0, eq",
        x0(0),
        ("const & ~reach", "const"),
    ),
    "eq: sums": (
        "mov x3, #0x2000000000000000\nadds x1, x1, x3\ncset x0, eq",
        of_words(lambda a, b: _told((a ^ 1 << 61) == 0), TOP_THREE),
        ("-const & ones(w)", "const"),
    ),
    "zero: the other sign": (
        "sub x3, x2, x1\nmov x4, #0x2000000000000000\nadds x3, x3, x4\ncset x0, eq",
        of_words(lambda a, b: _told(a - b + (1 << 61) == 0), TOP_THREE),
        ("else linear_view(negated)", "else (linear_view(negated)[0], const)"),
    ),
    "zero: parity": (
        "add x3, x1, x2\nadd x3, x3, x3\nmov x4, #0x4000000000000000\nadds x3, x3, x4\ncset x0, eq",
        of_words(lambda a, b: 0, TOP_THREE),
        ("const & (low - 1)", "const & low"),
    ),
    "ult: never": (
        "mov x2, #0x7fffffffffffffff\ncmp x2, x1\ncset x0, lo",
        x0(0),
        ("a == ones(w)", "a == ones(w) >> 1"),
    ),
    "ult: always": ("and x1, x1, #7\ncmp x1, #7\ncset x0, lo", x0(1), ("a.pb < b", "a.pb <= b")),
    "ult: out of reach": (
        "and x1, x1, #7\nmov x2, #3\ncmp x2, x1\ncset x0, lo",
        x0(0),
        ("a >= b.pb", "a >= b.pb >> 1"),
    ),
    "ult: below 1": ("cmp x1, #5\ncset x0, lo", of_words(lambda a, b: _told(a == 0), 7), ("b == 1", "b")),
    "ult: above 0": (
        "cmp xzr, x1\ncset x0, lo",
        x0(lambda e: _told(e.x1 == 0)),
        ("xor(1, eq(w, b, 0), 1)", "eq(w, b, 0)"),
    ),
    "slt: itself": ("cmp x1, x1\ncset x0, lt", x0(1), ("return 0", "return 1")),
    "slt: below 0": ("cmp x1, #0\ncset x0, lt", x0(lambda e: e.x1 & 1), ("w - 1, 1)", "0, 1)")),
}

#: What the auditor refuses, where it is not that the values are equal.
REFUSED = dict.fromkeys(("udiv: by zero", "udiv: by a power of two"), "is not an instruction that is modelled")

PLANTED = {
    name: Planted(code, says, of_a_rule(name, *edit), REFUSED.get(name, "not shown equal"))
    for name, (code, says, edit) in CASES.items()
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return object_of(PLANTED, tmp_path_factory.mktemp("planted") / "terms.o")


def test_every_rule_has_a_defect_that_proves_what_is_false() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("name", CASES)
def test_what_a_defect_in_a_rule_lets_pass_the_audit_refuses(name: str, path: Path) -> None:
    said = let_pass(PLANTED[name], path, symbol_of(name))
    assert all(PLANTED[name].refused in one for one in said), said
