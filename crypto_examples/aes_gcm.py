"""GCM of SP 800-38D with AES: encryption or decryption and GHASH in one pass, `size_t f(const uint8_t *in,
size_t bits, uint8_t *out, u64 Xi[2], uint8_t ivec[16], const AES_KEY *key)`, for whole blocks, as its callers pass.

In OpenSSL H and Htable follow Xi, as in `GCM128_CONTEXT`; in AWS-LC Htable is one more argument.  Block j of out is
block j of in xor CIPH(CB_j), where CB_0 = ivec and CB_(j + 1) = inc_32(CB_j) (GCTR, 6.5); Xi becomes GHASH (6.4), begun
with Xi, of the ciphertext; ivec becomes CB_n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from armsym.dsl import Bits, Claims, Proof, ProofDefinition, State, Words, concat, proof
from armsym.wheels import Wheel
from crypto_examples.aes_modes import AesBuffers
from crypto_examples.gcm import as_it_is, swapped, table
from crypto_examples.modes import octets
from specs.gcm import GCTR, GHASH_step, inc

__all__ = ["AWS_LC_EIGHT", "AWS_LC_KERNEL", "Kernel", "declare"]

#: Blocks of a message have different counters.
MOST = 2**32


class Kernel(NamedTuple):
    """How a kernel is called: for which sizes of the key, from how many blocks on, with how much stack.

    Its Htable has `powers` of H, each as `entry` says; it is an argument of its own (`apart`) or lies behind Xi and H.
    """

    sizes: Sequence[int]
    low: int = 0
    stack: int = 112
    powers: int = 4
    entry: Callable[[Bits], Bits] = as_it_is
    apart: bool = False


#: AWS-LC's, for all sizes of the key; no caller asks for no blocks.
AWS_LC_KERNEL = Kernel((128, 192, 256), low=1, stack=128, entry=swapped, apart=True)

#: Those with eight blocks at a time, by the size of the key.
AWS_LC_EIGHT = {bits: Kernel((bits,), stack=80, powers=8, entry=swapped, apart=True) for bits in (128, 192, 256)}


class Gcm(AesBuffers):
    """Arguments, and the result."""

    def __init__(self, p: Proof, kernel: Kernel, *, in_place: bool, encrypt: bool) -> None:
        n = p.nat("n", low=kernel.low, high=MOST)
        super().__init__(p, n, 16 * n, in_place=in_place, sizes=kernel.sizes, cell=16)
        self.p, self.encrypt = p, encrypt
        self.gcm = p.region("gcm", 16 if kernel.apart else 288, access="rw", cell=16, order="big")
        Htable, at = (p.region("Htable", 256, access="r"), 0) if kernel.apart else (self.gcm, 32)
        self.ivec = p.region("ivec", 16, access="rw", cell=1)
        H = p.word("H", 128)
        for k, word in enumerate(table(H, kernel.powers, kernel.entry)):
            p.given(Htable, at + 16 * k, word, f"entry {k} of Htable, that gcm_init_v8 makes of H")
        # The code compares addresses as signed numbers.
        end = self.in_.base + 16 * n
        p.assume("no object lies on both sides of address 2^63", self.in_.base[63] == end[63])
        more = {"x6": Htable} if kernel.apart else {}
        p.call(x0=self.in_, x1=128 * n, x2=self.out, x3=self.gcm, x4=self.ivec, x5=self.key, **more)
        p.assume_timing("fmov")  # of counter blocks and key stream
        p.modifies(self.gcm, self.ivec, p.stack(kernel.stack))
        iv = self.ivec.words(8)
        self._nonce, self.first = iv[:12], Bits.from_elems(list(reversed(iv[12:])))
        j = p.word("j", public=True)
        p.lemma("CB_(j+1) = inc_32(CB_j)", self.CB(j + 1) == inc(32, self.CB(j)))
        self._stream = p.memo(lambda j: GCTR(self.CIPH, self.CB(j), [Bits(128, 0)]))
        self.X = self.in_.blocks(words=1, width=128, order="big")
        over = self.block if encrypt else self.X
        self.Y = p.fold(
            lambda y, x: [GHASH_step(H, y[0], x[0])],
            start=self.gcm.words(128, order="big", count=1),
            over=over,
            name="Y",
        )
        p.ensures(self.result)

    def counter(self, j: Bits) -> Bits:
        """The counter of CB_j, 32 bits."""
        return self.first + j[31:0]

    def CB(self, j: Bits) -> Bits:
        """Counter block j, the first byte leftmost."""
        return concat(*self._nonce, self.counter(j))

    def stream(self, j: Bits) -> Bits:
        """CIPH(CB_j)."""
        return self._stream(j)[0]

    def block(self, j: Bits) -> Words:
        """Block j of the result, a word of 128 bits whose first byte is leftmost."""
        return Words([self.X(j)[0] ^ self.stream(j)])

    def upto(self, s: State, j: Bits) -> Claims:
        """Blocks below j are done and all else is as on entry."""
        return {"out": self.out.holds(self.block, upto=j, at=s, words=1, width=128, order="big")}

    def result(self, s: State) -> Claims:
        """What is there in the end."""
        n = self.n
        now, before = (self.gcm.words(128, order="big", at=at) for at in (s, None))
        return {
            "bytes": s.x0 == 16 * n,
            "Xi, and no more": now == [*self.Y(n), *before[1:]],
            "ivec": self.ivec.words(8, at=s) == octets(self.CB(n)),
            **self.upto(s, n),
        }

    def counters(self, s: State, i: Bits, ready: int) -> Claims:
        """V0, V1, ... have `ready` counter blocks from i + 4 on, X9 the second half of the next, W12 counter i + 7."""
        blocks = [self.CB(i + 4 + q).reverse_bytes() for q in range(ready + 1)]
        return {
            "counter blocks": s.v[:ready] == blocks[:ready],
            "next half": s.x9 == blocks[ready][127:64],
            "counter": s.x12 == self.counter(i + 7).zero_extend(64),
        }


def declare(symbol: str, of: Wheel, kernel: Kernel, *, encrypt: bool) -> dict[str, ProofDefinition]:
    """The proofs of a kernel, buffers apart and in place, by name; with eight powers of H, eight blocks at a time."""
    by_four = gcm_encrypts if encrypt else gcm_decrypts

    def stated(in_place: bool) -> Callable[[Proof], None]:
        def prove(p: Proof) -> None:
            if kernel.powers == 8:
                gcm_by_eight(p, kernel, encrypt=encrypt, in_place=in_place)
            else:
                by_four(p, kernel, in_place=in_place)

        return prove

    return {
        name: proof(symbol, of=of, name=name)(stated(in_place))
        for name, in_place in ((symbol, False), (f"{symbol}_in_place", True))
    }


def gcm_decrypts(p: Proof, kernel: Kernel, *, in_place: bool = False) -> None:
    """Four blocks at a time, of which at the head two are done and the others on their way; then one to four."""
    m = Gcm(p, kernel, in_place=in_place, encrypt=False)
    last = m.round_keys[-1]

    @p.invariant(p.routine.loops()[0], upto=m.n, step=4)
    def _(s: State, i: Bits) -> Claims:
        C = [m.X(i + q)[0] for q in range(4)]
        return {
            "more than eight left": i + 8 < m.n,
            "Y so far": s.v11 == m.Y(i)[0],
            "blocks": Words(s.v[4:8]) == [*map(swapped, C[:2]), *(X.reverse_bytes() for X in C[2:])],
            "third": s.v2 == m.block(i + 2)[0].reverse_bytes() ^ last,
            "fourth": s.v3 == m.stream(i + 3).reverse_bytes() ^ last,
            **m.counters(s, i, 2),
            **m.upto(s, i + 2),
        }


def gcm_encrypts(p: Proof, kernel: Kernel, *, in_place: bool = False) -> None:
    """Four blocks at a time, which at the head are done but for their hash; then one to four."""
    m = Gcm(p, kernel, in_place=in_place, encrypt=True)

    @p.invariant(p.routine.loops()[0], upto=m.n, step=4)
    def _(s: State, i: Bits) -> Claims:
        return {
            "more than eight left": i + 8 < m.n,
            "Y so far": s.v11 == m.Y(i)[0],
            "blocks": s.v[4:8] == [m.block(i + q)[0].reverse_bytes() for q in range(4)],
            **m.counters(s, i, 3),
            **m.upto(s, i + 4),
        }


def gcm_by_eight(p: Proof, kernel: Kernel, *, encrypt: bool, in_place: bool = False) -> None:
    """Eight blocks at a time, which at the head are done but for their hash; then one to eight."""
    m = Gcm(p, kernel, in_place=in_place, encrypt=encrypt)

    @p.invariant(p.routine.loops()[0], upto=m.n, step=8)
    def _(s: State, i: Bits) -> Claims:
        C = m.block if encrypt else m.X
        words = m.CB(i + 13).elems(32)
        return {
            "more than sixteen left": i + 16 < m.n,
            "Y so far": s.v19 == m.Y(i)[0],
            "blocks": s.v[8:16] == [C(i + q)[0].reverse_bytes() for q in range(8)],
            "counter blocks": s.v[:5] == [m.CB(i + 8 + q).reverse_bytes() for q in range(5)],
            "next, its words as numbers": s.v30 == Bits.from_elems(list(reversed(words))),
            **m.upto(s, i + 8),
        }
