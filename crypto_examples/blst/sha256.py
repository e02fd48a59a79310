"""SHA-256 of blst, with the crypto extension and without."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha2 import block_function, hw256_loop, neon256_loop
from crypto_examples.wheels import BLST
from specs import sha256


@proof("blst_sha256_block_armv8", of=BLST)
def blst_sha256_block_armv8(p: Proof) -> None:
    hw256_loop(p, block_function(p, sha256), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("blst_sha256_block_data_order", of=BLST)
def blst_sha256_block_data_order(p: Proof) -> None:
    """For every value of __blst_platform_cap, down both paths: Advanced SIMD, or past the head of the routine above."""
    f = block_function(p, sha256)
    p.global_("__blst_platform_cap", 32)
    p.modifies(p.stack(80))
    hw256_loop(p, f, p.routine.back_edge("blst_sha256_block_armv8"))
    neon256_loop(p, f, p.routine.back_edge("blst_sha256_block_data_order"))
