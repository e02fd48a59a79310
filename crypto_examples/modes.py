"""What the proofs of modes of operation have in common, whatever block cipher of 128 bits and library they are of.

A buffer is n blocks of 16 bytes for any n; what block j of the output is, is stated for each j.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Fold, Part, Proof, Region, State, Words, concat, lanes
from specs.modes import cbc_decrypt, cbc_encrypt, ctr, ecb_encrypt, standard_incrementing_function

__all__ = ["Buffers", "CbcDecryption", "Counters", "cbc_ciphertext", "direction", "octets", "string", "vector"]


def vector(block: Sequence[Bits]) -> Bits:
    """A block as a vector register holds it: the first byte lowest."""
    return lanes(block)[0]


def string(block: Sequence[Bits]) -> Bits:
    """A block as SP 800-38A has it: the first byte leftmost."""
    return concat(*block)


def octets(block: Bits) -> Words:
    """The bytes of a block of the standard."""
    return Words(reversed(block.elems(8)))


def direction(p: Proof, *, encrypt: bool) -> Bits:
    """The argument `int enc`: 0, or anything else to encrypt."""
    if not encrypt:
        return Bits(32, 0)
    enc = p.word("enc", 32, public=True)
    p.assume("enc is not 0", enc != 0)
    return enc


class Buffers:
    """`in_` and `out` of a mode: n whole blocks, and `size` bytes, at least as many.

    They lie apart, or are the same bytes (`in_place`), or `in_` begins so many bytes after `out` (`ahead`).
    """

    def __init__(
        self, p: Proof, n: Bits, size: Bits, *, in_place: bool, cell: int = 1, ahead: Bits | None = None
    ) -> None:
        self.n = n
        self.in_: Region | Part
        self.out: Region
        if ahead is not None:
            self.out = p.region("buffer", ahead + size, access="rw", cell=cell, order="big")
            self.in_ = Part(self.out, at=ahead, size=size)
        elif in_place:
            self.in_ = self.out = p.region("buffer", size, access="rw", cell=cell, order="big")
        else:
            self.in_ = p.region("in_", size, access="r", cell=cell, order="big")
            self.out = p.region("out", size, access="rw", cell=cell, order="big")
        self.blocks = self.in_.blocks(words=16, width=8)
        p.modifies(self.out)

    def CIPH(self, block: Bits) -> Bits:
        """The forward cipher function of the key."""
        raise NotImplementedError

    def CIPH_inverse(self, block: Bits) -> Bits:
        """The inverse cipher function, of the key for decryption."""
        raise NotImplementedError

    def ecb(self, j: Bits) -> Words:
        """Block j of the ciphertext in ECB (SP 800-38A, 6.1)."""
        return octets(ecb_encrypt(self.CIPH, [string(self.blocks(j))])[0])

    def done(self, s: State, block: Callable[[Bits], Sequence[Bits]], *, upto: Bits) -> Claims:
        """Block j of out is block(j) for all j < upto, and the rest of it is as on entry."""
        return {"out": self.out.holds(block, upto=upto, at=s, words=16, width=8)}


def cbc_ciphertext(p: Proof, m: Buffers, ivec: Region) -> Fold:
    """C of CBC encryption (SP 800-38A, 6.2): C(0) is the initial vector, C(j + 1) block j of the ciphertext."""

    def step(before: Words, P_j: Words) -> Words:
        return octets(cbc_encrypt(m.CIPH, string(before), [string(P_j)])[0])

    return p.fold(step, start=ivec.words(8), over=m.blocks)


class CbcDecryption:
    """`before(0)` is the initial vector, `before(j + 1)` block j of the ciphertext."""

    def __init__(self, p: Proof, m: Buffers, ivec: Region) -> None:
        self._m = m
        self.before = p.fold(lambda _, block: block, start=ivec.words(8), over=m.blocks)

    def block(self, j: Bits) -> Words:
        """Block j of the plaintext."""
        before, C_j = string(self.before(j)), string(self._m.blocks(j))
        return octets(cbc_decrypt(self._m.CIPH_inverse, before, [C_j])[0])


class Counters:
    """CTR (SP 800-38A, 6.5) with a counter of 32 bits: the counter blocks from `ivec` on, and the result.

    Block j of out is block j of in xor CIPH(T_j), where T_0 = ivec and T_(j + 1) is T_j by the standard
    incrementing function on 32 bits.
    """

    def __init__(self, p: Proof, m: Buffers, ivec: Region) -> None:
        self._m = m
        iv = ivec.words(8)
        self._nonce, self.first = iv[:12], Bits.from_elems(list(reversed(iv[12:])))
        j = p.word("j", public=True)
        start, T_j, following = (string(self.T(q)) for q in (Bits(64, 0), j, j + 1))
        step = following == standard_incrementing_function(32, T_j)
        p.lemma("T_0 = ivec, and T_(j+1) follows T_j", (start == string(iv)) & step)
        p.ensures(lambda s: self.done_upto(s, m.n))

    def counter(self, j: Bits) -> Bits:
        """The counter of T_j, 32 bits."""
        return self.first + j[31:0]

    def T(self, j: Bits) -> Words:
        """T_j, 16 bytes."""
        return Words([*self._nonce, *reversed(self.counter(j).elems(8))])

    def block(self, j: Bits) -> Words:
        """Block j of the result."""
        return octets(ctr(self._m.CIPH, [string(self.T(j))], [string(self._m.blocks(j))])[0])

    def done_upto(self, s: State, j: Bits) -> Claims:
        """Blocks below j are done and all else is as on entry."""
        return self._m.done(s, self.block, upto=j)
