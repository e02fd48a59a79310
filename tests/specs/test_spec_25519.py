"""RFC 7748 and RFC 8032 against their vectors, Ed25519's own, and `cryptography`; both curves against each other."""

from __future__ import annotations

import hashlib
import random

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from formal import Poly
from spec_vectors import records

from specs import rfc7748, rfc8032
from specs.rfc7748 import X25519, decodeScalar25519, decodeUCoordinate, encodeUCoordinate, ladder, ladder_step
from specs.rfc8032 import BASE, IDENTITY, L, P, decode, double, encode, extended, multiply, point_add, to_affine

rng = random.Random("25519")


# -- X25519 ---------------------------------------------------------------------------------------


def test_x25519_of_section_5_2() -> None:
    vectors = records("asymmetric/X25519/rfc7748.txt")
    assert len(vectors) >= 3
    for v in vectors:
        k, u = bytes.fromhex(v["INPUT_SCALAR"]), bytes.fromhex(v["INPUT_U"])
        assert X25519(k, u).hex() == v["OUTPUT_U"]


def test_a_thousand_iterations_of_section_5_2() -> None:
    k = u = (9).to_bytes(32, "little")
    for _ in range(1000):
        k, u = X25519(k, u), k
    assert k.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


def test_diffie_hellman_of_section_6_1() -> None:
    a = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    b = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    nine = encodeUCoordinate(rfc7748.U_BASE)
    assert X25519(a, nine).hex() == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert X25519(b, nine).hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert X25519(a, X25519(b, nine)).hex() == X25519(b, X25519(a, nine)).hex() == shared


def test_x25519_with_cryptography() -> None:
    """Random scalars and coordinates; coordinates that are not reduced, and all ones."""
    edges = [2, 9, P - 2, P + 2, P + 18, 2**255 - 1, 2**255 + 9, 2**256 - 1]
    for number in [*edges, *(rng.getrandbits(256) for _ in range(10))]:
        k, u = rng.randbytes(32), number.to_bytes(32, "little")
        other = X25519PrivateKey.from_private_bytes(k)
        assert X25519(k, u) == other.exchange(X25519PublicKey.from_public_bytes(u))
        assert X25519(k, encodeUCoordinate(9)) == other.public_key().public_bytes_raw()


def test_points_of_small_order_give_zero() -> None:
    """u = 0, 1, -1, p and p + 1, and one u of order eight: the other program refuses the zero that comes out."""
    order_8 = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
    for u in [*(n.to_bytes(32, "little") for n in (0, 1, P - 1, P, P + 1)), order_8]:
        k = rng.randbytes(32)
        assert X25519(k, u) == bytes(32)
        with pytest.raises(ValueError, match=r"computing shared key"):
            X25519PrivateKey.from_private_bytes(k).exchange(X25519PublicKey.from_public_bytes(u))


def test_constants_of_section_4_1() -> None:
    """a24 as section 5 has it; the base point is on v^2 = u^3 + A u^2 + u, with v as printed."""
    assert 4 * rfc7748.A24 == rfc7748.A - 2
    v = 14781619447589544791020593568409986887264606134616475288964881837755586237401
    u = rfc7748.U_BASE
    assert (v * v - u**3 - rfc7748.A * u**2 - u) % rfc7748.P == 0


def test_decoding_of_section_5() -> None:
    assert decodeScalar25519(b"\xff" * 32) == 2**255 - 8
    assert decodeScalar25519(bytes(32)) == 2**254
    assert decodeUCoordinate(b"\xff" * 32) == 2**255 - 1
    assert decodeUCoordinate(bytes(31) + b"\x80") == 0
    assert encodeUCoordinate(P) == bytes(32)
    assert encodeUCoordinate(P - 1) == b"\xec" + b"\xff" * 30 + b"\x7f"
    assert encodeUCoordinate(-1) == encodeUCoordinate(P - 1)
    for wrong in (bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="bytes given where 32 are needed"):
            X25519(wrong, bytes(32))
        with pytest.raises(ValueError, match="bytes given where 32 are needed"):
            X25519(bytes(32), wrong)


def test_ladder_step_on_polynomials() -> None:
    names = ["x1", "x2", "z2", "x3", "z3"]
    x_1, x_2, z_2, x_3, z_3 = (Poly.unknown(name) for name in names)
    formal = ladder_step(x_1, x_2, z_2, x_3, z_3)
    for _ in range(5):
        numbers = [rng.randrange(P) for _ in names]
        x_1_, x_2_, z_2_, x_3_, z_3_ = numbers
        values = dict(zip(names, numbers, strict=True))
        assert tuple(f.at(values) % P for f in formal) == ladder_step(x_1_, x_2_, z_2_, x_3_, z_3_)


# -- edwards25519 ---------------------------------------------------------------------------------


def sign_vectors() -> list[list[bytes]]:
    """Secret key, public key, message and signature of the 1,024 vectors made by the authors of Ed25519."""
    lines = cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r").read().splitlines()
    found = []
    for line in lines:
        sk, pk, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        assert sk[32:] == pk
        assert signed[64:] == message
        found.append([sk[:32], pk, message, signed[:64]])
    assert len(found) == 1024
    return found


def small_order() -> list[rfc8032.Extended]:
    """The eight points of order 1, 2, 4 and 8, as multiples of a published one."""
    point = decode(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
    assert point is not None
    return [multiply(k, point) for k in range(8)]


def test_constants_of_table_1() -> None:
    assert rfc8032.D == 37095705934669439343138083508754565189542113879843219016388785533085940283555
    assert to_affine(BASE)[1] == 4 * pow(5, -1, P) % P
    assert BASE[0] % 2 == 0
    assert encode(BASE).hex() == "58" + "66" * 31
    assert decode(encode(BASE)) == BASE
    assert to_affine(multiply(L, BASE)) == (0, 1)
    assert to_affine(multiply(L - 1, BASE)) == (P - BASE[0], BASE[1])


def test_addition_is_the_affine_one() -> None:
    """Sums of random points and of the eight small ones in all pairs, by section 3 and by section 5.1.4."""
    points = [*small_order(), *(multiply(rng.randrange(L), BASE) for _ in range(4))]
    assert len({to_affine(p) for p in points[:8]}) == 8
    for p in points:
        assert all(left == right for left, right in rfc8032.curve_equation(p))
        assert to_affine(double(p)) == rfc8032.affine_add(to_affine(p), to_affine(p))
        assert to_affine(point_add(p, IDENTITY)) == to_affine(p)
        for q in points:
            total = point_add(p, q)
            assert to_affine(total) == rfc8032.affine_add(to_affine(p), to_affine(q))
            assert all(left == right for left, right in rfc8032.curve_equation(total))
            same = all(left == right for left, right in rfc8032.same_point(p, q))
            assert same == (to_affine(p) == to_affine(q))
    assert not all(left == right for left, right in rfc8032.curve_equation((BASE[0], BASE[1], 1, BASE[3] + 1)))
    assert not all(left == right for left, right in rfc8032.curve_equation(extended((BASE[0], BASE[1] + 1))))


def test_both_curves_agree() -> None:
    """u = (1 + y)/(1 - y), RFC 7748, section 4.1: multiples on one curve are multiples on the other."""
    for k in (1, 2, 3, 8, rng.randrange(L), rng.randrange(L)):
        y = to_affine(multiply(k, BASE))[1]
        assert (1 + y) * pow(1 - y, -1, P) % P == ladder(k, rfc7748.U_BASE)


def test_formulas_on_polynomials() -> None:
    names = ["X1", "Y1", "Z1", "T1", "X2", "Y2", "Z2", "T2"]
    X1, Y1, Z1, T1, X2, Y2, Z2, T2 = (Poly.unknown(name) for name in names)
    total, twice = point_add((X1, Y1, Z1, T1), (X2, Y2, Z2, T2)), double((X1, Y1, Z1, T1))
    for _ in range(5):
        p1, p2 = ((rng.randrange(P), rng.randrange(P), rng.randrange(P), rng.randrange(P)) for _ in range(2))
        values = dict(zip(names, p1 + p2, strict=True))
        assert tuple(f.at(values) % P for f in total) == point_add(p1, p2)
        assert tuple(f.at(values) % P for f in twice) == double(p1)


def test_what_does_not_decode() -> None:
    """Section 5.1.3: y not reduced, no root, the sign of x = 0, another length."""
    assert decode((1).to_bytes(32, "little")) == IDENTITY
    assert decode((1 | 1 << 255).to_bytes(32, "little")) is None
    assert decode((P - 1).to_bytes(32, "little")) == extended((0, P - 1))
    assert decode((P - 1 | 1 << 255).to_bytes(32, "little")) is None
    assert decode(P.to_bytes(32, "little")) is None
    assert decode((P + 1).to_bytes(32, "little")) is None
    assert decode(b"\xff" * 32) is None
    assert decode(bytes(31)) is None
    assert decode(bytes(33)) is None
    for y in range(2, 30):
        # x^2 = (y^2 - 1)/(d y^2 + 1), by Euler's criterion.
        ratio = (y * y - 1) * pow(rfc8032.D * y * y + 1, -1, P) % P
        point = decode(y.to_bytes(32, "little"))
        assert (point is not None) == (pow(ratio, (P - 1) // 2, P) == 1)
        if point is not None:
            assert encode(point) == y.to_bytes(32, "little")


def test_ed25519_vectors() -> None:
    """Ten of the 1,024 of its authors: messages of 0 to 1,023 bytes."""
    for secret, public, message, signature in sign_vectors()[::111]:
        assert rfc8032.public_key(secret) == public
        assert rfc8032.sign(secret, message) == signature
        assert rfc8032.verify(public, message, signature)
        assert not rfc8032.verify(public, message + b"\0", signature)


def test_ed25519_with_cryptography() -> None:
    key = Ed25519PrivateKey.generate()
    secret, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    assert rfc8032.public_key(secret) == public
    assert rfc8032.sign(secret, b"message") == key.sign(b"message")


def test_signatures_that_are_refused() -> None:
    """Another S of the same class, a bad point, another length."""
    secret, public, message, signature = sign_vectors()[3]
    R, S = signature[:32], int.from_bytes(signature[32:], "little")
    assert rfc8032.verify(public, message, signature)
    assert not rfc8032.verify(public, message, R + (S + L).to_bytes(32, "little"))
    assert not rfc8032.verify(public, message, R + (S ^ 1).to_bytes(32, "little"))
    assert not rfc8032.verify(public, message, b"\xff" * 32 + signature[32:])
    assert not rfc8032.verify(b"\xff" * 32, message, signature)
    assert not rfc8032.verify(public, message, signature[:63])
    with pytest.raises(ValueError, match="a secret key has 32 bytes, not 31"):
        rfc8032.sign(secret[:31], message)
    with pytest.raises(ValueError, match="not negative: -1"):
        multiply(-1, BASE)


def test_the_cofactor_of_the_equation() -> None:
    """Section 5.1.7: [8][S]B = [8]R + [8][k]A', so that a point of order eight added to R does not matter."""
    secret, public, message, _ = sign_vectors()[5]
    h = hashlib.sha512(secret).digest()
    s = int.from_bytes(h[:32], "little") & (2**254 - 8) | 2**254
    R = encode(point_add(multiply(77, BASE), small_order()[1]))
    k = int.from_bytes(hashlib.sha512(R + public + message).digest(), "little")
    assert rfc8032.verify(public, message, R + ((77 + k * s) % L).to_bytes(32, "little"))


# -- a wrong standard is seen ---------------------------------------------------------------------


def test_a_wrong_a24_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfc7748, "A24", 121666)
    with pytest.raises(AssertionError):
        test_x25519_of_section_5_2()


def test_a_wrong_d_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfc8032, "D", P - rfc8032.D)
    with pytest.raises(AssertionError):
        test_both_curves_agree()
