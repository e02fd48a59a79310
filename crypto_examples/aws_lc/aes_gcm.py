"""Proofs of the AES-GCM kernels of AWS-LC: AES in counter mode and GHASH in one pass, by four blocks or by eight."""

from __future__ import annotations

from crypto_examples.aes_gcm import AWS_LC_EIGHT, AWS_LC_KERNEL, declare
from crypto_examples.wheels import AWS_LC

for _verb in ("dec", "enc"):
    declare(f"aes_gcm_{_verb}_kernel", AWS_LC, AWS_LC_KERNEL, encrypt=_verb == "enc")
    for _bits, _kernel in AWS_LC_EIGHT.items():
        declare(f"aesv8_gcm_8x_{_verb}_{_bits}", AWS_LC, _kernel, encrypt=_verb == "enc")
