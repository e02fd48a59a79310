"""What is not proved of the vector-permutation modes is refuted."""

from __future__ import annotations

import os

import pytest

from armsym.dsl import Proof
from armsym.elf import load
from armsym.proof.result import Status
from armsym.proof.run import prove
from armsym.wheels import WheelUnavailable
from crypto_examples.openssl.vpaes_modes import CORES
from crypto_examples.vpaes import DECRYPTION
from crypto_examples.vpaes_modes import ecb
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64


def test_ecb_decryption_of_an_odd_number_of_blocks_encrypts_the_first() -> None:
    """vpaes_ecb_decrypt calls _vpaes_encrypt_core for it, with the constants of decryption."""

    def odd(p: Proof) -> None:
        ecb(p, CORES, DECRYPTION, odd=(1,))

    try:
        image = load(OPENSSL_4_0.path())
    except WheelUnavailable as e:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(e))
    symbol = "vpaes_ecb_decrypt"
    r = prove(odd, name=symbol, image=image, symbol=symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "ensures"
