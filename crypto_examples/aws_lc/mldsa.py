"""ML-DSA's arithmetic of AWS-LC (mldsa-native's assembly): FIPS 204, sections 2.3, 7.4 and 7.5."""

from __future__ import annotations

import random
from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, State, Words, concat, ite, lanes, proof
from crypto_examples.lattices import Lattice, table
from crypto_examples.wheels import AWS_LC
from specs.fips204 import NTT, N, NTTinverse, Q
from specs.fips204_rounding import high_bits, low_bits, use_hint

R = 2**32


@proof("mldsa_ntt_aarch64_asm", of=AWS_LC)
def mldsa_ntt(p: Proof) -> None:
    m = Lattice(p, Q, 32)
    r, w = m.array("r", N, -Q + 1, Q, access="rw")
    t1, t2 = (table(p, f"mldsa_aarch64_ntt_zetas_layer{x}") for x in ("123456", "78"))
    p.call(x0=r, x1=t1, x2=t2)
    p.modifies(r, p.stack(64))
    m.gives(r, lambda: NTT(w), -9 * Q + 1, 9 * Q)


@proof("mldsa_intt_aarch64_asm", of=AWS_LC)
def mldsa_intt(p: Proof) -> None:
    m = Lattice(p, Q, 32)
    r, w = m.array("r", N, -Q + 1, Q, access="rw")
    t1, t2 = (table(p, f"mldsa_aarch64_intt_zetas_layer{x}") for x in ("78", "123456"))
    p.call(x0=r, x1=t1, x2=t2)
    p.modifies(r, p.stack(64))
    m.gives(r, lambda: [x * R for x in NTTinverse(w)], -Q + 1, Q)


@proof("mldsa_poly_pointwise_montgomery_aarch64_asm", of=AWS_LC)
def mldsa_poly_pointwise_montgomery(p: Proof) -> None:
    m = Lattice(p, Q, 32)
    a, f = m.array("a", N, -9 * Q + 1, 9 * Q, access="rw")
    b, g = m.array("b", N, -9 * Q + 1, 9 * Q)
    p.call(x0=a, x1=b)
    p.modifies(a)
    m.gives(a, lambda: [x * y for x, y in zip(f, g, strict=True)], -Q + 1, Q, times=R)


def _with(fn: Callable[[Proof, int], None], k: int) -> Callable[[Proof], None]:
    return lambda p: fn(p, k)


def _accumulate(p: Proof, k: int) -> None:
    m = Lattice(p, Q, 32)
    r, _ = m.any("r", N, access="w")
    a, f = m.array("a", k * N, -Q + 1, Q)
    b, g = m.array("b", k * N, -9 * Q + 1, 9 * Q)
    p.call(x0=r, x1=a, x2=b)
    p.modifies(r)
    m.gives(r, lambda: [sum(f[N * j + i] * g[N * j + i] for j in range(k)) for i in range(N)], -Q + 1, Q, times=R)


for _k in (4, 5, 7):
    _name = f"mldsa_polyvecl_pointwise_acc_montgomery_l{_k}"
    proof(f"{_name}_aarch64_asm", of=AWS_LC, name=_name)(_with(_accumulate, _k))


@proof("mldsa_poly_caddq_aarch64_asm", of=AWS_LC)
def mldsa_poly_caddq(p: Proof) -> None:
    m = Lattice(p, Q, 32)
    r, f = m.array("r", N, -Q + 1, Q, access="rw")
    p.call(x0=r)
    p.modifies(r)
    m.gives(r, lambda: f, 0, Q)


def _decompose(p: Proof, gamma_2: int) -> None:
    m = Lattice(p, Q, 32)
    a1, _ = m.any("a1", N, access="w")
    a0, f = m.array("a0", N, 0, Q, access="rw")
    p.call(x0=a1, x1=a0)
    p.assume_timing("srshr")
    p.modifies(a1, a0)

    @p.ensures
    def both(s: State) -> Claims:
        high, low = (p.integers(r.words(32, at=s), signed=True) for r in (a1, a0))
        return {
            "r1": [x == high_bits(r, gamma_2) for x, r in zip(high, f, strict=True)],
            "r0": [x == low_bits(r, gamma_2) for x, r in zip(low, f, strict=True)],
        }


for _n in (32, 88):
    proof(f"mldsa_poly_decompose_{_n}_aarch64_asm", of=AWS_LC, name=f"mldsa_poly_decompose_{_n}")(
        _with(_decompose, (Q - 1) // _n)
    )


def _unpack(p: Proof, bits: int) -> None:
    """BitUnpack of coefficients gamma_1 - z, z of `bits` bits each; algorithm 19."""
    m = Lattice(p, Q, 32)
    r, _ = m.any("r", N, access="w")
    a = p.region("a", N * bits // 8, access="r", cell=1)
    p.call(x0=r, x1=a, x2=table(p, f"mldsa_polyz_unpack_{bits - 1}_indices"))
    p.modifies(r)
    data = a.words(8)

    @p.ensures
    def unpacked(s: State) -> Claims:
        claims = []
        for k, x in enumerate(r.words(32, at=s)):
            first, last = bits * k // 8, (bits * (k + 1) - 1) // 8
            z = concat(*reversed(data[first : last + 1])) >> (bits * k % 8)
            claims.append(x == (1 << bits - 1) - z[bits - 1 : 0].zero_extend(32))
        return {"coefficients": claims}


for _bits in (18, 20):
    proof(f"mldsa_polyz_unpack_{_bits - 1}_aarch64_asm", of=AWS_LC, name=f"mldsa_polyz_unpack_{_bits - 1}")(
        _with(_unpack, _bits)
    )


@proof("mldsa_poly_chknorm_aarch64_asm", of=AWS_LC)
def mldsa_poly_chknorm(p: Proof) -> None:
    """1 if the infinity norm is at least the bound, else 0.

    -2^31, whose absolute value is no signed word, is taken for its own: the reductions before never give it.
    """
    a = p.region("a", 4 * N, access="r", cell=4)
    bound = p.word("bound", 32)

    def near(rng: random.Random, size: int) -> bytes:
        """Coefficients below the bound, or but for one of them."""
        b = bound.uint & 0x7FFFFFFF
        words = [rng.choice([0, b - 1, 1 - b]) for _ in range(size // 4)]
        words[rng.randrange(len(words))] = rng.choice([b, -b, b - 1])
        return b"".join((w & 0xFFFFFFFF).to_bytes(4, "little") for w in words)

    p.example(a, near)
    p.assume_timing("fmov")
    p.call(x0=a, w1=bound)
    p.modifies()

    def reaches(_: Words, four: Words) -> list[Bits]:
        """Whether |x| >= bound, both signed."""
        return [(~ite(x.slt(0), -x, x).slt(bound)).bit for x in four]

    def either(found: Words, four: Words) -> list[Bits]:
        return [x | y for x, y in zip(found, four, strict=True)]

    def masks(bits: Words) -> Bits:
        return lanes(x.replicate(32) for x in bits)[0]

    vector, none = a.blocks(4, 32), [Bits(1, 0)] * 4
    # Of sixteen coefficients the first four come last.
    here = p.fold(reaches, start=none, over=lambda i: vector(i & ~3 | (i + 1) & 3), name="here")
    some = p.fold(either, start=none, over=lambda i: here(i + 1), name="some")
    loop = p.routine.back_edge()

    def cut(j: int, register: int) -> None:
        """Vector j of each sixteen coefficients, compared in this register, and taken to what was found."""
        compared = loop.head + 0xC + 12 * j

        @p.cut_each(compared, forget=lambda k: [(here, 4 * k + j)])
        def _(s: State, k: int) -> Claims:
            return {"compared": s.v[register] == masks(here(4 * k + j))}

        @p.cut_each(compared + 4, forget=lambda k: [(some, 4 * k + j)])
        def _(s: State, k: int) -> Claims:
            return {"met so far": s.v21 == masks(some(4 * k + j))}

    for j in range(1, 5):
        cut(j, j % 4)

    @p.ensures
    def _(s: State) -> Claims:
        w, x, y, z = some(N // 4)
        return {"norm": s.w0 == (w | x | y | z).zero_extend(32)}


def _use_hint(p: Proof, gamma_2: int) -> None:
    m = Lattice(p, Q, 32)
    a, f = m.array("a", N, 0, Q, access="rw")
    h, hints = m.array("h", N, 0, 2)
    p.assume_timing("srshr")
    p.call(x0=a, x1=h)
    p.modifies(a)

    @p.ensures
    def used(s: State) -> Claims:
        high = p.integers(a.words(32, at=s), signed=True)
        return {"r1": [x == use_hint(b, r, gamma_2) for x, b, r in zip(high, hints, f, strict=True)]}


for _n in (32, 88):
    proof(f"mldsa_poly_use_hint_{_n}_aarch64_asm", of=AWS_LC, name=f"mldsa_poly_use_hint_{_n}")(
        _with(_use_hint, (Q - 1) // _n)
    )
