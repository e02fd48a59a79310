"""What the proofs of GHASH have in common, whatever library they come from.

An element of GF(2^128) is a vector of 128 bits, the coefficient of x^0 most significant, as in SP 800-38D.  The
table that `gcm_init_v8` makes holds powers of the hash key H *twisted*, and beside them what Karatsuba's
products of halves need.  A library keeps a twisted power as it is or as `entry` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.dsl import Bits, Claims, Proof, Region, State, Words, concat
from specs.gcm import GHASH_step, multiply

__all__ = ["as_it_is", "ghash", "ghash_by_bytes", "gmult", "gmult_by_bytes", "init", "init_by_bytes", "swapped"]


def twisted(X: Bits) -> Bits:
    """X times x^-1 in GF(2^128): by it a carry-less product of reversed elements is the reversed product."""
    return (X << 1) ^ (X[127].sign_extend(128) & 0xC2000000_00000000_00000000_00000001)


def as_it_is(X: Bits) -> Bits:
    """X."""
    return X


def swapped(X: Bits) -> Bits:
    """X with its halves of 64 bits exchanged."""
    return concat(X[63:0], X[127:64])


def powers(H: Bits, count: int) -> Words:
    """H^1, H^2, ..."""
    H_k = Words([H])
    while len(H_k) < count:
        H_k.append(multiply(H_k[-1], H))
    return H_k


def table(H: Bits, count: int, entry: Callable[[Bits], Bits]) -> Words:
    """Htable for powers up to `count`: for H^1 and H^2, H^3 and H^4, ...: the first, sums of halves, the second."""
    words = Words()
    twists = [twisted(X) for X in powers(H, count)]
    for first, second in zip(twists[::2], twists[1::2], strict=True):
        sums = [X[127:64] ^ X[63:0] for X in (first, second)]
        words += [entry(first), Bits.from_elems(sums), entry(second)]
    return words


def init(p: Proof, entry: Callable[[Bits], Bits] = as_it_is, *, count: int = 8) -> None:
    """`void gcm_init_v8(u128 Htable[16], const u64 H[2])`: the halves of H are numbers, the left one comes first.

    The table gets the powers of H up to `count`; the rest of it stays as it was.
    """
    H = p.word("H", 128)
    Htable = p.region("Htable", 256, access="rw")
    key = p.region("key", 16, access="r")
    p.given(key, 0, swapped(H), "H, its left half first")
    p.call(x0=Htable, x1=key)
    p.modifies(Htable)
    powers_of_H = table(H, count, entry)
    want = Words([*powers_of_H, *Htable.words(128)[len(powers_of_H) :]])
    p.ensures(lambda s: {"Htable": Htable.words(128, at=s) == want})


def given_table(p: Proof, count: int, entry: Callable[[Bits], Bits]) -> tuple[Region, Bits]:
    """Htable as `init` leaves it for any hash key H, of which only the powers up to `count` are assumed; and H."""
    H = p.word("H", 128)
    Htable = p.region("Htable", 256, access="r")
    for k, word in enumerate(table(H, count, entry)):
        p.given(Htable, 16 * k, word, f"entry {k} that gcm_init_v8 makes of H")
    return Htable, H


def gmult(p: Proof, entry: Callable[[Bits], Bits] = as_it_is) -> None:
    """`void gcm_gmult_v8(u64 Xi[2], const u128 Htable[16])`: Xi becomes Xi • H."""
    Htable, H = given_table(p, 2, entry)
    Xi = p.region("Xi", 16, access="rw")
    p.call(x0=Xi, x1=Htable)
    p.modifies(Xi)
    (X,) = Xi.words(128, order="big")
    p.ensures(lambda s: {"Xi": Xi.words(128, order="big", at=s) == [multiply(X, H)]})


def karatsuba(pairs: Sequence[tuple[Bits, Bits]]) -> Words:
    """Sums over the pairs of carry-less products: of the low halves, of the sums of halves, of the high halves."""
    out = Words([Bits(128, 0)] * 3)
    for X, Y in pairs:
        a, b = X.elems(64), Y.elems(64)
        products = a[0].clmul(b[0]), (a[0] ^ a[1]).clmul(b[0] ^ b[1]), a[1].clmul(b[1])
        out = Words(u ^ v for u, v in zip(out, products, strict=True))
    return out


def ghash(p: Proof, low: int, entry: Callable[[Bits], Bits] = as_it_is) -> None:
    """`void gcm_ghash_v8(u64 Xi[2], const u128 Htable[16], const u8 *inp, size_t len)`, len = 16 n, n >= `low`.

    Xi becomes Y_n, where Y_0 = Xi and Y_(i+1) = (Y_i xor X_i) • H.  The one loop takes four blocks at a time and
    has the products of three of the next four ready.  (For len = 0 the code reads a block; no caller does that.)
    """
    n = p.nat("n", low=low, high=2**50)
    Htable, H = given_table(p, 4, entry)
    Xi = p.region("Xi", 16, access="rw")
    inp = p.region("inp", 16 * n, access="r")
    p.call(x0=Xi, x1=Htable, x2=inp, x3=16 * n)
    p.modifies(Xi)
    X = inp.blocks(words=1, width=128, order="big")
    Y = p.fold(lambda y, x: [GHASH_step(H, y[0], x[0])], start=Xi.words(128, order="big"), over=X, name="Y")
    H1, H2, H3 = map(twisted, powers(H, 3))

    @p.invariant(p.routine.back_edge("gcm_ghash_v8_4x"), upto=n, step=4)
    def _(s: State, i: Bits) -> Claims:
        X0, X1, X2, X3 = (X(i + k)[0] for k in range(4))
        return {
            "two times four blocks": i + 8 <= n,
            "Y so far": s.v0 == swapped(Y(i)[0]),
            "block i": s.v4 == swapped(X0),
            "products of the other three": s.v[29:32] == karatsuba([(H3, X1), (H2, X2), (H1, X3)]),
        }

    p.ensures(lambda s: {"Xi": Xi.words(128, order="big", at=s) == Y(n)})


# -- products of bytes only: PMULL of 8 bits, which all cores with Advanced SIMD have ------------------


def init_by_bytes(p: Proof) -> None:
    """As `init`, but the table has H alone, twisted; the rest of it stays."""
    H = p.word("H", 128)
    Htable = p.region("Htable", 256, access="rw")
    key = p.region("key", 16, access="r")
    p.given(key, 0, swapped(H), "H, its left half first")
    p.call(x0=Htable, x1=key)
    p.modifies(Htable)
    want = [twisted(H), *Htable.words(128)[1:]]
    p.ensures(lambda s: {"Htable": Htable.words(128, at=s) == want})


def _given_key(p: Proof) -> tuple[Region, Region, Bits]:
    """Htable as `init_by_bytes` leaves it for any hash key H; Xi; and H."""
    H = p.word("H", 128)
    Htable, Xi = p.region("Htable", 256, access="r"), p.region("Xi", 16, access="rw")
    p.given(Htable, 0, twisted(H), "what gcm_init_neon makes of H")
    p.modifies(Xi)
    return Htable, Xi, H


def gmult_by_bytes(p: Proof) -> None:
    """As `gmult`."""
    Htable, Xi, H = _given_key(p)
    p.call(x0=Xi, x1=Htable)
    (X,) = Xi.words(128, order="big")
    p.ensures(lambda s: {"Xi": Xi.words(128, order="big", at=s) == [multiply(X, H)]})


def ghash_by_bytes(p: Proof) -> None:
    """As `ghash`, one block at a time, n >= 1."""
    n = p.nat("n", low=1, high=2**50)
    Htable, Xi, H = _given_key(p)
    inp = p.region("inp", 16 * n, access="r")
    p.call(x0=Xi, x1=Htable, x2=inp, x3=16 * n)
    X = inp.blocks(words=1, width=128, order="big")
    Y = p.fold(lambda y, x: [GHASH_step(H, y[0], x[0])], start=Xi.words(128, order="big"), over=X, name="Y")

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"Y so far": s.v[0:1] == Y(i)}

    p.ensures(lambda s: {"Xi": Xi.words(128, order="big", at=s) == Y(n)})
