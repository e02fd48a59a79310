"""CBC (SP 800-38A) with SM4 without its extension: eight blocks at a time or four by inner routines, others one by one.

`void cbc(const uint8_t *in, uint8_t *out, size_t length, const SM4_KEY *key, uint8_t ivec[16], int enc)`: only the
whole blocks of `length` bytes are processed.  The code counts blocks in 32 bits, with a sign.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Loop, Proof, State
from crypto_examples.modes import CbcDecryption, cbc_ciphertext, direction, string, vector
from crypto_examples.sm4 import cut_rounds
from crypto_examples.sm4_cores import Core
from crypto_examples.sm4_modes import Sm4Buffers

__all__ = ["cbc_decrypts", "cbc_encrypts"]


def cbc_encrypts(p: Proof, core: Core, *, in_place: bool = False) -> None:
    """Each block of ciphertext is CIPH(plaintext xor the one before): four a pass, in turn, then one by one.

    Any number of blocks is a multiple of 4 and `others`.
    """
    whole, others, rest = p.nat("whole", high=2**31 - 4, unit=4), p.nat("others", high=3), p.nat("rest", high=15)
    p.assume("whole is a multiple of 4", whole[1:0] == 0)
    n = whole + others
    m = Sm4Buffers(p, n, 16 * n + rest, in_place=in_place)
    ivec = p.region("ivec", 16, access="rw", cell=1)
    enc = direction(p, encrypt=True)
    p.call(x0=m.in_, x1=m.out, x2=16 * n + rest, x3=m.key, x4=ivec, w5=enc)
    p.modifies(ivec)
    C = cbc_ciphertext(p, m, ivec)

    def ready(s: State, j: Bits) -> Claims:
        """Blocks below j are done."""
        left, before = s.w2 == (n - j)[31:0], s.v3 == vector(C(j))
        return {"left": left, "before": before, **m.done(s, lambda q: C(q + 1), upto=j)}

    def cut(loop: Loop, head: int, number: int, end: int, first: Bits) -> None:
        @p.cut_each_within(loop, head + end)
        def _(s: State, k: int, i: Bits) -> Claims:
            j, r = first + i, 4 * k + number
            if r >= 32:
                return {"no round after the last": False}
            words = m.words(string(C(j)) ^ string(m.blocks(j)))
            return {f"new word in w{12 + number}": s.w[12 + number : 13 + number] == [words[4 + r]]}

    four, one = p.routine.loops()[:2]
    p.invariant(four, upto=whole, step=4, when=lambda s: ~s.w2.slt(4))(
        lambda s, i: {"a multiple of 4": i[1:0] == 0, **ready(s, i)}
    )
    p.invariant(one, upto=others, inclusive=True)(lambda s, i: ready(s, whole + i))
    heads = core.blocks_alone(p)
    for number, end in enumerate(core.one):
        for q, head in enumerate(heads[:4]):
            cut(four, head, number, end, Bits(64, q))
        cut(one, heads[4], number, end, whole)
    p.ensures(lambda s: {**m.done(s, lambda q: C(q + 1), upto=n), "ivec": ivec.words(8, at=s) == C(n)})


def cbc_decrypts(p: Proof, core: Core, *, in_place: bool = False) -> None:
    """Each block of plaintext is CIPH_inverse(ciphertext) xor the ciphertext before."""
    n, rest = p.nat("n", high=2**31 - 1), p.nat("rest", high=15)
    m = Sm4Buffers(p, n, 16 * n + rest, in_place=in_place)
    ivec = p.region("ivec", 16, access="rw", cell=1)
    p.call(x0=m.in_, x1=m.out, x2=16 * n + rest, x3=m.key, x4=ivec, w5=direction(p, encrypt=False))
    p.modifies(ivec, p.stack(80))
    d = CbcDecryption(p, m, ivec)

    @p.invariant(p.routine.loops()[2], upto=n, step=8, when=lambda s: ~s.w2.slt(8))
    def _(s: State, i: Bits) -> Claims:
        left = {"eight blocks left": i + 8 <= n, "left": s.w2 == (n - i)[31:0]}
        return {**left, "before": ivec.words(8, at=s) == d.before(i), **m.done(s, d.block, upto=i)}

    cut_rounds(p, core.blocks_alone(p)[5], core.one, lambda _: m.words(string(m.blocks(n - 1))))
    p.ensures(lambda s: {**m.done(s, d.block, upto=n), "ivec": ivec.words(8, at=s) == d.before(n)})
