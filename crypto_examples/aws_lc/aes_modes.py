"""Modes of operation of AWS-LC's AES with the crypto extension, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_cbc import cbc_decrypts, cbc_encrypts
from crypto_examples.aes_ctr import ctr32_by_three
from crypto_examples.wheels import AWS_LC


@proof("aes_hw_cbc_encrypt", of=AWS_LC)
def aes_hw_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p)


@proof("aes_hw_cbc_encrypt", of=AWS_LC)
def aes_hw_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, in_place=True)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32_by_three(p)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32_by_three(p, in_place=True)


@proof("aes_hw_cbc_encrypt", of=AWS_LC)
def aes_hw_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, at_a_time=3)


@proof("aes_hw_cbc_encrypt", of=AWS_LC)
def aes_hw_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, at_a_time=3, in_place=True)
