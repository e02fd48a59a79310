"""ChaCha20 of AWS-LC: scalar, and Advanced SIMD, which finishes in the scalar code."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.chacha20 import nohw, rows
from crypto_examples.wheels import AWS_LC


@proof("ChaCha20_ctr32_nohw", of=AWS_LC)
def ChaCha20_ctr32_nohw(p: Proof) -> None:
    nohw(p)


@proof("ChaCha20_ctr32_nohw", of=AWS_LC)
def ChaCha20_ctr32_nohw_in_place(p: Proof) -> None:
    nohw(p, in_place=True)


@proof("ChaCha20_ctr32_neon", of=AWS_LC)
def ChaCha20_ctr32_neon(p: Proof) -> None:
    rows(p)


@proof("ChaCha20_ctr32_neon", of=AWS_LC)
def ChaCha20_ctr32_neon_in_place(p: Proof) -> None:
    rows(p, in_place=True)


@proof("ChaCha20_512_neon", of=AWS_LC)
def ChaCha20_512_neon(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    rows(p, low=512)


@proof("ChaCha20_512_neon", of=AWS_LC)
def ChaCha20_512_neon_in_place(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    rows(p, low=512, in_place=True)
