"""Modes of operation of OpenSSL's AES with vector permutations, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.vpaes import DECRYPTION, ENCRYPTION
from crypto_examples.vpaes_cores import Cores
from crypto_examples.vpaes_modes import cbc_decrypts, cbc_encrypts, ecb
from crypto_examples.wheels import OPENSSL_4_0

CORES = Cores(OPENSSL_4_0)
#: Of an odd number of blocks vpaes_ecb_decrypt encrypts the first one (it calls _vpaes_encrypt_core).  OpenSSL does not
#: call it; tests/crypto_examples/test_vpaes_modes.py has the refutation.
EVEN = (0,)


@proof("vpaes_ecb_encrypt", of=OPENSSL_4_0)
def vpaes_ecb_encrypt(p: Proof) -> None:
    ecb(p, CORES, ENCRYPTION)


@proof("vpaes_ecb_encrypt", of=OPENSSL_4_0)
def vpaes_ecb_encrypt_in_place(p: Proof) -> None:
    ecb(p, CORES, ENCRYPTION, in_place=True)


@proof("vpaes_ecb_decrypt", of=OPENSSL_4_0)
def vpaes_ecb_decrypt(p: Proof) -> None:
    ecb(p, CORES, DECRYPTION, odd=EVEN)


@proof("vpaes_ecb_decrypt", of=OPENSSL_4_0)
def vpaes_ecb_decrypt_in_place(p: Proof) -> None:
    ecb(p, CORES, DECRYPTION, odd=EVEN, in_place=True)


@proof("vpaes_cbc_encrypt", of=OPENSSL_4_0)
def vpaes_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p, CORES)


@proof("vpaes_cbc_encrypt", of=OPENSSL_4_0)
def vpaes_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, CORES, in_place=True)


@proof("vpaes_cbc_encrypt", of=OPENSSL_4_0)
def vpaes_cbc_encrypt_to_decrypt(p: Proof) -> None:
    cbc_decrypts(p, CORES)


@proof("vpaes_cbc_encrypt", of=OPENSSL_4_0)
def vpaes_cbc_encrypt_to_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, CORES, in_place=True)


@proof("vpaes_cbc_decrypt", of=OPENSSL_4_0)
def vpaes_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, CORES, low=1)


@proof("vpaes_cbc_decrypt", of=OPENSSL_4_0)
def vpaes_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, CORES, low=1, in_place=True)
