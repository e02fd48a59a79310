"""AES of AWS-LC with vector permutations, for cores without the crypto extension."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.vpaes import encrypts, sets_encrypt_key
from crypto_examples.wheels import AWS_LC


@proof("vpaes_set_encrypt_key", of=AWS_LC)
def vpaes_set_encrypt_key_128(p: Proof) -> None:
    sets_encrypt_key(p, bits=128)


@proof("vpaes_set_encrypt_key", of=AWS_LC)
def vpaes_set_encrypt_key_192(p: Proof) -> None:
    sets_encrypt_key(p, bits=192)


@proof("vpaes_set_encrypt_key", of=AWS_LC)
def vpaes_set_encrypt_key_256(p: Proof) -> None:
    sets_encrypt_key(p, bits=256)


@proof("vpaes_encrypt", of=AWS_LC)
def vpaes_encrypt(p: Proof) -> None:
    encrypts(p)


@proof("vpaes_encrypt", of=AWS_LC)
def vpaes_encrypt_in_place(p: Proof) -> None:
    encrypts(p, in_place=True)
