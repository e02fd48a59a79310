"""Defects of a chain, of counters and of tweaks, planted in OpenSSL's SM4 without its extension, are refuted."""

from __future__ import annotations

import pytest
from shipped import image_of, with_word

from armsym.dsl import Proof, proof
from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples.openssl import vpsm4
from crypto_examples.sm4_cores import LOOKED_UP
from crypto_examples.vpsm4_xts import xts
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
        # eor v4, v4, v10 becomes eor v4, v4, v9: the completed block has the tweak of the one before.
        ("vpsm4_xts_encrypt", 0xD50, 0x6E2A1C84, 0x6E291C84),
        # eor v4, v4, v18 becomes eor v4, v4, v17: the same with the S-box of AES.
        ("vpsm4_ex_xts_encrypt_gb", 0xC80, 0x6E321C84, 0x6E311C84),
        ("vpsm4_ex_xts_encrypt_in_place", 0xC28, 0x6E321C84, 0x6E311C84),
        # ldrb w8, [x0, x29] becomes ldrb w8, [x26, x29]: the block before gets its own bytes back.
        ("vpsm4_ex_xts_decrypt_in_place", 0xA60, 0x387D6808, 0x387D6B48),
        # mov v3, v7 becomes mov v3, v6: the same with the S-box of AES.
        ("vpsm4_ex_cbc_encrypt", 0x708, 0x4EA71CE3, 0x4EA61CC3),
        # b.eq becomes b: decryption takes the last two tweaks in the order of encryption.
        ("vpsm4_xts_decrypt", 0x94C, 0x54000080, 0x14000004),
    ],
)
def test_a_planted_defect_is_refuted(name: str, offset: int, before: int, after: int) -> None:
    d = getattr(vpsm4, name)
    image = with_word(image_of(OPENSSL_4_0), d.symbol, offset, before, after)
    r = prove(d, name=name, image=image, symbol=d.symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None


@pytest.mark.wheels
@pytest.mark.parametrize("encrypt", [True, False])
def test_xts_of_gb_t_17964_is_refuted_from_eight_blocks_on(encrypt: bool) -> None:
    """OpenSSL 4.0.3 turns the bits of eight tweaks round before the blocks are encrypted, and not after."""

    def claims(p: Proof) -> None:
        xts(p, LOOKED_UP, encrypt=encrypt, reflected=True)

    d = proof("vpsm4_xts_encrypt_gb", of=OPENSSL_4_0)(claims)
    r = prove(d, name=d.name, image=image_of(OPENSSL_4_0), symbol=d.symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert int(r.counterexample.inputs["n"], 0) >= 8
