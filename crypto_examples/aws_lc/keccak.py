"""Keccak-f[1600] of AWS-LC: OpenSSL's code, s2n-bignum's scalar and SHA-3 code, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import general_registers, permutation, s2n_scalar, vectors
from crypto_examples.wheels import AWS_LC


@proof("KeccakF1600_hw", of=AWS_LC)
def KeccakF1600_hw(p: Proof) -> None:
    general_registers(p, permutation(p))
    p.modifies(p.stack(176))


@proof("KeccakF1600", of=AWS_LC)
def KeccakF1600(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down all three paths."""
    f = permutation(p)
    p.global_("OPENSSL_armcap_P", 32)
    p.modifies(p.stack(176))
    general_registers(p, f)
    s2n_scalar(p, f)
    vectors(p, f, "Lsha3_keccak_f1600_alt_loop", 0x3C, (26, 25, 29, 28, 27))
