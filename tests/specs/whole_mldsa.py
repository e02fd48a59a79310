"""ML-DSA put together from the pieces in `specs`: FIPS 204, algorithms 6 to 8, with hashlib's SHAKE.

The messages are the formatted M' of algorithms 2 and 3.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from specs.fips204 import NTT, AddNTT, MultiplyNTT, N, NTTinverse, Q
from specs.fips204_bytes import (
    BitPack,
    BitUnpack,
    HintBitPack,
    HintBitUnpack,
    RejBoundedPoly,
    RejNTTPoly,
    SampleInBall,
    SimpleBitPack,
    SimpleBitUnpack,
)
from specs.fips204_rounding import D, HighBits, LowBits, MakeHint, Power2Round, UseHint, infinity_norm
from specs.rings import mod_pm


class Parameters(NamedTuple):
    """Table 1; c_size is lambda/4."""

    k: int
    l: int  # noqa: E741 - the document's letter
    eta: int
    tau: int
    gamma_1: int
    gamma_2: int
    c_size: int
    omega: int

    @property
    def beta(self) -> int:
        return self.tau * self.eta


PARAMETERS = {
    44: Parameters(4, 4, 2, 39, 2**17, (Q - 1) // 88, 32, 80),
    65: Parameters(6, 5, 4, 49, 2**19, (Q - 1) // 32, 48, 55),
    87: Parameters(8, 7, 2, 60, 2**19, (Q - 1) // 32, 64, 75),
}

Polynomial = list[int]
Vector = list[Polynomial]


def shake128(message: bytes, d: int) -> bytes:
    return hashlib.shake_128(message).digest(d // 8)


def shake256(message: bytes, d: int) -> bytes:
    return hashlib.shake_256(message).digest(d // 8)


def _H(message: bytes, size: int) -> bytes:
    return hashlib.shake_256(message).digest(size)


def _expand_a(p: Parameters, rho: bytes) -> list[Vector]:
    return [[RejNTTPoly(rho + bytes([s, r]), shake128) for s in range(p.l)] for r in range(p.k)]


def _expand_s(p: Parameters, rho: bytes) -> tuple[Vector, Vector]:
    s = [RejBoundedPoly(rho + r.to_bytes(2, "little"), p.eta, shake256) for r in range(p.l + p.k)]
    return s[: p.l], s[p.l :]


def _expand_mask(p: Parameters, rho: bytes, mu: int) -> Vector:
    c = 1 + (p.gamma_1 - 1).bit_length()
    v = [_H(rho + (mu + r).to_bytes(2, "little"), 32 * c) for r in range(p.l)]
    return [BitUnpack(x, p.gamma_1 - 1, p.gamma_1) for x in v]


def _row(A_row: Vector, v_hat: Vector) -> Polynomial:
    total = [0] * N
    for a, v in zip(A_row, v_hat, strict=True):
        total = AddNTT(total, MultiplyNTT(a, v))
    return total


def _scaled(c_hat: Polynomial, v_hat: Vector) -> Vector:
    return [NTTinverse(MultiplyNTT(c_hat, v)) for v in v_hat]


def _add(v: Vector, w: Vector, sign: int = 1) -> Vector:
    return [[(a + sign * b) % Q for a, b in zip(f, g, strict=True)] for f, g in zip(v, w, strict=True)]


def _centered(v: Vector) -> Vector:
    return [[mod_pm(c, Q) for c in f] for f in v]


def _norm(v: Vector) -> int:
    return max(infinity_norm(f) for f in v)


def _w1_encode(p: Parameters, w_1: Vector) -> bytes:
    return b"".join(SimpleBitPack(f, (Q - 1) // (2 * p.gamma_2) - 1) for f in w_1)


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[k : k + size] for k in range(0, len(data), size)]


def key_gen(p: Parameters, xi: bytes) -> tuple[bytes, bytes]:
    """The public and the private key.  Algorithm 6."""
    seed = _H(xi + bytes([p.k, p.l]), 128)
    rho, rho_prime, K = seed[:32], seed[32:96], seed[96:]
    A_hat = _expand_a(p, rho)
    s_1, s_2 = _expand_s(p, rho_prime)
    s_hat = [NTT(f) for f in s_1]
    t = _add([NTTinverse(_row(A, s_hat)) for A in A_hat], s_2)
    rounded = [[Power2Round(c) for c in f] for f in t]
    pk = rho + b"".join(SimpleBitPack([r_1 for r_1, _ in f], 2 ** (23 - D) - 1) for f in rounded)
    sk = rho + K + _H(pk, 64)
    sk += b"".join(BitPack(f, p.eta, p.eta) for f in s_1 + s_2)
    sk += b"".join(BitPack([r_0 for _, r_0 in f], 2 ** (D - 1) - 1, 2 ** (D - 1)) for f in rounded)
    return pk, sk


def sign(p: Parameters, sk: bytes, M: bytes, rnd: bytes) -> bytes:
    """The signature of the formatted message M'.  Algorithm 7."""
    rho, K, tr = sk[:32], sk[32:64], sk[64:128]
    size_s = 32 * (2 * p.eta).bit_length()
    end_of_s = 128 + size_s * (p.l + p.k)
    s = [BitUnpack(x, p.eta, p.eta) for x in _pieces(sk[128:end_of_s], size_s)]
    t_0 = [BitUnpack(x, 2 ** (D - 1) - 1, 2 ** (D - 1)) for x in _pieces(sk[end_of_s:], 32 * D)]
    s_1_hat, s_2_hat, t_0_hat = ([NTT(f) for f in v] for v in (s[: p.l], s[p.l :], t_0))
    A_hat = _expand_a(p, rho)
    mu = _H(tr + M, 64)
    rho_second = _H(K + rnd + mu, 64)
    kappa = 0
    while True:
        y = _expand_mask(p, rho_second, kappa)
        kappa += p.l
        y_hat = [NTT(f) for f in y]
        w = [NTTinverse(_row(A, y_hat)) for A in A_hat]
        w_1 = [[HighBits(c, p.gamma_2) for c in f] for f in w]
        c_tilde = _H(mu + _w1_encode(p, w_1), p.c_size)
        c_hat = NTT(SampleInBall(c_tilde, p.tau, shake256))
        z = _add(y, _scaled(c_hat, s_1_hat))
        w_less = _add(w, _scaled(c_hat, s_2_hat), -1)
        r_0 = [[LowBits(c, p.gamma_2) for c in f] for f in w_less]
        if _norm(z) >= p.gamma_1 - p.beta or _norm(r_0) >= p.gamma_2 - p.beta:
            continue
        ct_0 = _scaled(c_hat, t_0_hat)
        h = [
            [MakeHint(-b, a + b, p.gamma_2) for a, b in zip(f, g, strict=True)]
            for f, g in zip(w_less, ct_0, strict=True)
        ]
        if _norm(ct_0) >= p.gamma_2 or sum(map(sum, h)) > p.omega:
            continue
        packed = b"".join(BitPack(f, p.gamma_1 - 1, p.gamma_1) for f in _centered(z))
        return c_tilde + packed + HintBitPack(h, p.omega)


def verify(p: Parameters, pk: bytes, M: bytes, sigma: bytes) -> bool:
    """Whether sigma is a signature of the formatted message M'.  Algorithm 8."""
    rho = pk[:32]
    t_1 = [SimpleBitUnpack(x, 2 ** (23 - D) - 1) for x in _pieces(pk[32:], 320)]
    size_z = 32 * (2 * p.gamma_1 - 1).bit_length()
    end_of_z = p.c_size + size_z * p.l
    c_tilde = sigma[: p.c_size]
    z = [BitUnpack(x, p.gamma_1 - 1, p.gamma_1) for x in _pieces(sigma[p.c_size : end_of_z], size_z)]
    h = HintBitUnpack(sigma[end_of_z:], p.omega, p.k)
    if h is None:
        return False
    A_hat = _expand_a(p, rho)
    mu = _H(_H(pk, 64) + M, 64)
    c_hat = NTT(SampleInBall(c_tilde, p.tau, shake256))
    z_hat = [NTT(f) for f in z]
    t_hat = [NTT([c * 2**D for c in f]) for f in t_1]
    w = [
        NTTinverse(AddNTT(_row(A, z_hat), [-c for c in MultiplyNTT(c_hat, t)]))
        for A, t in zip(A_hat, t_hat, strict=True)
    ]
    w_1 = [[UseHint(b, c, p.gamma_2) for b, c in zip(f, g, strict=True)] for f, g in zip(h, w, strict=True)]
    return _norm(z) < p.gamma_1 - p.beta and c_tilde == _H(mu + _w1_encode(p, w_1), p.c_size)
