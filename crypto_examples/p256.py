"""Arithmetic modulo the prime and the order of P-256, as OpenSSL's assembly has it: SP 800-186, section 3.2.1.3.

Numbers are in Montgomery's form, multiplied by R = 2**256 modulo the modulus.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Integer, Proof, State, congruent
from crypto_examples.fields import Field
from specs.sp800_186 import P256

__all__ = ["OPERATIONS", "R", "field", "order_squares"]

R = 2**256

#: In the loop of `ecp_nistz256_ord_sqr_mont`, from its head: where the square is there, and the ends of its rounds.
ROUNDS = (0xB4, 0xF4, 0x134, 0x174, 0x1B0)

Value = Callable[[Integer | int, Integer | int], Integer | int]

#: By the end of a routine's name: its operands, modulus, what it is times what, and how far down its stack goes.
OPERATIONS: dict[str, tuple[str, int, Value, int, int]] = {
    "mul_mont": ("ab", P256.p, lambda a, b: a * b, R, 32),
    "sqr_mont": ("a", P256.p, lambda a, _: a * a, R, 32),
    "ord_mul_mont": ("ab", P256.n, lambda a, b: a * b, R, 64),
    "add": ("ab", P256.p, lambda a, b: a + b, 1, 16),
    "sub": ("ab", P256.p, lambda a, b: a - b, 1, 16),
    "neg": ("a", P256.p, lambda a, _: -a, 1, 16),
    "mul_by_2": ("a", P256.p, lambda a, _: a * 2, 1, 16),
    "mul_by_3": ("a", P256.p, lambda a, _: a * 3, 1, 16),
    "div_by_2": ("a", P256.p, lambda a, _: a, 2, 16),
    "to_mont": ("a", P256.p, lambda a, _: a * R, 1, 32),
    "from_mont": ("a", P256.p, lambda a, _: a, R, 32),
}


def field(operation: str) -> Callable[[Proof], None]:
    """The proof function of `ecp_nistz256_` and an operation."""
    operands, modulus, value, times, stack = OPERATIONS[operation]

    def prove(p: Proof) -> None:
        f = Field(p, modulus, operands=operands, stack=stack)
        a = f.operand("a")
        f.gives(value(a, f.operand("b") if "b" in operands else a), times=times)

    return prove


def order_squares(p: Proof) -> None:
    """`void ecp_nistz256_ord_sqr_mont(uint64_t r[4], const uint64_t a[4], uint64_t rep)`: a squared rep times.

    Each time what Montgomery's multiplication gives, so r is a^(2^rep) in Montgomery's form.  rep is at least 1, and
    below 2^63: none larger ends in our time.
    """
    n = P256.n
    f = Field(p, n, operands="a", stack=64)
    rep = p.nat("rep", low=1, high=2**63 - 1)
    p.call(x2=rep)
    inverse = pow(R, -1, n)
    H = p.fold_mod(lambda h, _: h * h * inverse, modulus=n, start=f.operand("a"), over=lambda _: 0)
    loop = p.routine.back_edge()

    @p.invariant(loop, upto=rep)
    def so_far(s: State, i: Bits) -> Claims:
        h = p.integer(s.x[4:8])
        return {"power": congruent(h, H(i), n), "reduced": h < n}

    # The square in eight words; then n is added to its lower half so often that a word is 0, and goes, four times.
    for k, at in enumerate(ROUNDS):

        @p.cut(loop.head + at, drop_x=range(14, 18) if k else [1, 3, *range(14, 18), 19, 20])
        def reduced(s: State, k: int = k) -> Claims:
            h, lower, upper = H(rep - 1 - s.x2), p.integer(s.x[14:18]), p.integer([s.x19, s.x20, s.x1, s.x3])
            left = 2 ** (256 - 64 * k)
            said: Claims = {"square": congruent(lower * pow(left, -1, n) + upper, h * h * inverse, n)}
            said |= {"lower half": lower < n + left} if k else {"upper half": upper < n}
            # How often n is added next is there already.
            return said if k == 4 else said | {"times": s.x[11 if k % 2 else 24] == s.x14 * s.x23}

    @p.ensures
    def squares(s: State) -> Claims:
        r = p.integer(f.result.words(64, at=s))
        return {"value": congruent(r, H(rep), n), "reduced": r < n}
