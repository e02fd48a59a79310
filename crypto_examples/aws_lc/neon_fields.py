"""Products and squares modulo the primes of P-384 and P-521 by Neon instructions, of AWS-LC (s2n-bignum).

Karatsuba's products of halves, and of words.  Half of it is reduced first and waits in memory.  Cuts say what each
product is where it is done, in registers and in memory, and how it came to be is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from armsym.dsl import Bits, Claims, Integer, Part, Proof, Region, State, concat, congruent, proof
from crypto_examples.fields import Field
from crypto_examples.wheels import AWS_LC
from specs.sp800_186 import P384, P521

Number = Integer | int

W = 2**64

#: What takes three words off a number modulo P-384's prime.
DOWN = pow(W**3, -1, P384.p)


class Halves:
    """What the proofs share: places are offsets from the routine's entry."""

    def __init__(self, f: Field) -> None:
        self.f, self.p, self.entry = f, f.p, f.p.routine.entry

    def integer(self, words: Iterable[Bits]) -> Number:
        """The number that words of 64 bits make."""
        return self.p.integer(list(words))

    def sign(self, mask: Bits) -> Number:
        """-1 where a mask is all ones, 1 where it is 0."""
        return 1 - 2 * self.p.integer(mask[0:0])

    def cut(
        self,
        at: int,
        claims: Callable[[State], Claims],
        *,
        x: Iterable[int] = (),
        v: Iterable[int] = (),
        memory: Iterable[Region | Part] = (),
    ) -> None:
        """Claims at an offset; of registers and memory nothing else is known from there on."""
        self.p.cut(self.entry + at, drop_x=x, drop_v=v, drop_memory=memory)(claims)

    def known(self, at: int, *numbers: tuple[Sequence[int], Number]) -> None:
        """Registers make numbers there, and are from there on any words that make them."""

        def claims(s: State) -> Claims:
            return {f"X{where[0]}": self.integer(s.x[n] for n in where) == value for where, value in numbers}

        self.cut(at, claims, x=[n for where, _ in numbers for n in where])

    def carry(self, at: int, where: Sequence[int], *, top: int, above: int, dead: int) -> None:
        """C there: whether a number's low 521 bits, its bits above them and one more make 2**521 or more.

        It is claimed in bits, for Z3 to add: the routine has it of fewer words, all but the ends joined by AND.
        """

        def claims(s: State) -> Claims:
            bits = concat(s.x[top][8:0], *(s.x[k] for k in reversed(where)))
            return {"carry": s.C == (bits.zero_extend(522) + s.x[above].zero_extend(522) + 1)[521:521]}  # noqa: SIM300

        self.p.cut(self.entry + at, drop_x=(dead,), drop_flags=True)(claims)


def whole(words: Sequence[Number]) -> Number:
    """The number of words, the least significant first."""
    found: Number = sum(w * W**k for k, w in enumerate(words))
    return found


def diagonal(x: Sequence[Number], y: Sequence[Number]) -> Number:
    """A product of n by n words as if all x_i y_j were x_i y_i and x_j y_j."""
    found: Number = sum(u * v * W**k for k, (u, v) in enumerate(zip(x, y, strict=True)))
    repeated: Number = found * sum(W**k for k in range(len(x)))
    return repeated


def beside(x: Sequence[Number], y: Sequence[Number], i: int, j: int) -> Number:
    """What the pair i, j adds to it."""
    found: Number = (x[i] - x[j]) * (y[j] - y[i]) * W ** (i + j)
    return found


@proof("bignum_montmul_p384", of=AWS_LC)
def bignum_montmul_p384(p: Proof) -> None:
    """With halves al, ah of a, bl, bh of b: n = al bl / W**3 + ah bh, then n (1 + W**3) + (ah - al) (bl - bh)."""
    f = Field(p, P384.p, stack=48, keeps_there=True)
    h, z, prime = Halves(f), f.result, f.modulus
    a, b = ([p.integer([w]) for w in f.words(name)] for name in "ab")
    al, ah, bl, bh = a[:3], a[3:], b[:3], b[3:]
    Al, Ah, Bl, Bh = (whole(half) for half in (al, ah, bl, bh))
    product = f.operand("a") * f.operand("b")
    f.gives(product, times=2**384)

    h.known(0xB0, ((7, 15), a[0] * b[0]), ((12, 19), a[1] * b[1]))
    h.known(0x100, ((7, 22, 16, 9, 4, 15), diagonal(al, bl)))
    h.known(0x12C, ((7, 11, 12, 9, 22, 5), diagonal(al, bl) + beside(al, bl, 0, 1)))

    def low(s: State) -> Claims:
        # X2 is the lowest word times 2**32 + 1.
        return {"low": h.integer([s.x2 - (s.x2 << 32), *(s.x[k] for k in (11, 19, 9, 22, 16))]) == Al * Bl}

    h.cut(0x1AC, low, x=(11, 19, 9, 22, 16))

    def waits(s: State) -> Claims:
        x = h.integer(z.words(64, at=s))
        return {
            "value": congruent(x, Al * Bl * DOWN, prime),
            "at least": x * W**3 >= Al * Bl,
            "fourth": h.integer([s.x4, s.x1]) == a[4] * b[4],
            "fifth": h.integer([s.x11, s.x12]) == a[5] * b[5],
        }

    h.cut(0x280, waits, x=(4, 1, 11, 12), memory=[z])
    h.known(0x2B8, ((22, 20, 7, 4, 9, 12), diagonal(ah, bh)))
    h.known(0x2D4, ((22, 11, 19, 1, 20, 2), diagonal(ah, bh) + beside(ah, bh, 0, 1)))

    def absolute(s: State) -> Claims:
        return {
            "a": h.integer(s.x[n] for n in (23, 13, 16)) == (Ah - Al) * h.sign(s.x8),
            "b": h.integer(s.x[n] for n in (15, 14, 6)) == (Bl - Bh) * h.sign(s.x21),
        }

    h.cut(0x374, absolute, x=(23, 13, 16, 15, 14, 6))
    h.known(0x398, ((22, 11, 19, 1, 10, 2), diagonal(ah, bh) + beside(ah, bh, 0, 1) + beside(ah, bh, 0, 2)))
    h.known(0x3B0, ((22, 11, 19, 12, 3, 2), Ah * Bh))

    def n(s: State) -> Number:
        return h.integer([*z.words(64, at=s), s.x19])

    def added(s: State) -> Claims:
        value = Al * Bl + W**3 * Ah * Bh
        return {"value": congruent(n(s), value * DOWN, prime), "at least": n(s) * W**3 >= value, "top": n(s) < 2 * W**6}

    h.cut(0x3F0, added, x=(19,), memory=[z])
    T = (Ah - Al) * (Bl - Bh)

    def middle(s: State) -> Claims:
        words = (s.x7 ^ s.x9, s.x11 ^ s.x9, s.x6, s.x23 ^ s.x9, s.x17, s.x22)
        return {"middle": h.integer(words) == T * h.sign(s.x9)}

    h.cut(0x4E8, middle, x=(7, 11, 6, 23, 17, 22))

    def inner(s: State) -> Claims:
        x = h.integer(s.x[n] for n in (15, 8, 13, 24, 23, 7, 17, 20, 11, 9))
        return {
            "x1": s.x1 == s.x15 + (s.x15 << 32),
            "x3": s.x3 == s.x15 + (s.x15 << 32) >> 32,
            "value": congruent(x, T + n(s), W**10),
            "at least": T + n(s) * (1 + W**3) >= 0,
        }

    h.cut(0x530, inner, x=(15, 8, 13, 24, 23, 7, 17, 20, 11, 9))

    # What is said of the sum, each by what was said before: it wraps nowhere.  What is said where something is dropped
    # stays known, and X2 is dead there.
    dead = (2,)

    def total(s: State) -> Number:
        return h.integer([s.x1 - (s.x1 << 32), *(s.x[k] for k in (8, 13, 24, 4, 21, 15, 7, 20, 22))])

    h.cut(
        0x560,
        lambda s: {"total": congruent(total(s), T + n(s) * (1 + W**3), W**10)},
        x=(8, 13, 24, 4, 21, 15, 7, 20, 22),
    )
    h.cut(0x564, lambda s: {"exactly": total(s) == T + n(s) * (1 + W**3)}, x=dead)
    h.cut(
        0x568,
        lambda s: {
            "in the field": congruent(total(s), T + n(s) * (1 + W**3), prime),
            "top": p.integer(s.x22) <= 2,
        },
        x=dead,
    )
    h.cut(0x56C, lambda s: {"of the operands": congruent(total(s), product * DOWN, prime)}, x=dead)

    def reduced(s: State) -> Claims:
        x = h.integer(s.x[k] for k in (2, 12, 5, 23, 8, 11, 9))
        return {"value": congruent(x, product * DOWN * DOWN, prime), "top": p.integer(s.x9) <= 3}

    h.cut(0x608, reduced, x=(2, 12, 5, 23, 8, 11, 9))


@proof("bignum_montsqr_p384", of=AWS_LC)
def bignum_montsqr_p384(p: Proof) -> None:
    """a**2 is l + 2 c W**3 + h W**6, with l and h the squares of the halves, c their product."""
    f = Field(p, P384.p, operands="a", keeps_there=True)
    h, z, prime = Halves(f), f.result, f.modulus
    a = [p.integer([w]) for w in f.words("a")]
    low, high = a[:3], a[3:]
    L, H = whole(low), whole(high)

    def squares(s: State) -> Claims:
        return {
            "x13": s.x13 == s.x14 << 32,
            "first": h.integer([s.x14, s.v[3][63:0]]) == a[0] * a[0],
            "second": h.integer([s.x7, s.v[3][127:64]]) == a[1] * a[1],
        }

    h.cut(0xBC, squares, x=(14, 7), v=(3,))

    def low_square(s: State) -> Claims:
        return {"l": h.integer([s.x12 - (s.x12 << 32), *(s.x[k] for k in (17, 14, 13, 11, 3))]) == L * L}

    h.cut(0x13C, low_square, x=(17, 14, 13, 11, 3))

    def waits(s: State) -> Claims:
        x = h.integer(z.words(64, at=s))
        return {"value": congruent(x, L * L * DOWN, prime), "at most": x * W**3 <= L * L + (W**3 - 1) * prime}

    h.cut(0x208, waits, memory=[z])
    h.known(0x254, ((14, 11, 3, 15, 17, 13), diagonal(low, high)))
    h.known(0x298, ((14, 11, 3, 15, 17, 13), diagonal(low, high) + beside(low, high, 0, 1)))
    h.known(0x2CC, ((14, 11, 3, 7, 15, 8), diagonal(low, high) + beside(low, high, 0, 1) + beside(low, high, 0, 2)))
    h.known(0x2EC, ((14, 11, 3, 1, 4, 8), L * H))

    def crossed(s: State) -> Claims:
        return {
            f"{k} and {k + 1}": h.integer([s.v[28][top : top - 63], s.v[18][top : top - 63]]) == a[3] * a[k]
            for k, top in ((4, 63), (5, 127))
        }

    h.cut(0x330, crossed, v=(28, 18))

    def squared(s: State) -> Claims:
        return {
            "fourth": h.integer([s.v[19][63:0], s.x5]) == a[4] * a[4],
            "fifth": h.integer([s.v[19][127:64], s.x10]) == a[5] * a[5],
        }

    h.cut(0x348, squared, x=(5, 10), v=(19,))

    def both(s: State) -> Claims:
        t = h.integer([s.x9 - (s.x9 << 32), *(s.x[k] for k in (2, 3, 1, 4, 15, 11))])
        value = L * L + 2 * L * H * W**3
        return {"value": congruent(t, value * DOWN, prime), "at most": t * W**3 <= value + (W**3 - 1) * prime}

    h.cut(0x340, both, x=(2, 3, 1, 4, 15, 11))

    cross = sum(a[i] * a[j] * W ** (i + j - 7) for i, j in combinations((3, 4, 5), 2))

    def doubled(s: State) -> Claims:
        return {"products": h.integer([s.v[28][63:0], s.x12, s.x16, s.x2]) == cross}

    h.cut(0x3E0, doubled, x=(12, 16, 2), v=(28,))

    def reduced(s: State) -> Claims:
        u = h.integer(s.x[k] for k in (1, 4, 7, 11, 3, 14, 8))
        value = L * L + 2 * L * H * W**3
        return {
            "value": congruent(u, value * DOWN * DOWN, prime),
            "at most": u * W**6 <= value + (W**6 - 1) * prime,
        }

    h.cut(0x434, reduced, x=(1, 4, 7, 11, 3, 14, 8))

    def square(s: State) -> Claims:
        v = h.integer(s.x[k] for k in (13, 6, 8, 3, 15, 14, 17))
        A = f.operand("a")
        return {
            "value": congruent(v, A * A * DOWN * DOWN, prime),
            "at most": v * W**6 <= A * A + (W**6 - 1) * prime,
            "below": v < 2 * prime,
            "carry": p.integer(s.x17) <= 1,
        }

    h.cut(0x478, square, x=(13, 6, 8, 3, 15, 14, 17))

    def once(s: State) -> Claims:
        v = h.integer(s.x[k] for k in (13, 6, 8, 3, 15, 14, 17))
        n = p.integer(s.x1)
        return {"bit": n <= 1, "at least": v >= n * prime, "at most": v < prime + n * W**6}

    h.cut(0x494, once, x=(1,))

    def less(s: State) -> Claims:
        v = h.integer(s.x[k] for k in (13, 6, 8, 3, 15, 14, 17))
        return {"at most": v < (1 + p.integer(s.x1)) * prime}

    h.cut(0x498, less, x=(12,))  # which is dead: what is said stays known
    f.gives(f.operand("a") * f.operand("a"), times=2**384)


@proof("bignum_sqr_p521", of=AWS_LC)
def bignum_sqr_p521(p: Proof) -> None:
    """a is l + h W**4 + t W**8, with a top word t of 9 bits; W**8 is 2**-9 modulo the prime.

    What waits is W**8 (h**2 + 2 t (l + h W**4) + t**2 W**8), then l**2 more; 2 l h W**4 comes last.
    """
    f = Field(p, P521.p, operands="a", stack=48, keeps_there=True)
    h, z, prime = Halves(f), f.result, f.modulus
    a = [p.integer([w]) for w in f.words("a")]
    low, high, top = a[:4], a[4:8], a[8]
    L, H = whole(low), whole(high)

    def squares(s: State) -> Claims:
        return {
            "fourth": h.integer([s.v[20][63:0], s.v[16][63:0]]) == a[4] * a[4],
            "fifth": h.integer([s.v[20][127:64], s.v[16][127:64]]) == a[5] * a[5],
            "crossed": h.integer(s.x[k] for k in (22, 8, 21, 7)) == whole(high[:2]) * whole(high[2:]),
        }

    h.cut(0x12C, squares, x=(22, 8, 21, 7), v=(16, 20))

    def squares_above(s: State) -> Claims:
        return {
            "sixth": h.integer([s.x23, s.v[25][63:0]]) == a[6] * a[6],
            "seventh": h.integer([s.x3, s.v[25][127:64]]) == a[7] * a[7],
        }

    h.cut(0x14C, squares_above, x=(23, 3), v=(25,))

    def parts(s: State) -> Claims:
        below = whole(high[:2])
        above = whole(high[2:])
        return {
            "above": h.integer(s.x[k] for k in (23, 16, 24, 21)) == above * above,
            "below": h.integer([s.v[20][63:0], *(s.x[k] for k in (7, 8, 22, 17, 15, 4))])
            == below * (below + 2 * W**2 * above),
        }

    h.cut(0x224, parts, x=(23, 16, 24, 21, 7, 8, 22, 17, 15, 4), v=(20,))
    h.known(0x2A8, ((15, 7, 8, 22, 23, 16, 3, 21), H * H))

    def low_squares(s: State) -> Claims:
        return {
            "zeroth": h.integer([s.v[3][63:0], s.v[18][63:0]]) == a[0] * a[0],
            "first": h.integer([s.v[3][127:64], s.v[18][127:64]]) == a[1] * a[1],
        }

    h.cut(0x3B4, low_squares, v=(3, 18))
    h.known(0x4B0, ((8, 7, 22, 1), whole(low[:2]) * whole(low[2:])))

    upper = H * H + 2 * top * (L + H * W**4) + top * top * W**8

    def waits(s: State) -> Claims:
        x = h.integer(z.words(64, at=s))
        return {"value": congruent(x, upper * W**8, prime), "at most": x < 2**522}

    h.cut(0x4BC, waits, memory=[z])

    def products(s: State) -> Claims:
        return {
            f"{k}": h.integer([lows[b : b - 63], highs[b : b - 63]]) == a[k] * a[k + 4]
            for k, lows, highs, b in (
                (0, s.v[4], s.v[18], 63),
                (1, s.v[4], s.v[18], 127),
                (2, s.v[23], s.v[30], 63),
                (3, s.v[23], s.v[30], 127),
            )
        }

    h.cut(0x4F8, products, v=(4, 18, 23, 30))

    def low_square(s: State) -> Claims:
        x = h.integer(s.x[k] for k in (21, 3, 24, 16, 22, 11, 15, 7))
        return {"value": congruent(x, L * L, prime)}

    h.cut(0x55C, low_square, x=(21, 3, 24, 16, 22, 11, 15, 7))

    def both(s: State) -> Claims:
        x = h.integer(z.words(64, at=s))
        return {"value": congruent(x, upper * W**8 + L * L, prime), "at most": x < 2**523}

    h.cut(0x5F8, both, memory=[z])
    so_far = diagonal(low, high)
    h.known(0x64C, ((5, 23, 11, 3, 24, 4, 16, 1), so_far))
    for at, i, j, words in (
        (0x65C, 2, 3, (5, 23, 11, 3, 24, 8, 22, 7)),
        (0x6A0, 0, 1, (5, 21, 11, 3, 24, 8, 22, 15)),
        (0x6E4, 1, 3, (5, 21, 11, 3, 17, 8, 24, 7)),
        (0x740, 0, 2, (5, 21, 15, 10, 17, 2, 24, 7)),
    ):
        so_far = so_far + beside(low, high, i, j)
        h.known(at, (words, so_far))

    def total(s: State) -> Claims:
        x = h.integer(s.x[k] for k in (16, 20, 8, 4, 3, 9, 6, 14, 1))
        A = f.operand("a")
        return {
            "all ones": s.x21 == s.x20 & s.x8 & s.x4 & s.x3 & s.x9 & s.x6,
            "value": congruent(x, A * A, prime),
            "top": p.integer(s.x1) < 2**12,
        }

    h.cut(0x7F0, total, x=(16, 20, 8, 4, 3, 9, 6, 14, 1))

    h.carry(0x80C, (16, 20, 8, 4, 3, 9, 6, 14), top=12, above=1, dead=21)
    f.gives(f.operand("a") * f.operand("a"))
