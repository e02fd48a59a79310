"""AES-GCM kernels of AWS-LC: AES in counter mode and GHASH in one pass."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_gcm import AWS_LC_EIGHT, AWS_LC_KERNEL, gcm_by_eight, gcm_decrypts, gcm_encrypts
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


@proof("aesv8_gcm_8x_dec_128", of=AWS_LC)
def aesv8_gcm_8x_dec_128(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[128], encrypt=False)


@proof("aesv8_gcm_8x_dec_128", of=AWS_LC)
def aesv8_gcm_8x_dec_128_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[128], encrypt=False, in_place=True)


@proof("aesv8_gcm_8x_dec_192", of=AWS_LC)
def aesv8_gcm_8x_dec_192(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[192], encrypt=False)


@proof("aesv8_gcm_8x_dec_192", of=AWS_LC)
def aesv8_gcm_8x_dec_192_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[192], encrypt=False, in_place=True)


@proof("aesv8_gcm_8x_dec_256", of=AWS_LC)
def aesv8_gcm_8x_dec_256(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[256], encrypt=False)


@proof("aesv8_gcm_8x_dec_256", of=AWS_LC)
def aesv8_gcm_8x_dec_256_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[256], encrypt=False, in_place=True)


@proof("aesv8_gcm_8x_enc_128", of=AWS_LC)
def aesv8_gcm_8x_enc_128(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[128], encrypt=True)


@proof("aesv8_gcm_8x_enc_128", of=AWS_LC)
def aesv8_gcm_8x_enc_128_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[128], encrypt=True, in_place=True)


@proof("aesv8_gcm_8x_enc_192", of=AWS_LC)
def aesv8_gcm_8x_enc_192(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[192], encrypt=True)


@proof("aesv8_gcm_8x_enc_192", of=AWS_LC)
def aesv8_gcm_8x_enc_192_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[192], encrypt=True, in_place=True)


@proof("aesv8_gcm_8x_enc_256", of=AWS_LC)
def aesv8_gcm_8x_enc_256(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[256], encrypt=True)


@proof("aesv8_gcm_8x_enc_256", of=AWS_LC)
def aesv8_gcm_8x_enc_256_in_place(p: Proof) -> None:
    gcm_by_eight(p, AWS_LC_EIGHT[256], encrypt=True, in_place=True)
