"""Modes of operation of OpenSSL's AES with the crypto extension, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_cbc import cbc_decrypts, cbc_encrypts
from crypto_examples.aes_ctr import ctr32_by_five, ctr32_by_twelve
from crypto_examples.aes_ecb import ecb_by_five
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p)


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, in_place=True)


@proof("aes_v8_ecb_encrypt", of=OPENSSL_4_0)
def aes_v8_ecb_encrypt(p: Proof) -> None:
    ecb_by_five(p, encrypt=True)


@proof("aes_v8_ecb_encrypt", of=OPENSSL_4_0)
def aes_v8_ecb_encrypt_in_place(p: Proof) -> None:
    ecb_by_five(p, encrypt=True, in_place=True)


@proof("aes_v8_ecb_encrypt", of=OPENSSL_4_0)
def aes_v8_ecb_decrypt(p: Proof) -> None:
    ecb_by_five(p, encrypt=False)


@proof("aes_v8_ecb_encrypt", of=OPENSSL_4_0)
def aes_v8_ecb_decrypt_in_place(p: Proof) -> None:
    ecb_by_five(p, encrypt=False, in_place=True)


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, at_a_time=5)


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, at_a_time=5, in_place=True)


@proof("aes_v8_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def aes_v8_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32_by_five(p)


@proof("aes_v8_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def aes_v8_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32_by_five(p, in_place=True)


@proof("aes_v8_ctr32_encrypt_blocks_unroll12_eor3", of=OPENSSL_4_0)
def aes_v8_ctr32_encrypt_blocks_unroll12_eor3(p: Proof) -> None:
    ctr32_by_twelve(p)


@proof("aes_v8_ctr32_encrypt_blocks_unroll12_eor3", of=OPENSSL_4_0)
def aes_v8_ctr32_encrypt_blocks_unroll12_eor3_in_place(p: Proof) -> None:
    ctr32_by_twelve(p, in_place=True)
