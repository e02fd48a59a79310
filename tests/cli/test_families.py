"""bench/families.py: every proof belongs to a family, and a figure above its target is shown as such."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from armsym.proof.registry import discover

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import families  # noqa: E402


def test_every_proof_has_a_family() -> None:
    names = [d.name for d in discover(ROOT / "crypto_examples")]
    assert [n for n in names if families.family_of(n)[0] == "other"] == []


@pytest.mark.parametrize(
    ("proof", "family"),
    [
        ("KeccakF1600_int", ("Keccak-f", 1.0)),
        ("aes_v8_set_decrypt_key_bad_arguments", ("AES key schedule", 10.0)),
        ("aes_hw_encrypt_in_place", ("AES block", 0.5)),
        ("vpaes_encrypt", ("AES block", 0.5)),
        ("aes_v8_cbc_decrypt_in_place", ("AES modes", 10.0)),
        ("ChaCha20_ctr32_dflt", ("ChaCha20, scalar", 1.0)),
        ("ChaCha20_512_neon", ("ChaCha20, NEON", 10.0)),
        ("gcm_gmult_v8", ("GHASH, one product", 0.5)),
        ("gcm_ghash_v8_4x", ("GHASH", 30.0)),
    ],
)
def test_targets(proof: str, family: tuple[str, float]) -> None:
    """The targets of the issue that asked for these families."""
    assert families.family_of(proof) == family


def test_a_figure_above_its_target_stands_out() -> None:
    fast = families.Figure("GHASH", "openssl", "a", "proved", 3.0, 30.0)
    slow = families.Figure("GHASH", "openssl", "b", "proved", 45.0, 30.0)
    plain = families.Figure("SHA-1", "openssl", "c", "proved", 1.0, None)
    rows = families.table([plain, slow, fast]).splitlines()[2:]
    assert [r.split("|")[-2].strip() for r in rows] == ["**1.50**", "0.10", ""]
