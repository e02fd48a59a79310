"""SHA-512 of OpenSSL 4.0.3: crypto extension, scalar, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.sha2 import block_function, hw512_loop, scalar_loop
from crypto_examples.wheels import OPENSSL_4_0
from specs import sha512


@proof("sha512_block_armv8", of=OPENSSL_4_0)
def sha512_block_armv8(p: Proof) -> None:
    hw512_loop(p, block_function(p, sha512), p.routine.back_edge())
    p.modifies(p.stack(16))


@proof("sha512_block_data_order", of=OPENSSL_4_0)
def sha512_block_data_order(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down both paths."""
    f = block_function(p, sha512)
    p.global_("OPENSSL_armcap_P", 32)
    p.modifies(p.stack(160))
    p.uses(sha512_block_armv8)
    scalar_loop(p, f, p.routine.back_edge("sha512_block_data_order"))
