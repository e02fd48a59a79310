"""Poly1305: RFC 8439, section 2.5.

A context of 192 bytes holds the accumulator, r, and for the code in Advanced SIMD powers of r:

    0     the accumulator in three words of 64 bits, or in base 2^26 in five of 32
    24    0 or 1: whether it is in base 2^26
    32    r, clamped, in two words
    48    nine vectors of words in base 2^26 of r^4, r^3, r^2, r: word 0, words 1 to 4 and five times each of those
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from armsym.dsl import (
    Bits,
    Claims,
    IntegerLike,
    Loop,
    Proof,
    ProofDefinition,
    Region,
    Residue,
    ResidueFold,
    State,
    Words,
    below,
    concat,
    congruent,
    ite,
    lanes,
    within,
)
from crypto_examples.lattices import table
from specs.poly1305 import CLAMP, P, block_step, clamp

__all__ = ["blocks", "blocks_neon", "emit", "emit_neon", "init", "mult", "splat"]

#: The accumulator is kept in three words, the last of which is at most this: so it is below 5 * 2**128.
MOST = 4

#: In base 2^26 the words are below these: sums that were carried once.
LIMITS = (*[2**26 + 2**12] * 4, 5 * 2**24)


def blocks(p: Proof) -> None:
    """`void poly1305_blocks(void *ctx, const unsigned char *inp, size_t len, uint32_t padbit)`, whole blocks.

    The context holds the accumulator in three words and r, clamped, in two from byte 32.
    """
    n = p.nat("n", high=2**55)
    ctx = p.region("ctx", 48, access="rw", cell=8)
    inp = p.region("inp", n * 16, access="r", cell=8)
    padbit = p.word("padbit", 64, public=True, possible=1)
    h = [p.word("h0"), p.word("h1"), p.word("h2", possible=7)]
    r = [p.word(f"r{k}", possible=CLAMP.uint >> 64 * k & (1 << 64) - 1) for k in range(2)]
    for k, word in enumerate(h):
        p.given(ctx, 8 * k, word, f"word {k} of the accumulator")
    for k, word in enumerate(r):
        p.given(ctx, 32 + 8 * k, word, f"word {k} of r")
    p.assume(f"the accumulator's last word is at most {MOST}", p.integer(h[2]) <= MOST)
    p.call(x0=ctx, x1=inp, x2=n * 16, x3=padbit)
    p.modifies(ctx)
    M = inp.blocks(2, 64)
    H = p.fold_mod(
        lambda a, m: block_step(a, Residue(P, p.integer(r)), Residue(P, m)),
        modulus=P,
        start=p.integer(h),
        over=lambda i: p.integer(M(i)) + p.integer(padbit) * 2**128,
    )
    (loop,) = p.routine.loops()
    _scalar_loop(p, loop, inp, n, H)

    @p.ensures
    def result(s: State) -> Claims:
        now = ctx.words(64, at=s)
        return {
            "h": congruent(p.integer(now[:3]), H(n), P),
            "top": p.integer(now[2]) <= MOST,
            "nothing else": now[3:] == ctx.words(64)[3:],
        }


def _scalar_loop(p: Proof, loop: Loop, inp: Region, n: Bits, H: ResidueFold) -> None:
    """The accumulator in X4-X6, a block each time."""

    @p.invariant(loop, upto=n)
    def accumulated(s: State, i: Bits) -> Claims:
        return {
            "inp": s.x1 == inp.base + i * 16,
            "left": s.x2 == (n - i) * 16,
            "h": congruent(p.integer(s.x[4:7]), H(i), P),
            "top": p.integer(s.x6) <= MOST,
        }


def emit(p: Proof) -> None:
    """`void poly1305_emit(void *ctx, unsigned char mac[16], const uint32_t nonce[4])`."""
    ctx = p.region("ctx", 24, access="r", cell=8)
    mac = p.region("mac", 16, access="w", cell=8)
    nonce = p.region("nonce", 16, access="r", cell=8)
    p.example(ctx, below((MOST + 1) << 128))
    p.call(x0=ctx, x1=mac, x2=nonce)
    p.modifies(mac)
    h, s_ = p.integer(ctx.words(64)), p.integer(nonce.words(64))
    p.assume(f"the accumulator's last word is at most {MOST}", p.integer(ctx.words(64)[2]) <= MOST)

    @p.ensures
    def tag(s: State) -> Claims:
        return {"tag": p.integer(mac.words(64, at=s)) == (h % P + s_) % 2**128}


def _clamped(p: Proof) -> list[Bits]:
    """r in two words."""
    return [p.word(f"r{k}", possible=CLAMP.uint >> 64 * k & (1 << 64) - 1) for k in range(2)]


def mult(p: Proof) -> None:
    """The accumulator in X4-X6 times r in X7 and X8; 5 (r_1 / 4) is in X9."""
    h, r = [*(p.word(f"h{k}") for k in range(2)), p.word("h2", possible=15)], _clamped(p)
    p.assume(f"the accumulator's last word is at most {MOST + 2}", p.integer(h[2]) <= MOST + 2)
    p.call(x4=h[0], x5=h[1], x6=h[2], x7=r[0], x8=r[1], x9=r[1] + (r[1] >> 2))
    p.clobbers(x=[4, 5, 6, *range(10, 15)])
    p.modifies()

    @p.ensures
    def product(s: State) -> Claims:
        return {
            "h": congruent(p.integer(s.x[4:7]), p.integer(h) * p.integer(r), P),
            "top": p.integer(s.x6) <= MOST,
        }


#: Where in the nine vectors the words of a power stand, and where five times those.
PLACES = (0, 1, 3, 5, 7)


def base26(words: Sequence[IntegerLike]) -> IntegerLike:
    """The number that five words are in base 2^26, whatever their sizes."""
    total: IntegerLike = 0
    for k, w in enumerate(words):
        total = total + w * 2 ** (26 * k)
    return total


def splat(p: Proof) -> None:
    """The accumulator in X4-X6, as words of 26 bits at X0, each 16 or 32 bytes further; and five times those."""
    at = p.region("at", 132, access="rw", cell=4)
    h = [*(p.word(f"h{k}") for k in range(2)), p.word("h2", possible=7)]
    p.assume(f"the accumulator's last word is at most {MOST}", p.integer(h[2]) <= MOST)
    p.call(x0=at, x4=h[0], x5=h[1], x6=h[2])
    p.clobbers(x=range(12, 17))
    p.modifies(at)

    @p.ensures
    def words(s: State) -> Claims:
        before, now = at.words(32), at.words(32, at=s)
        got = p.integers([now[4 * k] for k in PLACES])
        five = p.integers([now[4 * k + 4] for k in PLACES[1:]])
        return {
            "number": base26(got) == p.integer(h),
            "below 2^26": [x < 2**26 for x in got[:4]],
            "five times": [y == 5 * x for x, y in zip(got[1:], five, strict=True)],
            "nothing else": [now[k] == before[k] for k in range(33) if k % 4],
        }


def init(p: Proof, *, key: bool) -> None:
    """`int poly1305_init(void *ctx, const unsigned char key[16], void *func[2])`.

    With a key the result is 1, and `func` is told which code is to be called, for the features in OPENSSL_armcap_P:
    bit 0 Advanced SIMD, bit 17 SVE2.  Without one it is 0.
    """
    ctx = p.region("ctx", 48, access="w", cell=8)
    func = p.region("func", 16, access="w", cell=8)
    given = p.region("key", 16, access="r")
    features = p.global_("OPENSSL_armcap_P", 32)
    if key:
        p.assume("the key is not at address 0", given.base != 0)
    p.call(x0=ctx, x1=given if key else 0, x2=func)
    p.modifies(ctx, *([func] if key else []))
    blocks_, neon, sve2, emit_, emit_neon_ = (
        table(p, f"poly1305_{x}") for x in ("blocks", "blocks_neon", "blocks_sve2", "emit", "emit_neon")
    )

    @p.ensures
    def done(s: State) -> Claims:
        now = ctx.words(64, at=s)
        cleared: Claims = {"accumulator": [w == 0 for w in now[:4]], "result": s.w0 == int(key)}
        if not key:
            return {**cleared, "nothing else": now[4:] == ctx.words(64)[4:]}
        r, simd = clamp(concat(*reversed(given.words(64)))), features[0:0] == 1
        return {
            **cleared,
            "r": now[4:] == r.elems(64),
            "code": func.words(64, at=s)
            == [
                ite(features[17:17] == 1, sve2, ite(simd, neon, blocks_)),
                ite(simd, emit_neon_, emit_),
            ],
        }


#: The same of powers of r, which are made of a number as `mult` gives it.
POWER = (*[2**26] * 4, 5 * 2**24)


def _context(base: int, r: Sequence[Bits] = ()) -> Callable[[random.Random, int], bytes]:
    """What the first 32 bytes of a context look like in runs on numbers, and if there are more the rest."""

    def make(rng: random.Random, size: int) -> bytes:
        def number(limit: int) -> int:
            return rng.choice([0, limit - 1, rng.randrange(limit), rng.randrange(limit)])

        if base:
            words = b"".join(number(x).to_bytes(4, "little") for x in LIMITS) + bytes(4)
        else:
            words = number((MOST + 1) << 128).to_bytes(24, "little")
        number_r = sum(w.uint << 64 * k for k, w in enumerate(r))
        return (words + base.to_bytes(8, "little") + bytes(16) + b"".join(_vectors(number_r)))[:size]

    return make


def _vectors(r: int) -> Iterator[bytes]:
    """The nine vectors of powers of r."""
    for v in range(9):
        for power in (4, 3, 2, 1):
            word = pow(r, power, P) >> 26 * ((v + 1) // 2) & (1 << 26) - 1
            yield (word * (5 if v and v % 2 == 0 else 1)).to_bytes(4, "little")


def _accumulator(p: Proof, ctx: Region, base: int) -> IntegerLike:
    """The number in the context on entry, with what is assumed of it."""
    if not base:
        h = ctx.words(64, count=3)
        p.assume(f"the accumulator's last word is at most {MOST}", p.integer(h[2]) <= MOST)
        return p.integer(h)
    words = p.integers(ctx.words(32, count=5))
    for k, (x, limit) in enumerate(zip(words, LIMITS, strict=True)):
        p.assume(f"word {k} of the accumulator is below {limit:#x}", x < limit)
    return base26(words)


def emit_neon(p: Proof) -> None:
    """As `emit`, of an accumulator in either base."""
    base = p.choice("base26", (0, 1))
    ctx = p.region("ctx", 32, access="r", cell=4 if base else 8)
    mac = p.region("mac", 16, access="w", cell=8)
    nonce = p.region("nonce", 16, access="r", cell=8)
    p.example(ctx, _context(base))
    p.given(ctx, 24, Bits(64, base), "what base the accumulator is in")
    words = _accumulator(p, ctx, base)
    p.call(x0=ctx, x1=mac, x2=nonce)
    p.modifies(mac)
    s_ = p.integer(nonce.words(64))

    @p.ensures
    def tag(s: State) -> Claims:
        return {"tag": p.integer(mac.words(64, at=s)) == (words % P + s_) % 2**128}


def _powers(ctx: Region, at: State | None = None) -> list[tuple[Words, Words]]:
    """Of r, r^2, r^3 and r^4: the words in base 2^26, and five times the last four of them."""
    vectors = [w.elems(32) for v in range(9) for w in ctx.blocks(1, 128, at=at)(3 + v)]
    lane = [[v[3 - k] for v in vectors] for k in range(4)]
    return [(Words(x[v] for v in PLACES), Words(x[v + 1] for v in PLACES[1:])) for x in lane]


def blocks_neon(p: Proof, product: ProofDefinition) -> None:
    """`void poly1305_blocks_neon(void *ctx, const unsigned char *inp, size_t len, uint32_t padbit)`, whole blocks.

    The accumulator is in either base, and may be in the other afterwards; in base 2^26 the powers of r are there.
    `padbit`, all 64 bits of X3, is 0 for a last, single block that was padded, and 1 for others.  `product` is the
    proof of `mult`.
    """
    base, odd, padbit = p.choice("base26", (0, 1)), p.choice("odd", (0, 1)), p.choice("padbit", (1, 0))
    # A single block without the bit is the last one; there is no other use of it.
    pairs = p.nat("pairs", high=2**54 if padbit else 0)
    n = 2 * pairs + odd
    ctx = p.region("ctx", 192, access="rw", cell=4 if base else 8)
    inp = p.region("inp", n * 16, access="r", cell=8)
    r = _clamped(p)
    p.example(ctx, _context(base, r))
    p.given(ctx, 24, Bits(64, base), "what base the accumulator is in")
    for k, w in enumerate(r):
        p.given(ctx, 32 + 8 * k, w, f"word {k} of r")
    start = _accumulator(p, ctx, base)
    if base:
        for k, (words, _) in enumerate(_powers(ctx), 1):
            got = p.integers(words)
            p.assume(f"r^{k} is there", congruent(base26(got), p.integer(r) ** k, P))
            p.assume(
                f"r^{k} has words below 2^26, the last below 5 2^24",
                [x < y for x, y in zip(got, POWER, strict=True)],
            )
        for v in PLACES[1:]:
            at = 48 + 16 * v
            (vector,) = ctx.blocks(1, 128)(at // 16)
            p.given(ctx, at + 16, lanes(w * 5 for w in vector.elems(32))[0], f"five times the words at {at}")
    p.call(x0=ctx, x1=inp, x2=n * 16, x3=padbit)
    p.assume_timing("fmov")  # of the accumulator
    p.modifies(ctx, p.stack(80))
    M = inp.blocks(2, 64)
    R = p.integer(r)
    H = p.fold_mod(
        lambda a, m: block_step(a, Residue(P, R), Residue(P, m)),
        modulus=P,
        start=start,
        over=lambda i: p.integer(M(i)) + padbit * 2**128,
    )
    if not base and (odd or padbit):
        (scalar,) = p.routine.loops("poly1305_blocks")
        _scalar_loop(p, scalar, inp, n, H)
    if odd if base else padbit:
        p.uses(product)
    if padbit:
        (by_four,) = p.routine.loops("poly1305_blocks_neon")

        @p.invariant(by_four, upto=pairs, step=2)
        def two_lanes(s: State, i: Bits) -> Claims:
            """H(at) r = even r + odd: two accumulators, for the even and the odd blocks to come."""
            even, odds = (p.integers([s.v[k].elems(32)[lane] for k in range(24, 29)]) for lane in (0, 1))
            at = 2 * i + odd
            return {
                "more than two pairs left": i + 2 < pairs,
                "blocks": s.v[9:14] == _lanes(M(at), M(at + 1), padbit),
                "next": s.v[14:19] == _lanes(M(at + 2), M(at + 3), padbit),
                "h": congruent(H(at) * R, base26(even) * R + base26(odds), P),
                "range": [x < y for h in (even, odds) for x, y in zip(h, LIMITS, strict=True)],
            }

    @p.ensures
    def result(s: State) -> Claims:
        now, words = ctx.words(64, at=s, count=6), p.integers(ctx.words(32, at=s, count=5))
        flag = p.integer(now[3])
        number = p.integer(now[:3])
        claims: Claims = {
            "base": within(0, flag, 2),
            "h": congruent(flag * base26(words) + (1 - flag) * number, H(n), P),
            "top": (1 - flag) * p.integer(now[2]) <= MOST,
            "range": [flag * x < y for x, y in zip(words, LIMITS, strict=True)],
            "r": now[4:] == r,
        }
        for k, (x, five) in enumerate(_powers(ctx, s), 1):
            got = p.integers(x)
            claims[f"r^{k}"] = congruent(flag * base26(got), flag * R**k, P)
            claims[f"r^{k}: range"] = [flag * x < y for x, y in zip(got, POWER, strict=True)]
            claims[f"r^{k}: five times"] = [
                flag * (p.integer(y) - 5 * x) == 0 for x, y in zip(got[1:], five, strict=True)
            ]
        return claims


def _lanes(m: Words, m_: Words, padbit: int) -> Words:
    """Two blocks side by side, as vectors of five words of 26 bits; the last has the bit beyond the block."""
    whole, other = (concat(Bits(2, padbit), *reversed(x)) for x in (m, m_))
    pairs = zip(*(x.elems(26) for x in (whole, other)), strict=True)
    return Words(concat(*(w.zero_extend(32) for w in reversed(pair))).zero_extend(128) for pair in pairs)
