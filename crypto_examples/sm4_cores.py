"""The inner routines of SM4 without its extension, four or eight blocks in registers: proofs that are contracts.

They follow no calling convention: X3 is the key structure; word r of four blocks is in the lanes of V(4 + r), and of
four more in V(8 + r); V26 on, or V16 on, hold constants that the caller loaded before.  The results are in V0 to V3,
and V4 to V7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armsym.dsl import Bits, Claims, Proof, State, Words, lanes
from crypto_examples.sm4 import KEY_BYTES, ONE_BLOCK, ONE_BLOCK_LOOKED_UP, schedule

__all__ = ["FROM_AES", "LOOKED_UP", "Core", "enc_blocks"]


@dataclass(frozen=True)
class Core:
    """What the inner routines find in registers, and where they have the words of each round."""

    symbol: str
    #: Bytes from there on are loaded into the last `loaded` V registers.
    offset: int
    loaded: int
    #: Where in the loop of rounds each of the four has its new words: of the routines for four and for eight blocks.
    ends: Mapping[int, tuple[int, int, int, int]]
    #: V registers that each of them loses.
    loses: Mapping[int, tuple[int, ...]]
    #: The code of one block by itself: the same from the head of its loop on, and how long that is to its last branch.
    one: tuple[int, int, int, int]
    extent: int
    #: In XTS the tweaks of the last two blocks are in V(last_tweaks) and the one after.
    last_tweaks: int

    def blocks_alone(self, p: Proof) -> list[int]:
        """Where the loops over the rounds of one block begin, in order of address."""
        return [x.head for x in p.routine.all_loops if x.end - x.head == self.extent]

    def constants(self, p: Proof) -> dict[str, Bits]:
        """What the caller loaded, by register."""
        at = p.image.symbol(self.symbol).offset + self.offset
        first = 32 - self.loaded
        return {
            f"v{n}": Bits.from_bytes(p.image.bytes_at(at + 16 * (n - first), 16), "little") for n in range(first, 32)
        }


#: The S-box made from that of AES.
FROM_AES = Core(
    "_vpsm4_ex_consts",
    offset=0xB0,
    loaded=6,
    ends={4: (0x8C, 0x104, 0x184, 0x1F8), 8: (0xFC, 0x1E8, 0x2D8, 0x3C0)},
    loses={4: (*range(8), 12, 13, 14, 24), 8: (*range(16), 24, 25)},
    one=ONE_BLOCK,
    extent=0x17C,
    last_tweaks=17,
)
#: The S-box looked up, 64 bytes of it at a time.
LOOKED_UP = Core(
    "_vpsm4_consts",
    offset=0,
    loaded=16,
    ends={4: (0x88, 0xFC, 0x178, 0x1E8), 8: (0xE4, 0x1B8, 0x290, 0x360)},
    loses={4: (*range(8), 12, 13, 14), 8: tuple(range(16))},
    one=ONE_BLOCK_LOOKED_UP,
    extent=0x1AC,
    last_tweaks=9,
)


def enc_blocks(p: Proof, blocks: int, core: Core) -> None:
    """The words of each block become those of its encryption, the first byte of each in the lowest place."""
    key = p.region("key", KEY_BYTES, access="r")
    rows = [p.word(f"row{r}", 128) for r in range(blocks)]
    p.call(x3=key, **{f"v{4 + r}": row for r, row in enumerate(rows)}, **core.constants(p))
    p.clobbers(x=(7, 8, 10, 11), v=core.loses[blocks])
    rk = key.words(32)
    words = [schedule([row.elem(b, 32) for row in rows[q : q + 4]], rk) for q in range(0, blocks, 4) for b in range(4)]

    def row(first: int, n: int) -> Bits:
        """Word X_n of four blocks."""
        return lanes(words[first + b][n] for b in range(4))[0]

    def cut(number: int, place: int) -> None:
        @p.cut_each(place, forget=lambda k: [])
        def _(s: State, k: int) -> Claims:
            n = 4 * k + number
            if n >= 32:
                return {"no round after the last": False}
            return {
                f"new words in v{4 + q + number}": s.v[4 + q + number] == row(q, 4 + n) for q in range(0, blocks, 4)
            }

    for number, end in enumerate(core.ends[blocks]):
        cut(number, p.routine.entry + end)

    def result(q: int) -> Words:
        return Words(lanes(words[q + b][35 - r].reverse_bytes() for b in range(4))[0] for r in range(4))

    p.ensures(lambda s: {f"blocks {q} to {q + 3}": s.v[q : q + 4] == result(q) for q in range(0, blocks, 4)})
