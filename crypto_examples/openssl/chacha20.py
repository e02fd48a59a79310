"""ChaCha20 of OpenSSL 4.0.3: scalar, Advanced SIMD, and the dispatch between them.

`ChaCha20_ctr32_dflt` is the scalar code, but for messages of 192 bytes and more where the core has Advanced
SIMD; the SIMD routines finish in each other's code.
"""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.chacha20 import ChaCha20
from crypto_examples.wheels import OPENSSL_4_0


def _scalar(p: Proof, *, in_place: bool = False) -> None:
    c = ChaCha20(p, in_place=in_place)
    neon = p.global_("OPENSSL_armcap_P", 32)
    p.assume("no Advanced SIMD", neon[0] == 0)
    p.modifies(p.stack(160))
    one, tail = p.routine.loops("ChaCha20_ctr32_dflt")
    c.scalar_loop(one)
    c.tail_loop(tail)


def _simd(c: ChaCha20) -> None:
    """All the code there is, from whichever routine it is entered."""
    p = c.p
    p.modifies(p.stack(288))
    one, tail = p.routine.loops("ChaCha20_ctr32_dflt")
    five, five_tail = p.routine.loops("ChaCha20_neon")
    (eight,) = p.routine.loops("ChaCha20_512_neon")
    c.scalar_loop(one)
    c.by_five(five)
    c.in_rows(eight, step=8, registers=range(3, 7), first=2)
    c.carry(eight.head + 0x7C8)
    c.tail_loop(tail)
    c.tail_loop(five_tail)


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt_scalar(p: Proof) -> None:
    _scalar(p)


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt_scalar_in_place(p: Proof) -> None:
    _scalar(p, in_place=True)


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P."""
    p.global_("OPENSSL_armcap_P", 32)
    _simd(ChaCha20(p))


@proof("ChaCha20_ctr32_dflt", of=OPENSSL_4_0)
def ChaCha20_ctr32_dflt_in_place(p: Proof) -> None:
    """For every value of OPENSSL_armcap_P."""
    p.global_("OPENSSL_armcap_P", 32)
    _simd(ChaCha20(p, in_place=True))


@proof("ChaCha20_neon", of=OPENSSL_4_0)
def ChaCha20_neon(p: Proof) -> None:
    _simd(ChaCha20(p))


@proof("ChaCha20_neon", of=OPENSSL_4_0)
def ChaCha20_neon_in_place(p: Proof) -> None:
    _simd(ChaCha20(p, in_place=True))


@proof("ChaCha20_512_neon", of=OPENSSL_4_0)
def ChaCha20_512_neon(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    _simd(ChaCha20(p, low=512))


@proof("ChaCha20_512_neon", of=OPENSSL_4_0)
def ChaCha20_512_neon_in_place(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    _simd(ChaCha20(p, low=512, in_place=True))
