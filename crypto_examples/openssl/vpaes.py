"""AES of OpenSSL 4.0.3 with vector permutations, for cores without the crypto extension."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.openssl.vpaes_modes import CORES
from crypto_examples.vpaes import sets_decrypt_key, sets_encrypt_key
from crypto_examples.vpaes_cores import decrypts, encrypts
from crypto_examples.wheels import OPENSSL_4_0


@proof("vpaes_set_encrypt_key", of=OPENSSL_4_0)
def vpaes_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p)


@proof("vpaes_set_decrypt_key", of=OPENSSL_4_0)
def vpaes_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p)


@proof("vpaes_encrypt", of=OPENSSL_4_0)
def vpaes_encrypt(p: Proof) -> None:
    encrypts(p, CORES)


@proof("vpaes_encrypt", of=OPENSSL_4_0)
def vpaes_encrypt_in_place(p: Proof) -> None:
    encrypts(p, CORES, in_place=True)


@proof("vpaes_decrypt", of=OPENSSL_4_0)
def vpaes_decrypt(p: Proof) -> None:
    decrypts(p, CORES)


@proof("vpaes_decrypt", of=OPENSSL_4_0)
def vpaes_decrypt_in_place(p: Proof) -> None:
    decrypts(p, CORES, in_place=True)
