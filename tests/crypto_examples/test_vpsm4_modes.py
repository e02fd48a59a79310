"""Defects of a chain and of counters, planted in OpenSSL's SM4 without its extension, are refuted."""

from __future__ import annotations

import pytest
from shipped import image_of, with_word

from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples.openssl import vpsm4
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64


@pytest.mark.wheels
@pytest.mark.parametrize(
    ("name", "offset", "before", "after"),
    [
        # mov v3, v7 becomes mov v3, v6: the next four blocks go on from the third ciphertext of these.
        ("vpsm4_cbc_encrypt", 0x7C0, 0x4EA71CE3, 0x4EA61CC3),
        # eor v5, v5, v4 becomes eor v5, v5, v5: a second block that depends on nothing.
        ("vpsm4_cbc_encrypt", 0x21C, 0x6E241CA5, 0x6E251CA5),
        # st1 {v5} becomes st1 {v4}: of two blocks the first is kept for the next call.
        ("vpsm4_cbc_decrypt", 0xD6C, 0x4C007885, 0x4C007884),
        # add w5, w5, #1 becomes #2: the fourth of eight counters is left out.
        ("vpsm4_ex_ctr32_encrypt_blocks", 0x29C, 0x110004A5, 0x110008A5),
    ],
)
def test_a_planted_defect_is_refuted(name: str, offset: int, before: int, after: int) -> None:
    d = getattr(vpsm4, name)
    image = with_word(image_of(OPENSSL_4_0), d.symbol, offset, before, after)
    r = prove(d, name=name, image=image, symbol=d.symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
