"""CBC of SP 800-38A (6.2) with AES: `void f(const uint8_t *in, uint8_t *out, size_t length, const AES_KEY *key,
uint8_t ivec[16], int enc)`.

Only the whole blocks of `length` bytes are processed; the last block of ciphertext becomes `ivec`.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.aes_modes import ByLength
from crypto_examples.modes import CbcDecryption, cbc_ciphertext, direction, vector

__all__ = ["cbc_decrypts", "cbc_encrypts"]


class _Cbc(ByLength):
    """Arguments."""

    def __init__(self, p: Proof, *, in_place: bool, encrypt: bool) -> None:
        super().__init__(p, in_place=in_place)
        self.ivec = p.region("ivec", 16, access="rw", cell=1)
        enc = direction(p, encrypt=encrypt)
        p.call(x0=self.in_, x1=self.out, x2=self.length, x3=self.key, x4=self.ivec, w5=enc)
        p.modifies(self.ivec, p.stack(16))


def cbc_encrypts(p: Proof, *, in_place: bool = False) -> None:
    """Each block of ciphertext is CIPHER(plaintext xor the one before)."""
    m = _Cbc(p, in_place=in_place, encrypt=True)
    n, k = m.n, m.round_keys
    C = cbc_ciphertext(p, m, m.ivec)

    def block(j: Bits) -> Words:
        return C(j + 1)

    # At the head a block is done but not stored.  The last arrival, when nothing is left, is part of the end.
    @p.invariant(p.routine.loops()[1 if m.bits == 128 else 0], upto=n, when=lambda s: s.x2 != 0)
    def _(s: State, i: Bits) -> Claims:
        c, P = vector(C(i + 1)), vector(m.blocks(i + 1))
        return {
            "more to come": i + 2 < n,
            "ciphertext": Words([s.v6, s.v0]) == [c, c ^ k[-1]],
            "plaintext": s.v16 == P ^ k[0] ^ k[-1],
            **m.done(s, block, upto=i),
        }

    p.ensures(lambda s: {**m.done(s, block, upto=n), "ivec": m.ivec.words(8, at=s) == C(n)})


def cbc_decrypts(p: Proof, *, at_a_time: int, in_place: bool = False) -> None:
    """Each block of plaintext is EQINVCIPHER(ciphertext) xor the ciphertext before; five or three blocks at a time."""
    m = _Cbc(p, in_place=in_place, encrypt=False)
    n, key, C, d = m.n, m.key.base, m.blocks, CbcDecryption(p, m, m.ivec)
    # Ciphertext loaded, and the copies kept to be xored: their registers.
    loaded = (0, 1, 24, 25, 26) if at_a_time == 5 else (0, 1, 18)
    copies = (2, 3, 27, 28, 29) if at_a_time == 5 else (2, 3, 19)

    @p.invariant(p.routine.loops()[2], upto=n, step=at_a_time, when=lambda s: (s.x7 == key + 32) & ~s.x2.slt(0))
    def _(s: State, i: Bits) -> Claims:
        blocks = [vector(C(i + q)) for q in range(at_a_time)]
        return {
            "enough left": i + at_a_time <= n,
            "bytes left": s.x2 == 16 * (n - i) - 16 * at_a_time,
            "next blocks": Words(s.v[q] for q in loaded) == blocks,
            "and again": Words(s.v[q] for q in copies) == blocks,
            "block before": s.v6 == vector(d.before(i)),
            **m.done(s, d.block, upto=i),
        }

    p.ensures(lambda s: {**m.done(s, d.block, upto=n), "ivec": m.ivec.words(8, at=s) == d.before(n)})
