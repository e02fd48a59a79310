"""CBC of SP 800-38A (6.2) with AES: `void f(const uint8_t *in, uint8_t *out, size_t length, const AES_KEY *key,
uint8_t ivec[16], int enc)`.

The length is in bytes; only whole blocks are processed, and the last block of ciphertext becomes
`ivec`.  Lengths of 17 to 31 are left out: there the routines read 32 bytes.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.aes_modes import Buffers, vector, xor
from specs.aes import Cipher

__all__ = ["cbc_encrypts"]


class _Cbc(Buffers):
    """Arguments, and C: C(0) is the initial vector, C(j + 1) block j of the ciphertext."""

    def __init__(self, p: Proof, *, in_place: bool, encrypt: bool) -> None:
        n, rest = p.nat("n", high=2**50), p.nat("rest", high=15)
        p.assume("the length, 16 * n + rest, is not 17 to 31", (n != 1) | (rest == 0))
        length = 16 * n + rest
        super().__init__(p, n, length, in_place=in_place)
        self.ivec = p.region("ivec", 16, access="rw", cell=1)
        enc = p.word("enc", 32, public=True)
        p.assume(f"enc is {'not ' if encrypt else ''}0", (enc != 0) if encrypt else (enc == 0))
        p.call(x0=self.in_, x1=self.out, x2=length, x3=self.key, x4=self.ivec, w5=enc)
        p.modifies(self.ivec, p.stack(16))


def cbc_encrypts(p: Proof, *, in_place: bool = False) -> None:
    """Each block of ciphertext is CIPHER(plaintext xor the one before)."""
    m = _Cbc(p, in_place=in_place, encrypt=True)
    n, k = m.n, m.round_keys
    C = p.fold(lambda c, P: Cipher(xor(c, P), m.rounds, m.w), start=m.ivec.words(8), over=m.blocks)

    # At the head a block is done but not stored.  The last arrival, when nothing is left, is part of the end.
    @p.invariant(p.routine.loops()[1 if m.bits == 128 else 0], upto=n, when=lambda s: s.x2 != 0)
    def _(s: State, i: Bits) -> Claims:
        c, P = vector(C(i + 1)), vector(m.blocks(i + 1))
        return {
            "more to come": i + 2 < n,
            "ciphertext": Words([s.v6, s.v0]) == [c, c ^ k[-1]],
            "plaintext": s.v16 == P ^ k[0] ^ k[-1],
            **m.done(s, lambda j: C(j + 1), upto=i),
        }

    p.ensures(lambda s: {**m.done(s, lambda j: C(j + 1), upto=n), "ivec": m.ivec.words(8, at=s) == C(n)})
