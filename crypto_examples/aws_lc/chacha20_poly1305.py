"""AEAD_CHACHA20_POLY1305 of AWS-LC (RFC 8439, section 2.8): whole messages, both algorithms in one routine.

ChaCha20 is computed by Advanced SIMD, Poly1305 in general registers: the accumulator in X8-X10, r in X16 and X17, s in
V27, and 1 in X15.  V31 has the two lengths from the start.  A hash step is the same code wherever it stands: X11 and
X12 are added to the accumulator, with the bit beyond them, and the sum is multiplied by r.

Messages of at most 128 bytes have a path of their own: three blocks of key stream side by side, the first two for the
message, the third for the one-time key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat, congruent, ite, opaque, proof, select
from crypto_examples.wheels import AWS_LC
from specs.chacha20 import chacha20_block
from specs.chacha20_poly1305 import length_block
from specs.poly1305 import P, add_block, clamp

#: The accumulator's last word is at most this.
MOST = 4

#: Bits of an accumulator in the statement.  (With 130 its value would be less easily seen to be the remainder.)
WIDTH = 132

#: What the table says of each.
NO_EXTRA = "extra plaintext: not tried"
ONLY_RETURNED = "the tag is returned, the caller compares; messages of 192 bytes and more: not tried"

#: Whole blocks of additional data that are declared at most.
MOST_BLOCKS = 2**46


def _stream(key_counter_nonce: tuple[Bits, ...]) -> Bits:
    """A block of the key stream as one vector, its first byte the lowest."""
    *key, counter = key_counter_nonce[:9]
    return concat(*reversed(chacha20_block(key, counter, list(key_counter_nonce[9:]))))


@opaque("chacha20_stream", 512, unfolds=True)
def stream(*key_counter_nonce: Bits) -> Bits:
    """Of key, eight words, counter, and nonce, three words."""
    return _stream(key_counter_nonce)


@opaque("poly1305_r_low", 60, unfolds=True)
def r_low(*key_counter_nonce: Bits) -> Bits:
    """The low word of r; its upper bits are 0."""
    return clamp(_stream(key_counter_nonce)[127:0])[59:0]


@opaque("poly1305_r_high", 60, unfolds=True)
def r_high(*key_counter_nonce: Bits) -> Bits:
    """The high word of r; its upper bits are 0."""
    return clamp(_stream(key_counter_nonce)[127:0])[123:64]


@opaque("chacha20_poly1305_hashed", 64, unfolds=True)
def number(text: Bits, key: Bits) -> Bits:
    """Eight bytes of the ciphertext, of a message and the key stream or with 0 for that: one number for Poly1305."""
    return text ^ key


@dataclass(frozen=True)
class Code:
    """Addresses: of a step of the hash the first addition (`adds`), and what follows its last.

    keyed      the call of the hash of additional data, of a short message, and where that returns to
    text       steps of whole blocks: of the one that begins 16 k bytes after where a register, by number, points
    tail       where the last, incomplete block is begun; where its number of bytes, in X2, is looked at
    partial    its step
    lengths    after the step that hashes the lengths; after the final subtraction; before s is added
    """

    keyed: tuple[int, int]
    text: tuple[tuple[int, int, int, int], ...]
    tail: tuple[int, int]
    partial: tuple[int, int]
    lengths: tuple[int, int, int]
    hashed: int = 0


#: The hash of additional data, which both call: its loop, and where a last, incomplete block is begun.
HASH, HASH_TAIL = 0x216180, 0x216214

SEAL = Code(
    keyed=(0x21742C, 0x217430),
    text=(
        (0x216C30, 0x216CA4, 0, 0),
        (0x216CAC, 0x216D20, 0, 1),
        (0x216D28, 0x216D9C, 0, 2),
        (0x216DA4, 0x216E18, 0, 3),
        (0x216E80, 0x216EF4, 0, 0),
    ),
    tail=(0x216F10, 0x216F18),
    partial=(0x216F9C, 0x217010),
    lengths=(0x2171BC, 0x2171DC, 0x2171E0),
)

#: (Of what is left after 64 bytes all whole blocks are hashed first, from X3 on, and then decrypted.)
OPEN = Code(
    keyed=(0x21859C, 0x2185A0),
    text=(
        (0x2185B4, 0x218628, 1, -4),
        (0x218630, 0x2186A4, 1, -3),
        (0x2186AC, 0x218720, 1, -2),
        (0x218728, 0x21879C, 1, -1),
        (0x2187D4, 0x218848, 3, -1),
    ),
    tail=(0x2181EC, 0x2181F4),
    partial=(0x218224, 0x218298),
    lengths=(0x21832C, 0x21834C, 0x218350),
)


class Message:
    """`void f(uint8_t *out, const uint8_t *in, size_t length, const uint8_t *ad, size_t ad_length, data *data)`.

    `data` holds key, counter and nonce as ChaCha20 takes them, where it is sealed the address and the length of more
    bytes to encrypt, of which there are none here, and on return the tag in its first 16 bytes.  The one-time key
    comes from the block of that counter, which is 0 in RFC 8439, the key stream from the next ones.
    """

    #: Blocks of key stream that are made with the one-time key.
    first_blocks = 2

    def __init__(self, p: Proof, code: Code, *, sealing: bool, in_place: bool) -> None:
        self.p, self.code, self.sealing = p, code, sealing
        self.length()
        self.ad_blocks, self.ad_rest = p.nat("ad_blocks", high=MOST_BLOCKS), p.nat("ad_rest", high=15)
        self.ad_n = 16 * self.ad_blocks + self.ad_rest
        # (What is encrypted besides only sealing knows: a caller that opens has 48 bytes.)
        self.data = p.region("data", 64 if sealing else 48, access="rw", cell=4)
        self.ad = p.region("ad", self.ad_n, access="r", cell=1)
        self.in_: Region
        if in_place:
            self.in_ = self.out = p.region("buffer", self.n, access="rw", cell=1)
        else:
            self.in_ = p.region("in_", self.n, access="r", cell=1)
            self.out = p.region("out", self.n, access="rw", cell=1)
        if sealing:
            p.given(self.data, 56, Bits(64, 0), "the length of the extra plaintext, which is 0")
        p.call(x0=self.out, x1=self.in_, x2=self.n, x3=self.ad, x4=self.ad_n, x5=self.data)
        p.modifies(self.data, self.out, p.stack(80))
        words = self.data.words(32, count=12)
        self.key, self.first, self.nonce = words[:8], words[8], words[9:]
        self.r = Words(f(*words).zero_extend(64) for f in (r_low, r_high))
        self.s = stream(*words)[255:128].elems(64)

        @p.memo
        def quarters(counter: Bits) -> list[Bits]:
            """A block of the key stream in four vectors."""
            return stream(*self.key, counter, *self.nonce).elems(128)

        self._quarters = quarters
        # Whole blocks of additional data; all of it, with no or one more block; and whole blocks of the ciphertext.
        self.A = p.fold(self.step, start=[Bits(WIDTH, 0)], over=lambda i: Words([self.sixteen(self.ad, i)]), name="A")
        self.padded = p.fold(
            self.step,
            start=self.A(self.ad_blocks),
            over=lambda _: Words([self.sixteen(self.ad, self.ad_blocks, self.ad_rest)]),
            name="AD",
        )
        self.H = p.fold(
            self.step,
            start=[self.all_ad()],
            over=lambda i: Words([concat(*reversed(self.hashed(i)))]),
            name="H",
        )

    def length(self) -> None:
        """How long the message is: `n` bytes, which are so many whole `blocks` of 16 bytes, and a `rest`."""
        p = self.p
        self.blocks, self.rest = p.nat("blocks", high=8), p.nat("rest", high=15)
        self.n = 16 * self.blocks + self.rest
        p.assume("the message has at most 128 bytes", self.n <= 128)

    # -- the statement --------------------------------------------------------------------------------

    def step(self, h: Sequence[Bits], block: Sequence[Bits]) -> list[Bits]:
        """A step of Poly1305."""
        return [add_block(h[0], concat(*reversed(self.r)), block[0], WIDTH)]

    def all_ad(self) -> Bits:
        """The accumulator after the additional data."""
        return self.padded(ite(self.ad_rest == 0, Bits(64, 0), Bits(64, 1)))[0]

    def vector(self, i: Bits) -> Bits:
        """The 16 bytes of key stream for block i of the message: of a vector, so long as it is."""
        return select(i & 3, self._quarters(self.first + 1 + (i >> 2)[31:0]))

    def byte(self, k: Bits) -> list[Bits]:
        """Byte k of the result."""
        return [self.in_.byte(k) ^ select(k & 15, self.vector(k >> 4).elems(8))]

    def sixteen(self, region: Region, i: Bits, count: Bits | None = None) -> Bits:
        """Block i of a buffer; or its first bytes, and zeros: `pad16`."""
        return concat(*reversed(_padded(lambda m: region.byte(16 * i + m), count)))

    def hashed(self, i: Bits, count: Bits | None = None) -> Words:
        """Block i of the ciphertext in two words; or its first bytes, and zeros."""
        text = concat(*reversed(_padded(lambda m: self.in_.byte(16 * i + m), count))).elems(64)
        if not self.sealing:
            return Words(number(w, Bits(64, 0)) for w in text)
        key = concat(*reversed(_padded(lambda m: self.vector(i).elems(8)[m], count))).elems(64)
        return Words(number(a, b) for a, b in zip(text, key, strict=True))

    def all_text(self) -> Bits:
        """The accumulator after the ciphertext."""
        h = self.H(self.blocks)
        (padded,) = self.step(h, [concat(*reversed(self.hashed(self.blocks, self.rest)))])
        return ite(self.rest == 0, h[0], padded)

    def all(self) -> Bits:
        """The accumulator at last."""
        return self.step([self.all_text()], [length_block(self.ad_n, self.n)])[0]

    def claimed(self, s: State) -> Claims:
        """The result, and the tag."""
        now, p = self.data.words(64, at=s), self.p
        return {
            "out": self.out.holds(self.byte, upto=self.n, at=s, words=1, width=8),
            "tag": p.integer(now[:2]) == (p.integer(self.all()) + p.integer(self.s)) % 2**128,
            "nothing else": now[2:] == self.data.words(64)[2:],
        }

    # -- what the code keeps --------------------------------------------------------------------------

    def accumulator(self, s: State, h: Bits) -> Claims:
        """The accumulator is h, modulo the prime."""
        p = self.p
        return {"h": congruent(p.integer(s.x[8:11]), p.integer(h), P), "top": p.integer(s.x10) <= MOST}

    def kept(self, s: State) -> Claims:
        """What stays where it is."""
        return {
            "one": s.x15 == 1,
            "r": s.x[16:18] == self.r,
            "s": s.v27 == concat(*reversed(self.s)),
            "lengths": s.v31 == length_block(self.ad_n, self.n),
        }

    def constants(self, s: State) -> Claims:
        """What more of key stream is made of: of a short message none is."""
        return {}

    def ready(self, s: State) -> Claims:
        """The first blocks of key stream."""
        return self.streams(s, self.first + 1, range(self.first_blocks))

    def streams(self, s: State, counter: Bits, columns: Iterable[int]) -> Claims:
        """Blocks of key stream from that counter on: of column r in V15 + r, V10 + r, V5 + r and Vr."""
        return {
            f"stream {q}": concat(*(s.v[k + r] for k in (15, 10, 5, 0)))
            == concat(*reversed(self._quarters(counter + q)))
            for q, r in enumerate(columns)
        }

    def steps(self, at: int, after: int, register: int, k: int) -> None:
        """A step that hashes a whole block."""
        p, base = self.p, (self.out if self.sealing else self.in_).base

        def block(s: State) -> Bits:
            return (s.x[register] - base + 16 * k) >> 4  # (one quotient: sums of them would not be seen to be one)

        p.cut(at)(lambda s: {"block": s.x[11:13] == self.hashed(block(s))})
        p.cut(after, drop_x=(8, 9, 10), alone=True)(lambda s: self.accumulator(s, self.H(block(s) + 1)[0]))

    def prove(self) -> None:
        """State what is kept where."""
        p, code = self.p, self.code

        p.cut(code.keyed[0])(lambda s: {**self.kept(s), **self.ready(s)})

        @p.invariant(HASH, upto=self.ad_blocks, inclusive=True)
        def additional(s: State, i: Bits) -> Claims:
            return self.accumulator(s, self.A(i)[0])

        p.each(HASH_TAIL, lambda s: s.x4, range(1, 16))

        @p.join(code.keyed[1], index=self.ad_blocks)
        def begun(s: State, _i: Bits) -> Claims:
            return {**self.accumulator(s, self.all_ad()), **self.kept(s), **self.ready(s), **self.constants(s)}

        for step in code.text:
            self.steps(*step)

        @p.join(code.tail[0], index=self.ad_blocks)
        def incomplete(s: State, _i: Bits) -> Claims:
            return {
                **self.accumulator(s, self.H(self.blocks)[0]),
                **self.kept(s),
                "out": self.out.holds(self.byte, upto=16 * self.blocks, at=s, words=1, width=8),
                "cursors": s.x[0:2] == [self.out.base + 16 * self.blocks, self.in_.base + 16 * self.blocks],
                "left": s.x2 == self.rest,
                **({"nothing more": s.x4 == 0} if self.sealing else {}),
                "some are left": self.rest != 0,
                "stream": s.v0 == self.vector(self.blocks),
            }

        p.each(code.tail[1], lambda s: s.x2, range(1, 16))
        p.cut(code.partial[0])(lambda s: {"block": s.x[11:13] == self.hashed(self.blocks, self.rest)})
        if code.hashed:
            self.all_hashed(code.hashed)
        else:
            p.cut(code.partial[1], drop_x=(8, 9, 10))(lambda s: self.accumulator(s, self.all_text()))
        self.finish()
        p.ensures(self.claimed)

    def all_hashed(self, at: int) -> None:
        """All of the ciphertext is there, and hashed; here all paths meet."""

        @self.p.join(at, index=self.blocks)
        def text(s: State, _i: Bits) -> Claims:
            return {
                **self.accumulator(s, self.all_text()),
                **self.kept(s),
                "out": self.out.holds(self.byte, upto=self.n, at=s, words=1, width=8),
                "nothing more": s.x4 == 0,
            }

    def finish(self) -> None:
        """The lengths are hashed, and the accumulator is reduced: then it is that of the statement."""
        p, (hashed, subtracted, reduced) = self.p, self.code.lengths

        @p.cut(hashed, drop_x=(8, 9, 10))
        def lengths(s: State) -> Claims:
            return {**self.accumulator(s, self.all()), "reduced": p.integer(self.all()) < P}

        @p.cut(subtracted, drop_x=(8, 9, 10))
        def below(s: State) -> Claims:
            h = p.integer(s.x[8:11])
            return {"h": congruent(h, p.integer(self.all()), P), "reduced": h < P}

        @p.cut(reduced, drop_x=(8, 9, 10))
        def same(s: State) -> Claims:
            return {"h": p.integer(s.x[8:11]) == p.integer(self.all())}


def _padded(get: Callable[[int], Bits], count: Bits | None) -> list[Bits]:
    """Sixteen bytes; of those from `count` on none is asked for where that is a number, and each is 0."""
    if count is None:
        return [get(m) for m in range(16)]
    within = [count > m for m in range(16)]
    return [Bits(8, 0) if c.value is False else ite(c, get(m), Bits(8, 0)) for m, c in enumerate(within)]


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_short(p: Proof) -> None:
    """Messages of at most 128 bytes."""
    Message(p, SEAL, sealing=True, in_place=False).prove()


@proof("chacha20_poly1305_seal", of=AWS_LC, note=NO_EXTRA)
def chacha20_poly1305_seal_short_in_place(p: Proof) -> None:
    """Messages of at most 128 bytes."""
    Message(p, SEAL, sealing=True, in_place=True).prove()


@proof("chacha20_poly1305_open", of=AWS_LC, note=ONLY_RETURNED)
def chacha20_poly1305_open_short(p: Proof) -> None:
    """Messages of at most 128 bytes; the tag that a message has to have is returned, and its caller compares."""
    Message(p, OPEN, sealing=False, in_place=False).prove()


@proof("chacha20_poly1305_open", of=AWS_LC, note=ONLY_RETURNED)
def chacha20_poly1305_open_short_in_place(p: Proof) -> None:
    """Messages of at most 128 bytes."""
    Message(p, OPEN, sealing=False, in_place=True).prove()
