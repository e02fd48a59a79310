"""ECB of SP 800-38A (6.1) with AES: `void f(const uint8_t *in, uint8_t *out, size_t length, const AES_KEY *key,
int enc)`.

Only the whole blocks of `length` bytes are processed.
"""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words
from crypto_examples.aes_modes import ByLength
from crypto_examples.modes import direction, octets, string, vector
from specs.modes import ecb_decrypt, ecb_encrypt

__all__ = ["ecb_by_five"]


def ecb_by_five(p: Proof, *, encrypt: bool, in_place: bool = False) -> None:
    """Five blocks at a time, then up to four."""
    m = ByLength(p, in_place=in_place)
    n = m.n
    p.call(x0=m.in_, x1=m.out, x2=m.length, x3=m.key, w4=direction(p, encrypt=encrypt))
    p.modifies(p.stack(16))

    def block(j: Bits) -> Words:
        P_j = [string(m.blocks(j))]
        return octets((ecb_encrypt(m.CIPH, P_j) if encrypt else ecb_decrypt(m.CIPH_inverse, P_j))[0])

    # The rounds share the head; and with four blocks left it is passed once more, on the way out.
    @p.invariant(
        p.routine.loops()[2 if encrypt else 5],
        upto=n,
        step=5,
        when=lambda s: (s.x7 == m.key.base + 32) & ~s.x2.slt(0),
    )
    def _(s: State, i: Bits) -> Claims:
        loaded = Words([s.v0, s.v1, *s.v[24:27]])
        return {
            "at least 5 left": i + 5 <= n,
            "bytes left": s.x2 == 16 * (n - i) - 80,
            "next blocks": loaded == [vector(m.blocks(i + q)) for q in range(5)],
            **m.done(s, block, upto=i),
        }

    p.ensures(lambda s: m.done(s, block, upto=n))
