"""The ChaCha20 cipher: RFC 8439 (June 2018), sections 2.1 to 2.4."""

from __future__ import annotations

from armsym.bits import Bits
from specs.words import Words, bytes_from_words, exactly, words_from_bytes, words_from_hex

__all__ = [
    "CONSTANTS",
    "chacha20_block",
    "chacha20_encrypt",
    "initial_state",
    "inner_block",
    "quarter_round",
    "quarter_round_on",
]

#: The first four words of the state.  Section 2.3.
CONSTANTS = words_from_hex(32, "61707865 3320646e 79622d32 6b206574")


def quarter_round(a: Bits, b: Bits, c: Bits, d: Bits) -> tuple[Bits, Bits, Bits, Bits]:
    """The ChaCha quarter round.  Section 2.1."""
    a = a + b
    d = (d ^ a).rol(16)
    c = c + d
    b = (b ^ c).rol(12)
    a = a + b
    d = (d ^ a).rol(8)
    c = c + d
    b = (b ^ c).rol(7)
    return a, b, c, d


def quarter_round_on(state: Words, x: int, y: int, z: int, w: int) -> Words:
    """QUARTERROUND(x, y, z, w): the quarter round on four words of the state, by index.  Section 2.2."""
    result = list(state)
    result[x], result[y], result[z], result[w] = quarter_round(state[x], state[y], state[z], state[w])
    return result


def inner_block(state: Words) -> Words:
    """Two rounds: four quarter rounds on columns, then four on diagonals.  Section 2.3.1."""
    state = quarter_round_on(state, 0, 4, 8, 12)
    state = quarter_round_on(state, 1, 5, 9, 13)
    state = quarter_round_on(state, 2, 6, 10, 14)
    state = quarter_round_on(state, 3, 7, 11, 15)
    state = quarter_round_on(state, 0, 5, 10, 15)
    state = quarter_round_on(state, 1, 6, 11, 12)
    state = quarter_round_on(state, 2, 7, 8, 13)
    return quarter_round_on(state, 3, 4, 9, 14)


def initial_state(key: Words, counter: Bits, nonce: Words) -> Words:
    """constants | key (eight words) | block counter | nonce (three words).  Section 2.3."""
    return [*CONSTANTS, *exactly(8, key), counter, *exactly(3, nonce)]


def chacha20_block(key: Words, counter: Bits, nonce: Words) -> Words:
    """The ChaCha20 block function: sixteen words of key stream.  Section 2.3.

    The document serializes each word with its least significant byte first.
    """
    initial = initial_state(key, counter, nonce)
    state = initial
    for _ in range(10):
        state = inner_block(state)
    return [a + b for a, b in zip(state, initial, strict=True)]


def chacha20_encrypt(key: bytes, counter: int, nonce: bytes, plaintext: bytes) -> bytes:
    """Encryption, and decryption: xor with the blocks of key stream from `counter` on.  Section 2.4.

    The key has 32 bytes, the nonce 12.  Raises `ValueError` if not, or if the 32-bit block counter
    would wrap, which the document leaves undefined.
    """
    key_words, nonce_words = words_from_bytes(32, key, "little"), words_from_bytes(32, nonce, "little")
    if counter + -(-len(plaintext) // 64) > 2**32:
        raise ValueError(f"{len(plaintext)} bytes from block {counter} on exceed the 32-bit block counter")
    encrypted = b""
    for j in range(0, len(plaintext), 64):
        block = chacha20_block(key_words, Bits(32, counter + j // 64), nonce_words)
        key_stream = bytes_from_words(block, "little")
        encrypted += bytes(p ^ k for p, k in zip(plaintext[j : j + 64], key_stream, strict=False))
    return encrypted
