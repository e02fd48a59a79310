"""ML-KEM's arithmetic of AWS-LC (mlkem-native's assembly): FIPS 203, section 4.3.

Multiplications leave a factor 2**16 (Montgomery) or none (Barrett); ranges are those that the callers rely on.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Integer, Proof, State, concat, proof
from crypto_examples.lattices import Lattice, table
from crypto_examples.wheels import AWS_LC
from specs.fips203 import GAMMAS, NTT, N, NTTinverse, Q

R = 2**16


def _tables(p: Proof, names: str, first: int) -> dict[str, Bits]:
    return {f"x{first + k}": table(p, f"mlkem_aarch64_{name}") for k, name in enumerate(names.split())}


@proof("mlkem_ntt_aarch64_asm", of=AWS_LC)
def mlkem_ntt(p: Proof) -> None:
    m = Lattice(p, Q, 16)
    r, f = m.array("r", N, -Q + 1, Q, access="rw")
    p.call(x0=r, **_tables(p, "ntt_zetas_layer12345 ntt_zetas_layer67", 1))
    p.modifies(r, p.stack(64))
    m.gives(r, lambda: NTT(f), -8 * Q + 1, 8 * Q)


@proof("mlkem_intt_aarch64_asm", of=AWS_LC)
def mlkem_intt(p: Proof) -> None:
    m = Lattice(p, Q, 16)
    r, f_hat = m.any("r", N, access="rw")
    p.call(x0=r, **_tables(p, "invntt_zetas_layer12345 invntt_zetas_layer67", 1))
    p.assume_timing("srshr")
    p.modifies(r, p.stack(64))
    m.gives(r, lambda: [x * R for x in NTTinverse(f_hat)], -8 * Q + 1, 8 * Q)


@proof("mlkem_poly_reduce_aarch64_asm", of=AWS_LC)
def mlkem_poly_reduce(p: Proof) -> None:
    m = Lattice(p, Q, 16)
    r, f = m.any("r", N, access="rw")
    p.call(x0=r)
    p.assume_timing("srshr")
    p.modifies(r)
    m.gives(r, lambda: f, 0, Q)


@proof("mlkem_poly_tomont_aarch64_asm", of=AWS_LC)
def mlkem_poly_tomont(p: Proof) -> None:
    m = Lattice(p, Q, 16)
    r, f = m.any("r", N, access="rw")
    p.call(x0=r)
    p.modifies(r)
    m.gives(r, lambda: [x * R for x in f], -Q + 1, Q)


@proof("mlkem_poly_mulcache_compute_aarch64_asm", of=AWS_LC)
def mlkem_poly_mulcache_compute(p: Proof) -> None:
    m = Lattice(p, Q, 16)
    cache, _ = m.any("cache", N // 2, access="w")
    a, f = m.any("a", N)
    p.call(x0=cache, x1=a, **_tables(p, "zetas_mulcache_native zetas_mulcache_twisted_native", 2))
    p.modifies(cache)
    m.gives(cache, lambda: [f[2 * i + 1] * GAMMAS[i] for i in range(128)], -Q + 1, Q)


def _with(fn: Callable[[Proof, int], None], k: int) -> Callable[[Proof], None]:
    return lambda p: fn(p, k)


def _basemul(p: Proof, k: int) -> None:
    """The sum of the products of k pairs, where `cache` stands for the odd coefficients of b times gamma."""
    m = Lattice(p, Q, 16)
    r, _ = m.any("r", N, access="w")
    a, f = m.array("a", k * N, 0, 4096)
    b, g = m.any("b", k * N)
    c, cache = m.any("cache", k * N // 2)
    p.call(x0=r, x1=a, x2=b, x3=c)
    p.modifies(r, p.stack(64))

    def products() -> list[Integer | int]:
        out: list[Integer | int] = []
        for i in range(128):
            even = sum(
                f[N * j + 2 * i] * g[N * j + 2 * i] + f[N * j + 2 * i + 1] * cache[128 * j + i] for j in range(k)
            )
            odd = sum(
                f[N * j + 2 * i] * g[N * j + 2 * i + 1] + f[N * j + 2 * i + 1] * g[N * j + 2 * i] for j in range(k)
            )
            out += [even, odd]
        return out

    m.gives(r, products, -(1 << 15), 1 << 15, times=R)


for _k in (2, 3, 4):
    _name = f"mlkem_polyvec_basemul_acc_montgomery_cached_k{_k}"
    proof(f"{_name}_aarch64_asm", of=AWS_LC, name=_name)(_with(_basemul, _k))


@proof("mlkem_poly_tobytes_aarch64_asm", of=AWS_LC)
def mlkem_poly_tobytes(p: Proof) -> None:
    """ByteEncode with d = 12 of coefficients in 0 to 4095; algorithm 5."""
    m = Lattice(p, Q, 16)
    r = p.region("r", N * 12 // 8, access="w", cell=1)
    a, _ = m.array("a", N, 0, 4096)
    p.call(x0=r, x1=a)
    p.modifies(r)

    @p.ensures
    def encoded(s: State) -> Claims:
        f = a.words(16)
        claims = []
        for k in range(N // 2):
            both = concat(f[2 * k + 1][11:0], f[2 * k][11:0])
            claims += [r.byte(3 * k + j, at=s) == both[8 * j + 7 : 8 * j] for j in range(3)]
        return {"bytes": claims}
