"""FIPS 204: the transform as evaluation and as a product, rounding and hints, packing, whole ML-DSA."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from formal import Sum, edge_polynomials, product_mod_x256_plus_1
from spec_vectors import records, sample
from whole_mldsa import PARAMETERS, key_gen, shake256, sign, verify

from specs import fips204, fips204_bytes, fips204_rounding, packing
from specs.fips204 import NTT, ZETAS, MultiplyNTT, NTTinverse, Q
from specs.fips204_rounding import (
    Decompose,
    HighBits,
    LowBits,
    MakeHint,
    Power2Round,
    UseHint,
    high_bits,
    infinity_norm,
    is_decomposition,
    low_bits,
    power2round,
    use_hint,
)

rng = random.Random("FIPS 204")
GAMMA_2 = [(Q - 1) // 88, (Q - 1) // 32]


def test_table_of_appendix_b() -> None:
    """The beginning as printed, and what makes 1753 fit: its 256th power is -1."""
    assert ZETAS[1:8] == [4808194, 3765607, 3761513, 5178923, 5496691, 5234739, 5178987]
    assert pow(1753, 256, Q) == Q - 1
    assert len(set(ZETAS)) == 256


def test_ntt_is_evaluation_at_the_roots() -> None:
    """Section 7.5: w(zeta_i) for zeta_i = zeta^(2 BitRev8(i) + 1), the 256 roots of X^256 + 1."""
    roots = [pow(1753, 2 * int(f"{i:08b}"[::-1], 2) + 1, Q) for i in range(256)]
    assert all(pow(root, 256, Q) == Q - 1 for root in roots)
    for w in edge_polynomials(Q):
        w_hat = NTT(w)
        for i, root in enumerate(roots):
            value = 0
            for c in reversed(w):
                value = (value * root + c) % Q
            assert w_hat[i] == value


def test_inverse_and_product() -> None:
    ws = edge_polynomials(Q)
    for w in ws:
        assert NTTinverse(NTT(w)) == w
        assert NTT(NTTinverse(w)) == w
    for v, w in zip(ws, reversed(ws), strict=True):
        assert NTTinverse(MultiplyNTT(NTT(v), NTT(w))) == product_mod_x256_plus_1(v, w, Q)
        assert NTTinverse(fips204.AddNTT(NTT(v), NTT(w))) == [(a + b) % Q for a, b in zip(v, w, strict=True)]


@pytest.mark.parametrize("name", ["NTT", "inverse"])
def test_on_formal_sums(name: str) -> None:
    """The same text on 256 unknowns, which have +, - and products with ints only."""
    run = NTT if name == "NTT" else NTTinverse
    formal = run([Sum({k: 1}) for k in range(256)])
    for w in edge_polynomials(Q):
        assert [x.at(w) % Q for x in formal] == run(w)


def grid(step: int) -> Iterator[int]:
    """Residues at equal distances, and all near a border: multiples of 2^12 and of both gamma_2, 0 and q - 1."""
    yield from range(0, Q, step)
    for unit in (2**12, *GAMMA_2):
        for border in range(0, Q + unit, unit):
            yield from (r for r in range(border - 2, border + 3) if 0 <= r < Q)
    yield from range(Q - 3, Q)


def test_power2round() -> None:
    """Algorithm 35: the high bits are those of r + 2^12 - 1, so that r_0 lies in -4095 to 4096."""
    for r in grid(23):
        r_1 = (r + 4095) >> 13
        assert Power2Round(r) == power2round(r) == (r_1, r - (r_1 << 13))
    assert [Power2Round(r) for r in (4096, 4097, Q - 1)] == [(0, 4096), (1, -4095), (1023, 0)]
    assert Power2Round(-1) == power2round(-1) == Power2Round(Q - 1)


@pytest.mark.parametrize("gamma_2", GAMMA_2)
def test_decompose(gamma_2: int) -> None:
    """Algorithm 36 by counting steps of 2 gamma_2 from -gamma_2 + 1, where the last half step belongs to 0."""
    m = (Q - 1) // (2 * gamma_2)
    for r in grid(31):
        r_1 = (r + gamma_2 - 1) // (2 * gamma_2)
        r_0 = r - r_1 * 2 * gamma_2
        expected = (0, r_0 - 1) if r_1 == m else (r_1, r_0)
        assert Decompose(r, gamma_2) == expected
        assert (HighBits(r, gamma_2), LowBits(r, gamma_2)) == expected
        assert (high_bits(r, gamma_2), low_bits(r, gamma_2)) == expected
        assert is_decomposition(r, *expected, gamma_2)
        assert not is_decomposition(r, expected[0], expected[1] + 1, gamma_2)
        assert not is_decomposition(r, (expected[0] + 1) % m, expected[1] - 2 * gamma_2, gamma_2)
    for r in (-1, -gamma_2, Q, Q + gamma_2 + 1):
        assert (high_bits(r, gamma_2), low_bits(r, gamma_2)) == Decompose(r, gamma_2) == Decompose(r % Q, gamma_2)
    # The borders: r_0 = gamma_2 is low, gamma_2 + 1 is high, and -gamma_2 occurs with r_1 = 0 only.
    assert Decompose(gamma_2, gamma_2) == (0, gamma_2)
    assert Decompose(gamma_2 + 1, gamma_2) == (1, 1 - gamma_2)
    assert Decompose(Q - 1 - gamma_2, gamma_2) == (m - 1, gamma_2)
    assert Decompose(Q - gamma_2, gamma_2) == (0, -gamma_2)
    assert Decompose(Q - 1, gamma_2) == (0, -1)


@pytest.mark.parametrize(("q", "gamma_2"), [(13, 1), (13, 2), (13, 3), (13, 6), (41, 4), (97, 8)])
def test_decomposition_is_one_pair_for_each_class(monkeypatch: pytest.MonkeyPatch, q: int, gamma_2: int) -> None:
    """A small modulus with the shape of q, all pairs: the claims leave for each residue just what Decompose gives."""
    monkeypatch.setattr(fips204_rounding, "Q", q)
    for r in range(q):
        pairs = [
            (r_1, r_0)
            for r_1 in range(-2, q + 2)
            for r_0 in range(-2 * q, 2 * q)
            if is_decomposition(r, r_1, r_0, gamma_2)
        ]
        assert pairs == [Decompose(r, gamma_2)]
        assert (high_bits(r, gamma_2), low_bits(r, gamma_2)) == Decompose(r, gamma_2)


@pytest.mark.parametrize("gamma_2", GAMMA_2)
def test_hints(gamma_2: int) -> None:
    """What hints are for, section 7.4: with |z| <= gamma_2, the hint and r give the high bits of r + z."""
    m = (Q - 1) // (2 * gamma_2)
    used = 0
    for r in [*grid(4001), *(rng.randrange(Q) for _ in range(1000))]:
        for z in (0, 1, -1, gamma_2, -gamma_2, rng.randint(-gamma_2, gamma_2)):
            h = MakeHint(z, r, gamma_2)
            used += h
            assert UseHint(h, r, gamma_2) == HighBits(r + z, gamma_2)
        assert UseHint(0, r, gamma_2) == HighBits(r, gamma_2)
        r_1, r_0 = Decompose(r, gamma_2)
        assert UseHint(1, r, gamma_2) == (r_1 + (1 if r_0 > 0 else -1)) % m
        assert [use_hint(h, r, gamma_2) for h in (0, 1)] == [UseHint(h, r, gamma_2) for h in (0, 1)]
    assert used > 1000
    # r_0 = 0 goes down, also from 0 to m - 1; r_0 > 0 goes up, also from m - 1 to 0.
    assert UseHint(1, 2 * gamma_2, gamma_2) == 0
    assert UseHint(1, 0, gamma_2) == m - 1
    assert UseHint(1, (m - 1) * 2 * gamma_2 + 1, gamma_2) == 0


def test_infinity_norm() -> None:
    assert infinity_norm([0] * 256) == 0
    assert infinity_norm([Q - 5, 3]) == 5
    assert infinity_norm([(Q - 1) // 2]) == infinity_norm([(Q + 1) // 2]) == (Q - 1) // 2
    assert infinity_norm([-7, Q]) == 7


@pytest.mark.parametrize(("a", "b"), [(0, 1023), (0, 15), (0, 43), (2, 2), (4, 4), (4095, 4096), (2**17 - 1, 2**17)])
def test_packing_is_that_of_the_bits(a: int, b: int) -> None:
    """Algorithms 16 to 19 as strings of the digits 0 and 1."""
    c = (a + b).bit_length()
    for w in ([-a] * 256, [b] * 256, [rng.randint(-a, b) for _ in range(256)]):
        packed = fips204_bytes.BitPack(w, a, b)
        z = "".join(f"{b - x:0{c}b}"[::-1] for x in w)
        assert packed == bytes(int(z[8 * i : 8 * i + 8][::-1], 2) for i in range(32 * c))
        assert fips204_bytes.BitUnpack(packed, a, b) == w
        if a == 0:
            simple = fips204_bytes.SimpleBitPack(w, b)
            z = "".join(f"{x:0{c}b}"[::-1] for x in w)
            assert simple == bytes(int(z[8 * i : 8 * i + 8][::-1], 2) for i in range(32 * c))
            assert fips204_bytes.SimpleBitUnpack(simple, b) == w


def test_unpacking_can_leave_the_range() -> None:
    """Algorithm 19: fields of ones give b - 2^c + 1, which is below -a where a + b + 1 is no power of two."""
    assert fips204_bytes.BitUnpack(b"\xff" * 96, 2, 2) == [-5] * 256
    assert fips204_bytes.BitUnpack(b"\xff" * 576, 2**17 - 1, 2**17) == [1 - 2**17] * 256


def test_hint_packing() -> None:
    """Algorithms 20 and 21: positions, then the ends; every malformed string is refused."""
    h = [[0] * 256 for _ in range(4)]
    h[0][3] = h[0][255] = h[2][0] = 1
    y = fips204_bytes.HintBitPack(h, 80)
    assert y == bytes([3, 255, 0] + [0] * 77 + [2, 2, 3, 3])
    assert fips204_bytes.HintBitUnpack(y, 80, 4) == h
    full = [[1] * 80 + [0] * 176] + [[0] * 256] * 3
    assert fips204_bytes.HintBitUnpack(fips204_bytes.HintBitPack(full, 80), 80, 4) == full
    for k, value in ((0, 255), (1, 3), (3, 1), (79, 1), (80, 81), (81, 1), (83, 2)):
        assert fips204_bytes.HintBitUnpack(y[:k] + bytes([value]) + y[k + 1 :], 80, 4) is None, (k, value)
    with pytest.raises(ValueError, match="81 hints given where at most 80"):
        fips204_bytes.HintBitPack([[1] * 81 + [0] * 175], 80)


def test_coefficients_from_bytes() -> None:
    """Algorithms 14 and 15, over all half bytes and at the edges of q."""
    from_three = fips204_bytes.CoeffFromThreeBytes
    assert from_three(*(Q - 1).to_bytes(3, "little")) == Q - 1
    assert from_three(*Q.to_bytes(3, "little")) is None
    assert from_three(0xFF, 0xFF, 0xFF) is None
    assert from_three(5, 0, 0x80) == 5
    assert from_three(0, 0xE0, 0xFF) == Q - 1
    two = [fips204_bytes.CoeffFromHalfByte(b, 2) for b in range(16)]
    assert two == [2, 1, 0, -1, -2] * 3 + [None]
    four = [fips204_bytes.CoeffFromHalfByte(b, 4) for b in range(16)]
    assert four == [4, 3, 2, 1, 0, -1, -2, -3, -4] + [None] * 7


def test_sampling_from_bytes() -> None:
    pieces = [(Q - 1).to_bytes(3, "little"), Q.to_bytes(3, "little"), bytes([7, 0, 0x80])]
    assert fips204_bytes.accepted(pieces) == [Q - 1, 7]
    assert fips204_bytes.accepted(pieces, 1) == [Q - 1]
    assert fips204_bytes.accepted_half_bytes([b"\x1f", b"\xf0", b"\x42"], 2) == [1, 2, 0, -2]
    assert fips204_bytes.accepted_half_bytes([b"\x10", b"\x42"], 2, 3) == [2, 1, 0]
    assert fips204_bytes.accepted_half_bytes([b"\x98", b"\x80"], 4) == [-4, 4, -4]


def test_sampling_is_of_shake() -> None:
    """The standard's own hash functions: streams of hashlib's, cut and filtered here."""
    rho = bytes(range(34))
    stream = hashlib.shake_128(rho).digest(900)
    numbers = [int.from_bytes(stream[k : k + 3], "little") % 2**23 for k in range(0, 900, 3)]
    assert fips204_bytes.RejNTTPoly(rho) == [x for x in numbers if x < Q][:256]
    rho = bytes(range(66))
    halves = [half for byte in hashlib.shake_256(rho).digest(400) for half in (byte % 16, byte // 16)]
    assert fips204_bytes.RejBoundedPoly(rho, 2) == [2 - h % 5 for h in halves if h < 15][:256]
    assert fips204_bytes.RejBoundedPoly(rho, 4) == [4 - h for h in halves if h < 9][:256]
    c = fips204_bytes.SampleInBall(rho[:32], 39)
    assert c == fips204_bytes.SampleInBall(rho[:32], 39, shake256)
    assert sum(map(abs, c)) == 39
    assert max(c) <= 1
    assert min(c) >= -1


@pytest.mark.parametrize("size", [44, 65, 87])
def test_whole_ml_dsa(size: int) -> None:
    """Known answers with contexts, deterministic signatures: 6 of the 100 of each parameter set."""
    vectors = records(f"asymmetric/MLDSA/kat_MLDSA_{size}_det_pure.rsp")
    assert len(vectors) == 100
    p = PARAMETERS[size]
    for v in sample(vectors, 6):
        xi, pk, sk, msg, sm, ctx = (bytes.fromhex(v[n]) for n in ("XI", "PK", "SK", "MSG", "SM", "CTX"))
        assert key_gen(p, xi) == (pk, sk)
        M = bytes([0, len(ctx)]) + ctx + msg
        sigma = sign(p, sk, M, bytes(32))
        assert sigma + msg == sm
        assert verify(p, pk, M, sigma)
        assert not verify(p, pk, M + b"\0", sigma)
        k = rng.randrange(len(sigma))
        assert not verify(p, pk, M, sigma[:k] + bytes([sigma[k] ^ 1 << rng.randrange(8)]) + sigma[k + 1 :])


def test_whole_ml_dsa_with_cryptography() -> None:
    """What one of both signs (the other with fresh randomness), the other verifies."""
    for private, p in (
        (mldsa.MLDSA44PrivateKey, PARAMETERS[44]),
        (mldsa.MLDSA65PrivateKey, PARAMETERS[65]),
        (mldsa.MLDSA87PrivateKey, PARAMETERS[87]),
    ):
        xi = rng.randbytes(32)
        key = private.from_seed_bytes(xi)
        pk, sk = key_gen(p, xi)
        assert key.public_key().public_bytes_raw() == pk
        assert verify(p, pk, b"\0\0message", key.sign(b"message"))
        key.public_key().verify(sign(p, sk, b"\0\0message", rng.randbytes(32)), b"message")


# -- a wrong standard is seen ---------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 128, 255])
def test_a_wrong_zeta_is_caught(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(fips204, "ZETAS", [*ZETAS[:k], (ZETAS[k] + 1) % Q, *ZETAS[k + 1 :]])
    with pytest.raises(AssertionError):
        test_ntt_is_evaluation_at_the_roots()


def test_a_hint_that_goes_up_from_zero_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that has shipped: r_0 >= 0 for r_0 > 0."""

    def wrong(h: int, r: int, gamma_2: int) -> int:
        r_1, r_0 = Decompose(r, gamma_2)
        return (r_1 + (h if r_0 >= 0 else -h)) % ((Q - 1) // (2 * gamma_2))

    monkeypatch.setitem(globals(), "UseHint", wrong)
    for gamma_2 in GAMMA_2:
        with pytest.raises(AssertionError):
            test_hints(gamma_2)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="255 coefficients given where 256"):
        NTT([0] * 255)
    with pytest.raises(ValueError, match="257 coefficients given where 256"):
        NTTinverse([0] * 257)
    with pytest.raises(ValueError, match="255 coefficients given where 256"):
        MultiplyNTT([0] * 255, [0] * 255)
    for gamma_2 in (12345, 2**13, -1, (Q - 1) // 2 + 1):  # 2^13 is the greatest power of two that divides q - 1
        with pytest.raises(ValueError, match="does not divide q - 1"):
            Decompose(0, gamma_2)
    with pytest.raises(ValueError, match="coefficient 3 is 16, not in 0 to 15"):
        fips204_bytes.SimpleBitPack([0, 1, 2, 16] + [0] * 252, 15)
    with pytest.raises(ValueError, match="coefficient 0 is -3, not in -2 to 2"):
        fips204_bytes.BitPack([-3] + [0] * 255, 2, 2)
    with pytest.raises(ValueError, match="95 bytes given where 96"):
        fips204_bytes.BitUnpack(bytes(95), 2, 2)
    with pytest.raises(ValueError, match="33 bytes given where 34"):
        fips204_bytes.RejNTTPoly(bytes(33))
    with pytest.raises(ValueError, match="eta is 2 or 4, not 3"):
        fips204_bytes.RejBoundedPoly(bytes(66), 3)
    with pytest.raises(ValueError, match="no eight bits"):
        fips204.BitRev8(256)
    with pytest.raises(ValueError, match="number 1 is 8, not in 0 to"):
        packing.pack_ints([7, 8, *[0] * 6], 3)
    with pytest.raises(ValueError, match="3 fields of 3 bits are not whole bytes"):
        packing.pack_ints([0] * 3, 3)
    with pytest.raises(ValueError, match="2 bytes are not whole fields of 3 bits"):
        packing.unpack_ints(bytes(2), 3)
