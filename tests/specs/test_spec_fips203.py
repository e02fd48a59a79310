"""FIPS 203: the transform as evaluation and as a product, compression over all of Z_q, encodings, whole ML-KEM."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from math import floor

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem
from formal import Poly, Sum, edge_polynomials, product_mod_x256_plus_1
from spec_vectors import records, sample
from whole_mlkem import PARAMETERS, decaps, encaps, key_gen, shake128

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import fips203, fips203_bytes, packing, sha3
from specs.fips203 import GAMMAS, NTT, ZETAS, Compress, Decompress, MultiplyNTTs, NTTinverse, Q

rng = random.Random("FIPS 203")


def test_tables_of_appendix_a() -> None:
    """The beginnings of both tables as printed, and what makes 17 fit: its 128th power is -1."""
    assert ZETAS[:16] == [1, 1729, 2580, 3289, 2642, 630, 1897, 848, 1062, 1919, 193, 797, 2786, 3260, 569, 1746]
    assert GAMMAS[:12:2] == [17, 2761, 583, 2649, 1637, 723]
    assert all((g + h) % Q == 0 for g, h in zip(GAMMAS[::2], GAMMAS[1::2], strict=True))
    assert pow(17, 128, Q) == Q - 1
    assert len(set(ZETAS)) == len(set(GAMMAS)) == 128
    assert all(pow(g, 128, Q) == Q - 1 for g in GAMMAS)


def test_ntt_is_the_remainder_modulo_each_factor() -> None:
    """Section 4.3: f mod (X^2 - gamma_i), by Horner's rule on even and odd coefficients."""
    for f in edge_polynomials(Q):
        f_hat = NTT(f)
        for i, gamma in enumerate(GAMMAS):
            for parity in (0, 1):
                remainder = 0
                for c in reversed(f[parity::2]):
                    remainder = (remainder * gamma + c) % Q
                assert f_hat[2 * i + parity] == remainder


def test_inverse_and_product() -> None:
    fs = edge_polynomials(Q)
    for f in fs:
        assert NTTinverse(NTT(f)) == f
        assert NTT(NTTinverse(f)) == f
    for f, g in zip(fs, reversed(fs), strict=True):
        assert NTTinverse(MultiplyNTTs(NTT(f), NTT(g))) == product_mod_x256_plus_1(f, g, Q)


def test_ints_out_of_range_stand_for_their_class() -> None:
    f = [rng.randrange(-(2**15), 2**15) for _ in range(256)]
    reduced = [c % Q for c in f]
    assert NTT(f) == NTT(reduced)
    assert NTTinverse(f) == NTTinverse(reduced)
    assert MultiplyNTTs(f, f) == MultiplyNTTs(reduced, reduced)


@pytest.mark.parametrize("name", ["NTT", "inverse"])
def test_on_formal_sums(name: str) -> None:
    """The same text on 256 unknowns, which have +, - and products with ints only."""
    run = NTT if name == "NTT" else NTTinverse
    formal = run([Sum({k: 1}) for k in range(256)])
    for f in edge_polynomials(Q):
        assert [x.at(f) % Q for x in formal] == run(f)


def test_base_multiplication_on_polynomials() -> None:
    a_0, a_1, b_0, b_1 = (Poly.unknown(name) for name in ("a0", "a1", "b0", "b1"))
    for gamma in (GAMMAS[0], GAMMAS[127]):
        c_0, c_1 = fips203.BaseCaseMultiply(a_0, a_1, b_0, b_1, gamma)
        assert c_0.of == {("a0", "b0"): 1, ("a1", "b1"): gamma}
        assert c_1.of == {("a0", "b1"): 1, ("a1", "b0"): 1}


@pytest.mark.parametrize("d", range(1, 12))
def test_compression_of_every_number(d: int) -> None:
    """Equations (4.7) and (4.8) by exact fractions, for all x and y, and what section 4.2.1 says of both."""
    half = Fraction(1, 2)
    for x in range(Q):
        assert Compress(d, x) == floor(Fraction(2**d * x, Q) + half) % 2**d
        back = Decompress(d, Compress(d, x))
        assert min((x - back) % Q, (back - x) % Q) <= floor(Fraction(Q, 2 ** (d + 1)) + half)
    for y in range(2**d):
        assert Decompress(d, y) == floor(Fraction(Q * y, 2**d) + half)
        assert Compress(d, Decompress(d, y)) == y


def test_edges_of_compression() -> None:
    assert [Compress(1, x) for x in (0, 832, 833, 2496, 2497, 3328)] == [0, 0, 1, 1, 0, 0]
    assert [Decompress(1, y) for y in (0, 1)] == [0, 1665]
    for d in (0, 12):
        with pytest.raises(ValueError, match="fewer than 12 bits"):
            Compress(d, 0)
        with pytest.raises(ValueError, match="fewer than 12 bits"):
            Decompress(d, 0)


@pytest.mark.parametrize("d", range(1, 13))
def test_encoding_is_that_of_the_bits(d: int) -> None:
    """Algorithms 5 and 3 as strings of the digits 0 and 1; the form on `Bits` is the same."""
    top = Q if d == 12 else 2**d
    for F in ([0] * 256, [top - 1] * 256, [rng.randrange(top) for _ in range(256)]):
        b = "".join(f"{a:0{d}b}"[::-1] for a in F)
        B = bytes(int(b[8 * i : 8 * i + 8][::-1], 2) for i in range(32 * d))
        assert fips203_bytes.byte_encode(d, F) == B
        assert fips203_bytes.byte_decode(d, B) == F
        encoded = fips203_bytes.ByteEncode(d, [Bits(d, a) for a in F])
        assert bytes(byte.uint for byte in encoded) == B
        assert [a.uint for a in fips203_bytes.ByteDecode(d, encoded)] == F


def test_decoding_of_twelve_bits_reduces() -> None:
    """Numbers from q to 4095 are taken modulo q (step 3 of algorithm 6)."""
    numbers = [0, 3328, 3329, 3330, 4094, 4095, *range(250)]
    B = sum(x << (12 * k) for k, x in enumerate(numbers)).to_bytes(384, "little")
    expected = [0, 3328, 0, 1, 765, 766, *range(250)]
    assert fips203_bytes.byte_decode(12, B) == expected
    assert [a.uint for a in fips203_bytes.ByteDecode(12, [Bits(8, b) for b in B])] == expected


def test_sampling_from_bytes() -> None:
    """Algorithm 7 on chosen bytes: 3328 is taken, 3329 is not, and nothing beyond the count."""
    assert fips203_bytes.candidates(bytes([0x01, 0xD0, 0xFF])) == (1, 0xFFD)
    assert fips203_bytes.candidates(bytes([0xFF, 0x2F, 0x01])) == (0xFFF, 0x012)
    pieces = [(3328 | 3329 << 12).to_bytes(3, "little"), (4095 | 5 << 12).to_bytes(3, "little"), bytes(3)]
    assert fips203_bytes.accepted(pieces) == [3328, 5, 0, 0]
    assert fips203_bytes.accepted(pieces, 3) == [3328, 5, 0]
    assert fips203_bytes.accepted([]) == []


def test_sampling_is_of_shake128() -> None:
    """The standard's own hash function, and hashlib's; 256 numbers from the stream of 12-bit fields below q."""
    B = bytes(range(34))
    stream = int.from_bytes(hashlib.shake_128(B).digest(1500), "little")
    fields = [stream >> (12 * k) & 0xFFF for k in range(1000)]
    expected = [x for x in fields if x < Q][:256]
    assert fips203_bytes.SampleNTT(B) == expected
    assert fips203_bytes.SampleNTT(B, shake128) == expected
    assert shake128(B, 1344) == sha3.shake128(B, 1344)


@pytest.mark.parametrize("eta", [2, 3])
def test_binomial_sampling(eta: int) -> None:
    """Algorithm 8 by counting the ones of each half of 2 eta bits."""
    for B in (bytes(64 * eta), b"\xff" * (64 * eta), rng.randbytes(64 * eta)):
        bits = "".join(f"{byte:08b}"[::-1] for byte in B)
        halves = [bits[k : k + eta].count("1") for k in range(0, len(bits), eta)]
        expected = [(halves[2 * i] - halves[2 * i + 1]) % Q for i in range(256)]
        assert fips203_bytes.SamplePolyCBD(eta, B) == expected


@pytest.mark.parametrize("size", [512, 768, 1024])
def test_whole_ml_kem(size: int) -> None:
    """Known answers, with the ciphertexts that must be rejected: 6 of the 1,000 of each parameter set."""
    vectors = records(f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp")
    assert len(vectors) == 1000
    p = PARAMETERS[size]
    for v in sample(vectors, 6):
        d, z, m, ek, dk, c, bad = (bytes.fromhex(v[n]) for n in ("D", "Z", "MSG", "PK", "SK", "CT", "CT_N"))
        assert key_gen(p, d, z) == (ek, dk)
        K, ciphertext = encaps(p, ek, m)
        assert (K.hex(), ciphertext) == (v["SS"], c)
        assert decaps(p, dk, c) == K
        assert decaps(p, dk, bad).hex() == v["SS_N"] != v["SS"]


def test_whole_ml_kem_with_cryptography() -> None:
    """What one of both encapsulates, the other decapsulates."""
    for private, p in ((mlkem.MLKEM768PrivateKey, PARAMETERS[768]), (mlkem.MLKEM1024PrivateKey, PARAMETERS[1024])):
        d, z, m = (rng.randbytes(32) for _ in range(3))
        key = private.from_seed_bytes(d + z)
        ek, dk = key_gen(p, d, z)
        assert key.public_key().public_bytes_raw() == ek
        K, c = encaps(p, ek, m)
        assert key.decapsulate(c) == K
        secret, ciphertext = key.public_key().encapsulate()
        assert decaps(p, dk, ciphertext) == secret


# -- a wrong standard is seen ---------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 64, 127])
def test_a_wrong_zeta_is_caught(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(fips203, "ZETAS", [*ZETAS[:k], (ZETAS[k] + 1) % Q, *ZETAS[k + 1 :]])
    with pytest.raises(AssertionError):
        test_ntt_is_the_remainder_modulo_each_factor()
    with pytest.raises(AssertionError):
        test_inverse_and_product()


@pytest.mark.parametrize("k", [0, 127])
def test_a_wrong_gamma_is_caught(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(fips203, "GAMMAS", [*GAMMAS[:k], GAMMAS[k] + 1, *GAMMAS[k + 1 :]])
    with pytest.raises(AssertionError):
        test_inverse_and_product()


def test_a_wrong_modulus_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fips203_bytes, "Q", Q + 1)
    with pytest.raises(AssertionError):
        test_sampling_from_bytes()


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="255 coefficients given where 256"):
        NTT([0] * 255)
    with pytest.raises(ValueError, match="257 coefficients given where 256"):
        NTTinverse([0] * 257)
    with pytest.raises(ValueError, match="255 coefficients given where 256"):
        MultiplyNTTs([0] * 255, [0] * 256)
    with pytest.raises(ValueError, match="coefficient 255 is 3329, not in 0 to 3328"):
        fips203_bytes.byte_encode(12, [0] * 255 + [3329])
    with pytest.raises(ValueError, match="coefficient 0 is 16, not in 0 to 15"):
        fips203_bytes.byte_encode(4, [16] + [0] * 255)
    with pytest.raises(ValueError, match="127 bytes given where 128"):
        fips203_bytes.byte_decode(4, bytes(127))
    with pytest.raises(ValueError, match="a number of 5 bits given where 4"):
        fips203_bytes.ByteEncode(4, [Bits(4, 0)] * 255 + [Bits(5, 0)])
    with pytest.raises(ValueError, match="33 words given where 32"):
        fips203_bytes.ByteDecode(1, [Bits(8, 0)] * 33)
    with pytest.raises(ValueError, match="a byte has 8 bits, not 9"):
        fips203_bytes.ByteDecode(1, [Bits(9, 0)] * 32)
    with pytest.raises(WidthError):
        packing.unpack([Bits(8, 0)] * 2, 3)
    with pytest.raises(WidthError):
        packing.pack([Bits(3, 0)] * 3)
    with pytest.raises(ValueError, match="32 bytes given where 34"):
        fips203_bytes.SampleNTT(bytes(32))
    with pytest.raises(ValueError, match="128 bytes given where 192"):
        fips203_bytes.SamplePolyCBD(3, bytes(128))
    with pytest.raises(ValueError, match="no seven bits"):
        fips203.BitRev7(128)
