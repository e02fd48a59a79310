"""Sums in the quadratic extension of BLS12-381's field, of blst: a number is a pair, x + y i with i^2 = -1.

Its products `mul_mont_384x` and `sqr_mont_384x` are not here: for the first the search for an argument did not
end in nine minutes, of the second in two.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from armsym.dsl import Claims, Integer, Proof, Region, State, congruent, proof
from crypto_examples.blst.modulus import given_modulus
from crypto_examples.wheels import BLST
from specs import bls12_381

P = bls12_381.p

Number = Integer | int
Pair = tuple[Number, Number]


def _parts(p: Proof, region: Region, s: State | None = None) -> Pair:
    """The parts of a pair, on entry or in a state."""
    words = region.words(64) if s is None else region.words(64, at=s)
    return p.integer(words[:6]), p.integer(words[6:])


def _both_below(rng: random.Random, _size: int) -> bytes:
    return b"".join(rng.randrange(P).to_bytes(48, "little") for _ in range(2))


def _pairs(p: Proof, operands: str, value: Callable[[Pair, Pair], Pair]) -> None:
    """`void f(uint64_t r[12], const uint64_t a[12], ..., const uint64_t p[6])`: r is `value` of the operands, reduced.

    The result may be stored where one operand is, or both, which is a case of its own.
    """
    shared = p.choice("in_place", range(2 ** len(operands)))
    regions: list[Region] = []
    for k in range(len(operands)):
        if k == 1 and shared == 3:
            regions.append(regions[0])
            continue
        regions.append(p.region(operands[k], 96, access="rw" if shared >> k & 1 else "r"))
        p.example(regions[k], _both_below)
    r = next((x for k, x in enumerate(regions) if shared >> k & 1), None) or p.region("r", 96, access="w")
    pairs = [_parts(p, x) for x in regions]
    for name, (x, y) in zip(operands, pairs, strict=True):
        p.assume(f"both parts of {name} are below the modulus", [x < P, y < P])
    p.call(x0=r, **{f"x{k}": x for k, x in enumerate(regions, 1)})
    given_modulus(p, P, len(operands) + 1, multiplies=False)
    p.modifies(r, p.stack(48))
    want = value(pairs[0], pairs[-1])

    @p.ensures
    def _(s: State) -> Claims:
        x, y = _parts(p, r, s)
        return {
            "first part": congruent(x, want[0], P),
            "second part": congruent(y, want[1], P),
            "reduced": [x < P, y < P],
        }


@proof("add_mod_384x", of=BLST)
def blst_add_mod_384x(p: Proof) -> None:
    _pairs(p, "ab", lambda a, b: (a[0] + b[0], a[1] + b[1]))


@proof("sub_mod_384x", of=BLST)
def blst_sub_mod_384x(p: Proof) -> None:
    _pairs(p, "ab", lambda a, b: (a[0] - b[0], a[1] - b[1]))


@proof("mul_by_1_plus_i_mod_384x", of=BLST)
def blst_mul_by_1_plus_i_mod_384x(p: Proof) -> None:
    _pairs(p, "a", lambda a, _: (a[0] - a[1], a[0] + a[1]))
