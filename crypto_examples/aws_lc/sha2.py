"""SHA-256 and SHA-512 of AWS-LC, with the crypto extension and without."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha2 import block_function, hw256_loop, hw512_loop, scalar_loop
from crypto_examples.wheels import AWS_LC
from specs import sha256, sha512


@proof("sha256_block_data_order_hw", of=AWS_LC)
def sha256_block_data_order_hw(p: Proof) -> None:
    hw256_loop(p, block_function(p, sha256), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha256_block_data_order_nohw", of=AWS_LC)
def sha256_block_data_order_nohw(p: Proof) -> None:
    scalar_loop(p, block_function(p, sha256), p.routine.back_edge())
    p.modifies(p.stack(144))


@proof("sha512_block_data_order_hw", of=AWS_LC)
def sha512_block_data_order_hw(p: Proof) -> None:
    hw512_loop(p, block_function(p, sha512), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha512_block_data_order_nohw", of=AWS_LC)
def sha512_block_data_order_nohw(p: Proof) -> None:
    scalar_loop(p, block_function(p, sha512), p.routine.back_edge())
    p.modifies(p.stack(160))
