"""What the proofs of AES modes of operation have in common, whatever library they come from.

The key structure is that of `crypto_examples.aes`, the round keys are any words.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Proof, lanes
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, last_first
from crypto_examples.modes import Buffers
from specs.aes import Cipher, EqInvCipher, rounds
from specs.strings import byte_block_cipher

__all__ = ["AesBuffers", "ByLength"]


class AesBuffers(Buffers):
    """`in_`, `out` and the key structure of a mode of AES; see `Buffers`."""

    def __init__(
        self,
        p: Proof,
        n: Bits,
        size: Bits,
        *,
        in_place: bool,
        sizes: Sequence[int] = (128, 192, 256),
        cell: int = 1,
        ahead: Bits | None = None,
    ) -> None:
        self.bits = p.choice("bits", sizes)
        self.rounds = rounds(self.bits // 32)
        self.key = p.region("key", KEY_BYTES, access="r")
        super().__init__(p, n, size, in_place=in_place, cell=cell, ahead=ahead)
        self.w = self.key.words(32, order="big")[: 4 * self.rounds + 4]
        #: Round keys as vector registers hold them.
        self.round_keys = lanes(w.reverse_bytes() for w in self.w)
        p.given(self.key, ROUNDS_AT, Bits(32, self.rounds))

    def CIPH(self, block: Bits) -> Bits:
        """CIPHER(block, Nr, w)."""
        return byte_block_cipher(lambda b: Cipher(b, self.rounds, self.w))(block)

    def CIPH_inverse(self, block: Bits) -> Bits:
        """EQINVCIPHER(block, Nr, dw), where the key structure holds the round keys dw from the last to the first."""
        return byte_block_cipher(lambda b: EqInvCipher(b, self.rounds, last_first(self.w)))(block)


class ByLength(AesBuffers):
    """The same for a length in bytes, 16 * n + rest; lengths of 17 to 31 are left out (they read 32 bytes)."""

    def __init__(self, p: Proof, *, in_place: bool) -> None:
        n, rest = p.nat("n", high=2**50), p.nat("rest", high=15)
        p.assume("the length, 16 * n + rest, is not 17 to 31", (n != 1) | (rest == 0))
        self.length = 16 * n + rest
        super().__init__(p, n, self.length, in_place=in_place)
