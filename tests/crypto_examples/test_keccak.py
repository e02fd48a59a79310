"""The functions that the proofs of Keccak speak of are those of FIPS 202; what squeezing leaves out, and why."""

import hashlib
import random
from collections.abc import Callable

import pytest
from shipped import image_of

from armsym.bits import Bits
from armsym.dsl import Proof, Words, ite
from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples import sponge
from crypto_examples.keccak import KECCAK_F
from crypto_examples.openssl.keccak import SHA3_squeeze_cext
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


@pytest.mark.parametrize(("name", "rate"), [("shake_128", 168), ("shake_256", 136)])
def test_lanes_one_by_one_are_those_of_hashlib(name: str, rate: int) -> None:
    """What squeezing is said to make, of the state after the padded empty message: four blocks and a lane."""
    block = bytearray(200)
    block[0], block[rate - 1] = 0x1F, 0x80  # suffix 1111, pad10*1
    S = KECCAK_F([Bits(64, int.from_bytes(block[8 * k : 8 * k + 8], "little")) for k in range(25)])
    step, here, found = sponge.lane_by_lane(Bits(5, rate // 8)), Words([*S, Bits(5, 0)]), b""
    while len(found) < 4 * rate + 8:
        found += here[here[25].uint].uint.to_bytes(8, "little")
        here = step(here, Words())
    assert found == getattr(hashlib, name)(b"").digest(4 * rate + 8)


RIGHT = sponge.lane_by_lane


def _late(lanes: Bits) -> Callable[[Words, Words], Words]:
    return RIGHT(lanes + 1)


def _never(lanes: Bits) -> Callable[[Words, Words], Words]:
    def step(before: Words, _: Words) -> Words:
        k = before[25] + 1
        return Words([*before[:25], ite(k == lanes, Bits(5, 0), k)])

    return step


def _twice(lanes: Bits) -> Callable[[Words, Words], Words]:
    def step(before: Words, _: Words) -> Words:
        k = before[25] + 1
        other = zip(KECCAK_F(KECCAK_F(before[:25])), before[:25], strict=True)
        return Words([*(ite(k == lanes, a, b) for a, b in other), ite(k == lanes, Bits(5, 0), k)])

    return step


@pytest.mark.parametrize("wrong", [_late, _never, _twice])
def test_squeezing_otherwise_is_not_proved(
    wrong: Callable[[Bits], Callable[[Words, Words], Words]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A permutation one lane late, none, and two: the proof itself is among those of `crypto_examples`."""
    monkeypatch.setattr(sponge, "lane_by_lane", wrong)
    r = prove(SHA3_squeeze_cext, name="wrong", image=image_of(OPENSSL_4_0), symbol="SHA3_squeeze_cext", isa=A64)
    assert r.status is Status.REFUTED
