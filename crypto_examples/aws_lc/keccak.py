"""Keccak-f[1600] of AWS-LC: OpenSSL's code, s2n-bignum's scalar and SHA-3 code, and the dispatch between them."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.keccak import (
    Rounds,
    in_memory,
    s2n_four,
    s2n_in_memory,
    s2n_scalar,
    scalar_routine,
    vector_rounds,
)
from crypto_examples.wheels import AWS_LC


@proof("KeccakF1600_int", of=AWS_LC)
def KeccakF1600_int(p: Proof) -> None:
    scalar_routine(p)


@proof("KeccakF1600_hw", of=AWS_LC)
def KeccakF1600_hw(p: Proof) -> None:
    in_memory(p)
    p.uses(KeccakF1600_int)
    p.modifies(p.stack(176))


@proof("KeccakF1600", of=AWS_LC)
def KeccakF1600(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P, down all three paths."""
    A = in_memory(p)
    p.global_("OPENSSL_armcap_P", 32)
    p.uses(KeccakF1600_int)
    p.modifies(p.stack(176))
    s2n_scalar(p, A)
    vector_rounds(p, [A], "Lsha3_keccak_f1600_alt_loop", (26, 25, 29, 28, 27))


@proof("sha3_keccak_f1600", of=AWS_LC)
def sha3_keccak_f1600(p: Proof) -> None:
    s2n_scalar(p, *s2n_in_memory(p, stack=128))


@proof("sha3_keccak_f1600_alt", of=AWS_LC)
def sha3_keccak_f1600_alt(p: Proof) -> None:
    vector_rounds(p, s2n_in_memory(p), "Lsha3_keccak_f1600_alt_loop", (26, 25, 29, 28, 27))


@proof("sha3_keccak2_f1600", of=AWS_LC)
def sha3_keccak2_f1600(p: Proof) -> None:
    """Two states at once."""
    vector_rounds(p, s2n_in_memory(p, 2), "Lsha3_keccak2_f1600_loop", (26, 25, 29, 28, 27))


@proof("sha3_keccak4_f1600_alt", of=AWS_LC)
def sha3_keccak4_f1600_alt(p: Proof) -> None:
    """Four states: two in vectors, beside them first the third, then the fourth."""
    begin = Rounds(vectors=0x514, scalar=(0x1D8, 0x2CC, 0x388))
    loop = Rounds(vectors=0x860, scalar=(0x854, 0xA10, 0xB54))
    s2n_four(p, s2n_in_memory(p, 4, stack=224), "sha3_keccak4_f1600_alt", begin=begin, loop=loop)


@proof("sha3_keccak4_f1600_alt2", of=AWS_LC)
def sha3_keccak4_f1600_alt2(p: Proof) -> None:
    """The same, with instructions of SHA-3 for some of the steps in vectors."""
    begin = Rounds(vectors=0x238, scalar=(0x23C, 0x3B0, 0x4CC))
    loop = Rounds(vectors=0x770, scalar=(0x774, 0x8F8, 0xA14))
    s2n_four(p, s2n_in_memory(p, 4, stack=224), "sha3_keccak4_f1600_alt2", begin=begin, loop=loop)
