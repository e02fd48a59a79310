"""XTS of OpenSSL's AES with the crypto extension, for any length, with ciphertext stealing."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_xts import xts_decrypts, xts_encrypts
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_v8_xts_encrypt", of=OPENSSL_4_0)
def aes_v8_xts_encrypt(p: Proof) -> None:
    xts_encrypts(p)


@proof("aes_v8_xts_encrypt", of=OPENSSL_4_0)
def aes_v8_xts_encrypt_in_place(p: Proof) -> None:
    xts_encrypts(p, in_place=True)


@proof("aes_v8_xts_decrypt", of=OPENSSL_4_0)
def aes_v8_xts_decrypt(p: Proof) -> None:
    xts_decrypts(p)


@proof("aes_v8_xts_decrypt", of=OPENSSL_4_0)
def aes_v8_xts_decrypt_in_place(p: Proof) -> None:
    xts_decrypts(p, in_place=True)
