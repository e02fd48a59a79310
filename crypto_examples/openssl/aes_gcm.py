"""AES-GCM kernels of OpenSSL: AES in counter mode and GHASH in one pass."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_gcm import Kernel, gcm_by_eight, gcm_decrypts, gcm_encrypts
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_gcm_dec_128_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_128_kernel(p: Proof) -> None:
    gcm_decrypts(p, Kernel((128,)))


@proof("aes_gcm_dec_128_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_128_kernel_in_place(p: Proof) -> None:
    gcm_decrypts(p, Kernel((128,)), in_place=True)


@proof("aes_gcm_dec_192_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_192_kernel(p: Proof) -> None:
    gcm_decrypts(p, Kernel((192,)))


@proof("aes_gcm_dec_192_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_192_kernel_in_place(p: Proof) -> None:
    gcm_decrypts(p, Kernel((192,)), in_place=True)


@proof("aes_gcm_dec_256_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_256_kernel(p: Proof) -> None:
    gcm_decrypts(p, Kernel((256,)))


@proof("aes_gcm_dec_256_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_256_kernel_in_place(p: Proof) -> None:
    gcm_decrypts(p, Kernel((256,)), in_place=True)


@proof("aes_gcm_enc_128_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_128_kernel(p: Proof) -> None:
    gcm_encrypts(p, Kernel((128,)))


@proof("aes_gcm_enc_128_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_128_kernel_in_place(p: Proof) -> None:
    gcm_encrypts(p, Kernel((128,)), in_place=True)


@proof("aes_gcm_enc_192_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_192_kernel(p: Proof) -> None:
    gcm_encrypts(p, Kernel((192,)))


@proof("aes_gcm_enc_192_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_192_kernel_in_place(p: Proof) -> None:
    gcm_encrypts(p, Kernel((192,)), in_place=True)


@proof("aes_gcm_enc_256_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_256_kernel(p: Proof) -> None:
    gcm_encrypts(p, Kernel((256,)))


@proof("aes_gcm_enc_256_kernel", of=OPENSSL_4_0)
def aes_gcm_enc_256_kernel_in_place(p: Proof) -> None:
    gcm_encrypts(p, Kernel((256,)), in_place=True)


@proof("unroll8_eor3_aes_gcm_dec_128_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_128_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((128,), stack=80, powers=8), encrypt=False)


@proof("unroll8_eor3_aes_gcm_dec_128_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_128_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((128,), stack=80, powers=8), encrypt=False, in_place=True)


@proof("unroll8_eor3_aes_gcm_dec_192_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_192_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((192,), stack=80, powers=8), encrypt=False)


@proof("unroll8_eor3_aes_gcm_dec_192_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_192_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((192,), stack=80, powers=8), encrypt=False, in_place=True)


@proof("unroll8_eor3_aes_gcm_dec_256_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_256_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((256,), stack=80, powers=8), encrypt=False)


@proof("unroll8_eor3_aes_gcm_dec_256_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_dec_256_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((256,), stack=80, powers=8), encrypt=False, in_place=True)


@proof("unroll8_eor3_aes_gcm_enc_128_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_128_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((128,), stack=80, powers=8), encrypt=True)


@proof("unroll8_eor3_aes_gcm_enc_128_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_128_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((128,), stack=80, powers=8), encrypt=True, in_place=True)


@proof("unroll8_eor3_aes_gcm_enc_192_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_192_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((192,), stack=80, powers=8), encrypt=True)


@proof("unroll8_eor3_aes_gcm_enc_192_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_192_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((192,), stack=80, powers=8), encrypt=True, in_place=True)


@proof("unroll8_eor3_aes_gcm_enc_256_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_256_kernel(p: Proof) -> None:
    gcm_by_eight(p, Kernel((256,), stack=80, powers=8), encrypt=True)


@proof("unroll8_eor3_aes_gcm_enc_256_kernel", of=OPENSSL_4_0)
def unroll8_eor3_aes_gcm_enc_256_kernel_in_place(p: Proof) -> None:
    gcm_by_eight(p, Kernel((256,), stack=80, powers=8), encrypt=True, in_place=True)
