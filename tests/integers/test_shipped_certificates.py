"""Certificates of proofs of shipped routines, checked by what knows nothing of armsym."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from checker import check
from shipped import fetching

import armsym.integers.alike
import armsym.proof.known
from armsym.elf import load
from armsym.integers.claims import Argument
from armsym.proof.engine import Budget
from armsym.proof.result import Status
from armsym.proof.run import prove
from crypto_examples.aws_lc.mlkem import mlkem_poly_tomont
from crypto_examples.p256 import field
from crypto_examples.wheels import AWS_LC, OPENSSL_4_0
from semantics import A64

pytestmark = pytest.mark.wheels


def certificates(patch: pytest.MonkeyPatch, fn: Any, symbol: str, path: Path) -> list[list[list[Any]]]:
    """The logs of all arguments of a proof, which is proved."""
    logs: list[list[list[Any]]] = []

    class Logged(Argument):
        def __init__(self, known: Any, asked: Any, *, name_factors: bool = False) -> None:
            logs.append([])
            super().__init__(known, asked, logs[-1], name_factors=name_factors)

    patch.setattr(armsym.proof.known, "Argument", Logged)
    # Each claim by itself, not one of those that are alike.
    patch.setattr(armsym.integers.alike, "LEAST", 1 << 30)
    r = prove(fn, name=symbol, image=load(str(path)), symbol=symbol, isa=A64, budget=Budget(seconds=120))
    assert r.status is Status.PROVED
    told: list[list[list[Any]]] = json.loads(json.dumps(logs))
    return [log for log in told if log]


@pytest.mark.parametrize(
    ("fn", "symbol", "of", "claims"),
    [
        (field("mul_mont"), "ecp_nistz256_mul_mont", OPENSSL_4_0, 2),
        (mlkem_poly_tomont, "mlkem_poly_tomont_aarch64_asm", AWS_LC, 512),
    ],
)
def test_a_shipped_routine(monkeypatch: pytest.MonkeyPatch, fn: Any, symbol: str, of: Any, claims: int) -> None:
    """All claims about integers are in the certificate; and whatever number of it is changed, it is refused."""
    with fetching():
        path = of.path()
    logs = certificates(monkeypatch, fn, symbol, path)
    assert sum(len(check(log)) for log in logs) >= claims
    rng = random.Random(1)
    log = max(logs, key=len)
    for k in rng.sample([k for k, r in enumerate(log) if r[0] in ("derive", "meet", "cases") and r[3] is not None], 4):
        wrong = copy.deepcopy(log[: k + 1])
        wrong[k][rng.choice([2, 3])] += rng.choice([1, -1])
        with pytest.raises(AssertionError):
            check(wrong)
