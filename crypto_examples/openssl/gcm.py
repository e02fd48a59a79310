"""GHASH of OpenSSL, with PMULL."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.gcm import ghash, gmult, init
from crypto_examples.wheels import OPENSSL_4_0


@proof("gcm_init_v8", of=OPENSSL_4_0)
def gcm_init_v8(p: Proof) -> None:
    init(p)


@proof("gcm_gmult_v8", of=OPENSSL_4_0)
def gcm_gmult_v8(p: Proof) -> None:
    gmult(p)


@proof("gcm_ghash_v8", of=OPENSSL_4_0)
def gcm_ghash_v8(p: Proof) -> None:
    ghash(p, 1)


@proof("gcm_ghash_v8_4x", of=OPENSSL_4_0)
def gcm_ghash_v8_4x(p: Proof) -> None:
    ghash(p, 4)
