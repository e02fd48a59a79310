"""SHA-256 of OpenSSL 4.0.3: crypto extension, Advanced SIMD, scalar, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha2 import block_function, hw256_loop, neon256_loop, scalar_loop
from crypto_examples.wheels import OPENSSL_4_0
from specs import sha256


@proof("sha256_block_armv8", of=OPENSSL_4_0)
def sha256_block_armv8(p: Proof) -> None:
    hw256_loop(p, block_function(p, sha256), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha256_block_neon", of=OPENSSL_4_0)
def sha256_block_neon(p: Proof) -> None:
    neon256_loop(p, block_function(p, sha256), p.routine.back_edge())
    p.modifies(p.stack(80))


@proof("sha256_block_data_order", of=OPENSSL_4_0)
def sha256_block_data_order(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down all three paths."""
    f = block_function(p, sha256)
    p.global_("OPENSSL_armcap_P", 32)
    p.modifies(p.stack(144))
    p.uses(sha256_block_armv8, sha256_block_neon)
    scalar_loop(p, f, p.routine.back_edge("sha256_block_data_order"))
