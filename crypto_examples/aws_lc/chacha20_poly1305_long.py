"""AEAD_CHACHA20_POLY1305 of AWS-LC (RFC 8439, section 2.8): messages of more than 128 bytes.

Where it seals, five blocks of key stream are computed side by side: at first the one-time key and four of the message,
later five.  While the next ones are made, what was encrypted before is hashed, read back from where it was written: one
or two blocks of 16 bytes in each double round.  What is left at last, at most 320 bytes, is encrypted and hashed by 64
and by 16 bytes.

What is opened is hashed first: of 129 to 191 bytes all of it, while three blocks of key stream are made.
"""

from __future__ import annotations

from dataclasses import replace

from armsym.dsl import Bits, Claims, Proof, State, Words, lanes, proof
from crypto_examples.aws_lc.chacha20_poly1305 import NO_EXTRA, ONLY_RETURNED, OPEN, SEAL, Message
from crypto_examples.wheels import AWS_LC
from specs.chacha20 import CONSTANTS
from specs.chacha20_poly1305 import MOST

SEAL_LONG = replace(SEAL, keyed=(0x216678, 0x21667C), hashed=0x217010)

#: The loop over 320 bytes; where five blocks of key stream are ready in it.
TURNS, FIVE = 0x2166F4, 0x216B7C

#: In it, as in `Code.text`: the step in each of the ten double rounds, and the one between two of them.
BETWEEN = ((0x216868, 0x2168DC, 3, -1), (0x216A0C, 0x216A80, 3, -1))


OPEN_MIDDLE = replace(OPEN, text=(), keyed=(0x217548, 0x21754C))

#: Of opening 129 to 191 bytes: where X4 is the number of whole blocks; steps; where the key stream is ready.
HOW_MANY, HASHED_BEFORE, THREE = 0x217B24, ((0x217B38, 0x217BAC, 3, -1), (0x217D5C, 0x217DD0, 3, -1)), 0x217E14


class Middle(Message):
    """Messages of 129 to 256 bytes: the key stream that is made with the one-time key is enough."""

    first_blocks = 4

    def length(self) -> None:
        """So many whole blocks of 16 bytes and a rest."""
        p = self.p
        self.blocks, self.rest = p.nat("blocks", low=8, high=16), p.nat("rest", high=15)
        self.n = 16 * self.blocks + self.rest
        p.assume("the message has 129 to 256 bytes", (self.n >= 129) & (self.n <= 256))


class Long(Message):
    """Messages of more than 256 bytes: 256, 320 in each of any number of turns, and 1 to 320 that are left."""

    first_blocks = 4

    def length(self) -> None:
        """256 bytes, the turns, whole blocks that are left, and a rest."""
        p = self.p
        self.turns = p.nat("turns", high=2**30)
        left, self.rest = p.nat("left", high=20), p.nat("rest", high=15)
        bytes_left = 16 * left + self.rest
        p.assume("of a message 1 to 320 bytes are left after the turns", (bytes_left >= 1) & (bytes_left <= 320))
        self.blocks = 16 + 20 * self.turns + left
        self.n = 16 * self.blocks + self.rest
        p.assume("the message has at most 2^38 - 64 bytes", self.n <= MOST)

    def constants(self, s: State) -> Claims:
        """The rows of a block, how TBL rotates words, and four counters that are added to the first one."""
        return _rows(self, s, range(5, 9))

    def prove(self) -> None:
        """State what is kept where, also between the turns.

        The head of the loop is come to for the first time before any turn, with X7 = 6: of the 256 bytes that are
        encrypted then none is hashed.  Later, with X7 = 10, all but the last 320 are.
        """
        super().prove()
        p = self.p
        for step in BETWEEN:
            self.steps(*step)

        @p.cut(FIVE)
        def five(s: State) -> Claims:
            return self.streams(s, self.first + 1 + ((s.x0 - self.out.base) >> 6)[31:0], range(5))

        @p.invariant(TURNS, upto=self.turns, when=lambda s: s.x7 == 10)
        def turn(s: State, i: Bits) -> Claims:
            counters = Words(5 * i[31:0] + 10 + q for q in range(4))
            return {
                **self.accumulator(s, self.H(20 * i + 16)[0]),
                "counters": s.v25 == lanes(counters)[0],
                "out": self.out.holds(self.byte, upto=320 * i + 576, at=s, words=1, width=8),
            }


class OpenMiddle(Message):
    """Messages of 129 to 191 bytes are opened: hashed while three blocks of key stream are made, then decrypted."""

    first_blocks = 0

    def length(self) -> None:
        """So many whole blocks of 16 bytes and a rest."""
        p = self.p
        self.blocks, self.rest = p.nat("blocks", low=8, high=11), p.nat("rest", high=15)
        self.n = 16 * self.blocks + self.rest
        p.assume("the message has 129 to 191 bytes", self.n >= 129)

    def constants(self, s: State) -> Claims:
        """The rows of a block, how TBL rotates words, and four counters that are added to the first one."""
        return _rows(self, s, range(1, 5))

    def prove(self) -> None:
        """State what is kept where; blocks are hashed before each double round as long as there are any, or after."""
        super().prove()
        p = self.p
        p.each(HOW_MANY, lambda s: s.x4, range(8, 12))
        for step in HASHED_BEFORE:
            self.steps(*step)

        @p.cut(THREE)
        def three(s: State) -> Claims:
            return self.streams(s, self.first + 1, (1, 2, 0))


def _rows(m: Message, s: State, counters: range) -> Claims:
    """What key stream is made of: in V24 and V28-V30 rows, in V25 what is added to counters, V26 for TBL."""
    rows = [CONSTANTS, m.key[:4], m.key[4:], [m.first, *m.nonce]]
    rotated = [Bits(8, 4 * q + (b + 3) % 4) for q in range(4) for b in range(4)]
    return {
        "rows": [s.v[r] == lanes(Words(row))[0] for r, row in zip((24, 28, 29, 30), rows, strict=True)],
        "counters": s.v25 == lanes(Words(Bits(32, q) for q in counters))[0],
        "rotation": s.v26 == lanes(Words(rotated))[0],
    }


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_middle(p: Proof) -> None:
    """Messages of 129 to 256 bytes."""
    Middle(p, SEAL_LONG, sealing=True, in_place=False).prove()


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_middle_in_place(p: Proof) -> None:
    """Messages of 129 to 256 bytes."""
    Middle(p, SEAL_LONG, sealing=True, in_place=True).prove()


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_long(p: Proof) -> None:
    """Messages of 257 to 2^38 - 64 bytes."""
    Long(p, SEAL_LONG, sealing=True, in_place=False).prove()


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_long_in_place(p: Proof) -> None:
    """Messages of 257 to 2^38 - 64 bytes."""
    Long(p, SEAL_LONG, sealing=True, in_place=True).prove()


@proof("chacha20_poly1305_open", of=AWS_LC, note=ONLY_RETURNED)
def chacha20_poly1305_open_middle(p: Proof) -> None:
    """Messages of 129 to 191 bytes; the tag that a message has to have is returned, and its caller compares."""
    OpenMiddle(p, OPEN_MIDDLE, sealing=False, in_place=False).prove()


@proof("chacha20_poly1305_open", of=AWS_LC, note=ONLY_RETURNED)
def chacha20_poly1305_open_middle_in_place(p: Proof) -> None:
    """Messages of 129 to 191 bytes."""
    OpenMiddle(p, OPEN_MIDDLE, sealing=False, in_place=True).prove()
