"""AEAD_CHACHA20_POLY1305: RFC 8439 (June 2018), section 2.8."""

from __future__ import annotations

from armsym.bits import Bits, concat
from specs.chacha20 import chacha20_encrypt
from specs.poly1305 import poly1305_key_gen, poly1305_mac

__all__ = [
    "MOST",
    "aead_decrypt",
    "aead_encrypt",
    "length_block",
    "mac_data",
    "pad16",
]

#: Bytes that a message has at most: the blocks of key stream from counter 1 to 2^32 - 1.  Section 2.8.
MOST = 64 * (2**32 - 1)


def pad16(x: bytes) -> bytes:
    """The zero bytes, up to 15, that bring x to a multiple of 16 bytes.  Section 2.8.1."""
    return bytes(-len(x) % 16)


def length_block(aad: Bits, text: Bits) -> Bits:
    """The last block that is authenticated: two lengths in bytes, each a 64-bit little-endian integer.  Section 2.8."""
    return concat(text, aad)


def mac_data(aad: bytes, ciphertext: bytes) -> bytes:
    """What the tag is computed of.  Sections 2.8 and 2.8.1."""
    lengths = length_block(Bits(64, len(aad)), Bits(64, len(ciphertext)))
    return aad + pad16(aad) + ciphertext + pad16(ciphertext) + lengths.to_bytes("little")


def aead_encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    """The ciphertext and the tag of 16 bytes.  Section 2.8.1.

    The key has 32 bytes, the nonce 12.  Raises `ValueError` if not, or if the plaintext is longer than `MOST`.
    """
    otk = poly1305_key_gen(key, nonce)
    ciphertext = chacha20_encrypt(key, 1, nonce, plaintext)
    return ciphertext, poly1305_mac(mac_data(aad, ciphertext), otk)


def aead_decrypt(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    """The plaintext, and the tag that the message has to have: it is authentic if it was received with this one.

    Section 2.8.  Raises `ValueError` as `aead_encrypt` does.
    """
    otk = poly1305_key_gen(key, nonce)
    plaintext = chacha20_encrypt(key, 1, nonce, ciphertext)
    return plaintext, poly1305_mac(mac_data(aad, ciphertext), otk)
