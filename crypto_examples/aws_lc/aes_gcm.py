"""AES-GCM kernels of AWS-LC: AES in counter mode and GHASH in one pass."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_gcm import AWS_LC_KERNEL, gcm_decrypts, gcm_encrypts
from crypto_examples.wheels import AWS_LC


@proof("aes_gcm_dec_kernel", of=AWS_LC)
def aes_gcm_dec_kernel(p: Proof) -> None:
    gcm_decrypts(p, AWS_LC_KERNEL)


@proof("aes_gcm_dec_kernel", of=AWS_LC)
def aes_gcm_dec_kernel_in_place(p: Proof) -> None:
    gcm_decrypts(p, AWS_LC_KERNEL, in_place=True)


@proof("aes_gcm_enc_kernel", of=AWS_LC)
def aes_gcm_enc_kernel(p: Proof) -> None:
    gcm_encrypts(p, AWS_LC_KERNEL)


@proof("aes_gcm_enc_kernel", of=AWS_LC)
def aes_gcm_enc_kernel_in_place(p: Proof) -> None:
    gcm_encrypts(p, AWS_LC_KERNEL, in_place=True)
