"""P-256's point routines with faults; what the claims say of points, by numbers; and their certificates."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from refusing import without_search
from shipped import image_of, with_word

import armsym.proof.cases
import armsym.proof.known
from armsym.integers.claims import Argument
from armsym.proof.concrete import ConcreteProof
from armsym.proof.engine import Budget
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.trials import concrete_stepper, run_trial
from crypto_examples.p256_points import some_point
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64
from specs.sp800_186 import P256, add, from_jacobian, negate

sys.path.append(str(Path(__file__).parents[1] / "integers"))
from checker import check

FILE = Path(__file__).resolve().parents[2] / "crypto_examples/openssl/p256_points.py"

pytestmark = pytest.mark.wheels

#: (routine, offset in it, what stands there, what is put there, why)
FAULTS = [
    ("point_double", 0xA4, "97ffff23", "97ffff24", "enters a routine one instruction late"),
    ("point_double", 0x148, "a9411fe6", "a94117e6", "a limb loaded elsewhere"),
    ("point_double", 0x188, "97ffff5a", "97ffff6e", "sub_morf for sub_from"),
    ("point_double", 0xC0, "aa0e03e8", "aa0f03e8", "a limb swapped"),
    ("point_add", 0x54, "da9f03f9", "da9f13f9", "EQ for NE in b's mask"),
    ("point_add", 0x160, "b500010e", "b400010e", "CBZ for CBNZ"),
    ("point_add", 0x160, "b500010e", "14000008", "never doubles"),
    ("point_add", 0x13C, "97fffef5", "97ffff09", "sub_morf for sub_from"),
    ("point_add", 0x154, "aa1b01ce", "8b1b01ce", "ADD for ORR"),
    ("point_add", 0x30C, "f100031f", "f100033f", "the other mask decides about Z"),
    ("point_add_affine", 0x78, "aa0a0108", "ca0a0108", "EOR for ORR"),
    ("point_add_affine", 0x70, "aa0b014a", "aa0a014a", "the last word of y is not looked at"),
    ("point_add_affine", 0x22C, "910002f7", "910082f7", "another constant for 1"),
]


def definition(routine: str) -> ProofDefinition:
    return next(d for d in discover(FILE) if d.symbol == f"ecp_nistz256_{routine}")


def proved(routine: str, change: tuple[int, str, str] | None = None) -> ProofResult:
    d = definition(routine)
    image = image_of(OPENSSL_4_0)
    if change:
        offset, before, after = change
        image = with_word(image, d.symbol, offset, int(before, 16), int(after, 16))
    return prove(d, name=d.name, image=image, symbol=d.symbol, isa=A64, budget=Budget(seconds=60, claim_ms=2000))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}: {f[-1]} at {f[1]:#x}")
def test_a_fault_is_not_proved(monkeypatch: pytest.MonkeyPatch, fault: tuple[str, int, str, str, str]) -> None:
    routine, offset, before, after, _ = fault
    without_search(monkeypatch)
    assert proved(routine, (offset, before, after)).status in (Status.REFUTED, Status.UNDECIDED)


@pytest.mark.parametrize("routine", ["point_double", "point_add_affine"])
def test_certificates(monkeypatch: pytest.MonkeyPatch, routine: str) -> None:
    """All arguments about integers are derived anew, the towers of products with them."""
    logs: list[list[list[Any]]] = []

    class Logged(Argument):
        def __init__(self, known: Any, asked: Any, *, name_factors: bool = False) -> None:
            logs.append([])
            super().__init__(known, asked, logs[-1], name_factors=name_factors)

    for module in (armsym.proof.known, armsym.proof.cases):
        monkeypatch.setattr(module, "Argument", Logged)
    assert proved(routine).status is Status.PROVED
    told: list[list[list[Any]]] = json.loads(json.dumps(logs))
    assert sum(len(check(log)) for log in told) > 40
    transfers = [(log, k) for log in told for k, r in enumerate(log) if r[0] == "transfer" and r[6]]
    assert transfers
    for log, k in random.Random(2).sample(transfers, 4):
        wrong = json.loads(json.dumps(log[: k + 1]))
        wrong[k][6][0][0][0][1] += 1
        with pytest.raises(AssertionError):
            check(wrong)


def test_runs_meet_every_case() -> None:
    """Examples are points, of which some are equal, opposite or infinity; the sum is SP 800-186's."""
    d = definition("point_add")
    routine = Routine(image_of(OPENSSL_4_0), A64, d.symbol)
    met = set()
    for seed in range(60):
        p = ConcreteProof(routine, seed, seed, 0)
        d(p)
        t = run_trial(p, concrete_stepper)
        assert not t.rejected
        assert t.violation is None
        assert t.final is not None
        inverse = pow(2**256, -1, P256.p)
        regions = {r.name: bytes(r.data) for r in [*t.regions, *t.final.memory.regions]}  # type: ignore[attr-defined]

        def point(name: str, regions: dict[str, bytes] = regions, inverse: int = inverse) -> Any:
            data = regions[name]
            x, y, z = (int.from_bytes(data[k : k + 32], "little") * inverse % P256.p for k in (0, 32, 64))
            return from_jacobian(P256, (x, y, z))

        a, b = point("a"), point("b")
        kinds = {None, P256.G, negate(P256, P256.G)}
        if a not in kinds or b not in kinds:
            continue  # coordinates of no point: the claims are about any
        assert point("r") == add(P256, a, b)
        met.add((a is None, b is None, a == b, a is not None and a == negate(P256, b)))
    assert met == {
        (True, True, True, False),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
    }


def test_examples_are_reduced() -> None:
    rng = random.Random(3)
    for _ in range(100):
        for n in (2, 3):
            data = some_point(rng, 32 * n)
            assert all(int.from_bytes(data[k : k + 32], "little") < P256.p for k in range(0, 32 * n, 32))
