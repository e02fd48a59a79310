"""AES of AWS-LC with the crypto extension: key schedules and single blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes import decrypts, encrypts, rejects_bad_arguments, sets_decrypt_key, sets_encrypt_key
from crypto_examples.wheels import AWS_LC


@proof("aes_hw_set_encrypt_key", of=AWS_LC)
def aes_hw_set_encrypt_key(p: Proof) -> None:
    sets_encrypt_key(p)


@proof("aes_hw_set_encrypt_key", of=AWS_LC)
def aes_hw_set_encrypt_key_bad_arguments(p: Proof) -> None:
    rejects_bad_arguments(p, stack=16)


@proof("aes_hw_set_decrypt_key", of=AWS_LC)
def aes_hw_set_decrypt_key(p: Proof) -> None:
    sets_decrypt_key(p)


@proof("aes_hw_set_decrypt_key", of=AWS_LC)
def aes_hw_set_decrypt_key_bad_arguments(p: Proof) -> None:
    rejects_bad_arguments(p, stack=32)


@proof("aes_hw_encrypt", of=AWS_LC)
def aes_hw_encrypt(p: Proof) -> None:
    encrypts(p)


@proof("aes_hw_encrypt", of=AWS_LC)
def aes_hw_encrypt_in_place(p: Proof) -> None:
    encrypts(p, in_place=True)


@proof("aes_hw_decrypt", of=AWS_LC)
def aes_hw_decrypt(p: Proof) -> None:
    decrypts(p)


@proof("aes_hw_decrypt", of=AWS_LC)
def aes_hw_decrypt_in_place(p: Proof) -> None:
    decrypts(p, in_place=True)
