"""Modes of operation of OpenSSL's AES with the crypto extension, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_cbc import cbc_encrypts
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p)


@proof("aes_v8_cbc_encrypt", of=OPENSSL_4_0)
def aes_v8_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, in_place=True)
