"""What is stated of AWS-LC's ChaCha20-Poly1305 is what RFC 8439 says: the code's results, which meet it, are those."""

from __future__ import annotations

import pytest
from shipped import image_of

from armsym.dsl import ProofDefinition
from armsym.memory import ConcreteMemory
from armsym.proof.concrete import ConcreteProof, Trial
from armsym.proof.inputs import InputValues
from armsym.proof.loops import Routine
from armsym.proof.trials import concrete_stepper, run_trial
from crypto_examples.aws_lc.chacha20_poly1305 import (
    chacha20_poly1305_open_short,
    chacha20_poly1305_open_short_in_place,
    chacha20_poly1305_seal_short,
    chacha20_poly1305_seal_short_in_place,
)
from crypto_examples.aws_lc.chacha20_poly1305_long import (
    chacha20_poly1305_open_middle,
    chacha20_poly1305_open_middle_in_place,
    chacha20_poly1305_seal_long,
    chacha20_poly1305_seal_long_in_place,
    chacha20_poly1305_seal_middle,
    chacha20_poly1305_seal_middle_in_place,
)
from crypto_examples.wheels import AWS_LC
from semantics import A64
from specs.chacha20_poly1305 import aead_decrypt, aead_encrypt

#: Whole blocks of the message and bytes more, and the same of additional data.
LENGTHS = [(0, 0, 0, 0), (0, 1, 0, 15), (4, 0, 1, 0), (7, 15, 2, 1), (8, 0, 0, 3)]

#: What AWS-LC's callers hand on: `union chacha20_poly1305_seal_data` and `union chacha20_poly1305_open_data`.
SEALED, OPENED = 64, 48


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize(
    ("d", "size"),
    [
        (chacha20_poly1305_seal_short, SEALED),
        (chacha20_poly1305_seal_short_in_place, SEALED),
        (chacha20_poly1305_open_short, OPENED),
        (chacha20_poly1305_open_short_in_place, OPENED),
    ],
    ids=lambda v: v.name if isinstance(v, ProofDefinition) else str(v),
)
def test_results_are_those_of_the_standard(d: ProofDefinition, size: int, lengths: tuple[int, ...]) -> None:
    numbers = dict(zip(("blocks", "rest", "ad_blocks", "ad_rest"), lengths, strict=True))
    _check_results(d, size, numbers, 16 * lengths[0] + lengths[1])


@pytest.mark.parametrize("length", [129, 144, 191, 192, 255, 256])
@pytest.mark.parametrize(
    "d", [chacha20_poly1305_seal_middle, chacha20_poly1305_seal_middle_in_place], ids=lambda d: d.name
)
def test_of_129_to_256_bytes(d: ProofDefinition, length: int) -> None:
    numbers = {"blocks": length // 16, "rest": length % 16, "ad_blocks": 1, "ad_rest": 3}
    _check_results(d, SEALED, numbers, length)


@pytest.mark.parametrize("length", [129, 144, 159, 160, 191])
@pytest.mark.parametrize(
    "d", [chacha20_poly1305_open_middle, chacha20_poly1305_open_middle_in_place], ids=lambda d: d.name
)
def test_opening_129_to_191_bytes(d: ProofDefinition, length: int) -> None:
    numbers = {"blocks": length // 16, "rest": length % 16, "ad_blocks": 2, "ad_rest": 0}
    _check_results(d, OPENED, numbers, length)


@pytest.mark.parametrize("length", [257, 320, 575, 576, 577, 640, 896, 897, 1217, 1600])
@pytest.mark.parametrize("d", [chacha20_poly1305_seal_long, chacha20_poly1305_seal_long_in_place], ids=lambda d: d.name)
def test_of_more_than_256_bytes(d: ProofDefinition, length: int) -> None:
    """Of every length there is one number of turns, after which 1 to 320 bytes are left."""
    turns = (length - 257) // 320
    left = length - 256 - 320 * turns
    numbers = {"turns": turns, "left": left // 16, "rest": left % 16, "ad_blocks": 0, "ad_rest": 5}
    _check_results(d, SEALED, numbers, length)


@pytest.mark.parametrize(
    ("d", "numbers"),
    [
        (chacha20_poly1305_seal_middle, {"blocks": 8, "rest": 0}),
        (chacha20_poly1305_seal_middle, {"blocks": 16, "rest": 1}),
        (chacha20_poly1305_open_middle, {"blocks": 8, "rest": 0}),
        (chacha20_poly1305_seal_long, {"turns": 0, "left": 0, "rest": 0}),
        (chacha20_poly1305_seal_long, {"turns": 0, "left": 20, "rest": 1}),
    ],
    ids=lambda v: v.name if isinstance(v, ProofDefinition) else str(v),
)
def test_other_lengths_are_no_inputs(d: ProofDefinition, numbers: dict[str, int]) -> None:
    assert _run(d, {**numbers, "ad_blocks": 0, "ad_rest": 0}).rejected


def _run(d: ProofDefinition, numbers: dict[str, int]) -> Trial:
    # (The counter is 0.)
    p = ConcreteProof(
        Routine(image_of(AWS_LC), A64, d.symbol), 1, 1, 0, InputValues(numbers, {"data": [(32, bytes(4))]})
    )
    d.fn(p)
    return run_trial(p, concrete_stepper)


def _check_results(d: ProofDefinition, size: int, numbers: dict[str, int], length: int) -> None:
    t = _run(d, numbers)
    assert not t.rejected
    assert t.violation is None
    assert t.final is not None
    memory = t.final.memory
    assert isinstance(memory, ConcreteMemory)
    before, after = ({r.name: bytes(r.data) for r in regions} for regions in (t.regions, memory.regions))
    assert len(before["data"]) == size
    key, nonce = before["data"][:32], before["data"][36:48]
    # A region of no bytes is in no memory.
    in_, out = ("buffer", "buffer") if d.name.endswith("in_place") else ("in_", "out")
    of = aead_encrypt if d.symbol.endswith("seal") else aead_decrypt
    text, tag = of(key, nonce, before.get(in_, b""), before.get("ad", b""))
    assert after.get(out, b"") == text
    assert len(text) == length
    assert after["data"][:16] == tag
