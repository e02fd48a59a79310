"""The manual's shared functions for the cryptographic extensions, under its names.

Only the S-boxes are tables; they are `opaque`, so on symbols they stand for themselves.
Everything else is rotations, shifts, additions and boolean operations on words.
"""

from __future__ import annotations

from armsym.bits import Bits, concat, opaque

__all__ = [
    "AESInvMixColumns",
    "AESInvShiftRows",
    "AESInvSubBytes",
    "AESMixColumns",
    "AESShiftRows",
    "AESSubBytes",
    "FFmul02",
    "SHA256hash",
    "SHAchoose",
    "SHAhashSIGMA0",
    "SHAhashSIGMA1",
    "SHAmajority",
    "SHAparity",
    "SM4Sbox",
]


# -- SHA-1 and SHA-256 ----------------------------------------------------------------------------


def SHAchoose(x: Bits, y: Bits, z: Bits) -> Bits:
    """Bits of y where x is 1, of z where x is 0."""
    return ((y ^ z) & x) ^ z


def SHAmajority(x: Bits, y: Bits, z: Bits) -> Bits:
    """The value that at least two of three bits have."""
    return (x & y) | ((x | y) & z)


def SHAparity(x: Bits, y: Bits, z: Bits) -> Bits:
    """The exclusive OR of three words."""
    return x ^ y ^ z


def SHAhashSIGMA0(x: Bits) -> Bits:
    """The rotations by 2, 13 and 22 of a 32-bit word, combined."""
    return x.ror(2) ^ x.ror(13) ^ x.ror(22)


def SHAhashSIGMA1(x: Bits) -> Bits:
    """The rotations by 6, 11 and 25 of a 32-bit word, combined."""
    return x.ror(6) ^ x.ror(11) ^ x.ror(25)


def SHA256hash(x: Bits, y: Bits, w: Bits, part1: bool) -> Bits:
    """Four rounds of SHA-256 on the state Y:X with the four words of W; returns X if `part1`, else Y."""
    x0, x1, x2, x3 = x.elems(32)
    y0, y1, y2, y3 = y.elems(32)
    for w_e in w.elems(32):
        chs = SHAchoose(y0, y1, y2)
        maj = SHAmajority(x0, x1, x2)
        t = y3 + SHAhashSIGMA1(y0) + chs + w_e
        x3 = t + x3
        y3 = t + SHAhashSIGMA0(x0) + maj
        # <Y,X> = ROL(Y:X, 32)
        x0, x1, x2, x3, y0, y1, y2, y3 = y3, x0, x1, x2, x3, y0, y1, y2
    return concat(x3, x2, x1, x0) if part1 else concat(y3, y2, y1, y0)


# -- AES ------------------------------------------------------------------------------------------

_AES_SBOX = bytes.fromhex(
    "637c777bf26b6fc53001672bfed7ab76ca82c97dfa5947f0add4a2af9ca472c0"
    "b7fd9326363ff7cc34a5e5f171d8311504c723c31896059a071280e2eb27b275"
    "09832c1a1b6e5aa0523bd6b329e32f8453d100ed20fcb15b6acbbe394a4c58cf"
    "d0efaafb434d338545f9027f503c9fa851a3408f929d38f5bcb6da2110fff3d2"
    "cd0c13ec5f974417c4a77e3d645d197360814fdc222a908846eeb814de5e0bdb"
    "e0323a0a4906245cc2d3ac629195e479e7c8376d8dd54ea96c56f4ea657aae08"
    "ba78252e1ca6b4c6e8dd741f4bbd8b8a703eb5664803f60e613557b986c11d9e"
    "e1f8981169d98e949b1e87e9ce5528df8ca1890dbfe6426841992d0fb054bb16"
)
_AES_INV_SBOX = bytes(_AES_SBOX.index(v) for v in range(256))


@opaque("aes_sbox", 8)
def _aes_sbox(x: Bits) -> Bits:
    return Bits(8, _AES_SBOX[x.uint])


@opaque("aes_inv_sbox", 8)
def _aes_inv_sbox(x: Bits) -> Bits:
    return Bits(8, _AES_INV_SBOX[x.uint])


# Byte 4*c+r of the vector is row r, column c of the state.  Where each byte of the result comes from:
_SHIFT_ROWS = tuple((4 * (c + r) + r) % 16 for c in range(4) for r in range(4))
_INV_SHIFT_ROWS = tuple((4 * (c - r) + r) % 16 for c in range(4) for r in range(4))


def AESSubBytes(op: list[Bits]) -> list[Bits]:
    """The S-box on each byte."""
    return [_aes_sbox(b) for b in op]


def AESInvSubBytes(op: list[Bits]) -> list[Bits]:
    """The inverse S-box on each byte."""
    return [_aes_inv_sbox(b) for b in op]


def AESShiftRows(op: list[Bits]) -> list[Bits]:
    """Row r of the state (16 bytes, by columns) rotated left by r columns."""
    return [op[k] for k in _SHIFT_ROWS]


def AESInvShiftRows(op: list[Bits]) -> list[Bits]:
    """Row r of the state (16 bytes, by columns) rotated right by r columns."""
    return [op[k] for k in _INV_SHIFT_ROWS]


def _bytes(b: int) -> int:
    """The byte b sixteen times."""
    return b * 0x01010101010101010101010101010101


def FFmul02(x: Bits) -> Bits:
    """Each byte of a vector times 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, by exclusive ORs and shifts."""
    carry = (x >> 7) & _bytes(0x01)
    carry3 = carry ^ (carry << 1)
    return ((x << 1) & _bytes(0xFE)) ^ carry3 ^ (carry3 << 3)


def _up(x: Bits, rows: int) -> Bits:
    """Each column of the state (32 bits) rotated so that row r holds what was in row r + rows modulo 4."""
    n = 8 * rows
    low = (1 << 32 - n) - 1
    low |= low << 32
    low |= low << 64
    return ((x >> n) & low) ^ ((x << 32 - n) & ~low)


def AESMixColumns(x: Bits) -> Bits:
    """Each column times {02} {03} {01} {01} and its rotations; {03}b is {02}b ^ b."""
    twice = FFmul02(x)
    return twice ^ _up(twice ^ x, 1) ^ _up(x, 2) ^ _up(x, 3)


def AESInvMixColumns(x: Bits) -> Bits:
    """Each column times {0e} {0b} {0d} {09} and its rotations.

    That matrix is the one of AESMixColumns times the circulant {05} {00} {04} {00}: {05}a ^ {04}c is
    a ^ {04}(a ^ c).
    """
    return AESMixColumns(x ^ FFmul02(FFmul02(x ^ _up(x, 2))))


# -- SM4 ------------------------------------------------------------------------------------------

_SM4_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948"
)


@opaque("sm4_sbox", 8)
def _sm4_sbox(x: Bits) -> Bits:
    return Bits(8, _SM4_SBOX[x.uint])


def SM4Sbox(x: Bits) -> Bits:
    """The SM4 S-box on each of the four bytes of a word."""
    return Bits.from_elems([_sm4_sbox(b) for b in x.elems(8)])
