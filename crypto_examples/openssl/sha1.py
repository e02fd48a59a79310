"""SHA-1 of OpenSSL 4.0.3: crypto extension, scalar, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha1 import block_function, hw_loop, scalar_loop
from crypto_examples.wheels import OPENSSL_4_0


@proof("sha1_block_armv8", of=OPENSSL_4_0)
def sha1_block_armv8(p: Proof) -> None:
    hw_loop(p, block_function(p), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha1_block_data_order", of=OPENSSL_4_0)
def sha1_block_data_order(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down both paths."""
    f = block_function(p)
    p.global_("OPENSSL_armcap_P", 32)
    p.modifies(p.stack(96))
    p.uses(sha1_block_armv8)
    scalar_loop(p, f, p.routine.back_edge("sha1_block_data_order"))
