"""Modes of operation of AWS-LC's AES with the crypto extension, for any number of blocks."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_modes import ctr32_by_three
from crypto_examples.wheels import AWS_LC


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_128(p: Proof) -> None:
    ctr32_by_three(p, bits=128)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_192(p: Proof) -> None:
    ctr32_by_three(p, bits=192)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_256(p: Proof) -> None:
    ctr32_by_three(p, bits=256)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_128_in_place(p: Proof) -> None:
    ctr32_by_three(p, bits=128, in_place=True)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_192_in_place(p: Proof) -> None:
    ctr32_by_three(p, bits=192, in_place=True)


@proof("aes_hw_ctr32_encrypt_blocks", of=AWS_LC)
def aes_hw_ctr32_encrypt_blocks_256_in_place(p: Proof) -> None:
    ctr32_by_three(p, bits=256, in_place=True)
