"""SM4 of OpenSSL 4.0.3 with the SM4 extension: keys and one block."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sm4 import decrypts, encrypts, sets_decrypt_key, sets_encrypt_key
from crypto_examples.wheels import OPENSSL_4_0


@proof("sm4_v8_set_encrypt_key", of=OPENSSL_4_0)
def sm4_v8_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p)


@proof("sm4_v8_set_decrypt_key", of=OPENSSL_4_0)
def sm4_v8_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p)


@proof("sm4_v8_encrypt", of=OPENSSL_4_0)
def sm4_v8_encrypt(p: Proof) -> None:
    encrypts(p)


@proof("sm4_v8_encrypt", of=OPENSSL_4_0)
def sm4_v8_encrypt_in_place(p: Proof) -> None:
    encrypts(p, in_place=True)


@proof("sm4_v8_decrypt", of=OPENSSL_4_0)
def sm4_v8_decrypt(p: Proof) -> None:
    decrypts(p)


@proof("sm4_v8_decrypt", of=OPENSSL_4_0)
def sm4_v8_decrypt_in_place(p: Proof) -> None:
    decrypts(p, in_place=True)
