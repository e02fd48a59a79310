"""XTS and the GCM kernels with one word changed are refuted, and so is the XTS decryption of an older release."""

from __future__ import annotations

import pytest
from shipped import image_of, with_word

from armsym.proof.registry import ProofDefinition
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from crypto_examples.openssl.aes_gcm import PROOFS
from crypto_examples.openssl.aes_xts import aes_v8_xts_decrypt, aes_v8_xts_encrypt
from crypto_examples.wheels import OPENSSL_3_1, OPENSSL_4_0
from semantics import A64


def broken(d: ProofDefinition, offset: int, before: int, after: int) -> ProofResult:
    """The answer of a proof where one word of the routine is another."""
    changed = with_word(image_of(OPENSSL_4_0), d.symbol, offset, before, after)
    return prove(d, name=d.name, image=changed, symbol=d.symbol, isa=A64)


#: proof, offset, the word there, the word put there, the kind of obligation that fails
REFUTED = {
    "another polynomial": (aes_v8_xts_encrypt, 0x178, 0x528010F3, 0x528010D3, "ensures"),
    "bytes exchanged with themselves": (aes_v8_xts_encrypt, 0x820, 0x383569AF, 0x383569AE, "ensures"),
    "one byte more exchanged": (aes_v8_xts_encrypt, 0x828, 0x54FFFF6C, 0x54FFFF6A, "ensures"),
    "the tweaks of the last two in the order of encryption": (
        aes_v8_xts_decrypt,
        0x878,
        0x6E281F5A,
        0x6E261F5A,
        "ensures",
    ),
    "the last whole block done too early": (aes_v8_xts_decrypt, 0x208, 0xF1004042, 0xF1000042, "memory"),
    "the counter not written back": (PROOFS["aes_gcm_dec_128_kernel"], 0x970, 0xB9000E09, 0xD503201F, "ensures"),
    "H^3 for H^4": (PROOFS["aes_gcm_dec_128_kernel"], 0x334, 0x4EEFE089, 0x4EEEE089, "ensures"),
    "the hash of the plaintext": (PROOFS["aes_gcm_enc_128_kernel"], 0x824, 0x4E2008A4, 0x4E200884, "ensures"),
    "the hash not stored": (PROOFS["aes_gcm_enc_128_kernel"], 0x99C, 0x4C00706B, 0xD503201F, "ensures"),
    "a length of one block less": (PROOFS["aes_gcm_enc_128_kernel"], 0x998, 0xAA0F03E0, 0xAA0503E0, "ensures"),
}


@pytest.mark.parametrize("bug", REFUTED)
def test_bug_is_refuted(bug: str) -> None:
    d, offset, before, after, kind = REFUTED[bug]
    r = broken(d, offset, before, after)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == kind


def test_xts_of_openssl_3_1_reads_past_the_input() -> None:
    """CVE-2023-1255: where four blocks are left of five, a block beyond the last is loaded."""
    d = aes_v8_xts_decrypt
    r = prove(d, name=d.name, image=image_of(OPENSSL_3_1), symbol=d.symbol, isa=A64)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "memory"
    assert (r.counterexample.inputs["n"], r.counterexample.inputs["rest"]) == ("9", "0")
    assert "aes_v8_xts_decrypt+0x594" in r.counterexample.detail
