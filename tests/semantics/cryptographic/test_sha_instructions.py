"""The SHA-1, SHA-2 and SHA-3 instructions, arranged as hashes, against hashlib."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from semantics.cryptographic.four_register import CryptoFourRegister
from semantics.cryptographic.three_register_sha import CryptoThreeRegisterSHA
from semantics.cryptographic.three_register_sha512 import CryptoThreeRegisterSHA512
from semantics.cryptographic.two_register_sha import CryptoTwoRegisterSHA
from semantics.cryptographic.two_register_sha512 import CryptoTwoRegisterSHA512
from semantics.cryptographic.xar import XAR

Execute = Callable[..., int]
MESSAGES = [b"", b"abc", bytes(range(55)), bytes(range(200)), b"\xff" * 130]


def pad(message: bytes, block: int) -> list[bytes]:
    """FIPS 180-4 section 5.1, as a list of blocks."""
    bits = (8 * len(message)).to_bytes(block // 8, "big")
    data = message + b"\x80"
    data += bytes(-(len(data) + len(bits)) % block) + bits
    return [data[k : k + block] for k in range(0, len(data), block)]


def primes(count: int) -> list[int]:
    found: list[int] = []
    n = 2
    while len(found) < count:
        if all(n % p for p in found):
            found.append(n)
        n += 1
    return found


def root(n: int, power: int) -> int:
    low, high = 0, n
    while low < high:
        mid = (low + high + 1) // 2
        low, high = (mid, high) if mid**power <= n else (low, mid - 1)
    return low


def fractions(count: int, power: int, bits: int) -> list[int]:
    """The first bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2 and 5.3)."""
    return [root(p << (power * bits), power) % (1 << bits) for p in primes(count)]


def join(words: list[int], width: int) -> int:
    """A vector of words, the first least significant."""
    return sum(w << (width * k) for k, w in enumerate(words))


def add(a: int, b: int, width: int) -> int:
    """Lane-wise addition."""
    lanes = [((a >> k) + (b >> k)) % (1 << width) for k in range(0, 128, width)]
    return join(lanes, width)


def words(data: bytes, size: int) -> list[int]:
    return [int.from_bytes(data[k : k + size], "big") for k in range(0, len(data), size)]


@pytest.mark.parametrize("message", MESSAGES)
def test_sha1(execute: Execute, message: bytes) -> None:
    three, two = CryptoThreeRegisterSHA, CryptoTwoRegisterSHA
    abcd = join([0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476], 32)
    e = 0xC3D2E1F0
    functions = [(0b000, 0x5A827999), (0b001, 0x6ED9EBA1), (0b010, 0x8F1BBCDC), (0b001, 0xCA62C1D6)]
    for block in pad(message, 64):
        w = [join(words(block[k : k + 16], 4), 32) for k in range(0, 64, 16)]
        before = abcd, e
        for group in range(20):
            function, k = functions[group // 5]
            wk = add(w[0], join([k] * 4, 32), 32)
            new_e = execute(two, 0, abcd, size=0, opcode=0b00000)
            abcd = execute(three, abcd, e, wk, size=0, opcode=function)
            e = new_e
            nxt = execute(three, w[0], w[1], w[2], size=0, opcode=0b011)
            nxt = execute(two, nxt, w[3], size=0, opcode=0b00001)
            w = [*w[1:], nxt]
        abcd, e = add(abcd, before[0], 32), (e + before[1]) % 2**32
    digest = b"".join(((abcd >> 32 * k) % 2**32).to_bytes(4, "big") for k in range(4)) + e.to_bytes(4, "big")
    assert digest == hashlib.sha1(message).digest()


@pytest.mark.parametrize("message", MESSAGES)
def test_sha256(execute: Execute, message: bytes) -> None:
    three, two = CryptoThreeRegisterSHA, CryptoTwoRegisterSHA
    k256 = fractions(64, 3, 32)
    h = fractions(8, 2, 32)
    abcd, efgh = join(h[:4], 32), join(h[4:], 32)
    for block in pad(message, 64):
        w = [join(words(block[k : k + 16], 4), 32) for k in range(0, 64, 16)]
        before = abcd, efgh
        for group in range(16):
            wk = add(w[0], join(k256[4 * group : 4 * group + 4], 32), 32)
            old = abcd
            abcd = execute(three, abcd, efgh, wk, size=0, opcode=0b100)
            efgh = execute(three, efgh, old, wk, size=0, opcode=0b101)
            nxt = execute(two, w[0], w[1], size=0, opcode=0b00010)
            nxt = execute(three, nxt, w[2], w[3], size=0, opcode=0b110)
            w = [*w[1:], nxt]
        abcd, efgh = add(abcd, before[0], 32), add(efgh, before[1], 32)
    digest = b"".join(((x >> 32 * k) % 2**32).to_bytes(4, "big") for x in (abcd, efgh) for k in range(4))
    assert digest == hashlib.sha256(message).digest()


def ext8(n: int, m: int) -> int:
    """EXT Vd.16B, Vn.16B, Vm.16B, #8."""
    return (n >> 64) | (m % 2**64) << 64


@pytest.mark.parametrize("message", MESSAGES)
def test_sha512(execute: Execute, message: bytes) -> None:
    three, two = CryptoThreeRegisterSHA512, CryptoTwoRegisterSHA512
    k512 = fractions(80, 3, 64)
    h = fractions(8, 2, 64)
    state = [join(h[k : k + 2], 64) for k in range(0, 8, 2)]
    for block in pad(message, 128):
        w = [join(words(block[k : k + 16], 8), 64) for k in range(0, 128, 16)]
        before = state
        for pair in range(40):
            ab, cd, ef, gh = state
            wk = add(w[0], join(k512[2 * pair : 2 * pair + 2], 64), 64)
            t = add(gh, ext8(wk, wk), 64)
            t = execute(three, t, ext8(ef, gh), ext8(cd, ef), O=0, opcode=0b00)
            state = [execute(three, t, cd, ab, O=0, opcode=0b01), ab, add(cd, t, 64), ef]
            nxt = execute(two, w[0], w[1], opcode=0b00)
            nxt = execute(three, nxt, w[7], ext8(w[4], w[5]), O=0, opcode=0b10)
            w = [*w[1:], nxt]
        state = [add(a, b, 64) for a, b in zip(state, before, strict=True)]
    digest = b"".join(((x >> 64 * k) % 2**64).to_bytes(8, "big") for x in state for k in range(2))
    assert digest == hashlib.sha512(message).digest()


def keccak_constants() -> tuple[dict[tuple[int, int], int], list[int]]:
    """The rotation offsets and round constants of FIPS 202, sections 3.2.2 and 3.2.5."""
    rotation = {(0, 0): 0}
    x, y = 1, 0
    for t in range(24):
        rotation[x, y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    bits, r = [], 1
    for _ in range(255):
        bits.append(r & 1)
        r = (r << 1) ^ (0x171 if r & 0x80 else 0)
    constants = [sum(bits[(j + 7 * i) % 255] << (2**j - 1) for j in range(7)) for i in range(24)]
    return rotation, constants


def test_sha3_two_messages_at_once(execute: Execute) -> None:
    """Lane 0 hashes one message and lane 1 another, by EOR3, RAX1, XAR and BCAX."""
    rotation, constants = keccak_constants()
    both = b"abc", bytes(range(130))
    padded = []
    for message in both:
        data = bytearray(message + b"\x06" + bytes(136 - 1 - len(message)))
        data[-1] |= 0x80
        padded.append(bytes(data) + bytes(64))
    a = {}
    for k in range(25):
        a[k % 5, k // 5] = join([int.from_bytes(p[8 * k : 8 * k + 8], "little") for p in padded], 64)
    for constant in constants:
        c = []
        for x in range(5):
            t = execute(CryptoFourRegister, 0, a[x, 0], a[x, 1], a[x, 2], Op0=0b00)
            c.append(execute(CryptoFourRegister, 0, t, a[x, 3], a[x, 4], Op0=0b00))
        around = [(c[x - 1], c[(x + 1) % 5]) for x in range(5)]
        d = [execute(CryptoThreeRegisterSHA512, 0, p, n, O=0, opcode=0b11) for p, n in around]
        b = {
            (y, (2 * x + 3 * y) % 5): execute(XAR, 0, a[x, y], d[x], imm6=-rotation[x, y] % 64)
            for x in range(5)
            for y in range(5)
        }
        a = {
            (x, y): execute(CryptoFourRegister, 0, b[x, y], b[(x + 2) % 5, y], b[(x + 1) % 5, y], Op0=0b01)
            for x in range(5)
            for y in range(5)
        }
        a[0, 0] ^= join([constant, constant], 64)
    for lane, message in enumerate(both):
        digest = b"".join(((a[k, 0] >> 64 * lane) % 2**64).to_bytes(8, "little") for k in range(4))
        assert digest == hashlib.sha3_256(message).digest()
