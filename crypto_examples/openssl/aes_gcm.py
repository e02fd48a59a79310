"""Proofs of the AES-GCM kernels of OpenSSL: AES in counter mode and GHASH in one pass, by four blocks or by eight."""

from __future__ import annotations

from armsym.dsl import ProofDefinition
from crypto_examples.aes_gcm import Kernel, declare
from crypto_examples.wheels import OPENSSL_4_0

__all__ = ["PROOFS"]

#: By name.
PROOFS: dict[str, ProofDefinition] = {}

for _bits in (128, 192, 256):
    for _verb in ("dec", "enc"):
        for _unrolled, _kernel in (("", Kernel((_bits,))), ("unroll8_eor3_", Kernel((_bits,), stack=80, powers=8))):
            _symbol = f"{_unrolled}aes_gcm_{_verb}_{_bits}_kernel"
            PROOFS |= declare(_symbol, OPENSSL_4_0, _kernel, encrypt=_verb == "enc")
