"""What is not proved of the vector-permutation modes is refuted."""

from __future__ import annotations

from shipped import image_of

from armsym.dsl import Proof
from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples.openssl.vpaes_modes import CORES
from crypto_examples.vpaes import DECRYPTION
from crypto_examples.vpaes_modes import ecb
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64


def test_ecb_decryption_of_an_odd_number_of_blocks_encrypts_the_first() -> None:
    """vpaes_ecb_decrypt calls _vpaes_encrypt_core for it, with the constants of decryption."""

    def odd(p: Proof) -> None:
        ecb(p, CORES, DECRYPTION, odd=(1,))

    image = image_of(OPENSSL_4_0)
    symbol = "vpaes_ecb_decrypt"
    r = prove(odd, name=symbol, image=image, symbol=symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "ensures"
