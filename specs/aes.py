"""AES: FIPS 197 (November 2001, updated May 2023).

A block is sixteen bytes in the order of the document, in_0 first.  A word of the key schedule
is `Bits` of 32 bits whose byte a_0 is the most significant, as the document prints words.
SBOX() and INVSBOX() are opaque: on symbols they stand for themselves, and that they are the
tables is a separate fact.
"""

from __future__ import annotations

from collections.abc import Iterable

from armsym.bits import Bits, concat, opaque
from specs.words import Words, exactly, split, words_from_hex

__all__ = [
    "INVSBOX",
    "SBOX",
    "AddRoundKey",
    "Cipher",
    "EqInvCipher",
    "InvCipher",
    "InvMixColumns",
    "InvShiftRows",
    "InvSubBytes",
    "KeyExpansion",
    "KeyExpansionEIC",
    "MixColumns",
    "Rcon",
    "RotWord",
    "ShiftRows",
    "State",
    "SubBytes",
    "SubWord",
    "aes",
    "aes_inverse",
    "block_of",
    "inv_sbox",
    "powers",
    "rounds",
    "sbox",
    "state_of",
    "times",
    "xTimes",
]

#: The state: `s[r][c]` is the byte in row r and column c.  Section 3.4.
State = list[list[Bits]]

#: SBOX(): substitution values for the byte xy, x choosing the row.  Section 5.1.1.
SBOX = words_from_hex(
    8,
    """
    63 7c 77 7b f2 6b 6f c5 30 01 67 2b fe d7 ab 76
    ca 82 c9 7d fa 59 47 f0 ad d4 a2 af 9c a4 72 c0
    b7 fd 93 26 36 3f f7 cc 34 a5 e5 f1 71 d8 31 15
    04 c7 23 c3 18 96 05 9a 07 12 80 e2 eb 27 b2 75
    09 83 2c 1a 1b 6e 5a a0 52 3b d6 b3 29 e3 2f 84
    53 d1 00 ed 20 fc b1 5b 6a cb be 39 4a 4c 58 cf
    d0 ef aa fb 43 4d 33 85 45 f9 02 7f 50 3c 9f a8
    51 a3 40 8f 92 9d 38 f5 bc b6 da 21 10 ff f3 d2
    cd 0c 13 ec 5f 97 44 17 c4 a7 7e 3d 64 5d 19 73
    60 81 4f dc 22 2a 90 88 46 ee b8 14 de 5e 0b db
    e0 32 3a 0a 49 06 24 5c c2 d3 ac 62 91 95 e4 79
    e7 c8 37 6d 8d d5 4e a9 6c 56 f4 ea 65 7a ae 08
    ba 78 25 2e 1c a6 b4 c6 e8 dd 74 1f 4b bd 8b 8a
    70 3e b5 66 48 03 f6 0e 61 35 57 b9 86 c1 1d 9e
    e1 f8 98 11 69 d9 8e 94 9b 1e 87 e9 ce 55 28 df
    8c a1 89 0d bf e6 42 68 41 99 2d 0f b0 54 bb 16
    """,
)

#: INVSBOX(): substitution values for the byte xy, x choosing the row.  Section 5.3.2.
INVSBOX = words_from_hex(
    8,
    """
    52 09 6a d5 30 36 a5 38 bf 40 a3 9e 81 f3 d7 fb
    7c e3 39 82 9b 2f ff 87 34 8e 43 44 c4 de e9 cb
    54 7b 94 32 a6 c2 23 3d ee 4c 95 0b 42 fa c3 4e
    08 2e a1 66 28 d9 24 b2 76 5b a2 49 6d 8b d1 25
    72 f8 f6 64 86 68 98 16 d4 a4 5c cc 5d 65 b6 92
    6c 70 48 50 fd ed b9 da 5e 15 46 57 a7 8d 9d 84
    90 d8 ab 00 8c bc d3 0a f7 e4 58 05 b8 b3 45 06
    d0 2c 1e 8f ca 3f 0f 02 c1 af bd 03 01 13 8a 6b
    3a 91 11 41 4f 67 dc ea 97 f2 cf ce f0 b4 e6 73
    96 ac 74 22 e7 ad 35 85 e2 f9 37 e8 1c 75 df 6e
    47 f1 1a 71 1d 29 c5 89 6f b7 62 0e aa 18 be 1b
    fc 56 3e 4b c6 d2 79 20 9a db c0 fe 78 cd 5a f4
    1f dd a8 33 88 07 c7 31 b1 12 10 59 27 80 ec 5f
    60 51 7f a9 19 b5 4a 0d 2d e5 7a 9f 93 c9 9c ef
    a0 e0 3b 4d ae 2a f5 b0 c8 eb bb 3c 83 53 99 61
    17 2b 04 7e ba 77 d6 26 e1 69 14 63 55 21 0c 7d
    """,
)

#: Rcon[j] for 1 <= j <= 10, as words; Rcon[0] is not used.  Section 5.2.
Rcon = words_from_hex(
    32,
    """
    00000000
    01000000 02000000 04000000 08000000 10000000 20000000 40000000 80000000 1b000000 36000000
    """,
)


@opaque("aes_sbox", 8)
def sbox(b: Bits) -> Bits:
    """SBOX(b) for a byte b.  Section 5.1.1."""
    return SBOX[b.uint]


@opaque("aes_inv_sbox", 8)
def inv_sbox(b: Bits) -> Bits:
    """INVSBOX(b) for a byte b, the inverse of SBOX().  Section 5.3.2."""
    return INVSBOX[b.uint]


def state_of(block: Words) -> State:
    """s[r, c] = in[r + 4c].  Section 3.4."""
    data = exactly(16, block)
    return [[data[r + 4 * c] for c in range(4)] for r in range(4)]


def block_of(s: State) -> Words:
    """out[r + 4c] = s[r, c].  Section 3.4."""
    return [s[r][c] for c in range(4) for r in range(4)]


# -- arithmetic in GF(2^8), section 4 -------------------------------------------------------------


def xTimes(b: Bits) -> Bits:
    """{02} • b: shift to the left, and xor {1b} if the bit b_7 that leaves was 1.  Section 4.2."""
    return (b << 1) ^ (b[7].sign_extend(8) & 0x1B)


def powers(b: Bits, n: int) -> Words:
    """{01} • b, {02} • b, {04} • b, ... (n of them), by repeated XTIMES().  Section 4.2."""
    found = [b]
    while len(found) < n:
        found.append(xTimes(found[-1]))
    return found


def times(c: int, b: Bits) -> Bits:
    """{c} • b for a constant byte c other than {00}: the sum over the bits of c.  Section 4.2."""
    return _sum(p for k, p in enumerate(powers(b, c.bit_length())) if c >> k & 1)


def _sum(terms: Iterable[Bits]) -> Bits:
    """The sum of one or more bytes as polynomials.  Section 4.1."""
    first, *rest = terms
    for term in rest:
        first = first ^ term
    return first


def _matrix_times(a: list[int], b: Words) -> Words:
    """The product of the fixed matrix that the word a = [a_0, a_1, a_2, a_3] stands for and the word b.

    d_r is the sum over k of a_(r-k mod 4) • b_k.  Section 4.3.
    """
    n = max(a).bit_length()
    multiples = [powers(b_k, n) for b_k in b]  # every row needs the same ones
    return [
        _sum(p for k in range(4) for bit, p in enumerate(multiples[k]) if a[(r - k) % 4] >> bit & 1) for r in range(4)
    ]


def _each_column(a: list[int], s: State) -> State:
    """The matrix of the word a times each column of the state.  Sections 5.1.3 and 5.3.3."""
    columns = [_matrix_times(a, [s[r][c] for r in range(4)]) for c in range(4)]
    return [[columns[c][r] for c in range(4)] for r in range(4)]


# -- the cipher, section 5.1 ----------------------------------------------------------------------


def SubBytes(s: State) -> State:
    """SBOX() on each byte of the state.  Section 5.1.1."""
    return [[sbox(b) for b in row] for row in s]


def ShiftRows(s: State) -> State:
    """s'[r, c] = s[r, (c + r) mod 4].  Section 5.1.2."""
    return [[s[r][(c + r) % 4] for c in range(4)] for r in range(4)]


def MixColumns(s: State) -> State:
    """Multiply each column by the matrix of [{02}, {01}, {01}, {03}].  Section 5.1.3."""
    return _each_column([0x02, 0x01, 0x01, 0x03], s)


def AddRoundKey(s: State, w: Words) -> State:
    """Xor column c with the word w[c] of the round key (four words).  Section 5.1.4."""
    columns = [split(4, 8, word) for word in exactly(4, w)]
    return [[s[r][c] ^ columns[c][r] for c in range(4)] for r in range(4)]


def Cipher(in_: Words, Nr: int, w: Words) -> Words:
    """CIPHER(in, Nr, w): sixteen bytes encrypted with 4 (Nr + 1) words of key schedule.  Section 5.1."""
    w = exactly(4 * (Nr + 1), w)
    s = state_of(in_)
    s = AddRoundKey(s, w[0:4])
    for round_ in range(1, Nr):
        s = SubBytes(s)
        s = ShiftRows(s)
        s = MixColumns(s)
        s = AddRoundKey(s, w[4 * round_ : 4 * round_ + 4])
    s = SubBytes(s)
    s = ShiftRows(s)
    s = AddRoundKey(s, w[4 * Nr : 4 * Nr + 4])
    return block_of(s)


# -- key expansion, section 5.2 -------------------------------------------------------------------


def rounds(Nk: int) -> int:
    """Nr for a key of Nk words: 10, 12 or 14 for 4, 6 or 8.  Section 5, table of key, block and round counts.

    Raises `ValueError` for any other Nk.
    """
    if Nk not in {4, 6, 8}:
        raise ValueError(f"an AES key has 128, 192 or 256 bits, not {32 * Nk}")
    return Nk + 6


def RotWord(a: Bits) -> Bits:
    """ROTWORD([a_0, a_1, a_2, a_3]) = [a_1, a_2, a_3, a_0].  Section 5.2."""
    return a.rol(8)


def SubWord(a: Bits) -> Bits:
    """SBOX() on each of the four bytes of a word.  Section 5.2."""
    return concat(*(sbox(b) for b in split(4, 8, a)))


def KeyExpansion(key: Words) -> Words:
    """KEYEXPANSION(key): 4 (Nr + 1) words from a key of 16, 24 or 32 bytes.  Section 5.2.

    Raises `ValueError` for any other number of bytes.
    """
    Nk, rest = divmod(len(key), 4)
    if rest:
        raise ValueError(f"{len(key)} bytes are not a whole number of words")
    Nr = rounds(Nk)
    w = [concat(*key[4 * i : 4 * i + 4]) for i in range(Nk)]
    for i in range(Nk, 4 * Nr + 4):
        temp = w[i - 1]
        if i % Nk == 0:
            temp = SubWord(RotWord(temp)) ^ Rcon[i // Nk]
        elif Nk > 6 and i % Nk == 4:
            temp = SubWord(temp)
        w.append(w[i - Nk] ^ temp)
    return w


# -- the inverse cipher, section 5.3 --------------------------------------------------------------


def InvShiftRows(s: State) -> State:
    """s'[r, c] = s[r, (c - r) mod 4].  Section 5.3.1."""
    return [[s[r][(c - r) % 4] for c in range(4)] for r in range(4)]


def InvSubBytes(s: State) -> State:
    """INVSBOX() on each byte of the state.  Section 5.3.2."""
    return [[inv_sbox(b) for b in row] for row in s]


def InvMixColumns(s: State) -> State:
    """Multiply each column by the matrix of [{0e}, {09}, {0d}, {0b}].  Section 5.3.3."""
    return _each_column([0x0E, 0x09, 0x0D, 0x0B], s)


def InvCipher(in_: Words, Nr: int, w: Words) -> Words:
    """INVCIPHER(in, Nr, w): decryption with the key schedule of `KeyExpansion`.  Section 5.3."""
    w = exactly(4 * (Nr + 1), w)
    s = state_of(in_)
    s = AddRoundKey(s, w[4 * Nr : 4 * Nr + 4])
    for round_ in range(Nr - 1, 0, -1):
        s = InvShiftRows(s)
        s = InvSubBytes(s)
        s = AddRoundKey(s, w[4 * round_ : 4 * round_ + 4])
        s = InvMixColumns(s)
    s = InvShiftRows(s)
    s = InvSubBytes(s)
    s = AddRoundKey(s, w[0:4])
    return block_of(s)


def EqInvCipher(in_: Words, Nr: int, dw: Words) -> Words:
    """EQINVCIPHER(in, Nr, dw): decryption with the key schedule of `KeyExpansionEIC`.  Section 5.3.5."""
    dw = exactly(4 * (Nr + 1), dw)
    s = state_of(in_)
    s = AddRoundKey(s, dw[4 * Nr : 4 * Nr + 4])
    for round_ in range(Nr - 1, 0, -1):
        s = InvSubBytes(s)
        s = InvShiftRows(s)
        s = InvMixColumns(s)
        s = AddRoundKey(s, dw[4 * round_ : 4 * round_ + 4])
    s = InvSubBytes(s)
    s = InvShiftRows(s)
    s = AddRoundKey(s, dw[0:4])
    return block_of(s)


def KeyExpansionEIC(key: Words) -> Words:
    """KEYEXPANSIONEIC(key): the key schedule of the equivalent inverse cipher.  Section 5.3.5."""
    dw = KeyExpansion(key)
    for i in range(4, len(dw) - 4):
        dw[i] = concat(*_matrix_times([0x0E, 0x09, 0x0D, 0x0B], split(4, 8, dw[i])))
    return dw


# -- the functions AES-128, AES-192 and AES-256 ---------------------------------------------------


def aes(in_: Words, key: Words) -> Words:
    """AES-128, AES-192 or AES-256 of sixteen bytes, by the number of key bytes.  Section 5."""
    return Cipher(in_, rounds(len(key) // 4), KeyExpansion(key))


def aes_inverse(in_: Words, key: Words) -> Words:
    """The inverse of `aes` with the same key.  Section 5.3."""
    return InvCipher(in_, rounds(len(key) // 4), KeyExpansion(key))
