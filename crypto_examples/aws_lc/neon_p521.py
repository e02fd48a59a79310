"""Products modulo the prime of P-521 by Neon instructions, of AWS-LC (s2n-bignum): three products of 4 by 4 words.

Each is Karatsuba's, of words: what words there are at first as if all x_i y_j were x_i y_i and x_j y_j, then one pair
i, j after the other.  Of the low and the high halves the products are added, in memory, where they wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Claims, Proof, State, concat, congruent, proof, within
from crypto_examples.aws_lc.neon_fields import Halves, Number, W, beside, diagonal, whole
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs.sp800_186 import P521

#: What takes four words off a number modulo P-521's prime.
DOWN = pow(W**4, -1, P521.p)

#: Eight words: so many has a product of halves, and the prime has 9 bits more.
TOP = W**8


class Product(Halves):
    """What the parts of the proof share: the operands' words, and where the three products are made."""

    #: Where the absolute values of the halves' differences are.
    X, Y = (21, 10, 17, 13), (16, 5, 20, 8)

    def __init__(self, p: Proof) -> None:
        super().__init__(Field(p, P521.p, stack=144))
        a, b = ([p.integer([w]) for w in self.f.words(name)] for name in "ab")
        self.al, self.ah, self.bl, self.bh = a[:4], a[4:8], b[:4], b[4:8]
        self.low, self.high = whole(self.al) * whole(self.bl), whole(self.ah) * whole(self.bh)
        #: The middle one, with its sign.
        self.middle = (whole(self.ah) - whole(self.al)) * (whole(self.bl) - whole(self.bh))
        self.memory = p.local(72, below=144)

    def waiting(self, s: State) -> list[Bits]:
        """The words in memory."""
        return s.words(s.sp, 64, 9)

    def number(self, s: State, where: Sequence[int]) -> Number:
        """The number in some registers."""
        return self.integer(s.x[k] for k in where)

    def each(self, s: State, where: Sequence[int]) -> list[Number]:
        """The numbers in registers, each by itself."""
        return [self.p.integer([s.x[k]]) for k in where]

    def product(self, at: int, where: Sequence[int], value: Number) -> None:
        """Registers make a number there modulo W**8, and are from there on any words that make it."""
        self.cut(at, lambda s: {"product": congruent(self.number(s, where), value, TOP)}, x=where)

    def negative(self, s: State) -> Number:
        """1 where the middle product is negative: its sign is in X9, from +0x540 on."""
        return self.p.integer(s.x9[0:0])

    def absolute(self, s: State) -> Number:
        """The middle product's absolute value."""
        return self.middle * self.sign(s.x9)


def low_product(h: Product) -> None:
    """What waits is the product of the low halves less four words: its upper half, then its lower half times 2**9."""
    p, al, bl = h.p, h.al, h.bl
    h.known(0x138, ((8, 4, 19, 14, 12), whole([x * y for x, y in zip(al, bl, strict=True)])))
    so_far = diagonal(al, bl)
    h.product(0x170, (8, 11, 3, 24, 12, 22, 26, 14), so_far)
    so_far = so_far + beside(al, bl, 2, 3)
    h.product(0x180, (8, 11, 3, 24, 12, 22, 19, 25), so_far)
    so_far = so_far + beside(al, bl, 0, 1)
    first = so_far

    def two_pairs(s: State) -> Claims:
        return {
            "product": congruent(h.number(s, (8, 11, 9, 26, 14, 22, 12, 6)), first, TOP),
            "moved": s.x24 == s.x11 << 9 | s.x8 >> 55,
        }

    h.cut(0x1C4, two_pairs, x=(8, 11, 9, 26, 14, 22, 12, 6))

    def lowest(s: State) -> Bits:
        # It is in memory already, moved up.
        moved = h.waiting(s)[4:6]
        return concat(moved[1][8:0], moved[0][63:9])

    def pair(at: int, words: Sequence[int], value: Number) -> None:
        def claims(s: State) -> Claims:
            return {"product": congruent(h.integer([lowest(s), *(s.x[k] for k in words)]), value, TOP)}

        h.cut(at, claims, x=words[1:])  # the second word is what it stays

    for at, i, j, words in (
        (0x24C, 1, 3, (11, 9, 26, 14, 21, 24, 25)),
        (0x280, 0, 2, (11, 6, 4, 9, 16, 14, 24)),
        (0x2A0, 0, 3, (11, 6, 7, 9, 16, 22, 12)),
    ):
        so_far = so_far + beside(al, bl, i, j)
        pair(at, words, so_far)

    def six_words(s: State) -> Claims:
        # To the last two a carry and the sign are still to be added.
        words = h.integer([lowest(s), *(s.x[k] for k in (11, 6, 19, 24, 5, 22, 12))])
        missing = (p.integer(s.C) + p.integer(s.x10) * (1 + W)) * W**6
        return {
            "product": congruent(words + missing, h.low, TOP),
            "moved": s.x4 == s.x19 << 9 | s.x6 >> 55,
            "above": s.x9 == s.x19 >> 55,
        }

    h.cut(0x2CC, six_words, x=(19, 24, 5))

    def product(s: State) -> Number:
        third = concat(s.x9[8:0], s.x4[63:9])
        return h.integer([lowest(s), s.x11, s.x6, third, *(s.x[k] for k in (24, 5, 19, 21))])

    h.cut(0x2DC, lambda s: {"product": congruent(product(s), h.low, TOP)}, x=(24, 5, 19, 21))
    h.cut(0x2E0, lambda s: {"exactly": product(s) == h.low}, x=(22,))  # which is dead

    def waits(s: State) -> Claims:
        words = h.waiting(s)
        return {
            "value": congruent(h.integer(words), h.low * DOWN, P521.p),
            "top": h.integer(words[8:]) < 2**9,
        }

    p.cut(h.entry + 0x2FC, drop_memory=[h.memory])(waits)


def high_product(h: Product) -> None:
    """The product of the high halves is added to what waits; the halves' differences are ready before."""
    ah, bh = h.ah, h.bh
    h.known(0x324, ((9, 22, 14, 11, 24), whole([x * y for x, y in zip(ah, bh, strict=True)])))
    so_far = diagonal(ah, bh)
    h.product(0x37C, (9, 3, 25, 22, 15, 6, 11, 26), so_far)
    for at, i, j, words in (
        (0x390, 2, 3, (9, 3, 25, 22, 15, 4, 14, 26)),
        (0x3D8, 0, 1, (9, 3, 25, 6, 22, 12, 4, 26)),
        (0x40C, 1, 3, (9, 3, 25, 6, 22, 15, 4, 19)),
        (0x454, 0, 2, (9, 3, 11, 26, 6, 24, 4, 22)),
        (0x47C, 0, 3, (9, 3, 11, 14, 26, 24, 7, 4)),
    ):
        so_far = so_far + beside(ah, bh, i, j)
        h.product(at, words, so_far)

    def differences(s: State) -> Claims:
        wide = s.x17.zero_extend(128) * s.x20.zero_extend(128)
        return {
            "a": h.number(s, h.X) == (whole(ah) - whole(h.al)) * h.sign(s.x12),
            "b": h.number(s, h.Y) == (whole(h.bl) - whole(bh)) * h.sign(s.x23),
            "begun": s.x25 == wide[127:64],
        }

    h.cut(0x518, differences, x=h.X + h.Y)
    last = (9, 3, 11, 22, 19, 14, 7, 15)
    h.product(0x538, last, h.high)
    # Each by what was said before; what is dropped is dead.
    h.cut(0x53C, lambda s: {"exactly": h.number(s, last) == h.high}, x=(6,))
    h.cut(0x540, lambda s: {"absolute": h.number(s, h.X) * h.number(s, h.Y) == h.absolute(s)}, x=(12,))
    h.cut(0x54C, lambda s: {"range": within(0, h.absolute(s), TOP)}, x=(12,))

    def waits(s: State) -> Claims:
        words = h.waiting(s)
        return {
            "value": congruent(h.integer(words), h.low * DOWN + h.high, P521.p),
            "top": h.integer(words[8:]) < 2**10,
        }

    h.p.cut(h.entry + 0x598, drop_memory=[h.memory])(waits)


def middle_product(h: Product) -> None:
    """The middle product modulo the prime: where it is negative, its absolute value's complement in 521 bits.

    Where words of the differences are gone, claims say what is still missing of it.
    """
    h.cut(
        0x5AC,
        lambda s: {
            "products": h.number(s, (6, 14, 7, 22, 19))
            == whole([x * y for x, y in zip(h.each(s, h.X), h.each(s, h.Y), strict=True)])
        },
        x=(6, 14, 7, 22, 19),
    )

    def so_far(s: State, *done: tuple[int, int]) -> Number:
        x, y = h.each(s, h.X), h.each(s, h.Y)
        return diagonal(x, y) + sum(beside(x, y, i, j) for i, j in done)

    def pairs(at: int, words: Sequence[int], *done: tuple[int, int]) -> None:
        h.cut(at, lambda s: {"product": congruent(h.number(s, words), so_far(s, *done), TOP)}, x=words)

    pairs(0x600, (6, 4, 19, 26, 14, 25, 23, 12))
    pairs(0x62C, (6, 4, 19, 26, 14, 3, 23, 11), (2, 3))
    begun = (6, 24, 19, 15, 4, 26, 25, 23)
    pairs(0x664, begun, (2, 3), (0, 1))
    h.cut(0x66C, lambda s: {"exactly": h.number(s, begun) == so_far(s, (2, 3), (0, 1))}, x=(14,))  # which is dead

    def modulo(s: State, words: Sequence[Bits], missing: Number) -> Claims:
        return {"product": congruent(h.integer(words) + missing, h.absolute(s), TOP)}

    def three_missing(s: State) -> Claims:
        x3, x8, x21, x12, x10, x17, x20, x5 = h.each(s, (3, 8, 21, 12, 10, 17, 20, 5))
        second = x3 * x8 * h.sign(s.x16)
        third = x21 * x12 * h.sign(s.x13) + (x10 - x17) * (x20 - x5)
        words = [s.x[k] for k in (6, 24, 19, 15, 4, 22, 14, 26)]
        return modulo(s, words, second * W**2 + third * W**3) | {"x25": s.x25 == s.x24 ^ s.x9}

    h.cut(0x6CC, three_missing, x=(6, 24, 19, 15, 4, 22, 14, 26))

    def two_missing(s: State) -> Claims:
        x24, x5 = h.each(s, (24, 5))
        third = h.integer([s.x17, s.x15]) * h.sign(s.x13) + x24 * x5 * h.sign(s.x11)
        words = [s.x8 ^ s.x9, s.x25 ^ s.x9, *(s.x[k] for k in (10, 20, 6, 4, 21, 7))]
        return modulo(s, words, third * W**3) | {"x12": s.x12 == s.x10 ^ s.x9}

    h.cut(0x720, two_missing, x=(10, 20, 6, 4, 21, 7))

    def one_missing(s: State) -> Claims:
        third = h.integer([s.x22 ^ s.x11, s.x5]) * h.sign(s.x11)
        words = [*(s.x[k] ^ s.x9 for k in (8, 25, 12)), *(s.x[k] for k in (20, 16, 23, 24, 6))]
        return modulo(s, words, third * W**3)

    h.cut(0x75C, one_missing, x=(20, 16, 23, 24, 6))

    def complement(s: State) -> Number:
        return h.integer([*(s.x[k] for k in (8, 25, 12, 16, 13, 23)), s.x7 ^ s.x9, s.x24 ^ s.x9])

    def error(s: State) -> Number:
        return complement(s) - h.middle - h.negative(s) * (TOP - 1)

    h.cut(0x790, lambda s: {"product": congruent(error(s), 0, TOP)}, x=(8, 25, 12, 16, 13, 23, 7, 24))
    # Each by what was said before; what is dropped is dead.
    h.cut(0x794, lambda s: {"near": within(1 - TOP, error(s), TOP)}, x=(20,))
    h.cut(0x798, lambda s: {"exactly": error(s) == 0}, x=(11,))

    def in_the_field(s: State) -> Claims:
        return {"value": congruent(complement(s) + TOP * h.p.integer(s.x9[8:0]), h.middle, P521.p)}

    h.cut(0x79C, in_the_field, x=(4,))


@proof("bignum_mul_p521", of=AWS_LC)
def bignum_mul_p521(p: Proof) -> None:
    """a is al + ah W**4 + at W**8, with a top word at of 9 bits, b likewise; W**8 is 2**-9 modulo the prime.

    With n = al bl / W**4 + ah bh and m = (ah - al) (bl - bh) what is made is a b / W**8: n + (n + m) / W**4, then
    the products by the top words in pieces of 52 bits.  It is turned by 9 bits at the end.
    """
    h = Product(p)
    low_product(h)
    high_product(h)
    middle_product(h)

    def halves(s: State) -> Claims:
        # A word of it is kept in X11, to be added to a piece.
        x = h.number(s, (21, 10, 13, 17, 5, 20, 8, 9, 16)) + p.integer(s.x11) * W**4
        al, ah, bl, bh = (whole(words) for words in (h.al, h.ah, h.bl, h.bh))
        return {
            "value": congruent(x, (al + W**4 * ah) * (bl + W**4 * bh) * DOWN * DOWN, P521.p),
            "top": p.integer(s.x16) < 2**11,
            "fourth": p.integer(s.x11) < 2**11,
        }

    h.cut(0x820, halves, x=(21, 10, 13, 17, 5, 20, 8, 9, 16, 11))
    product = h.f.operand("a") * h.f.operand("b")

    def total(s: State) -> Claims:
        x = h.number(s, (21, 10, 13, 17, 12, 25, 23, 7, 4))
        return {
            "all ones": s.x3 == s.x10 & s.x13 & s.x17 & s.x12 & s.x25 & s.x23,
            "value": congruent(x, product * 2**9, P521.p),
            "top": p.integer(s.x4) < 2**20,
        }

    h.cut(0x9FC, total, x=(21, 10, 13, 17, 12, 25, 23, 7, 4))
    h.carry(0xA18, (21, 10, 13, 17, 12, 25, 23, 7), top=3, above=14, dead=15)
    h.f.gives(product)
