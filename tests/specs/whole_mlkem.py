"""ML-KEM put together from the pieces in `specs`: FIPS 203, algorithms 13 to 18, with hashlib's hash functions."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from specs.fips203 import NTT, Compress, Decompress, MultiplyNTTs, NTTinverse, Q
from specs.fips203_bytes import SampleNTT, SamplePolyCBD, byte_decode, byte_encode


class Parameters(NamedTuple):
    """Table 2."""

    k: int
    eta_1: int
    eta_2: int
    d_u: int
    d_v: int


PARAMETERS = {
    512: Parameters(2, 3, 2, 10, 4),
    768: Parameters(3, 2, 2, 10, 4),
    1024: Parameters(4, 2, 2, 11, 5),
}

Polynomial = list[int]


def shake128(message: bytes, d: int) -> bytes:
    return hashlib.shake_128(message).digest(d // 8)


def _prf(eta: int, s: bytes, b: int) -> bytes:
    return hashlib.shake_256(s + bytes([b])).digest(64 * eta)


def _G(c: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha3_512(c).digest()
    return digest[:32], digest[32:]


def _H(s: bytes) -> bytes:
    return hashlib.sha3_256(s).digest()


def _add(*f: Polynomial) -> Polynomial:
    return [sum(c) % Q for c in zip(*f, strict=True)]


def _dot(f_hat: list[Polynomial], g_hat: list[Polynomial]) -> Polynomial:
    return _add(*(MultiplyNTTs(f, g) for f, g in zip(f_hat, g_hat, strict=True)))


def _matrix(rho: bytes, k: int) -> list[list[Polynomial]]:
    return [[SampleNTT(rho + bytes([j, i]), shake128) for j in range(k)] for i in range(k)]


def _pke_key_gen(p: Parameters, d: bytes) -> tuple[bytes, bytes]:
    rho, sigma = _G(d + bytes([p.k]))
    A_hat = _matrix(rho, p.k)
    s = [SamplePolyCBD(p.eta_1, _prf(p.eta_1, sigma, n)) for n in range(p.k)]
    e = [SamplePolyCBD(p.eta_1, _prf(p.eta_1, sigma, p.k + n)) for n in range(p.k)]
    s_hat, e_hat = [NTT(f) for f in s], [NTT(f) for f in e]
    t_hat = [_add(_dot(A_hat[i], s_hat), e_hat[i]) for i in range(p.k)]
    return b"".join(byte_encode(12, f) for f in t_hat) + rho, b"".join(byte_encode(12, f) for f in s_hat)


def _decode_all(d: int, data: bytes) -> list[Polynomial]:
    return [byte_decode(d, data[n : n + 32 * d]) for n in range(0, len(data), 32 * d)]


def _pke_encrypt(p: Parameters, ek: bytes, m: bytes, r: bytes) -> bytes:
    t_hat, rho = _decode_all(12, ek[: 384 * p.k]), ek[384 * p.k :]
    A_hat = _matrix(rho, p.k)
    y_hat = [NTT(SamplePolyCBD(p.eta_1, _prf(p.eta_1, r, n))) for n in range(p.k)]
    e_1 = [SamplePolyCBD(p.eta_2, _prf(p.eta_2, r, p.k + n)) for n in range(p.k)]
    e_2 = SamplePolyCBD(p.eta_2, _prf(p.eta_2, r, 2 * p.k))
    u = [_add(NTTinverse(_dot([A_hat[j][i] for j in range(p.k)], y_hat)), e_1[i]) for i in range(p.k)]
    mu = [Decompress(1, bit) for bit in byte_decode(1, m)]
    v = _add(NTTinverse(_dot(t_hat, y_hat)), e_2, mu)
    c_1 = b"".join(byte_encode(p.d_u, [Compress(p.d_u, x) for x in f]) for f in u)
    return c_1 + byte_encode(p.d_v, [Compress(p.d_v, x) for x in v])


def _pke_decrypt(p: Parameters, dk: bytes, c: bytes) -> bytes:
    split = 32 * p.d_u * p.k
    u = [[Decompress(p.d_u, y) for y in f] for f in _decode_all(p.d_u, c[:split])]
    v = [Decompress(p.d_v, y) for y in byte_decode(p.d_v, c[split:])]
    product = NTTinverse(_dot(_decode_all(12, dk), [NTT(f) for f in u]))
    return byte_encode(1, [Compress(1, (a - b) % Q) for a, b in zip(v, product, strict=True)])


def key_gen(p: Parameters, d: bytes, z: bytes) -> tuple[bytes, bytes]:
    """The encapsulation key and the decapsulation key.  Algorithm 16."""
    ek, dk = _pke_key_gen(p, d)
    return ek, dk + ek + _H(ek) + z


def encaps(p: Parameters, ek: bytes, m: bytes) -> tuple[bytes, bytes]:
    """The shared secret and the ciphertext.  Algorithm 17."""
    K, r = _G(m + _H(ek))
    return K, _pke_encrypt(p, ek, m, r)


def decaps(p: Parameters, dk: bytes, c: bytes) -> bytes:
    """The shared secret, by implicit rejection if the ciphertext is not one.  Algorithm 18."""
    dk_pke, ek = dk[: 384 * p.k], dk[384 * p.k : 768 * p.k + 32]
    h, z = dk[768 * p.k + 32 : 768 * p.k + 64], dk[768 * p.k + 64 :]
    m = _pke_decrypt(p, dk_pke, c)
    K, r = _G(m + h)
    return K if c == _pke_encrypt(p, ek, m, r) else hashlib.shake_256(z + c).digest(32)
