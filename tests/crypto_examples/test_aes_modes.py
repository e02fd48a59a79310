"""What the proofs of AES modes leave out is left out for a reason; and a defect of an older release is found."""

from __future__ import annotations

import pytest
from shipped import image_of

from armsym.dsl import Bits, Proof
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.wheels import Wheel
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT
from crypto_examples.openssl.aes_modes import aes_v8_ctr32_encrypt_blocks_unroll12_eor3 as ctr_by_twelve
from crypto_examples.wheels import AWS_LC, OPENSSL_3_4, OPENSSL_4_0
from semantics import A64


def answer(wheel: Wheel, symbol: str, size: int, low: int, high: int) -> ProofResult:
    """Of the claim that buffers of `size` * n bytes will do where X2 = n, for low <= n <= high."""
    image = image_of(wheel)

    def enough(p: Proof) -> None:
        n = p.nat("n", low=low, high=high)
        in_, out = p.region("in_", size * n, access="r"), p.region("out", size * n, access="rw")
        key, ivec = p.region("key", KEY_BYTES, access="r"), p.region("ivec", 16, access="rw")
        p.given(key, ROUNDS_AT, Bits(32, 10))
        ecb = "ecb" in symbol
        p.call(x0=in_, x1=out, x2=n, x3=key, **({"w4": 1} if ecb else {"x4": ivec, "w5": 1}))
        p.modifies(out, ivec, p.stack(16))
        p.ensures(lambda s: {"SP": s.sp == s.sp})

    return prove(enough, name=symbol, image=image, symbol=symbol, isa=A64)


@pytest.mark.parametrize(
    ("wheel", "symbol"),
    [(OPENSSL_4_0, "aes_v8_ecb_encrypt"), (OPENSSL_4_0, "aes_v8_cbc_encrypt"), (AWS_LC, "aes_hw_cbc_encrypt")],
)
def test_lengths_of_17_to_31_read_32_bytes(wheel: Wheel, symbol: str) -> None:
    short = answer(wheel, symbol, 1, 17, 31)
    assert short.status is Status.REFUTED
    assert short.counterexample is not None
    assert short.counterexample.kind == "memory"
    assert "load" in short.counterexample.detail
    assert answer(wheel, symbol, 1, 0, 16).counterexample is None
    assert answer(wheel, symbol, 1, 32, 40).counterexample is None


def test_ctr_of_openssl_of_no_blocks_goes_beyond() -> None:
    none = answer(OPENSSL_4_0, "aes_v8_ctr32_encrypt_blocks", 16, 0, 0)
    assert none.status is Status.REFUTED
    assert none.counterexample is not None
    assert none.counterexample.kind == "memory"
    assert answer(OPENSSL_4_0, "aes_v8_ctr32_encrypt_blocks", 16, 1, 3).counterexample is None


def test_ctr_of_openssl_3_4_loses_d15() -> None:
    """It was reported as https://github.com/openssl/openssl/issues/26466: `ldp d15, d16` for `ldp d14, d15`."""
    symbol = ctr_by_twelve.symbol
    r = prove(ctr_by_twelve, name=symbol, image=image_of(OPENSSL_3_4), symbol=symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert (r.counterexample.kind, r.counterexample.claim) == ("abi", "d15 is preserved")
