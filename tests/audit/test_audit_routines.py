"""Whole shipped routines, of every family, by the audit's semantics and on Unicorn: the same state afterwards."""

from __future__ import annotations

import random
import struct
from functools import cache

import pytest
from audited_routines import Call, differences
from shipped import fetching

from armsym.audit.elf import Elf
from armsym.wheels import Wheel
from crypto_examples.wheels import AWS_LC, BORINGSSL, OPENSSL_4_0, RING

pytestmark = pytest.mark.wheels

O, A, B, R = OPENSSL_4_0, AWS_LC, BORINGSSL, RING  # noqa: E741 - short in the tables below
#: OpenSSL's bits in OPENSSL_armcap_P (crypto/arm_arch.h).
NEON, SHA1, SHA256, SHA512 = (1 << k for k in (0, 3, 4, 6))


@cache
def _elf(wheel: Wheel) -> Elf:
    with fetching():
        return Elf.read(wheel.path())


def _bytes(n: int) -> bytes:
    return random.Random(n).randbytes(n)


def _out(n: int) -> bytearray:
    return bytearray(_bytes(n))


def _key(rounds: int) -> bytes:
    """A key schedule of any words: 60 of them, and the number of rounds."""
    return _bytes(240) + struct.pack("<I", rounds)


CAP = "OPENSSL_armcap_P"
CALLS = [
    Call(O, "sha256_block_data_order", (_out(32), _bytes(128), 2), {CAP: 0}),
    Call(O, "sha256_block_data_order", (_out(32), _bytes(128), 2), {CAP: NEON}),
    Call(O, "sha256_block_data_order", (_out(32), _bytes(128), 2), {CAP: NEON | SHA256}),
    Call(O, "sha512_block_data_order", (_out(64), _bytes(128), 1), {CAP: 0}),
    Call(O, "sha512_block_data_order", (_out(64), _bytes(256), 2), {CAP: SHA512}),
    Call(A, "sha256_block_data_order_hw", (_out(32), _bytes(128), 2)),
    Call(A, "sha512_block_data_order_nohw", (_out(64), _bytes(128), 1)),
    Call(B, "sha512_block_data_order_hw", (_out(64), _bytes(256), 2)),
    Call(O, "sha1_block_data_order", (_out(20), _bytes(64), 1), {CAP: 0}),
    Call(O, "sha1_block_data_order", (_out(20), _bytes(128), 2), {CAP: SHA1}),
    Call(O, "aes_v8_set_encrypt_key", (_bytes(16), 128, _out(244))),
    Call(O, "aes_v8_set_encrypt_key", (_bytes(24), 192, _out(244))),
    Call(A, "aes_hw_set_decrypt_key", (_bytes(32), 256, _out(244))),
    Call(A, "aes_hw_set_encrypt_key", (0, 128, _out(244))),
    Call(O, "aes_v8_encrypt", (_bytes(16), _out(16), _key(10))),
    Call(A, "aes_hw_decrypt", (_bytes(16), _out(16), _key(14))),
    Call(O, "KeccakF1600", (_out(200),)),
    Call(O, "KeccakF1600_cext", (_out(200),)),
    Call(A, "KeccakF1600_hw", (_out(200),)),
    Call(O, "SHA3_absorb", (_out(200), _bytes(300), 300, 136)),
    Call(O, "SHA3_squeeze_cext", (_out(200), _out(301), 301, 136, 0)),
    Call(O, "ChaCha20_ctr32_dflt", (_out(70), _bytes(70), 70, _bytes(32), _bytes(16)), {CAP: 0}),
    Call(A, "ChaCha20_ctr32_nohw", (_out(65), _bytes(65), 65, _bytes(32), _bytes(16))),
    Call(O, "aes_v8_cbc_encrypt", (_bytes(48), _out(48), 48, _key(10), _out(16), 1)),
    Call(O, "aes_v8_cbc_encrypt", (_bytes(80), _out(80), 80, _key(12), _out(16), 0)),
    Call(O, "aes_v8_ecb_encrypt", (_bytes(96), _out(96), 96, _key(14), 0)),
    Call(O, "aes_v8_ctr32_encrypt_blocks", (_bytes(80), _out(80), 5, _key(10), _bytes(12) + b"\xff\xff\xff\xfe")),
    Call(A, "aes_hw_ctr32_encrypt_blocks", (_bytes(48), _out(48), 3, _key(14), _bytes(12) + b"\xff\xff\xff\xff")),
    Call(O, "aes_v8_xts_encrypt", (_bytes(55), _out(55), 55, _key(10), _key(10), _bytes(16))),
    Call(O, "ChaCha20_neon", (_out(200), _bytes(200), 200, _bytes(32), _bytes(16)), {CAP: NEON}),
    Call(A, "ChaCha20_ctr32_neon", (_out(333), _bytes(333), 333, _bytes(32), _bytes(16))),
    Call(O, "vpaes_set_encrypt_key", (_bytes(24), 192, _out(244))),
    Call(O, "vpaes_encrypt", (_bytes(16), _out(16), _key(10))),
    Call(A, "vpaes_decrypt", (_bytes(16), _out(16), _key(12))),
    Call(A, "vpaes_ctr32_encrypt_blocks", (_bytes(48), _out(48), 3, _key(10), _bytes(16))),
    Call(O, "gcm_init_v8", (_out(256), _bytes(16))),
    Call(O, "gcm_gmult_v8", (_out(16), _bytes(256))),
    Call(A, "gcm_ghash_v8", (_out(16), _bytes(256), _bytes(144), 144)),
    Call(A, "gcm_ghash_neon", (_out(16), _bytes(256), _bytes(32), 32)),
    Call(O, "CRYPTO_memcmp", (_bytes(37), _bytes(37), 37)),
    Call(O, "CRYPTO_memcmp", (_bytes(9), _bytes(8) + b"x", 9)),
    Call(O, "OPENSSL_cleanse", (_out(41), 41)),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda c: f"{c.wheel.package} {c.symbol} {c.cells.get(CAP, '')}")
def test_a_routine_ends_as_on_unicorn(call: Call) -> None:
    for symbolic in (False, True):
        steps, different = differences(call, _elf(call.wheel), 1, symbolic=symbolic)
        assert not different, different[:5]
        assert steps > 4
