"""Poly1305's blocks and tag in scalar code: RFC 8439, section 2.5."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, Residue, State, below, congruent
from specs.poly1305 import CLAMP, P, block_step

__all__ = ["blocks", "emit"]

#: The accumulator is kept in three words, the last of which is at most this: so it is below 5 * 2**128.
MOST = 4


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

    @p.invariant(loop, upto=n)
    def accumulated(s: State, i: Bits) -> Claims:
        return {
            "inp": s.x1 == inp.base + i * 16,
            "left": s.x2 == (n - i) * 16,
            "h": congruent(p.integer(s.x[4:7]), H(i), P),
            "top": p.integer(s.x6) <= MOST,
        }

    @p.ensures
    def result(s: State) -> Claims:
        now = ctx.words(64, at=s, count=3)
        return {"h": congruent(p.integer(now), H(n), P), "top": p.integer(now[2]) <= MOST}


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
