"""How blst's routines are given a modulus."""

from __future__ import annotations

from armsym.dsl import Bits, Proof

__all__ = ["given_modulus"]


def given_modulus(p: Proof, modulus: int, register: int, *, multiplies: bool) -> None:
    """The modulus at the address in X`register`, and in the next one, if `multiplies`, -1 / modulus modulo 2^64."""
    words = (modulus.bit_length() + 63) // 64
    region = p.region("p", 8 * words, access="r")
    for k, word in enumerate(Bits(64 * words, modulus).elems(64)):
        p.given(region, 8 * k, word)
    p.call(**{f"x{register}": region})
    if multiplies:
        p.call(**{f"x{register + 1}": pow(-modulus, -1, 2**64)})
