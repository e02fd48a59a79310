"""Modes of operation of OpenSSL 4.0.3's SM4 with the SM4 extension, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sm4_modes import cbc_decrypts, cbc_encrypts, ctr32, ecb
from crypto_examples.wheels import OPENSSL_4_0


@proof("sm4_v8_ecb_encrypt", of=OPENSSL_4_0)
def sm4_v8_ecb_encrypt(p: Proof) -> None:
    ecb(p)


@proof("sm4_v8_ecb_encrypt", of=OPENSSL_4_0)
def sm4_v8_ecb_encrypt_in_place(p: Proof) -> None:
    ecb(p, in_place=True)


@proof("sm4_v8_cbc_encrypt", of=OPENSSL_4_0)
def sm4_v8_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p)


@proof("sm4_v8_cbc_encrypt", of=OPENSSL_4_0)
def sm4_v8_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, in_place=True)


@proof("sm4_v8_cbc_encrypt", of=OPENSSL_4_0)
def sm4_v8_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p)


@proof("sm4_v8_cbc_encrypt", of=OPENSSL_4_0)
def sm4_v8_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, in_place=True)


@proof("sm4_v8_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def sm4_v8_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32(p)


@proof("sm4_v8_ctr32_encrypt_blocks", of=OPENSSL_4_0)
def sm4_v8_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32(p, in_place=True)
