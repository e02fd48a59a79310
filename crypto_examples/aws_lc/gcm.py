"""GHASH of AWS-LC, with PMULL: as in OpenSSL, but for the halves of the powers in the table, which are exchanged."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.gcm import ghash, ghash_by_bytes, gmult, gmult_by_bytes, init, init_by_bytes, swapped
from crypto_examples.wheels import AWS_LC


@proof("gcm_init_v8", of=AWS_LC)
def gcm_init_v8(p: Proof) -> None:
    init(p, swapped)


@proof("gcm_gmult_v8", of=AWS_LC)
def gcm_gmult_v8(p: Proof) -> None:
    gmult(p, swapped)


@proof("gcm_ghash_v8", of=AWS_LC)
def gcm_ghash_v8(p: Proof) -> None:
    ghash(p, 1, swapped)


@proof("gcm_ghash_v8_4x", of=AWS_LC)
def gcm_ghash_v8_4x(p: Proof) -> None:
    ghash(p, 4, swapped)


@proof("gcm_init_neon", of=AWS_LC)
def gcm_init_neon(p: Proof) -> None:
    init_by_bytes(p)


@proof("gcm_gmult_neon", of=AWS_LC)
def gcm_gmult_neon(p: Proof) -> None:
    gmult_by_bytes(p)


@proof("gcm_ghash_neon", of=AWS_LC)
def gcm_ghash_neon(p: Proof) -> None:
    ghash_by_bytes(p)
