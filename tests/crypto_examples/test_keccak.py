"""The functions that the proofs of Keccak speak of are those of FIPS 202."""

import random

from armsym.bits import Bits
from crypto_examples.keccak import KECCAK_F
from specs import sha3


def test_half_rounds_make_keccak_f() -> None:
    rng = random.Random(1)
    for _ in range(3):
        S = [Bits(64, rng.getrandbits(64)) for _ in range(25)]
        got = [w.uint for w in KECCAK_F(S)]
        assert got == [w.uint for w in sha3.lanes_of(sha3.keccak_f(sha3.state_of(S)))]
