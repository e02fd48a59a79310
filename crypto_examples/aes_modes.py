"""What the proofs of AES modes of operation have in common, whatever library they come from.

A buffer is n blocks of 16 bytes for any n; what block j of the output is, is stated for each j.
The key structure is that of `crypto_examples.aes`, the round keys are any words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat, lanes
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, last_first
from specs.aes import Cipher, EqInvCipher, rounds
from specs.strings import byte_block_cipher

__all__ = ["Buffers", "ByLength", "direction", "octets", "string", "vector"]


def vector(block: Sequence[Bits]) -> Bits:
    """A block as a vector register holds it: the first byte lowest."""
    return lanes(block)[0]


def string(block: Sequence[Bits]) -> Bits:
    """A block as SP 800-38A has it: the first byte leftmost."""
    return concat(*block)


def octets(block: Bits) -> Words:
    """The bytes of a block of the standard."""
    return Words(reversed(block.elems(8)))


class Buffers:
    """`in_`, `out` and the key structure of a mode.  `n` is the number of whole blocks.

    Both buffers have `size` bytes; they lie apart, or are the same bytes (`in_place`).
    """

    def __init__(
        self, p: Proof, n: Bits, size: Bits, *, in_place: bool, sizes: Sequence[int] = (128, 192, 256), cell: int = 1
    ) -> None:
        self.n = n
        self.bits = p.choice("bits", sizes)
        self.rounds = rounds(self.bits // 32)
        self.key = p.region("key", KEY_BYTES, access="r")
        self.in_: Region
        self.out: Region
        if in_place:
            self.in_ = self.out = p.region("buffer", size, access="rw", cell=cell, order="big")
        else:
            self.in_ = p.region("in_", size, access="r", cell=cell, order="big")
            self.out = p.region("out", size, access="rw", cell=cell, order="big")
        self.w = self.key.words(32, order="big")[: 4 * self.rounds + 4]
        #: Round keys as vector registers hold them.
        self.round_keys = lanes(w.reverse_bytes() for w in self.w)
        self.blocks = self.in_.blocks(words=16, width=8)
        p.given(self.key, ROUNDS_AT, Bits(32, self.rounds))
        p.modifies(self.out)

    def CIPH(self, block: Bits) -> Bits:
        """CIPHER(block, Nr, w)."""
        return byte_block_cipher(lambda b: Cipher(b, self.rounds, self.w))(block)

    def CIPH_inverse(self, block: Bits) -> Bits:
        """EQINVCIPHER(block, Nr, dw), where the key structure holds the round keys dw from the last to the first."""
        return byte_block_cipher(lambda b: EqInvCipher(b, self.rounds, last_first(self.w)))(block)

    def done(self, s: State, block: Callable[[Bits], Sequence[Bits]], *, upto: Bits) -> Claims:
        """Block j of out is block(j) for all j < upto, and the rest of it is as on entry."""
        return {"out": self.out.holds(block, upto=upto, at=s, words=16, width=8)}


class ByLength(Buffers):
    """The same for a length in bytes, 16 * n + rest; lengths of 17 to 31 are left out (they read 32 bytes)."""

    def __init__(self, p: Proof, *, in_place: bool) -> None:
        n, rest = p.nat("n", high=2**50), p.nat("rest", high=15)
        p.assume("the length, 16 * n + rest, is not 17 to 31", (n != 1) | (rest == 0))
        self.length = 16 * n + rest
        super().__init__(p, n, self.length, in_place=in_place)


def direction(p: Proof, *, encrypt: bool) -> Bits:
    """The argument `int enc`: 0, or anything else to encrypt."""
    if not encrypt:
        return Bits(32, 0)
    enc = p.word("enc", 32, public=True)
    p.assume("enc is not 0", enc != 0)
    return enc
