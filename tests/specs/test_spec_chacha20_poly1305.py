"""ChaCha20 and Poly1305 against RFC 8439's examples and appendix A."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.poly1305 import Poly1305 as OtherPoly1305
from formal import Poly
from spec_vectors import one_bit_wrong, records

from armsym.bits import Bits
from armsym.errors import WidthError
from specs import chacha20, chacha20_poly1305, poly1305
from specs.words import words_from_bytes, words_from_hex


def test_quarter_round_of_section_2_1_1() -> None:
    inputs = words_from_hex(32, "11111111 01020304 9b8d6f43 01234567")
    result = chacha20.quarter_round(*inputs)
    assert [f"{word.uint:08x}" for word in result] == ["ea2a92f4", "cb1cf8ce", "4581472e", "5881c4bb"]


def test_quarter_round_on_the_state_of_section_2_2_1() -> None:
    state = words_from_hex(
        32,
        """
        879531e0 c5ecf37d 516461b1 c9a62f8a 44c20ef3 3390af7f d9fc690b 2a5f714c
        53372767 b00a5631 974c541a 359e9963 5c971061 3d631689 2098d9d6 91dbd320
        """,
    )
    after = words_from_hex(
        32,
        """
        879531e0 c5ecf37d bdb886dc c9a62f8a 44c20ef3 3390af7f d9fc690b cfacafd2
        e46bea80 b00a5631 974c541a 359e9963 5c971061 ccc07c79 2098d9d6 91dbd320
        """,
    )
    assert [word.uint for word in chacha20.quarter_round_on(state, 2, 7, 8, 13)] == [w.uint for w in after]


def test_block_of_section_2_3_2() -> None:
    key = words_from_bytes(32, bytes(range(32)), "little")
    nonce = words_from_bytes(32, bytes.fromhex("000000090000004a00000000"), "little")
    expected = words_from_hex(
        32,
        """
        e4e7f110 15593bd1 1fdd0f50 c47120a3 c7f4d1c7 0368c033 9aaa2204 4e6cd4c3
        466482d2 09aa9f07 05d7c214 a2028bd9 d19c12b5 b94e16de e883d0cb 4e3c50a2
        """,
    )
    block = chacha20.chacha20_block(key, Bits(32, 1), nonce)
    assert [word.uint for word in block] == [word.uint for word in expected]


def test_encryption_of_section_2_4_2() -> None:
    plaintext = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    ciphertext = chacha20.chacha20_encrypt(bytes(range(32)), 1, bytes.fromhex("000000000000004a00000000"), plaintext)
    assert ciphertext.hex() == (
        "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b357"
        "1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
        "5af90bbf74a35be6b40b8eedf2785e42874d"
    )


def test_chacha20_of_appendix_a_2() -> None:
    vectors = records("ciphers/ChaCha20/rfc7539.txt")
    assert len(vectors) == 3
    for v in vectors:
        key, nonce, plaintext = (bytes.fromhex(v[name]) for name in ("KEY", "NONCE", "PLAINTEXT"))
        counter = int(v["INITIAL_BLOCK_COUNTER"])
        assert chacha20.chacha20_encrypt(key, counter, nonce, plaintext).hex() == v["CIPHERTEXT"]


def test_poly1305_of_section_2_5_2() -> None:
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    assert poly1305.clamp(Bits.from_bytes(key[:16], "little")).uint == 0x806D5400E52447C036D555408BED685
    tag = poly1305.poly1305_mac(b"Cryptographic Forum Research Group", key)
    assert tag.hex() == "a8061dc1305136c6c22b8baf0c0127a9"


def test_first_block_of_section_2_5_2() -> None:
    """Acc after the first block, as printed."""
    r = Bits(128, 0x806D5400E52447C036D555408BED685)
    block = Bits.from_bytes(b"Cryptographic Fo", "little")
    assert poly1305.block_number(block).uint == 0x16F4620636968706172676F7470797243
    assert poly1305.add_block(Bits(130, 0), r, block).uint == 0x2C88C77849D64AE9147DDEB88E69C83FC


def test_poly1305_of_appendix_a_3() -> None:
    """All eleven vectors, most of them at the edges of the reduction."""
    vectors = records("poly1305/rfc7539.txt")
    assert len(vectors) == 11
    for v in vectors:
        message, key = bytes.fromhex(v["MSG"]), bytes.fromhex(v["KEY"])
        assert poly1305.poly1305_mac(message, key).hex() == v["TAG"].lower()


def test_poly1305_is_a_polynomial_over_the_integers() -> None:
    """The formula of section 2.5 on plain integers, for random keys and lengths."""
    rng = random.Random("RFC 8439")
    for n in range(0, 100, 3):
        key, message = rng.randbytes(32), rng.randbytes(n)
        r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
        blocks = [message[k : k + 16] + b"\x01" for k in range(0, n, 16)]
        q = len(blocks)
        total = sum(int.from_bytes(c, "little") * r ** (q - i) for i, c in enumerate(blocks))
        tag = (total % (2**130 - 5) + int.from_bytes(key[16:], "little")) % 2**128
        assert poly1305.poly1305_mac(message, key) == tag.to_bytes(16, "little")


def edges_of_poly1305() -> list[tuple[bytes, bytes]]:
    """Keys and messages at the edges of the reduction and of the block, and random ones."""
    rng = random.Random("Poly1305")
    keys = [bytes(32), b"\xff" * 32, b"\x02" + bytes(31), b"\x02" + bytes(15) + b"\xff" * 16, rng.randbytes(32)]
    of_ones = [b"\xff" * n for n in (0, 1, 15, 16, 17, 31, 32, 33, 48, 64)]
    near_p = [(2**128 - 5 + k).to_bytes(16, "little") + b"\xff" * 16 for k in range(5)]
    return [(key, message) for key in keys for message in (*of_ones, *near_p, bytes(32), rng.randbytes(100))]


def test_poly1305_with_cryptography() -> None:
    for key, message in edges_of_poly1305():
        assert poly1305.poly1305_mac(message, key) == OtherPoly1305.generate_tag(key, message)


def test_steps_on_ints_and_on_polynomials() -> None:
    """`block_step` is `add_block` on ints, and on unknowns the polynomial (a + n) r."""
    for key, message in edges_of_poly1305():
        r = poly1305.clamp(Bits.from_bytes(key[:16], "little"))
        a = Bits(130, 0)
        for k in range(0, len(message), 16):
            block = Bits.from_bytes(message[k : k + 16], "little")
            step = poly1305.block_step(a.uint, r.uint, poly1305.block_number(block).uint)
            a = poly1305.add_block(a, r, block)
            assert a.uint == step
    a_, r_, n_ = (Poly.unknown(name) for name in "arn")
    assert poly1305.block_step(a_, r_, n_).of == {("a", "r"): 1, ("n", "r"): 1}
    assert poly1305.block_step(-1, 1, 0) == 2**130 - 6


def test_wider_accumulators_say_the_same() -> None:
    """`add_block` with `width`: for each accumulator that a step gives, at the edges of the prime and at random."""
    rng = random.Random("wider")
    for a in (0, 1, poly1305.P - 1, 2**130 - 1, rng.randrange(poly1305.P)):
        for r in (Bits(128, 0), poly1305.CLAMP, poly1305.clamp(Bits(128, rng.getrandbits(128)))):
            for block in (Bits(128, 0), Bits(128, 2**128 - 1), Bits(128, rng.getrandbits(128)), Bits(8, 255)):
                want = poly1305.add_block(Bits(130, a), r, block).uint
                for width in (131, 132):
                    assert poly1305.add_block(Bits(width, a), r, block, width).uint == want
    # The greatest that is declared is reduced as any other number is.
    r = poly1305.CLAMP
    x = (2**132 - 1 + 2**129 - 1) * r.uint
    assert x < 2**poly1305.WIDE
    assert poly1305.add_block(Bits(132, 2**132 - 1), r, Bits(128, 2**128 - 1), 132).uint == x % poly1305.P


def test_aead_of_section_2_8_2() -> None:
    plaintext = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    ciphertext, tag = chacha20_poly1305.aead_encrypt(key, nonce, plaintext, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))
    assert ciphertext.hex() == (
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
        "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"
    )
    assert tag.hex() == "1ae10b594f09e26a7e902ecbd0600691"


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 63, 64, 65, 128, 129])
@pytest.mark.parametrize("a", [0, 1, 15, 16, 17, 40])
def test_aead_with_cryptography(n: int, a: int) -> None:
    rng = random.Random(f"{n} {a}")
    key, nonce, plaintext, aad = (rng.randbytes(size) for size in (32, 12, n, a))
    ciphertext, tag = chacha20_poly1305.aead_encrypt(key, nonce, plaintext, aad)
    other = ChaCha20Poly1305(key)
    assert other.encrypt(nonce, plaintext, aad) == ciphertext + tag
    assert chacha20_poly1305.aead_decrypt(key, nonce, ciphertext, aad) == (plaintext, tag)
    with pytest.raises(InvalidTag):
        other.decrypt(nonce, ciphertext + bytes([tag[0] ^ 1]) + tag[1:], aad)
    assert chacha20_poly1305.aead_decrypt(key, nonce, ciphertext, aad + b"\0")[1] != tag


def test_aead_pads_and_bounds() -> None:
    assert [len(chacha20_poly1305.pad16(bytes(n))) for n in (0, 1, 15, 16, 17, 32)] == [0, 15, 1, 0, 15, 0]
    assert chacha20_poly1305.mac_data(b"a", b"bc").hex() == (
        "61" + "00" * 15 + "6263" + "00" * 14 + "0100000000000000" + "0200000000000000"
    )
    assert chacha20_poly1305.MOST == 274877906880  # as printed in section 2.8
    for key, nonce in ((bytes(31), bytes(12)), (bytes(32), bytes(11))):
        with pytest.raises(ValueError, match="not whole words"):
            chacha20_poly1305.aead_encrypt(key, nonce, b"", b"")
        with pytest.raises(ValueError, match="not whole words"):
            chacha20_poly1305.aead_decrypt(key, nonce, b"", b"")


def test_key_generation_of_section_2_6_2() -> None:
    one_time_key = poly1305.poly1305_key_gen(bytes(range(0x80, 0xA0)), bytes.fromhex("000000000001020304050607"))
    assert one_time_key.hex() == "8ad5a08b905f81cc815040274ab29471a833b637e3fd0da508dbb8e2fdd1a646"


@pytest.mark.parametrize("k", range(4))
def test_each_wrong_constant_is_caught(k: int) -> None:
    with one_bit_wrong(chacha20.CONSTANTS, k, 7 * k), pytest.raises(AssertionError):
        test_chacha20_of_appendix_a_2()


def test_a_wrong_prime_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poly1305, "P", 2**130 - 3)
    with pytest.raises(AssertionError):
        test_poly1305_of_appendix_a_3()


def test_what_is_refused() -> None:
    key, nonce = [Bits(32, 0)] * 8, [Bits(32, 0)] * 3
    with pytest.raises(WidthError):
        chacha20.chacha20_block(key, Bits(64, 0), nonce)
    with pytest.raises(ValueError, match="7 words given where 8"):
        chacha20.chacha20_block(key[:7], Bits(32, 0), nonce)
    with pytest.raises(ValueError, match="exceed the 32-bit block counter"):
        chacha20.chacha20_encrypt(bytes(32), 2**32 - 1, bytes(12), bytes(65))
    assert len(chacha20.chacha20_encrypt(bytes(32), 2**32 - 1, bytes(12), bytes(64))) == 64
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        poly1305.poly1305_mac(b"", bytes(31))
    with pytest.raises(WidthError):
        poly1305.add_block(Bits(130, 0), Bits(128, 0), Bits(136, 0))
    with pytest.raises(WidthError):
        poly1305.add_block(Bits(131, 0), Bits(128, 0), Bits(128, 0))
    with pytest.raises(WidthError):
        poly1305.add_block(Bits(130, 0), Bits(130, 0), Bits(128, 0))
    with pytest.raises(WidthError):
        poly1305.clamp(Bits(130, 0))
