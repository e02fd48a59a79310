"""Poly1305 of OpenSSL 4.0.3, scalar."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.poly1305 import blocks, emit
from crypto_examples.wheels import OPENSSL_4_0


@proof("poly1305_blocks", of=OPENSSL_4_0)
def poly1305_blocks(p: Proof) -> None:
    blocks(p)


@proof("poly1305_emit", of=OPENSSL_4_0)
def poly1305_emit(p: Proof) -> None:
    emit(p)
