"""Routines on single inputs, numbers throughout: for faults where a proof for all inputs is not to be had.

What is claimed is for these numbers only, wherever they lie in memory and whatever else the registers hold.
"""

from __future__ import annotations

from armsym.dsl import Bits, Proof, Region, Words
from crypto_examples.modes import vector
from specs import sm4
from specs.sp800_186 import P256
from specs.words import words_from_hex

__all__ = ["EXPONENTS", "encrypts_17_bytes_by_sm4_xts", "inverts_powers_of_two"]

#: Exponents k of the numbers 2**k that `inverts_powers_of_two` speaks of.
EXPONENTS = (0, 63, 64, 65, 128, 200, 255)

#: A vector for SM4-XTS of GB/T 17964-2021, from OpenSSL's issue 23316: key, tweak, plaintext, ciphertext.
SM4_KEYS = "fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0", "bfbebdbc bbbab9b8 b7b6b5b4 b3b2b1b0"
SM4_TWEAK = "9a785634120000000000000000000000"
SM4_PLAINTEXT = "000102030405060708090a0b0c0d0e0f10"
SM4_CIPHERTEXT = "9e52443a35410ca0ba5637b94c0766f469"


def _holds(p: Proof, region: Region, words: Words) -> None:
    """The region holds these words on entry."""
    for k, word in enumerate(words):
        p.given(region, k * word.width // 8, word)


def _octets(text: str) -> Words:
    """Bytes written in hexadecimal."""
    return Words(Bits(8, b) for b in bytes.fromhex(text))


def _limbs(number: int) -> Words:
    """A number of 256 bits in words of 64, the least significant first."""
    return Words(Bits(256, number).elems(64))


def inverts_powers_of_two(p: Proof) -> None:
    """`int f(uint64_t out[4], const uint64_t a[4], const uint64_t n[4])`: 1, and out = 1 / a modulo n.

    For n the order of P-256 and some powers of 2.  Neither is secret.
    """
    number = 2 ** p.choice("exponent", EXPONENTS)
    a, n = (p.region(name, 32, access="r", public=True) for name in ("a", "n"))
    out = p.region("out", 32, access="rw", public=True)
    _holds(p, a, _limbs(number))
    _holds(p, n, _limbs(P256.n))
    p.call(x0=out, x1=a, x2=n)
    p.modifies(out, p.stack(112))
    inverse = _limbs(pow(number, -1, P256.n))
    p.ensures(lambda s: {"success": s.w0 == 1, "inverse": out.words(64, at=s) == inverse})


def encrypts_17_bytes_by_sm4_xts(p: Proof) -> None:
    """`void f(const uint8_t *in, uint8_t *out, size_t length, const SM4_KEY *key1, const SM4_KEY *key2,
    const uint8_t iv[16], int enc)`: the vector's ciphertext, as GB/T 17964 has it.
    """
    in_, out = p.region("in_", 17, access="r", cell=1), p.region("out", 17, access="rw", cell=1)
    keys = [p.region(name, 128, access="r") for name in ("key1", "key2")]
    iv = p.region("iv", 16, access="r", cell=1)
    # In the pieces in which the code reads them: a block, and a byte.
    plaintext = _octets(SM4_PLAINTEXT)
    p.given(in_, 0, vector(plaintext[:16]))
    p.given(in_, 16, plaintext[16])
    p.given(iv, 0, vector(_octets(SM4_TWEAK)))
    for region, key in zip(keys, SM4_KEYS, strict=True):
        _holds(p, region, Words(sm4.key_expansion(words_from_hex(32, key))))
    p.call(x0=in_, x1=out, x2=17, x3=keys[0], x4=keys[1], x5=iv, w6=1)
    p.modifies(out, p.stack(192))
    p.ensures(lambda s: {"ciphertext": out.words(8, at=s) == _octets(SM4_CIPHERTEXT)})
