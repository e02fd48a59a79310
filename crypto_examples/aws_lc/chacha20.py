"""ChaCha20 of AWS-LC: scalar, and Advanced SIMD, which finishes in the scalar code."""

from __future__ import annotations

from armsym.dsl import Proof, proof
from crypto_examples.chacha20 import ChaCha20
from crypto_examples.wheels import AWS_LC


def _scalar(p: Proof, *, in_place: bool = False) -> None:
    c = ChaCha20(p, in_place=in_place)
    p.modifies(p.stack(160))
    one, tail = p.routine.loops()
    c.scalar_loop(one)
    c.tail_loop(tail)


def _simd(c: ChaCha20) -> None:
    """All the code there is, from whichever routine it is entered."""
    p = c.p
    p.modifies(p.stack(288))
    one, tail = p.routine.loops("ChaCha20_ctr32_nohw")
    four, four_tail = p.routine.loops("ChaCha20_ctr32_neon")
    (eight,) = p.routine.loops("ChaCha20_512_neon")
    c.scalar_loop(one)
    c.in_rows(four, step=4, registers=range(27, 30), first=1)
    c.in_rows(eight, step=8, registers=range(27, 31), first=2)
    c.carry(eight.head + 0x7F4)
    c.tail_loop(tail)
    c.tail_loop(four_tail)


@proof("ChaCha20_ctr32_nohw", of=AWS_LC)
def ChaCha20_ctr32_nohw(p: Proof) -> None:
    _scalar(p)


@proof("ChaCha20_ctr32_nohw", of=AWS_LC)
def ChaCha20_ctr32_nohw_in_place(p: Proof) -> None:
    _scalar(p, in_place=True)


@proof("ChaCha20_ctr32_neon", of=AWS_LC)
def ChaCha20_ctr32_neon(p: Proof) -> None:
    _simd(ChaCha20(p))


@proof("ChaCha20_ctr32_neon", of=AWS_LC)
def ChaCha20_ctr32_neon_in_place(p: Proof) -> None:
    _simd(ChaCha20(p, in_place=True))


@proof("ChaCha20_512_neon", of=AWS_LC)
def ChaCha20_512_neon(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    _simd(ChaCha20(p, low=512))


@proof("ChaCha20_512_neon", of=AWS_LC)
def ChaCha20_512_neon_in_place(p: Proof) -> None:
    """For 512 bytes and more; its callers see to that."""
    _simd(ChaCha20(p, low=512, in_place=True))
