"""Published test vectors in NIST's response-file format, from the package `cryptography_vectors`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import cryptography_vectors

from armsym.bits import Bits

_ROOT = Path(cryptography_vectors.__file__).parent

#: One vector: names in upper case, values as printed; headings in brackets are repeated in each.
Record = dict[str, str]


@lru_cache(maxsize=16)
def records(path: str) -> list[Record]:
    """All vectors of a file below the package's folder."""
    found: list[Record] = []
    heading: Record = {}
    current: Record = {}
    for raw in (_ROOT / path).read_text(encoding="ascii").splitlines():
        line = raw.strip()
        if line.startswith("#"):
            continue
        if not line or line.startswith("["):
            if current:
                found.append(heading | current)
                current = {}
            if line:
                name, equals, value = line.strip("[]").partition("=")
                heading = heading | ({name.strip().upper(): value.strip()} if equals else {"MODE": name})
            continue
        name, _, value = line.partition("=")
        if name.strip().lower() == "count" and "COUNT" in current:  # files without blank lines between vectors
            found.append(heading | current)
            current = {}
        current[name.strip().upper()] = value.strip()
    if current:
        found.append(heading | current)
    assert found, f"{path} holds no vectors"
    return found


def sample(vectors: list[Record], count: int) -> list[Record]:
    """`count` of the vectors at equal distances, first and last among them; all if there are no more."""
    if len(vectors) <= count:
        return vectors
    return [vectors[round(k * (len(vectors) - 1) / (count - 1))] for k in range(count)]


def message_and_digest(vectors: Iterable[Record]) -> Iterator[tuple[bytes, bytes]]:
    """Message and digest of hash vectors; the message of length 0 is printed as 00."""
    for v in vectors:
        message = bytes.fromhex(v["MSG"])[: int(v["LEN"]) // 8]
        yield message, bytes.fromhex(v.get("MD") or v["OUTPUT"])


def as_bytes(words: list[Bits]) -> bytes:
    """Concrete words, each most significant byte first."""
    return b"".join(word.to_bytes("big") for word in words)


def as_words(width: int, data: str | bytes) -> list[Bits]:
    """Words of `width` bits, each most significant byte first, from bytes or hexadecimal."""
    raw = bytes.fromhex(data) if isinstance(data, str) else data
    return [Bits(width, int.from_bytes(raw[k : k + width // 8], "big")) for k in range(0, len(raw), width // 8)]


@contextmanager
def one_bit_wrong(table: list[Bits], index: int, bit: int) -> Iterator[None]:
    """The table with one bit of one word inverted, for the time of the block."""
    right = table[index]
    table[index] = Bits(right.width, right.uint ^ (1 << bit))
    try:
        yield
    finally:
        table[index] = right


# -- arithmetic on plain integers, from which the tables of the standards are derived again -------


def primes(count: int) -> list[int]:
    """The first primes."""
    found: list[int] = []
    k = 2
    while len(found) < count:
        if all(k % p for p in found):
            found.append(k)
        k += 1
    return found


def fraction_of_square_root(n: int, bits: int) -> int:
    """The first bits of the fractional part of the square root of n."""
    return math.isqrt(n << (2 * bits)) % (1 << bits)


def fraction_of_cube_root(n: int, bits: int) -> int:
    """The first bits of the fractional part of the cube root of n."""
    target = n << (3 * bits)
    low, high = 0, 1 << (target.bit_length() // 3 + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= target else (low, middle)
    return low % (1 << bits)


def gf256_product(a: int, b: int, modulus: int) -> int:
    """The product of two polynomials over GF(2) of degree below 8, reduced."""
    product = 0
    for k in range(8):
        if b >> k & 1:
            product ^= a << k
    for k in range(14, 7, -1):
        if product >> k & 1:
            product ^= modulus << (k - 8)
    return product


def gf256_inverse(a: int, modulus: int) -> int:
    """The multiplicative inverse, and 0 for 0: a to the power 254."""
    result = 1
    for bit in f"{254:b}":
        result = gf256_product(result, result, modulus)
        if bit == "1":
            result = gf256_product(result, a, modulus)
    return result
