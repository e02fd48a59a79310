"""Keccak-f[1600] of OpenSSL 4.0.3: general-purpose registers, and the SHA-3 extension.

The internal routines `KeccakF1600_int` and `KeccakF1600_ce` follow no calling convention (the
state is in their registers, callee-saved ones among them): they are proved where they are called.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import general_registers, permutation, vectors
from crypto_examples.wheels import OPENSSL_4_0


@proof("KeccakF1600", of=OPENSSL_4_0)
def KeccakF1600(p: Proof) -> None:
    general_registers(p, permutation(p))
    p.modifies(p.stack(176))


@proof("KeccakF1600_cext", of=OPENSSL_4_0)
def KeccakF1600_cext(p: Proof) -> None:
    vectors(p, permutation(p), "KeccakF1600_ce", 0x3C, (29, 30, 31, 27, 28), skip=0x10)
    p.modifies(p.stack(80))
