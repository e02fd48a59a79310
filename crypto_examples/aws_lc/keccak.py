"""Keccak-f[1600] of AWS-LC: OpenSSL's code, s2n-bignum's scalar and SHA-3 code, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import permutation, rounds, s2n_lanes, vector_lanes, word_lanes
from crypto_examples.wheels import AWS_LC


@proof("KeccakF1600_hw", of=AWS_LC)
def KeccakF1600_hw(p: Proof) -> None:
    f = permutation(p)
    p.modifies(p.stack(176))
    rounds(p, f, p.image.symbol("KeccakF1600_int").offset + 0x10, word_lanes)


@proof("KeccakF1600", of=AWS_LC)
def KeccakF1600(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down all three paths."""
    f = permutation(p)
    p.global_("OPENSSL_armcap_P", 32)
    p.modifies(p.stack(176))
    rounds(p, f, p.image.symbol("KeccakF1600_int").offset + 0x10, word_lanes)
    rounds(p, f, p.image.symbol("Lsha3_keccak_f1600_alt_loop").offset, vector_lanes)
    # The first round stands before the loop.
    rounds(p, f, p.image.symbol("Lsha3_keccak_f1600_loop").offset, s2n_lanes, first=1)
