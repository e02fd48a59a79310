"""What the small routines of routines.s should do: one statement of each, for its faulty form and the mended one."""

from __future__ import annotations

from armsym.dsl import Bits, Claims, Proof, State, Words, concat, ite, select
from crypto_examples.fields import Field
from specs.sp800_186 import P256

__all__ = [
    "adds_if",
    "adds_lanes",
    "adds_modulo",
    "adds_words",
    "counts_in_32_bits",
    "gathers",
    "halves",
    "puts_tag",
    "samples",
]


def adds_lanes(p: Proof) -> None:
    """Eight sums of 16 bits."""
    r, a, b = p.region("r", 16, access="w"), p.region("a", 16, access="r"), p.region("b", 16, access="r")
    p.call(x0=r, x1=a, x2=b)
    p.modifies(r)
    sums = Words(x + y for x, y in zip(a.words(16), b.words(16), strict=True))
    p.ensures(lambda s: {"sums": r.words(16, at=s) == sums})


def adds_words(p: Proof) -> None:
    """Four sums of 64 bits with one number."""
    r, a = p.region("r", 32, access="w"), p.region("a", 32, access="r")
    k = p.word("k")
    p.call(x0=r, x1=a, x2=k)
    p.modifies(r)
    p.ensures(lambda s: {"sums": r.words(64, at=s) == Words(x + k for x in a.words(64))})


def counts_in_32_bits(p: Proof) -> None:
    """Row q is the counter + q, modulo 2**32, and the nonce as it was; the row that is left is the fifth."""
    row, out = p.region("row", 16, access="rw"), p.region("out", 64, access="w")
    p.call(x0=row, x1=out)
    p.modifies(row, out)
    counter, *nonce = row.words(32)
    rows = Words(w for q in range(4) for w in (counter + q, *nonce))
    p.ensures(lambda s: {"rows": out.words(32, at=s) == rows, "next row": row.words(32, at=s) == [counter + 4, *nonce]})


def adds_modulo(p: Proof) -> None:
    """a + b modulo the prime of P-256, reduced; apart and in place."""
    f = Field(p, P256.p)
    f.gives(f.operand("a") + f.operand("b"))


def puts_tag(p: Proof) -> None:
    """The first n bytes of the whole tag, for n of 12 to 16."""
    n = p.nat("length", low=12, high=16)
    tag, full = p.region("tag", n, access="rw", cell=1), p.region("full", 16, access="r", cell=1)
    p.call(x0=tag, x1=full, x2=n)
    p.modifies(tag)
    p.ensures(lambda s: {"tag": tag.holds(lambda k: [full.byte(k)], upto=n, at=s, words=1, width=8)})


def samples(p: Proof) -> None:
    """Of four public candidates those below 3329 (FIPS 203, algorithm 7), in their order, at most `length`."""
    length = p.choice("length", range(5))
    out = p.region("out", 2 * length, access="rw", public=True, cell=2)
    in_ = p.region("in_", 6, access="r", cell=1, public=True)
    p.call(x0=out, x1=length, x2=in_)
    p.modifies(out)
    count, words = Bits(64, 0), out.words(16)
    for a, b, c in (in_.words(8)[:3], in_.words(8)[3:]):
        for d in (concat(Bits(4, 0), b[3:0], a), concat(Bits(4, 0), c, b[7:4])):
            taken = (d < 3329) & (count < length)
            words = Words(ite(taken & (count == k), d, w) for k, w in enumerate(words))
            count = ite(taken, count + 1, count)

    @p.ensures
    def _(s: State) -> Claims:
        written = {"accepted, and the rest as it was": out.words(16, at=s) == words}
        return {"count": s.x0 == count, **(written if length else {})}


def adds_if(p: Proof) -> None:
    """a + b if the bit is 1, else a."""
    r, a, b = p.region("r", 8, access="w"), p.region("a", 8, access="r"), p.region("b", 8, access="r")
    bit = p.word("bit", width=1)
    p.call(x0=r, x1=a, x2=b, w3=bit.zero_extend(32))
    p.modifies(r)
    (x,), (y,) = a.words(64), b.words(64)
    p.ensures(lambda s: {"sum": r.words(64, at=s) == Words([ite(bit == 1, x + y, x)])})


def gathers(p: Proof) -> None:
    """Entry `index` modulo 16."""
    table, index = p.region("table", 128, access="r"), p.word("index")
    p.call(x0=table, x1=index)
    p.ensures(lambda s: {"entry": s.x0 == select(index & 15, table.words(64))})


def halves(p: Proof) -> None:
    """u / 2 if u is even, where u is odd or twice an odd number."""
    u = p.region("u", 32, access="rw")
    p.call(x0=u)
    p.modifies(u)
    number = concat(*reversed(u.words(64)))
    p.assume("u is odd, or twice an odd number", (number[0] == 1) | (number[1] == 1))
    p.ensures(lambda s: {"u": concat(*reversed(u.words(64, at=s))) == ite(number[0] == 0, number >> 1, number)})
