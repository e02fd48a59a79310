"""CTR of SP 800-38A (6.5) with AES and a counter of 32 bits: `void f(const uint8_t *in, uint8_t *out, size_t blocks,
const AES_KEY *key, const uint8_t ivec[16])`.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.dsl import Bits, Claims, Loop, Proof, Prop, State, Words
from crypto_examples.aes_modes import AesBuffers
from crypto_examples.modes import Counters, vector

__all__ = ["ctr32_by_five", "ctr32_by_three", "ctr32_by_twelve"]

#: Blocks of a buffer: after so many, a counter of 32 bits repeats itself (and the key stream with it).
MOST = 2**32


class Ctr32(AesBuffers):
    """Arguments, and the result for any number of blocks from `low` on.

    `overlapping`: `in` begins any number of bytes after `out`, 0 too, in the same buffer.
    """

    def __init__(self, p: Proof, *, in_place: bool, low: int, stack: int, overlapping: bool = False) -> None:
        n = p.nat("n", low=low, high=MOST)
        ahead = p.nat("ahead", high=2**50) if overlapping else None
        super().__init__(p, n, 16 * n, in_place=in_place, ahead=ahead)
        ivec = p.region("ivec", 16, access="r", cell=1)
        p.call(x0=self.in_, x1=self.out, x2=n, x3=self.key, x4=ivec)
        p.modifies(p.stack(stack))
        self.counters = Counters(p, self, ivec)

    def by(
        self, p: Proof, loop: Loop, registers: Sequence[int], keys: int, *, last: Sequence[int] = (), spare: int = 0
    ) -> None:
        """As many blocks at a time as `registers` hold counter blocks, and `spare` more to come.

        The loops of the rounds share the head.  `last` hold the last of the counter blocks again; the
        first two round keys are in V(keys), V(keys + 1).
        """
        q = len(registers)
        first = self.key.base + 32

        def counts(s: State) -> Prop:
            return (s.x7 == first) & (s.x2 >= spare)

        @p.invariant(loop, upto=self.n, step=q, when=counts)
        def _(s: State, i: Bits) -> Claims:
            return {
                "enough left": i + (q + spare) <= self.n,
                "blocks left": s.x2 == self.n - i - q,
                "counter": s.x8 == self.counters.counter(i + (q - 1)).zero_extend(64),
                "counter blocks": Words(s.v[r] for r in registers)
                == [vector(self.counters.T(i + k)) for k in range(q)],
                **{f"copy in v{r}": s.v[r] == vector(self.counters.T(i + (q - 1))) for r in last},
                "round keys": s.v[keys : keys + 2] == self.round_keys[0:2],
                **self.counters.done_upto(s, i),
            }


def ctr32_by_three(p: Proof, *, in_place: bool = False, low: int = 0, overlapping: bool = False) -> None:
    """Three blocks at a time, then one or two.  (Some libraries ask for one block at least: `low`.)"""
    c = Ctr32(p, low=low, in_place=in_place, stack=16, overlapping=overlapping)
    c.by(p, p.routine.loops()[0], (0, 1, 18), 16, last=[6])


def ctr32_by_five(p: Proof, *, in_place: bool = False) -> None:
    """Five blocks at a time if there are at least 35, else three at a time; then up to four."""
    c = Ctr32(p, low=1, in_place=in_place, stack=16)
    five, three = p.routine.loops()[:2]
    c.by(p, five, (0, 1, 18, 24, 25), 16)
    # The last three, also of those done by five, are on the way out.
    c.by(p, three, (0, 1, 18), 16, spare=3)


def ctr32_by_twelve(p: Proof, *, in_place: bool = False) -> None:
    """Twelve blocks at a time, then six, three and the rest."""
    c = Ctr32(p, low=1, in_place=in_place, stack=192)
    c.by(p, p.routine.loops()[0], (*range(24, 32), *range(8, 12)), 2)
