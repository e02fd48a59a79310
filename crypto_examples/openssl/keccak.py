"""Keccak-f[1600] of OpenSSL 4.0.3: general-purpose registers, and the SHA-3 extension.

The internal routines `KeccakF1600_int` and `KeccakF1600_ce` keep no calling convention (the
state is in their registers, callee-saved ones among them): they are proved where they are called.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import permutation, rounds, vector_lanes, word_lanes
from crypto_examples.wheels import OPENSSL_4_0


@proof("KeccakF1600", of=OPENSSL_4_0)
def KeccakF1600(p: Proof) -> None:
    f = permutation(p)
    p.modifies(p.stack(176))
    rounds(p, f, p.image.symbol("KeccakF1600_int").offset + 0x10, word_lanes)


@proof("KeccakF1600_cext", of=OPENSSL_4_0)
def KeccakF1600_cext(p: Proof) -> None:
    f = permutation(p)
    p.modifies(p.stack(80))
    rounds(p, f, p.image.symbol("KeccakF1600_ce").offset + 0x10, vector_lanes)
