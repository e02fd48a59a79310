"""Squares and products of 16 and of 32 words, of AWS-LC (s2n-bignum): Karatsuba's, of three of half the size each.

Numbers are arrays of 64-bit words, the least significant first.  The innermost squares are of 8 words; each is a
routine, whose proof is a contract for those that call it.  So is the product of 8 by 8 words, of which the products of
16 and of 32 words are made, with the sign of two differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from armsym.dsl import Bits, Claims, Contract, Integer, Proof, Region, State, Words, congruent, ite, proof
from crypto_examples.wheels import AWS_LC

Number = Integer | int

W = 2**64

#: Four times the same, a word apart.
REPEATED = 1 + W + W**2 + W**3

#: In this order a product of 4 by 4 words has (x_i - x_j) * (y_j - y_i) added.
PAIRS = ((2, 3), (0, 1), (1, 3), (0, 2), (0, 3), (1, 2))


class Karatsuba:
    """What the proofs of these routines share: places are offsets from the routine's entry."""

    def __init__(self, p: Proof) -> None:
        self.p, self.entry = p, p.routine.entry

    def integer(self, words: Iterable[Bits]) -> Number:
        """The number that words of 64 bits make."""
        return self.p.integer(list(words))

    def known(self, at: int, registers: Sequence[int], value: Number | Callable[[State], Number]) -> None:
        """Registers make a number there, and are from there on any words that make it."""

        @self.p.cut(self.entry + at, drop_x=registers)
        def claims(s: State) -> Claims:
            wanted = value(s) if callable(value) else value
            return {"value": self.integer(s.x[n] for n in registers) == wanted}

    def of_four_words(
        self,
        at: Sequence[int],
        registers: Sequence[int],
        factors: Callable[[State], tuple[Words, Words]],
        added: Callable[[State], Number] = lambda _: 0,
    ) -> None:
        """A product of 4 by 4 words: first as if all x_i y_j were x_i y_i and x_j y_j, then pair after pair as it is.

        From `at[1]` on something is `added`.  No sum is negative, and none has more than 8 words.
        """

        def so_far(done: int) -> Callable[[State], Number]:
            def value(s: State) -> Number:
                x, y = ([self.p.integer([w]) for w in words] for words in factors(s))
                found: Number = sum(u * v * W**k for k, (u, v) in enumerate(zip(x, y, strict=True))) * REPEATED
                for i, j in PAIRS[:done]:
                    found = found + (x[i] - x[j]) * (y[j] - y[i]) * W ** (i + j)
                return found + (added(s) if done else 0)

            return value

        for done, here in enumerate(at):
            self.known(here, registers, so_far(done))

    def difference(self, at: int, registers: Sequence[int], value: Number) -> None:
        """A difference of two numbers, and C whether it is not negative."""

        @self.p.cut(self.entry + at, drop_x=registers, drop_flags=True)
        def claims(s: State) -> Claims:
            borrow = 1 - self.p.integer(s.C)
            return {"difference": self.integer(s.x[n] for n in registers) == value + W ** len(registers) * borrow}

    def absolute(self, at: Sequence[int], registers: range, mask: int, value: Number) -> None:
        """A difference, at `at[0]`, is made positive; two words of it are stored at each of the other places.

        The register `mask` is then 0, or all ones where it was negative.
        """
        self.difference(at[0], registers, value)
        for k, here in enumerate(at[1:], 1):

            @self.p.cut(self.entry + here, drop_x=registers[2 * k - 2 : 2 * k], drop_flags=True)
            def claims(s: State, k: int = k) -> Claims:
                found = self.integer(s.x[n] for n in registers[: 2 * k])
                wanted = value * sign(self.p, s.x[mask])
                if 2 * k == len(registers):
                    return {"absolute": found == wanted}
                left = self.integer(s.x[n] ^ s.x[mask] for n in registers[2 * k :])
                found = found + W ** (2 * k) * (left + self.p.integer(s.C))
                # No equation: of two the first would be solved for the lowest word, and the last one has to be.
                return {"at least": found >= wanted, "at most": found <= wanted}

    def outside(self, at: int, z: Region, lower: Number, upper: Number, used: Iterable[int] = ()) -> None:
        """Of a product all but the middle one is summed, a quarter of the words further up than where it will stand.

        What the registers that were `used` for it hold is of no interest.
        """

        @self.p.cut(self.entry + at, drop_x=used, drop_memory=[z], drop_flags=True)
        def claims(s: State) -> Claims:
            x = z.words(64, at=s)
            B, half = W ** (len(x) // 4), len(x) // 4
            return {"both": self.integer(x[:half]) + B * self.integer(x[2 * half :]) == lower + B * upper}

    def mask(self, at: int, register: int) -> None:
        """All ones there where a difference was negative, else 0."""
        zero = Bits(64, 0)
        self.p.cut(self.entry + at)(lambda s: {"mask": s.x[register] == ite(s.C == 1, zero, ~zero)})

    def stored(
        self,
        at: int,
        words: Callable[[State], Sequence[Bits]],
        value: Number,
        mask: int | None = None,
        dropped: Sequence[Region] = (),
    ) -> None:
        """What a buffer holds there is a number, with the sign of a mask: an equation for its lowest word."""

        @self.p.cut(self.entry + at, drop_flags=True, drop_memory=dropped)
        def claims(s: State) -> Claims:
            signed = value if mask is None else value * sign(self.p, s.x[mask])
            return {"stored": self.integer(words(s)) == signed}


def sign(p: Proof, mask: Bits) -> Number:
    """-1 where a mask is all ones, 1 where it is 0."""
    return 1 - 2 * p.integer(mask[0:0])


def square_8(p: Proof) -> None:
    """`void f(uint64_t z[16], const uint64_t a[8])`, with a calling convention of its own: a**2.

    It is squares of both halves, made of Neon's squares of words, and twice the product of the halves.
    """
    z, of = p.region("z", 128, access="rw"), p.region("a", 64, access="r")
    p.call(x0=z, x1=of)
    p.modifies(z)
    p.clobbers(x=[*range(2, 18), *range(19, 23)], v=[*range(8), 16, 17, 18, *range(20, 24), 30])
    a = of.words(64)
    f = Karatsuba(p)
    A = f.integer(a)
    for k, (cross, first, second) in enumerate(((0xD4, 0x134, 0x1AC), (0x26C, 0x2BC, 0x320))):
        low, high = (f.integer(a[j : j + 2]) for j in (4 * k, 4 * k + 2))
        f.known(cross, (17, 19, 20, 21), low * high)
        f.known(first, (12, 11, 13, 14), low * low)
        f.known(second, (12, 11, 13, 14), high * high)
    for at, registers, k in ((0x360, (15, 20), 2), (0x364, (16, 21), 3)):
        f.known(at, registers, f.integer([a[k]]) * f.integer([a[k + 4]]))
    f.of_four_words((0x3AC, 0x3E4, 0x42C, 0x468, 0x4AC, 0x4F0, 0x52C), range(10, 18), lambda _: (a[:4], a[4:]))
    p.ensures(lambda s: {"square": f.integer(z.words(64, at=s)) == A * A})


def square_16(p: Proof) -> None:
    """`void f(uint64_t z[32], const uint64_t a[16], uint64_t scratch[24])`: a**2, by squares of 8 words."""
    z, of, t = p.region("z", 256, access="rw"), p.region("a", 128, access="r"), p.region("scratch", 192, access="rw")
    p.call(x0=z, x1=of, x2=t)
    p.modifies(z, t, p.stack(64))
    f, a = Karatsuba(p), of.words(64)
    low, high = f.integer(a[:8]), f.integer(a[8:])
    f.absolute((0x60, 0x78, 0x8C, 0xA0, 0xB4), range(10, 18), 19, low - high)
    f.outside(0x154, z, low * low, high * high, range(10, 14))
    f.stored(0x160, lambda s: t.words(64, at=s)[8:], (low - high) * (low - high))
    p.ensures(lambda s: {"square": f.integer(z.words(64, at=s)) == f.integer(a) * f.integer(a)})


def square_32(p: Proof) -> None:
    """`void f(uint64_t z[64], const uint64_t a[32], uint64_t scratch[72])`: a**2, by squares of 16 words."""
    z, of, t = p.region("z", 512, access="rw"), p.region("a", 256, access="r"), p.region("scratch", 576, access="rw")
    p.call(x0=z, x1=of, x2=t)
    p.modifies(z, t, p.stack(96))
    f, a = Karatsuba(p), of.words(64)
    low, high = f.integer(a[:16]), f.integer(a[16:])
    f.outside(0x148, z, low * low, high * high, range(4))
    f.absolute((0x1C8, *range(0x1E0, 0x270, 0x14)), range(16), 16, high - low)
    f.mask(0x1CC, 16)
    f.stored(0x280, lambda s: t.words(64, at=s)[16:48], (low - high) * (low - high))
    p.ensures(lambda s: {"square": f.integer(z.words(64, at=s)) == f.integer(a) * f.integer(a)})


def product_8(p: Proof) -> None:
    """`void f(uint64_t z[16], const uint64_t a[8], const uint64_t b[8])`, with a calling convention of its own: a * b.

    It is Karatsuba's, of three products of 4 by 4 words; the first two have their low words by Neon.
    """
    z, of, by = p.region("z", 128, access="rw"), p.region("a", 64, access="r"), p.region("b", 64, access="r")
    p.call(x0=z, x1=of, x2=by)
    p.modifies(z)
    p.clobbers(x=[*range(1, 18), *range(19, 25)], v=range(6))
    a, b = of.words(64), by.words(64)
    f = Karatsuba(p)
    a0, a1, b0, b1 = (f.integer(half) for half in (a[:4], a[4:], b[:4], b[4:]))
    where = (*range(11, 18), 19)
    f.of_four_words((0xE0, 0x118, 0x160, 0x1A0, 0x1E0, 0x220, 0x260), where, lambda _: (a[:4], b[:4]))
    f.of_four_words(
        (0x2F8, 0x358, 0x3A0, 0x3E0, 0x420, 0x460, 0x4A0),
        where,
        lambda _: (a[4:], b[4:]),
        lambda s: f.integer(z.words(64, at=s)[4:8]),
    )
    f.difference(0x4B8, range(3, 7), a1 - a0)
    f.difference(0x4D8, range(7, 11), b0 - b1)
    f.known(0x500, range(3, 7), lambda s: (a1 - a0) * sign(p, s.x24))
    f.known(0x524, range(7, 11), lambda s: (b0 - b1) * sign(p, s.x1))
    f.of_four_words((0x588, 0x5C0, 0x608, 0x648, 0x688, 0x6C8, 0x708), where, lambda s: (s.x[3:7], s.x[7:11]))
    f.known(0x70C, where, lambda s: (a1 - a0) * (b0 - b1) * sign(p, s.x1))
    p.ensures(lambda s: {"product": f.integer(z.words(64, at=s)) == f.integer(a) * f.integer(b)})


@dataclass(frozen=True)
class LastSum:
    """Where the last sum of a product is, as offsets, and in which registers."""

    #: What lies outside is summed; the last product is done; all but that is summed; that, too, with its sign.
    outside: int
    middle: int
    unsigned: int
    signed: int
    #: The mask of the sign, the carry of the sum without it; and what is added above, a word and copies of another.
    mask: int
    carry: int
    word: int
    repeated: int
    done: int
    #: Where the sum without a sign waits; () in memory.
    kept: Sequence[int]

    def total(self, f: Karatsuba, z: Region, a: Words, b: Words, scratch: Region) -> None:
        """The product of a and b, cut by cut: with halves a0, a1 and b0, b1

            a0 b0 + B (a0 b0 + a1 b1 + T) + B**2 a1 b1, T = (a0 - a1) (b1 - b0), B = W**half.

        The sum without T may have a word more than there is room for, and T may be negative.  So what is added above
        is -1, 0 or 1, in two's complement: all is said modulo W**(4 half).
        """
        p, half = f.p, len(a) // 2
        B, room = W**half, W ** (4 * half)
        a0, a1, b0, b1 = (f.integer(part) for part in (a[:half], a[half:], b[:half], b[half:]))
        T = (a0 - a1) * (b1 - b0)
        product = f.integer(a) * f.integer(b)
        used = range(18)

        def held(s: State) -> Words:
            return z.words(64, at=s)

        def minus(s: State) -> Number:
            return p.integer(s.x[self.mask][0:0])

        f.outside(self.outside, z, a0 * b0, a1 * b1)
        f.stored(self.middle, lambda s: scratch.words(64, at=s)[2 * half : 4 * half], T, self.mask, [scratch])

        @p.cut(
            f.entry + self.unsigned,
            drop_x=[*self.kept, self.carry, self.mask],
            drop_flags=True,
            drop_memory=[z, scratch],
        )
        def unsigned(s: State) -> Claims:
            x = held(s)
            kept = [s.x[n] for n in self.kept] or x[half : 3 * half]
            number = f.integer([*x[:half], *kept, *x[3 * half :]])
            of_t = f.integer(scratch.words(64, at=s)[2 * half : 4 * half])
            return {
                "sum": number + B**3 * p.integer(s.x[self.carry]) == (1 + B) * (a0 * b0 + B * a1 * b1),
                "carry": p.integer(s.x[self.carry]) <= 1,
                "mask": s.x[self.mask] == ite(s.C == 1, ~Bits(64, 0), Bits(64, 0)),
                "middle": of_t == T * (1 - 2 * p.integer(s.C)),
            }

        @p.cut(f.entry + self.signed, drop_x=used, drop_flags=True, drop_memory=[z, scratch])
        def signed(s: State) -> Claims:
            above = p.integer(s.x[self.carry]) + p.integer(s.C) - minus(s)
            return {"product": f.integer(held(s)) + B**3 * above == product}

        @p.cut(f.entry + self.signed + 4, drop_x=[self.carry, self.word], drop_flags=True, drop_memory=[z])
        def lower(s: State) -> Claims:
            carry = p.integer(s.C)
            total = f.integer(held(s)) + B**3 * (p.integer(s.x[self.word]) + W * (carry - minus(s)))
            return {"product": congruent(total, product, room), "carry": carry <= minus(s)}

        @p.cut(f.entry + self.signed + 8, drop_x=[self.repeated])
        def upper(s: State) -> Claims:
            ones = (W - 1) * (minus(s) - p.integer(s.C))
            return {"repeated": congruent(p.integer(s.x[self.repeated]), ones, room)}

        @p.cut(f.entry + self.done, drop_memory=[z])
        def done(s: State) -> Claims:
            return {"modulo": congruent(f.integer(held(s)), product, room)}

        p.ensures(lambda s: {"product": f.integer(held(s)) == product})


def _operands(p: Proof, words: int, scratch: int) -> tuple[Region, Words, Words, Region]:
    """z, a, b of a product of numbers of so many words, and a buffer; a and b may be one."""
    z, t = p.region("z", 16 * words, access="rw"), p.region("scratch", 8 * scratch, access="rw")
    of, by = (p.region(name, 8 * words, access="r") for name in "ab")
    p.call(x0=z, x1=of, x2=by, x3=t)
    return z, of.words(64), by.words(64), t


def product_16(p: Proof, back: int = 0) -> None:
    """`void f(uint64_t z[32], const uint64_t a[16], const uint64_t b[16], uint64_t scratch[32])`: a * b.

    All is `back` bytes before where it is in `bignum_kmul_16_32`, if the routine has a convention of its own.
    """
    z, a, b, t = _operands(p, 16, 32)
    p.modifies(z, t, p.stack(48 if back else 96))
    if back:
        p.clobbers(x=[*range(18), *range(24, 30)], v=range(6))
    f = Karatsuba(p)
    f.entry -= back
    a0, a1, b0, b1 = (f.integer(half) for half in (a[:8], a[8:], b[:8], b[8:]))
    f.absolute((0x6C, 0x84, 0x98, 0xAC, 0xC0), range(10, 18), 29, a0 - a1)
    f.absolute((0x114, 0x12C, 0x140, 0x154, 0x168), range(10, 18), 19, b1 - b0)
    last = LastSum(0x200, 0x210, 0x298, 0x358, mask=29, carry=26, word=27, repeated=28, done=0x3A0, kept=range(16))
    last.total(f, z, a, b, t)


def product_32(p: Proof) -> None:
    """`void f(uint64_t z[64], const uint64_t a[32], const uint64_t b[32], uint64_t scratch[96])`: a * b."""
    z, a, b, t = _operands(p, 32, 96)
    p.modifies(z, t, p.stack(144))
    f = Karatsuba(p)
    a0, a1, b0, b1 = (f.integer(half) for half in (a[:16], a[16:], b[:16], b[16:]))
    for at, first, mask, value in ((0xC0, 0xD8, 20, a1 - a0), (0x1E8, 0x200, 21, b0 - b1)):
        f.absolute((at, *range(first, first + 0xA0, 0x14)), range(16), mask, value)
        f.mask(at + 4, mask)
    last = LastSum(0x3B4, 0x3C8, 0x510, 0x6D0, mask=21, carry=20, word=20, repeated=16, done=0x758, kept=())
    last.total(f, z, a, b, t)


def declare(symbol: str, routine: Callable[[Proof], None], *calls: Contract) -> Contract:
    """A proof of a symbol, by the contracts of what it calls."""

    @proof(symbol, of=AWS_LC, name=symbol)
    def prove(p: Proof) -> None:
        if calls:
            p.uses(*calls)
        routine(p)

    return prove


declare("bignum_ksqr_16_32", square_16, declare("Lbignum_ksqr_16_32_local_sqr_8_16", square_8))
declare(
    "bignum_ksqr_32_64",
    square_32,
    declare("Lbignum_ksqr_32_64_local_ksqr_16_32", square_16, declare("Lbignum_ksqr_32_64_local_sqr_8_16", square_8)),
)
declare("bignum_kmul_16_32", product_16, declare("Lbignum_kmul_16_32_local_mul_8_16", product_8))
declare(
    "bignum_kmul_32_64",
    product_32,
    declare(
        "Lbignum_kmul_32_64_local_kmul_16_32",
        partial(product_16, back=0xC),
        declare("Lbignum_kmul_32_64_local_mul_8_16", product_8),
    ),
)
