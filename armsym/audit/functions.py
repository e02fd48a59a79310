"""What the functions are that an "App" names, where that is known; else equal arguments give equal results, no more.

    zero(x)        1 if x = 0, else 0
    mul(x, y)      x * y
    clmul(x, y)    the product of x and y as polynomials over GF(2)
    gf128.mul(x, y)   SP 800-38D, 6.3, Algorithm 1: the product of blocks, their leftmost bit of weight 2^127; of
                   numbers of more bits, of their lowest 128
    bytes:HEX(x)   byte x of the bytes HEX (first byte: x = 0); 0 from their length on
    aes.sbox(x)    FIPS 197-upd1, 5.1.1: the S-box, of x < 256; 0 from 256 on
    aes.inv_sbox   FIPS 197-upd1, 5.3.2: its inverse; likewise

Any other name is of a function that nothing is known of ("opaque").  An executor may name memory, an S-box or a hash
of a standard so; only what must be *evaluated* needs a definition here.  Arguments are natural numbers of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import mul

from armsym.audit.raw import ones

__all__ = ["PRODUCTS", "SPELLED", "SWAPPED", "Definition", "clmul", "definition", "entries", "gf128_mul"]

#: The function itself, of as many natural numbers as it takes.
Definition = Callable[..., int]

#: Names that begin so have their bytes in them.
SPELLED = "bytes:"
_MOST_BYTES = 4096

#: Commutative, and additive in both operands.
PRODUCTS = frozenset({"clmul", "gf128.mul"})
#: Commutative.
SWAPPED = PRODUCTS | {"mul"}


def clmul(x: int, y: int) -> int:
    """The carry-less product: the XOR of x * 2^i for all i where y has a 1."""
    if x.bit_count() < y.bit_count():
        x, y = y, x
    out = 0
    while y:
        low = y & -y
        out ^= x * low
        y ^= low
    return out


@lru_cache(maxsize=1024)
def _halves(y: int) -> tuple[int, ...]:
    """V_0 = y, V_1, ..., V_127 of Algorithm 1: each the one before shifted right, XOR R if its rightmost bit was 1."""
    out = [y]
    while len(out) < 128:
        out.append(out[-1] >> 1 ^ (0b11100001 << 120 if out[-1] & 1 else 0))
    return tuple(out)


def gf128_mul(x: int, y: int) -> int:
    """The product of blocks (SP 800-38D, 6.3, Algorithm 1): the XOR of all V_i where bit x_i, from the left, is 1."""
    x &= ones(128)
    multiples = _halves(y & ones(128))
    out = 0
    while x:
        low = x & -x
        out ^= multiples[128 - low.bit_length()]
        x ^= low
    return out


def _times(x: int, y: int) -> int:
    """The product in GF(2^8) = GF(2)[X]/(X^8 + X^4 + X^3 + X + 1) (FIPS 197-upd1, 4.2)."""
    product = clmul(x, y)
    for k in range(14, 7, -1):
        if product >> k & 1:
            product ^= 0x11B << (k - 8)
    return product


@lru_cache(maxsize=1)
def _sbox() -> bytes:
    out = bytearray()
    for x in range(256):
        power = 1
        for _ in range(254):  # x^254 is the inverse of x, and 0 of 0
            power = _times(power, x)
        spread = power | power << 8
        out.append(0x63 ^ power ^ ((spread >> 4 ^ spread >> 5 ^ spread >> 6 ^ spread >> 7) & ones(8)))
    return bytes(out)


@lru_cache(maxsize=1)
def _inverse_sbox() -> bytes:
    out = bytearray(256)
    for x, y in enumerate(_sbox()):
        out[y] = x
    return bytes(out)


def entries(name: str) -> bytes | None:
    """The bytes of a function that is a table, or None.

    Raises ValueError of a name that begins as a table's and is none: empty, longer than 4096 bytes, no lower-case hex.
    """
    if name == "aes.sbox":
        return _sbox()
    if name == "aes.inv_sbox":
        return _inverse_sbox()
    if not name.startswith(SPELLED):
        return None
    digits = name[len(SPELLED) :]
    if not digits or len(digits) % 2 or len(digits) > 2 * _MOST_BYTES or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(
            f"the function {name[:80]!r} is no table of 1 to {_MOST_BYTES} bytes in lower-case hexadecimal"
        )
    return bytes.fromhex(digits)


def _look_up(table: Sequence[int]) -> Definition:
    return lambda x: table[x] if x < len(table) else 0


@lru_cache(maxsize=4096)
def definition(name: str) -> tuple[int, Definition] | None:
    """How many arguments the function takes, and the function; None of an opaque one.

    Raises ValueError as `entries` does.
    """
    if name == "zero":
        return 1, lambda x: int(x == 0)
    if name == "mul":
        return 2, mul
    if name == "clmul":
        return 2, clmul
    if name == "gf128.mul":
        return 2, gf128_mul
    table = entries(name)
    return None if table is None else (1, _look_up(table))
