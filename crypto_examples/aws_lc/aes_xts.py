"""XTS of AWS-LC's AES-256 with the crypto extension, for any length, with ciphertext stealing."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_xts import xts_decrypts_unrolled, xts_encrypts_unrolled
from crypto_examples.wheels import AWS_LC


@proof("aes_hw_xts_encrypt", of=AWS_LC)
def aes_hw_xts_encrypt(p: Proof) -> None:
    xts_encrypts_unrolled(p)


@proof("aes_hw_xts_encrypt", of=AWS_LC)
def aes_hw_xts_encrypt_in_place(p: Proof) -> None:
    xts_encrypts_unrolled(p, in_place=True)


@proof("aes_hw_xts_decrypt", of=AWS_LC)
def aes_hw_xts_decrypt(p: Proof) -> None:
    xts_decrypts_unrolled(p)


@proof("aes_hw_xts_decrypt", of=AWS_LC)
def aes_hw_xts_decrypt_in_place(p: Proof) -> None:
    xts_decrypts_unrolled(p, in_place=True)
