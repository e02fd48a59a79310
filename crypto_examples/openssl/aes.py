"""AES of OpenSSL 4.0.3 with the crypto extension: key schedules and single blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes import decrypts, encrypts, rejects_bad_arguments, sets_decrypt_key, sets_encrypt_key
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_v8_set_encrypt_key", of=OPENSSL_4_0)
def aes_v8_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p)


@proof("aes_v8_set_encrypt_key", of=OPENSSL_4_0)
def aes_v8_set_encrypt_key_bad_arguments(p: Proof) -> None:
    rejects_bad_arguments(p, stack=16)


@proof("aes_v8_set_decrypt_key", of=OPENSSL_4_0)
def aes_v8_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p)


@proof("aes_v8_set_decrypt_key", of=OPENSSL_4_0)
def aes_v8_set_decrypt_key_bad_arguments(p: Proof) -> None:
    rejects_bad_arguments(p, stack=32)


@proof("aes_v8_encrypt", of=OPENSSL_4_0)
def aes_v8_encrypt(p: Proof) -> None:
    encrypts(p)


@proof("aes_v8_encrypt", of=OPENSSL_4_0)
def aes_v8_encrypt_in_place(p: Proof) -> None:
    encrypts(p, in_place=True)


@proof("aes_v8_decrypt", of=OPENSSL_4_0)
def aes_v8_decrypt(p: Proof) -> None:
    decrypts(p)


@proof("aes_v8_decrypt", of=OPENSSL_4_0)
def aes_v8_decrypt_in_place(p: Proof) -> None:
    decrypts(p, in_place=True)
