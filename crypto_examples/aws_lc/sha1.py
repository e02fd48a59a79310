"""SHA-1 of AWS-LC, with the crypto extension and without."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha1 import block_function, hw_loop, scalar_loop
from crypto_examples.wheels import AWS_LC


@proof("sha1_block_data_order_hw", of=AWS_LC)
def sha1_block_data_order_hw(p: Proof) -> None:
    hw_loop(p, block_function(p), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha1_block_data_order_nohw", of=AWS_LC)
def sha1_block_data_order_nohw(p: Proof) -> None:
    scalar_loop(p, block_function(p), p.routine.back_edge())
    p.modifies(p.stack(96))
