"""Proofs that are declared again of another library's routines are proofs of that library."""

from __future__ import annotations

from pathlib import Path

import pytest

from armsym.proof.registry import discover
from armsym.wheels import Wheel
from crypto_examples.aws_lc import sha2
from crypto_examples.ring.names import PREFIX
from crypto_examples.wheels import AWS_LC, BORINGSSL, RING

ROOT = Path(__file__).resolve().parents[2] / "crypto_examples"


@pytest.mark.parametrize(("folder", "of", "prefix"), [("boringssl", BORINGSSL, ""), ("ring", RING, PREFIX)])
def test_what_is_declared_again(folder: str, of: Wheel, prefix: str) -> None:
    found = list(discover(ROOT / folder))
    assert {d.of for d in found} == {of}
    assert {Path(d.file).parent.name for d in found} == {folder}
    # (What is local to ring's objects has no prefix.)
    assert {d.symbol for d in found if not d.symbol.startswith(prefix)} <= {
        "ChaCha20_512_neon",
        "_vpaes_encrypt_2x",
        "_vpaes_encrypt_core",
    }
    (again,) = (d for d in found if d.name == "sha256_block_data_order_hw")
    assert again.symbol == f"{prefix}sha256_block_data_order_hw"
    assert again.fn is sha2.sha256_block_data_order_hw.fn


def test_first_proofs_stay_as_they_are() -> None:
    assert sha2.sha256_block_data_order_hw.of is AWS_LC
    assert {d.of for d in discover(ROOT / "aws_lc" / "sha2.py")} == {AWS_LC}
