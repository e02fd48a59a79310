"""Poly1305 of OpenSSL 4.0.3: scalar, Advanced SIMD, and the choice between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.poly1305 import blocks, blocks_neon, emit, emit_neon, init, mult, splat
from crypto_examples.wheels import OPENSSL_4_0


@proof("poly1305_blocks", of=OPENSSL_4_0)
def poly1305_blocks(p: Proof) -> None:
    blocks(p)


@proof("poly1305_emit", of=OPENSSL_4_0)
def poly1305_emit(p: Proof) -> None:
    emit(p)


@proof("poly1305_mult", of=OPENSSL_4_0)
def poly1305_mult(p: Proof) -> None:
    mult(p)


@proof("poly1305_splat", of=OPENSSL_4_0)
def poly1305_splat(p: Proof) -> None:
    splat(p)


@proof("poly1305_blocks_neon", of=OPENSSL_4_0)
def poly1305_blocks_neon(p: Proof) -> None:
    blocks_neon(p, poly1305_mult)


@proof("poly1305_emit_neon", of=OPENSSL_4_0)
def poly1305_emit_neon(p: Proof) -> None:
    emit_neon(p)


#: There are two routines of this name; this is the assembly.
INIT = "poly1305_init@0x6d6ca0"


@proof(INIT, of=OPENSSL_4_0, name="poly1305_init")
def poly1305_init(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P."""
    init(p, key=True)


@proof(INIT, of=OPENSSL_4_0, name="poly1305_init_no_key")
def poly1305_init_no_key(p: Proof) -> None:
    init(p, key=False)
