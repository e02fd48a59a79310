"""AES of AWS-LC with vector permutations, for cores without the crypto extension."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.vpaes import encrypts
from crypto_examples.wheels import AWS_LC


@proof("vpaes_encrypt", of=AWS_LC)
def vpaes_encrypt(p: Proof) -> None:
    encrypts(p)


@proof("vpaes_encrypt", of=AWS_LC)
def vpaes_encrypt_in_place(p: Proof) -> None:
    encrypts(p, in_place=True)
