"""Keccak-f[1600] and the sponge of OpenSSL 4.0.3: general-purpose registers, and the SHA-3 extension.

The internal routines `KeccakF1600_int` and `KeccakF1600_ce` follow no calling convention: the state is
in their registers, callee-saved ones among them.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import in_memory, scalar_lanes, scalar_routine, vector_lanes, vector_routine
from crypto_examples.sponge import absorbs, squeezes
from crypto_examples.wheels import OPENSSL_4_0


@proof("KeccakF1600_int", of=OPENSSL_4_0)
def KeccakF1600_int(p: Proof) -> None:
    scalar_routine(p)


@proof("KeccakF1600_ce", of=OPENSSL_4_0)
def KeccakF1600_ce(p: Proof) -> None:
    vector_routine(p)


@proof("KeccakF1600", of=OPENSSL_4_0)
def KeccakF1600(p: Proof) -> None:
    in_memory(p)
    p.uses(KeccakF1600_int)
    p.modifies(p.stack(176))


@proof("KeccakF1600_cext", of=OPENSSL_4_0)
def KeccakF1600_cext(p: Proof) -> None:
    in_memory(p)
    p.uses(KeccakF1600_ce)
    p.modifies(p.stack(80))


@proof("SHA3_absorb", of=OPENSSL_4_0)
def SHA3_absorb(p: Proof) -> None:
    absorbs(p, lanes=scalar_lanes, cursor=27, left=28)
    p.uses(KeccakF1600_int)
    p.modifies(p.stack(192))


@proof("SHA3_absorb_cext", of=OPENSSL_4_0)
def SHA3_absorb_cext(p: Proof) -> None:
    absorbs(p, lanes=vector_lanes, cursor=1, left=2)
    p.uses(KeccakF1600_ce)
    p.modifies(p.stack(80))


@proof("SHA3_squeeze", of=OPENSSL_4_0)
def SHA3_squeeze(p: Proof) -> None:
    squeezes(p, lane=0, cursor=20, left=21, lanes_left=3)
    p.uses(KeccakF1600)
    p.modifies(p.stack(224))


@proof("SHA3_squeeze_cext", of=OPENSSL_4_0)
def SHA3_squeeze_cext(p: Proof) -> None:
    """It has no argument `next`, and relies on what KeccakF1600_cext leaves in X0 to X3: that code is followed."""
    squeezes(p, lane=9, cursor=1, left=2, lanes_left=10, may_begin=False)
    p.uses(KeccakF1600_ce)
    p.modifies(p.stack(96))
