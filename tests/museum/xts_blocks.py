"""XTS of IEEE 1619 with AES, decryption of whole blocks: `void f(const uint8_t *in, uint8_t *out, size_t length,
const AES_KEY *key1, const AES_KEY *key2, const uint8_t iv[16])`.

`key1` holds round keys for decryption, `key2` for encryption.  Lengths that are no multiple of 16 are not spoken of.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT
from crypto_examples.aes_modes import AesBuffers
from crypto_examples.modes import octets, string, vector
from specs.aes import Cipher
from specs.strings import byte_block_cipher
from specs.xts import decrypt_block, multiply_by_alpha

__all__ = ["xts_decrypts_blocks"]


def xts_decrypts_blocks(p: Proof) -> None:
    """Block j of out is block j of in decrypted with the tweak T(j), for any number n of blocks from 1 on."""
    n = p.nat("n", low=1, high=2**50)
    m = AesBuffers(p, n, 16 * n, in_place=False)
    tweak_key, iv = p.region("key2", KEY_BYTES, access="r"), p.region("iv", 16, access="r", cell=1)
    p.given(tweak_key, ROUNDS_AT, Bits(32, m.rounds))
    p.call(x0=m.in_, x1=m.out, x2=16 * n, x3=m.key, x4=tweak_key, x5=iv)
    p.assume_timing("fmov")  # of tweaks
    p.modifies(p.stack(64))
    w = tweak_key.words(32, order="big")[: 4 * m.rounds + 4]
    first = byte_block_cipher(lambda b: Cipher(b, m.rounds, w))(string(iv.words(8)))
    # As registers hold it: the first byte lowest.
    tweak = p.fold(
        lambda T, _: [multiply_by_alpha(T[0].reverse_bytes()).reverse_bytes()],
        start=[first.reverse_bytes()],
        over=m.blocks,
        name="T",
    )

    def T(j: Bits) -> Bits:
        return tweak(j)[0]

    def block(j: Bits) -> Words:
        return octets(decrypt_block(m.CIPH_inverse, T(j).reverse_bytes(), string(m.blocks(j))))

    # The rounds share the head; and with four blocks left it is passed once more, on the way out.
    @p.invariant(p.routine.loops()[3], upto=n, step=5, when=lambda s: (s.x7 == m.key.base + 32) & ~s.x2.slt(0))
    def _(s: State, i: Bits) -> Claims:
        t = [T(i + q) for q in range(5)]
        return {
            "at least 5 left": i + 5 <= n,
            "bytes left": s.x2 == 16 * (n - i) - 80,
            "tweaks": Words([s.v6, *s.v[8:12]]) == t,
            "last tweak": Words([s.x9, s.x10]) == t[4].elems(64),
            "blocks": Words([s.v0, s.v1, *s.v[24:27]]) == [vector(m.blocks(i + q)) ^ t[q] for q in range(5)],
            **m.done(s, block, upto=i),
        }

    p.ensures(lambda s: m.done(s, block, upto=n))
