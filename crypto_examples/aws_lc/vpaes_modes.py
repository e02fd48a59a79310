"""Modes of operation of AWS-LC's AES with vector permutations, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.vpaes_cores import Cores
from crypto_examples.vpaes_modes import cbc_decrypts, cbc_encrypts, ctr32
from crypto_examples.wheels import AWS_LC

CORES = Cores(AWS_LC)


@proof("vpaes_cbc_encrypt", of=AWS_LC)
def vpaes_cbc_encrypt(p: Proof) -> None:
    cbc_encrypts(p, CORES)


@proof("vpaes_cbc_encrypt", of=AWS_LC)
def vpaes_cbc_encrypt_in_place(p: Proof) -> None:
    cbc_encrypts(p, CORES, in_place=True)


@proof("vpaes_cbc_encrypt", of=AWS_LC)
def vpaes_cbc_encrypt_to_decrypt(p: Proof) -> None:
    cbc_decrypts(p, CORES)


@proof("vpaes_cbc_encrypt", of=AWS_LC)
def vpaes_cbc_encrypt_to_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, CORES, in_place=True)


@proof("vpaes_cbc_decrypt", of=AWS_LC)
def vpaes_cbc_decrypt(p: Proof) -> None:
    cbc_decrypts(p, CORES, low=1)


@proof("vpaes_cbc_decrypt", of=AWS_LC)
def vpaes_cbc_decrypt_in_place(p: Proof) -> None:
    cbc_decrypts(p, CORES, low=1, in_place=True)


@proof("vpaes_ctr32_encrypt_blocks", of=AWS_LC)
def vpaes_ctr32_encrypt_blocks(p: Proof) -> None:
    ctr32(p, CORES)


@proof("vpaes_ctr32_encrypt_blocks", of=AWS_LC)
def vpaes_ctr32_encrypt_blocks_in_place(p: Proof) -> None:
    ctr32(p, CORES, in_place=True)
