"""AES-GCM kernels of OpenSSL: AES in counter mode and GHASH in one pass."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.aes_gcm import gcm_decrypts
from crypto_examples.wheels import OPENSSL_4_0


@proof("aes_gcm_dec_128_kernel", of=OPENSSL_4_0)
def aes_gcm_dec_128_kernel(p: Proof) -> None:
    gcm_decrypts(p, bits=128)
