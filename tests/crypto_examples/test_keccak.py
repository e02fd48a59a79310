"""The functions that the proofs of Keccak speak of are those of FIPS 202; what squeezing leaves out, and why."""

import random

import pytest
from shipped import image_of

from armsym.bits import Bits
from armsym.dsl import Proof
from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples.keccak import KECCAK_F
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64
from specs import sha3


def test_half_rounds_make_keccak_f() -> None:
    rng = random.Random(1)
    for _ in range(3):
        S = [Bits(64, rng.getrandbits(64)) for _ in range(25)]
        got = [w.uint for w in KECCAK_F(S)]
        assert got == [w.uint for w in sha3.lanes_of(sha3.keccak_f(sha3.state_of(S)))]


@pytest.mark.parametrize("symbol", ["SHA3_squeeze", "SHA3_squeeze_cext"])
def test_squeezing_no_bytes_writes_some(symbol: str) -> None:
    """Why the proofs begin at one byte: for none the code stores bytes all the same.  Its callers return before."""
    image = image_of(OPENSSL_4_0)

    def nothing(p: Proof) -> None:
        n = p.nat("n", high=0)
        A, out = p.region("A", 200, access="rw"), p.region("out", n, access="rw")
        p.call(x0=A, x1=out, x2=n, x3=72, w4=0)
        p.modifies(A, out, p.stack(64))
        p.ensures(lambda s: {"SP": s.sp == s.sp})

    r = prove(nothing, name=symbol, image=image, symbol=symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "memory"
    assert "store" in r.counterexample.detail
